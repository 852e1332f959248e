#pragma once
/// Presence: which users have a socket. In memory, by last-seen times: a user counts as connected until 60 s after the
/// last socket was there, so that a reload or a tunnel costs nobody a conversation. Thread-safe.
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "foundation/clock.hpp"
#include "model/ids.hpp"

namespace usher::access {

inline constexpr std::chrono::seconds kPresenceKept{60};

class Presence final {
public:
    /// Borrows the clock.
    explicit Presence(Clock& clock) : clock_(clock) {}

    /// A socket came, is alive, or went. Every `opened` has its `closed`.
    void opened(UserId user);
    void seen(UserId user);
    void closed(UserId user);

    bool connected(UserId user) const;
    std::vector<UserId> connected() const;
    /// How long there was no socket; zero while there is one, nullopt when there never was one since the start.
    std::optional<std::chrono::microseconds> absent_for(UserId user) const;
    /// Users without a socket for at least `limit`, once each until they are back (the routing makes them away).
    std::vector<UserId> take_absent(std::chrono::microseconds limit);

    /// Called for every change of connected(), without a lock held. Set before the first socket.
    void on_change(std::function<void(UserId, bool connected)> listener) { listener_ = std::move(listener); }
    /// Finds those whose 60 s have passed; call it every few seconds.
    void sweep();

private:
    struct Entry {
        int sockets = 0;
        std::chrono::steady_clock::time_point last_seen{};
        bool announced = false;
        bool taken = false;  // was given out by take_absent
    };
    bool is_connected(const Entry& entry) const;

    Clock& clock_;
    std::function<void(UserId, bool)> listener_;
    mutable std::mutex mutex_;
    std::map<UserId, Entry> entries_;
};

}  // namespace usher::access
