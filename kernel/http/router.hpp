#pragma once
/// Which handler a request goes to. Built once at start, then shared and never changed.
///
/// Patterns are segments: "/api/support/inboxes/{id}". `{name}` is one segment, percent-decoded; a last `*name` is the
/// rest of the path (maybe empty), raw. A literal wins over {name}, {name} over *rest. HEAD is served by GET's route,
/// OPTIONS answers Allow unless registered.
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/async.hpp"
#include "http/message.hpp"
#include "http/websocket.hpp"

namespace usher::http {

using Handler = std::function<Task<Response>(Request)>;
using UpgradeHandler = std::function<Task<Upgrade>(Request)>;

struct RouteOptions {
    std::shared_ptr<const void> guard{};        // opaque here; Request::guard
    std::size_t body_limit = 1024 * 1024;       // bytes; more is 413
    std::size_t memory_limit = SIZE_MAX;        // a longer body is streamed to a file: Request::upload
    std::chrono::milliseconds timeout{30'000};  // of the handler; then 503 and its coroutine is cancelled
    bool rate_limited = true;                   // false: the per-address limit does not count it (health checks)
};

struct Route {
    std::string method;  // "GET"; "" for a WebSocket route, reached by GET
    std::string pattern;
    RouteOptions options;
    Handler handler;         // one of
    UpgradeHandler upgrade;  // the two
};

class Router final {
public:
    Router();
    ~Router();
    Router(const Router&) = delete;
    Router& operator=(const Router&) = delete;

    /// Throws Failure (start-up) on a pattern that is malformed or taken.
    void add(std::string method, std::string pattern, RouteOptions options, Handler handler);
    /// A GET without an upgrade is answered 426.
    void add_websocket(std::string pattern, RouteOptions options, UpgradeHandler handler);

    struct Match {
        const Route* route = nullptr;  // null: 400, 404 or 405
        Pairs path_params{};
        std::vector<std::string> allow{};  // of that path; empty with a null route: 404
        bool malformed = false;            // a broken escape, NUL or what is not UTF-8
    };
    Match match(std::string_view method, std::string_view raw_path) const;
    /// All of them, for documents made from the code.
    std::vector<const Route*> routes() const;

private:
    struct Node;
    std::unique_ptr<Node> root_;
    std::vector<std::unique_ptr<Route>> routes_;
};

}  // namespace usher::http
