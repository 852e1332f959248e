#include "access/login_limit.hpp"

#include <algorithm>
#include <vector>

#include "foundation/crypto.hpp"
#include "http/rate_limiter.hpp"

namespace usher::access {

Result<void> LoginLimit::check(Entry& entry, int limit) const {
    const auto now = clock_.steady();
    entry.used = now;
    while (!entry.attempts.empty() && now - entry.attempts.front() >= settings_.window) entry.attempts.pop_front();
    if (static_cast<int>(entry.attempts.size()) < limit) return {};
    const auto wait =
        std::chrono::duration_cast<std::chrono::milliseconds>(settings_.window - (now - entry.attempts.front()));
    Error error{Errc::rate_limited, "Too many attempts to sign in. Try again later."};
    error.retry_after = std::max(wait, std::chrono::milliseconds{1'000});
    return error;
}

LoginLimit::Keys LoginLimit::keys_of(const std::string& address, const std::string& account) {
    const std::string from = http::rate_key(address);
    const std::string who = crypto::sha256_hex(account);  // of one length, whatever was given as a name
    return {from, "\n" + who, from + "\n" + who};
}

Result<void> LoginLimit::begin(const std::string& address, const std::string& account) {
    const Keys keys = keys_of(address, account);
    const std::lock_guard lock(mutex_);
    if (entries_.size() + 3 > settings_.entries_max) shrink();
    // Who is refused adds no entry but the address's: one address cannot push out the counts of others.
    Entry& alone = entries_[keys.address];
    if (auto ok = check(alone, settings_.failures_per_address); !ok) return ok;
    Entry& both = entries_[keys.both];
    if (auto ok = check(both, settings_.failures); !ok) return ok;
    Entry& anywhere = entries_[keys.account];
    // Guessed at from everywhere: its owner still gets in where they did before.
    if (auto ok = check(anywhere, settings_.failures_per_account); !ok && !both.succeeded) return ok;
    for (Entry* entry : {&alone, &both, &anywhere}) entry->attempts.push_back(clock_.steady());
    return {};
}

void LoginLimit::succeeded(const std::string& address, const std::string& account) {
    const Keys keys = keys_of(address, account);
    const std::lock_guard lock(mutex_);
    if (const auto both = entries_.find(keys.both); both != entries_.end()) {
        both->second.attempts.clear();
        both->second.succeeded = true;
    }
    for (const auto& key : {keys.address, keys.account}) {
        const auto entry = entries_.find(key);
        if (entry != entries_.end() && !entry->second.attempts.empty()) entry->second.attempts.pop_back();
    }
}

void LoginLimit::shrink() {
    const auto now = clock_.steady();
    std::erase_if(entries_, [&](const auto& item) {
        return !item.second.succeeded && now - item.second.used >= settings_.window;
    });
    if (entries_.size() <= settings_.entries_max / 4 * 3) return;
    std::vector<Moment> used;
    for (const auto& [key, entry] : entries_) used.push_back(entry.used);
    const auto quarter = used.begin() + static_cast<std::ptrdiff_t>(used.size() / 4);
    std::nth_element(used.begin(), quarter, used.end());
    std::size_t over = used.size() / 4 + 1;  // many may be of the same moment
    std::erase_if(entries_, [&](const auto& item) { return item.second.used <= *quarter && over > 0 && over-- > 0; });
}

}  // namespace usher::access
