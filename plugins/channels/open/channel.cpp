#include "channel.hpp"

#include <boost/json.hpp>

#include "outbound.hpp"

namespace usher::open_channel {

namespace json = boost::json;
using namespace sdk;

namespace {

const Problem kBodyTooLarge{
    .status = 413, .code = "too_large", .message = "the body is larger than inbound.max_body_bytes"};

bool is_json(const HttpRequest& request) {
    const auto type = request.header("Content-Type");
    if (!type) return true;
    const std::string_view bare = type->substr(0, type->find_first_of("; "));
    return same_header(bare, "application/json");
}

bool is_digest(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Which method each path takes; empty for a path that is not there.
std::string_view method_of(std::string_view path) {
    if (path == "/messages" || path == "/events" || path == "/statuses" || path == "/uploads") return "POST";
    if (path == "/health") return "GET";
    if (path.starts_with("/contacts/") && path.size() > 10 && path.find('/', 10) == std::string_view::npos)
        return "PUT";
    return {};
}

}  // namespace

OpenChannel::OpenChannel(Host given, std::string_view config_json, Clock clock)
    : Channel(given, config_json),
      config_(parse_config(config_json)),
      clock_(std::move(clock)),
      rate_(config_.inbound.rate_per_s) {}

void OpenChannel::start(Role, Done<void> done) {
    warn_of_short_secrets();
    done();
}

Result<void> OpenChannel::reload(std::string_view config_json) {
    config_ = parse_config(config_json);  // throws and changes nothing when it makes no sense
    rate_ = RateLimit(config_.inbound.rate_per_s);
    if (std::exchange(unauthorized_, false)) host().state(State::ready, "settings changed");
    warn_of_short_secrets();
    return {};
}

void OpenChannel::warn_of_short_secrets() {
    const auto check = [&](const std::vector<Key>& keys, std::string_view where) {
        for (const Key& key : keys)
            if (key.secret.size() < 32)
                host().warn(std::string(where) + ".secrets: the secret of key " + key.id +
                            " is shorter than 32 bytes; make one with: openssl rand -hex 32");
    };
    check(config_.inbound.secrets, "inbound");
    check(config_.outbound.secrets, "outbound");
}

void OpenChannel::send(Outbound message, Done<Receipt> done) {
    auto request = webhook_request(config_, host().account(), message, clock_.unix_us());
    if (auto* failure = std::get_if<Failure>(&request)) return done(*failure);
    host().http(std::get<HttpRequest>(request), [this, done, message](const Result<HttpAnswer>& answer) {
        const Delivery delivery = read_answer(config_, answer, clock_.unix_us());
        if (delivery.unauthorized) {
            unauthorized_ = true;
            host().state(State::failed, "401: the peer refuses our signature; see outbound.secrets");
        } else if (delivery.outcome && std::exchange(unauthorized_, false)) {
            host().state(State::ready, "the peer accepts our signature again");
        }
        if (delivery.outcome && delivery.delivered && message.kind == Kind::text)
            host().emit({.kind = Kind::delivered,
                         .id = message.id,
                         .dedupe_key = "w:" + message.id,
                         .contact = message.contact},
                        [host = host(), id = message.id](const Result<Emitted>& emitted) {
                            if (!emitted)
                                host.warn("message " + id +
                                          ": the peer's \"delivered\" was not stored: " + emitted.failure().error);
                        });
        done(delivery.outcome);
    });
}

void OpenChannel::webhook(HttpRequest request, Done<HttpAnswer> done) {
    if (!is_valid_target(target_of(request.url)))
        return done(answer({.status = 400,
                            .code = "invalid_target",
                            .message = "the request target has characters that a URI does not allow"}));
    if (request.path == "/uploads") return take_upload_request(request, done);
    if (request.header("X-Usher-Content-SHA256"))
        return done(answer({.status = 401,
                            .code = "bad_signature",
                            .message = "X-Usher-Content-SHA256 belongs to uploads; sign the body itself"}));
    load_body(host(), request, [this, request, done](const Outcome<std::shared_ptr<Bytes>>& loaded) {
        if (const auto* problem = std::get_if<Problem>(&loaded)) return done(answer(*problem));
        take_body(request, std::get<std::shared_ptr<Bytes>>(loaded), done);
    });
}

std::optional<Problem> OpenChannel::over_rate() {
    const std::int64_t wait_s = rate_.take(clock_.steady_us());
    if (wait_s == 0) return std::nullopt;
    return Problem{.status = 429,
                   .code = "rate_limited",
                   .message = "more than inbound.rate_per_s requests a second",
                   .retry_after_s = wait_s};
}

void OpenChannel::take_body(const HttpRequest& request, std::shared_ptr<Bytes> bytes, const Answer& done) {
    const std::string_view body = bytes->view();
    if (body.size() > config_.inbound.max_body_bytes) return done(answer(kBodyTooLarge));
    Admitted admitted;
    const std::string_view target = target_of(request.url);
    if (const auto problem = authenticate(config_.inbound, request, target, body, clock_.unix_us(), admitted))
        return done(answer(*problem));
    if (const auto problem = over_rate()) return done(answer(*problem));
    route(request, body, admitted, done);
}

void OpenChannel::take_upload_request(const HttpRequest& request, const Answer& done) {
    const std::string digest(request.header("X-Usher-Content-SHA256").value_or(""));
    Admitted admitted;
    if (const auto problem =
            authenticate(config_.inbound, request, target_of(request.url), digest, clock_.unix_us(), admitted))
        return done(answer(*problem));
    if (admitted.proof == Proof::signature && !is_digest(digest))
        return done(answer({.status = 401,
                            .code = "bad_signature",
                            .message = "X-Usher-Content-SHA256: expected the lower-case hex SHA-256 of the body"}));
    if (const auto problem = over_rate()) return done(answer(*problem));
    if (request.method != "POST") return route(request, {}, admitted, done);
    if (!config_.features.attachments)
        return done(
            answer({.status = 415, .code = "unsupported", .message = "attachments are turned off for this account"}));
    load_body(host(), request, [this, request, done, digest](const Outcome<std::shared_ptr<Bytes>>& loaded) {
        if (const auto* problem = std::get_if<Problem>(&loaded)) return done(answer(*problem));
        take_upload(host(), clock_, request, std::get<std::shared_ptr<Bytes>>(loaded), digest, done);
    });
}

void OpenChannel::route(const HttpRequest& request, std::string_view body, const Admitted& admitted,
                        const Answer& done) {
    const std::string_view method = method_of(request.path);
    if (method.empty())
        return done(answer({.status = 404, .code = "not_found", .message = "nothing is at " + request.path}));
    if (method != request.method) {
        HttpAnswer refused = answer({.status = 405,
                                     .code = "method_not_allowed",
                                     .message = request.path + " takes " + std::string(method) + " only"});
        refused.headers.emplace_back("Allow", method);
        return done(refused);
    }
    if (request.path == "/health")
        return done(json_answer(200, json::object{{"status", "ok"}, {"time", format_time(clock_.unix_us())}}));
    if (!is_json(request))
        return done(
            answer({.status = 415, .code = "unsupported", .message = "expected Content-Type: application/json"}));
    const auto parsed = parse_object(body);
    if (const auto* problem = std::get_if<Problem>(&parsed)) return done(answer(*problem));
    const json::object& object = std::get<json::object>(parsed);
    const Caller caller{.proof = admitted.proof, .config = config_};
    if (request.path == "/messages") return take_message(object, caller, done);
    if (request.path == "/events") return take_event(object, caller, done);
    if (request.path.starts_with("/contacts/"))
        return take_contact(object, std::string_view(request.path).substr(10), caller, admitted.timestamp, done);
    if (caller.proof == Proof::bearer && !config_.identity_secret.empty())
        return done(answer({.status = 401,
                            .code = "bad_signature",
                            .message = "statuses are the server's: with identity_secret set they must be signed"}));
    take_statuses(object, done);
}

void OpenChannel::emit(const Message& message, const std::string& id, const Answer& done) {
    host().emit(message, [id, done](const Result<Emitted>& emitted) {
        if (!emitted) return done(answer(problem_of(emitted.failure())));
        if (emitted->conflict)
            return done(answer({.status = 409,
                                .code = "id_reused",
                                .message = "this id was used before with other content; nothing changed",
                                .field = "id"}));
        json::object body{{"id", emitted->message_id.empty() ? id : emitted->message_id}};
        if (!emitted->conversation_id.empty()) body["conversation_id"] = emitted->conversation_id;
        body["duplicate"] = emitted->duplicate;
        done(json_answer(emitted->duplicate ? 200 : 202, body));
    });
}

void OpenChannel::take_message(const json::object& body, const Caller& caller, const Answer& done) {
    auto read = read_message(body, caller);
    if (const auto* problem = std::get_if<Problem>(&read)) return done(answer(*problem));
    const auto draft = std::make_shared<Draft>(std::move(std::get<Draft>(read)));
    resolve_uploads(host(), clock_, draft, [this, draft, done](const std::optional<Problem>& problem) {
        if (problem) return done(answer(*problem));
        emit(draft->message, draft->message.remote_id, done);
    });
}

void OpenChannel::take_event(const json::object& body, const Caller& caller, const Answer& done) {
    auto read = read_event(body, caller);
    if (const auto* problem = std::get_if<Problem>(&read)) return done(answer(*problem));
    const Message& message = std::get<Message>(read);
    emit(message, message.dedupe_key.substr(2), done);
}

void OpenChannel::take_contact(const json::object& body, std::string_view encoded_id, const Caller& caller,
                               const std::string& timestamp, const Answer& done) {
    const auto external_id = percent_decode(encoded_id);
    if (!external_id) return done(answer({.message = "expected percent-encoded UTF-8", .field = "external_id"}));
    auto read = read_contact(body, *external_id, caller);
    if (const auto* problem = std::get_if<Problem>(&read)) return done(answer(*problem));
    Message& message = std::get<Message>(read);
    // A PUT has no id of its own. The same request again within its second is the same fact; the same profile set once
    // more later, after another, is a new one.
    const std::string when = timestamp.empty() ? std::to_string(clock_.unix_us()) : timestamp;
    message.dedupe_key = "c:" + when + ":" + sha256_hex(*external_id + '\0' + message.contact_json);
    host().emit(message, [done, id = *external_id](const Result<Emitted>& emitted) {
        if (!emitted) return done(answer(problem_of(emitted.failure())));
        done(json_answer(200, json::object{{"external_id", id}}));
    });
}

void OpenChannel::take_statuses(const json::object& body, const Answer& done) {
    auto read = read_statuses(body);
    if (const auto* problem = std::get_if<Problem>(&read)) return done(answer(*problem));
    struct Tally {
        std::vector<StatusItem> items;
        std::size_t open = 1;  // one for the loop below
        std::optional<Problem> problem{};
    };
    const auto tally = std::make_shared<Tally>(Tally{std::move(std::get<std::vector<StatusItem>>(read))});
    const auto settle = [tally, done] {
        if (--tally->open > 0) return;
        if (tally->problem) return done(answer(*tally->problem));  // repeating the call is harmless: each has its id
        json::array ignored;
        for (const StatusItem& item : tally->items)
            if (!item.ignored.empty()) ignored.push_back(json::object{{"id", item.id}, {"reason", item.ignored}});
        const std::size_t accepted = tally->items.size() - ignored.size();
        done(json_answer(200, json::object{{"accepted", accepted}, {"ignored", std::move(ignored)}}));
    };
    for (std::size_t i = 0; i < tally->items.size(); ++i) {
        if (!tally->items[i].ignored.empty()) continue;
        ++tally->open;
        host().emit(tally->items[i].receipt, [tally, i, settle](const Result<Emitted>& emitted) {
            StatusItem& item = tally->items[i];
            if (!emitted && emitted.failure().status == Status::invalid)
                item.ignored = emitted.failure().error.empty() ? "refused" : emitted.failure().error;
            else if (!emitted)
                tally->problem = problem_of(emitted.failure());
            else if (emitted->conflict)
                item.ignored = "id_reused";
            else if (emitted->duplicate)
                item.ignored = "duplicate";
            else
                item.ignored = emitted->ignored;
            settle();
        });
    }
    settle();
}

}  // namespace usher::open_channel
