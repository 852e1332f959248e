#include "api/api.hpp"

#include "foundation/crypto.hpp"
#include "foundation/log.hpp"
#include "http/security_headers.hpp"

namespace usher::api {
namespace {

bool changes_something(std::string_view method) {
    return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

Error refused_origin() {
    return {Errc::forbidden, "This Origin may not do that here.", {}, std::chrono::milliseconds{0}, "origin_refused"};
}

}  // namespace

/// What `before` finds in a route that was registered here.
struct Api::Guard {
    Needs needs;
    bool always = false;  // also while draining
    bool socket = false;
};

access::Credentials credentials_of(const http::Request& request) {
    access::Credentials out;
    if (request.headers.has("X-API-Key")) out.api_key = std::string(request.headers.get("X-API-Key"));
    out.cookie = std::string(request.cookie(kSessionCookie));
    return out;
}

Api::Api(std::shared_ptr<http::Router> router, access::Access& access, Settings settings)
    : router_(std::move(router)), access_(access), settings_(std::move(settings)), document_(settings_.version) {}

http::RouteOptions Api::options_of(const Operation& operation, std::shared_ptr<const Guard> guard) const {
    http::RouteOptions options;
    options.guard = std::move(guard);
    options.body_limit = operation.body_limit == 0 ? settings_.body_limit : operation.body_limit;
    if (operation.memory_limit != 0) options.memory_limit = operation.memory_limit;
    return options;
}

void Api::add(Operation operation, Handler handler) {
    auto guard = std::make_shared<const Guard>(Guard{operation.needs, false, false});
    document_.add(operation, kBase, false);
    router_->add(
        operation.method, std::string(kBase) + operation.path, options_of(operation, std::move(guard)),
        [this, handler = std::move(handler)](http::Request request) { return run(handler, std::move(request)); });
}

void Api::add_socket(Operation operation, SocketHandler handler) {
    auto guard = std::make_shared<const Guard>(Guard{operation.needs, false, true});
    document_.add(operation, kBase, true);
    router_->add_websocket(std::string(kBase) + operation.path, options_of(operation, std::move(guard)),
                           [this, handler = std::move(handler)](http::Request request) {
                               const auto* caller = std::any_cast<access::Caller>(&request.context);
                               access::Caller who;
                               if (caller) who = *caller;
                               return handler(Call(std::move(request), std::move(who), settings_.json_depth));
                           });
}

void Api::add_plain(std::string pattern, bool always, Handler handler) {
    http::RouteOptions options;
    options.guard = std::make_shared<const Guard>(Guard{open(), always, false});
    options.rate_limited = !always;
    router_->add(
        "GET", std::move(pattern), std::move(options),
        [this, handler = std::move(handler)](http::Request request) { return run(handler, std::move(request)); });
}

void Api::finish() {
    Operation operation{
        .method = "GET",
        .path = "/openapi.json",
        .summary = "This document",
        .tag = "About",
        .needs = open(),
        .answers = {{200, "The OpenAPI 3.1 document.", {type_doc<json::object>()}, false, false, {}, ""}}};
    add(std::move(operation), [this](Call) -> Task<Reply> {
        http::Response response;
        response.headers.set("Content-Type", "application/json");
        response.shared_body = served_;
        co_return response;
    });
    served_ = std::make_shared<const std::string>(write_json(document_.render()));
}

Result<void> Api::check_write(const http::Request& request, const access::Caller* caller) const {
    if (!changes_something(request.method)) return {};
    const bool by_browser = !caller || caller->by_cookie();
    if (by_browser && request.headers.has("Origin") && !http::origin_allowed(request, settings_.origins)) {
        return refused_origin();
    }
    if (caller && caller->by_cookie() &&
        !crypto::equal_in_constant_time(request.headers.get("X-CSRF-Token"), caller->csrf)) {
        return Error{Errc::forbidden,
                     "X-CSRF-Token is missing or wrong; it stands in GET /me as csrfToken.",
                     {},
                     std::chrono::milliseconds{0},
                     "csrf_failed"};
    }
    return {};
}

Task<std::optional<http::Response>> Api::check(http::Request& request) {
    const auto* guard = static_cast<const Guard*>(request.guard.get());
    if (!guard) co_return std::nullopt;
    if (draining_ && !guard->always) {
        Error error{Errc::unavailable, "Shutting down; try again shortly."};
        error.retry_after = std::chrono::seconds{2};
        co_return error_response(error, request.id);
    }
    if (guard->needs.kind == Needs::Kind::open) {
        if (auto ok = check_write(request, nullptr); !ok) co_return error_response(ok.error(), request.id);
        co_return std::nullopt;
    }
    auto credentials = credentials_of(request);
    auto caller = co_await access_.authenticate(std::move(credentials));
    if (!caller) co_return error_response(caller.error(), request.id);
    if (guard->socket && caller->by_cookie() && !http::origin_allowed(request, settings_.origins)) {
        co_return error_response(refused_origin(), request.id);
    }
    if (auto ok = check_write(request, &*caller); !ok) co_return error_response(ok.error(), request.id);
    if (guard->needs.kind == Needs::Kind::permission) {
        bool may = false;
        for (const auto& name : guard->needs.any_of) may = may || caller->principal->may(name);
        if (!may) co_return error_response(forbidden(guard->needs.any_of.front()), request.id);
    }
    request.context = std::move(*caller);
    co_return std::nullopt;
}

http::Before Api::before() {
    return [this](http::Request& request) { return check(request); };
}

http::ErrorRenderer Api::render_error() {
    return [](int status, const Error& error, std::string_view id, const http::Request*) {
        return error_response(status, error, id);
    };
}

Task<http::Response> Api::run(const Handler& handler, http::Request request) {
    const std::string id = request.id;
    const std::string route = request.route;
    access::Caller who;
    if (const auto* caller = std::any_cast<access::Caller>(&request.context)) who = *caller;
    http::Response response;
    try {
        Call call(std::move(request), std::move(who), settings_.json_depth);
        Reply reply = co_await handler(std::move(call));
        if (reply) {
            response = std::move(*reply);
        } else {
            if (reply.error().code == Errc::internal) {
                log::error("api", reply.error().message, {{"request", id}, {"route", route}});
                reply.error().message = "Something went wrong here; the log has it under this request's id.";
            }
            response = error_response(reply.error(), id);
        }
    } catch (const std::exception& e) {
        log::error("api", e.what(), {{"request", id}, {"route", route}});
        response =
            error_response({Errc::internal, "Something went wrong here; the log has it under this request's id."}, id);
    }
    if (!response.headers.has("Cache-Control")) response.headers.set("Cache-Control", "no-store");
    co_return response;
}

Task<http::Response> Api::dispatch(http::Request request) {
    const auto match = router_->match(request.method, request.path);
    if (request.id.empty()) request.id = "test";
    if (!match.route) {
        const int status = match.allow.empty() ? 404 : 405;
        co_return error_response(status, Error{Errc::not_found, "There is nothing here."}, request.id);
    }
    request.path_params = match.path_params;
    request.guard = match.route->options.guard;
    request.route = match.route->pattern;
    auto refusal = co_await check(request);
    if (refusal) co_return std::move(*refusal);
    if (match.route->upgrade) {
        auto upgrade = co_await match.route->upgrade(std::move(request));
        if (auto* response = std::get_if<http::Response>(&upgrade)) co_return std::move(*response);
        co_return http::Response::empty(101);
    }
    co_return co_await match.route->handler(std::move(request));
}

}  // namespace usher::api
