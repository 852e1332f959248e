#include "outgoing.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "text.hpp"
#include "update.hpp"

namespace usher::telegram {

namespace json = boost::json;
using sdk::Failure;
using sdk::Scope;
using sdk::Status;

namespace {

constexpr std::size_t kCallbackDataBytes = 64;  // Bot API, InlineKeyboardButton

Failure refused(std::string code, std::string text, Scope scope = Scope::message) {
    return {
        .status = Status::invalid, .error = text, .reason_code = std::move(code), .reason_text = text, .scope = scope};
}

struct HowToSend {
    std::string_view method, field;
};

/// Kinds that Telegram shows in place; all else is a document.
HowToSend how_to_send(const sdk::Part& part) {
    const std::string_view mime = part.mime;
    if (mime == "image/gif") return {"sendAnimation", "animation"};
    if ((mime == "image/jpeg" || mime == "image/png" || mime == "image/webp") && part.size_bytes <= kPhotoLimit)
        return {"sendPhoto", "photo"};
    if (mime == "video/mp4") return {"sendVideo", "video"};
    if (mime == "audio/ogg") return {"sendVoice", "voice"};
    if (mime == "audio/mpeg" || mime == "audio/mp4" || mime == "audio/x-m4a") return {"sendAudio", "audio"};
    return {"sendDocument", "document"};
}

Step upload(const sdk::Part& part, std::int64_t chat) {
    const HowToSend how = how_to_send(part);
    Step step{.method = std::string(how.method), .parameters = {{"chat_id", chat}}};
    step.file = sdk::FormField{.name = std::string(how.field),
                               .file_name = part.name.empty() ? "file" : part.name,
                               .mime = part.mime.empty() ? "application/octet-stream" : part.mime,
                               .blob = part.uri};
    if (how.method != "sendDocument") step.file_if_refused = "sendDocument";
    return step;
}

std::variant<json::object, Failure> keyboard(const json::array& replies) {
    json::array rows;
    for (const json::value& one : replies) {
        if (!one.is_object()) continue;
        const std::string title = text_in(one.get_object(), "title");
        std::string payload = text_in(one.get_object(), "payload");
        if (payload.empty()) payload = title;
        if (title.empty()) continue;
        if (payload.size() > kCallbackDataBytes)
            return refused("button_too_long", "The button \"" + title + "\" has a payload of more than 64 bytes.");
        rows.push_back(json::array{json::object{{"text", title}, {"callback_data", payload}}});
    }
    return json::object{{"inline_keyboard", std::move(rows)}};
}

/// What is typed and not a text of its own.
void add_typed(std::vector<Step>& steps, const json::object& content, std::int64_t chat) {
    if (const json::object* place = object_in(content, "location"))
        steps.push_back({.method = "sendLocation",
                         .parameters = {{"chat_id", chat},
                                        {"latitude", number_in(*place, "latitude")},
                                        {"longitude", number_in(*place, "longitude")}}});
    const json::array* contacts = array_in(content, "contacts");
    if (contacts == nullptr) return;
    for (const json::value& one : *contacts) {
        const json::object* card = one.if_object();
        const json::array* phones = card != nullptr ? array_in(*card, "phones") : nullptr;
        if (phones == nullptr || phones->empty() || !phones->front().is_string()) continue;
        const std::string name = text_in(*card, "name");
        const std::string phone = without_nul(phones->front().get_string());
        steps.push_back(
            {.method = "sendContact",
             .parameters = {{"chat_id", chat}, {"phone_number", phone}, {"first_name", name.empty() ? phone : name}}});
    }
}

json::object content_of(const sdk::Message& message) {
    if (message.content_json.empty()) return {};
    const auto parsed = parse_json(message.content_json);
    return parsed && parsed->is_object() ? parsed->get_object() : json::object();
}

}  // namespace

std::variant<std::vector<Step>, Failure> plan(const sdk::Message& message) {
    std::int64_t chat = 0;
    const char* end = message.contact.data() + message.contact.size();
    const auto [at, failed] = std::from_chars(message.contact.data(), end, chat);
    if (failed != std::errc() || at != end || chat == 0)
        return refused("bad_address", "A Telegram chat is a number; \"" + message.contact + "\" is none.",
                       Scope::contact);
    for (const sdk::Part& part : message.parts) {
        if (part.size_bytes > kUploadLimit)
            return refused("too_large", "The file " + part.name + " is larger than the 50 MB that Telegram takes.");
        if (part.size_bytes == 0) return refused("empty_file", "The file " + part.name + " is empty.");
    }
    const json::object content = content_of(message);
    if (object_in(content, "template") != nullptr)
        return Failure{.status = Status::unsupported,
                       .error = "templates",
                       .reason_code = "unsupported",
                       .reason_text = "Telegram has no templates."};
    std::string text = message.text;
    if (const json::object* custom = object_in(content, "custom"); custom != nullptr && text.empty())
        text = text_in(*custom, "fallback_text");

    std::vector<Step> steps;
    const json::array* replies = array_in(content, "quick_replies");
    const bool one_file = message.parts.size() == 1 && utf16_length(text) <= kCaptionLimit;
    if (one_file) {
        steps.push_back(upload(message.parts.front(), chat));
        if (!is_blank(text)) steps.back().parameters["caption"] = text;
    } else {
        // No parse_mode: what looks like markup is shown as it was written.
        for (std::string& part : split_text(text, kTextLimit)) {
            if (is_blank(part)) continue;
            steps.push_back({.method = "sendMessage", .parameters = {{"chat_id", chat}, {"text", std::move(part)}}});
        }
        for (const sdk::Part& part : message.parts) steps.push_back(upload(part, chat));
    }
    add_typed(steps, content, chat);
    if (steps.empty()) return refused("empty", "There is nothing in this message that Telegram could show.");
    if (replies != nullptr && !replies->empty()) {
        auto made = keyboard(*replies);
        if (auto* failure = std::get_if<Failure>(&made)) return *failure;
        steps.back().parameters["reply_markup"] = std::get<json::object>(std::move(made));
    }
    if (const auto answered = parse_remote_id(message.reply_to_remote_id); answered && answered->chat_id == chat)
        steps.front().parameters["reply_parameters"] =
            json::object{{"message_id", answered->message_id}, {"allow_sending_without_reply", true}};
    return steps;
}

}  // namespace usher::telegram
