#include "update.hpp"

#include <charconv>
#include <cmath>

#include "text.hpp"

namespace usher::telegram {

namespace json = boost::json;

// ---- members that may be anything ---------------------------------------------------------------------------------

std::optional<json::value> parse_json(std::string_view text) {
    json::parse_options options;
    options.max_depth = 64;  // replies hold messages, which hold polls, which hold entities
    json::error_code failed;
    json::value parsed = json::parse(text, failed, {}, options);
    if (failed) return std::nullopt;
    return parsed;
}

const json::object* object_in(const json::object& parent, std::string_view name) {
    const json::value* found = parent.if_contains(name);
    return found != nullptr ? found->if_object() : nullptr;
}

const json::array* array_in(const json::object& parent, std::string_view name) {
    const json::value* found = parent.if_contains(name);
    return found != nullptr ? found->if_array() : nullptr;
}

std::string text_in(const json::object& parent, std::string_view name) {
    const json::value* found = parent.if_contains(name);
    return found != nullptr && found->is_string() ? without_nul(found->get_string()) : std::string();
}

std::int64_t integer_in(const json::object& parent, std::string_view name) {
    const json::value* found = parent.if_contains(name);
    return found != nullptr && found->is_int64() ? found->get_int64() : 0;
}

double number_in(const json::object& parent, std::string_view name) {
    const json::value* found = parent.if_contains(name);
    return found != nullptr && found->is_number() ? found->to_number<double>() : 0;
}

bool flag_in(const json::object& parent, std::string_view name) {
    const json::value* found = parent.if_contains(name);
    return found != nullptr && found->is_bool() && found->get_bool();
}

// ---- ids -----------------------------------------------------------------------------------------------------------

std::string remote_id(std::int64_t chat_id, std::int64_t message_id) {
    return std::to_string(chat_id) + ":" + std::to_string(message_id);
}

std::optional<MessageRef> parse_remote_id(std::string_view id) {
    MessageRef ref;
    const char* end = id.data() + id.size();
    const auto chat = std::from_chars(id.data(), end, ref.chat_id);
    if (chat.ec != std::errc() || chat.ptr == end || *chat.ptr != ':') return std::nullopt;
    const auto message = std::from_chars(chat.ptr + 1, end, ref.message_id);
    if (message.ec != std::errc() || message.ptr != end || ref.message_id <= 0) return std::nullopt;
    return ref;
}

namespace {

// ---- one update ----------------------------------------------------------------------------------------------------

/// What of a person may be shown: first and last name, else the user name.
std::string name_of(const json::object& user) {
    std::string name = text_in(user, "first_name");
    const std::string last = text_in(user, "last_name");
    if (!last.empty()) name += (name.empty() ? "" : " ") + last;
    if (name.empty()) name = text_in(user, "username");
    return name;
}

std::string contact_json(const json::object& user) {
    json::object contact;
    if (const std::string name = name_of(user); !name.empty()) contact["name"] = name;
    if (const std::string locale = text_in(user, "language_code"); !locale.empty()) contact["locale"] = locale;
    if (const std::string user_name = text_in(user, "username"); !user_name.empty())
        contact["attributes"] =
            json::object{{"telegram_username", json::object{{"value", "@" + user_name}, {"verified", true}}}};
    return contact.empty() ? "" : json::serialize(contact);
}

bool is_private(const json::object& chat) {
    return text_in(chat, "type") == "private";
}

std::string prefix(std::int64_t bot_id) {
    return std::to_string(bot_id) + ":";
}

/// A new or an edited message.
void take_message(const json::object& from, bool edited, std::int64_t bot_id, Update& out) {
    const json::object* chat = object_in(from, "chat");
    const std::int64_t message_id = integer_in(from, "message_id");
    if (chat == nullptr || message_id <= 0) return;
    out.chat_id = integer_in(*chat, "id");
    if (!is_private(*chat)) {
        const std::string type = text_in(*chat, "type");
        if (!edited && (type == "group" || type == "supergroup")) out.sort = Update::Sort::group;
        return;
    }
    const json::object* user = object_in(from, "from");
    const std::int64_t contact = user != nullptr ? integer_in(*user, "id") : out.chat_id;
    if (contact == 0 || (user != nullptr && flag_in(*user, "is_bot"))) return;
    Content content = read_content(from);
    sdk::Message& m = out.message;
    m.kind = edited ? sdk::Kind::edit : sdk::Kind::text;
    m.contact = std::to_string(contact);
    m.remote_id = remote_id(out.chat_id, message_id);
    // A message is one fact whatever the update's number; each edit of it is another.
    m.dedupe_key = prefix(bot_id) + (edited ? "u:" + std::to_string(out.id) : "m:" + m.remote_id);
    m.text = std::move(content.text);
    if (!content.typed.empty()) m.content_json = json::serialize(content.typed);
    if (user != nullptr) m.contact_json = contact_json(*user);
    const std::int64_t date = integer_in(from, edited ? "edit_date" : "date");
    if (date > 0 && date < 100'000'000'000) m.sent_unix_us = date * 1'000'000;
    if (const json::object* reply = object_in(from, "reply_to_message"); reply != nullptr && !edited) {
        if (const std::int64_t target = integer_in(*reply, "message_id"); target > 0)
            m.reply_to_remote_id = remote_id(out.chat_id, target);
    }
    if (!edited) out.media = std::move(content.media);
    out.sort = Update::Sort::message;
}

/// The title of the button that holds `data`.
std::string title_of(const json::object& message, std::string_view data) {
    const json::object* markup = object_in(message, "reply_markup");
    const json::array* rows = markup != nullptr ? array_in(*markup, "inline_keyboard") : nullptr;
    if (rows == nullptr) return {};
    for (const json::value& row : *rows) {
        if (!row.is_array()) continue;
        for (const json::value& button : row.get_array()) {
            if (button.is_object() && text_in(button.get_object(), "callback_data") == data)
                return text_in(button.get_object(), "text");
        }
    }
    return {};
}

void take_query(const json::object& query, std::int64_t bot_id, Update& out) {
    const json::object* user = object_in(query, "from");
    const json::object* message = object_in(query, "message");
    const json::object* chat = message != nullptr ? object_in(*message, "chat") : nullptr;
    out.query_id = text_in(query, "id");
    if (user == nullptr || chat == nullptr || !is_private(*chat)) return;
    const std::int64_t contact = integer_in(*user, "id");
    if (contact == 0) return;
    out.chat_id = integer_in(*chat, "id");
    const std::string data = text_in(query, "data");
    sdk::Message& m = out.message;
    m.kind = sdk::Kind::postback;
    m.contact = std::to_string(contact);
    m.dedupe_key = prefix(bot_id) + "q:" + out.query_id;
    m.text = title_of(*message, data);
    if (m.text.empty()) m.text = data;
    if (m.text.empty()) m.text = "[Button]";
    m.content_json = json::serialize(json::object{{"postback", json::object{{"payload", data}}}});
    m.contact_json = contact_json(*user);
    if (const std::int64_t target = integer_in(*message, "message_id"); target > 0)
        m.reply_to_remote_id = remote_id(out.chat_id, target);
    out.sort = Update::Sort::message;
}

/// The person blocked or unblocked the bot, or somebody added it to a group.
void take_membership(const json::object& change, std::int64_t bot_id, Update& out) {
    const json::object* chat = object_in(change, "chat");
    const json::object* after = object_in(change, "new_chat_member");
    if (chat == nullptr || after == nullptr) return;
    out.chat_id = integer_in(*chat, "id");
    const std::string status = text_in(*after, "status");
    if (!is_private(*chat)) {
        const std::string type = text_in(*chat, "type");
        const bool inside = status == "member" || status == "administrator" || status == "restricted";
        if (inside && (type == "group" || type == "supergroup")) out.sort = Update::Sort::group;
        return;
    }
    if (out.chat_id == 0 || (status != "kicked" && status != "member")) return;
    sdk::Message& m = out.message;
    m.kind = sdk::Kind::contact;
    m.contact = std::to_string(out.chat_id);
    m.dedupe_key = prefix(bot_id) + "u:" + std::to_string(out.id);
    m.contact_json = json::serialize(json::object{{"blocked", status == "kicked"}});
    out.sort = Update::Sort::message;
}

}  // namespace

std::optional<Update> read_update(const json::value& update, std::int64_t bot_id) {
    const json::object* object = update.if_object();
    const json::value* id = object != nullptr ? object->if_contains("update_id") : nullptr;
    if (id == nullptr || !id->is_int64()) return std::nullopt;
    Update out;
    out.id = id->get_int64();
    for (const auto& [name, value] : *object) {
        if (value.is_object()) out.what = std::string(name);
    }
    if (const json::object* message = object_in(*object, "message")) {
        take_message(*message, false, bot_id, out);
    } else if (const json::object* edited = object_in(*object, "edited_message")) {
        take_message(*edited, true, bot_id, out);
    } else if (const json::object* query = object_in(*object, "callback_query")) {
        take_query(*query, bot_id, out);
    } else if (const json::object* change = object_in(*object, "my_chat_member")) {
        take_membership(*change, bot_id, out);
    }
    return out;
}

std::optional<Update> parse_update(std::string_view body, std::int64_t bot_id) {
    const auto parsed = parse_json(body);
    if (!parsed) return std::nullopt;
    return read_update(*parsed, bot_id);
}

}  // namespace usher::telegram
