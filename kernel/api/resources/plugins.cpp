// Plugins: which libraries are loaded, and how the instances of each are.
#include "api/resources.hpp"
#include "foundation/text.hpp"

namespace usher::api {
namespace shape {

struct PluginInstance {
    std::string id;
    std::string name;
    bool enabled = true;
    plugins::State state = plugins::State::stopped;
    int restarts = 0;
    std::optional<std::string> last_error;
    std::optional<std::string> source;
};
BOOST_DESCRIBE_STRUCT(PluginInstance, (), (id, name, enabled, state, restarts, last_error, source))

struct Plugin {
    std::string id;
    plugins::Kind kind = plugins::Kind::channel;
    std::string name;
    std::string vendor;
    std::string version;
    std::string file;
    std::string build;
    config::Isolation isolation = config::Isolation::in_process;
    std::vector<PluginInstance> instances;
};
BOOST_DESCRIBE_STRUCT(Plugin, (), (id, kind, name, vendor, version, file, build, isolation, instances))

struct PluginReload {
    bool replaced = false;
    std::vector<std::string> failed;
    std::vector<Plugin> plugins;
};
BOOST_DESCRIBE_STRUCT(PluginReload, (), (replaced, failed, plugins))

}  // namespace shape

namespace {

constexpr std::size_t kErrorInMetrics = 200;  // characters: a label is no log

std::vector<shape::Plugin> shown(const plugins::Registry& registry, SpaceId space) {
    std::vector<shape::Plugin> out;
    const auto statuses = registry.statuses();
    for (auto& info : registry.plugins()) {
        shape::Plugin plugin{info.id,      info.kind,  info.name,      info.vendor, info.version,
                             info.library, info.build, info.isolation, {}};
        for (const auto& status : statuses) {
            if (status.ref.kind != info.kind || status.ref.channel != info.id) continue;
            if (status.ref.space_id && status.ref.space_id != space) continue;
            shape::PluginInstance instance;
            instance.id = status.ref.id;
            instance.name = status.name;
            instance.enabled = status.enabled;
            instance.state = status.state;
            instance.restarts = status.restarts;
            if (!status.last_error.empty()) instance.last_error = status.last_error;
            if (!status.source.empty()) instance.source = status.source;
            plugin.instances.push_back(std::move(instance));
        }
        out.push_back(std::move(plugin));
    }
    return out;
}

Task<Reply> list_plugins(Services& s, Call call) {
    if (!s.registry) co_return page(std::vector<shape::Plugin>{});
    co_return page(shown(*s.registry, call.who().space_id));
}

Task<Reply> reload_plugin(Services& s, Call call) {
    const std::string id(call.request.path_param("id"));
    auto wanted = call.enums<plugins::Kind>("kind");
    if (!wanted) co_return wanted.error();
    std::vector<plugins::PluginInfo> found;
    for (auto& info : s.registry ? s.registry->plugins() : std::vector<plugins::PluginInfo>{}) {
        if (info.id == id && (wanted->empty() || info.kind == wanted->front())) found.push_back(std::move(info));
    }
    if (found.empty()) co_return not_found("There is no plugin '" + std::string(prefix_utf8(id, 60)) + "'.");
    if (found.size() > 1) co_return invalid("There are several plugins of this id; say which by ?kind=.");
    auto done = co_await s.registry->reload(found.front().kind, id);
    if (!done) co_return done.error();
    shape::PluginReload out;
    out.replaced = done->replaced;
    out.failed = std::move(done->failed);
    for (auto& plugin : shown(*s.registry, call.who().space_id)) {
        if (plugin.file == found.front().library) out.plugins.push_back(std::move(plugin));
    }
    co_return ok(out);
}

using Labels = std::vector<std::pair<std::string, std::string>>;

Labels labels_of(const plugins::InstanceStatus& status) {
    return {
        {"kind", std::string(enum_name(status.ref.kind))}, {"plugin", status.ref.channel}, {"instance", status.ref.id}};
}

void add_metrics(Metrics& metrics, Services& s) {
    const auto statuses = [&s] { return s.registry ? s.registry->statuses() : std::vector<plugins::InstanceStatus>{}; };
    metrics.family("usher_plugin_instance_state", "1 for the state that the instance of a plugin is in.",
                   Metrics::Type::gauge, [statuses] {
                       std::vector<Metrics::Sample> out;
                       for (const auto& status : statuses()) {
                           for (const auto& state : enum_names<plugins::State>()) {
                               Labels labels = labels_of(status);
                               labels.emplace_back("state", state);
                               out.push_back({std::move(labels), state == enum_name(status.state) ? 1.0 : 0.0});
                           }
                       }
                       return out;
                   });
    metrics.family("usher_plugin_instance_restarts_total", "How often it was started anew after it had failed or died.",
                   Metrics::Type::counter, [statuses] {
                       std::vector<Metrics::Sample> out;
                       for (const auto& status : statuses())
                           out.push_back({labels_of(status), static_cast<double>(status.restarts)});
                       return out;
                   });
    metrics.family("usher_plugin_instance_last_error", "What is wrong with an instance that is not well, as a label.",
                   Metrics::Type::gauge, [statuses] {
                       std::vector<Metrics::Sample> out;
                       for (const auto& status : statuses()) {
                           if (status.last_error.empty()) continue;
                           Labels labels = labels_of(status);
                           labels.emplace_back("error", prefix_utf8(status.last_error, kErrorInMetrics));
                           out.push_back({std::move(labels), 1.0});
                       }
                       return out;
                   });
}

}  // namespace

void add_plugins(Api& api, Services& s) {
    api.add({.method = "GET",
             .path = "/plugins",
             .summary = "Plugins that are loaded, and how the instances of each are",
             .tag = "Set-up",
             .needs = permission_of(permission::kSetupPlugins),
             .answers = {many<shape::Plugin>("`restarts` counts new starts after an instance failed or died.")}},
            [&s](Call call) { return list_plugins(s, std::move(call)); });
    api.add({.method = "POST",
             .path = "/plugins/{id}/reload",
             .summary = "Run the build of a plugin that its file holds now",
             .tag = "Set-up",
             .needs = permission_of(permission::kSetupPlugins),
             .query = {{"kind",
                        "Where plugins of two kinds have this id.",
                        {{"type", "string"}, {"enum", json::array{"channel", "strategy", "responder", "exporter"}}}}},
             .answers = {one<shape::PluginReload>(200,
                                                  "`replaced`: there was another build. `failed` are instances "
                                                  "that it could not start; they go on in the old one.")},
             .description = "For all plugins in the same file. New instances start beside the old ones and take over "
                            "what comes in; then the old ones finish what they have. 422 for a file that is no sound "
                            "plugin or does not take the configurations there are: nothing changes. Put a new file in "
                            "place by renaming, as packages do, not by writing over the one that "
                            "runs."},
            [&s](Call call) { return reload_plugin(s, std::move(call)); });
    add_metrics(api.metrics(), s);
}

}  // namespace usher::api
