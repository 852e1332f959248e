#pragma once
/// Which input was in flight when a plugin's process crashed, and how often. What was there three times is given up, so
/// that it takes nobody else down; those crashes are then its own and not the account's.
#include <deque>
#include <map>
#include <mutex>
#include <string>

namespace usher::plugins {

inline constexpr int kCrashesOfOne = 3;

/// Of one account, over all its processes. Thread-safe.
class Suspects final {
public:
    /// It was in flight at a crash. True: for the third time.
    bool crashed(const std::string& key) {
        const std::lock_guard lock(mutex_);
        auto [found, fresh] = counts_.emplace(key, 0);
        if (fresh) order_.push_back(key);
        if (order_.size() > kRemembered) {
            counts_.erase(order_.front());
            order_.pop_front();
        }
        if (found->second >= kCrashesOfOne) return true;
        if (++found->second < kCrashesOfOne) return false;
        explained_ += kCrashesOfOne;
        return true;
    }
    bool given_up(const std::string& key) const {
        const std::lock_guard lock(mutex_);
        auto found = counts_.find(key);
        return found != counts_.end() && found->second >= kCrashesOfOne;
    }
    /// Crashes that have found their cause since this was last asked.
    int take_explained() {
        const std::lock_guard lock(mutex_);
        return std::exchange(explained_, 0);
    }
    /// Everything gets every chance again.
    void forget() {
        const std::lock_guard lock(mutex_);
        counts_.clear();
        order_.clear();
        explained_ = 0;
    }

private:
    static constexpr std::size_t kRemembered = 1000;
    mutable std::mutex mutex_;
    std::map<std::string, int> counts_;
    std::deque<std::string> order_;
    int explained_ = 0;
};

}  // namespace usher::plugins
