#pragma once
/// Directory: who a cookie or a key belongs to and what they may do, in memory. What changes is forgotten at once, by
/// the command that changed it and again by the event that tells other nodes; what was being read meanwhile is not
/// kept. Thread-safe.
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "foundation/async.hpp"
#include "model/user.hpp"
#include "model/visibility.hpp"
#include "store/store.hpp"

namespace usher::access {

using PrincipalPtr = std::shared_ptr<const Principal>;

/// A bounded map whose writers win over readers that began before them.
template <class Key, class Value>
class Cache final {
public:
    using Pointer = std::shared_ptr<const Value>;
    explicit Cache(std::size_t most) : most_(most) {}

    Pointer find(const Key& key) const {
        const std::lock_guard lock(mutex_);
        const auto at = map_.find(key);
        return at == map_.end() ? nullptr : at->second;
    }
    /// To be asked for before a value is read from the store.
    std::uint64_t generation() const { return generation_.load(); }
    /// Keeps it unless something was forgotten since `generation`.
    void put(const Key& key, Pointer value, std::uint64_t generation) {
        const std::lock_guard lock(mutex_);
        if (generation != generation_.load()) return;
        if (map_.size() >= most_) map_.clear();
        map_[key] = std::move(value);
    }
    void forget(const Key& key) {
        const std::lock_guard lock(mutex_);
        ++generation_;
        map_.erase(key);
    }
    template <class Predicate>
    void forget_if(Predicate predicate) {
        const std::lock_guard lock(mutex_);
        ++generation_;
        std::erase_if(map_, [&](const auto& item) { return predicate(*item.second); });
    }

private:
    const std::size_t most_;
    mutable std::mutex mutex_;
    std::atomic<std::uint64_t> generation_{0};
    std::unordered_map<Key, Pointer> map_;
};

class Directory final {
public:
    explicit Directory(store::Store& store) : store_(store), sessions_(100'000), people_(50'000), keys_(10'000) {}

    /// Errc::unauthorized for one that is unknown or (by `now`) expired.
    Task<Result<std::shared_ptr<const LoginSession>>> session(std::string token_hash, Time now);
    /// Errc::unauthorized for a user who is unknown or inactive.
    Task<Result<PrincipalPtr>> person(UserId user);
    struct Key {
        ApiKey row;
        PrincipalPtr principal;
    };
    /// Errc::unauthorized for an unknown one.
    Task<Result<std::shared_ptr<const Key>>> key(std::string key_hash);

    void forget_session(const std::string& token_hash) { sessions_.forget(token_hash); }
    void forget_sessions(UserId user) {
        sessions_.forget_if([user](const LoginSession& s) { return s.user_id == user; });
    }
    void forget_person(UserId user) { people_.forget(user); }
    void forget_key(ApiKeyId id) {
        keys_.forget_if([id](const Key& k) { return k.row.id == id; });
    }
    void forget_keys() {
        keys_.forget_if([](const Key&) { return true; });
    }
    void forget_all() {
        sessions_.forget_if([](const LoginSession&) { return true; });
        people_.forget_if([](const Principal&) { return true; });
        forget_keys();
    }

private:
    store::Store& store_;
    Cache<std::string, LoginSession> sessions_;
    Cache<UserId, Principal> people_;
    Cache<std::string, Key> keys_;
};

}  // namespace usher::access
