#pragma once
/// Inside the registry: plugins by id, and a slot for each configured instance. Internal.
#include <deque>
#include <map>
#include <mutex>
#include <set>

#include "plugins/describe.hpp"
#include "plugins/local_instance.hpp"
#include "plugins/registry.hpp"
#include "plugins/remote_instance.hpp"

namespace usher::plugins {

using InstanceKey = std::pair<Kind, std::string>;

struct Registry::Impl : std::enable_shared_from_this<Registry::Impl> {
    struct Loaded {
        PluginInfo info;
        std::shared_ptr<const Library> library;  // null: it is never mapped into this process
        config::Isolation isolation = config::Isolation::in_process;
    };
    /// What its processes did (registry_lost.cpp).
    struct Losses {
        std::shared_ptr<Suspects> suspects = std::make_shared<Suspects>();
        int restarts = 0;
        int attempt = 0;   // for the back-off
        bool own = false;  // the present process is for this instance alone
        std::chrono::steady_clock::time_point since{}, own_until{};
        std::deque<std::chrono::steady_clock::time_point> crashes;  // of its own process
        std::shared_ptr<asio::steady_timer> again;
    };
    /// One configured instance; what it is changes under the registry's mutex.
    struct Slot {
        InstanceSpec spec;
        json::object config;  // with the schema's defaults
        std::shared_ptr<Instance> instance;
        int generation = 0;  // of the instance that may speak for the slot
        State state = State::stopped;
        std::string last_error;
        int restarts = 0;
        bool busy = false;  // being added, changed or removed
        Losses losses;
    };

    Impl(Options o, Sinks s)
        : options(std::move(o)),
          sinks(s),
          descriptions(options.helpers, options.cache_folder),
          pool(static_cast<std::size_t>(std::max(1, options.threads))),
          helpers(std::make_shared<Helpers>(options.helpers, pool)) {}

    std::optional<Loaded> find_plugin(Kind kind, std::string_view id) const;
    std::shared_ptr<Slot> find_slot(Kind kind, std::string_view id) const;
    /// Marks the slot as busy, or says why not.
    Result<std::shared_ptr<Slot>> claim(Kind kind, const std::string& id);
    void release(const std::shared_ptr<Slot>& slot);

    Result<json::object> check_config(Kind kind, std::string_view plugin, const json::value& config) const;
    Error unknown_plugin(Kind kind, std::string_view plugin) const;
    std::optional<AccountRef> resolve(const AccountRef& via, const std::string& routing_key) const;

    /// A new instance for `slot` under its next generation; it is not the slot's yet.
    Task<Result<std::shared_ptr<Instance>>> create(std::shared_ptr<Slot> slot, InstanceSpec spec, json::object config,
                                                   int generation);
    Task<Result<std::shared_ptr<Instance>>> carry(Loaded plugin, RemoteInstance::Place place, std::string config_json,
                                                  HostSettings settings);
    /// Starts the slot's instance; a refusal becomes its state.
    Task<void> start_slot(std::shared_ptr<Slot> slot);
    Task<void> end_instance(std::shared_ptr<Instance> instance);
    void set_failed(const std::shared_ptr<Slot>& slot, const Error& error);
    void told(const std::weak_ptr<Slot>& slot, int generation, State state, const std::string& text);
    Task<void> for_each(std::vector<std::shared_ptr<Slot>> slots,
                        std::function<Task<void>(std::shared_ptr<Slot>)> work);
    std::vector<std::shared_ptr<Slot>> slots_where(const std::function<bool(const Slot&)>& wanted) const;

    // registry_replace.cpp
    Task<Result<Reloaded>> reload(Loaded known);
    /// The file under a name of its own, mapped; nullptr: it is the build that is loaded.
    Result<std::shared_ptr<const Library>> newer_build(const Loaded& known) const;
    Result<std::vector<std::shared_ptr<Slot>>> check_build(const Library& old, const Library& next) const;
    Task<Result<void>> replace(std::shared_ptr<Slot> slot);
    Task<Result<void>> claim_soon(std::shared_ptr<Slot> slot);

    // registry_lost.cpp
    RemoteInstance::Place place_for(const std::shared_ptr<Slot>& slot, const Loaded& plugin, int generation);
    /// The process under this generation of the slot's instance ended.
    void lost(const std::weak_ptr<Slot>& slot, int generation, const std::string& how, bool busy);
    void restart_later(const std::shared_ptr<Slot>& slot, int generation, std::chrono::milliseconds delay);
    Task<void> restart(std::shared_ptr<Slot> slot, int generation);
    void forget_losses(const std::shared_ptr<Slot>& slot);
    void stop_restarts();

    // registry_load.cpp
    Result<void> load_library(const std::string& path, std::optional<config::Isolation> isolation);
    void load_libraries(const config::Loaded& loaded, std::vector<config::Diagnostic>& faults);
    void check_section(const config::Loaded& loaded, Kind kind, std::vector<config::Diagnostic>& faults) const;
    std::vector<InstanceSpec> specs_of(const config::Loaded& loaded) const;

    const Options options;
    const Sinks sinks;
    mutable std::mutex mutex;
    std::map<InstanceKey, Loaded> plugins;
    std::set<std::string> libraries;  // by path
    const Descriptions descriptions;
    std::map<InstanceKey, std::shared_ptr<Slot>> slots;
    std::set<std::string> reloading;  // paths
    bool started = false;
    bool stopped = false;
    asio::thread_pool pool;
    const std::shared_ptr<Helpers> helpers;
};

/// Paths for a name of `plugins` or, empty, the folders themselves: a relative folder is looked for below the working
/// directory, then beside the program (<prefix>/<dir> and <prefix>/lib/usher/<dir>).
std::vector<std::string> plugin_folders(const std::vector<std::string>& dirs);

}  // namespace usher::plugins
