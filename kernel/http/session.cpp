#include "http/session.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "foundation/log.hpp"
#include "foundation/text.hpp"
#include "http/session_parts.hpp"
#include "http/uri.hpp"

namespace usher::http {

namespace {

constexpr std::size_t kBodyRead = 16 * 1024;
constexpr std::size_t kBodyChunk = 64 * 1024;
constexpr std::uint64_t kDiscardLimit = 64 * 1024;
constexpr std::chrono::milliseconds kLinger{1'000};

}  // namespace

Session::Session(std::shared_ptr<Shared> shared, Worker& worker, std::shared_ptr<const ListenerState> listener,
                 std::unique_ptr<Transport> transport, std::string peer_address, bool tls, ConnectionSlot slot)
    : shared_(std::move(shared)),
      worker_(worker),
      listener_(std::move(listener)),
      transport_(std::move(transport)),
      peer_(std::move(peer_address)),
      tls_(tls),
      slot_(std::move(slot)),
      place_(worker, this) {}

Task<void> Session::run(std::shared_ptr<Session> self) {
    self->allow(self->shared_->settings.limits.head_timeout);
    const auto failed = co_await self->transport_->handshake();
    if (failed) {
        self->transport_->close();
        co_return;
    }
    Next next = Next::again;
    while (next == Next::again) next = co_await self->serve_one();
    if (next == Next::close) self->transport_->close();
}

void Session::allow(std::chrono::milliseconds time) {
    deadline_ = std::chrono::steady_clock::now() + time;
}

void Session::tick(SteadyTime now) {
    if (now < deadline_) return;
    if (timed_out_) return cut();
    timed_out_ = true;
    deadline_ = now + kLinger;  // for a last answer; then it is cut
    transport_->cancel();
}

void Session::drain() {
    if (idle_) cut();
}

void Session::cut() {
    cut_ = true;
    transport_->close();
    if (const auto call = call_.lock()) call->cancel.emit(asio::cancellation_type::terminal);
}

/// More bytes behind those in the buffer. False when there are none: end, error, deadline.
Task<bool> Session::fill(std::size_t most) {
    if (timed_out_ || cut_) co_return false;
    const std::size_t before = buffer_.size();
    buffer_.resize(before + most);
    const IoResult got = co_await transport_->read_some(asio::buffer(buffer_.data() + before, most));
    buffer_.resize(before + got.bytes);
    co_return got.bytes > 0;
}

/// True: `in.head` is there. False: nothing more to be said, or `in.refusal` is.
Task<bool> Session::read_head(Incoming& in) {
    const Limits& limits = shared_->settings.limits;
    if (buffer_.empty()) {
        if (buffer_.capacity() > 2 * kHeadRead) std::string().swap(buffer_);
        idle_ = true;
        allow(limits.idle_timeout);
        if (shared_->draining) co_return false;
        const bool came = co_await fill();
        if (!came) co_return false;
    }
    idle_ = false;
    in.started = std::chrono::steady_clock::now();
    allow(limits.head_timeout);
    std::size_t scanned = 0;
    bool broken = false;
    while (true) {
        if (buffer_.starts_with("\r\n")) {  // RFC 9112 2.2: one empty line before a request is tolerated
            buffer_.erase(0, 2);
            scanned = 0;
        }
        const std::size_t end = find_head_end(buffer_, scanned, broken);
        const std::size_t size = end == std::string::npos ? buffer_.size() : end;
        if (size > limits.header_bytes) {
            in.refuse(431, Error{Errc::too_large, "The request's head is longer than " +
                                                      std::to_string(limits.header_bytes) + " bytes."});
            co_return false;
        }
        if (broken) {
            in.refuse(400, invalid("Malformed request: a line of the head does not end with CRLF."));
            co_return false;
        }
        if (end != std::string::npos) {
            if (auto fault = in.parser.read_head(std::string_view(buffer_).substr(0, end), in.head)) {
                const Errc code = fault->status == 431 ? Errc::too_large : Errc::invalid;
                in.refuse(fault->status, Error{code, "Malformed request: " + fault->text + "."});
                co_return false;
            }
            buffer_.erase(0, end);
            co_return true;
        }
        const bool came = co_await fill();
        if (!came) {
            if (timed_out_ && !buffer_.empty())
                in.refuse(408, Error{Errc::timeout, "The request's head did not come in time."});
            co_return false;
        }
    }
}

void Session::build(Incoming& in) {
    Request& request = in.request;
    request.method = in.head.method;
    request.target = in.head.target;
    request.headers = std::move(in.head.headers);
    request.tls = tls_;
    request.remote_addr = peer_;
    if (shared_->trusted(peer_)) {
        request.remote_addr =
            client_address(peer_, request.headers.all("X-Forwarded-For"), shared_->settings.trusted_proxy);
        const std::string_view proto = request.headers.get("X-Forwarded-Proto");
        if (!proto.empty()) request.tls = iequals_ascii(trim(proto), "https");
    }
    const std::string_view upgrade = request.headers.get("Upgrade");
    request.websocket = in.head.http11 && request.method == "GET" && has_token(upgrade, "websocket") &&
                        has_token(request.headers.get("Connection"), "upgrade");
    in.keep_alive = in.head.keep_alive;
    in.body_left = in.head.has_body;
}

/// What can be refused by the head alone.
std::optional<Response> Session::refuse_early(Incoming& in) {
    Request& request = in.request;
    auto target = split_target(request.target);
    if (!target) return render(400, target.error(), in);
    request.path = target->path;
    request.query = target->query;
    if (!target->authority.empty()) request.headers.set("Host", std::string(target->authority));  // RFC 9112 3.2.2
    const auto match = listener_->listener.router->match(request.method, request.path);
    in.route = match.route;
    if (in.route == nullptr || in.route->options.rate_limited) {
        if (const auto wait = shared_->limiter.take(request.remote_addr, in.started)) {
            ++shared_->limited;
            Error error{Errc::rate_limited, "Too many requests from this address."};
            error.retry_after = *wait;
            return render(429, std::move(error), in);
        }
    }
    if (match.malformed) return render(400, invalid("The path has a broken escape, or is not UTF-8."), in);
    if (in.route == nullptr) {
        if (match.allow.empty()) return render(404, not_found("There is nothing at this address."), in);
        std::string allow;
        for (const std::string& method : match.allow) allow += (allow.empty() ? "" : ", ") + method;
        if (request.method == "OPTIONS") return Response::empty(204).with("Allow", allow);
        Error error{Errc::unsupported, "This address does not know " + request.method + "; it knows " + allow + "."};
        return render(405, std::move(error), in).with("Allow", allow);
    }
    request.path_params = match.path_params;
    request.route = in.route->pattern;
    request.guard = in.route->options.guard;
    auto params = parse_query(request.query);
    if (!params) return render(400, params.error(), in);
    request.params = std::move(*params);
    if (in.head.content_length && *in.head.content_length > in.route->options.body_limit) return too_large(in);
    const std::string_view expect = request.headers.get("Expect");
    in.expect_continue = in.head.http11 && iequals_ascii(expect, "100-continue");
    if (!expect.empty() && !in.expect_continue)
        return render(417, Error{Errc::unsupported, "The only expectation understood here is 100-continue."}, in);
    return std::nullopt;
}

Response Session::too_large(const Incoming& in) {
    const std::string limit = std::to_string(in.route->options.body_limit);
    return render(413, Error{Errc::too_large, "The body is longer than " + limit + " bytes."}, in);
}

Task<std::optional<Response>> Session::ask_before(Incoming& in) {
    const Before& before = listener_->listener.before;
    if (!before) co_return std::nullopt;
    allow_forever();
    std::string what;
    try {
        co_return co_await before(in.request);
    } catch (const std::exception& e) {
        what = e.what();
    }
    log::error("http", "the check before a request failed", {{"request", in.request.id}, {"error", what}});
    co_return render(500, Error{Errc::internal, "Something went wrong here."}, in);
}

/// Nullopt: the body is in the request.
Task<std::optional<Response>> Session::read_body(Incoming& in) {
    if (!in.body_left) co_return std::nullopt;
    const Limits& limits = shared_->settings.limits;
    const RouteOptions& options = in.route->options;
    if (in.expect_continue && buffer_.empty()) {
        allow(limits.write_timeout);
        const bool written = co_await write_all("HTTP/1.1 100 Continue\r\n\r\n", {});
        if (!written) co_return gone(in);
    }
    const auto begun = std::chrono::steady_clock::now();
    std::uint64_t size = 0;
    while (true) {
        if (!buffer_.empty()) {
            std::string& body = in.request.body;
            const std::size_t before = body.size();
            const auto step = in.parser.read_body(buffer_, body);
            buffer_.erase(0, step.consumed);
            size += body.size() - before;
            if (size > options.body_limit) co_return too_large(in);
            if (step.fault) co_return render(400, invalid("Malformed request: " + step.fault->text + "."), in);
            in.body_left = !step.done;
            const bool to_file = size > options.memory_limit;
            if (to_file && (body.size() >= kBodyChunk || step.done)) {
                std::string bytes = std::exchange(body, {});
                auto written = co_await write_upload(in, std::move(bytes));
                if (!written) co_return render(503, written.error(), in);
            }
            if (step.done) break;
        }
        const std::chrono::milliseconds earned(
            limits.body_bytes_per_second == 0 ? 1'000'000'000 : size * 1000 / limits.body_bytes_per_second);
        deadline_ =
            std::min(std::chrono::steady_clock::now() + limits.body_timeout, begun + limits.body_timeout + earned);
        const bool came = co_await fill(kBodyRead);
        if (!came) {
            if (timed_out_) co_return render(408, Error{Errc::timeout, "The body did not come in time."}, in);
            co_return gone(in);
        }
    }
    if (in.upload) in.request.upload = in.upload->finish();
    co_return std::nullopt;
}

Task<Result<void>> Session::write_upload(Incoming& in, std::string bytes) {
    allow_forever();
    if (!in.upload) {
        in.upload = std::make_shared<UploadWriter>(shared_->settings.upload_folder, shared_->next_file++);
    }
    // Named: GCC 12 destroys the captures of a lambda twice when it is a temporary within the co_await expression.
    auto append = [upload = in.upload, data = std::move(bytes)] { return upload->append(data); };
    co_return co_await offload(shared_->files, std::move(append));
}

/// The client went away: nobody reads this.
Response Session::gone(Incoming& in) {
    in.keep_alive = false;
    in.silent = true;
    return Response::empty(400);
}

Task<Session::Next> Session::serve_one() {
    Incoming in(shared_->settings.limits.header_count);
    const bool complete = co_await read_head(in);
    if (!complete) {
        if (!in.refusal) co_return Next::close;
        in.request.id = shared_->id_prefix + std::to_string(shared_->next_id++);
        in.keep_alive = false;
        in.unparsed = true;
        Response refusal = render(in.refusal->first, in.refusal->second, in);
        co_await respond(in, std::move(refusal));
        co_return Next::close;
    }
    ++shared_->requests;
    const InFlight in_flight(shared_);
    in.request.id = shared_->id_prefix + std::to_string(shared_->next_id++);
    allow_forever();
    build(in);
    std::optional<Response> refusal = refuse_early(in);
    if (!refusal) refusal = co_await ask_before(in);
    if (!refusal && in.route->upgrade) co_return co_await upgrade(in);
    if (!refusal) refusal = co_await read_body(in);
    if (refusal) co_return co_await respond(in, std::move(*refusal));
    allow_forever();
    Response response = co_await answer(in);
    co_return co_await respond(in, std::move(response));
}

Task<Response> Session::answer(Incoming& in) {
    auto call = std::make_shared<Call>(worker_.context.get_executor());
    call_ = call;
    const auto timeout = in.route->options.timeout;
    if (timeout.count() > 0) {
        call->timer.expires_after(timeout);
    } else {
        call->timer.expires_at(SteadyTime::max());
    }
    // The handler may outlive our waiting; then it holds what it needs until it ends.
    auto finished = [call, listener = listener_, in_flight = InFlight(shared_)](std::exception_ptr failure,
                                                                                Response response) {
        call->finished = true;
        call->failure = failure;
        call->response = std::move(response);
        call->timer.cancel();
    };
    auto start = [](const Handler& handler, Request request) -> Task<Response> {
        co_return co_await handler(std::move(request));
    };
    asio::co_spawn(worker_.context.get_executor(), start(in.route->handler, in.take()),
                   asio::bind_cancellation_slot(call->cancel.slot(), std::move(finished)));
    boost::system::error_code ignored;  // the timer ends by time or by the handler: `finished` says which
    co_await call->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (!call->finished) {
        log::warn("http", "a handler took too long", {{"request", in.request.id}, {"route", in.route->pattern}});
        call->cancel.emit(asio::cancellation_type::terminal);
        in.keep_alive = false;
        Error error{Errc::unavailable, "This took too long."};
        error.retry_after = std::chrono::seconds(1);
        co_return render(503, std::move(error), in);
    }
    if (call->failure) {
        std::string what = "unknown";
        try {
            std::rethrow_exception(call->failure);
        } catch (const std::exception& e) {
            what = e.what();
        }
        log::error("http", "a handler failed",
                   {{"request", in.request.id}, {"route", in.route->pattern}, {"error", what}});
        co_return render(500, Error{Errc::internal, "Something went wrong here."}, in);
    }
    co_return std::move(call->response);
}

Task<Session::Next> Session::upgrade(Incoming& in) {
    if (!in.request.websocket) {
        auto refusal =
            render(426, Error{Errc::unsupported, "This address speaks WebSocket."}, in).with("Upgrade", "websocket");
        co_return co_await respond(in, std::move(refusal));
    }
    if (in.body_left || !buffer_.empty()) {
        in.keep_alive = false;
        Response refusal = render(400, invalid("An upgrade has no body, and nothing follows it unasked."), in);
        co_return co_await respond(in, std::move(refusal));
    }
    if (shared_->draining) {
        Error error{Errc::unavailable, "The server is going away."};
        error.retry_after = std::chrono::seconds(1);
        Response refusal = render(503, std::move(error), in);
        co_return co_await respond(in, std::move(refusal));
    }
    UpgradeStart start{shared_,           &worker_,      std::move(*slot_),     {}, in.request.headers,
                       in.request.target, in.request.id, in.request.remote_addr};
    std::string what;
    try {
        Upgrade result = co_await in.route->upgrade(in.take());
        if (auto* accepted = std::get_if<Accept>(&result); accepted != nullptr && accepted->session) {
            start.accept = std::move(*accepted);
            if (!cut_) transport_->upgrade(std::move(start));
            finished(in, 101);
            co_return Next::upgraded;
        }
        if (auto* refusal = std::get_if<Response>(&result)) {
            slot_.emplace(std::move(start.slot));
            co_return co_await respond(in, std::move(*refusal));
        }
        what = "accepted without a session";
    } catch (const std::exception& e) {
        what = e.what();
    }
    slot_.emplace(std::move(start.slot));
    log::error("http", "an upgrade failed",
               {{"request", in.request.id}, {"route", in.route->pattern}, {"error", what}});
    Response failure = render(500, Error{Errc::internal, "Something went wrong here."}, in);
    co_return co_await respond(in, std::move(failure));
}

/// Reads away what is left of a refused body when it is short, so that the connection can go on.
Task<bool> Session::discard_rest(Incoming& in) {
    if (!in.body_left) co_return true;
    if (!in.head.content_length || *in.head.content_length > kDiscardLimit || in.expect_continue) co_return false;
    allow(kLinger);
    std::string thrown_away;
    while (in.body_left) {
        bool came = !buffer_.empty();
        if (!came) came = co_await fill();
        if (!came) co_return false;
        const auto step = in.parser.read_body(buffer_, thrown_away);
        if (step.fault) co_return false;
        buffer_.erase(0, step.consumed);
        in.body_left = !step.done;
        thrown_away.clear();
    }
    co_return true;
}

/// Lets the client read the last answer: a socket closed with unread bytes in it would throw that answer away.
Task<void> Session::linger() {
    if (cut_) co_return;
    timed_out_ = false;
    allow(kLinger);
    co_await transport_->shutdown();
    std::size_t budget = 4 * 1024 * 1024;
    while (!timed_out_ && budget > 0) {
        buffer_.clear();
        const bool came = co_await fill();
        if (!came) break;
        budget -= std::min(budget, buffer_.size());
    }
}

}  // namespace usher::http
