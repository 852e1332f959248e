#pragma once
/// Token buckets by client address. Thread-safe; bounded in memory: full buckets are forgotten.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace usher::http {

class RateLimiter final {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    RateLimiter(double per_second, double burst);

    /// nullopt: go on, `cost` tokens are gone, perhaps more than there were: then the next waits. Else: not before that
    /// long, and nothing was taken. A negative cost gives back.
    std::optional<std::chrono::milliseconds> take(std::string_view address, TimePoint now, double cost = 1);
    /// From now on; what clients have left stays theirs.
    void set(double per_second, double burst);
    std::size_t size() const;

private:
    struct Bucket {
        double tokens;
        TimePoint at;
    };
    struct Shard {
        mutable std::mutex mutex;
        std::unordered_map<std::string, Bucket> buckets;
        std::size_t sweep_at = 1024;
    };
    void sweep(Shard& shard, TimePoint now) const;

    std::atomic<double> per_second_;
    std::atomic<double> burst_;
    std::array<Shard, 16> shards_;
};

/// What an address counts as: an IPv4 address itself, IPv6 its /64, anything else its text.
std::string rate_key(std::string_view address);

}  // namespace usher::http
