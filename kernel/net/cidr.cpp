#include "net/cidr.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>
#include <cstring>

namespace usher::net {

Result<Address> Address::parse(std::string_view text) {
    Address address;
    const std::string copy(text);
    if (copy.find('\0') == std::string::npos) {
        if (::inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) return address;
        address.v6 = true;
        if (::inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) return address;
    }
    return invalid("\"" + copy + "\" is no IP address; expected one like 192.0.2.1 or 2001:db8::1");
}

Result<Address> Address::of(const ::sockaddr* address) {
    Address out;
    if (address->sa_family == AF_INET) {
        ::sockaddr_in four{};
        std::memcpy(&four, address, sizeof four);
        std::memcpy(out.bytes.data(), &four.sin_addr, 4);
        return out;
    }
    if (address->sa_family == AF_INET6) {
        ::sockaddr_in6 six{};
        std::memcpy(&six, address, sizeof six);
        std::memcpy(out.bytes.data(), &six.sin6_addr, 16);
        out.v6 = true;
        return out;
    }
    return Error{Errc::unsupported, "an address that is neither IPv4 nor IPv6"};
}

std::string Address::text() const {
    char out[INET6_ADDRSTRLEN] = {};
    ::inet_ntop(v6 ? AF_INET6 : AF_INET, bytes.data(), out, sizeof out);
    return out;
}

Address Address::unmapped() const {
    static constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (!v6 || std::memcmp(bytes.data(), kMapped.data(), kMapped.size()) != 0) return *this;
    Address four;
    std::memcpy(four.bytes.data(), bytes.data() + 12, 4);
    return four;
}

namespace {

/// With everything behind the first `prefix` bits zero.
Address masked(Address address, int prefix) {
    for (int i = 0; i < 16; ++i) {
        const int keep = std::clamp(prefix - i * 8, 0, 8);
        address.bytes[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00 >> keep);
    }
    return address;
}

}  // namespace

Result<Cidr> Cidr::parse(std::string_view text) {
    const auto slash = text.find('/');
    auto address = Address::parse(text.substr(0, slash));
    if (!address)
        return invalid("\"" + std::string(text) + "\" is no address range; expected one like 10.0.0.0/8 or fd00::/8");
    const int widest = address->v6 ? 128 : 32;
    Cidr cidr{*address, widest};
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), cidr.prefix);
        if (error != std::errc() || end != digits.data() + digits.size() || digits.front() == '-' ||
            cidr.prefix > widest) {
            return invalid("\"" + std::string(text) + "\": expected a number from 0 to " + std::to_string(widest) +
                           " behind the slash");
        }
    }
    cidr.base = masked(*address, cidr.prefix);
    if (cidr.base != *address)
        return invalid("\"" + std::string(text) + "\" has bits behind its prefix; did you mean " + cidr.text() + "?");
    return cidr;
}

bool Cidr::contains(const Address& address) const {
    const Address tried = base.v6 ? address : address.unmapped();
    return tried.v6 == base.v6 && masked(tried, prefix) == base;
}

std::string Cidr::text() const {
    return base.text() + "/" + std::to_string(prefix);
}

Result<std::vector<Cidr>> parse_cidrs(const std::vector<std::string>& texts) {
    std::vector<Cidr> ranges;
    std::vector<ErrorDetail> faults;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto range = Cidr::parse(texts[i]);
        if (range) {
            ranges.push_back(*range);
        } else {
            faults.push_back({"/" + std::to_string(i), range.error().message});
        }
    }
    if (faults.empty()) return ranges;
    std::string message = faults[0].message;
    return Error{Errc::validation, std::move(message), std::move(faults)};
}

bool contains(std::span<const Cidr> ranges, const Address& address) {
    for (const Cidr& range : ranges)
        if (range.contains(address)) return true;
    return false;
}

bool contains(std::span<const Cidr> ranges, std::string_view address) {
    const auto parsed = Address::parse(address);
    return parsed && contains(ranges, *parsed);
}

}  // namespace usher::net
