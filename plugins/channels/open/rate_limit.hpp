#pragma once
/// RateLimit: a token bucket that holds one second's worth. Time is handed in; not thread-safe.
#include <algorithm>
#include <cmath>
#include <cstdint>

namespace usher::open_channel {

class RateLimit {
public:
    explicit RateLimit(double per_s) : per_s_(std::max(per_s, 0.001)), tokens_(burst()) {}

    /// @returns 0 when the request may pass, else the seconds to wait
    std::int64_t take(std::int64_t now_us) {
        if (now_us > last_us_ && last_us_ != 0)
            tokens_ = std::min(burst(), tokens_ + per_s_ * static_cast<double>(now_us - last_us_) / 1e6);
        last_us_ = std::max(last_us_, now_us);
        if (tokens_ >= 1) {
            tokens_ -= 1;
            return 0;
        }
        return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil((1 - tokens_) / per_s_)));
    }

private:
    double burst() const { return std::max(per_s_, 1.0); }

    double per_s_;
    double tokens_;
    std::int64_t last_us_ = 0;
};

}  // namespace usher::open_channel
