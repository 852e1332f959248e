#include "http/rate_limiter.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cmath>

namespace usher::http {

std::string rate_key(std::string_view address) {
    if (address.find(':') == std::string_view::npos) return std::string(address);
    in6_addr raw{};
    const std::string text(address);
    if (::inet_pton(AF_INET6, text.c_str(), &raw) != 1) return text;
    return "6" + std::string(reinterpret_cast<const char*>(raw.s6_addr), 8);
}

RateLimiter::RateLimiter(double per_second, double burst) : per_second_(per_second), burst_(std::max(burst, 1.0)) {}

void RateLimiter::set(double per_second, double burst) {
    per_second_ = per_second;
    burst_ = std::max(burst, 1.0);
}

std::optional<std::chrono::milliseconds> RateLimiter::take(std::string_view address, TimePoint now, double cost) {
    const double per_second = per_second_;
    const double burst = burst_;
    if (per_second <= 0) return std::nullopt;
    std::string key = rate_key(address);
    Shard& shard = shards_[std::hash<std::string>{}(key) % shards_.size()];
    const std::lock_guard lock(shard.mutex);
    if (shard.buckets.size() >= shard.sweep_at) sweep(shard, now);
    auto [at, fresh] = shard.buckets.try_emplace(std::move(key), Bucket{burst, now});
    Bucket& bucket = at->second;
    if (!fresh) {
        const std::chrono::duration<double> passed = now - bucket.at;
        bucket.tokens = std::min(burst, bucket.tokens + std::max(passed.count(), 0.0) * per_second);
        bucket.at = now;
    }
    if (bucket.tokens >= 1 || cost < 0) {
        bucket.tokens = std::min(burst, bucket.tokens - cost);
        return std::nullopt;
    }
    return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil((1 - bucket.tokens) / per_second * 1000)));
}

void RateLimiter::sweep(Shard& shard, TimePoint now) const {
    const double per_second = per_second_;
    const double burst = burst_;
    std::erase_if(shard.buckets, [&](const auto& entry) {
        const std::chrono::duration<double> passed = now - entry.second.at;
        return entry.second.tokens + passed.count() * per_second >= burst;
    });
    shard.sweep_at = std::max<std::size_t>(1024, shard.buckets.size() * 2);
}

std::size_t RateLimiter::size() const {
    std::size_t count = 0;
    for (const Shard& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        count += shard.buckets.size();
    }
    return count;
}

}  // namespace usher::http
