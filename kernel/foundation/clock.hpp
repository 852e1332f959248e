#pragma once
/// Time: integers, microseconds since the Unix epoch, UTC. Code takes a Clock, so tests can turn it.
#include <atomic>
#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "foundation/error.hpp"

namespace usher {

struct Time {
    std::int64_t us = 0;  // microseconds since 1970-01-01T00:00:00Z
    friend auto operator<=>(const Time&, const Time&) = default;
    friend Time operator+(Time t, std::chrono::microseconds d) { return {t.us + d.count()}; }
    friend Time operator-(Time t, std::chrono::microseconds d) { return {t.us - d.count()}; }
    friend std::chrono::microseconds operator-(Time a, Time b) { return std::chrono::microseconds(a.us - b.us); }
};

/// "2026-11-20T09:16:02.120Z"; microseconds are shown only where they are not zero beyond the millisecond.
std::string format_rfc3339(Time time);
/// RFC 3339 section 5.6, any offset, any precision (beyond microseconds cut). Errc::invalid otherwise.
Result<Time> parse_rfc3339(std::string_view text);

/// Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;                                      // wall time; may jump
    virtual std::chrono::steady_clock::time_point steady() const = 0;  // never jumps back
};

class SystemClock final : public Clock {
public:
    Time now() const override;
    std::chrono::steady_clock::time_point steady() const override;
};

/// Stands still until it is turned.
class FakeClock final : public Clock {
public:
    explicit FakeClock(Time start = {1'700'000'000'000'000}) : now_us_(start.us) {}
    Time now() const override { return {now_us_.load()}; }
    std::chrono::steady_clock::time_point steady() const override {
        return std::chrono::steady_clock::time_point(std::chrono::microseconds(steady_us_.load()));
    }
    void advance(std::chrono::microseconds by) {
        now_us_ += by.count();
        steady_us_ += by.count();
    }
    void jump_wall(std::chrono::microseconds by) { now_us_ += by.count(); }

private:
    std::atomic<std::int64_t> now_us_;
    std::atomic<std::int64_t> steady_us_{1'000'000'000};
};

}  // namespace usher
