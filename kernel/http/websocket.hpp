#pragma once
/// WebSockets: the kernel's side of one (WebSocket) and what a feature puts behind it (WebSocketSession). UTF-8 text
/// only.
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "foundation/async.hpp"
#include "http/message.hpp"

namespace usher::http {

/// One connection, as its session sees it. Thread-safe; may outlive the connection and the server, then all is a
/// no-op.
class WebSocket {
public:
    virtual ~WebSocket() = default;
    /// Queues one text message. False when it was not taken: closed, or the queue is full (the peer reads too slowly),
    /// in which case the socket is closed with 1013. The text is shared, not copied.
    virtual bool send(std::shared_ptr<const std::string> text) = 0;
    bool send(std::string text) { return send(std::make_shared<const std::string>(std::move(text))); }
    /// Sends what is queued, then a close frame; on_close follows. `reason` is cut to 123 bytes. The first call counts.
    virtual void close(std::uint16_t code, std::string reason = {}) = 0;
    virtual std::size_t queued() const = 0;
    virtual asio::any_io_executor executor() const = 0;
};

/// Derive from this. All callbacks come on the connection's executor, one after the other.
class WebSocketSession {
public:
    virtual ~WebSocketSession() = default;
    /// First. Keep `socket` to send later.
    virtual void on_open(std::shared_ptr<WebSocket> socket) = 0;
    /// One whole message. The next one is read when this has finished: that is the back-pressure; so keep it short.
    virtual Task<void> on_text(std::string text) = 0;
    /// Last, exactly once after on_open, whoever ended it. 1006: without a close frame.
    virtual void on_close(std::uint16_t code) = 0;
};

/// Accepts an upgrade, with the subprotocol to answer (empty: none).
struct Accept {
    std::shared_ptr<WebSocketSession> session;
    std::string subprotocol{};
};

/// What an upgrade handler answers: a refusal, or the session.
using Upgrade = std::variant<Response, Accept>;

}  // namespace usher::http
