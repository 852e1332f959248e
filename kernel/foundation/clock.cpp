#include "foundation/clock.hpp"

#include <date/date.h>

#include <array>
#include <cstdio>

namespace usher {
namespace {

using Micros = date::sys_time<std::chrono::microseconds>;

bool digits(std::string_view text, std::size_t at, std::size_t count, int& out) {
    if (at + count > text.size()) return false;
    out = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        if (text[i] < '0' || text[i] > '9') return false;
        out = out * 10 + (text[i] - '0');
    }
    return true;
}

Error bad(std::string_view text) {
    return invalid("'" + std::string(text.substr(0, 40)) + "' is not a time like 2026-11-20T09:16:02Z (RFC 3339)");
}

}  // namespace

std::string format_rfc3339(Time time) {
    const Micros at{std::chrono::microseconds(time.us)};
    const auto day = date::floor<date::days>(at);
    const date::year_month_day ymd{day};
    const date::hh_mm_ss<std::chrono::microseconds> clock{at - day};
    const long long us = clock.subseconds().count();
    std::array<char, 48> out{};
    const int n = std::snprintf(
        out.data(), out.size(), "%04d-%02u-%02uT%02ld:%02ld:%02lld.", static_cast<int>(ymd.year()),
        static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()), static_cast<long>(clock.hours().count()),
        static_cast<long>(clock.minutes().count()), static_cast<long long>(clock.seconds().count()));
    std::string text(out.data(), static_cast<std::size_t>(n));
    const int m = us % 1000 == 0 ? std::snprintf(out.data(), out.size(), "%03lldZ", us / 1000)
                                 : std::snprintf(out.data(), out.size(), "%06lldZ", us);
    return text.append(out.data(), static_cast<std::size_t>(m));
}

Result<Time> parse_rfc3339(std::string_view text) {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    const bool shape = text.size() >= 20 && digits(text, 0, 4, year) && text[4] == '-' && digits(text, 5, 2, month) &&
                       text[7] == '-' && digits(text, 8, 2, day) && (text[10] == 'T' || text[10] == 't') &&
                       digits(text, 11, 2, hour) && text[13] == ':' && digits(text, 14, 2, minute) && text[16] == ':' &&
                       digits(text, 17, 2, second);
    const date::year_month_day ymd{date::year(year), date::month(static_cast<unsigned>(month)),
                                   date::day(static_cast<unsigned>(day))};
    if (!shape || !ymd.ok() || hour > 23 || minute > 59 || second > 60) return bad(text);
    std::size_t at = 19;
    std::int64_t fraction_us = 0;
    if (text[at] == '.') {
        std::int64_t scale = 100'000;
        const std::size_t first = ++at;
        for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) {
            fraction_us += (text[at] - '0') * scale;
        }
        if (at == first) return bad(text);
    }
    int offset_minutes = 0;
    if (at < text.size() && (text[at] == 'Z' || text[at] == 'z')) {
        ++at;
    } else {
        int oh = 0, om = 0;
        if (at + 6 > text.size() || (text[at] != '+' && text[at] != '-') || !digits(text, at + 1, 2, oh) ||
            text[at + 3] != ':' || !digits(text, at + 4, 2, om) || oh > 23 || om > 59)
            return bad(text);
        offset_minutes = (text[at] == '-' ? -1 : 1) * (oh * 60 + om);
        at += 6;
    }
    if (at != text.size()) return bad(text);
    const auto days = date::sys_days(ymd).time_since_epoch().count();
    const std::int64_t seconds =
        static_cast<std::int64_t>(days) * 86'400 + hour * 3600 + minute * 60 + second - offset_minutes * 60;
    return Time{seconds * 1'000'000 + fraction_us};
}

Time SystemClock::now() const {
    return {std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
                .count()};
}

std::chrono::steady_clock::time_point SystemClock::steady() const {
    return std::chrono::steady_clock::now();
}

}  // namespace usher
