#include "net/egress.hpp"

#include <curl/curl.h>

#include <memory>

#include "foundation/text.hpp"

namespace usher::net {

namespace {

struct Named {
    Cidr range;
    std::string_view name;
};

/// IANA's special-purpose registries, IPv4 and IPv6.
const std::vector<Named>& refused_ranges() {
    static const std::vector<Named> kRanges = [] {
        std::vector<Named> out;
        for (const auto& [text, name] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
                 {"0.0.0.0/8", "this network"},
                 {"10.0.0.0/8", "private"},
                 {"100.64.0.0/10", "shared address space (CGNAT)"},
                 {"127.0.0.0/8", "loopback"},
                 {"169.254.0.0/16", "link-local and metadata services"},
                 {"172.16.0.0/12", "private"},
                 {"192.0.0.0/24", "protocol assignments"},
                 {"192.0.2.0/24", "documentation"},
                 {"192.88.99.0/24", "6to4 relay"},
                 {"192.168.0.0/16", "private"},
                 {"198.18.0.0/15", "benchmarking"},
                 {"198.51.100.0/24", "documentation"},
                 {"203.0.113.0/24", "documentation"},
                 {"224.0.0.0/4", "multicast"},
                 {"240.0.0.0/4", "reserved"},
                 {"::1/128", "loopback"},
                 {"::ffff:0:0/96", "IPv4 within IPv6"},
                 {"64:ff9b::/96", "NAT64"},
                 {"64:ff9b:1::/48", "NAT64"},
                 {"2001::/23", "protocol assignments and Teredo"},
                 {"2001:db8::/32", "documentation"},
                 {"2002::/16", "6to4"},
                 {"3fff::/20", "documentation"},
                 {"fc00::/7", "private"},
                 {"fe80::/10", "link-local"},
                 {"fec0::/10", "site-local"},
                 {"ff00::/8", "multicast"},
             })
            out.push_back({*Cidr::parse(text), name});
        return out;
    }();
    return kRanges;
}

struct FreeUrl {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, FreeUrl>;

std::string part(CURLU* handle, CURLUPart which, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(handle, which, &text, flags) != CURLUE_OK || text == nullptr) return {};
    std::string out(text);
    curl_free(text);
    return out;
}

Result<Url> finish(CURLU* handle, std::string_view text) {
    Url url;
    url.scheme = lower_ascii(part(handle, CURLUPART_SCHEME));
    if (url.scheme != "http" && url.scheme != "https")
        return Error{Errc::forbidden, "\"" + url.scheme + "\" is not permitted; only http and https addresses are"};
    if (!part(handle, CURLUPART_USER).empty() || !part(handle, CURLUPART_PASSWORD).empty())
        return invalid("an address must not hold user and password; use an Authorization header");
    url.host = lower_ascii(part(handle, CURLUPART_HOST));
    if (url.host.size() > 2 && url.host.front() == '[') url.host = url.host.substr(1, url.host.size() - 2);
    while (!url.host.empty() && url.host.back() == '.') url.host.pop_back();
    if (url.host.empty()) return invalid("\"" + std::string(text) + "\" has no host");
    url.port = static_cast<std::uint16_t>(std::stoul("0" + part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT)));
    curl_url_set(handle, CURLUPART_FRAGMENT, nullptr, 0);
    url.text = part(handle, CURLUPART_URL);
    return url;
}

bool has_control(std::string_view text) {
    for (const char c : text)
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) return true;
    return false;
}

}  // namespace

Result<void> check_egress(const Address& address, std::span<const Cidr> allow) {
    if (contains(allow, address)) return {};
    for (const Named& refused : refused_ranges()) {
        // An IPv4 range must not swallow the mapped form here: it is named as what it is.
        if (refused.range.base.v6 == address.v6 && refused.range.contains(address)) {
            return Error{Errc::forbidden, "connections to " + address.text() + " (" + std::string(refused.name) +
                                              ") are not permitted; allow_cidrs can allow them"};
        }
    }
    // IPv6 hands out global unicast addresses from 2000::/3 only.
    if (address.v6 && (address.bytes[0] & 0xe0) != 0x20) {
        return Error{Errc::forbidden, "connections to " + address.text() +
                                          " (not a public address) are not permitted; allow_cidrs can allow them"};
    }
    return {};
}

Result<Url> parse_url(std::string_view text) {
    const std::string copy(text);
    if (copy.size() > 8192) return invalid("the address is longer than 8192 bytes");
    if (has_control(copy)) return invalid("the address holds a space or a control character");
    const UrlHandle handle(curl_url());
    const CURLUcode code = curl_url_set(handle.get(), CURLUPART_URL, copy.c_str(), CURLU_NON_SUPPORT_SCHEME);
    if (code != CURLUE_OK) return invalid("\"" + copy + "\" is no http address: " + curl_url_strerror(code));
    return finish(handle.get(), text);
}

Result<Url> resolve_url(const Url& base, std::string_view location) {
    const std::string copy(location);
    if (has_control(copy) || copy.size() > 8192) return invalid("the redirect's address is malformed");
    const UrlHandle handle(curl_url());
    CURLUcode code = curl_url_set(handle.get(), CURLUPART_URL, base.text.c_str(), 0);
    if (code == CURLUE_OK) code = curl_url_set(handle.get(), CURLUPART_URL, copy.c_str(), CURLU_NON_SUPPORT_SCHEME);
    if (code != CURLUE_OK)
        return invalid("the redirect's address \"" + copy + "\" is malformed: " + curl_url_strerror(code));
    return finish(handle.get(), location);
}

}  // namespace usher::net
