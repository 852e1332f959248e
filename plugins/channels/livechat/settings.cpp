#include "settings.hpp"

#include <algorithm>

#include "colour.hpp"
#include "text.hpp"

namespace usher::livechat {
namespace {

std::string text(const json::object& config, std::string_view key, std::string_view otherwise = {}) {
    const json::value* found = config.if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string(otherwise);
}

bool flag(const json::object& config, std::string_view key, bool otherwise) {
    const json::value* found = config.if_contains(key);
    return found != nullptr && found->is_bool() ? found->get_bool() : otherwise;
}

std::vector<std::string> texts(const json::object& config, std::string_view key) {
    std::vector<std::string> all;
    if (const json::value* found = config.if_contains(key); found != nullptr && found->is_array())
        for (const json::value& one : found->get_array())
            if (one.is_string()) all.emplace_back(one.get_string());
    return all;
}

/// Every member of a field is there for the widget, whatever the operator left out.
json::array form_of(const json::object& config) {
    json::array fields;
    const json::value* found = config.if_contains("pre_chat_form");
    if (found == nullptr || !found->is_array()) return fields;
    for (const json::value& one : found->get_array()) {
        const json::object& field = one.as_object();
        fields.push_back({{"key", text(field, "key")},
                          {"label", text(field, "label")},
                          {"type", text(field, "type")},
                          {"required", flag(field, "required", false)},
                          {"options", json::value_from(texts(field, "options"))}});
    }
    return fields;
}

json::value hours_of(const json::object& config) {
    const json::value* found = config.if_contains("working_hours");
    if (found == nullptr || !found->is_object()) return nullptr;
    const json::object& hours = found->get_object();
    const json::value* schedule = hours.if_contains("schedule");
    return json::object{{"timezone", text(hours, "timezone")},
                        {"schedule", schedule != nullptr ? *schedule : json::object{}},
                        {"holidays", json::value_from(texts(hours, "holidays"))}};
}

}  // namespace

Settings Settings::read(std::string_view account, std::string_view public_url, const json::object& config) {
    Settings settings;
    settings.account = account;
    settings.public_origin = lower(public_url.substr(0, public_url.find('/', public_url.find("://") + 3)));
    for (const std::string& origin : texts(config, "allowed_origins"))
        settings.allowed_origins.push_back(lower(origin));
    settings.identity_secret = text(config, "identity_secret");
    settings.require_identity = flag(config, "require_identity", false);
    settings.attachments = flag(config, "attachments", true);
    settings.max_attachment_bytes = 10'485'760;
    if (const json::value* limit = config.if_contains("max_attachment_bytes"); limit != nullptr && limit->is_number())
        settings.max_attachment_bytes = limit->to_number<std::uint64_t>();
    for (const std::string& type : texts(config, "attachment_types")) settings.attachment_types.push_back(lower(type));

    const Accent accent = readable_accent(text(config, "accent", "#1f53b8"));
    settings.button_settings = {{"account", account},
                                {"title", text(config, "title", "Chat")},
                                {"accent", {{"light", accent.light}, {"dark", accent.dark}}},
                                {"theme", text(config, "theme", "system")},
                                {"position", text(config, "position", "right")},
                                {"language", text(config, "language", "auto")}};
    settings.public_settings = settings.button_settings;
    json::object& all = settings.public_settings;
    all["subtitle"] = text(config, "subtitle");
    all["greeting"] = text(config, "greeting");
    all["offlineText"] = text(config, "offline_text");
    all["sound"] = flag(config, "sound", false);
    all["requireIdentity"] = settings.require_identity;
    all["preChatForm"] = form_of(config);
    all["attachments"] = {{"enabled", settings.attachments},
                          {"maxBytes", settings.max_attachment_bytes},
                          {"types", json::value_from(settings.attachment_types)}};
    all["maxTextLength"] = kTextLimit;
    all["workingHours"] = hours_of(config);
    return settings;
}

bool Settings::is_own(std::string_view origin, std::string_view host_header) const {
    const std::string given = lower(origin);
    if (given == public_origin) return true;
    const auto end = given.find("://");
    return end != std::string::npos && !host_header.empty() && given.substr(end + 3) == lower(host_header);
}

bool Settings::is_site(std::string_view origin) const {
    const std::string given = lower(origin);
    return std::any_of(allowed_origins.begin(), allowed_origins.end(), [&](const std::string& allowed) {
        if (allowed == "*" || allowed == given) return true;
        const auto star = allowed.find("*.");
        if (star == std::string::npos) return false;
        const std::string_view scheme = std::string_view(allowed).substr(0, star);
        const std::string_view domain = std::string_view(allowed).substr(star + 1);  // ".shop.example"
        return given.size() > scheme.size() + domain.size() && given.starts_with(scheme) && given.ends_with(domain);
    });
}

bool Settings::allows_type(std::string_view name, std::string_view mime) const {
    if (attachment_types.empty()) return true;
    const std::string file = lower(name);
    return std::any_of(attachment_types.begin(), attachment_types.end(), [&](const std::string& type) {
        if (type.starts_with('.')) return file.ends_with(type);
        if (type.ends_with("/*")) return mime.starts_with(std::string_view(type).substr(0, type.size() - 1));
        return type == mime;
    });
}

std::string Settings::frame_policy() const {
    const bool plain = public_origin.starts_with("http:");
    const std::string socket_origin = (plain ? "ws" : "wss") + public_origin.substr(public_origin.find(':'));
    std::string ancestors = "'self'";
    for (const std::string& origin : allowed_origins) ancestors += " " + origin;
    return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self'; "
           "connect-src 'self' " +
           socket_origin + "; base-uri 'none'; form-action 'none'; frame-ancestors " + ancestors;
}

}  // namespace usher::livechat
