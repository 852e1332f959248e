#pragma once
/// For tests: a blocking socket that sends exactly what it is told, and reads responses and WebSocket frames.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace usher::http {

struct RawResponse {
    int status = 0;
    std::string head;  // with its empty line
    std::string body;

    std::string header(std::string_view name) const {
        const std::string wanted = "\r\n" + std::string(name) + ": ";
        const auto at = head.find(wanted);
        if (at == std::string::npos) return {};
        const auto from = at + wanted.size();
        return head.substr(from, head.find("\r\n", from) - from);
    }
};

struct RawFrame {
    int opcode = -1;  // -1: the connection ended
    bool last = true;
    std::string payload;
    int close_code() const {
        return payload.size() < 2
                   ? 0
                   : static_cast<unsigned char>(payload[0]) * 256 + static_cast<unsigned char>(payload[1]);
    }
};

class RawClient final {
public:
    explicit RawClient(std::uint16_t port, int receive_buffer = 0)
        : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        const ::timeval limit{20, 0};  // a test that would hang fails instead
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(fd_, reinterpret_cast<::sockaddr*>(&address), sizeof address) == 0;
    }
    ~RawClient() { ::close(fd_); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    bool connected() const { return connected_; }
    int fd() const { return fd_; }

    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ::ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }
    void finish_sending() { ::shutdown(fd_, SHUT_WR); }

    /// One response by its Content-Length; status 0 when the connection ended first.
    RawResponse read(bool head_only = false) {
        RawResponse response;
        std::size_t end;
        while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
            if (!fill()) return response;
        response.head = buffer_.substr(0, end + 4);
        buffer_.erase(0, end + 4);
        response.status = std::stoi(response.head.substr(9, 3));
        const std::string length = response.header("Content-Length");
        const std::size_t want = head_only || length.empty() ? 0 : std::stoul(length);
        while (buffer_.size() < want)
            if (!fill()) break;
        response.body = buffer_.substr(0, want);
        buffer_.erase(0, response.body.size());
        return response;
    }
    RawResponse get(const std::string& path, const std::string& more_headers = {}) {
        send("GET " + path + " HTTP/1.1\r\nHost: test\r\n" + more_headers + "\r\n");
        return read();
    }
    /// True when the server has ended the connection and nothing is left.
    bool ended() {
        if (!buffer_.empty()) return false;
        return !fill();
    }

    // ---- WebSocket

    RawResponse upgrade(const std::string& path, const std::string& more_headers = {}) {
        send("GET " + path +
             " HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
             more_headers + "\r\n");
        return read();
    }
    static std::string frame(int opcode, std::string_view payload, bool last = true, bool masked = true) {
        std::string out;
        out += static_cast<char>((last ? 0x80 : 0) | opcode);
        const char mask_bit = static_cast<char>(masked ? 0x80 : 0);
        if (payload.size() < 126) {
            out += static_cast<char>(mask_bit | static_cast<char>(payload.size()));
        } else if (payload.size() < 65536) {
            out += static_cast<char>(mask_bit | 126);
            out += static_cast<char>(payload.size() >> 8);
            out += static_cast<char>(payload.size() & 255);
        } else {
            out += static_cast<char>(mask_bit | 127);
            for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((payload.size() >> shift) & 255);
        }
        const char mask[] = {'\x11', '\x22', '\x33', '\x44'};
        if (masked) out.append(mask, 4);
        for (std::size_t i = 0; i < payload.size(); ++i)
            out += masked ? static_cast<char>(payload[i] ^ mask[i % 4]) : payload[i];
        return out;
    }
    RawFrame read_frame() {
        RawFrame frame;
        if (!need(2)) return frame;
        const auto first = static_cast<unsigned char>(buffer_[0]);
        std::size_t size = static_cast<unsigned char>(buffer_[1]) & 127, at = 2;
        const std::size_t extra = size == 126 ? 2 : size == 127 ? 8 : 0;
        if (!need(2 + extra)) return frame;
        if (extra != 0) size = 0;
        for (std::size_t i = 0; i < extra; ++i) size = size * 256 + static_cast<unsigned char>(buffer_[at++]);
        if (!need(at + size)) return frame;
        frame.opcode = first & 15;
        frame.last = (first & 0x80) != 0;
        frame.payload = buffer_.substr(at, size);
        buffer_.erase(0, at + size);
        return frame;
    }

private:
    bool need(std::size_t size) {
        while (buffer_.size() < size)
            if (!fill()) return false;
        return true;
    }
    bool fill() {
        char chunk[16384];
        const ::ssize_t n = ::recv(fd_, chunk, sizeof chunk, 0);
        if (n <= 0) return false;
        buffer_.append(chunk, static_cast<std::size_t>(n));
        return true;
    }

    int fd_;
    bool connected_ = false;
    std::string buffer_;
};

}  // namespace usher::http
