#include "livechat.hpp"

#include "crypto.hpp"
#include "schema_json.hpp"
#include "text.hpp"

namespace usher::livechat {
namespace {

constexpr std::string_view kSecretKey = "token_secret";
constexpr std::uint32_t kUnknownSession = 4001;  // the client connects anew

json::object parsed(std::string_view config_json) {
    boost::system::error_code error;
    json::value value = json::parse(config_json, error);
    if (error || !value.is_object()) throw sdk::ConfigError("the configuration is not a JSON object");
    return std::move(value.get_object());
}

json::object nack(const std::string& client_id, const Refusal& refusal) {
    json::object frame{
        {"type", client_id.empty() ? "error" : "nack"}, {"code", refusal.code}, {"message", refusal.message}};
    if (!client_id.empty()) frame["clientId"] = client_id;
    if (refusal.retry_after.count() > 0) frame["retryAfterMs"] = refusal.retry_after.count();
    return frame;
}

}  // namespace

Refusal to_refusal(const sdk::Failure& failure) {
    using enum sdk::Status;
    const auto code = [&](const char* otherwise) {
        return failure.reason_code.empty() ? std::string(otherwise) : failure.reason_code;
    };
    switch (failure.status) {
        case auth:
            return {401, code("token_refused"), failure.error};
        case not_found:
            return {404, code("not_found"), failure.error};
        case rate_limited:
            return {429, "rate_limited", "Too much at once. It is sent again by itself.", failure.retry_after};
        case invalid:
            if (failure.reason_code == "contact_blocked")
                return {403, "blocked", "This conversation cannot be continued."};
            return {422, code("invalid"), failure.error};
        default:
            return {503, "unavailable", "Not possible right now. It is sent again by itself.",
                    std::max(failure.retry_after, std::chrono::milliseconds(2000))};
    }
}

LiveChat::LiveChat(sdk::Host host, std::string_view config_json)
    : Channel(host, config_json),
      settings_(Settings::read(host.account(), host.public_url(), parsed(config_json))),
      pages_(settings_) {
    if (settings_.require_identity && settings_.identity_secret.empty())
        throw sdk::ConfigError("require_identity needs an identity_secret; nobody could chat");
}

/// All nodes sign with one secret: the first one that comes makes it, the others take what stands there.
void LiveChat::start(sdk::Role, sdk::Done<void> done) {
    const std::string fresh = to_hex(random_bytes(32));
    host().kv_put_if(kSecretKey, "", fresh, [this, fresh, done](const sdk::Result<sdk::PutIf>& put) {
        if (!put) return done(put.failure());
        tokens_ = Tokens(put->written ? fresh : put->present);
        done();
    });
}

/// The kernel has put it into the visitor's stream already; only what is never stored is ours to tell.
void LiveChat::send(sdk::Outbound message, sdk::Done<sdk::Receipt> done) {
    using enum sdk::Kind;
    switch (message.kind) {
        case text:
            return done(sdk::Receipt{.remote_id = message.id});
        case typing: {
            json::object frame{{"type", "typing"}};
            boost::system::error_code error;
            if (json::value author = json::parse(message.author_json, error); !error && author.is_object())
                frame["author"] = {{"type", text_of(author.get_object(), "type")},
                                   {"name", text_of(author.get_object(), "name")}};
            const json::value content = json::parse(message.content_json, error);
            if (!error && content.is_object() && text_of(content.get_object(), "state") == "stopped")
                frame["state"] = "stopped";
            push_to_contact(message.contact, frame);
            return done(sdk::Receipt{});
        }
        case read:
            push_to_contact(message.contact,
                            json::object{{"type", "read"}, {"clientId", client_id_of(message.remote_id)}});
            return done(sdk::Receipt{});
        case closed:
            push_to_contact(message.contact, json::object{{"type", "closed"}});
            return done(sdk::Receipt{});
        default:
            return done(sdk::Failure{.status = sdk::Status::unsupported, .error = "live chat does not send this kind"});
    }
}

void LiveChat::accept(std::string session, sdk::HttpRequest request, sdk::Done<sdk::Admission> done) {
    const auto refuse = [&](sdk::Status status, const Refusal& refusal) {
        done(sdk::Failure{.status = status,
                          .error = "a visitor's socket was refused: " + refusal.message,
                          .reason_code = refusal.code,
                          .http = std::make_shared<const sdk::HttpAnswer>(refusal_answer(refusal))});
    };
    if (request.path != "socket" && request.path != "/socket")
        return refuse(sdk::Status::not_found, {404, "not_found", "the socket is at socket"});
    const std::string origin(request.header("Origin").value_or(""));
    if (!settings_.is_own(origin, request.header("Host").value_or("")) && !settings_.is_site(origin))
        return refuse(sdk::Status::auth, {403, "origin_refused",
                                          "the origin " + (origin.empty() ? "(none)" : origin) + " may not connect"});
    const std::string ticket = query_value(request.query, "ticket");
    const auto visitor = ticket.empty() ? visitor_of(request) : tokens_.read_ticket(ticket, now());
    if (!visitor) return refuse(sdk::Status::auth, to_refusal(visitor.failure()));
    if (settings_.require_identity && !visitor->verified)
        return refuse(sdk::Status::auth, {403, "identity_required", "this account talks to signed-in visitors only"});
    sessions_[session] = *visitor;
    sessions_of_[visitor->contact].insert(session);
    done(sdk::Admission{.contact = visitor->contact,
                        .after = query_value(request.query, "after"),
                        .attrs_json = json::serialize(json::object{{"verified", visitor->verified}})});
}

void LiveChat::frame(std::string session, std::string text, sdk::Done<void> done) {
    const auto known = sessions_.find(session);
    if (known == sessions_.end()) {  // it was let in by an instance before this one
        if (const auto visitors = host().visitors()) visitors->close(session, kUnknownSession, "connect again");
        return done();
    }
    boost::system::error_code error;
    const json::value value = json::parse(text, error);
    auto intent = read_frame(error ? json::value() : value, known->second, tokens_, now());
    if (!intent) {
        push(session, nack(intent.failure().body, to_refusal(intent.failure())));
        return done();
    }
    if (intent->ping) push(session, json::object{{"type", "pong"}});
    if (!intent->message) return done();
    host().emit(*intent->message, [this, session, client_id = intent->client_id,
                                   done](const sdk::Result<sdk::Emitted>& stored) {
        if (client_id.empty()) {
            if (!stored) host().debug("a visitor's frame was not stored: " + stored.failure().error);
        } else if (!stored) {
            push(session, nack(client_id, to_refusal(stored.failure())));
        } else if (stored->conflict) {
            push(session, nack(client_id, {409, "conflict", "This id was used for another message before."}));
        } else {
            push(session, json::object{{"type", "ack"}, {"clientId", client_id}, {"id", stored->message_id}});
        }
        done();
    });
}

void LiveChat::closed(std::string session) {
    const auto known = sessions_.find(session);
    if (known == sessions_.end()) return;
    const auto mine = sessions_of_.find(known->second.contact);
    mine->second.erase(session);
    if (mine->second.empty()) sessions_of_.erase(mine);
    sessions_.erase(known);
}

void LiveChat::push(const std::string& session, const json::value& frame) const {
    if (const auto visitors = host().visitors()) visitors->push(session, json::serialize(frame));
}

void LiveChat::push_to_contact(const std::string& contact, const json::value& frame) const {
    const auto found = sessions_of_.find(contact);
    if (found == sessions_of_.end()) return;
    for (const std::string& session : found->second) push(session, frame);
}

Seconds LiveChat::now() const {
    return std::chrono::duration_cast<Seconds>(std::chrono::system_clock::now().time_since_epoch());
}

}  // namespace usher::livechat

USHER_PLUGIN(
    usher::livechat::LiveChat, "livechat", "0.1.0", .name = "Live chat", .vendor = "Usher",
    .config_schema = kSchemaJson,
    .capabilities = R"({"kinds": ["text", "typing", "read", "closed"], "idempotent_send": true, "attachments": true,
                                 "max_text_length": 10000, "typing": true, "read_receipts": true, "visitors": true})")
