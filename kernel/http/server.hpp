#pragma once
/// The HTTP server: threads with one io_context each, listeners on them, limits against slow, large and hostile
/// clients.
///
///     http::Server server(settings);                       // threads run, executors can be used
///     auto port = server.listen({.host = "127.0.0.1", .port = 8080, .router = router});
///     ...                                                  // handlers run on the threads
///     server.drain(10s); server.stop();
///
/// Of a request: the head is read and checked (http/head.hpp), the address limit counted, the route found, `before`
/// asked, then the body read, then the handler run. Whatever is refused goes through `render_error`.
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "foundation/async.hpp"
#include "http/message.hpp"
#include "http/router.hpp"

namespace usher::http {

/// Requests of one address: `burst` at once, `per_second` in the long run. IPv6 counts by /64. per_second 0: no limit.
struct RateLimit {
    double per_second = 100;
    double burst = 400;
};

struct Limits {
    std::size_t header_bytes = 32 * 1024;
    std::size_t header_count = 100;
    std::size_t connections = 20'000;             // over it: 503 and closed
    std::size_t connections_per_address = 1'000;  // over it: 429 and closed; trusted proxies are not counted
    RateLimit rate{};
    std::chrono::milliseconds head_timeout{10'000};   // from the first byte of a request to the end of its headers
    std::chrono::milliseconds idle_timeout{75'000};   // between requests
    std::chrono::milliseconds body_timeout{30'000};   // without a byte of a body
    std::uint64_t body_bytes_per_second = 1024;       // and not slower than this over the whole body
    std::chrono::milliseconds write_timeout{30'000};  // without a byte taken by the client
};

struct WebSocketLimits {
    std::size_t message_bytes = 64 * 1024;  // one message, all its fragments; over it: 1009
    std::size_t queue_messages = 1'000;     // not yet taken by the peer; over either: 1013
    std::size_t queue_bytes = 4 * 1024 * 1024;
    std::chrono::milliseconds ping_after{25'000};    // of silence
    std::chrono::milliseconds pong_timeout{10'000};  // after a ping; then 1006
    std::chrono::milliseconds close_timeout{5'000};
};

/// One finished exchange, for metrics and the access log.
struct Exchange {
    std::string_view listener, method, route, request_id, remote_addr;
    int status;
    std::chrono::microseconds duration;
};

struct Settings {
    int threads = 2;
    Limits limits{};
    WebSocketLimits websocket{};
    /// Is this peer address ("10.0.0.1", "::1") a proxy that we believe about X-Forwarded-For and -Proto? Null: none.
    std::function<bool(std::string_view address)> trusted_proxy{};
    std::filesystem::path upload_folder{};            // for Request::upload; empty: the system's temporary folder
    std::function<void(const Exchange&)> finished{};  // on connection threads; quick
};

struct Tls {
    std::filesystem::path certificate_file;  // PEM, with its chain
    std::filesystem::path key_file;          // PEM
};

/// nullopt: go on to the handler. Runs before the body is read; may leave something in Request::context.
using Before = std::function<Task<std::optional<Response>>(Request&)>;
/// What a refusal looks like. `request` is null when the head could not be parsed; `id` then still names it.
using ErrorRenderer =
    std::function<Response(int status, const Error& error, std::string_view id, const Request* request)>;

struct Listener {
    std::string name = "http";          // in logs and metrics
    std::string host = "127.0.0.1";     // an address or a name; "*" for all
    std::uint16_t port = 0;             // 0: any free one
    std::filesystem::path unix_path{};  // instead of host and port: a Unix socket, mode 0600
    std::optional<Tls> tls{};
    std::shared_ptr<const Router> router{};
    Before before{};
    ErrorRenderer render_error{};  // null: plain text
    Headers headers{};             // on every response that does not set them itself (http/security_headers.hpp)
};

/// Thread-safe but for destruction.
class Server final {
public:
    explicit Server(Settings settings);  // starts the threads
    ~Server();                           // drains for no time and stops
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Opens a listener and accepts. Its port. Errors say which address and why ("127.0.0.1:8080 is taken").
    Result<std::uint16_t> listen(Listener listener);

    std::size_t threads() const;
    asio::any_io_executor executor(std::size_t thread) const;
    std::vector<asio::any_io_executor> executors() const;

    /// How many requests an address may send, from now on.
    void set_rate(RateLimit rate);
    /// Reads certificates and keys again; connections made from now on use them. On an error the old ones stay.
    Result<void> reload_certificates();

    /// Stops accepting, closes WebSockets with 1001, lets requests in flight finish until `deadline`, then cuts.
    /// Blocks; not from a server thread. The threads go on running: others' work on the executors can still end.
    void drain(std::chrono::milliseconds deadline);
    bool draining() const;
    /// Drops what is queued on the threads and joins them. After it nothing on the executors runs.
    void stop();

    struct Stats {
        std::size_t connections = 0;
        std::size_t websockets = 0;
        std::size_t in_flight = 0;
        std::uint64_t requests = 0;
        std::uint64_t refused_connections = 0;
        std::uint64_t rate_limited = 0;
    };
    Stats stats() const;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

/// The client's address: from the peer, going back through `forwarded` (X-Forwarded-For values in order) for as long as
/// the hop before is trusted. What is no address ends the walk.
std::string client_address(std::string_view peer, const std::vector<std::string_view>& forwarded,
                           const std::function<bool(std::string_view)>& trusted);

}  // namespace usher::http
