#pragma once
/// Addresses and ranges of them, IPv4 and IPv6: for the egress policy, trusted_proxies and allow_cidrs. Pure values.
#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/error.hpp"

struct sockaddr;

namespace usher::net {

struct Address {
    bool v6 = false;
    std::array<std::uint8_t, 16> bytes{};  // v4 in the first four
    friend auto operator<=>(const Address&, const Address&) = default;

    /// Dotted decimal with four parts, or RFC 4291 text without zone. Nothing else: no "127.1", no octal.
    static Result<Address> parse(std::string_view text);
    static Result<Address> of(const sockaddr* address);
    std::string text() const;
    /// ::ffff:a.b.c.d as a.b.c.d; others as they are.
    Address unmapped() const;
};

struct Cidr {
    Address base;    // with zero host bits
    int prefix = 0;  // bits

    /// "10.0.0.0/8", "fd00::/8", or one address. Host bits must be zero: the error says which range was meant.
    static Result<Cidr> parse(std::string_view text);
    /// Families do not mix, but for ::ffff:a.b.c.d, which an IPv4 range contains.
    bool contains(const Address& address) const;
    std::string text() const;
    friend bool operator==(const Cidr&, const Cidr&) = default;
};

/// Every fault named; for configuration.
Result<std::vector<Cidr>> parse_cidrs(const std::vector<std::string>& texts);
bool contains(std::span<const Cidr> ranges, const Address& address);
/// False too for what is no address: the shape of http::Settings::trusted_proxy.
bool contains(std::span<const Cidr> ranges, std::string_view address);

}  // namespace usher::net
