#pragma once
/// A WebSocket on a stream, after its HTTP connection has accepted the upgrade. Included by the two transports only: it
/// instantiates Beast. Lean while idle: one coroutine frame, Beast's read buffer, an empty queue.
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <mutex>

#include "foundation/log.hpp"
#include "http/transport.hpp"

namespace usher::http {

namespace beast = boost::beast;
namespace ws = boost::beast::websocket;

/// What a session keeps: it may live on when the connection, and even the server, is gone.
template <class Connection>
class WebSocketHandle final : public WebSocket {
public:
    explicit WebSocketHandle(const std::shared_ptr<Connection>& connection)
        : connection_(connection), executor_(connection->executor()) {}
    bool send(std::shared_ptr<const std::string> text) override {
        const auto connection = connection_.lock();
        return connection && connection->send(std::move(text));
    }
    void close(std::uint16_t code, std::string reason) override {
        if (const auto connection = connection_.lock()) connection->begin_close(code, std::move(reason), false);
    }
    std::size_t queued() const override {
        const auto connection = connection_.lock();
        return connection ? connection->queued() : 0;
    }
    asio::any_io_executor executor() const override { return executor_; }

private:
    std::weak_ptr<Connection> connection_;
    asio::any_io_executor executor_;
};

template <class Stream>
class WebSocketConnection final : public Peer, public std::enable_shared_from_this<WebSocketConnection<Stream>> {
public:
    WebSocketConnection(Stream stream, UpgradeStart& start)
        : shared_(start.shared),
          worker_(*start.worker),
          slot_(std::move(start.slot)),
          executor_(worker_.context.get_executor()),
          stream_(std::move(stream)),
          session_(std::move(start.accept.session)),
          place_(std::in_place, worker_, this) {
        ++shared_->websockets;
    }
    ~WebSocketConnection() override {
        if (place_) --shared_->websockets;
    }

    static Task<void> run(std::shared_ptr<WebSocketConnection> self, UpgradeStart start) {
        const auto error = co_await self->accept(std::move(start));
        if (!error) {
            self->opened_ = true;
            self->open_session();
            co_await self->read_all();
        }
        self->finish(error);
    }

    // ---- for the handle: any thread

    bool send(std::shared_ptr<const std::string> text) {
        bool start = false;
        bool full = false;
        {
            const std::lock_guard lock(mutex_);
            if (closing_) return false;
            const auto& limits = shared_->settings.websocket;
            full = pending() >= limits.queue_messages || queued_bytes_ + text->size() > limits.queue_bytes;
            if (!full) {
                queued_bytes_ += text->size();
                queue_.push_back(std::move(text));
                start = !writing_;
                writing_ = true;
            }
        }
        if (full) {
            begin_close(1013, "reads too slowly", true);
            return false;
        }
        if (start) asio::dispatch(executor_, [self = this->shared_from_this()] { self->write_next(); });
        return true;
    }

    std::size_t queued() const {
        const std::lock_guard lock(mutex_);
        return pending();
    }

    asio::any_io_executor executor() const { return executor_; }

    void begin_close(std::uint16_t code, std::string reason, bool drop) {
        {
            const std::lock_guard lock(mutex_);
            if (closing_) return;
            closing_ = true;
            close_code_ = code;
            close_reason_ = std::move(reason);
            if (drop) {
                queue_.clear();
                head_ = 0;
            }
        }
        asio::dispatch(executor_, [self = this->shared_from_this()] {
            self->end_within(self->shared_->settings.websocket.close_timeout);
            self->close_when_written();
        });
    }

    // ---- Peer: the connection's thread

    void tick(SteadyTime now) override {
        if (now >= deadline_) return cut();
        if (writing_since_ != SteadyTime() && now - writing_since_ > shared_->settings.limits.write_timeout)
            return cut();
        if (!opened_ || in_callback_ || deadline_ != SteadyTime::max()) return;
        // Closed by the peer, or failed by it: Beast waits for the end of its stream, but not for ever.
        if (!stream_.is_open()) return end_within(shared_->settings.websocket.close_timeout);
        const auto& limits = shared_->settings.websocket;
        if (pinging_) {
            if (now - pinged_at_ > limits.pong_timeout) cut();
        } else if (now - active_at_ > limits.ping_after) {
            pinging_ = true;
            pinged_at_ = now;
            stream_.async_ping({}, [self = this->shared_from_this()](beast::error_code error) {
                if (error) self->end_within(self->shared_->settings.websocket.close_timeout);
            });
        }
    }

    void drain() override { begin_close(1001, "the server is going away", false); }

    void cut() override {
        boost::system::error_code ignored;
        beast::get_lowest_layer(stream_).close(ignored);
    }

private:
    Task<boost::system::error_code> accept(UpgradeStart start) {
        end_within(shared_->settings.limits.write_timeout);
        beast::http::request<beast::http::empty_body> request;
        request.method(beast::http::verb::get);
        request.target(beast::string_view(start.target.data(), start.target.size()));
        for (const auto& [name, value] : start.request_headers) {
            request.insert(beast::string_view(name.data(), name.size()),
                           beast::string_view(value.data(), value.size()));
        }
        stream_.read_message_max(shared_->settings.websocket.message_bytes);
        stream_.auto_fragment(false);
        stream_.text(true);
        stream_.set_option(
            ws::stream_base::decorator([id = start.request_id, protocol = start.accept.subprotocol](auto& response) {
                response.set("X-Request-Id", id);
                if (!protocol.empty()) response.set(beast::http::field::sec_websocket_protocol, protocol);
            }));
        stream_.control_callback([this](ws::frame_type, beast::string_view) { heard(); });
        boost::system::error_code error;
        co_await stream_.async_accept(request, asio::redirect_error(asio::use_awaitable, error));
        deadline_ = SteadyTime::max();
        heard();
        co_return error;
    }

    void open_session() {
        try {
            session_->on_open(std::make_shared<WebSocketHandle<WebSocketConnection>>(this->shared_from_this()));
        } catch (const std::exception& e) {
            log::error("http", "a WebSocket session failed to open", {{"error", e.what()}});
            begin_close(1011, "internal error", true);
        }
        if (shared_->draining) drain();
    }

    Task<void> read_all() {
        while (true) {
            std::string text;
            auto buffer = asio::dynamic_buffer(text);
            co_await stream_.async_read(buffer, asio::redirect_error(asio::use_awaitable, read_error_));
            if (read_error_) co_return;
            heard();
            if (closing()) continue;
            if (!stream_.got_text()) {
                begin_close(1003, "text only", false);
                continue;
            }
            in_callback_ = true;
            bool failed = false;
            try {
                co_await session_->on_text(std::move(text));
            } catch (const std::exception& e) {
                log::error("http", "a WebSocket session failed", {{"error", e.what()}});
                failed = true;
            }
            if (failed) begin_close(1011, "internal error", true);
            in_callback_ = false;
            heard();
        }
    }

    void heard() {
        active_at_ = std::chrono::steady_clock::now();
        pinging_ = false;
    }

    void finish(boost::system::error_code accept_error) {
        std::uint16_t code = 1006;
        {
            const std::lock_guard lock(mutex_);
            if (closing_) {
                code = close_code_;
            } else if (stream_.reason().code != ws::close_code::none) {  // the peer's close frame
                code = stream_.reason().code;
            } else if (read_error_ == ws::error::closed) {
                code = 1005;
            } else if (read_error_ == ws::error::message_too_big) {
                code = 1009;
            } else if (read_error_ == ws::error::bad_frame_payload) {
                code = 1007;
            } else if (read_error_ == ws::condition::protocol_violation) {
                code = 1002;
            }
            closing_ = true;
            queue_.clear();
            head_ = 0;
        }
        place_.reset();
        slot_.reset();
        --shared_->websockets;
        cut();
        if (accept_error) log::info("http", "a WebSocket handshake failed", {{"error", accept_error.message()}});
        const auto session = std::move(session_);
        if (!opened_) return;
        try {
            session->on_close(code);
        } catch (const std::exception& e) {
            log::error("http", "a WebSocket session failed to close", {{"error", e.what()}});
        }
    }

    bool closing() const {
        const std::lock_guard lock(mutex_);
        return closing_;
    }

    void end_within(std::chrono::milliseconds time) {
        deadline_ = std::min(deadline_, std::chrono::steady_clock::now() + time);
    }

    void write_next() {
        bool last = false;
        {
            const std::lock_guard lock(mutex_);
            if (current_) queued_bytes_ -= current_->size();
            current_.reset();
            if (head_ == queue_.size()) {
                queue_.clear();
                if (queue_.capacity() > 64) queue_.shrink_to_fit();
                head_ = 0;
                queued_bytes_ = 0;
                writing_ = false;
                last = true;
            } else {
                current_ = std::move(queue_[head_++]);
            }
        }
        if (last) {
            writing_since_ = SteadyTime();
            close_when_written();
            return;
        }
        writing_since_ = std::chrono::steady_clock::now();
        stream_.async_write(asio::buffer(*current_),
                            [self = this->shared_from_this()](beast::error_code error, std::size_t) {
                                if (!error) return self->write_next();
                                // The read ends too, and tells the session; nothing more is written.
                                self->end_within(self->shared_->settings.websocket.close_timeout);
                            });
    }

    void close_when_written() {
        ws::close_reason reason;
        {
            const std::lock_guard lock(mutex_);
            if (!closing_ || writing_ || close_sent_ || close_code_ == 0) return;
            close_sent_ = true;
            reason.code = close_code_;
            std::size_t length = std::min<std::size_t>(close_reason_.size(), 123);
            while (length < close_reason_.size() && length > 0 && (close_reason_[length] & 0xC0) == 0x80) --length;
            reason.reason.assign(close_reason_.data(), length);
        }
        if (!place_) return;  // ended meanwhile
        stream_.async_close(reason, [self = this->shared_from_this()](beast::error_code) { self->cut(); });
    }

    std::size_t pending() const { return queue_.size() - head_ + (current_ ? 1 : 0); }

    std::shared_ptr<Shared> shared_;
    Worker& worker_;
    std::optional<ConnectionSlot> slot_;
    asio::any_io_executor executor_;
    ws::stream<Stream, false> stream_;
    std::shared_ptr<WebSocketSession> session_;
    boost::system::error_code read_error_;
    SteadyTime deadline_ = SteadyTime::max();
    SteadyTime active_at_, pinged_at_, writing_since_;
    bool opened_ = false, in_callback_ = false, pinging_ = false;

    mutable std::mutex mutex_;  // guards what follows, down to close_sent_
    std::vector<std::shared_ptr<const std::string>> queue_;
    std::size_t head_ = 0;
    std::size_t queued_bytes_ = 0;
    std::shared_ptr<const std::string> current_;
    std::string close_reason_;
    std::uint16_t close_code_ = 0;
    bool closing_ = false, writing_ = false, close_sent_ = false;

    std::optional<Place> place_;  // in the thread's list while it lives; touched on that thread
};

template <class Stream>
void start_websocket(Stream stream, UpgradeStart start) {
    auto connection = std::make_shared<WebSocketConnection<Stream>>(std::move(stream), start);
    const auto executor = connection->executor();
    // The session was given to the connection; what the handshake needs goes with the coroutine.
    asio::co_spawn(executor, WebSocketConnection<Stream>::run(connection, std::move(start)),
                   [](std::exception_ptr failure) {
                       if (!failure) return;
                       try {
                           std::rethrow_exception(failure);
                       } catch (const std::exception& e) {
                           log::error("http", "a WebSocket ended by an exception", {{"error", e.what()}});
                       }
                   });
}

}  // namespace usher::http
