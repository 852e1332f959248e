#pragma once
/// The bytes below HTTP: a plain socket or TLS. The two are compiled apart, each with its WebSocket. Internal.
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <memory>

#include "http/shared.hpp"
#include "http/websocket.hpp"

namespace boost::asio::ssl {
class context;
}

namespace usher::http {

using Socket = asio::generic::stream_protocol::socket;

struct IoResult {
    boost::system::error_code error;
    std::size_t bytes = 0;
};

/// What an accepted upgrade takes over from its HTTP connection.
struct UpgradeStart {
    std::shared_ptr<Shared> shared;
    Worker* worker = nullptr;
    ConnectionSlot slot;
    Accept accept;
    Headers request_headers;
    std::string target;
    std::string request_id;
    std::string remote_addr;
};

/// Not thread-safe: its thread alone.
class Transport {
public:
    virtual ~Transport() = default;
    virtual Task<boost::system::error_code> handshake() = 0;
    virtual Task<IoResult> read_some(asio::mutable_buffer into) = 0;
    /// The first buffer is written before the second; the second may be empty.
    virtual Task<IoResult> write_some(asio::const_buffer first, asio::const_buffer second) = 0;
    /// Says that nothing more will be sent.
    virtual Task<void> shutdown() = 0;
    virtual void cancel() = 0;
    virtual void close() = 0;
    /// The WebSocket takes the socket and keeps itself alive; this transport is used up.
    virtual void upgrade(UpgradeStart start) = 0;
};

std::unique_ptr<Transport> make_plain(Socket socket);
std::unique_ptr<Transport> make_tls(Socket socket, std::shared_ptr<asio::ssl::context> context);

}  // namespace usher::http
