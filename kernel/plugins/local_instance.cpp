#include "plugins/local_instance.hpp"

#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/steady_timer.hpp>

#include "foundation/log.hpp"
#include "plugins/await.hpp"
#include "plugins/guarded.hpp"

namespace usher::plugins {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

LocalInstance::LocalInstance(std::shared_ptr<const Library> library, std::string config_json, HostSettings settings,
                             Deadlines deadlines, asio::thread_pool& pool)
    : library_(std::move(library)),
      config_json_(std::move(config_json)),
      deadlines_(deadlines),
      calls_(Calls::make(settings.account, settings.sinks.metrics)) {
    host_ = Host::make(std::move(settings), pool);
}

LocalInstance::~LocalInstance() = default;

std::string LocalInstance::what(std::string_view function) const {
    return account().channel + "/" + account().id + ": " + std::string(function);
}

// ---- life -----------------------------------------------------------------------------------------------------------

Task<Result<std::shared_ptr<LocalInstance>>> LocalInstance::create(std::shared_ptr<const Library> library,
                                                                   std::string config_json, HostSettings settings,
                                                                   Deadlines deadlines, asio::thread_pool& pool) {
    std::shared_ptr<LocalInstance> self(
        new LocalInstance(std::move(library), std::move(config_json), std::move(settings), deadlines, pool));
    std::function<void(std::function<void(Result<void>)>)> begin = [self](std::function<void(Result<void>)> finish) {
        asio::post(self->host_->strand(), [self, finish = std::move(finish)] { finish(self->create_on_strand()); });
    };
    // Never abandoned half made: a caller who is cancelled meanwhile gets an instance that nobody destroys otherwise.
    Result<void> cancelled = Error{Errc::cancelled, "cancelled"};
    Result<void> made = co_await await_callback<Result<void>>(std::move(begin), std::move(cancelled));
    if (!made) {
        if (made.error().code == Errc::cancelled) {
            self->destroy_soon();
        }
        co_return made.error();
    }
    co_return self;
}

Result<void> LocalInstance::create_on_strand() {
    const usher_instance* peer = nullptr;
    const auto since = steady_clock::now();
    usher_status status = USHER_E_INTERNAL;
    const std::string thrown = thrown_by([&] {
        status = library_->entry().create(borrow(account().channel), host_->table(), borrow(config_json_), &peer);
    });
    measure("create", since);
    Result<void> taken;
    if (!thrown.empty()) {
        taken = Error{Errc::internal, what("create") + ": " + thrown};
        peer = nullptr;
    } else if (status != USHER_OK) {
        // What it said of its state says more than a number.
        const std::string said = host_->state() == State::failed ? host_->state_text() : std::string();
        const std::string why =
            said.empty() ? "the plugin refused its configuration (" + std::string(status_name(status)) + ")" : said;
        taken = to_error(Outcome::failed(status, why), what("create"));
        peer = nullptr;
    } else {
        taken = take_tables(peer);
    }
    if (!taken) {
        phase_ = Phase::destroyed;
        host_->end();
        destroy_plugin();
    }
    return taken;
}

void LocalInstance::destroy_plugin() {
    if (!c_.destroy) return;
    const std::string thrown = thrown_by([&] { c_.destroy(c_.self); });
    if (!thrown.empty()) log::error("plugins", what("destroy") + ": " + thrown);
}

Result<void> LocalInstance::take_tables(const usher_instance* peer) {
    auto refuse = [this](const std::string& why) { return Error{Errc::internal, what("create") + ": " + why}; };
    if (!peer) return refuse("it said USHER_OK and gave no instance");
    if (!USHER_FITS(usher_instance, peer, destroy)) return refuse("usher_instance is too short to hold destroy");
    c_ = whole(peer);
    if (!c_.start || !c_.stop || !c_.destroy) return refuse("start, stop or destroy is NULL");
    if (c_.service) {
        const void* table = nullptr;
        const std::string thrown = thrown_by([&] { table = c_.service(c_.self, borrow("usher.visitor/1")); });
        if (!thrown.empty()) return Error{Errc::internal, what("service") + ": " + thrown};
        if (table) visitor_ = whole(static_cast<const usher_visitor*>(table));
    }
    const std::string_view kind = account().kind == Kind::channel ? "a channel" : "an instance of this kind";
    if (!c_.ops) return refuse("ops is NULL: " + std::string(kind) + " has a table");
    switch (account().kind) {
        case Kind::channel:
            channel_ = whole(static_cast<const usher_channel*>(c_.ops));
            if (!channel_.send && !visitor_.accept) return refuse("it has neither send nor usher.visitor/1");
            break;
        case Kind::strategy:
            strategy_ = whole(static_cast<const usher_strategy*>(c_.ops));
            if (!strategy_.choose) return refuse("choose is NULL");
            break;
        case Kind::responder:
            responder_ = whole(static_cast<const usher_responder*>(c_.ops));
            if (!responder_.respond) return refuse("respond is NULL");
            break;
        case Kind::exporter:
            exporter_ = whole(static_cast<const usher_exporter*>(c_.ops));
            if (!exporter_.export_batch) return refuse("export_batch is NULL");
            break;
    }
    offers_ = {.send = channel_.send != nullptr,
               .webhook = channel_.webhook != nullptr,
               .poll = channel_.poll != nullptr,
               .list_templates = channel_.list_templates != nullptr,
               .visitors = visitor_.accept != nullptr && visitor_.frame != nullptr,
               .reload = c_.reload != nullptr};
    return {};
}

Task<Result<void>> LocalInstance::start(Role role) {
    auto self = shared_from_this();
    Begin begin = [self, role](usher_done done) {
        return self->c_.start(self->c_.self, static_cast<std::uint32_t>(role), done);
    };
    Outcome outcome = co_await call("start", deadlines_.start, std::move(begin), true);
    if (!outcome.ok()) co_return to_error(outcome, what("start"));
    auto running = [self](std::function<void(bool)> finish) {
        asio::post(self->host_->strand(), [self, finish = std::move(finish)] {
            if (self->phase_ != Phase::destroyed) self->phase_ = Phase::running;
            finish(self->phase_ == Phase::running);
        });
    };
    std::function<void(std::function<void(bool)>)> set = running;
    const bool runs = co_await await_callback<bool>(std::move(set), false);
    if (!runs) co_return Error{Errc::cancelled, what("start") + ": the instance ended"};
    co_return Result<void>();
}

Task<Result<void>> LocalInstance::stop() {
    auto self = shared_from_this();
    Begin begin = [self](usher_done done) {
        if (self->phase_ != Phase::running) {  // nothing was started
            self->calls_->end(done, {});
            return static_cast<usher_status>(USHER_OK);
        }
        self->phase_ = Phase::stopped;  // no new operations; those in flight are the plugin's to finish
        return self->c_.stop(self->c_.self, done);
    };
    Outcome outcome = co_await call("stop", deadlines_.stop, std::move(begin), true);
    if (!outcome.ok()) co_return to_error(outcome, what("stop"));
    co_return Result<void>();
}

Task<Result<void>> LocalInstance::reload(std::string config_json) {
    auto self = shared_from_this();
    if (!offers_.reload) co_return Error{Errc::unsupported, what("reload") + ": the plugin has no reload"};
    std::function<void(std::function<void(Result<void>)>)> begin = [self, config_json](
                                                                       std::function<void(Result<void>)> finish) {
        asio::post(self->host_->strand(), [self, config_json, finish = std::move(finish)] {
            if (self->phase_ == Phase::destroyed) {
                return finish(Error{Errc::unavailable, self->what("reload") + ": the instance ended"});
            }
            const auto since = steady_clock::now();
            usher_status status = USHER_E_INTERNAL;
            const std::string thrown = thrown_by([&] { status = self->c_.reload(self->c_.self, borrow(config_json)); });
            self->measure("reload", since);
            if (!thrown.empty()) return finish(Error{Errc::internal, self->what("reload") + ": " + thrown});
            if (status == USHER_OK) {
                self->config_json_ = config_json;
                return finish({});
            }
            finish(to_error(Outcome::failed(status, "the plugin refused its configuration"), self->what("reload")));
        });
    };
    Result<void> cancelled = Error{Errc::cancelled, "cancelled"};
    co_return co_await await_callback<Result<void>>(std::move(begin), std::move(cancelled));
}

Task<void> LocalInstance::destroy() {
    auto self = shared_from_this();
    std::function<void(std::function<void(bool)>)> begin = [self](std::function<void(bool)> finish) {
        asio::post(self->host_->strand(), [self, finish = std::move(finish)] {
            self->destroy_on_strand();
            finish(true);
        });
    };
    co_await await_callback<bool>(std::move(begin), false);
}

void LocalInstance::destroy_soon() {
    asio::post(host_->strand(), [self = shared_from_this()] { self->destroy_on_strand(); });
}

void LocalInstance::destroy_on_strand() {
    if (phase_ == Phase::destroyed) return;
    phase_ = Phase::destroyed;
    host_->end();
    destroy_plugin();
    calls_->end_all(Outcome::lost_one(USHER_E_CANCELLED, "the instance ended"));
}

// ---- one operation --------------------------------------------------------------------------------------------------

Task<Outcome> LocalInstance::call(const char* function, milliseconds deadline, Begin begin, bool life_cycle) {
    auto self = shared_from_this();
    std::function<void(std::function<void(Outcome)>)> run = [self, function, deadline, begin,
                                                             life_cycle](std::function<void(Outcome)> finish) {
        asio::post(self->host_->strand(), [self, function, deadline, begin, life_cycle, finish = std::move(finish)] {
            self->call_on_strand(function, deadline, begin, life_cycle, finish);
        });
    };
    Outcome cancelled = Outcome::lost_one(USHER_E_CANCELLED, "cancelled");
    co_return co_await await_callback<Outcome>(std::move(run), std::move(cancelled));
}

void LocalInstance::call_on_strand(const char* function, milliseconds deadline, const Begin& begin, bool life_cycle,
                                   std::function<void(Outcome)> finish) {
    if (phase_ == Phase::destroyed || (!life_cycle && phase_ != Phase::running)) {
        return finish(Outcome::failed(USHER_E_UNAVAILABLE, "the instance is not running"));
    }
    if (!life_cycle && calls_->in_flight() >= kOperationLimit) {
        Outcome busy = Outcome::failed(USHER_E_UNAVAILABLE, "64 operations are in flight");
        busy.retry_after_ms = 1000;
        return finish(std::move(busy));
    }
    // The timer is made only for what does not end at once.
    struct Watch {
        std::atomic<bool> over{false};
        std::optional<asio::steady_timer> timer;  // on the strand
    };
    auto watch = std::make_shared<Watch>();
    const usher_done done = calls_->begin(function, [watch, strand = host_->strand(), finish](Outcome outcome) {
        watch->over = true;
        asio::dispatch(strand, [watch] {
            if (watch->timer) watch->timer->cancel();
        });
        finish(std::move(outcome));
    });
    const auto since = steady_clock::now();
    usher_status status = USHER_OK;
    const std::string thrown = thrown_by([&] { status = begin(done); });
    measure(function, since);
    if (!thrown.empty()) {
        const bool counts = calls_->end(done, Outcome::lost_one(USHER_E_INTERNAL, thrown));
        if (!counts) log::warn("plugins", what(function) + ": " + thrown + "; it was finished before, which counts");
    } else if (status != USHER_OK) {
        const bool counts = calls_->end(done, Outcome::failed(status, "the plugin did not begin it"));
        if (!counts) log::warn("plugins", what(function) + " was finished and refused at once; its result counts");
    }
    if (watch->over) return;
    watch->timer.emplace(host_->strand(), deadline);
    watch->timer->async_wait([watch, calls = calls_, done, deadline](boost::system::error_code error) {
        if (error) return;
        calls->end(done,
                   Outcome::lost_one(USHER_E_TIMEOUT, "no answer in " + std::to_string(deadline.count()) + " ms"));
    });
}

void LocalInstance::measure(const char* function, steady_clock::time_point since) {
    const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - since);
    if (took < deadlines_.slow_begin) return;
    log::warn("plugins",
              std::string(function) + " held its thread for " + std::to_string(took.count()) +
                  " ms; it has to return at once",
              {{"account", account().id}, {"plugin", account().channel}});
    if (MetricSink* metrics = host_->sinks().metrics) {
        metrics->add(account(), "plugin_slow_begins_total", 1, {{"function", function}});
    }
}

// ---- channel --------------------------------------------------------------------------------------------------------

Task<SendResult> LocalInstance::send(Message message) {
    SendResult result;
    if (!offers_.send) {
        result.code = Errc::unsupported;
        result.error = what("send") + ": this channel writes to visitors only";
        co_return result;
    }
    if (message.timeout_ms == 0) message.timeout_ms = static_cast<std::uint32_t>(deadlines_.send.count());
    const milliseconds deadline(message.timeout_ms);
    auto shared = std::make_shared<const Message>(std::move(message));
    Outcome outcome = co_await call("send", deadline, begin_send(std::move(shared)));
    co_return sent(std::move(outcome));
}

void LocalInstance::send_on_strand(Message message, std::function<void(SendResult)> finish) {
    if (!offers_.send || phase_ == Phase::destroyed) {
        SendResult result;
        result.code = offers_.send ? Errc::unavailable : Errc::unsupported;
        result.error =
            what("send") + (offers_.send ? ": the instance is not running" : ": this channel writes to visitors only");
        return finish(std::move(result));
    }
    if (message.timeout_ms == 0) message.timeout_ms = static_cast<std::uint32_t>(deadlines_.send.count());
    const milliseconds deadline(message.timeout_ms);
    auto shared = std::make_shared<const Message>(std::move(message));
    call_on_strand("send", deadline, begin_send(shared), false,
                   [self = shared_from_this(), finish = std::move(finish)](Outcome outcome) {
                       finish(self->sent(std::move(outcome)));
                   });
}

LocalInstance::Begin LocalInstance::begin_send(std::shared_ptr<const Message> message) {
    return [self = shared_from_this(), message = std::move(message)](usher_done done) {
        const LentMessage lent(*message);
        return self->channel_.send(self->c_.self, lent.get(), done);
    };
}

SendResult LocalInstance::sent(Outcome outcome) const {
    SendResult result;
    if (outcome.lost)
        outcome.status = USHER_E_UNKNOWN_OUTCOME;  // it may have gone out; nobody can promise that it did not
    result.ok = outcome.ok();
    for (const auto& [key, value] : outcome.fields) {
        if (key == "remote_id" && !value.empty()) result.remote_ids.push_back(value);
    }
    result.status = find(outcome.fields, "status");
    if (!result.ok) {
        result.code = to_errc(outcome.status);
        result.error = to_error(outcome, what("send")).message;
    }
    result.scope = static_cast<Scope>(outcome.scope);
    result.retry_after = milliseconds(outcome.retry_after_ms);
    result.reason_code = std::move(outcome.reason_code);
    result.reason_text = std::move(outcome.reason_text);
    result.fields = std::move(outcome.fields);
    return result;
}

Task<HttpResponse> LocalInstance::webhook(HttpRequest request) {
    if (!offers_.webhook) co_return response_of(Outcome::failed(USHER_E_UNSUPPORTED, ""));
    const auto deadline = steady_clock::now() + deadlines_.webhook;
    auto self = shared_from_this();
    request.timeout_ms = static_cast<std::uint32_t>(deadlines_.webhook.count());
    auto shared = std::make_shared<const HttpRequest>(cleaned(std::move(request)));
    auto watch = host_->watch_emits();
    Begin begin = [self, shared](usher_done done) {
        const LentRequest lent(*shared);
        return self->channel_.webhook(self->c_.self, lent.get(), done);
    };
    Outcome outcome = co_await call("webhook", deadlines_.webhook, std::move(begin));
    if (!outcome.ok() && !outcome.error.empty()) log::warn("plugins", to_error(outcome, what("webhook")).message);
    co_return co_await answer(std::move(outcome), std::move(watch), deadline);
}

/// Waits for what was emitted since the watch began; false: something was not stored, or not by the deadline.
Task<bool> LocalInstance::settled(std::shared_ptr<Host::Watch> watch, steady_clock::time_point deadline) {
    auto host = host_;
    std::function<void(std::function<void(bool)>)> begin = [host, watch, deadline](std::function<void(bool)> finish) {
        auto timer = std::make_shared<asio::steady_timer>(host->strand(), deadline);
        timer->async_wait([timer, finish](boost::system::error_code error) {
            if (!error) finish(false);
        });
        host->when_emits_settled(watch, [timer, strand = host->strand(), finish](bool stored) {
            asio::post(strand, [timer] { timer->cancel(); });
            finish(stored);
        });
    };
    co_return co_await await_callback<bool>(std::move(begin), false);
}

/// Holds a 2xx back until everything emitted before it is durable.
Task<HttpResponse> LocalInstance::answer(Outcome outcome, std::shared_ptr<Host::Watch> watch,
                                         steady_clock::time_point deadline) {
    HttpResponse response = outcome.http ? cleaned(std::move(*outcome.http), what("webhook")) : response_of(outcome);
    if (response.status < 200 || response.status > 299) co_return response;
    const bool stored = co_await settled(std::move(watch), deadline);
    if (stored) co_return response;
    Outcome unavailable = Outcome::failed(USHER_E_UNAVAILABLE, "");
    unavailable.reason_text = "This could not be stored now; please send it again.";
    co_return response_of(unavailable);
}

Task<Result<milliseconds>> LocalInstance::poll() {
    if (!offers_.poll) co_return Error{Errc::unsupported, what("poll") + ": the plugin has no poll"};
    const auto deadline = steady_clock::now() + deadlines_.poll;
    auto self = shared_from_this();
    auto watch = host_->watch_emits();
    Begin begin = [self](usher_done done) { return self->channel_.poll(self->c_.self, done); };
    Outcome outcome = co_await call("poll", deadlines_.poll, std::move(begin));
    if (!outcome.ok()) co_return to_error(outcome, what("poll"));
    const bool stored = co_await settled(std::move(watch), deadline);
    if (!stored) co_return Error{Errc::unavailable, what("poll") + ": what it emitted could not be stored"};
    co_return milliseconds(outcome.retry_after_ms);
}

Task<Result<std::string>> LocalInstance::list_templates() {
    if (!offers_.list_templates)
        co_return Error{Errc::unsupported, what("list_templates") + ": the plugin has no templates"};
    auto self = shared_from_this();
    Begin begin = [self](usher_done done) { return self->channel_.list_templates(self->c_.self, done); };
    Outcome outcome = co_await call("list_templates", deadlines_.templates, std::move(begin));
    if (!outcome.ok()) co_return to_error(outcome, what("list_templates"));
    co_return std::move(outcome.body);
}

// ---- visitors -------------------------------------------------------------------------------------------------------

Task<VisitorAdmission> LocalInstance::visitor_accept(std::string session, HttpRequest request) {
    VisitorAdmission out;
    if (!offers_.visitors) {
        out.refusal = response_of(Outcome::failed(USHER_E_UNSUPPORTED, ""));
        co_return out;
    }
    auto self = shared_from_this();
    request.timeout_ms = static_cast<std::uint32_t>(deadlines_.accept.count());
    auto shared = std::make_shared<const HttpRequest>(cleaned(std::move(request)));
    Begin begin = [self, shared, session](usher_done done) {
        const LentRequest lent(*shared);
        return self->visitor_.accept(self->c_.self, borrow(session), lent.get(), done);
    };
    Outcome outcome = co_await call("accept", deadlines_.accept, std::move(begin));
    out.scope.contact = find(outcome.fields, "contact");
    out.scope.thread_key = find(outcome.fields, "thread_key");
    out.scope.after = find(outcome.fields, "after");
    out.scope.attrs_json = find(outcome.fields, "attrs_json");
    const bool refused = outcome.http && outcome.http->status >= 400;  // said in HTTP alone: clear enough
    if (outcome.ok() && !refused && out.scope.contact.empty() && out.scope.thread_key.empty()) {
        log::error("plugins", what("accept") + ": it admitted a visitor without contact or thread_key; refused");
        outcome = Outcome::failed(USHER_E_INTERNAL, "");
    }
    out.admitted = outcome.ok() && !refused;
    if (!out.admitted) {
        out.scope = {};
        if (outcome.http) {
            out.refusal = cleaned(std::move(*outcome.http), what("accept"));
        } else {
            out.refusal = response_of(outcome);
        }
    }
    co_return out;
}

Task<Result<void>> LocalInstance::visitor_frame(std::string session, std::string json) {
    if (!offers_.visitors) co_return Error{Errc::unsupported, what("frame") + ": the plugin has no visitors"};
    auto self = shared_from_this();
    Begin begin = [self, session, json](usher_done done) {
        return self->visitor_.frame(self->c_.self, borrow(session), borrow(json), done);
    };
    Outcome outcome = co_await call("frame", deadlines_.frame, std::move(begin));
    if (!outcome.ok()) co_return to_error(outcome, what("frame"));
    co_return Result<void>();
}

void LocalInstance::visitor_closed(std::string session) {
    if (!visitor_.closed) return;
    asio::post(host_->strand(), [self = shared_from_this(), session] {
        if (self->phase_ == Phase::destroyed) return;
        const auto since = steady_clock::now();
        const std::string thrown = thrown_by([&] { self->visitor_.closed(self->c_.self, borrow(session)); });
        if (!thrown.empty()) log::error("plugins", self->what("closed") + ": " + thrown);
        self->measure("closed", since);
    });
}

// ---- the other kinds ------------------------------------------------------------------------------------------------

Task<Result<std::string>> LocalInstance::choose(RouteRequest route) {
    if (!strategy_.choose) co_return Error{Errc::unsupported, what("choose") + ": this is no strategy"};
    if (route.timeout_ms == 0) route.timeout_ms = static_cast<std::uint32_t>(deadlines_.choose.count());
    const milliseconds deadline(route.timeout_ms);
    auto self = shared_from_this();
    auto shared = std::make_shared<const RouteRequest>(std::move(route));
    Begin begin = [self, shared](usher_done done) {
        const LentRoute lent(*shared);
        return self->strategy_.choose(self->c_.self, lent.get(), done);
    };
    Outcome outcome = co_await call("choose", deadline, std::move(begin));
    if (!outcome.ok()) co_return to_error(outcome, what("choose"));
    const bool candidate =
        outcome.body.empty() || std::any_of(shared->agents.begin(), shared->agents.end(),
                                            [&](const Candidate& one) { return one.id == outcome.body; });
    if (!candidate) co_return Error{Errc::internal, what("choose") + ": it chose somebody who is no candidate"};
    co_return std::move(outcome.body);
}

Task<Result<std::string>> LocalInstance::respond(std::string event_json) {
    if (!responder_.respond) co_return Error{Errc::unsupported, what("respond") + ": this is no responder"};
    auto self = shared_from_this();
    Begin begin = [self, event_json](usher_done done) {
        return self->responder_.respond(self->c_.self, borrow(event_json), done);
    };
    Outcome outcome = co_await call("respond", deadlines_.respond, std::move(begin));
    if (!outcome.ok()) co_return to_error(outcome, what("respond"));
    co_return std::move(outcome.body);
}

Task<Result<void>> LocalInstance::export_batch(std::string ndjson) {
    if (!exporter_.export_batch) co_return Error{Errc::unsupported, what("export_batch") + ": this is no exporter"};
    auto self = shared_from_this();
    auto shared = std::make_shared<const std::string>(std::move(ndjson));
    Begin begin = [self, shared](usher_done done) {
        return self->exporter_.export_batch(self->c_.self, borrow(*shared), done);
    };
    Outcome outcome = co_await call("export_batch", deadlines_.export_batch, std::move(begin));
    if (!outcome.ok()) co_return to_error(outcome, what("export_batch"));
    co_return Result<void>();
}

}  // namespace usher::plugins
