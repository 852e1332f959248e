#include "foundation/text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "foundation/ids.hpp"

namespace usher {
namespace {

using Byte = unsigned char;

/// Length of the sequence at `at`, 0 when it is not well-formed.
std::size_t sequence(std::string_view text, std::size_t at) {
    const auto b = [&](std::size_t i) { return at + i < text.size() ? static_cast<Byte>(text[at + i]) : Byte{0}; };
    const auto tail = [&](std::size_t i) { return (b(i) & 0xC0) == 0x80; };
    const Byte c = b(0);
    if (c < 0x80) return 1;
    if (c >= 0xC2 && c <= 0xDF) return tail(1) ? 2 : 0;
    if (c == 0xE0) return b(1) >= 0xA0 && b(1) <= 0xBF && tail(2) ? 3 : 0;
    if (c == 0xED) return b(1) >= 0x80 && b(1) <= 0x9F && tail(2) ? 3 : 0;
    if (c >= 0xE1 && c <= 0xEF) return tail(1) && tail(2) ? 3 : 0;
    if (c == 0xF0) return b(1) >= 0x90 && b(1) <= 0xBF && tail(2) && tail(3) ? 4 : 0;
    if (c == 0xF4) return b(1) >= 0x80 && b(1) <= 0x8F && tail(2) && tail(3) ? 4 : 0;
    if (c >= 0xF1 && c <= 0xF3) return tail(1) && tail(2) && tail(3) ? 4 : 0;
    return 0;
}

constexpr char kBase64Url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Edits between two words; two neighbours swapped count as one (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[a.size()][b.size()];
}

}  // namespace

bool is_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t n = sequence(text, at);
        if (n == 0) return false;
        at += n;
    }
    return true;
}

std::size_t length_utf8(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<Byte>(c) & 0xC0) != 0x80; }));
}

std::string_view prefix_utf8(std::string_view text, std::size_t count) {
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        if ((static_cast<Byte>(text[at]) & 0xC0) != 0x80 && count-- == 0) break;
    }
    return text.substr(0, at);
}

Result<void> check_text(std::string_view text, std::size_t limit_bytes) {
    if (text.size() > limit_bytes) {
        return Error{Errc::validation, "is longer than " + std::to_string(limit_bytes) + " bytes"};
    }
    if (text.find('\0') != std::string_view::npos) return Error{Errc::validation, "contains a NUL character"};
    if (!is_utf8(text)) return Error{Errc::validation, "is not valid UTF-8"};
    return {};
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n\f\v";
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string lower_ascii(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

std::string fold(std::string_view text) {
    std::string out = lower_ascii(text);
    for (std::size_t i = 0; i + 1 < out.size(); ++i) {
        const auto lead = static_cast<Byte>(out[i]);
        const auto next = static_cast<Byte>(out[i + 1]);
        if ((next & 0xC0) != 0x80) continue;
        const unsigned point = (lead & 0x1Fu) << 6 | (next & 0x3Fu);
        unsigned folded = point;
        if (lead == 0xC3 && point <= 0xDE && point != 0xD7)
            folded = point + 0x20;  // À..Þ
        else if (lead == 0xCE && point >= 0x391 && point <= 0x3A9)
            folded = point + 0x20;  // Α..Ω
        else if (lead == 0xD0 && point >= 0x410 && point <= 0x42F)
            folded = point + 0x20;  // А..Я
        else if (lead == 0xD0 && point >= 0x400 && point <= 0x40F)
            folded = point + 0x50;  // Ѐ..Џ
        if (folded != point) {
            out[i] = static_cast<char>(0xC0 | folded >> 6);
            out[i + 1] = static_cast<char>(0x80 | (folded & 0x3F));
        }
        ++i;
    }
    return out;
}

bool iequals_ascii(std::string_view a, std::string_view b) {
    return lower_ascii(a) == lower_ascii(b);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> out;
    for (;;) {
        const auto at = text.find(separator);
        out.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return out;
        text.remove_prefix(at + 1);
    }
}

std::string to_hex(std::string_view bytes) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        out += kHex[static_cast<Byte>(c) >> 4];
        out += kHex[static_cast<Byte>(c) & 15];
    }
    return out;
}

std::optional<std::string> from_hex(std::string_view hex) {
    if (hex.size() % 2 != 0) return std::nullopt;
    std::string out;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        unsigned value = 0;
        const auto [end, error] = std::from_chars(hex.data() + i, hex.data() + i + 2, value, 16);
        if (error != std::errc{} || end != hex.data() + i + 2) return std::nullopt;
        out += static_cast<char>(value);
    }
    return out;
}

std::string to_base64url(std::string_view bytes) {
    std::string out;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : bytes) {
        bits = bits << 8 | static_cast<Byte>(c);
        held += 8;
        while (held >= 6) out += kBase64Url[bits >> (held -= 6) & 63];
    }
    if (held > 0) out += kBase64Url[bits << (6 - held) & 63];
    return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
    std::string out;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : text) {
        const auto at = std::string_view(kBase64Url, 64).find(c);
        if (at == std::string_view::npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(at);
        held += 6;
        if (held >= 8) out += static_cast<char>(bits >> (held -= 8) & 255);
    }
    if (held >= 6 || (bits & ((1u << held) - 1)) != 0) return std::nullopt;  // not canonical
    return out;
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
    std::string best;
    if (word.size() > 100) return best;
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const auto& candidate : candidates) {
        const std::size_t d = distance(word, candidate);
        if (d < best_distance) {
            best_distance = d;
            best = candidate;
        }
    }
    return best;
}

Result<std::int64_t> parse_id(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = !text.empty() && text[0] >= '1' && text[0] <= '9' && error == std::errc{};
    if (!whole || end != text.data() + text.size()) {
        return invalid("'" + std::string(text.substr(0, 40)) + "' is not an id (a positive decimal number)");
    }
    return value;
}

}  // namespace usher
