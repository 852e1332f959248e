#include "times.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace usher::open_channel {

namespace {

namespace chr = std::chrono;

/// Reads exactly `count` decimal digits at the front and takes them away.
std::optional<int> digits(std::string_view& text, std::size_t count) {
    if (text.size() < count) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, char wanted) {
    if (text.empty() || text.front() != wanted) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<std::int64_t> instant(int year, int month, int day, int hour, int minute, int second) {
    const chr::year_month_day date{chr::year(year), chr::month(static_cast<unsigned>(month)),
                                   chr::day(static_cast<unsigned>(day))};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;  // 60: a leap second
    const std::int64_t days = chr::sys_days(date).time_since_epoch().count();
    return ((days * 24 + hour) * 60 + minute) * 60 + std::min(second, 59);
}

}  // namespace

Clock Clock::system() {
    return {
        .unix_us =
            [] { return chr::duration_cast<chr::microseconds>(chr::system_clock::now().time_since_epoch()).count(); },
        .steady_us =
            [] { return chr::duration_cast<chr::microseconds>(chr::steady_clock::now().time_since_epoch()).count(); }};
}

std::optional<std::int64_t> parse_time(std::string_view text) {
    const auto year = digits(text, 4);
    if (!year || !take(text, '-')) return std::nullopt;
    const auto month = digits(text, 2);
    if (!month || !take(text, '-')) return std::nullopt;
    const auto day = digits(text, 2);
    if (!day || !(take(text, 'T') || take(text, 't') || take(text, ' '))) return std::nullopt;
    const auto hour = digits(text, 2);
    if (!hour || !take(text, ':')) return std::nullopt;
    const auto minute = digits(text, 2);
    if (!minute || !take(text, ':')) return std::nullopt;
    const auto second = digits(text, 2);
    if (!second) return std::nullopt;
    const auto seconds = instant(*year, *month, *day, *hour, *minute, *second);
    if (!seconds) return std::nullopt;

    std::int64_t micros = 0;
    if (take(text, '.')) {
        std::int64_t unit = 100'000;
        if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
        while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
            micros += (text.front() - '0') * unit;
            unit /= 10;
            text.remove_prefix(1);
        }
    }
    std::int64_t offset_minutes = 0;
    if (!take(text, 'Z') && !take(text, 'z')) {
        const bool ahead = take(text, '+');
        if (!ahead && !take(text, '-')) return std::nullopt;
        const auto hours = digits(text, 2);
        if (!hours || !take(text, ':')) return std::nullopt;
        const auto minutes = digits(text, 2);
        if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
        offset_minutes = (ahead ? 1 : -1) * (*hours * 60 + *minutes);
    }
    if (!text.empty()) return std::nullopt;
    return (*seconds - offset_minutes * 60) * 1'000'000 + micros;
}

std::string format_time(std::int64_t unix_us) {
    const chr::sys_time<chr::microseconds> at{chr::microseconds(unix_us)};
    const auto days = chr::floor<chr::days>(at);
    const chr::year_month_day date(days);
    const chr::hh_mm_ss time(chr::floor<chr::milliseconds>(at - days));
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
    return text.data();
}

std::optional<std::int64_t> parse_retry_after(std::string_view text, std::int64_t now_unix_us) {
    constexpr std::int64_t kMost = 3600;
    std::int64_t seconds = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (failed == std::errc() && end == text.data() + text.size())
        return seconds < 0 ? std::nullopt : std::optional(std::min(seconds, kMost));

    // "Fri, 20 Nov 2026 09:16:02 GMT"
    static constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::size_t comma = text.find(", ");
    if (comma == std::string_view::npos) return std::nullopt;
    text.remove_prefix(comma + 2);
    const auto day = digits(text, 2);
    if (!day || !take(text, ' ')) return std::nullopt;
    const auto month = std::find(kMonths.begin(), kMonths.end(), text.substr(0, 3));
    if (month == kMonths.end()) return std::nullopt;
    text.remove_prefix(3);
    if (!take(text, ' ')) return std::nullopt;
    const auto year = digits(text, 4);
    if (!year || !take(text, ' ')) return std::nullopt;
    const auto hour = digits(text, 2);
    if (!hour || !take(text, ':')) return std::nullopt;
    const auto minute = digits(text, 2);
    if (!minute || !take(text, ':')) return std::nullopt;
    const auto second = digits(text, 2);
    if (!second || text != " GMT") return std::nullopt;
    const auto at = instant(*year, static_cast<int>(month - kMonths.begin()) + 1, *day, *hour, *minute, *second);
    if (!at) return std::nullopt;
    return std::clamp<std::int64_t>(*at - now_unix_us / 1'000'000, 0, kMost);
}

}  // namespace usher::open_channel
