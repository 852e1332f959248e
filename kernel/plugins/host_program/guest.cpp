#include "plugins/host_program/guest.hpp"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/defer.hpp>

#include "plugins/wire_values.hpp"

namespace usher::plugins {

using wire::Ended;
using wire::Op;

namespace {

using Instance_ = std::shared_ptr<LocalInstance>;

template <class Value>
std::string answer_with(const wire::Head& head, const Value& value) {
    return wire::frame(Op::answer, head.instance, head.call, value);
}

Ended unreadable() {
    return Ended::of(Error{Errc::internal, "a frame that cannot be read"});
}

// One coroutine for each, so that each has a small frame.
Task<std::string> do_start(Instance_ instance, wire::Head head, std::string body) {
    Role role = Role::edge;
    if (!wire::read(body, role)) co_return answer_with(head, unreadable());
    auto done = co_await instance->start(role);
    co_return answer_with(head, Ended::of(done));
}
Task<std::string> do_stop(Instance_ instance, wire::Head head, std::string) {
    auto done = co_await instance->stop();
    co_return answer_with(head, Ended::of(done));
}
Task<std::string> do_reload(Instance_ instance, wire::Head head, std::string body) {
    std::string config;
    if (!wire::read(body, config)) co_return answer_with(head, unreadable());
    auto done = co_await instance->reload(std::move(config));
    co_return answer_with(head, Ended::of(done));
}
Task<std::string> do_destroy(Instance_ instance, wire::Head head, std::string) {
    co_await instance->destroy();
    co_return answer_with(head, Ended{});
}
Task<std::string> do_webhook(Instance_ instance, wire::Head head, std::string body) {
    HttpRequest request;
    HttpResponse response;
    if (wire::read(body, request)) response = co_await instance->webhook(std::move(request));
    co_return answer_with(head, response);
}
Task<std::string> do_poll(Instance_ instance, wire::Head head, std::string) {
    auto done = co_await instance->poll();
    if (!done) co_return answer_with(head, Ended::of(done.error()));
    Ended ended;
    ended.retry_after = *done;  // when the next round may begin
    co_return answer_with(head, ended);
}
Task<std::string> do_templates(Instance_ instance, wire::Head head, std::string) {
    auto done = co_await instance->list_templates();
    co_return answer_with(head, Ended::of(std::move(done)));
}
Task<std::string> do_accept(Instance_ instance, wire::Head head, std::string body, RemoteSinks* sinks) {
    std::string session;
    HttpRequest request;
    VisitorAdmission admission;
    if (!wire::read(body, session, request)) co_return answer_with(head, admission);
    sinks->opened(session);
    admission = co_await instance->visitor_accept(session, std::move(request));
    if (!admission.admitted) sinks->shut(session);
    co_return answer_with(head, admission);
}
Task<std::string> do_frame(Instance_ instance, wire::Head head, std::string body) {
    std::string session, json;
    if (!wire::read(body, session, json)) co_return answer_with(head, unreadable());
    auto done = co_await instance->visitor_frame(std::move(session), std::move(json));
    co_return answer_with(head, Ended::of(done));
}
Task<std::string> do_closed(Instance_ instance, wire::Head, std::string body, RemoteSinks* sinks) {
    std::string session;
    if (wire::read(body, session)) {
        sinks->shut(session);
        instance->visitor_closed(std::move(session));
    }
    co_return std::string();
}
Task<std::string> do_choose(Instance_ instance, wire::Head head, std::string body) {
    RouteRequest route;
    if (!wire::read(body, route)) co_return answer_with(head, unreadable());
    auto done = co_await instance->choose(std::move(route));
    co_return answer_with(head, Ended::of(std::move(done)));
}
Task<std::string> do_respond(Instance_ instance, wire::Head head, std::string body) {
    std::string event;
    if (!wire::read(body, event)) co_return answer_with(head, unreadable());
    auto done = co_await instance->respond(std::move(event));
    co_return answer_with(head, Ended::of(std::move(done)));
}
Task<std::string> do_export(Instance_ instance, wire::Head head, std::string body) {
    std::string ndjson;
    if (!wire::read(body, ndjson)) co_return answer_with(head, unreadable());
    auto done = co_await instance->export_batch(std::move(ndjson));
    co_return answer_with(head, Ended::of(done));
}

std::optional<Task<std::string>> operation(Instance_ instance, const wire::Head& head, std::string body,
                                           RemoteSinks* sinks) {
    switch (head.op) {
        case Op::start:
            return do_start(std::move(instance), head, std::move(body));
        case Op::stop:
            return do_stop(std::move(instance), head, std::move(body));
        case Op::reload:
            return do_reload(std::move(instance), head, std::move(body));
        case Op::destroy:
            return do_destroy(std::move(instance), head, std::move(body));
        case Op::webhook:
            return do_webhook(std::move(instance), head, std::move(body));
        case Op::poll:
            return do_poll(std::move(instance), head, std::move(body));
        case Op::list_templates:
            return do_templates(std::move(instance), head, std::move(body));
        case Op::accept:
            return do_accept(std::move(instance), head, std::move(body), sinks);
        case Op::frame:
            return do_frame(std::move(instance), head, std::move(body));
        case Op::closed:
            return do_closed(std::move(instance), head, std::move(body), sinks);
        case Op::choose:
            return do_choose(std::move(instance), head, std::move(body));
        case Op::respond:
            return do_respond(std::move(instance), head, std::move(body));
        case Op::export_batch:
            return do_export(std::move(instance), head, std::move(body));
        default:
            return std::nullopt;  // a kernel that knows more than we do
    }
}

}  // namespace

Guest::Guest(std::shared_ptr<Link> link, asio::thread_pool& pool)
    : link_(std::move(link)), pool_(pool), requests_(std::make_shared<Requests>(link_)) {}

void Guest::serve(Result<std::shared_ptr<const Library>> library) {
    library_ = std::move(library);
    link_->start([self = shared_from_this()](const Link::Frame& frame) { self->on_frame(frame); },
                 [](const std::string&) { ::_exit(0); });  // nothing here is of use without the kernel
}

void Guest::on_frame(const Link::Frame& frame) {
    switch (frame.head.op) {
        case Op::ping:
            link_->send(wire::frame(Op::answer, 0, frame.head.call));
            return;
        case Op::answer:
            return requests_->answered(frame);
        case Op::create:
            return create(frame);
        default:
            return operate(frame);
    }
}

void Guest::answer(const wire::Head& head, std::string frame) {
    if (head.call != 0) link_->send(std::move(frame));
}

void Guest::create(const Link::Frame& frame) {
    const wire::Head head = frame.head;
    wire::Creation creation;
    if (!*library_ || !wire::read(frame.body, creation)) {
        wire::Created refused;
        refused.ended = *library_ ? unreadable() : Ended::of(library_->error());
        return answer(head, answer_with(head, refused));
    }
    auto owned = std::make_unique<RemoteSinks>(requests_, head.instance);
    RemoteSinks* sinks = owned.get();
    {
        const std::lock_guard lock(mutex_);
        sinks_.push_back(std::move(owned));
    }
    HostSettings settings;
    settings.account = creation.account;
    settings.public_url = creation.public_url;
    settings.sinks.states = sinks;
    settings.sinks.metrics = sinks;
    if (creation.emit) settings.sinks.emit = sinks;
    if (creation.kv) settings.sinks.kv = sinks;
    if (creation.visitors) settings.sinks.visitors = sinks;
    if (creation.http) settings.sinks.http = sinks;
    if (creation.blobs) settings.sinks.blobs = sinks;
    settings.emit_for = [sinks](std::string key, Message message) {
        return sinks->emit_for(std::move(key), std::move(message));
    };
    settings.on_log = [sinks](log::Level level, const std::string& line) { sinks->write_log(level, line); };
    auto finished = [self = shared_from_this(), head, sinks](std::exception_ptr failure,
                                                             Result<std::shared_ptr<LocalInstance>> made) {
        if (failure) made = Error{Errc::internal, "the helper failed"};
        self->created(head.instance, sinks, head.call, std::move(made));
    };
    asio::co_spawn(pool_,
                   LocalInstance::create(**library_, std::move(creation.config_json), std::move(settings),
                                         creation.deadlines, pool_),
                   std::move(finished));
}

void Guest::created(std::uint32_t number, RemoteSinks* sinks, std::uint64_t call,
                    Result<std::shared_ptr<LocalInstance>> made) {
    wire::Created out;
    if (made) {
        out.offers = (*made)->offers();
        const std::lock_guard lock(mutex_);
        places_.emplace(number, Place{*made, sinks});
    } else {
        out.ended = Ended::of(made.error());
    }
    link_->send(wire::frame(Op::answer, number, call, out));
}

void Guest::operate(const Link::Frame& frame) {
    const wire::Head head = frame.head;
    Place place;
    {
        const std::lock_guard lock(mutex_);
        auto found = places_.find(head.instance);
        if (found != places_.end()) place = found->second;
        if (found != places_.end() && head.op == Op::destroy) places_.erase(found);
    }
    if (!place.instance) {
        return answer(head, answer_with(head, Ended::of(Error{Errc::unavailable, "the instance is not running"})));
    }
    if (head.op == Op::send) {
        // The way that counts: on this very thread as soon as somebody else reads on, in the order of arrival.
        Message message;
        if (!wire::read(frame.body, message)) return answer(head, answer_with(head, SendResult{}));
        auto finish = [self = shared_from_this(), head](const SendResult& result) {
            self->answer(head, answer_with(head, result));
        };
        asio::defer(place.instance->strand(),
                    [instance = place.instance, message = std::move(message), finish = std::move(finish)]() mutable {
                        instance->send_on_strand(std::move(message), std::move(finish));
                    });
        return;
    }
    auto task = operation(place.instance, head, std::string(frame.body), place.sinks);
    if (!task) return answer(head, answer_with(head, Ended::of(Error{Errc::unsupported, "an unknown operation"})));
    // On the instance's strand: operations begin in the order in which they came.
    asio::co_spawn(place.instance->strand(), std::move(*task),
                   [self = shared_from_this(), head](std::exception_ptr failure, std::string out) {
                       if (failure) out = answer_with(head, Ended::of(Error{Errc::internal, "the helper failed"}));
                       self->answer(head, std::move(out));
                   });
}

}  // namespace usher::plugins
