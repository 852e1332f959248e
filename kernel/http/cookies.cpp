#include "http/cookies.hpp"

#include "foundation/text.hpp"
#include "http/head.hpp"

namespace usher::http {

Result<std::string> render_cookie(const Cookie& cookie) {
    if (!is_token(cookie.name))
        return invalid("cookie name \"" + cookie.name + "\": expected letters, digits, - and _");
    for (const char c : cookie.value) {
        if (c <= 0x20 || c >= 0x7f || c == '"' || c == ',' || c == ';' || c == '\\')
            return invalid("cookie " + cookie.name + ": its value has a character that a cookie cannot hold");
    }
    for (const char c : cookie.path) {
        if (c < 0x20 || c >= 0x7f || c == ';') return invalid("cookie " + cookie.name + ": its path is malformed");
    }
    std::string out = cookie.name + "=" + cookie.value;
    if (!cookie.path.empty()) out += "; Path=" + cookie.path;
    if (cookie.max_age) out += "; Max-Age=" + std::to_string(cookie.max_age->count());
    if (cookie.http_only) out += "; HttpOnly";
    if (cookie.secure || cookie.same_site == SameSite::none) out += "; Secure";
    switch (cookie.same_site) {
        case SameSite::strict:
            return out + "; SameSite=Strict";
        case SameSite::lax:
            return out + "; SameSite=Lax";
        case SameSite::none:
            return out + "; SameSite=None";
    }
    return out;
}

Pairs parse_cookies(std::string_view header) {
    Pairs pairs;
    for (std::string_view pair : split(header, ';')) {
        pair = trim(pair);
        const auto equals = pair.find('=');
        if (equals == std::string_view::npos || equals == 0) continue;
        pairs.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
    }
    return pairs;
}

}  // namespace usher::http
