#include "access/presence.hpp"

namespace usher::access {

bool Presence::is_connected(const Entry& entry) const {
    return entry.sockets > 0 || clock_.steady() - entry.last_seen < kPresenceKept;
}

void Presence::opened(UserId user) {
    if (!user) return;
    bool news = false;
    {
        const std::lock_guard lock(mutex_);
        Entry& entry = entries_[user];
        ++entry.sockets;
        entry.last_seen = clock_.steady();
        entry.taken = false;
        news = !entry.announced;
        entry.announced = true;
    }
    if (news && listener_) listener_(user, true);
}

void Presence::seen(UserId user) {
    const std::lock_guard lock(mutex_);
    if (const auto entry = entries_.find(user); entry != entries_.end()) entry->second.last_seen = clock_.steady();
}

void Presence::closed(UserId user) {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(user);
    if (entry == entries_.end() || entry->second.sockets == 0) return;
    --entry->second.sockets;
    entry->second.last_seen = clock_.steady();
}

bool Presence::connected(UserId user) const {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(user);
    return entry != entries_.end() && is_connected(entry->second);
}

std::vector<UserId> Presence::connected() const {
    std::vector<UserId> out;
    const std::lock_guard lock(mutex_);
    for (const auto& [user, entry] : entries_) {
        if (is_connected(entry)) out.push_back(user);
    }
    return out;
}

std::optional<std::chrono::microseconds> Presence::absent_for(UserId user) const {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(user);
    if (entry == entries_.end()) return std::nullopt;
    if (entry->second.sockets > 0) return std::chrono::microseconds{0};
    return std::chrono::duration_cast<std::chrono::microseconds>(clock_.steady() - entry->second.last_seen);
}

std::vector<UserId> Presence::take_absent(std::chrono::microseconds limit) {
    std::vector<UserId> out;
    const std::lock_guard lock(mutex_);
    for (auto& [user, entry] : entries_) {
        if (entry.sockets > 0 || entry.taken || clock_.steady() - entry.last_seen < limit) continue;
        entry.taken = true;
        out.push_back(user);
    }
    return out;
}

void Presence::sweep() {
    std::vector<UserId> gone;
    {
        const std::lock_guard lock(mutex_);
        for (auto& [user, entry] : entries_) {
            if (!entry.announced || is_connected(entry)) continue;
            entry.announced = false;
            gone.push_back(user);
        }
    }
    if (!listener_) return;
    for (const auto user : gone) listener_(user, false);
}

}  // namespace usher::access
