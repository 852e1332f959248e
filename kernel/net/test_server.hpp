#pragma once
/// For tests: an HTTP server on loopback whose answers are written byte by byte by the test.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace usher::net {

class TestServer final {
public:
    /// Gets a whole request; answers bytes, or nullopt to end the connection without an answer.
    using Answer = std::function<std::optional<std::string>(const std::string& request)>;

    explicit TestServer(Answer answer)
        : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        ::sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(listener_, reinterpret_cast<::sockaddr*>(&address), sizeof address);
        ::listen(listener_, 64);
        ::socklen_t size = sizeof address;
        ::getsockname(listener_, reinterpret_cast<::sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        threads_.emplace_back([this] { accept(); });
    }
    ~TestServer() {
        ::shutdown(listener_, SHUT_RDWR);
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
        }
        threads_.front().join();
        for (auto at = std::next(threads_.begin()); at != threads_.end(); ++at) at->join();
        ::close(listener_);
        for (const int fd : open_) ::close(fd);
    }
    TestServer(const TestServer&) = delete;
    TestServer& operator=(const TestServer&) = delete;

    int port() const { return port_; }
    std::string url(const std::string& path = "/", const std::string& host = "127.0.0.1") const {
        return "http://" + host + ":" + std::to_string(port_) + path;
    }
    std::vector<std::string> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }
    std::size_t connections() const {
        const std::lock_guard lock(mutex_);
        return open_.size();
    }
    static std::string ok(const std::string& body, const std::string& headers = {}) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
    }
    static std::string redirect(int status, const std::string& location) {
        return "HTTP/1.1 " + std::to_string(status) + " Moved\r\nLocation: " + location +
               "\r\nContent-Length: 5\r\n\r\nmoved";
    }

private:
    void accept() {
        while (true) {
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) return;
            const std::lock_guard lock(mutex_);
            open_.push_back(fd);
            if (stopping_) {
                ::shutdown(fd, SHUT_RDWR);
            } else {
                threads_.emplace_back([this, fd] { serve(fd); });
            }
        }
    }
    void serve(int fd) {
        std::string buffer;
        char chunk[65536];
        while (true) {
            const auto end = buffer.find("\r\n\r\n");
            std::size_t size = std::string::npos;
            if (end != std::string::npos) {
                const auto at = buffer.find("Content-Length: ");
                size = end + 4 + (at < end ? std::stoul(buffer.substr(at + 16)) : 0);
            }
            if (buffer.size() >= size && size != std::string::npos) {
                const std::string request = buffer.substr(0, size);
                buffer.erase(0, size);
                {
                    const std::lock_guard lock(mutex_);
                    requests_.push_back(request);
                }
                const auto answer = answer_(request);
                if (!answer) break;
                std::string_view left = *answer;
                while (!left.empty()) {
                    const ::ssize_t n = ::send(fd, left.data(), left.size(), MSG_NOSIGNAL);
                    if (n <= 0) break;
                    left.remove_prefix(static_cast<std::size_t>(n));
                }
                continue;
            }
            const ::ssize_t n = ::recv(fd, chunk, sizeof chunk, 0);
            if (n <= 0) break;
            buffer.append(chunk, static_cast<std::size_t>(n));
        }
        ::shutdown(fd, SHUT_RDWR);
    }

    Answer answer_;
    int listener_;
    int port_ = 0;
    mutable std::mutex mutex_;
    bool stopping_ = false;
    std::vector<int> open_;
    std::vector<std::string> requests_;
    std::list<std::thread> threads_;
};

}  // namespace usher::net
