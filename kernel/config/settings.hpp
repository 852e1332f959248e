#pragma once
/// What stands in usher.yaml, as types. YAML keys are the C++ member names (a trailing underscore is dropped); what a
/// member means, its limits and its description for editors stand in settings_schema.cpp.
///
/// Defaults are the initialisers here: an empty file is a valid configuration. Durations end in their unit.
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "foundation/describe.hpp"

namespace usher::config {

/// A value that is never printed: to_json and every error show "***".
struct Secret {
    std::string value;
    bool empty() const { return value.empty(); }
    friend bool operator==(const Secret&, const Secret&) = default;
};

struct Listener {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0: any free port
};
BOOST_DESCRIBE_STRUCT(Listener, (), (address, port))

struct Tls {
    std::string certificate;  // PEM file: the certificate and its chain
    std::string key;          // PEM file
};
BOOST_DESCRIBE_STRUCT(Tls, (), (certificate, key))

struct Listeners {
    Listener workspace{.address = "127.0.0.1", .port = 8080};  // workspace and API
    Listener public_{.address = "127.0.0.1", .port = 8081};    // /channels/..., attachments, surveys
    std::optional<Tls> tls;                                    // for both
};
BOOST_DESCRIBE_STRUCT(Listeners, (), (workspace, public_, tls))

struct StoreSettings {
    Secret url;  // sqlite:///path | postgresql://... | mysql://...; empty: SQLite in data_dir
    int reader_threads = 4;
    int batch_limit = 512;
    int queue_limit = 20'000;
    int write_deadline_ms = 10'000;
    int read_deadline_ms = 5'000;
};
BOOST_DESCRIBE_STRUCT(StoreSettings, (),
                      (url, reader_threads, batch_limit, queue_limit, write_deadline_ms, read_deadline_ms))

struct BlobSettings {
    std::string folder;                         // empty: "blobs" in data_dir
    std::int64_t max_bytes = 25 * 1024 * 1024;  // of one attachment
    int min_free_mb = 256;                      // of the disk; with less no file is taken
};
BOOST_DESCRIBE_STRUCT(BlobSettings, (), (folder, max_bytes, min_free_mb))

enum class LogLevel { debug, info, warn, error };
BOOST_DESCRIBE_ENUM(LogLevel, debug, info, warn, error)
enum class LogFormat { text, json };
BOOST_DESCRIBE_ENUM(LogFormat, text, json)

struct LogSettings {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::text;
};
BOOST_DESCRIBE_STRUCT(LogSettings, (), (level, format))

/// What one client may use of us.
struct Limits {
    int server_threads = 2;     // threads that serve connections
    int plugin_threads = 4;     // threads that run in-process plugins
    int plugin_crashes = 3;     // of an account's own process within an hour: it is disabled
    int plugin_restart_s = 60;  // longest wait until a plugin's process starts again; it begins with 1 s
    int connections = 10'000;
    int connections_per_address = 512;
    int requests_per_s = 100;       // per address, on each listener; burst: twice that
    int upload_mb_per_hour = 1024;  // of customers' and providers' files, per address
    int login_failures = 5;         // per address and user in login_window_s, then 429
    int login_window_s = 60;
    int header_bytes = 16 * 1024;
    int body_bytes = 1024 * 1024;  // of a request but for uploads
    int frame_bytes = 64 * 1024;   // of a WebSocket frame
    int json_depth = 32;
    int header_timeout_s = 10;
    int body_timeout_s = 60;
    int idle_timeout_s = 75;
};
BOOST_DESCRIBE_STRUCT(Limits, (),
                      (server_threads, plugin_threads, plugin_crashes, plugin_restart_s, connections,
                       connections_per_address, requests_per_s, upload_mb_per_hour, login_failures, login_window_s,
                       header_bytes, body_bytes, frame_bytes, json_depth, header_timeout_s, body_timeout_s,
                       idle_timeout_s))

enum class Isolation { in_process, process, process_per_account };
BOOST_DESCRIBE_ENUM(Isolation, in_process, process, process_per_account)

struct PluginSettings {
    std::string library;                 // a file name, looked up in plugin_dirs, or an absolute path
    std::optional<Isolation> isolation;  // absent: by the library
};
BOOST_DESCRIBE_STRUCT(PluginSettings, (), (library, isolation))

struct Breaker {
    int failures = 20;  // in a row open it
    int probe_s = 60;   // then one try per this time
    friend bool operator==(const Breaker&, const Breaker&) = default;
};
BOOST_DESCRIBE_STRUCT(Breaker, (), (failures, probe_s))

/// Retries of an account. Absent members: capabilities.retry of its plugin, then RetryDefaults.
struct RetrySettings {
    std::optional<std::vector<int>> delays_s;
    std::optional<int> conversation_block_s;
    std::optional<Breaker> breaker;
    std::optional<int> give_up_s;
};
BOOST_DESCRIBE_STRUCT(RetrySettings, (), (delays_s, conversation_block_s, breaker, give_up_s))

/// What holds in the end.
struct Retry {
    std::vector<int> delays_s{5, 15, 30, 60};  // between attempts, +-20 %; the last repeats
    int conversation_block_s = 120;            // a message that keeps failing ends as failed; later ones go
    Breaker breaker;
    int give_up_s = 86'400;  // while the whole account is down, messages wait this long
    friend bool operator==(const Retry&, const Retry&) = default;
};
BOOST_DESCRIBE_STRUCT(Retry, (), (delays_s, conversation_block_s, breaker, give_up_s))

struct EgressSettings {
    std::vector<std::string> allow_cidrs;  // private ranges a peer on the premises lives in
};
BOOST_DESCRIBE_STRUCT(EgressSettings, (), (allow_cidrs))

struct AccountSettings {
    std::string id;                    // [a-z0-9-]{1,40}; in URLs, logs and metrics; never changed
    std::optional<std::string> name;   // for people; absent: the id
    std::string channel;               // the channel plugin's id
    std::optional<std::string> inbox;  // name of the inbox that takes new conversations; absent: by routes
    bool enabled = true;
    json::object config;  // the plugin's, checked by its schema
    RetrySettings retry;
    EgressSettings egress;
};
BOOST_DESCRIBE_STRUCT(AccountSettings, (), (id, name, channel, inbox, enabled, config, retry, egress))

/// A strategy, responder or exporter.
struct ExtensionSettings {
    std::string id;  // [a-z0-9-]{1,40}
    std::string plugin;
    bool enabled = true;
    json::object config;
    EgressSettings egress;
};
BOOST_DESCRIBE_STRUCT(ExtensionSettings, (), (id, plugin, enabled, config, egress))

struct WorkspaceSettings {
    std::string folder;  // the built workspace; empty: where the package put it
};
BOOST_DESCRIBE_STRUCT(WorkspaceSettings, (), (folder))

enum class LoginStatus { available, away, offline };
BOOST_DESCRIBE_ENUM(LoginStatus, available, away, offline)

/// How the desk behaves; the parts of it that an installation sets once.
struct DeskSettings {
    int undo_window_seconds = 5;  // 0: off
    LoginStatus login_status = LoginStatus::away;
    int disconnected_away_seconds = 600;  // an agent without a socket for this long becomes away
    int session_hours = 12;
};
BOOST_DESCRIBE_STRUCT(DeskSettings, (), (undo_window_seconds, login_status, disconnected_away_seconds, session_hours))

/// How long is kept what grows with every message and is no conversation.
struct RetentionSettings {
    int events_days = 90;  // what exporters, responders and browsers read; never before an exporter has read it
    int routing_decisions_days = 90;
};
BOOST_DESCRIBE_STRUCT(RetentionSettings, (), (events_days, routing_decisions_days))

struct Settings {
    Listeners listeners;
    std::string workspace_url;  // origin under which people reach the workspace; empty: of its listener
    std::string public_url;     // origin that customers and providers reach; empty: of the public listener
    std::vector<std::string> trusted_proxies;  // CIDRs whose X-Forwarded-For is believed
    std::string data_dir = "data";
    StoreSettings store;
    BlobSettings blobs;
    LogSettings log;
    Limits limits;
    std::vector<std::string> plugin_dirs{"plugins"};
    std::optional<std::vector<PluginSettings>> plugins;  // absent: every usher-*.so in plugin_dirs
    std::vector<AccountSettings> accounts;
    std::vector<ExtensionSettings> strategies;
    std::vector<ExtensionSettings> responders;
    std::vector<ExtensionSettings> exporters;
    WorkspaceSettings workspace;
    DeskSettings settings;
    RetentionSettings retention;
    Secret secret_key;  // seals accounts' secrets in the database; empty: the file secret_key in data_dir
};
BOOST_DESCRIBE_STRUCT(Settings, (),
                      (listeners, workspace_url, public_url, trusted_proxies, data_dir, store, blobs, log, limits,
                       plugin_dirs, plugins, accounts, strategies, responders, exporters, workspace, settings,
                       retention, secret_key))

/// The settings' JSON Schema, in the subset of json_schema.hpp: what loading checks by, and what editors get.
const json::object& settings_schema();

/// An account's own settings over the plugin's defaults (capabilities.retry) over the kernel's.
Retry effective_retry(const RetrySettings& own, const json::object& capabilities);

}  // namespace usher::config

namespace usher {

template <>
struct Codec<config::Secret> {
    static json::value write(const config::Secret& v) { return v.empty() ? "" : "***"; }
    static void read(const json::value& from, config::Secret& into, std::string_view path, Faults& faults) {
        read_json(from, into.value, path, faults);
    }
    static json::object schema() { return {{"type", "string"}}; }
};

}  // namespace usher
