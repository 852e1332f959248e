// TLS, and WebSockets on it.
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "http/transport.hpp"
#include "http/websocket_connection.hpp"

namespace usher::http {

namespace {

using TlsStream = asio::ssl::stream<Socket>;

class TlsTransport final : public Transport {
public:
    TlsTransport(Socket socket, std::shared_ptr<asio::ssl::context> context)
        : context_(std::move(context)), stream_(std::move(socket), *context_) {}

    Task<boost::system::error_code> handshake() override {
        boost::system::error_code error;
        co_await stream_.async_handshake(TlsStream::server, asio::redirect_error(asio::use_awaitable, error));
        co_return error;
    }

    Task<IoResult> read_some(asio::mutable_buffer into) override {
        IoResult result;
        result.bytes = co_await stream_.async_read_some(into, asio::redirect_error(asio::use_awaitable, result.error));
        co_return result;
    }

    Task<IoResult> write_some(asio::const_buffer first, asio::const_buffer second) override {
        const asio::const_buffer now = first.size() != 0 ? first : second;
        IoResult result;
        result.bytes = co_await stream_.async_write_some(now, asio::redirect_error(asio::use_awaitable, result.error));
        co_return result;
    }

    Task<void> shutdown() override {
        boost::system::error_code ignored;  // the other side may be gone already
        co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
        stream_.lowest_layer().shutdown(Socket::shutdown_send, ignored);
    }

    void cancel() override {
        boost::system::error_code ignored;
        stream_.lowest_layer().cancel(ignored);
    }

    void close() override {
        boost::system::error_code ignored;
        stream_.lowest_layer().close(ignored);
    }

    void upgrade(UpgradeStart start) override { start_websocket(std::move(stream_), std::move(start)); }

private:
    std::shared_ptr<asio::ssl::context> context_;
    TlsStream stream_;
};

}  // namespace

std::unique_ptr<Transport> make_tls(Socket socket, std::shared_ptr<asio::ssl::context> context) {
    return std::make_unique<TlsTransport>(std::move(socket), std::move(context));
}

}  // namespace usher::http
