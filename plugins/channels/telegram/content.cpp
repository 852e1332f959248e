// What stands in a message: every kind that Telegram has is mapped, or shown as what it is.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "text.hpp"
#include "update.hpp"

namespace usher::telegram {

namespace json = boost::json;

namespace {

// What surrounds a message's content and is none itself.
constexpr auto kEnvelope = std::to_array<std::string_view>({"message_id",
                                                            "message_thread_id",
                                                            "direct_messages_topic",
                                                            "from",
                                                            "sender_chat",
                                                            "sender_boost_count",
                                                            "sender_business_bot",
                                                            "sender_tag",
                                                            "date",
                                                            "business_connection_id",
                                                            "chat",
                                                            "forward_origin",
                                                            "is_topic_message",
                                                            "is_automatic_forward",
                                                            "reply_to_message",
                                                            "external_reply",
                                                            "quote",
                                                            "reply_to_story",
                                                            "reply_to_checklist_task_id",
                                                            "via_bot",
                                                            "edit_date",
                                                            "has_protected_content",
                                                            "is_from_offline",
                                                            "is_paid_post",
                                                            "media_group_id",
                                                            "author_signature",
                                                            "paid_star_count",
                                                            "entities",
                                                            "link_preview_options",
                                                            "suggested_post_info",
                                                            "effect_id",
                                                            "caption_entities",
                                                            "show_caption_above_media",
                                                            "has_media_spoiler",
                                                            "reply_markup"});

std::string decimal(double value) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.6f", value);
    std::string out = text.data();
    while (out.ends_with('0')) out.pop_back();
    if (out.ends_with('.')) out.pop_back();
    return out;
}

void add_line(std::string& text, std::string line) {
    if (line.empty()) return;
    if (!text.empty()) text += "\n";
    text += line;
}

/// A name without folders, control characters or nothing at all.
std::string file_name(const json::object& file, std::string_view otherwise) {
    std::string name = text_in(file, "file_name");
    name = name.substr(name.find_last_of("/\\") + 1);
    std::erase_if(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (name.empty() || name == "." || name == ".." || name.size() > 250) return std::string(otherwise);
    return name;
}

void add_file(Content& out, const json::object& file, std::string_view name, std::string_view mime) {
    Media media;
    media.file_id = text_in(file, "file_id");
    if (media.file_id.empty()) return;
    media.name = file_name(file, name);
    media.mime = text_in(file, "mime_type");
    if (media.mime.empty()) media.mime = mime;
    media.size_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(integer_in(file, "file_size"), 0));
    for (const char* side : {"width", "height"}) {
        if (const std::int64_t length = integer_in(file, side); length > 0) media.attrs[side] = length;
    }
    if (const std::int64_t seconds = integer_in(file, "duration"); seconds > 0 && seconds < 1'000'000)
        media.attrs["duration_ms"] = seconds * 1000;
    out.media.push_back(std::move(media));
}

/// The largest of the sizes that may be downloaded; the smallest, where none says that it may.
const json::object* best_photo(const json::array& sizes) {
    const json::object* best = nullptr;
    std::int64_t best_area = -1;
    for (const json::value& one : sizes) {
        const json::object* size = one.if_object();
        if (size == nullptr) continue;
        const std::int64_t width = std::clamp<std::int64_t>(integer_in(*size, "width"), 0, 100'000);
        const std::int64_t height = std::clamp<std::int64_t>(integer_in(*size, "height"), 0, 100'000);
        const bool fits = integer_in(*size, "file_size") <= static_cast<std::int64_t>(kDownloadLimit);
        if (best != nullptr && (!fits || width * height <= best_area)) continue;
        best = size;
        best_area = width * height;
    }
    return best;
}

void take_location(Content& out, const json::object& place, const json::object* venue) {
    const double latitude = number_in(place, "latitude");
    const double longitude = number_in(place, "longitude");
    if (!std::isfinite(latitude) || !std::isfinite(longitude)) return;
    json::object location{{"latitude", latitude}, {"longitude", longitude}};
    std::string where = decimal(latitude) + ", " + decimal(longitude);
    if (venue != nullptr) {
        const std::string title = text_in(*venue, "title");
        const std::string address = text_in(*venue, "address");
        if (!title.empty()) location["name"] = title;
        if (!address.empty()) location["address"] = address;
        where = title + (address.empty() ? "" : ", " + address) + " (" + where + ")";
    }
    out.typed["location"] = std::move(location);
    add_line(out.text, "[Location] " + where);
}

void take_contact(Content& out, const json::object& card) {
    std::string name = text_in(card, "first_name");
    if (const std::string last = text_in(card, "last_name"); !last.empty()) name += " " + last;
    const std::string phone = text_in(card, "phone_number");
    json::array phones;
    if (!phone.empty()) phones.emplace_back(phone);
    out.typed["contacts"] = json::array{json::object{{"name", name}, {"phones", phones}, {"emails", json::array()}}};
    add_line(out.text, "[Contact] " + name + (phone.empty() ? "" : ", " + phone));
}

void take_poll(Content& out, const json::object& poll) {
    std::string text = "[Poll] " + text_in(poll, "question");
    if (const json::array* options = array_in(poll, "options")) {
        for (const json::value& option : *options) {
            if (option.is_object()) text += "\n- " + text_in(option.get_object(), "text");
        }
    }
    add_line(out.text, std::move(text));
}

void take_sticker(Content& out, const json::object& sticker) {
    const bool animated = flag_in(sticker, "is_animated");
    const bool video = flag_in(sticker, "is_video");
    const std::string emoji = text_in(sticker, "emoji");
    add_line(out.text, emoji.empty() ? "[Sticker]" : "[Sticker " + emoji + "]");
    json::object file = sticker;
    file.erase("mime_type");  // it is in the flags; what a stranger says of it does not count
    if (animated) {
        add_file(out, file, "sticker.tgs", "application/x-tgsticker");
    } else if (video) {
        add_file(out, file, "sticker.webm", "video/webm");
    } else {
        add_file(out, file, "sticker.webp", "image/webp");
    }
}

struct FileKind {
    std::string_view member, name, mime;
};
constexpr auto kFiles = std::to_array<FileKind>({{"video", "video.mp4", "video/mp4"},
                                                 {"audio", "audio.mp3", "audio/mpeg"},
                                                 {"voice", "voice.ogg", "audio/ogg"},
                                                 {"video_note", "video-message.mp4", "video/mp4"}});

/// Kinds that are shown by a word and, at most, a title.
struct Shown {
    std::string_view member, word, title;
};
constexpr auto kShown = std::to_array<Shown>({{"game", "Game", "title"},
                                              {"invoice", "Invoice", "title"},
                                              {"story", "Story", ""},
                                              {"checklist", "Checklist", "title"},
                                              {"giveaway", "Giveaway", ""},
                                              {"paid_media", "Paid media", ""},
                                              {"web_app_data", "Form", "button_text"},
                                              {"successful_payment", "Payment", "invoice_payload"},
                                              {"gift", "Gift", ""}});

void take_files(Content& out, const json::object& message) {
    if (const json::array* photo = array_in(message, "photo")) {  // of a live photo too
        if (const json::object* best = best_photo(*photo)) add_file(out, *best, "photo.jpg", "image/jpeg");
    }
    if (const json::object* animation = object_in(message, "animation")) {
        add_file(out, *animation, "animation.mp4", "video/mp4");  // `document` is the same file again
    } else if (const json::object* document = object_in(message, "document")) {
        add_file(out, *document, "document", "application/octet-stream");
    }
    for (const FileKind& kind : kFiles) {
        if (const json::object* file = object_in(message, kind.member)) add_file(out, *file, kind.name, kind.mime);
    }
    if (const json::object* sticker = object_in(message, "sticker")) take_sticker(out, *sticker);
}

void take_others(Content& out, const json::object& message) {
    const json::object* venue = object_in(message, "venue");
    const json::object* place = object_in(message, "location");
    if (place == nullptr && venue != nullptr) place = object_in(*venue, "location");
    if (place != nullptr) take_location(out, *place, venue);
    if (const json::object* card = object_in(message, "contact")) take_contact(out, *card);
    if (const json::object* poll = object_in(message, "poll")) take_poll(out, *poll);
    if (const json::object* dice = object_in(message, "dice"))
        add_line(out.text, "[Dice " + text_in(*dice, "emoji") + " " + std::to_string(integer_in(*dice, "value")) + "]");
    for (const Shown& kind : kShown) {
        const json::object* found = object_in(message, kind.member);
        if (found == nullptr) continue;
        const std::string title = kind.title.empty() ? "" : text_in(*found, kind.title);
        add_line(out.text, "[" + std::string(kind.word) + "]" + (title.empty() ? "" : " " + title));
    }
}

/// A kind of which nothing is known here: its name at least.
std::string unknown_kind(const json::object& message) {
    for (const auto& [key, value] : message) {
        const std::string_view name(key);
        if (std::find(kEnvelope.begin(), kEnvelope.end(), name) != kEnvelope.end()) continue;
        if (name == "text" || name == "caption") continue;
        std::string words = without_nul(name.substr(0, 60));
        std::replace(words.begin(), words.end(), '_', ' ');
        return "[Telegram: " + words + "]";
    }
    return "[Telegram: empty message]";
}

/// From whom a forwarded message is.
std::string forwarded_from(const json::object& message) {
    const json::object* origin = object_in(message, "forward_origin");
    if (origin == nullptr) return {};
    if (const json::object* user = object_in(*origin, "sender_user")) return text_in(*user, "first_name");
    if (std::string name = text_in(*origin, "sender_user_name"); !name.empty()) return name;
    for (const char* member : {"chat", "sender_chat"}) {
        if (const json::object* chat = object_in(*origin, member)) return text_in(*chat, "title");
    }
    return "?";
}

}  // namespace

std::string with_links(std::string_view text, const json::array& entities) {
    struct Link {
        std::size_t at;
        std::string url;
    };
    std::vector<Link> links;
    for (const json::value& one : entities) {
        const json::object* entity = one.if_object();
        if (entity == nullptr || text_in(*entity, "type") != "text_link" || links.size() >= 100) continue;
        const std::int64_t offset = integer_in(*entity, "offset");
        const std::int64_t length = integer_in(*entity, "length");
        const std::string url = text_in(*entity, "url");
        if (offset < 0 || length <= 0 || offset > 1'000'000 || length > 1'000'000 || url.empty()) continue;
        const std::size_t begin = byte_at(text, static_cast<std::size_t>(offset));
        const std::size_t end = byte_at(text, static_cast<std::size_t>(offset + length));
        if (text.substr(begin, end - begin) == url) continue;
        links.push_back({end, url});
    }
    std::stable_sort(links.begin(), links.end(), [](const Link& a, const Link& b) { return a.at < b.at; });
    std::string out;
    std::size_t done = 0;
    for (const Link& link : links) {
        out += text.substr(done, link.at - done);
        out += " (" + link.url + ")";
        done = link.at;
    }
    out += text.substr(done);
    return out;
}

Content read_content(const json::object& message) {
    static const json::array kNone;
    const auto entities = [&](std::string_view name) -> const json::array& {
        const json::array* found = array_in(message, name);
        return found != nullptr ? *found : kNone;
    };
    Content out;
    out.text = with_links(text_in(message, "text"), entities("entities"));
    take_files(out, message);
    take_others(out, message);
    add_line(out.text, with_links(text_in(message, "caption"), entities("caption_entities")));
    if (out.text.empty() && out.media.empty() && out.typed.empty()) out.text = unknown_kind(message);
    json::object metadata;
    if (const std::string from = forwarded_from(message); !from.empty()) metadata["forwarded_from"] = from;
    if (const std::string group = text_in(message, "media_group_id"); !group.empty()) metadata["media_group"] = group;
    if (!metadata.empty()) out.typed["metadata"] = std::move(metadata);
    return out;
}

}  // namespace usher::telegram
