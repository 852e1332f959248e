#include "inbound.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "reader.hpp"
#include "times.hpp"

namespace usher::open_channel {

namespace json = boost::json;
using sdk::Kind;
using sdk::Message;

std::int64_t Reader::time(const json::object& parent, std::string_view key, std::string_view path) {
    const std::string value = text(parent, key, path, 0, 64);
    if (value.empty()) return 0;
    const auto at = parse_time(value);
    if (!at) refuse(join(path, key), "expected an RFC 3339 time such as 2026-11-20T09:15:29Z");
    return at.value_or(0);
}

namespace {

constexpr std::size_t kTextLimit = 4096;
constexpr std::size_t kAttachmentLimit = 10;
constexpr std::uint64_t kAttachmentBytes = 25ull * 1024 * 1024;

bool is_our_id(std::string_view id) {
    return !id.empty() && id.size() <= 19 &&
           std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void limit_json(Reader& reader, const json::value& value, std::size_t most, const std::string& field) {
    if (json::serialize(value).size() > most)
        reader.refuse(field, "is larger than " + std::to_string(most / 1024) + " KiB");
}

/// The members of a contact but its id. Absent members change nothing, null clears (ABI.md, contact_json).
json::object read_profile(Reader& reader, const json::object& contact, const std::string& path, Proof proof) {
    json::object profile;
    const auto take = [&](std::string_view key, std::size_t most) {
        const json::value* found = contact.if_contains(key);
        if (found == nullptr) return;
        if (found->is_null())
            profile[key] = nullptr;
        else
            profile[key] = reader.text(contact, key, path, 0, most);
    };
    take("name", 255);
    take("avatar_url", 2048);
    take("locale", 35);
    take("phone", 32);
    take("email", 254);
    if (const json::object* given = reader.object(contact, "attributes", path, false)) {
        const std::string at = Reader::join(path, "attributes");
        limit_json(reader, *given, 4096, at);
        json::object attributes;
        for (const auto& [key, value] : *given) {
            if (value.is_object() || value.is_array())
                reader.refuse(Reader::join(at, key), "expected a string, a number or a boolean");
            const json::string_view text =
                value.is_string() ? json::string_view(value.get_string()) : json::string_view();
            if (key.empty() || key.size() > 128 || key.find('\0') != json::string_view::npos ||
                text.find('\0') != json::string_view::npos)
                reader.refuse(at, "expected names of 1-128 bytes, and no U+0000");
            // What the account's own server signed is a fact; what a browser says of its user is a claim.
            attributes[key] = json::object{{"value", value}, {"verified", proof == Proof::signature}};
        }
        profile["attributes"] = std::move(attributes);
    }
    return profile;
}

/// contact.external_id, and with a bearer token the proof that the caller speaks for this contact.
std::string read_external_id(Reader& reader, const json::object& body, const Caller& caller,
                             const json::object*& contact) {
    contact = reader.object(body, "contact", "", true);
    if (contact == nullptr) return {};
    std::string id = reader.text(*contact, "external_id", "contact", 1, 255);
    if (reader.fault || caller.proof == Proof::signature || caller.config.identity_secret.empty()) return id;
    const std::string identity = reader.text(*contact, "identity", "contact", 1, 64);
    if (!reader.fault && !same_secret(identity, hmac_sha256_hex(caller.config.identity_secret, id)))
        reader.fault =
            Problem{.status = 401,
                    .code = "bad_signature",
                    .message = "does not prove contact.external_id: expected hex HMAC-SHA256 with identity_secret",
                    .field = "contact.identity"};
    return id;
}

void read_attachment(Reader& reader, const json::object& given, const std::string& path, Draft& draft) {
    sdk::Part part{.attrs_json = "{}"};
    const std::string url = reader.text(given, "url", path, 0, 2048);
    const std::string upload_id = reader.text(given, "upload_id", path, 0, 128);
    part.mime = reader.text(given, "mime_type", path, 0, 255);
    part.name = reader.text(given, "name", path, 0, 255);
    if (given.contains("size"))
        part.size_bytes =
            static_cast<std::uint64_t>(reader.number(given, "size", path, 0, static_cast<double>(kAttachmentBytes)));
    if (reader.fault) return;
    if (url.empty() == upload_id.empty()) return reader.refuse(path, "expected either url or upload_id");
    if (!upload_id.empty()) {
        draft.uploads.emplace_back(draft.message.parts.size(), upload_id);
    } else {
        if (!url.starts_with("https://") && !url.starts_with("http://"))
            return reader.refuse(path + ".url", "expected an https: (or http:) address");
        part.uri = url;
        if (part.name.empty()) {
            const std::string_view whole = std::string_view(url).substr(0, url.find_first_of("?#"));
            const std::string_view last = whole.substr(whole.rfind('/') + 1);
            part.name = last.empty() ? "file" : percent_decode(last).value_or("file");
        }
        if (part.mime.empty()) part.mime = "application/octet-stream";
    }
    draft.message.parts.push_back(std::move(part));
}

void read_location(Reader& reader, const json::object& content, json::object& typed, Message& message) {
    const json::object* nested = reader.object(content, "location", "content", false);
    const json::object& from = nested != nullptr ? *nested : content;
    const std::string path = nested != nullptr ? "content.location" : "content";
    json::object location{{"latitude", reader.number(from, "latitude", path, -90, 90)},
                          {"longitude", reader.number(from, "longitude", path, -180, 180)}};
    const std::string name = reader.text(from, "name", path, 0, 255);
    const std::string address = reader.text(from, "address", path, 0, 1000);
    if (!name.empty()) location["name"] = name;
    if (!address.empty()) location["address"] = address;
    message.text = name;
    if (!address.empty()) message.text += (name.empty() ? "" : ", ") + address;
    if (message.text.empty()) {
        std::array<char, 64> text{};
        std::snprintf(text.data(), text.size(), "%.8g, %.8g", location["latitude"].as_double(),
                      location["longitude"].as_double());
        message.text = text.data();
    }
    typed["location"] = std::move(location);
}

void read_contact_card(Reader& reader, const json::object& content, json::object& typed, Message& message) {
    json::object card{{"name", reader.text(content, "name", "content", 1, 255)}};
    message.text = reader.text(content, "name", "content", 1, 255);
    for (const std::string_view key : {"phones", "emails"}) {
        json::array values;
        if (const json::array* given = reader.array(content, key, "content", 20))
            for (const json::value& one : *given) {
                if (!one.is_string() || one.get_string().size() > 254 ||
                    one.get_string().find('\0') != json::string::npos) {
                    reader.refuse(Reader::join("content", key), "expected strings of at most 254 bytes");
                    return;
                }
                message.text += ", " + std::string(one.get_string());
                values.push_back(one);
            }
        card[key] = std::move(values);
    }
    typed["contacts"] = json::array{std::move(card)};
}

/// Fills text, parts, kind and the typed content.
void read_content(Reader& reader, const json::object& content, const Caller& caller, Draft& draft,
                  json::object& typed) {
    Message& message = draft.message;
    const std::string type = reader.text(content, "type", "content", 1, 64);
    const json::array* attachments = reader.array(content, "attachments", "content", kAttachmentLimit);
    if (attachments != nullptr && !attachments->empty() && !caller.config.features.attachments)
        reader.refuse("content.attachments", "attachments are turned off for this account");
    for (std::size_t i = 0; attachments != nullptr && i < attachments->size() && !reader.fault; ++i) {
        const std::string path = "content.attachments[" + std::to_string(i) + "]";
        if (const json::object* one = (*attachments)[i].if_object())
            read_attachment(reader, *one, path, draft);
        else
            reader.refuse(path, "expected an object");
    }
    if (reader.fault) return;
    const bool has_parts = !message.parts.empty();
    if (type == "text") {
        message.text = reader.text(content, "text", "content", has_parts ? 0 : 1, kTextLimit);
    } else if (type == "media") {
        message.text = reader.text(content, "text", "content", 0, kTextLimit);
        if (!has_parts) reader.refuse("content.attachments", "media needs at least one attachment");
    } else if (type == "location") {
        read_location(reader, content, typed, message);
    } else if (type == "postback") {
        message.kind = Kind::postback;
        message.text = reader.text(content, "text", "content", 1, kTextLimit);
        typed["postback"] = json::object{{"payload", reader.text(content, "payload", "content", 1, 1000)}};
    } else if (type == "contact_card") {
        read_contact_card(reader, content, typed, message);
    } else if (type == "custom") {
        message.text = reader.text(content, "fallback_text", "content", 1, kTextLimit);
        const json::object* custom = reader.object(content, "json", "content", true);
        if (custom == nullptr) return;
        limit_json(reader, *custom, 16 * 1024, "content.json");
        typed["custom"] = json::object{{"json", *custom}, {"fallback_text", message.text}};
    } else {
        reader.refuse("content.type", "is \"" + type.substr(0, 32) +
                                          "\"; expected text, media, location, postback, contact_card or custom");
    }
}

void read_reply_to(Reader& reader, const json::object& body, Message& message) {
    message.reply_to_remote_id = reader.text(body, "reply_to", "", 0, 255);
    // It may name one of ours (our id) or one of theirs; ABI.md has the order in which the kernel looks.
    if (is_our_id(message.reply_to_remote_id))
        message.attrs.emplace_back("reply_to_message_id", message.reply_to_remote_id);
}

template <class T>
Outcome<T> finish(Reader& reader, T value) {
    if (reader.fault) return *reader.fault;
    return value;
}

}  // namespace

bool is_text(std::string_view bytes) {
    json::error_code failed;  // the JSON parser refuses what is not UTF-8; serialising passes bytes through
    json::parse(json::serialize(json::string(bytes)), failed);
    return !failed && bytes.find('\0') == std::string_view::npos;
}

std::optional<std::string> percent_decode(std::string_view text) {
    const auto digit = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    };
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded.push_back(text[i]);
            continue;
        }
        if (i + 2 >= text.size() || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) return std::nullopt;
        decoded.push_back(static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])));
        i += 2;
    }
    if (!is_text(decoded)) return std::nullopt;
    return decoded;
}

Outcome<json::object> parse_object(std::string_view body) {
    json::parse_options options;
    options.max_depth = 32;
    json::error_code failed;
    json::value parsed = json::parse(body, failed, {}, options);
    if (failed) return Problem{.status = 400, .code = "invalid_json", .message = "not JSON: " + failed.message()};
    if (!parsed.is_object()) return Problem{.status = 400, .code = "invalid_json", .message = "expected a JSON object"};
    return std::move(parsed.get_object());
}

Outcome<Draft> read_message(const json::object& body, const Caller& caller) {
    Reader reader;
    Draft draft;
    Message& message = draft.message;
    message.remote_id = reader.id(body, "id", "");
    message.dedupe_key = "m:" + message.remote_id;
    const json::object* contact = nullptr;
    message.contact = read_external_id(reader, body, caller, contact);
    if (contact != nullptr)
        message.contact_json = json::serialize(read_profile(reader, *contact, "contact", caller.proof));

    json::object typed;
    if (const json::object* conversation = reader.object(body, "conversation", "", false)) {
        message.thread_key = reader.text(*conversation, "external_id", "conversation", 0, 255);
        const std::string subject = reader.text(*conversation, "subject", "conversation", 0, 255);
        if (!subject.empty()) typed["subject"] = subject;
    }
    message.sent_unix_us = reader.time(body, "sent_at", "");
    if (const json::object* content = reader.object(body, "content", "", true))
        read_content(reader, *content, caller, draft, typed);
    read_reply_to(reader, body, message);
    if (const json::object* metadata = reader.object(body, "metadata", "", false)) {
        limit_json(reader, *metadata, 4096, "metadata");
        typed["metadata"] = *metadata;
    }
    if (!typed.empty()) message.content_json = json::serialize(typed);
    return finish(reader, std::move(draft));
}

Outcome<Message> read_event(const json::object& body, const Caller& caller) {
    Reader reader;
    Message message;
    const std::string id = reader.id(body, "id", "");
    const std::string type = reader.text(body, "type", "", 1, 64);
    const json::object* contact = nullptr;
    message.contact = read_external_id(reader, body, caller, contact);
    message.dedupe_key = "e:" + id;
    message.sent_unix_us = reader.time(body, "at", "");
    if (const json::object* conversation = reader.object(body, "conversation", "", false))
        message.thread_key = reader.text(*conversation, "external_id", "conversation", 0, 255);
    if (reader.fault) return *reader.fault;

    const Config::Features& features = caller.config.features;
    const auto need = [&](bool on, std::string_view what) {
        if (!on) reader.refuse("type", std::string(what) + " is turned off for this account");
    };
    if (type == "typing.started" || type == "typing.stopped") {
        need(features.typing, "typing");
        message.kind = Kind::typing;
        message.content_json = json::serialize(json::object{{"state", type.substr(7)}});
    } else if (type == "read") {
        need(features.read, "read");
        message.kind = Kind::read;
        message.id = reader.text(body, "message_id", "", 1, 128);
        if (!reader.fault && !is_our_id(message.id))
            reader.refuse("message_id", "expected the id of one of our messages");
    } else if (type == "message.edited") {
        need(features.edit, "edit");
        message.kind = Kind::edit;
        message.remote_id = reader.id(body, "message_id", "");
        if (const json::object* content = reader.object(body, "content", "", true))
            message.text = reader.text(*content, "text", "content", 1, kTextLimit);
    } else if (type == "message.deleted") {
        need(features.delete_, "delete");
        message.kind = Kind::deleted;
        message.remote_id = reader.id(body, "message_id", "");
    } else if (type == "contact.updated") {
        message.kind = Kind::contact;
        message.contact_json = json::serialize(read_profile(reader, *contact, "contact", caller.proof));
    } else if (type == "conversation.closed") {
        message.kind = Kind::closed;
    } else {
        reader.refuse("type", "is \"" + type.substr(0, 32) +
                                  "\"; expected typing.started, typing.stopped, read, message.edited, message.deleted, "
                                  "contact.updated or conversation.closed");
    }
    return finish(reader, std::move(message));
}

Outcome<Message> read_contact(const json::object& body, std::string external_id, const Caller& caller) {
    Reader reader;
    const std::size_t characters = count_characters(external_id);
    if (characters < 1 || characters > 255) reader.refuse("external_id", "expected 1-255 characters");
    if (caller.proof == Proof::bearer && !caller.config.identity_secret.empty() &&
        !same_secret(reader.text(body, "identity", "", 0, 64),
                     hmac_sha256_hex(caller.config.identity_secret, external_id)))
        reader.fault = Problem{.status = 401,
                               .code = "bad_signature",
                               .message = "does not prove the contact: expected hex HMAC-SHA256 with identity_secret",
                               .field = "identity"};
    Message message{.kind = Kind::contact, .contact = std::move(external_id)};
    message.contact_json = json::serialize(read_profile(reader, body, "", caller.proof));
    return finish(reader, std::move(message));
}

Outcome<std::vector<StatusItem>> read_statuses(const json::object& body) {
    Reader list;
    const json::array* statuses = list.array(body, "statuses", "", 100);
    if (list.fault) return *list.fault;
    if (statuses == nullptr || statuses->empty())
        return Problem{.message = "expected an array of 1-100 statuses", .field = "statuses"};
    std::vector<StatusItem> items;
    for (const json::value& value : *statuses) {
        StatusItem& item = items.emplace_back();
        Reader reader;  // one wrong status does not hold the others back
        static const json::object kEmpty;
        const json::object& one = value.is_object() ? value.get_object() : kEmpty;
        item.id = reader.id(one, "id", "");
        const std::string message_id = reader.text(one, "message_id", "", 1, 128);
        const std::string status = reader.text(one, "status", "", 1, 32);
        item.receipt.sent_unix_us = reader.time(one, "at", "");
        item.receipt.dedupe_key = "s:" + item.id;
        item.receipt.id = message_id;
        if (status == "sent") {
            item.receipt.kind = Kind::sent;
        } else if (status == "delivered") {
            item.receipt.kind = Kind::delivered;
        } else if (status == "read") {
            item.receipt.kind = Kind::read;
        } else if (status == "failed") {
            item.receipt.kind = Kind::failed;
            json::object reason{{"reason_code", "failed"}, {"reason_text", ""}, {"scope", "message"}};
            if (const json::object* error = reader.object(one, "error", "", false)) {
                reason["reason_code"] = reader.text(*error, "code", "error", 1, 128);
                reason["reason_text"] = reader.text(*error, "title", "error", 0, 1000);
            }
            item.receipt.content_json = json::serialize(reason);
        } else if (status != "queued" && !reader.fault) {
            reader.refuse("status", "expected queued, sent, delivered, read or failed");
        }
        if (reader.fault)
            item.ignored = "invalid_field: " + reader.fault->field;
        else if (!is_our_id(message_id))
            item.ignored = "unknown_message";
        else if (status == "queued")
            item.ignored = "lower_rank";
    }
    return items;
}

}  // namespace usher::open_channel
