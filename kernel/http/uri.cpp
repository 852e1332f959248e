#include "http/uri.hpp"

#include "foundation/text.hpp"

namespace usher::http {

namespace {

constexpr std::size_t kParameterLimit = 256;

int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex(text[i + 1]), low = hex(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += text[i] == '+' && plus_is_space ? ' ' : text[i];
        }
    }
    return out;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
    return decode(text, false);
}

std::string percent_encode(std::string_view text) {
    constexpr char kHex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '.' || c == '_' || c == '~';
        if (plain) {
            out += c;
        } else {
            out += '%';
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        }
    }
    return out;
}

Result<Pairs> parse_query(std::string_view query) {
    Pairs pairs;
    if (query.empty()) return pairs;
    for (const std::string_view part : split(query, '&')) {
        if (part.empty()) continue;
        if (pairs.size() == kParameterLimit)
            return invalid("the query has more than " + std::to_string(kParameterLimit) + " parameters");
        const auto equals = part.find('=');
        const auto raw_name = part.substr(0, equals);
        const auto raw_value = equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
        auto name = decode(raw_name, true);
        auto value = decode(raw_value, true);
        if (!name || !value) return invalid("the query has a broken escape: % must be followed by two hex digits");
        for (const std::string* text : {&*name, &*value}) {
            if (!is_utf8(*text)) return invalid("the query holds bytes that are not UTF-8");
            if (text->find('\0') != std::string::npos) return invalid("the query holds a NUL character");
        }
        pairs.emplace_back(std::move(*name), std::move(*value));
    }
    return pairs;
}

Result<Target> split_target(std::string_view target) {
    if (target.empty()) return invalid("the request target is empty");
    for (const char c : target) {
        if (c <= 0x20 || c >= 0x7f) return invalid("the request target holds a character outside visible ASCII");
        if (c == '#') return invalid("the request target holds a fragment (#)");
    }
    if (target == "*") return Target{target, {}, {}};
    Target out;
    std::string_view rest = target;
    if (rest.front() != '/') {
        const auto scheme_end = rest.find("://");
        if (scheme_end == std::string_view::npos ||
            (!iequals_ascii(rest.substr(0, scheme_end), "http") && !iequals_ascii(rest.substr(0, scheme_end), "https")))
            return invalid("the request target must begin with / or be an http address");
        rest.remove_prefix(scheme_end + 3);
        const auto end = rest.find_first_of("/?");
        out.authority = rest.substr(0, end);
        if (out.authority.empty() || out.authority.find('@') != std::string_view::npos)
            return invalid("the request target has no valid host");
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end);
    }
    const auto question = rest.find('?');
    out.path = rest.substr(0, question);
    if (out.path.empty()) out.path = "/";
    if (question != std::string_view::npos) out.query = rest.substr(question + 1);
    return out;
}

}  // namespace usher::http
