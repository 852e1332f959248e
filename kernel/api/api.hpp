#pragma once
/// The API's composition: operations are registered here, then served through a http::Router. Every operation says who
/// may call it, what it takes and what it answers; the OpenAPI document is made from that.
///
///   auto router = std::make_shared<http::Router>();
///   api::Api api(router, access, {...});
///   api::add_inboxes(api, services); ...             // one per file in api/resources
///   api.finish();                                    // the document is served
///   server.listen({.router = router, .before = api.before(), .render_error = api.render_error(), ...});
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "access/access.hpp"
#include "api/call.hpp"
#include "api/metrics.hpp"
#include "api/openapi.hpp"
#include "api/operation.hpp"
#include "http/router.hpp"
#include "http/server.hpp"

namespace usher::api {

inline constexpr std::string_view kBase = "/api/support";

using Handler = std::function<Task<Reply>(Call)>;
/// Answers an upgrade; the caller is known and permitted.
using SocketHandler = std::function<Task<http::Upgrade>(Call)>;

class Api final {
public:
    struct Settings {
        std::vector<std::string> origins{};  // of the workspace, beside the Host a request was sent to
        std::size_t body_limit = 1024 * 1024;
        std::size_t json_depth = 32;
        std::string version = "0.1.0";
    };
    /// Borrows access; both outlive the router's last request.
    Api(std::shared_ptr<http::Router> router, access::Access& access, Settings settings);

    /// At start only. Throws Failure on a path that is taken and on two types of one name.
    void add(Operation operation, Handler handler);
    void add_socket(Operation operation, SocketHandler handler);
    /// A path outside the API (/healthz), by its whole pattern: open, in no document; `always` also while draining.
    void add_plain(std::string pattern, bool always, Handler handler);
    /// Serves the document. After the last add().
    void finish();

    /// For the listener: who calls, may they, are we draining. Guards of others' routes pass.
    http::Before before();
    http::ErrorRenderer render_error();
    /// What a listener does with a request, without sockets: for tests.
    Task<http::Response> dispatch(http::Request request);

    /// 503 for everything but what is `always` there.
    void drain() { draining_ = true; }
    bool draining() const { return draining_; }

    const Document& document() const { return document_; }
    Metrics& metrics() { return metrics_; }
    access::Access& access() { return access_; }

private:
    struct Guard;
    http::RouteOptions options_of(const Operation& operation, std::shared_ptr<const Guard> guard) const;
    Task<std::optional<http::Response>> check(http::Request& request);
    Result<void> check_write(const http::Request& request, const access::Caller* caller) const;
    Task<http::Response> run(const Handler& handler, http::Request request);

    std::shared_ptr<http::Router> router_;
    access::Access& access_;
    Settings settings_;
    Document document_;
    Metrics metrics_;
    std::atomic<bool> draining_{false};
    std::shared_ptr<const std::string> served_;  // the document's text
};

/// The credentials that a request brings.
access::Credentials credentials_of(const http::Request& request);
/// Of the session cookie that sign-in sets.
inline constexpr std::string_view kSessionCookie = "usher_session";

}  // namespace usher::api
