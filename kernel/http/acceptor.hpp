#pragma once
/// Opens what a listener names: a TCP address or a Unix socket. Internal.
#include <string>

#include "http/server.hpp"

struct sockaddr;

namespace usher::http {

struct Opened {
    int fd = -1;
    int family = 0;
    std::uint16_t port = 0;
    std::string text;  // "127.0.0.1:8080"
};

/// Bound and listening. Errors say the address and why.
Result<Opened> open_listener(const Listener& listener);
/// "10.0.0.1", "::1", "unix"; IPv4 within IPv6 as IPv4.
std::string address_text(const ::sockaddr* address);

}  // namespace usher::http
