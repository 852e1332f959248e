#include "store/cutting_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string_view>
#include <vector>

namespace usher::store::testing {
namespace {

/// The statement, not the isolation level READ COMMITTED.
bool has_commit(std::string_view bytes) {
    for (auto at = bytes.find("COMMIT"); at != std::string_view::npos; at = bytes.find("COMMIT", at + 1)) {
        if (bytes.substr(at + 6, 1) != "T") return true;
    }
    return false;
}

struct Link {
    int client = -1;
    int server = -1;
    bool cut_at_answer = false;
    bool dead = false;
};

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

void send_all(int to, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void close_link(Link& link) {
    ::close(link.client);
    ::close(link.server);
    link.dead = true;
}

}  // namespace

CuttingProxy::CuttingProxy(int server_port) : server_port_(server_port) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error("the proxy cannot listen");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { loop(); });
}

CuttingProxy::~CuttingProxy() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
}

void CuttingProxy::loop() {
    std::vector<Link> links;
    std::vector<char> buffer(1 << 16);
    while (!stopping_) {
        if (held_) {
            ::poll(nullptr, 0, 5);
            continue;
        }
        std::vector<pollfd> waits{{listener_, POLLIN, 0}};
        for (const auto& link : links) {
            waits.push_back({link.client, POLLIN, 0});
            waits.push_back({link.server, POLLIN, 0});
        }
        ::poll(waits.data(), waits.size(), 5);
        const std::size_t known = links.size();
        if (waits[0].revents & POLLIN) {
            const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            const auto address = loopback(server_port_);
            const int on = 1;
            ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            ::setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            if (down_ || ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
                ::close(client);
                ::close(server);
            } else {
                links.push_back({client, server});
            }
        }
        for (std::size_t i = 0; i < known; ++i) {
            Link& link = links[i];
            if (down_) close_link(link);
            if (!link.dead && waits[1 + 2 * i].revents) {
                const auto got = ::recv(link.client, buffer.data(), buffer.size(), 0);
                const std::string_view bytes(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
                Cut cut = Cut::never;
                if (has_commit(bytes)) cut = every_time_ ? cut_.load() : cut_.exchange(Cut::never);
                if (got > 0 && cut != Cut::before_commit) send_all(link.server, bytes);
                if (got <= 0 || cut == Cut::before_commit || cut == Cut::after_commit) close_link(link);
                if (cut == Cut::after_commit_answered) link.cut_at_answer = true;
            }
            if (!link.dead && waits[2 + 2 * i].revents) {
                const auto got = ::recv(link.server, buffer.data(), buffer.size(), 0);
                if (got > 0 && !link.cut_at_answer) {
                    send_all(link.client, {buffer.data(), static_cast<std::size_t>(got)});
                } else {
                    if (link.cut_at_answer && then_down_) down_ = true;
                    close_link(link);
                }
            }
        }
        std::erase_if(links, [](const Link& link) { return link.dead; });
    }
    for (auto& link : links) close_link(link);
}

}  // namespace usher::store::testing
