// Plain sockets and WebSockets on them.
#include <boost/asio/use_awaitable.hpp>

#include "http/transport.hpp"
#include "http/websocket_connection.hpp"

namespace usher::http {

namespace {

class Plain final : public Transport {
public:
    explicit Plain(Socket socket) : socket_(std::move(socket)) {}

    Task<boost::system::error_code> handshake() override { co_return boost::system::error_code(); }

    Task<IoResult> read_some(asio::mutable_buffer into) override {
        IoResult result;
        result.bytes = co_await socket_.async_read_some(into, asio::redirect_error(asio::use_awaitable, result.error));
        co_return result;
    }

    Task<IoResult> write_some(asio::const_buffer first, asio::const_buffer second) override {
        const std::array<asio::const_buffer, 2> buffers{first, second};
        IoResult result;
        result.bytes =
            co_await socket_.async_write_some(buffers, asio::redirect_error(asio::use_awaitable, result.error));
        co_return result;
    }

    Task<void> shutdown() override {
        boost::system::error_code ignored;  // the other side may be gone already
        socket_.shutdown(Socket::shutdown_send, ignored);
        co_return;
    }

    void cancel() override {
        boost::system::error_code ignored;
        socket_.cancel(ignored);
    }

    void close() override {
        boost::system::error_code ignored;
        socket_.close(ignored);
    }

    void upgrade(UpgradeStart start) override { start_websocket(std::move(socket_), std::move(start)); }

private:
    Socket socket_;
};

}  // namespace

std::unique_ptr<Transport> make_plain(Socket socket) {
    return std::make_unique<Plain>(std::move(socket));
}

}  // namespace usher::http
