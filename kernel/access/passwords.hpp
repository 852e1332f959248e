#pragma once
/// Passwords: argon2id on a few threads of their own, never on one that serves connections; at most a bounded number
/// waits. Rules of what a password must be stand here too.
#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <string>

#include "foundation/async.hpp"
#include "foundation/describe.hpp"

namespace usher::access {

inline constexpr std::size_t kPasswordMin = 10;     // characters
inline constexpr std::size_t kPasswordMax = 1'000;  // bytes

/// Adds a fault when `password` is too short, too long, or nothing but the e-mail address.
void check_password(std::string_view password, std::string_view email, std::string_view path, Faults& faults);

/// Thread-safe.
class Passwords final {
public:
    struct Settings {
        int threads = 1;
        int waiting_max = 64;  // beyond: Errc::rate_limited at once
    };
    explicit Passwords(Settings settings);
    ~Passwords();

    Task<Result<std::string>> hash(std::string password);
    /// Without a hash (no such user, no password yet) it takes the same time and answers false.
    Task<Result<bool>> verify(std::optional<std::string> hash, std::string password);

private:
    Settings settings_;
    std::string nobody_;  // the hash of a random password
    std::atomic<int> waiting_{0};
    asio::thread_pool threads_;
};

}  // namespace usher::access
