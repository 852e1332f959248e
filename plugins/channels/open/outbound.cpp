#include "outbound.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <random>

#include "reader.hpp"
#include "signature.hpp"
#include "times.hpp"

namespace usher::open_channel {

namespace json = boost::json;
using namespace sdk;

namespace {

constexpr std::size_t kTextLimit = 4096;
constexpr std::size_t kAttachmentLimit = 10;
constexpr std::size_t kQuickReplyLimit = 13;
constexpr std::size_t kAnswerBytes = 64 * 1024;

json::object object_of(std::string_view text) {
    json::error_code failed;
    json::value parsed = json::parse(text.empty() ? "{}" : text, failed);
    if (failed || !parsed.is_object()) return {};
    return std::move(parsed.get_object());
}

json::value member(const json::object& object, std::string_view key) {
    const json::value* found = object.if_contains(key);
    return found == nullptr ? json::value(nullptr) : *found;
}

json::value text_or_null(std::string_view text) {
    return text.empty() ? json::value(nullptr) : json::value(json::string(text));
}

Failure unsupported(std::string code, std::string text) {
    return {.status = Status::unsupported, .error = text, .reason_code = std::move(code), .reason_text = text};
}

Failure invalid(std::string code, std::string text) {
    return {.status = Status::invalid, .error = text, .reason_code = std::move(code), .reason_text = text};
}

std::string event_type(Kind kind) {
    switch (kind) {
        case Kind::text:
            return "message.created";
        case Kind::edit:
            return "message.edited";
        case Kind::deleted:
            return "message.deleted";
        case Kind::typing:
            return "typing";
        case Kind::read:
            return "read";
        case Kind::closed:
            return "conversation.closed";
        default:
            return {};
    }
}

json::object content_of(const Message& message) {
    json::object content{{"type", message.text.empty() && !message.parts.empty() ? "media" : "text"},
                         {"text", message.text}};
    if (!message.parts.empty()) {
        json::array attachments;
        for (const Part& part : message.parts) {
            const json::object attrs = object_of(part.attrs_json);
            const std::string_view blob = std::string_view(part.uri).starts_with("blob:")
                                              ? std::string_view(part.uri).substr(5)
                                              : std::string_view(part.uri);
            attachments.push_back(
                json::object{{"id", attrs.contains("id") ? attrs.at("id") : json::value(json::string(blob))},
                             {"url", member(attrs, "url")},
                             {"name", part.name},
                             {"mime_type", part.mime},
                             {"size", part.size_bytes},
                             {"sha256", member(attrs, "sha256")}});
        }
        content["attachments"] = std::move(attachments);
    }
    json::object typed = object_of(message.content_json);
    if (typed.contains("quick_replies")) content["quick_replies"] = typed["quick_replies"];
    return content;
}

json::object author_of(const Message& message) {
    const json::object author = object_of(message.author_json);
    return {{"type", author.contains("type") ? author.at("type") : json::value("agent")},
            {"display_name", member(author, "name")},
            {"avatar_url", member(author, "avatar_url")}};
}

/// What the sheet limits; the kernel may not know it, so a message beyond it fails at once and says why.
std::optional<Failure> check_limits(const Config& config, const Message& message) {
    const std::size_t characters = count_characters(message.text);
    if (characters > kTextLimit)
        return invalid("text_too_long",
                       "The text has " + std::to_string(characters) + " characters; this channel takes 4096.");
    if (message.parts.size() > kAttachmentLimit)
        return invalid("too_many_attachments", "This channel takes at most 10 attachments in a message.");
    if (!message.parts.empty() && !config.features.attachments)
        return invalid("attachments_off", "Attachments are turned off for this account.");
    const json::object typed = object_of(message.content_json);
    const json::value* replies = typed.if_contains("quick_replies");
    if (replies == nullptr || !replies->is_array() || replies->get_array().empty()) return std::nullopt;
    if (!config.features.quick_replies)
        return invalid("quick_replies_off", "Quick replies are turned off for this account.");
    if (replies->get_array().size() > kQuickReplyLimit)
        return invalid("too_many_quick_replies", "This channel takes at most 13 quick replies.");
    for (const json::value& one : replies->get_array()) {
        const json::object* reply = one.if_object();
        const json::value title = reply == nullptr ? json::value() : member(*reply, "title");
        const json::value payload = reply == nullptr ? json::value() : member(*reply, "payload");
        if (!title.is_string() || count_characters(title.get_string()) > 20 ||
            (payload.is_string() && payload.get_string().size() > 1000))
            return invalid("quick_reply_too_long",
                           "A quick reply takes a title of 20 characters and a payload of 1000.");
    }
    return std::nullopt;
}

std::optional<Failure> refusal(const Config& config, const Message& message, const std::string& type) {
    if (type.empty()) return unsupported("kind", "The open channel does not send this kind of message.");
    if (config.outbound.webhook_url.empty())
        return unsupported("no_webhook", "This account has no outbound.webhook_url, so nothing can be sent.");
    const Config::Features& features = config.features;
    if ((message.kind == Kind::typing && !features.typing) || (message.kind == Kind::read && !features.read) ||
        (message.kind == Kind::edit && !features.edit) || (message.kind == Kind::deleted && !features.delete_))
        return unsupported("turned_off", "This is turned off in the account's features.");
    if (!config.outbound.events.contains(type))
        return unsupported("not_subscribed", "The account's outbound.events do not name " + type + ".");
    if (message.kind == Kind::text || message.kind == Kind::edit) return check_limits(config, message);
    return std::nullopt;
}

/// Equal over attempts: the delivery's own id. Typing may come without one; nobody repeats it, so any will do.
std::string event_id(const Message& message) {
    if (!message.id.empty()) return message.id;
    static thread_local std::mt19937_64 random{std::random_device{}()};
    return std::to_string(random() >> 1);
}

std::string peer_reason(const HttpAnswer& answer) {
    const std::string fallback = "The other side refused the message (HTTP " + std::to_string(answer.status) + ").";
    if (answer.body.size() > kAnswerBytes) return fallback;
    const json::object body = object_of(answer.body);
    const json::value error = member(body, "error");
    json::value said = error.is_object() ? member(error.get_object(), "message") : error;
    if (!said.is_string()) said = member(body, "message");
    if (!said.is_string() || said.get_string().empty() || said.get_string().size() > 1000 ||
        said.get_string().find('\0') != json::string::npos)
        return fallback;
    return std::string(said.get_string());
}

Delivery taken(const HttpAnswer& answer) {
    Delivery delivery{.outcome = Receipt{}};
    if (answer.body.size() > kAnswerBytes) return delivery;
    const json::object body = object_of(answer.body);
    const json::value id = member(body, "external_message_id");
    if (id.is_string() && !id.get_string().empty() && id.get_string().size() <= 255 &&
        id.get_string().find('\0') == json::string::npos)
        delivery.outcome = Receipt{.remote_id = std::string(id.get_string())};
    const json::value status = member(body, "status");
    delivery.delivered = status.is_string() && status.get_string() == "delivered";
    return delivery;
}

}  // namespace

std::variant<HttpRequest, Failure> webhook_request(const Config& config, std::string_view account,
                                                   const Message& message, std::int64_t now_unix_us) {
    const std::string type = event_type(message.kind);
    if (auto failure = refusal(config, message, type)) return *std::move(failure);

    json::object conversation{{"id", text_or_null(message.conversation_id)},
                              {"external_id", text_or_null(message.thread_key)}};
    if (message.seq > 0) conversation["sequence"] = message.seq;
    const std::string id = event_id(message);
    json::object event{{"event_id", id},
                       {"type", type},
                       {"created_at", format_time(message.sent_unix_us != 0 ? message.sent_unix_us : now_unix_us)},
                       {"attempt", std::max<std::uint32_t>(message.attempt, 1)},
                       {"account_id", account},
                       {"contact", json::object{{"external_id", message.contact}}},
                       {"conversation", std::move(conversation)}};
    switch (message.kind) {
        case Kind::text:
            event["message"] = json::object{{"id", message.id},
                                            {"author", author_of(message)},
                                            {"content", content_of(message)},
                                            {"reply_to", text_or_null(message.reply_to_remote_id)}};
            break;
        case Kind::edit:
            event["message"] = json::object{{"id", json::string(find(message.attrs, "message_id"))},
                                            {"author", author_of(message)},
                                            {"content", content_of(message)}};
            break;
        case Kind::deleted:
            event["message"] = json::object{{"id", json::string(find(message.attrs, "message_id"))}};
            break;
        case Kind::read:
            event["up_to_message_id"] = message.remote_id;
            break;
        case Kind::typing: {
            const json::value state = member(object_of(message.content_json), "state");
            event["typing"] = json::object{{"state", state.is_string() ? state : json::value("started")},
                                           {"author", author_of(message)}};
            break;
        }
        default:
            break;
    }

    const std::string timestamp = std::to_string(now_unix_us / 1'000'000);
    std::chrono::milliseconds timeout = std::chrono::seconds(config.outbound.timeout_s);
    if (message.timeout.count() > 0) timeout = std::min(timeout, message.timeout);
    HttpRequest request{
        .method = "POST", .url = config.outbound.webhook_url, .body = json::serialize(event), .timeout = timeout};
    std::string signatures;
    for (const Key& key : config.outbound.secrets)
        signatures += (signatures.empty() ? "v1=" : ",v1=") +
                      sign(key.secret, timestamp, request.method, config.outbound.target, request.body);
    request.headers = {{"Content-Type", "application/json; charset=utf-8"},
                       {"X-Usher-Timestamp", timestamp},
                       {"X-Usher-Signature", signatures},
                       {"X-Usher-Key", config.outbound.secrets.front().id},
                       {"X-Usher-Delivery", id}};
    return request;
}

Delivery read_answer(const Config& config, const Result<HttpAnswer>& answer, std::int64_t now_unix_us) {
    const std::string at = "POST " + config.outbound.shown + ": ";
    if (!answer) {
        Failure failure = answer.failure();
        failure.error = at + (failure.error.empty() ? std::string(to_string(failure.status)) : failure.error);
        switch (failure.status) {
            case Status::timeout:  // nothing was written: the peer is down, for every message of the account
            case Status::unavailable:
                failure.status = Status::unavailable;
                failure.scope = Scope::account;
                break;
            case Status::rate_limited:
                failure.status = Status::unavailable;
                break;  // this side's own limit
            case Status::invalid:
            case Status::auth:
            case Status::not_found:
            case Status::unsupported:  // the host would not even try: a setting, not this message
                failure.status = Status::unavailable;
                failure.scope = Scope::account;
                if (failure.reason_code.empty()) failure.reason_code = "webhook_refused";
                break;
            default:
                failure.status = Status::unknown_outcome;
                break;
        }
        return {.outcome = std::move(failure)};
    }

    const std::uint32_t status = answer->status;
    if (status >= 200 && status < 300) return taken(*answer);
    Failure failure{.error = at + std::to_string(status)};
    if (status >= 500) {
        failure.status = Status::unknown_outcome;
    } else if (status == 408 || status == 425 || status == 429) {
        failure.status = Status::rate_limited;
        const auto wait_s = parse_retry_after(answer->header("Retry-After").value_or(""), now_unix_us);
        failure.retry_after = std::chrono::seconds(wait_s.value_or(0));
        if (status == 429) failure.scope = Scope::account;
    } else if (status == 401) {
        failure.status = Status::auth;
        failure.scope = Scope::account;
        failure.reason_code = "unauthorized";
        return {.outcome = std::move(failure), .unauthorized = true};
    } else if (status == 410) {
        failure.status = Status::not_found;
        failure.scope = Scope::contact;
        failure.reason_code = "contact_unreachable";
        failure.reason_text = "This contact cannot be reached any more.";
    } else {
        failure.status = Status::invalid;
        failure.reason_code = "http_" + std::to_string(status);
        failure.reason_text = peer_reason(*answer);
    }
    return {.outcome = std::move(failure)};
}

}  // namespace usher::open_channel
