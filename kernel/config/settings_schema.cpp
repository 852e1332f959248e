#include <stdexcept>

#include "config/binding.hpp"
#include "config/check.hpp"
#include "config/json_schema_view.hpp"

namespace usher::config {
namespace {

/// What the types cannot say. `path` is dotted, [] steps into a list; `rules` is more of the schema, as JSON.
struct Annotation {
    std::string_view path;
    std::string_view description;
    std::string_view rules = "{}";
};

constexpr std::string_view kSlug = R"({"pattern": "^[a-z0-9-]{1,40}$", "examples": ["support-website"]})";
constexpr std::string_view kPort = R"({"minimum": 0, "maximum": 65535})";

const Annotation kAnnotations[] = {
    {"listeners", "Addresses this daemon listens on."},
    {"listeners.workspace", "Workspace and API; nothing public."},
    {"listeners.workspace.address", "IP address to listen on.", R"({"minLength": 1})"},
    {"listeners.workspace.port", "TCP port; 0 takes any free one.", kPort},
    {"listeners.public", "What customers and providers reach: /channels/..., attachments, surveys."},
    {"listeners.public.address", "IP address to listen on.", R"({"minLength": 1})"},
    {"listeners.public.port", "TCP port; 0 takes any free one.", kPort},
    {"listeners.tls", "TLS on both listeners; absent: plain HTTP, for a proxy in front.",
     R"({"required": ["certificate", "key"]})"},
    {"listeners.tls.certificate", "PEM file with the certificate and its chain.", R"({"minLength": 1})"},
    {"listeners.tls.key", "PEM file with the private key.", R"({"minLength": 1})"},
    {"workspace_url",
     "Origin under which people reach the workspace, such as https://desk.example.com: links in invitations, and which "
     "pages may use the API by cookie.",
     R"({"pattern": "^(https?://[^/?#\\s]+)?$"})"},
    {"public_url",
     "Origin under which customers and providers reach the public listener, such as https://chat.example.com.",
     R"({"pattern": "^(https?://[^/?#\\s]+)?$", "examples": ["https://chat.example.com"]})"},
    {"trusted_proxies", "Networks (CIDR) of proxies whose X-Forwarded-For is believed."},
    {"data_dir", "Folder for everything that is kept: database, blobs, keys.", R"({"minLength": 1})"},
    {"store", "The database."},
    {"store.url", "sqlite:///path, postgresql://... or mysql://...; absent: SQLite in data_dir.",
     R"({"pattern": "^((sqlite|postgresql|mysql)://.+)?$", "examples": ["postgresql://host=db dbname=usher user=usher"]})"},
    {"store.reader_threads", "Connections that read.", R"({"minimum": 1, "maximum": 128})"},
    {"store.batch_limit", "Most writes in one commit.", R"({"minimum": 1, "maximum": 512})"},
    {"store.queue_limit", "Most writes that wait; more are refused with 503.", R"({"minimum": 1, "maximum": 1000000})"},
    {"store.write_deadline_ms", "How long a write waits for a database that is gone.",
     R"({"minimum": 100, "maximum": 600000})"},
    {"store.read_deadline_ms", "How long a read may take.", R"({"minimum": 100, "maximum": 600000})"},
    {"blobs", "Attachments."},
    {"blobs.folder", "Folder of the files; absent: blobs in data_dir."},
    {"blobs.min_free_mb", "With fewer MiB free on its disk no file is taken; the rest is the database's.",
     R"({"minimum": 0})"},
    {"blobs.max_bytes", "Largest attachment.", R"({"minimum": 1024, "maximum": 2147483648})"},
    {"log", "The log, on standard error."},
    {"log.level", "Least severe lines that are written."},
    {"log.format", "Text for people, JSON for collectors."},
    {"limits", "What a client may use."},
    {"limits.server_threads", "Threads that serve connections.", R"({"minimum": 1, "maximum": 256})"},
    {"limits.plugin_crashes",
     "Crashes of an account's own plugin process within an hour after which the account is disabled.",
     R"({"minimum": 1, "maximum": 1000000})"},
    {"limits.plugin_restart_s", "Longest wait, in seconds, until a plugin's process that ended starts again.",
     R"({"minimum": 1, "maximum": 3600})"},
    {"limits.plugin_threads", "Threads that run plugins in this process.", R"({"minimum": 1, "maximum": 256})"},
    {"limits.connections", "Connections at once, per listener.", R"({"minimum": 1})"},
    {"limits.connections_per_address", "Connections at once from one address.", R"({"minimum": 1})"},
    {"limits.requests_per_s", "Requests per second from one address; twice that in a burst.", R"({"minimum": 1})"},
    {"limits.upload_mb_per_hour", "MiB an hour of files that one address sends to channels; 0: any number.",
     R"({"minimum": 0, "maximum": 1048576})"},
    {"limits.login_failures", "Failed logins per address and user in login_window_s.", R"({"minimum": 1})"},
    {"limits.login_window_s", "Seconds over which failed logins count.", R"({"minimum": 1})"},
    {"limits.header_bytes", "Largest head of a request.", R"({"minimum": 1024, "maximum": 1048576})"},
    {"limits.body_bytes", "Largest body of a request that is no upload.", R"({"minimum": 1024, "maximum": 67108864})"},
    {"limits.frame_bytes", "Largest WebSocket message.", R"({"minimum": 1024, "maximum": 1048576})"},
    {"limits.json_depth", "Deepest nesting of JSON.", R"({"minimum": 4, "maximum": 256})"},
    {"limits.header_timeout_s", "Seconds until a request's head has to be there.", R"({"minimum": 1})"},
    {"limits.body_timeout_s", "Seconds until a request's body has to be there.", R"({"minimum": 1})"},
    {"limits.idle_timeout_s", "Seconds an idle connection is kept.", R"({"minimum": 1})"},
    {"plugin_dirs", "Folders with plugin libraries, searched in order."},
    {"plugins", "Libraries to load; absent: every usher-*.so in plugin_dirs."},
    {"plugins[]", "A plugin library.", R"({"required": ["library"]})"},
    {"plugins[].library", "File name, looked up in plugin_dirs, or an absolute path.", R"({"minLength": 1})"},
    {"plugins[].isolation",
     "Where it runs: in this process (in_process), in a child of its own (process), or in one for each account "
     "(process_per_account). Absent: in_process for the plugins that Usher ships, process for all others."},
    {"accounts", "Configured channels: one bot, one phone number, one mailbox each."},
    {"accounts[]", "An account.", R"({"required": ["id", "channel"]})"},
    {"accounts[].id", "Names it in URLs, logs and metrics; never changed.", kSlug},
    {"accounts[].name", "For people; absent: the id.", R"({"minLength": 1, "maxLength": 100})"},
    {"accounts[].channel", "The channel plugin's id, such as livechat.", R"({"minLength": 1})"},
    {"accounts[].inbox", "Name of the inbox that takes its new conversations; absent: by the routing rules.",
     R"({"minLength": 1})"},
    {"accounts[].enabled", "false: kept, but off."},
    {"accounts[].config", "The channel's own settings; its README lists them."},
    {"accounts[].retry", "When failed sends are tried again; absent members: the channel's defaults."},
    {"accounts[].retry.delays_s", "Seconds between attempts; the last repeats.", R"({"minItems": 1, "maxItems": 20})"},
    {"accounts[].retry.delays_s[]", "Seconds.", R"({"minimum": 1, "maximum": 86400})"},
    {"accounts[].retry.conversation_block_s", "How long a message that keeps failing holds back its conversation.",
     R"({"minimum": 0, "maximum": 86400})"},
    {"accounts[].retry.breaker", "Stops sending while the provider is down."},
    {"accounts[].retry.breaker.failures", "Failures in a row that open it.", R"({"minimum": 1})"},
    {"accounts[].retry.breaker.probe_s", "Seconds between tries while it is open.", R"({"minimum": 1})"},
    {"accounts[].retry.give_up_s", "How long messages wait while the account is down.",
     R"({"minimum": 1, "maximum": 604800})"},
    {"accounts[].egress", "Which peers it may reach."},
    {"accounts[].egress.allow_cidrs", "Private networks (CIDR) its peers live in; others are refused."},
    {"strategies", "Routing strategies with settings; those without run by themselves."},
    {"responders", "Auto-responders with settings; those without run by themselves."},
    {"exporters", "Exporters of the event feed."},
    {"workspace", "The browser app."},
    {"workspace.folder", "Folder of the built app; absent: where it was installed."},
    {"settings", "How the desk behaves."},
    {"settings.undo_window_seconds", "How long a sent message can be undone; 0: not at all.",
     R"({"minimum": 0, "maximum": 60})"},
    {"settings.login_status", "Availability at login."},
    {"settings.disconnected_away_seconds", "An agent without a connection for this long becomes away.",
     R"({"minimum": 60, "maximum": 86400})"},
    {"settings.session_hours", "How long a login lasts.", R"({"minimum": 1, "maximum": 720})"},
    {"retention", "How long is kept what grows with every message."},
    {"retention.events_days",
     "Events, which exporters, responders and browsers read; one that an exporter still needs stays.",
     R"({"minimum": 2, "maximum": 3650})"},
    {"retention.routing_decisions_days", "Why whom routing chose.", R"({"minimum": 1, "maximum": 3650})"},
    {"secret_key",
     "Seals accounts' secrets in the database: 32 random bytes, base64url; absent: secret_key in data_dir, made once.",
     R"({"pattern": "^([A-Za-z0-9_-]{43}=?)?$"})"},
};

/// The same for the three lists of extensions.
const Annotation kExtension[] = {
    {"[]", "One configured instance.", R"({"required": ["id", "plugin"]})"},
    {"[].id", "Names it in logs and metrics.", kSlug},
    {"[].plugin", "The plugin's id, such as round_robin.", R"({"minLength": 1})"},
    {"[].enabled", "false: kept, but off."},
    {"[].config", "The plugin's own settings; its README lists them."},
    {"[].egress", "Which peers it may reach."},
    {"[].egress.allow_cidrs", "Private networks (CIDR) its peers live in; others are refused."},
};

/// Descends one step; the table is ours, so a wrong path stops the program at its first test.
json::object& step(json::object& at, std::string_view name, std::string_view path) {
    json::value* next = nullptr;
    if (name == "[]") {
        next = at.if_contains("items");
    } else if (json::value* properties = at.if_contains("properties")) {
        next = properties->as_object().if_contains(json::string_view(name.data(), name.size()));
    }
    if (!next) throw std::logic_error("settings_schema.cpp annotates " + std::string(path) + ", which does not exist");
    return next->as_object();
}

void annotate(json::object& root, std::string_view path, const Annotation& annotation) {
    json::object* at = &root;
    for (std::string_view rest = path; !rest.empty();) {
        if (rest.starts_with("[]")) {
            at = &step(*at, "[]", path);
            rest.remove_prefix(2);
        } else {
            if (rest.front() == '.') rest.remove_prefix(1);
            const std::size_t end = std::min(rest.find_first_of(".["), rest.size());
            at = &step(*at, rest.substr(0, end), path);
            rest.remove_prefix(end);
        }
    }
    (*at)["description"] = json::string(annotation.description.data(), annotation.description.size());
    const json::value rules = parse_json(annotation.rules).value();
    for (const auto& rule : rules.as_object()) (*at)[rule.key()] = rule.value();
}

json::object make_schema() {
    json::object schema = detail::bound_schema(Settings{});
    schema["title"] = "usher.yaml";
    schema["description"] = "The configuration of Usher.";
    for (const Annotation& annotation : kAnnotations) annotate(schema, annotation.path, annotation);
    for (const char* list : {"strategies", "responders", "exporters"}) {
        for (const Annotation& annotation : kExtension)
            annotate(schema, list + std::string(annotation.path), annotation);
    }
    return schema;
}

/// An object that names members takes no others; an editor has to be told, and may leave any of them empty.
void close_objects(json::object& schema) {
    if (json::value* items = schema.if_contains("items")) close_objects(items->as_object());
    json::value* properties = schema.if_contains("properties");
    if (!properties) return;
    schema["additionalProperties"] = false;
    for (auto& entry : properties->as_object()) {
        json::object& member = entry.value().as_object();
        close_objects(member);
        if (json::value* type = member.if_contains("type")) member["type"] = json::array{*type, "null"};
        if (json::value* names = member.if_contains("enum")) names->as_array().push_back(nullptr);
    }
}

}  // namespace

json::object editor_schema() {
    json::object out{{"$schema", "http://json-schema.org/draft-07/schema#"}};
    for (const auto& entry : settings_schema()) out[entry.key()] = entry.value();
    close_objects(out);
    return out;
}

const json::object& settings_schema() {
    static const json::object schema = make_schema();
    return schema;
}

}  // namespace usher::config
