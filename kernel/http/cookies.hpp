#pragma once
/// Cookies as we set them. Reading is Request::cookie.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace usher::http {

enum class SameSite { strict, lax, none };

struct Cookie {
    std::string name;   // a token
    std::string value;  // visible ASCII without quote, comma, semicolon, backslash
    std::string path = "/";
    std::optional<std::chrono::seconds> max_age{};  // absent: until the browser closes; 0: delete
    bool http_only = true;
    bool secure = false;
    SameSite same_site = SameSite::strict;
};

/// The Set-Cookie value. Errc::invalid for a name or value that a cookie cannot hold.
Result<std::string> render_cookie(const Cookie& cookie);
/// "a=1; b=2" -> pairs in order; what is no pair is skipped. For tests and fuzzing; never fails.
Pairs parse_cookies(std::string_view header);

}  // namespace usher::http
