#pragma once
/// The request target taken apart. Pure functions over bytes from outside.
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace usher::http {

/// %XX decoded; nullopt on a broken escape. '+' stays.
std::optional<std::string> percent_decode(std::string_view text);
/// Everything but unreserved characters (RFC 3986 2.3) escaped.
std::string percent_encode(std::string_view text);
/// Decodes "a=1&b=x+y". Errc::invalid on a broken escape, on NUL, on what is not UTF-8, and over 256 parameters.
Result<Pairs> parse_query(std::string_view query);

struct Target {
    std::string_view path;       // raw; "*" for OPTIONS *
    std::string_view query;      // raw, without "?"
    std::string_view authority;  // of an absolute form; else empty
};
/// Origin form ("/a?b"), absolute form ("http://host/a?b") and "*"; no fragment, no control, visible ASCII only.
Result<Target> split_target(std::string_view target);

/// The form fields of application/x-www-form-urlencoded are a query.
inline Result<Pairs> parse_form(std::string_view body) {
    return parse_query(body);
}

}  // namespace usher::http
