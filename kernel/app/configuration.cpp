#include "app/configuration.hpp"

#include <algorithm>
#include <filesystem>

#include "app/demo.hpp"
#include "app/places.hpp"
#include "http/tls_files.hpp"
#include "plugins/registry.hpp"

namespace usher::app {
namespace fs = std::filesystem;
namespace {

/// What stands in the settings and has to be there when the daemon starts.
void check_places(const config::Loaded& loaded, std::vector<config::Diagnostic>& faults) {
    const auto fault = [&](const std::string& path, std::string message) {
        faults.push_back({loaded.sources.value_at(path), path, std::move(message)});
    };
    const config::Settings& s = loaded.settings;
    if (s.listeners.tls) {
        bool readable = true;
        const std::pair<const char*, const std::string*> files[] = {
            {"/listeners/tls/certificate", &s.listeners.tls->certificate},
            {"/listeners/tls/key", &s.listeners.tls->key}};
        for (const auto& [path, file] : files) {
            if (auto text = config::Surroundings::system().read_file(*file); !text) {
                fault(path, text.error().message + "; expected a PEM file");
                readable = false;
            }
        }
        if (readable) {
            auto served = http::check_tls({s.listeners.tls->certificate, s.listeners.tls->key});
            if (!served) fault("/listeners/tls", served.error().message);
        }
    }
    std::error_code error;
    if (const fs::path folder = s.workspace.folder; !folder.empty() && !fs::exists(folder / "index.html", error))
        fault("/workspace/folder",
              "the folder " + folder.string() + " holds no index.html; expected the built workspace");
}

bool known_already(const std::vector<config::Diagnostic>& faults, const config::Diagnostic& fault) {
    return std::any_of(faults.begin(), faults.end(), [&](const config::Diagnostic& known) {
        return fault.location && known.path == fault.path && known.location == fault.location;
    });
}

}  // namespace

Configuration read_configuration(const Options& options, const config::Surroundings& around) {
    Configuration out;
    config::Document document = config::read_files(options.config, around);
    const config::Listeners places;  // the demo's page needs its origin before the settings are read
    const std::uint16_t port = options.port.value_or(places.workspace.port);
    const std::uint16_t public_port = options.public_port.value_or(static_cast<std::uint16_t>(port + 1));
    if (options.demo) {
        out.demo_url = "http://127.0.0.1:" + std::to_string(public_port + 1);
        document = with_demo_account(std::move(document), out.demo_url);
    }
    config::Checked checked = config::check_document(std::move(document));
    out.loaded = std::move(checked.result.loaded);
    out.faults = std::move(checked.result.faults);
    out.unread = std::move(checked.unread);
    auto& s = out.loaded.settings;
    if (options.port) {
        s.listeners.workspace.port = *options.port;
        s.listeners.public_.port = public_port;
    }
    if (options.public_port) s.listeners.public_.port = *options.public_port;
    if (options.data_dir) s.data_dir = *options.data_dir;
    for (auto& folder : s.plugin_dirs) folder = look_up(folder, {"../" + folder, "../lib/usher/" + folder}).string();
    check_places(out.loaded, out.faults);
    std::stable_sort(out.faults.begin(), out.faults.end());
    return out;
}

void check_plugins(Configuration& configuration, plugins::Registry& registry) {
    const bool whole = std::none_of(configuration.faults.begin(), configuration.faults.end(),
                                    [](const config::Diagnostic& fault) { return fault.path.empty(); });
    if (!whole || configuration.unread.contains("plugins") || configuration.unread.contains("plugin_dirs")) return;
    for (auto& fault : registry.load(configuration.loaded)) {
        if (!known_already(configuration.faults, fault)) configuration.faults.push_back(std::move(fault));
    }
    std::stable_sort(configuration.faults.begin(), configuration.faults.end());
}

}  // namespace usher::app
