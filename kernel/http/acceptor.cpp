#include "http/acceptor.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace usher::http {

namespace {

constexpr int kBacklog = 1024;

Error failed(int fd, const std::string& where, int reason) {
    if (fd >= 0) ::close(fd);
    if (reason == EADDRINUSE) return {Errc::conflict, where + " is taken: another program listens there"};
    if (reason == EACCES) return {Errc::forbidden, where + ": not permitted (ports below 1024 need a capability)"};
    return {Errc::unavailable, where + ": " + std::strerror(reason)};
}

Result<Opened> open_unix(const std::filesystem::path& path) {
    const std::string text = path.string();
    ::sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (text.size() >= sizeof address.sun_path)
        return invalid(text + ": a Unix socket's path is limited to " + std::to_string(sizeof address.sun_path - 1) +
                       " bytes");
    std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
    const auto* raw = reinterpret_cast<const ::sockaddr*>(&address);

    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe >= 0) {
        const bool alive = ::connect(probe, raw, sizeof address) == 0;
        ::close(probe);
        if (alive) return failed(-1, text, EADDRINUSE);
        struct ::stat info {};
        if (::lstat(text.c_str(), &info) == 0 && S_ISSOCK(info.st_mode)) ::unlink(text.c_str());  // left by a crash
    }
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return failed(fd, text, errno);
    const ::mode_t before = ::umask(0177);
    const int bound = ::bind(fd, raw, sizeof address);
    const int reason = errno;
    ::umask(before);
    if (bound != 0) return failed(fd, text, reason);
    if (::listen(fd, kBacklog) != 0) return failed(fd, text, errno);
    return Opened{fd, AF_UNIX, 0, text};
}

Result<Opened> open_address(const ::addrinfo& info, const std::string& where, bool dual) {
    const int fd = ::socket(info.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return failed(fd, where, errno);
    const int on = 1, off = dual ? 0 : 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (info.ai_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (::bind(fd, info.ai_addr, info.ai_addrlen) != 0) return failed(fd, where, errno);
    if (::listen(fd, kBacklog) != 0) return failed(fd, where, errno);
    ::sockaddr_storage bound{};
    ::socklen_t size = sizeof bound;
    if (::getsockname(fd, reinterpret_cast<::sockaddr*>(&bound), &size) != 0) return failed(fd, where, errno);
    const std::uint16_t port = bound.ss_family == AF_INET6 ? reinterpret_cast<::sockaddr_in6*>(&bound)->sin6_port
                                                           : reinterpret_cast<::sockaddr_in*>(&bound)->sin_port;
    return Opened{fd, info.ai_family, ntohs(port), where};
}

}  // namespace

Result<Opened> open_listener(const Listener& listener) {
    if (!listener.unix_path.empty()) return open_unix(listener.unix_path);
    const bool any = listener.host == "*" || listener.host.empty();
    const std::string where = (any ? "*" : listener.host) + ":" + std::to_string(listener.port);
    ::addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    ::addrinfo* found = nullptr;
    std::string host = any ? "::" : listener.host;
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    const int code = ::getaddrinfo(host.c_str(), std::to_string(listener.port).c_str(), &hints, &found);
    if (code != 0) return Error{Errc::invalid, where + ": " + ::gai_strerror(code)};
    Result<Opened> opened = open_address(*found, where, any);
    ::freeaddrinfo(found);
    if (opened || !any || opened.error().code == Errc::conflict) return opened;
    ::sockaddr_in four{};  // no IPv6 on this machine
    four.sin_family = AF_INET;
    four.sin_port = htons(listener.port);
    ::addrinfo info{};
    info.ai_family = AF_INET;
    info.ai_addr = reinterpret_cast<::sockaddr*>(&four);
    info.ai_addrlen = sizeof four;
    return open_address(info, where, false);
}

std::string address_text(const ::sockaddr* address) {
    char text[INET6_ADDRSTRLEN] = {};
    if (address->sa_family == AF_INET) {
        ::inet_ntop(AF_INET, &reinterpret_cast<const ::sockaddr_in*>(address)->sin_addr, text, sizeof text);
    } else if (address->sa_family == AF_INET6) {
        const auto& six = reinterpret_cast<const ::sockaddr_in6*>(address)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(&six)) {
            ::inet_ntop(AF_INET, six.s6_addr + 12, text, sizeof text);
        } else {
            ::inet_ntop(AF_INET6, &six, text, sizeof text);
        }
    } else {
        return "unix";
    }
    return text;
}

std::string client_address(std::string_view peer, const std::vector<std::string_view>& forwarded,
                           const std::function<bool(std::string_view)>& trusted) {
    std::string current(peer);
    if (!trusted) return current;
    for (auto header = forwarded.rbegin(); header != forwarded.rend(); ++header) {
        std::string_view rest = *header;
        while (true) {
            if (!trusted(current)) return current;
            const auto comma = rest.rfind(',');
            std::string_view hop = comma == std::string_view::npos ? rest : rest.substr(comma + 1);
            while (!hop.empty() && (hop.front() == ' ' || hop.front() == '\t')) hop.remove_prefix(1);
            while (!hop.empty() && (hop.back() == ' ' || hop.back() == '\t')) hop.remove_suffix(1);
            unsigned char raw[16];
            std::string text(hop);
            if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
            if (::inet_pton(AF_INET, text.c_str(), raw) != 1 && ::inet_pton(AF_INET6, text.c_str(), raw) != 1)
                return current;
            current = std::move(text);
            if (comma == std::string_view::npos) break;
            rest = rest.substr(0, comma);
        }
    }
    return current;
}

}  // namespace usher::http
