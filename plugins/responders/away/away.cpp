#include "away.hpp"

#include <algorithm>

namespace usher::away {

namespace json = boost::json;
using namespace sdk;

namespace {

const json::object& child(const json::object& parent, std::string_view key) {
    static const json::object kEmpty;
    const json::value* found = parent.if_contains(key);
    return found != nullptr && found->is_object() ? found->get_object() : kEmpty;
}

std::string text(const json::object& parent, std::string_view key) {
    const json::value* found = parent.if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

bool flag(const json::object& parent, std::string_view key, bool absent) {
    const json::value* found = parent.if_contains(key);
    return found != nullptr && found->is_bool() ? found->get_bool() : absent;
}

std::string key_of(const std::string& conversation_id) {
    return "wait/" + conversation_id;
}

std::string reply_action(const std::string& say) {
    return json::serialize(json::array{json::object{{"type", "reply"}, {"text", say}}});
}

const std::string kNothing = "[]";

}  // namespace

Rules Rules::read(const json::object& event) {
    const json::object& inbox = child(event, "inbox");
    const json::object& responder = child(inbox, "auto_responder");
    Rules rules{.enabled = flag(responder, "enabled", false),
                .only_outside = flag(child(responder, "conditions"), "outside_working_hours", false),
                .open_now = flag(event, "open_now", true),
                .message = text(responder, "message"),
                .outside_message = text(inbox, "outside_hours_message")};
    if (const json::value* delay = responder.if_contains("delay_seconds"); delay != nullptr && delay->is_number())
        rules.delay_s = std::max<std::int64_t>(0, delay->to_number<std::int64_t>());
    return rules;
}

std::optional<std::string> Rules::reply() const {
    if (!enabled || (only_outside && open_now)) return std::nullopt;
    const std::string& say = !open_now && !outside_message.empty() ? outside_message : message;
    if (say.empty()) return std::nullopt;
    return say;
}

void Away::respond(std::string event_json, Done<std::string> done) {
    json::error_code failed;
    const json::value parsed = json::parse(event_json, failed);
    if (failed || !parsed.is_object())
        return done(Failure{.status = Status::invalid, .error = "away: an event that is no JSON object"});
    const json::object& event = parsed.get_object();
    const json::object& conversation = child(event, "conversation");
    const json::object& message = child(event, "message");
    const std::string type = text(event, "type");
    const std::string id = text(conversation, "id");
    if (id.empty()) return done(kNothing);

    const std::string status = text(conversation, "status");
    if (type == "timer")
        return end_of_delay(id, text(event, "token"), flag(event, "human_replied_since", false), Rules::read(event),
                            done);
    if (type == "message.received" && text(message, "direction") != "outbound")
        return begin_wait(id, text(message, "id"), Rules::read(event), done);
    if ((type == "message.created" && text(message, "author_type") == "agent") ||
        (type == "conversation.status" && (status == "solved" || status == "closed")))
        return end_wait(id, done);
    done(kNothing);
}

void Away::begin_wait(const std::string& conversation_id, const std::string& message_id, const Rules& rules,
                      const Answer& done) {
    const auto say = rules.reply();
    if (!say) return done(kNothing);
    // The record names the message that began the wait. It may be there already: a later message of the same wait gets
    // nothing; the same message again (the kernel crashed before it committed our answer) gets the same answer again.
    host().kv_put_if(key_of(conversation_id), "", message_id,
                     [done, message_id, say = *say, delay_s = rules.delay_s](const Result<PutIf>& put) {
                         if (!put) return done(put.failure());
                         if (!put->written && put->present != message_id) return done(kNothing);
                         if (delay_s == 0) return done(reply_action(say));
                         done(json::serialize(json::array{
                             json::object{{"type", "wait"}, {"delay_s", delay_s}, {"token", "wait:" + message_id}}}));
                     });
}

void Away::end_of_delay(const std::string& conversation_id, const std::string& token, bool human_replied,
                        const Rules& rules, const Answer& done) {
    if (!token.starts_with("wait:")) return done(kNothing);
    const std::string key = key_of(conversation_id);
    host().kv_get(key, [this, key, token, human_replied, rules, done](const Result<std::optional<std::string>>& found) {
        if (!found) return done(found.failure());
        if (!*found || **found != token.substr(5)) return done(kNothing);  // that wait is over
        if (human_replied) return forget(key, **found, done);
        const auto say = rules.reply();
        if (!say) return forget(key, **found, done);  // conditions passed: the wait stays without an answer
        done(reply_action(*say));  // the record stays: at most once per wait, and the same answer to the same event
    });
}

void Away::end_wait(const std::string& conversation_id, const Answer& done) {
    const std::string key = key_of(conversation_id);
    host().kv_get(key, [this, key, done](const Result<std::optional<std::string>>& found) {
        if (!found) return done(found.failure());
        if (!*found) return done(kNothing);
        forget(key, **found, done);
    });
}

void Away::forget(const std::string& key, const std::string& value, const Answer& done) {
    host().kv_put_if(key, value, "", [done](const Result<PutIf>& put) {
        if (!put) return done(put.failure());
        done(kNothing);  // where it was changed meanwhile, a newer wait stands there and stays
    });
}

}  // namespace usher::away
