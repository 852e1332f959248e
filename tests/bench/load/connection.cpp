#include "connection.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace usher::bench {
namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(what + ": " + std::strerror(errno));
}

std::string_view header(std::string_view head, std::string_view name) {
    std::size_t at = head.find("\r\n");
    while (at != std::string_view::npos && at + 2 < head.size()) {
        const std::size_t end = head.find("\r\n", at + 2);
        std::string_view line = head.substr(at + 2, end == std::string_view::npos ? end : end - at - 2);
        const auto colon = line.find(':');
        if (colon == name.size() && strncasecmp(line.data(), name.data(), name.size()) == 0) {
            line.remove_prefix(colon + 1);
            while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
            return line;
        }
        at = end;
    }
    return {};
}

}  // namespace

Connection::Connection(Loop& loop, std::uint16_t port, std::size_t number) : loop_(loop), number_(number) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0) fail("socket");
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) fail("connect");
    const int one = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = this;
    if (::epoll_ctl(loop_.fd(), EPOLL_CTL_ADD, fd_, &event) != 0) fail("epoll_ctl");
}

Connection::~Connection() {
    if (fd_ >= 0) ::close(fd_);
}

void Connection::close() {
    if (fd_ < 0) return;
    ::close(fd_);
    fd_ = -1;
    if (on_close) on_close(*this);
}

void Connection::watch(bool writing) {
    if (writing == watching_writes_) return;
    watching_writes_ = writing;
    epoll_event event{};
    event.events = writing ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.ptr = this;
    ::epoll_ctl(loop_.fd(), EPOLL_CTL_MOD, fd_, &event);
}

void Connection::send(std::string_view bytes) {
    out_ += bytes;
    flush();
}

void Connection::flush() {
    while (fd_ >= 0 && !out_.empty()) {
        const auto sent = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            if (errno == EAGAIN) return watch(true);
            return close();
        }
        out_.erase(0, static_cast<std::size_t>(sent));
    }
    if (fd_ >= 0) watch(false);
}

void Connection::send_text_frame(std::string_view text) {
    std::string frame;
    frame += static_cast<char>(0x81);
    if (text.size() < 126) {
        frame += static_cast<char>(0x80 | text.size());
    } else {
        frame += static_cast<char>(0x80 | 126);
        frame += static_cast<char>(text.size() >> 8);
        frame += static_cast<char>(text.size() & 0xff);
    }
    frame.append(4, '\0');  // a mask of zeros
    frame += text;
    send(frame);
}

void Connection::ready(std::uint32_t events) {
    if (events & EPOLLOUT) flush();
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
    static std::array<char, 256 * 1024> bytes;
    while (fd_ >= 0) {
        const auto got = ::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (got < 0 && errno == EAGAIN) break;
        if (got <= 0) return close();
        in_.append(bytes.data(), static_cast<std::size_t>(got));
        if (static_cast<std::size_t>(got) < bytes.size()) break;
    }
    consume();
}

void Connection::consume() {
    while (fd_ >= 0 && !in_.empty()) {
        const bool more = websocket_ ? take_frame() : take_response();
        if (!more) break;
    }
    if (in_.empty() && in_.capacity() > 1024) std::string().swap(in_);
}

bool Connection::take_response() {
    const std::size_t end = in_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::string_view head(in_.data(), end + 2);
    Response response;
    response.status = std::atoi(in_.c_str() + 9);
    const auto length = header(head, "content-length");
    const std::size_t size = length.empty() ? 0 : static_cast<std::size_t>(std::atol(std::string(length).c_str()));
    if (in_.size() < end + 4 + size) return false;
    response.head = head;
    response.body = std::string_view(in_).substr(end + 4, size);
    const std::string whole = in_.substr(0, end + 4 + size);  // the callback may send, and receive no more here
    if (response.status == 101) websocket_ = true;
    response.head = std::string_view(whole).substr(0, end + 2);
    response.body = std::string_view(whole).substr(end + 4);
    in_.erase(0, whole.size());
    if (on_response) on_response(*this, response);
    return true;
}

bool Connection::take_frame() {
    if (in_.size() < 2) return false;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(in_[at]); };
    std::size_t size = byte(1) & 0x7fu;
    std::size_t head = 2;
    if (size == 126) {
        if (in_.size() < 4) return false;
        size = static_cast<std::size_t>(byte(2)) << 8 | byte(3);
        head = 4;
    } else if (size == 127) {
        if (in_.size() < 10) return false;
        size = 0;
        for (std::size_t i = 2; i < 10; ++i) size = size << 8 | byte(i);
        head = 10;
    }
    if (in_.size() < head + size) return false;
    const unsigned opcode = byte(0) & 0x0fu;
    if (opcode == 9) {
        std::string pong;
        pong += static_cast<char>(0x8a);
        pong += static_cast<char>(0x80 | size);
        pong.append(4, '\0');
        pong += in_.substr(head, size);
        in_.erase(0, head + size);
        send(pong);
        return true;
    }
    if (opcode == 8) {
        close();
        return false;
    }
    if (opcode == 1 && on_frame) on_frame(*this, std::string_view(in_).substr(head, size));
    in_.erase(0, head + size);
    return true;
}

Loop::Loop() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (fd_ < 0) fail("epoll_create1");
}
Loop::~Loop() {
    ::close(fd_);
}

void Loop::run_once(int wait_ms) {
    std::array<epoll_event, 256> events;
    const int count = ::epoll_wait(fd_, events.data(), static_cast<int>(events.size()), wait_ms);
    for (int i = 0; i < count; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        static_cast<Connection*>(event.data.ptr)->ready(event.events);
    }
}

std::vector<std::unique_ptr<Connection>> connect_all(Loop& loop, std::uint16_t port, std::size_t count) {
    std::vector<std::unique_ptr<Connection>> out;
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i) out.push_back(std::make_unique<Connection>(loop, port, i));
    return out;
}

}  // namespace usher::bench
