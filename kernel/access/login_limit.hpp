#pragma once
/// Slows down who guesses passwords: failures per client address (IPv6: its /64) and account, and more widely per
/// address and per account. An attempt counts as failed until it has succeeded, so that many at once get no further
/// than one after the other. In memory, bounded; thread-safe.
#include <chrono>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>

#include "foundation/clock.hpp"
#include "foundation/error.hpp"

namespace usher::access {

class LoginLimit final {
public:
    struct Settings {
        int failures = 5;                  // per address and account within the window; then Errc::rate_limited
        int failures_per_address = 50;     // whatever the account
        int failures_per_account = 30;     // from all addresses but those where it has signed in before
        std::chrono::seconds window{60};   //
        std::size_t entries_max = 50'000;  // beyond, the ones unused for longest go
    };
    LoginLimit(Clock& clock, Settings settings) : clock_(clock), settings_(settings) {}

    /// Counts an attempt. Errc::rate_limited with retry_after when there were too many.
    Result<void> begin(const std::string& address, const std::string& account);
    /// The attempt succeeded: its account starts anew at this address.
    void succeeded(const std::string& address, const std::string& account);

private:
    using Moment = std::chrono::steady_clock::time_point;
    struct Entry {
        std::deque<Moment> attempts;
        Moment used;
        bool succeeded = false;  // of an account at an address
    };
    struct Keys {
        std::string address, account, both;
    };
    static Keys keys_of(const std::string& address, const std::string& account);
    Result<void> check(Entry& entry, int limit) const;
    void shrink();

    Clock& clock_;
    Settings settings_;
    std::mutex mutex_;
    std::unordered_map<std::string, Entry> entries_;
};

}  // namespace usher::access
