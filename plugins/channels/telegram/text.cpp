#include "text.hpp"

#include <algorithm>

namespace usher::telegram {

namespace {

std::size_t length_at(std::string_view text, std::size_t at) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t length = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    return std::min(length, text.size() - at);
}

}  // namespace

std::size_t utf16_length(std::string_view text) {
    std::size_t units = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = length_at(text, at);
        units += length == 4 ? 2 : 1;
        at += length;
    }
    return units;
}

std::size_t byte_at(std::string_view text, std::size_t units) {
    std::size_t at = 0;
    for (std::size_t seen = 0; at < text.size() && seen < units;) {
        const std::size_t length = length_at(text, at);
        seen += length == 4 ? 2 : 1;
        at += length;
    }
    return at;
}

std::vector<std::string> split_text(std::string_view text, std::size_t limit) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        std::size_t end = byte_at(text, limit);
        if (utf16_length(text.substr(0, end)) > limit) {  // the last one is a pair of which half would fit
            std::size_t before = end - 1;
            while (before > 0 && (static_cast<unsigned char>(text[before]) & 0xc0) == 0x80) --before;
            end = before;
        }
        if (end < text.size()) {
            const std::string_view window = text.substr(0, end);
            for (const std::string_view mark : {"\n\n", "\n", " "}) {
                const std::size_t found = window.rfind(mark);
                if (found == std::string_view::npos || found + mark.size() <= end / 2) continue;
                end = found + mark.size();
                break;
            }
        }
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return parts;
}

std::string without_nul(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    for (const char c : text) {
        if (c == '\0') {
            clean += "\xef\xbf\xbd";
        } else {
            clean.push_back(c);
        }
    }
    return clean;
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

}  // namespace usher::telegram
