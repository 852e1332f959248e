#include "automation/actions.hpp"

#include "desk/assignment.hpp"
#include "desk/conversations.hpp"
#include "desk/messages.hpp"
#include "foundation/log.hpp"
#include "foundation/text.hpp"
#include "store/repositories/conversations.hpp"

namespace usher::automation {
namespace {

constexpr std::size_t kActionLimit = 20;
constexpr std::int64_t kLongestWait = 30 * 86'400;

std::string text_in(const json::object& o, const char* name) {
    const auto* value = o.if_contains(name);
    const auto* text = value ? value->if_string() : nullptr;
    return text ? std::string(text->data(), text->size()) : std::string();
}

std::vector<std::string> texts_in(const json::object& o, const char* name) {
    std::vector<std::string> out;
    const auto* value = o.if_contains(name);
    if (!value || !value->is_array()) return out;
    for (const auto& item : value->get_array()) {
        if (item.is_string()) out.emplace_back(item.get_string().data(), item.get_string().size());
    }
    return out;
}

Result<void> wait(store::Write& write, std::string_view responder, ConversationId conversation,
                  const json::object& action) {
    const auto* delay = action.if_contains("delay_s");
    const std::string token = text_in(action, "token");
    if (!delay || !delay->is_int64() || delay->get_int64() < 0 || delay->get_int64() > kLongestWait)
        return invalid("delay_s must be 0 to 30 days");
    if (token.empty() || !check_text(token, 800) || length_utf8(token) > 200)
        return invalid("token must be 1 to 200 characters");
    auto& sql = write.sql();
    sql.exec(
        "DELETE FROM job WHERE conversation_id = :conversation AND owner = :owner AND kind = 'wait' AND token = :token",
        conversation, responder, token);
    sql.exec(
        "INSERT INTO job (id, due_at, kind, owner, conversation_id, token) VALUES (:id, :due, 'wait', :owner, "
        ":conversation, :token)",
        write.next_id(), write.now() + std::chrono::seconds(delay->get_int64()), responder, conversation, token);
    return {};
}

Result<void> assign(store::Write& write, ConversationId conversation, const json::object& action) {
    const desk::Actor bot{AuthorType::bot, 0};
    if (auto inbox = parse_id(text_in(action, "inbox_id"))) {
        auto done = desk::move_to_inbox_as(write, bot, conversation, {*inbox});
        if (!done) return done.error();
        return {};
    }
    auto user = parse_id(text_in(action, "user_id"));
    if (!user) return invalid("needs user_id or inbox_id");
    auto row = store::lock_conversation(write.sql(), conversation);
    if (!row) return {};
    if (!desk::may_hold(write.sql(), row->space_id, {*user}, row->inbox_id))
        return invalid("user " + to_string(UserId{*user}) + " cannot be given conversations of this inbox");
    desk::Change change(write, std::move(*row));
    desk::assign_in(change, bot, {*user});
    change.commit();
    return {};
}

Result<void> carry_out_one(store::Write& write, std::string_view responder, ConversationId conversation,
                           const json::object& action) {
    const desk::Actor bot{AuthorType::bot, 0};
    const std::string type = text_in(action, "type");
    const auto plain = [](auto&& result) -> Result<void> {
        if (!result) return result.error();
        return {};
    };
    if (type == "reply") {
        desk::Draft draft;
        draft.conversation_id = conversation;
        draft.text = text_in(action, "text");
        return plain(desk::send_message_as(write, bot, draft));
    }
    if (type == "wait") return wait(write, responder, conversation, action);
    if (type == "tag")
        return plain(
            desk::change_tags_as(write, bot, conversation, texts_in(action, "add"), texts_in(action, "remove")));
    if (type == "assign") return assign(write, conversation, action);
    if (type == "close") return plain(desk::set_status_as(write, bot, conversation, ConversationStatus::closed));
    if (type == "note") {
        const std::string text = text_in(action, "text");
        if (trim(text).empty() || !check_text(text, kMessageBytes)) return invalid("text must not be empty");
        auto row = store::lock_conversation(write.sql(), conversation);
        if (!row) return {};
        desk::Change change(write, std::move(*row));
        Entry note;
        note.kind = EntryKind::note;
        note.direction = Direction::outbound;
        note.author_type = AuthorType::bot;
        note.text = text;
        note = change.add(std::move(note));
        change.note_event(note);
        change.commit();
        return {};
    }
    return invalid("unknown action '" + type.substr(0, 40) + "'");
}

}  // namespace

Result<void> carry_out(store::Write& write, std::string_view responder, ConversationId conversation,
                       std::string_view actions_json) {
    if (trim(actions_json).empty()) return {};
    const auto parsed = parse_json(actions_json);
    if (!parsed || !parsed->is_array()) return invalid("a responder answers a list of actions");
    if (!store::find_conversation(write.sql(), conversation)) return {};  // gone: all of them are nothing
    std::size_t count = 0;
    for (const auto& action : parsed->get_array()) {
        Result<void> done = invalid("an action is an object");
        if (++count > kActionLimit)
            done = invalid("more than 20 actions");
        else if (action.is_object())
            done = carry_out_one(write, responder, conversation, action.get_object());
        if (!done) {
            log::warn(
                "automation", "an action was left out",
                {{"responder", responder}, {"conversation", to_string(conversation)}, {"error", done.error().message}});
        }
    }
    return {};
}

}  // namespace usher::automation
