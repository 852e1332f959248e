#pragma once
/// Every plugin that is loaded and every configured instance of one. The kernel knows no plugin by name: it asks here
/// by account, by plugin id, by kind. Thread-safe; all lookups return at once.
///
///   Registry registry(options, sinks);
///   for (auto& fault : registry.load(loaded)) ...  // libraries, and YAML against the plugins' schemas
///
///   for (auto& spec : registry.specs_of(loaded)) co_await registry.add(spec);
///
///   co_await registry.start(); ... co_await registry.stop(30s);
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.hpp"
#include "foundation/async.hpp"
#include "foundation/json.hpp"
#include "plugins/helper_options.hpp"
#include "plugins/instance.hpp"
#include "plugins/plugin_info.hpp"
#include "plugins/sinks.hpp"

namespace usher::plugins {

/// An instance to be: an account, strategy, responder or exporter.
struct InstanceSpec {
    AccountRef ref;    // ref.channel is the plugin's id
    std::string name;  // for people
    bool enabled = true;
    json::object config;
    std::vector<std::string> allow_cidrs;
    config::RetrySettings retry;
    std::optional<std::string> inbox;
    std::string source;  // "usher.yaml:12:5" when it stands in YAML (then it is read-only elsewhere), else empty
};

struct InstanceStatus {
    AccountRef ref;
    std::string name;
    bool enabled = true;
    State state = State::stopped;
    std::string last_error;  // of the present state; empty when ready
    std::string source;
    config::Isolation isolation = config::Isolation::in_process;
    int restarts = 0;       // started anew after it had failed, or its process ended
    int pid = 0;            // of its process; 0: in this one, or none now
    bool changing = false;  // being added, changed or removed: its instance may not be running
};

class Registry final {
public:
    struct Options {
        std::string public_url;  // "https://chat.example.com"; an instance gets <public_url>/channels/<account>
        int threads = 4;         // plugin threads
        Role role = Role::owner;
        std::string builds_folder;  // newer builds are mapped from copies here; empty: the system's temporary folder
        std::chrono::milliseconds start_deadline{10'000};
        std::chrono::milliseconds stop_deadline{10'000};
        std::chrono::milliseconds drain_deadline{10'000};  // for what goes on in an instance that is to stop
        HelperOptions helpers;
        std::string cache_folder;  // for what isolated libraries say of themselves; empty: asked at every start
    };
    Registry(Options options, Sinks sinks);
    ~Registry();  // stopped before, or nothing was started
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    // ---- plugins
    /// Loads the libraries that the settings name (or all in plugin_dirs), then checks accounts, strategies, responders
    /// and exporters against the schemas. Faults carry file:line:column. What loaded is there even if there are faults.
    std::vector<config::Diagnostic> load(const config::Loaded& loaded);
    /// Without `isolation`: in_process for what this build ships and trusts, else process.
    Result<void> load_library(const std::string& path, std::optional<config::Isolation> isolation = std::nullopt);
    std::vector<PluginInfo> plugins(std::optional<Kind> kind = std::nullopt) const;  // by id
    std::optional<PluginInfo> plugin(Kind kind, std::string_view id) const;
    struct Reloaded {
        bool replaced = false;            // false: the file is the build that runs
        std::vector<std::string> failed;  // "account shop: why"; these go on in the old build
    };
    /// Looks at the file of this plugin's library again. Another build: its instances start beside the old ones, take
    /// over what comes in, then the old ones end what they have. Errors changed nothing: Errc::not_found,
    /// Errc::validation (the library, or a configuration that the new build does not take), Errc::conflict.
    Task<Result<Reloaded>> reload(Kind kind, std::string id);
    /// What YAML configures, and an instance with an empty config for each loaded strategy and responder that YAML does
    /// not name and whose schema is content with that (its id is the plugin's). Accounts lack key and space_id: the
    /// caller fills them in.
    std::vector<InstanceSpec> specs_of(const config::Loaded& loaded) const;

    // ---- configuration of an instance, for the API
    /// The config with defaults, or every fault with its JSON pointer.
    Result<json::object> check_config(Kind kind, std::string_view plugin, const json::value& config) const;
    json::value redact(Kind kind, std::string_view plugin, const json::value& config,
                       std::vector<std::string>* secrets = nullptr) const;
    json::value keep_secrets(Kind kind, std::string_view plugin, json::value incoming, const json::value& stored) const;

    // ---- instances
    /// Creates (and, once started, starts) one. Errc::conflict when the id is taken, Errc::validation for its config,
    /// Errc::not_found for an unknown plugin. One that refuses to start stays, in state failed; that is no error here.
    Task<Result<void>> add(InstanceSpec spec);
    /// New config, name, enabled, cidrs: by the plugin's reload where it has one and only the config changed, else a
    /// stop and a new instance. The old one goes on when the new config is refused.
    Task<Result<void>> reconfigure(InstanceSpec spec);
    Task<Result<void>> remove(Kind kind, std::string id);
    /// Starts all that are enabled, at once; returns when each has started or failed.
    Task<void> start();
    /// Stops channels first, then the rest, and destroys them; what is not done by `deadline` is destroyed as it is.
    Task<void> stop(std::chrono::milliseconds deadline);
    /// Test of an account's config without keeping it: created, started, stopped, destroyed.
    Task<Result<void>> try_out(InstanceSpec spec);

    /// How the kernel finds an account to be (its polls fail, say): shown as its state until the plugin says another.
    /// Nothing when `from` no longer is its instance.
    void report(std::string_view account, const std::shared_ptr<Instance>& from, State state, std::string text);

    // ---- lookups
    std::shared_ptr<Instance> account(std::string_view slug) const;  // null: unknown, disabled or not created
    std::shared_ptr<Instance> find(Kind kind, std::string_view id) const;
    /// The instance of this strategy plugin (or with this id); null: the caller falls back.
    std::shared_ptr<Instance> strategy(std::string_view plugin_or_id) const;
    std::vector<std::shared_ptr<Instance>> all(Kind kind) const;  // created ones, by id
    std::optional<InstanceSpec> spec(Kind kind, std::string_view id) const;
    std::vector<InstanceStatus> statuses(std::optional<Kind> kind = std::nullopt) const;
    std::optional<InstanceStatus> status(Kind kind, std::string_view id) const;
    /// Of the account's channel plugin; empty for an unknown account.
    json::object capabilities(std::string_view account_slug) const;
    config::Retry retry(std::string_view account_slug) const;
    std::string webhook_url(std::string_view account_slug) const;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace usher::plugins
