#pragma once
/// Where outgoing connections may go: public addresses, and what the account's operator allowed. Pure.
#include <span>
#include <string>
#include <string_view>

#include "net/cidr.hpp"

namespace usher::net {

/// Checks an address about to be connected to. Refused unless in `allow`: this host, private, link-local, shared
/// (CGNAT), metadata, multicast, documentation and reserved ranges, and IPv6 forms that carry an IPv4 address inside
/// (mapped, compatible, NAT64, 6to4, Teredo). @errors Errc::forbidden naming the address and its range.
Result<void> check_egress(const Address& address, std::span<const Cidr> allow);

struct Url {
    std::string scheme;  // "http" | "https"
    std::string host;    // lower case, without brackets
    std::uint16_t port = 0;
    std::string text;  // normalised, without fragment
    bool same_origin(const Url& other) const {
        return scheme == other.scheme && host == other.host && port == other.port;
    }
};
/// http and https only, with a host, without user:password. @errors Errc::invalid; Errc::forbidden for other schemes.
Result<Url> parse_url(std::string_view text);
/// `location` against `base` (RFC 3986), under the same rules.
Result<Url> resolve_url(const Url& base, std::string_view location);

}  // namespace usher::net
