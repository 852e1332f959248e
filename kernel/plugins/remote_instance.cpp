#include "plugins/remote_instance.hpp"

#include "foundation/crypto.hpp"
#include "foundation/text.hpp"
#include "plugins/await.hpp"
#include "plugins/webhook_rules.hpp"

namespace usher::plugins {

using std::chrono::milliseconds;
using wire::Op;

namespace {

constexpr std::size_t kReportLimit = 4 * 1024;
constexpr char kCrashes[] = "crashes_plugin";

/// What the other process says is checked again here: it may have become something else than it was.
bool is_text(std::string_view text, std::size_t limit = kBodyLimit) {
    return check_text(text, limit).has_value();
}
bool are_texts(const Pairs& pairs) {
    return pairs.size() <= 256 && std::all_of(pairs.begin(), pairs.end(), [](const Pair& one) {
               return is_text(one.first, 1024) && is_text(one.second);
           });
}
std::string report(const std::string& text) {
    return is_text(text, kReportLimit) ? text : std::string("(a text that cannot be shown)");
}
Errc known(Errc code) {
    return static_cast<std::uint8_t>(code) <= static_cast<std::uint8_t>(Errc::fenced) ? code : Errc::internal;
}
milliseconds some_time(milliseconds time) {
    return std::clamp(time, milliseconds(0), milliseconds(std::chrono::hours(24)));
}

Error error_of(const wire::Ended& ended) {
    return {known(ended.code), report(ended.message), {}, some_time(ended.retry_after), report(ended.reason)};
}

HttpResponse crashing_input() {
    Outcome outcome = Outcome::failed(USHER_E_INVALID, "");
    outcome.reason_code = kCrashes;
    outcome.reason_text = "The channel cannot read this request.";
    return response_of(outcome);
}

}  // namespace

RemoteInstance::RemoteInstance(Place place, HostSettings settings, Deadlines deadlines, asio::thread_pool& pool)
    : place_(std::move(place)), deadlines_(deadlines), host_(Host::make(std::move(settings), pool)) {}

RemoteInstance::~RemoteInstance() {
    leave();
}

std::string RemoteInstance::what(std::string_view function) const {
    return account().channel + "/" + account().id + ": " + std::string(function);
}

Error RemoteInstance::missing(std::string_view function, const Reply& reply) const {
    Error error{Errc::plugin_lost, what(function) + ": " + reply.text};
    if (reply.kind == Reply::Kind::overdue) error.code = Errc::timeout;
    if (reply.kind == Reply::Kind::not_begun) {
        error.code = Errc::unavailable;
        error.retry_after = milliseconds(1'000);
    }
    if (reply.text.empty()) error.message = what(function) + ": the instance is not running";
    return error;
}

// ---- life -----------------------------------------------------------------------------------------------------------

Task<Result<std::shared_ptr<RemoteInstance>>> RemoteInstance::create(Place place, std::string config_json,
                                                                     HostSettings settings, Deadlines deadlines,
                                                                     asio::thread_pool& pool) {
    std::shared_ptr<RemoteInstance> self(new RemoteInstance(std::move(place), std::move(settings), deadlines, pool));
    std::function<void(std::function<void(Reply)>)> begin = [self, config_json](std::function<void(Reply)> finish) {
        asio::post(self->host_->strand(),
                   [self, config_json, finish = std::move(finish)] { self->join(config_json, finish); });
    };
    Reply cancelled{Reply::Kind::not_begun, "cancelled"};
    Reply reply = co_await await_callback<Reply>(std::move(begin), std::move(cancelled));
    if (reply.kind != Reply::Kind::answered) {
        self->leave();
        Error error = self->missing("create", reply);
        co_return error;
    }
    wire::Created created;
    if (!wire::read(reply.text, created)) {
        self->leave();
        Error error{Errc::internal, self->what("create") + ": its process gave an answer that cannot be read"};
        co_return error;
    }
    if (!created.ended.ok) {
        self->leave();
        co_return error_of(created.ended);
    }
    co_return self;
}

/// On a pool thread: the process dies with the thread that starts it.
void RemoteInstance::join(const std::string& config_json, std::function<void(Reply)> finish) {
    std::weak_ptr<RemoteInstance> weak = weak_from_this();
    Helper::Member member{host_, [weak](const std::string& how, bool busy) {
                              if (auto self = weak.lock()) self->on_lost(how, busy);
                          }};
    auto joined = place_.helpers->join(place_.library, place_.own, std::move(member));
    if (!joined) return finish({Reply::Kind::lost, joined.error().message});
    helper_ = joined->first;
    number_ = joined->second;
    const Sinks& sinks = host_->sinks();
    wire::Creation creation;
    creation.account = account();
    creation.public_url = copy(host_->table()->public_url);
    creation.config_json = config_json;
    creation.deadlines = deadlines_;
    creation.emit = sinks.emit != nullptr;
    creation.kv = sinks.kv != nullptr;
    creation.visitors = sinks.visitors != nullptr;
    creation.http = sinks.http != nullptr;
    creation.blobs = sinks.blobs != nullptr;
    auto self = shared_from_this();
    helper_->ask(frame(Op::create, creation), deadlines_.start, [self, finish](Reply reply) {
        wire::Created created;
        if (reply.kind == Reply::Kind::answered && wire::read(reply.text, created) && created.ended.ok) {
            self->offers_ = created.offers;
            self->created_ = true;  // from now on the loss of the process is told
        }
        finish(std::move(reply));
    });
}

void RemoteInstance::leave() {
    if (left_.exchange(true)) return;
    host_->end();
    if (helper_) helper_->leave(number_);
}

void RemoteInstance::on_lost(const std::string& how, bool busy) {
    host_->end();
    if (created_ && !left_ && place_.lost) place_.lost(how, busy);
}

Task<RemoteInstance::Reply> RemoteInstance::ask(std::string frame, milliseconds deadline, std::string suspect) {
    if (left_) {
        Reply gone{Reply::Kind::not_begun, ""};
        co_return gone;
    }
    auto self = shared_from_this();
    std::function<void(std::function<void(Reply)>)> begin = [self, frame = std::move(frame), deadline,
                                                             suspect](std::function<void(Reply)> finish) mutable {
        std::function<void(Reply)> watched = std::move(finish);
        if (!suspect.empty() && self->place_.suspects) {
            watched = [self, suspect, finish = std::move(watched)](Reply reply) {
                if (reply.kind == Reply::Kind::lost) self->place_.suspects->crashed(suspect);
                finish(std::move(reply));
            };
        }
        self->helper_->ask(std::move(frame), deadline, std::move(watched));
    };
    Reply cancelled{Reply::Kind::overdue, "cancelled"};
    co_return co_await await_callback<Reply>(std::move(begin), std::move(cancelled));
}

Task<Result<wire::Ended>> RemoteInstance::ask_ended(const char* function, std::string frame, milliseconds deadline) {
    Reply reply = co_await ask(std::move(frame), deadline);
    if (reply.kind != Reply::Kind::answered) co_return missing(function, reply);
    wire::Ended ended;
    if (!wire::read(reply.text, ended) || (ended.ok && !is_text(ended.value))) {
        Error error{Errc::internal, what(function) + ": its process gave an answer that cannot be read"};
        co_return error;
    }
    if (!ended.ok) co_return error_of(ended);
    co_return std::move(ended);
}

Task<Result<std::string>> RemoteInstance::ask_text(const char* function, std::string frame, milliseconds deadline) {
    auto ended = co_await ask_ended(function, std::move(frame), deadline);
    if (!ended) co_return ended.error();
    co_return std::move(ended->value);
}

Task<Result<void>> RemoteInstance::start(Role role) {
    auto done = co_await ask_text("start", frame(Op::start, role), deadlines_.start);
    if (!done) co_return done.error();
    co_return Result<void>();
}

Task<Result<void>> RemoteInstance::stop() {
    auto done = co_await ask_text("stop", frame(Op::stop), deadlines_.stop);
    if (!done) co_return done.error();
    co_return Result<void>();
}

Task<Result<void>> RemoteInstance::reload(std::string config_json) {
    if (!offers_.reload) co_return Error{Errc::unsupported, what("reload") + ": the plugin has no reload"};
    auto done = co_await ask_text("reload", frame(Op::reload, config_json), deadlines_.start);
    if (!done) co_return done.error();
    co_return Result<void>();
}

Task<void> RemoteInstance::destroy() {
    auto self = shared_from_this();
    if (!left_) {
        auto done = co_await ask_text("destroy", frame(Op::destroy), deadlines_.stop);
        if (!done && done.error().code == Errc::timeout) log::warn("plugins", done.error().message);
    }
    leave();
}

void RemoteInstance::destroy_soon() {
    if (left_ || !helper_) return;
    helper_->ask(frame(Op::destroy), deadlines_.stop, [self = shared_from_this()](const Reply&) { self->leave(); });
}

// ---- channel --------------------------------------------------------------------------------------------------------

Task<SendResult> RemoteInstance::send(Message message) {
    SendResult result;
    const std::string suspect = message.id.empty() ? std::string() : "send " + message.id;
    if (message.timeout_ms == 0) message.timeout_ms = static_cast<std::uint32_t>(deadlines_.send.count());
    const milliseconds deadline(message.timeout_ms);
    Reply reply = co_await ask(frame(Op::send, message), deadline, suspect);
    if (reply.kind != Reply::Kind::answered) {
        const Error error = missing("send", reply);
        result.code = reply.kind == Reply::Kind::overdue ? Errc::unknown_outcome : error.code;
        result.error = error.message;
        result.retry_after = error.retry_after;
        if (reply.kind == Reply::Kind::lost && place_.suspects && place_.suspects->given_up(suspect)) {
            result.code = Errc::internal;
            result.error += "; given up: its process ended so three times while it sent this message";
            result.reason_code = kCrashes;
            result.reason_text = "The channel failed three times while it sent this message.";
        }
        co_return result;
    }
    SendResult said;
    const bool sound = wire::read(reply.text, said) && are_texts(said.fields) && is_text(said.status, 100) &&
                       std::all_of(said.remote_ids.begin(), said.remote_ids.end(),
                                   [](const std::string& id) { return is_text(id, 1024); });
    if (!sound) {
        result.code = Errc::unknown_outcome;
        result.error = what("send") + ": its process gave an answer that cannot be read";
        co_return result;
    }
    said.code = known(said.code);
    if (said.scope > Scope::account) said.scope = Scope::message;
    said.retry_after = some_time(said.retry_after);
    for (std::string* text : {&said.error, &said.reason_code, &said.reason_text}) *text = report(*text);
    co_return said;
}

Task<HttpResponse> RemoteInstance::webhook(HttpRequest request) {
    if (!offers_.webhook) co_return response_of(Outcome::failed(USHER_E_UNSUPPORTED, ""));
    const std::string suspect =
        "webhook " + crypto::sha256_hex(request.url + "\n" + request.path + "\n" + request.query + "\n" + request.body);
    if (place_.suspects && place_.suspects->given_up(suspect)) co_return crashing_input();
    request = cleaned(std::move(request));
    Reply reply = co_await ask(frame(Op::webhook, request), deadlines_.webhook, suspect);
    if (reply.kind != Reply::Kind::answered) {
        const Error error = missing("webhook", reply);
        log::warn("plugins", error.message);
        if (place_.suspects && place_.suspects->given_up(suspect)) co_return crashing_input();
        Outcome outcome = Outcome::failed(USHER_E_UNAVAILABLE, "");
        co_return response_of(outcome);
    }
    HttpResponse response;
    if (!wire::read(reply.text, response) || response.body.size() > kBodyLimit || !is_text(response.body_blob, 1024)) {
        log::error("plugins", what("webhook") + ": its process gave an answer that cannot be read");
        Outcome outcome = Outcome::failed(USHER_E_INTERNAL, "");
        co_return response_of(outcome);
    }
    co_return cleaned(std::move(response), what("webhook"));
}

Task<Result<milliseconds>> RemoteInstance::poll() {
    auto done = co_await ask_ended("poll", frame(Op::poll), deadlines_.poll);
    if (!done) co_return done.error();
    co_return some_time(done->retry_after);
}

Task<Result<std::string>> RemoteInstance::list_templates() {
    co_return co_await ask_text("list_templates", frame(Op::list_templates), deadlines_.templates);
}

// ---- visitors -------------------------------------------------------------------------------------------------------

Task<VisitorAdmission> RemoteInstance::visitor_accept(std::string session, HttpRequest request) {
    VisitorAdmission out;
    if (!offers_.visitors) {
        out.refusal = response_of(Outcome::failed(USHER_E_UNSUPPORTED, ""));
        co_return out;
    }
    request = cleaned(std::move(request));
    Reply reply = co_await ask(frame(Op::accept, session, request), deadlines_.accept);
    VisitorAdmission said;
    if (reply.kind != Reply::Kind::answered || !wire::read(reply.text, said)) {
        log::warn("plugins", missing("accept", reply).message);
        out.refusal = response_of(Outcome::failed(USHER_E_UNAVAILABLE, ""));
        co_return out;
    }
    const VisitorScope& scope = said.scope;
    const bool sound = is_text(scope.contact, 1024) && is_text(scope.thread_key, 1024) && is_text(scope.after, 1024) &&
                       is_text(scope.attrs_json, kFrameLimit) &&
                       !(said.admitted && scope.contact.empty() && scope.thread_key.empty());
    if (!sound) {
        log::error("plugins", what("accept") + ": its process gave an answer that cannot be read");
        out.refusal = response_of(Outcome::failed(USHER_E_INTERNAL, ""));
        co_return out;
    }
    if (!said.admitted) said.refusal = cleaned(std::move(said.refusal), what("accept"));
    co_return said;
}

Task<Result<void>> RemoteInstance::visitor_frame(std::string session, std::string json) {
    if (!offers_.visitors) co_return Error{Errc::unsupported, what("frame") + ": the plugin has no visitors"};
    auto done = co_await ask_text("frame", frame(Op::frame, session, json), deadlines_.frame);
    if (!done) co_return done.error();
    co_return Result<void>();
}

void RemoteInstance::visitor_closed(std::string session) {
    if (left_ || !helper_) return;
    helper_->tell(frame(Op::closed, session));
}

// ---- the other kinds ------------------------------------------------------------------------------------------------

Task<Result<std::string>> RemoteInstance::choose(RouteRequest route) {
    if (route.timeout_ms == 0) route.timeout_ms = static_cast<std::uint32_t>(deadlines_.choose.count());
    const milliseconds deadline(route.timeout_ms);
    auto chosen = co_await ask_text("choose", frame(Op::choose, route), deadline);
    if (!chosen) co_return chosen.error();
    const bool candidate = chosen->empty() || std::any_of(route.agents.begin(), route.agents.end(),
                                                          [&](const Candidate& one) { return one.id == *chosen; });
    if (!candidate) co_return Error{Errc::internal, what("choose") + ": it chose somebody who is no candidate"};
    co_return chosen;
}

Task<Result<std::string>> RemoteInstance::respond(std::string event_json) {
    co_return co_await ask_text("respond", frame(Op::respond, event_json), deadlines_.respond);
}

Task<Result<void>> RemoteInstance::export_batch(std::string ndjson) {
    auto done = co_await ask_text("export_batch", frame(Op::export_batch, ndjson), deadlines_.export_batch);
    if (!done) co_return done.error();
    co_return Result<void>();
}

}  // namespace usher::plugins
