#include "access/login_limit.hpp"

namespace usher::access {

Result<void> LoginLimit::check(Entry& entry, int limit) const {
    const auto now = clock_.steady();
    while (!entry.attempts.empty() && now - entry.attempts.front() >= settings_.window) entry.attempts.pop_front();
    if (static_cast<int>(entry.attempts.size()) < limit) return {};
    const auto wait =
        std::chrono::duration_cast<std::chrono::milliseconds>(settings_.window - (now - entry.attempts.front()));
    Error error{Errc::rate_limited, "Too many attempts to sign in. Try again later."};
    error.retry_after = std::max(wait, std::chrono::milliseconds{1'000});
    return error;
}

Result<void> LoginLimit::begin(const std::string& address, const std::string& account) {
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= settings_.entries_max) shrink();
    Entry& both = entries_[address + '\n' + account];
    if (auto ok = check(both, settings_.failures); !ok) return ok;
    Entry& alone = entries_[address];
    if (auto ok = check(alone, settings_.failures_per_address); !ok) return ok;
    both.attempts.push_back(clock_.steady());
    alone.attempts.push_back(clock_.steady());
    return {};
}

void LoginLimit::succeeded(const std::string& address, const std::string& account) {
    const std::lock_guard lock(mutex_);
    entries_.erase(address + '\n' + account);
    if (const auto alone = entries_.find(address); alone != entries_.end() && !alone->second.attempts.empty()) {
        alone->second.attempts.pop_back();
    }
}

void LoginLimit::shrink() {
    const auto now = clock_.steady();
    std::erase_if(entries_, [&](const auto& item) {
        return item.second.attempts.empty() || now - item.second.attempts.back() >= settings_.window;
    });
    // A flood of fresh ones: forgetting all is bounded memory, at the price of their counts.
    if (entries_.size() >= settings_.entries_max) entries_.clear();
}

}  // namespace usher::access
