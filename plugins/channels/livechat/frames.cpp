#include "frames.hpp"

#include <algorithm>

#include "crypto.hpp"
#include "text.hpp"

namespace usher::livechat {
namespace {

constexpr std::size_t kClientIdLimit = 64;
constexpr std::size_t kUploadsLimit = 10;
constexpr std::size_t kAttributesLimit = 50;
constexpr std::size_t kAttributeBytes = 1000;
constexpr std::size_t kUrlBytes = 2000;
constexpr std::size_t kNameBytes = 200;

sdk::Failure refused(std::string code, std::string text, std::string client_id = {}) {
    return {.status = sdk::Status::invalid,
            .error = std::move(text),
            .reason_code = std::move(code),
            .body = std::move(client_id)};
}

bool is_client_id(std::string_view id) {
    return !id.empty() && id.size() <= kClientIdLimit && std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    });
}

bool is_number(std::string_view id) {
    return !id.empty() && id.size() <= 20 &&
           std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

const json::object* object_of(const json::object& from, std::string_view key) {
    const json::value* found = from.if_contains(key);
    return found != nullptr ? found->if_object() : nullptr;
}

/// Scalars only; what is not, or too much, is left out: a page's mistake must not lose a customer's words.
void add_attributes(json::object& to, const json::object* from, bool verified) {
    if (from == nullptr) return;
    for (const auto& [key, value] : *from) {
        if (to.size() >= kAttributesLimit) return;
        if (key.empty() || key.size() > 100 || !is_text(key)) continue;
        json::value kept = value;
        if (const auto* text = value.if_string()) {
            if (!is_text(*text)) continue;
            kept = cut(*text, kAttributeBytes);
        } else if (!value.is_number() && !value.is_bool()) {
            continue;
        }
        to[key] = json::object{{"value", kept}, {"verified", verified}};
    }
}

/// What is proven wins over what the page or the visitor says.
json::object contact_of(const Visitor& visitor, const json::object* said) {
    json::object contact;
    json::object attributes;
    if (said != nullptr) {
        for (const char* name : {"name", "email", "phone"})
            if (const auto value = text_of(*said, name); !value.empty() && is_text(value))
                contact[name] = cut(value, kNameBytes);
        add_attributes(attributes, object_of(*said, "attributes"), false);
    }
    if (visitor.verified) {
        for (const char* name : {"name", "email"})
            if (const auto value = text_of(visitor.claims, name); !value.empty()) {
                contact[name] = value;
                attributes[name] = {{"value", value}, {"verified", true}};
            }
        add_attributes(attributes, object_of(visitor.claims, "attributes"), true);
    }
    if (!attributes.empty()) contact["attributes"] = std::move(attributes);
    // Of somebody without a name an agent still has to tell two apart.
    if (!visitor.verified)
        contact["fallback_name"] =
            "Visitor " +
            visitor.contact.substr(visitor.contact.size() - std::min<std::size_t>(4, visitor.contact.size()));
    return contact;
}

void add_page(sdk::Inbound& message, const json::object* page) {
    if (page == nullptr) return;
    const std::string_view url = text_of(*page, "url");
    if ((url.starts_with("https://") || url.starts_with("http://")) && is_text(url))
        message.attrs.emplace_back("url", cut(url, kUrlBytes));
    if (const auto title = text_of(*page, "title"); !title.empty() && is_text(title))
        message.attrs.emplace_back("title", cut(title, kNameBytes));
}

std::optional<sdk::Failure> add_uploads(sdk::Inbound& message, const json::object& frame, const Visitor& visitor,
                                        const Tokens& tokens, Seconds now, const std::string& client_id) {
    const json::value* given = frame.if_contains("uploadIds");
    if (given == nullptr) return std::nullopt;
    if (!given->is_array() || given->get_array().size() > kUploadsLimit)
        return refused("bad_upload", "uploadIds: expected a list of at most 10", client_id);
    for (const json::value& id : given->get_array()) {
        const auto upload = tokens.read_upload(id.is_string() ? std::string_view(id.get_string()) : "", now);
        if (!upload || upload->contact != visitor.contact)
            return refused("bad_upload", "An attached file is not there any more. Please attach it again.", client_id);
        message.parts.push_back({.mime = upload->mime,
                                 .name = upload->name,
                                 .uri = "blob:" + upload->blob,
                                 .attrs_json = upload->mime.starts_with("image/") ? R"({"inline":true})" : "{}",
                                 .size_bytes = upload->size_bytes});
    }
    return std::nullopt;
}

sdk::Result<Intent> read_message(const json::object& frame, const Visitor& visitor, const Tokens& tokens, Seconds now) {
    const std::string client_id(text_of(frame, "id"));
    if (!is_client_id(client_id))
        return refused("bad_frame", "id: expected 1 to 64 letters, digits, - or _, made by the client");
    const std::string_view text = text_of(frame, "text");
    if (frame.contains("text") && !frame.at("text").is_string())
        return refused("bad_frame", "text: expected a text", client_id);
    if (!is_text(text)) return refused("bad_frame", "text: expected UTF-8 without NUL", client_id);
    if (length_of(text) > kTextLimit)
        return refused("too_long", "The message is longer than " + std::to_string(kTextLimit) + " characters.",
                       client_id);
    sdk::Inbound message{.kind = sdk::Kind::text,
                         .dedupe_key = "m:" + visitor.contact + ":" + client_id,
                         .remote_id = remote_id_of(visitor, client_id),
                         .contact = visitor.contact,
                         .text = std::string(text),
                         .sent_unix_us = unix_us(text_of(frame, "sentAt")).value_or(0),
                         .attrs = {{"client_id", client_id}}};
    if (const auto failure = add_uploads(message, frame, visitor, tokens, now, client_id)) return *failure;
    if (message.parts.empty() && text.find_first_not_of(" \t\r\n") == std::string_view::npos)
        return refused("empty", "A message needs a text or a file.", client_id);
    message.contact_json = json::serialize(contact_of(visitor, object_of(frame, "visitor")));
    add_page(message, object_of(frame, "page"));
    return Intent{.message = std::move(message), .client_id = client_id};
}

sdk::Result<Intent> read_read(const json::object& frame, const Visitor& visitor) {
    const std::string id(text_of(frame, "id"));
    if (!is_number(id)) return refused("bad_frame", "id: expected the id of an entry");
    return Intent{.message = sdk::Inbound{.kind = sdk::Kind::read,
                                          .id = id,
                                          .dedupe_key = "r:" + visitor.contact + ":" + id,
                                          .contact = visitor.contact}};
}

sdk::Result<Intent> read_profile(const json::object& frame, const Visitor& visitor) {
    const json::object contact = contact_of(visitor, object_of(frame, "visitor"));
    if (contact.empty()) return Intent{};
    // Told anew each time: going back to an earlier value is news as well.
    return Intent{.message = sdk::Inbound{.kind = sdk::Kind::contact,
                                          .dedupe_key = "c:" + visitor.contact + ":" + to_hex(random_bytes(12)),
                                          .contact = visitor.contact,
                                          .contact_json = json::serialize(contact)}};
}

}  // namespace

sdk::Result<Intent> read_frame(const json::value& value, const Visitor& visitor, const Tokens& tokens, Seconds now) {
    const json::object* frame = value.if_object();
    if (frame == nullptr) return refused("bad_frame", "expected a JSON object with a type");
    const std::string_view type = text_of(*frame, "type");
    if (type == "message") return read_message(*frame, visitor, tokens, now);
    if (type == "read") return read_read(*frame, visitor);
    if (type == "profile") return read_profile(*frame, visitor);
    if (type == "typing") {
        sdk::Inbound typing{.kind = sdk::Kind::typing, .contact = visitor.contact};
        if (text_of(*frame, "state") == "stopped") typing.content_json = R"({"state":"stopped"})";
        return Intent{.message = std::move(typing)};
    }
    if (type == "page") {
        sdk::Inbound view{.kind = sdk::Kind::page_view, .contact = visitor.contact};
        add_page(view, frame);
        if (sdk::find(view.attrs, "url").empty()) return refused("bad_frame", "url: expected an http or https address");
        return Intent{.message = std::move(view)};
    }
    if (type == "ping") return Intent{.ping = true};
    return refused("bad_frame", "type: expected message, typing, read, page, profile or ping");
}

json::object entry_frame(const json::object& told) {
    json::array attachments;
    if (const json::value* parts = told.if_contains("attachments"); parts != nullptr && parts->is_array())
        for (const json::value& part : parts->get_array()) {
            const json::object& from = part.as_object();
            const auto member = [&](const char* name, json::value otherwise) {
                const json::value* found = from.if_contains(name);
                return found != nullptr ? *found : otherwise;
            };
            attachments.push_back({{"id", member("id", "")},
                                   {"name", member("name", "")},
                                   {"mimeType", member("mime_type", "application/octet-stream")},
                                   {"sizeBytes", member("size", 0)},
                                   {"url", member("url", "")},
                                   {"inline", member("inline", false)}});
        }
    json::object entry{{"id", text_of(told, "id")},
                       {"seq", told.contains("seq") ? told.at("seq") : json::value(0)},
                       {"direction", text_of(told, "direction")},
                       {"author", told.contains("author") ? told.at("author") : json::object{}},
                       {"text", text_of(told, "text")},
                       {"attachments", std::move(attachments)},
                       {"status", text_of(told, "status")}};
    if (const json::value* at = told.if_contains("at_unix_us"); at != nullptr && at->is_number())
        entry["createdAt"] = rfc3339(at->to_number<std::int64_t>());
    if (const auto id = text_of(told, "client_id"); !id.empty()) entry["clientId"] = id;
    return {{"type", "entry"}, {"cursor", text_of(told, "cursor")}, {"entry", std::move(entry)}};
}

std::string remote_id_of(const Visitor& visitor, std::string_view client_id) {
    return visitor.contact + ":" + std::string(client_id);  // clients of two visitors may choose the same id
}

std::string client_id_of(std::string_view remote_id) {
    const auto colon = remote_id.rfind(':');
    return std::string(colon == std::string_view::npos ? remote_id : remote_id.substr(colon + 1));
}

}  // namespace usher::livechat
