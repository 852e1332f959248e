#pragma once
/// Times as this contract writes them (RFC 3339, UTC), and the clocks, which tests replace.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace usher::open_channel {

struct Clock {
    std::function<std::int64_t()> unix_us;    ///< the calendar's
    std::function<std::int64_t()> steady_us;  ///< never goes back
    static Clock system();
};

/// @returns microseconds since the epoch, or nothing when the text is not an RFC 3339 time
std::optional<std::int64_t> parse_time(std::string_view text);
/// @returns "2026-11-20T09:16:02.120Z"
std::string format_time(std::int64_t unix_us);
/// @returns seconds from now of an HTTP Retry-After (a number or a date), 0..3600; nothing when it is neither
std::optional<std::int64_t> parse_retry_after(std::string_view text, std::int64_t now_unix_us);

}  // namespace usher::open_channel
