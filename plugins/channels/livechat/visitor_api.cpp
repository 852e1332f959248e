// The visitor API: what the frame, or curl, asks below /channels/<account>. README.md describes it.
#include "crypto.hpp"
#include "identity.hpp"
#include "livechat.hpp"
#include "text.hpp"

namespace usher::livechat {
namespace {

constexpr std::size_t kBodyLimit = 128 * 1024;
constexpr std::uint32_t kHistoryPage = 100;

/// @returns the JSON object of a body, or what is wrong with it
sdk::Result<json::object> body_of(const sdk::HttpRequest& request) {
    if (!request.body_blob.empty() || request.body.size() > kBodyLimit)
        return sdk::Failure{
            .status = sdk::Status::invalid, .error = "the body is larger than 128 KiB", .reason_code = "too_large"};
    boost::system::error_code error;
    const json::value value = json::parse(request.body.empty() ? "{}" : std::string_view(request.body), error);
    if (error || !value.is_object())
        return sdk::Failure{
            .status = sdk::Status::invalid, .error = "the body is not a JSON object", .reason_code = "bad_json"};
    return value.get_object();
}

sdk::HttpAnswer wrong_method(const char* allowed) {
    auto answer = refusal_answer({405, "wrong_method", std::string("here is ") + allowed + " only"});
    answer.headers.emplace_back("Allow", allowed);
    return answer;
}

}  // namespace

sdk::HttpAnswer json_answer(std::uint32_t status, const json::value& body) {
    return {.status = status,
            .headers = {{"Content-Type", "application/json"},
                        {"Cache-Control", "no-store"},
                        {"X-Content-Type-Options", "nosniff"}},
            .body = json::serialize(body)};
}

sdk::HttpAnswer refusal_answer(const Refusal& refusal) {
    auto answer = json_answer(refusal.http_status, {{"error", {{"code", refusal.code}, {"message", refusal.message}}}});
    if (refusal.retry_after.count() > 0)
        answer.headers.emplace_back("Retry-After", std::to_string((refusal.retry_after.count() + 999) / 1000));
    return answer;
}

/// A page of a foreign origin gets no answer; one of an allowed origin may read it. Without Origin it is no browser's
/// page.
void LiveChat::webhook(sdk::HttpRequest request, sdk::Done<sdk::HttpAnswer> done) {
    const std::string target = request.path;
    const std::string_view path = std::string_view(target).substr(target.starts_with('/') ? 1 : 0);
    if (request.method == "GET" || request.method == "HEAD") {
        const auto now_ms =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
        if (const auto file = pages_.get(path, request, now_ms.count())) return done(*file);
    }
    const std::string origin(request.header("Origin").value_or(""));
    const bool foreign = !origin.empty() && !settings_.is_own(origin, request.header("Host").value_or(""));
    if (foreign && !settings_.is_site(origin))
        return done(refusal_answer({403, "origin_refused", "the origin " + origin + " may not use this chat"}));
    Answer answer(done, foreign ? origin : std::string());
    if (request.method == "OPTIONS" && foreign) {
        return answer({.status = 204,
                       .headers = {{"Access-Control-Allow-Methods", "GET, POST"},
                                   {"Access-Control-Allow-Headers", "Authorization, Content-Type"},
                                   {"Access-Control-Max-Age", "600"}}});
    }
    route(path, std::move(request), std::move(answer));
}

void LiveChat::route(std::string_view path, sdk::HttpRequest request, Answer answer) {
    const bool get = request.method == "GET";
    const bool post = request.method == "POST";
    if (path == "config") return answer(get ? json_answer(200, settings_.public_settings) : wrong_method("GET"));
    if (path == "session") return post ? open_session(request, answer) : answer(wrong_method("POST"));
    if (path == "messages") return post ? take_frame(request, true, answer) : answer(wrong_method("POST"));
    if (path == "events") return post ? take_frame(request, false, answer) : answer(wrong_method("POST"));
    if (path == "poll") return get ? poll_history(request, answer) : answer(wrong_method("GET"));
    if (path == "uploads") return post ? take_upload(std::move(request), answer) : answer(wrong_method("POST"));
    answer(refusal_answer(
        {404, "not_found", "there is widget.js, frame, config, session, messages, events, poll, uploads and socket"}));
}

sdk::Result<Visitor> LiveChat::visitor_of(const sdk::HttpRequest& request) const {
    const std::string_view header = request.header("Authorization").value_or("");
    constexpr std::string_view kScheme = "Bearer ";
    if (!header.starts_with(kScheme))
        return sdk::Failure{.status = sdk::Status::auth,
                            .error = "expected Authorization: Bearer <token from POST session>",
                            .reason_code = "token_missing"};
    return tokens_.read_visitor(header.substr(kScheme.size()), now());
}

sdk::HttpAnswer LiveChat::session_answer(const Visitor& visitor, const std::string& token) const {
    json::object told{{"id", visitor.contact}, {"verified", visitor.verified}};
    for (const char* name : {"name", "email"})
        if (const auto value = text_of(visitor.claims, name); !value.empty()) told[name] = value;
    return json_answer(200, {{"token", token}, {"ticket", tokens_.ticket(visitor, now())}, {"visitor", told}});
}

/// A proof makes the visitor known; else the token says who it was; else somebody new. A wrong proof is an error, never
/// an anonymous visitor in silence: whoever wants to chat on asks again without it.
void LiveChat::open_session(const sdk::HttpRequest& request, const Answer& answer) const {
    const auto body = body_of(request);
    if (!body) return answer(refusal_answer(to_refusal(body.failure())));
    if (const json::value* identity = body->if_contains("identity"); identity != nullptr && !identity->is_null()) {
        const auto visitor = prove(*identity, settings_.identity_secret, now());
        if (!visitor) return answer(refusal_answer({401, "identity_refused", visitor.failure().error}));
        return answer(session_answer(*visitor, tokens_.visitor(*visitor, now())));
    }
    const std::string_view token = text_of(*body, "token");
    Visitor visitor{.contact = "anon-" + to_hex(random_bytes(16))};
    if (!token.empty()) {
        const auto known = tokens_.read_visitor(token, now());
        if (!known) return answer(refusal_answer(to_refusal(known.failure())));
        if (known->verified) return answer(session_answer(*known, std::string(token)));  // only a proof lengthens it
        visitor = *known;
    }
    if (settings_.require_identity)
        return answer(refusal_answer({403, "identity_required", "this account talks to signed-in visitors only"}));
    answer(session_answer(visitor, tokens_.visitor(visitor, now())));
}

void LiveChat::take_frame(const sdk::HttpRequest& request, bool is_message, const Answer& answer) {
    const auto visitor = visitor_of(request);
    if (!visitor) return answer(refusal_answer(to_refusal(visitor.failure())));
    auto body = body_of(request);
    if (!body) return answer(refusal_answer(to_refusal(body.failure())));
    if (is_message) (*body)["type"] = "message";
    if (!is_message && text_of(*body, "type") == "message")
        return answer(refusal_answer({422, "bad_frame", "messages go to POST messages"}));
    const auto intent = read_frame(*body, *visitor, tokens_, now());
    if (!intent) return answer(refusal_answer(to_refusal(intent.failure())));
    if (!intent->message) return answer(sdk::HttpAnswer{.status = 204});
    host().emit(*intent->message, [is_message, answer](const sdk::Result<sdk::Emitted>& stored) {
        if (!stored) return answer(refusal_answer(to_refusal(stored.failure())));
        if (!is_message) return answer(sdk::HttpAnswer{.status = 204});
        if (stored->conflict)
            return answer(refusal_answer({409, "conflict", "This id was used for another message before."}));
        answer(json_answer(stored->duplicate ? 200 : 202, {{"id", stored->message_id},
                                                           {"conversationId", stored->conversation_id},
                                                           {"duplicate", stored->duplicate}}));
    });
}

void LiveChat::poll_history(const sdk::HttpRequest& request, const Answer& answer) const {
    const auto visitor = visitor_of(request);
    if (!visitor) return answer(refusal_answer(to_refusal(visitor.failure())));
    const auto visitors = host().visitors();
    if (!visitors)
        return answer(refusal_answer({503, "unavailable", "this host keeps no visitors", std::chrono::seconds(30)}));
    const std::string after = query_value(request.query, "after");
    visitors->history(visitor->contact, "", after, kHistoryPage, [after, answer](const sdk::Result<std::string>& told) {
        if (!told && told.failure().status != sdk::Status::not_found)
            return answer(refusal_answer(to_refusal(told.failure())));
        boost::system::error_code error;
        const json::value entries = json::parse(told && !told->empty() ? std::string_view(*told) : "[]", error);
        if (error || !entries.is_array())
            return answer(refusal_answer({503, "unavailable", "the history cannot be read", std::chrono::seconds(5)}));
        json::array frames;
        std::string cursor = after;
        for (const json::value& entry : entries.get_array()) {
            frames.push_back(entry_frame(entry.as_object()));
            cursor = text_of(frames.back().get_object(), "cursor");
        }
        answer(json_answer(200, {{"frames", std::move(frames)}, {"cursor", cursor}}));
    });
}

}  // namespace usher::livechat
