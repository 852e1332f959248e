// usherctl config check | show | schema
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "app/configuration.hpp"
#include "app/ctl.hpp"
#include "app/ctl_yaml.hpp"
#include "foundation/json.hpp"
#include "plugins/registry.hpp"

namespace usher::app {
namespace {

constexpr const char* kFilesHelp =
    "Settings (YAML), laid over one another in order; without any: the built-in defaults";

int print_faults(const std::vector<config::Diagnostic>& faults) {
    for (const auto& fault : faults) std::fprintf(stderr, "%s\n", to_string(fault).c_str());
    std::fprintf(stderr, "%zu %s to mend; the daemon does not start with this configuration.\n", faults.size(),
                 faults.size() == 1 ? "fault" : "faults");
    return kFaults;
}

std::string counted(std::size_t count, const std::string& noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

int check(const Options& options) {
    Configuration configuration = read_configuration(options);
    quiet_log();
    plugins::Registry registry({}, {});
    check_plugins(configuration, registry);
    if (!configuration.faults.empty()) return print_faults(configuration.faults);
    const config::Settings& s = configuration.loaded.settings;
    const std::size_t others = s.strategies.size() + s.responders.size() + s.exporters.size();
    std::printf("The configuration is good: %s, %s, %s.\n", counted(registry.plugins().size(), "plugin").c_str(),
                counted(s.accounts.size(), "account").c_str(),
                (std::to_string(others) + " configured " + (others == 1 ? "extension" : "extensions")).c_str());
    return kGood;
}

/// Puts "***" where redact has taken a member away: in an object that is still there.
void mask(json::value& config, std::string_view path) {
    const std::size_t slash = path.rfind('/');
    boost::system::error_code error;
    json::value* around = config.find_pointer(json::string_view(path.data(), slash), error);
    if (!around || !around->is_object()) return;
    std::string name;
    for (std::size_t i = slash + 1; i < path.size(); ++i) {
        if (path[i] == '~' && i + 1 < path.size()) {
            name += path[++i] == '1' ? '/' : '~';
        } else {
            name += path[i];
        }
    }
    around->get_object()[name] = "***";
}

/// Configs of the instances in `list`: defaults filled in, secrets masked by what the plugin's schema calls one.
void show_configs(json::object& document, const char* list, const char* plugin, plugins::Kind kind,
                  const plugins::Registry& registry) {
    for (auto& item : document.at(list).as_array()) {
        json::object& one = item.as_object();
        const std::string id = json::value_to<std::string>(one.at(plugin));
        const auto info = registry.plugin(kind, id);
        if (auto whole = registry.check_config(kind, id, one.at("config"))) one["config"] = *whole;
        std::vector<std::string> secrets;
        json::value& config = one.at("config");
        config = registry.redact(kind, id, config, &secrets);
        for (const auto& secret : secrets) {
            mask(config, secret);
        }
    }
}

int show(const Options& options, bool as_json) {
    Configuration configuration = read_configuration(options);
    quiet_log();
    plugins::Registry registry({}, {});
    check_plugins(configuration, registry);
    if (!configuration.faults.empty()) return print_faults(configuration.faults);
    json::object document = config::effective(configuration.loaded.settings);
    show_configs(document, "accounts", "channel", plugins::Kind::channel, registry);
    show_configs(document, "strategies", "plugin", plugins::Kind::strategy, registry);
    show_configs(document, "responders", "plugin", plugins::Kind::responder, registry);
    show_configs(document, "exporters", "plugin", plugins::Kind::exporter, registry);
    if (as_json) {
        std::printf("%s", to_pretty_json(document).c_str());
        return kGood;
    }
    const auto place = [&](const std::string& path) {
        return to_string(config::exactly_at(configuration.loaded.sources, path));
    };
    std::printf(
        "# What holds; behind each value where it was set, nothing where it is the default. Secrets are ***.\n%s",
        to_yaml(document, place).c_str());
    return kGood;
}

int schema() {
    std::printf("%s", to_pretty_json(config::editor_schema()).c_str());
    return kGood;
}

}  // namespace

void add_config_commands(CLI::App& cli, Command& chosen) {
    auto* config = cli.add_subcommand("config", "The configuration: check it, see what holds, help an editor");
    config->require_subcommand(1);
    auto options = std::make_shared<Options>();
    auto as_json = std::make_shared<bool>(false);

    auto* check_it = config->add_subcommand("check", "Every fault with its place and what was expected");
    check_it->add_option("FILE", options->config, kFilesHelp);
    check_it->callback([options, &chosen] { chosen = [options] { return check(*options); }; });

    auto* show_it =
        config->add_subcommand("show", "The settings that hold, and where each was set; secrets are masked");
    show_it->add_option("FILE", options->config, kFilesHelp);
    show_it->add_flag("--json", *as_json, "As JSON");
    show_it->callback(
        [options, as_json, &chosen] { chosen = [options, as_json] { return show(*options, *as_json); }; });

    auto* schema_it = config->add_subcommand("schema", "The JSON Schema of usher.yaml, for editors");
    schema_it->callback([&chosen] { chosen = [] { return schema(); }; });
}

}  // namespace usher::app
