// usherctl plugin list | new
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "app/configuration.hpp"
#include "app/ctl.hpp"
#include "app/ctl_yaml.hpp"
#include "app/plugin_template.hpp"
#include "net/client.hpp"
#include "plugins/registry.hpp"

namespace usher::app {
namespace {

struct ListOptions {
    std::string url = "http://127.0.0.1:8080";
    std::string api_key;
    bool files = false;
    bool as_json = false;
    Options settings;
};

/// Left-aligned columns, two spaces apart; the last one as wide as it is.
void print_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
        }
        std::printf("%s\n", line.substr(0, line.find_last_not_of(' ') + 1).c_str());
    }
}

std::string text_of(const json::object& from, const char* key) {
    const json::value* found = from.if_contains(key);
    return found && found->is_string() ? json::value_to<std::string>(*found) : std::string();
}

Result<json::array> ask_daemon(const ListOptions& options) {
    net::Request request;
    request.url = options.url;
    while (request.url.ends_with('/')) request.url.pop_back();
    request.url += "/api/support/plugins";
    request.headers = {{"X-API-Key", options.api_key}, {"Accept", "application/json"}};
    request.timeout = std::chrono::seconds(15);
    auto anywhere = net::parse_cidrs({"0.0.0.0/0", "::/0"});  // the operator says where their daemon is
    if (!anywhere) return anywhere.error();
    request.allow_cidrs = std::move(*anywhere);
    net::Client client;
    asio::io_context context;
    auto answer = asio::co_spawn(context, client.send(std::move(request)), asio::use_future);
    context.run();
    auto response = answer.get();
    if (!response) return Error{Errc::unavailable, options.url + ": " + response.error().message};
    auto parsed = parse_json(response->body);
    if (response->status == 401)
        return Error{Errc::unauthorized,
                     options.url + " does not take this API key; --api-key or USHER_API_KEY gives one"};
    if (response->status == 403)
        return Error{Errc::forbidden, options.url + ": the API key's user may not see plugins (403)"};
    const json::value* data = parsed && parsed->is_object() ? parsed->get_object().if_contains("data") : nullptr;
    if (response->status != 200 || !data || !data->is_array())
        return Error{Errc::unavailable, options.url + "/api/support/plugins answers " +
                                            std::to_string(response->status) + "; is it an Usher of this version?"};
    return data->get_array();
}

int list_running(const ListOptions& options) {
    auto plugins = ask_daemon(options);
    if (!plugins) {
        std::fprintf(stderr, "usherctl: %s\n", plugins.error().message.c_str());
        return kCannot;
    }
    if (options.as_json) {
        std::printf("%s", to_pretty_json(*plugins).c_str());
        return kGood;
    }
    std::vector<std::vector<std::string>> rows{{"KIND", "PLUGIN", "VERSION", "INSTANCE", "STATE", "LAST ERROR"}};
    bool failed = false;
    for (const auto& item : *plugins) {
        const json::object& plugin = item.as_object();
        const std::vector<std::string> head{text_of(plugin, "kind"), text_of(plugin, "id"), text_of(plugin, "version")};
        const json::value* instances = plugin.if_contains("instances");
        if (!instances || !instances->is_array() || instances->get_array().empty()) {
            rows.push_back({head[0], head[1], head[2], "-"});
            continue;
        }
        for (const auto& one : instances->get_array()) {
            const json::object& instance = one.as_object();
            const std::string state = text_of(instance, "state");
            failed = failed || state == "failed";
            rows.push_back({head[0], head[1], head[2], text_of(instance, "id"), state, text_of(instance, "lastError")});
        }
    }
    print_table(rows);
    return failed ? kFaults : kGood;
}

int list_files(const ListOptions& options) {
    Configuration configuration = read_configuration(options.settings);
    quiet_log();
    plugins::Registry registry({}, {});
    check_plugins(configuration, registry);
    const auto plugins = registry.plugins();
    if (options.as_json) {
        json::array out;
        for (const auto& one : plugins) {
            out.push_back({{"kind", std::string(enum_name(one.kind))},
                           {"id", one.id},
                           {"name", one.name},
                           {"version", one.version},
                           {"vendor", one.vendor},
                           {"library", one.library}});
        }
        std::printf("%s", to_pretty_json(out).c_str());
    } else {
        std::vector<std::vector<std::string>> rows{{"KIND", "PLUGIN", "VERSION", "LIBRARY"}};
        for (const auto& one : plugins)
            rows.push_back({std::string(enum_name(one.kind)), one.id, one.version, one.library});
        print_table(rows);
    }
    for (const auto& fault : configuration.faults) std::fprintf(stderr, "%s\n", to_string(fault).c_str());
    return configuration.faults.empty() ? kGood : kFaults;
}

void add_list(CLI::App& plugin, Command& chosen) {
    auto options = std::make_shared<ListOptions>();
    if (const char* key = std::getenv("USHER_API_KEY")) options->api_key = key;
    auto* list = plugin.add_subcommand("list", "Plugins and their instances: of the running daemon, or of the files");
    list->add_option("--url", options->url, "Where the workspace and the API listen")->capture_default_str();
    list->add_option("--api-key", options->api_key, "A key of somebody who may see plugins; absent: $USHER_API_KEY");
    list->add_flag("--files", options->files, "Look into the plugin folders; no daemon is asked");
    list->add_option("--config", options->settings.config, "With --files: settings that name folders or libraries");
    list->add_flag("--json", options->as_json, "As JSON");
    list->callback([options, &chosen] {
        chosen = [options] { return options->files ? list_files(*options) : list_running(*options); };
    });
}

void add_new(CLI::App& plugin, Command& chosen) {
    struct New {
        TemplateRequest request;
        std::string templates;
    };
    auto options = std::make_shared<New>();
    auto* make =
        plugin.add_subcommand("new", "A plugin to start from, in a new folder NAME: it builds, runs and is tested");
    make->add_option("NAME", options->request.name, "What configurations call it: [a-z][a-z0-9_-]*")->required();
    make->add_option("--kind", options->request.kind, "channel, strategy, responder or exporter")
        ->capture_default_str()
        ->check(CLI::IsMember({"channel", "strategy", "responder", "exporter"}));
    make->add_option("--folder", options->request.folder, "Where to put it; absent: NAME below the working folder");
    make->add_option("--template", options->templates, "Folder of templates; absent: those of the SDK");
    make->callback([options, &chosen] {
        chosen = [options] {
            auto made = make_plugin(options->request, options->templates);
            if (!made) {
                std::fprintf(stderr, "usherctl: %s\n", made.error().message.c_str());
                return static_cast<int>(kCannot);
            }
            std::printf("Made %s:\n", made->folder.string().c_str());
            for (const auto& file : made->files) std::printf("  %s\n", file.c_str());
            std::printf("Next:\n  cd %s\n  cmake -B build && cmake --build build && ctest --test-dir build\n",
                        made->folder.string().c_str());
            return static_cast<int>(kGood);
        };
    });
}

}  // namespace

void add_plugin_commands(CLI::App& cli, Command& chosen) {
    auto* plugin = cli.add_subcommand("plugin", "Plugins: what runs, a new one, and whether one keeps the rules");
    plugin->require_subcommand(1);
    add_list(*plugin, chosen);
    add_new(*plugin, chosen);
    add_plugin_check(*plugin, chosen);
}

}  // namespace usher::app
