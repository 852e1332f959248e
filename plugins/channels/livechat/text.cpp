#include "text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace usher::livechat {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

}  // namespace

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
    return out;
}

bool is_text(std::string_view bytes) {
    constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
    for (std::size_t i = 0; i < bytes.size();) {
        const auto first = static_cast<unsigned char>(bytes[i]);
        const std::size_t size = first < 0x80       ? 1
                                 : first >> 5 == 6  ? 2
                                 : first >> 4 == 14 ? 3
                                 : first >> 3 == 30 ? 4
                                                    : 0;
        if (first == 0 || size == 0 || i + size > bytes.size()) return false;
        std::uint32_t point = size == 1 ? first : first & (0x7fu >> size);
        for (std::size_t k = 1; k < size; ++k) {
            const auto next = static_cast<unsigned char>(bytes[i + k]);
            if (next >> 6 != 2) return false;
            point = point << 6 | (next & 0x3fu);
        }
        if (point < kLeast[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
        i += size;
    }
    return true;
}

std::size_t length_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string_view cut(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return text;
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80) --limit;
    return text.substr(0, limit);
}

std::string query_value(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const std::string_view pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        const auto equals = std::min(pair.find('='), pair.size());
        if (decoded(pair.substr(0, equals)) == name)
            return equals < pair.size() ? decoded(pair.substr(equals + 1)) : std::string();
    }
    return {};
}

std::string file_name(std::string_view given) {
    given = given.substr(given.find_last_of("/\\") == std::string_view::npos ? 0 : given.find_last_of("/\\") + 1);
    std::string name;
    if (is_text(given))
        for (const char c : given)
            if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) name += c;
    if (name.size() > 200) {  // the ending says what it is: keep that
        const auto dot = name.rfind('.');
        const std::string ending =
            dot != std::string::npos && name.size() - dot <= 16 ? name.substr(dot) : std::string();
        name = std::string(cut(name, 200 - ending.size())) + ending;
    }
    return name.empty() || name == "." || name == ".." ? "file" : name;
}

std::optional<std::int64_t> unix_us(std::string_view rfc3339) {
    constexpr std::string_view kForm = "0000-00-00T00:00:00";
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (rfc3339.size() <= kForm.size() || rfc3339.back() != 'Z') return std::nullopt;
    for (std::size_t i = 0; i < kForm.size(); ++i)
        if (kForm[i] == '0' ? !is_digit(rfc3339[i]) : rfc3339[i] != kForm[i]) return std::nullopt;
    const auto number = [&](std::size_t at, std::size_t digits) {
        int value = 0;
        for (const char c : rfc3339.substr(at, digits)) value = value * 10 + (c - '0');
        return value;
    };
    std::int64_t fraction_us = 0;
    if (std::string_view rest = rfc3339.substr(kForm.size(), rfc3339.size() - kForm.size() - 1); !rest.empty()) {
        if (rest.size() < 2 || rest.size() > 10 || rest.front() != '.') return std::nullopt;
        rest.remove_prefix(1);
        std::int64_t unit = 100'000;
        for (const char c : rest) {
            if (!is_digit(c)) return std::nullopt;
            fraction_us += unit * (c - '0');
            unit /= 10;
        }
    }
    const std::chrono::year_month_day date{std::chrono::year(number(0, 4)),
                                           std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                           std::chrono::day(static_cast<unsigned>(number(8, 2)))};
    const int hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const auto whole = std::chrono::microseconds(std::chrono::sys_days(date).time_since_epoch()) +
                       std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
    return whole.count() + fraction_us;
}

std::string rfc3339(std::int64_t unix_us) {
    const std::chrono::sys_time<std::chrono::microseconds> at{std::chrono::microseconds(unix_us)};
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::milliseconds>(at - day));
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
    return text.data();
}

std::string sniff(std::string_view head) {
    using namespace std::string_view_literals;
    struct Mark {
        std::size_t at;
        std::string_view bytes;
        const char* mime;
    };
    static constexpr std::array kMarks{
        Mark{0, "\x89PNG\r\n\x1a\n"sv, "image/png"},
        Mark{0, "\xff\xd8\xff"sv, "image/jpeg"},
        Mark{0, "GIF87a"sv, "image/gif"},
        Mark{0, "GIF89a"sv, "image/gif"},
        Mark{8, "WEBP"sv, "image/webp"},
        Mark{4, "ftypavif"sv, "image/avif"},
        Mark{4, "ftypheic"sv, "image/heic"},
        Mark{0, "%PDF-"sv, "application/pdf"},
        Mark{0, "PK\x03\x04"sv, "application/zip"},
        Mark{0, "MZ"sv, "application/vnd.microsoft.portable-executable"},
        Mark{0,
             "\x7f"
             "ELF"sv,
             "application/x-elf"},
    };
    for (const Mark& mark : kMarks)
        if (head.size() >= mark.at + mark.bytes.size() && head.substr(mark.at, mark.bytes.size()) == mark.bytes)
            return mark.mime;
    return {};
}

}  // namespace usher::livechat
