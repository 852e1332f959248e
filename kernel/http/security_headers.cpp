#include "http/security_headers.hpp"

#include "foundation/text.hpp"

namespace usher::http {

namespace {

void add_common(Headers& headers, const PolicySettings& settings) {
    headers.add("X-Content-Type-Options", "nosniff");
    headers.add("Referrer-Policy", "no-referrer");
    headers.add("Cross-Origin-Opener-Policy", "same-origin");
    if (settings.hsts) headers.add("Strict-Transport-Security", "max-age=31536000");
}

std::string ancestors(const PolicySettings& settings) {
    if (settings.frame_ancestors.empty()) return "'none'";
    std::string out;
    for (const std::string& origin : settings.frame_ancestors) out += (out.empty() ? "" : " ") + origin;
    return out;
}

/// Lower case, no trailing slash, no default port.
std::string plain_origin(std::string_view origin) {
    std::string text = lower_ascii(trim(origin));
    if (!text.empty() && text.back() == '/') text.pop_back();
    if (text.starts_with("https://") && text.ends_with(":443")) text.resize(text.size() - 4);
    if (text.starts_with("http://") && text.ends_with(":80")) text.resize(text.size() - 3);
    return text;
}

}  // namespace

Headers workspace_headers(const PolicySettings& settings) {
    Headers headers;
    add_common(headers, settings);
    const std::string media = settings.public_origin.empty() ? "" : " " + settings.public_origin;
    // The page itself carries the script policy, with the hash of its inline start, in a meta tag. A browser applies
    // both, so neither script-src nor default-src (which stands in for it) may be here.
    headers.add("Content-Security-Policy",
                "style-src-elem 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:" + media +
                    "; media-src 'self' blob:" + media +
                    "; connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
                    "frame-ancestors " +
                    ancestors(settings));
    headers.add("X-Frame-Options", "DENY");
    headers.add("Permissions-Policy", "camera=(), geolocation=(), payment=(), usb=()");
    headers.add("Cross-Origin-Resource-Policy", "same-origin");
    return headers;
}

Headers public_headers(const PolicySettings& settings) {
    Headers headers;
    add_common(headers, settings);
    headers.add("Content-Security-Policy",
                "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors " + ancestors(settings));
    headers.add("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()");
    return headers;
}

bool origin_allowed(const Request& request, const std::vector<std::string>& allowed) {
    const std::string_view sent = request.headers.get("Origin");
    if (sent.empty()) return false;
    const std::string origin = plain_origin(sent);
    for (const std::string& one : allowed)
        if (origin == plain_origin(one)) return true;
    const std::string_view host = request.headers.get("Host");
    if (host.empty()) return false;
    return origin == plain_origin((request.tls ? "https://" : "http://") + std::string(host));
}

}  // namespace usher::http
