#pragma once
/// Connections to one loopback port, on one epoll: bytes out, and HTTP responses or WebSocket frames in.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace usher::bench {

class Loop;

/// One connection. Keeps little while idle: ten thousand of them stand in one process.
class Connection final {
public:
    struct Response {
        int status = 0;
        std::string_view body;
        std::string_view head;
    };
    using OnResponse = std::function<void(Connection&, const Response&)>;
    using OnFrame = std::function<void(Connection&, std::string_view)>;

    Connection(Loop& loop, std::uint16_t port, std::size_t number);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    std::size_t number() const { return number_; }
    bool is_open() const { return fd_ >= 0; }
    void send(std::string_view bytes);
    /// Masked, as a client's frames are.
    void send_text_frame(std::string_view text);

    OnResponse on_response;
    OnFrame on_frame;  // set: what follows a 101 are frames
    std::function<void(Connection&)> on_close;

private:
    friend class Loop;
    void ready(std::uint32_t events);
    void flush();
    void consume();
    bool take_response();
    bool take_frame();
    void close();
    void watch(bool writing);

    Loop& loop_;
    int fd_ = -1;
    std::size_t number_;
    bool websocket_ = false;
    bool watching_writes_ = false;
    std::string in_, out_;
};

class Loop final {
public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Handles what is ready, waiting at most this long.
    void run_once(int wait_ms);
    int fd() const { return fd_; }

private:
    int fd_;
};

/// Many connections to one port. Any that fails ends the program with a message: then there is nothing to measure.
std::vector<std::unique_ptr<Connection>> connect_all(Loop& loop, std::uint16_t port, std::size_t count);

}  // namespace usher::bench
