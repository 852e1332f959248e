// Libraries and configuration: what is loaded, and what YAML says about it.
#include <boost/dll/runtime_symbol_info.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "config/json_schema.hpp"
#include "foundation/describe.hpp"
#include "foundation/log.hpp"
#include "foundation/text.hpp"
#include "plugins/registry_impl.hpp"

namespace usher::plugins {

namespace fs = std::filesystem;

namespace {

/// <prefix> of <prefix>/bin/usherd; nothing where the system does not tell.
std::optional<fs::path> program_prefix() {
    try {
        return fs::path(boost::dll::program_location().string()).parent_path().parent_path();
    } catch (const std::exception& e) {
        log::warn("plugins", std::string("the program's own folder is not known: ") + e.what());
        return std::nullopt;
    }
}

}  // namespace

std::vector<std::string> plugin_folders(const std::vector<std::string>& dirs) {
    std::vector<std::string> out;
    std::error_code error;
    const fs::path prefix = program_prefix().value_or(fs::path());
    auto add = [&](const fs::path& folder) {
        const std::string text = folder.lexically_normal().string();
        if (fs::is_directory(folder, error) && std::find(out.begin(), out.end(), text) == out.end())
            out.push_back(text);
    };
    for (const auto& dir : dirs) {
        add(fs::absolute(dir, error));
        if (fs::path(dir).is_relative() && !prefix.empty()) {
            add(prefix / dir);
            add(prefix / "lib" / "usher" / dir);
        }
    }
    return out;
}

namespace {

struct Section {
    Kind kind;
    const char* path;    // of the list
    const char* plugin;  // the member that names the plugin
};
constexpr Section kSections[] = {{Kind::channel, "/accounts", "channel"},
                                 {Kind::strategy, "/strategies", "plugin"},
                                 {Kind::responder, "/responders", "plugin"},
                                 {Kind::exporter, "/exporters", "plugin"}};

const Section& section_of(Kind kind) {
    return *std::find_if(std::begin(kSections), std::end(kSections),
                         [&](const Section& one) { return one.kind == kind; });
}

const std::vector<config::ExtensionSettings>& extensions(const config::Settings& settings, Kind kind) {
    if (kind == Kind::strategy) return settings.strategies;
    if (kind == Kind::responder) return settings.responders;
    return settings.exporters;
}

/// What substitutions brought, as the plugin's schema wants it.
json::object coerced(const config::Loaded& loaded, const std::string& path, const json::object& config,
                     const json::object& schema) {
    std::set<std::string, std::less<>> below;
    for (auto at = loaded.substituted.lower_bound(path + "/");
         at != loaded.substituted.end() && at->starts_with(path + "/"); ++at) {
        below.insert(at->substr(path.size()));
    }
    json::value value = config;
    config::coerce(schema, value, below);
    return value.get_object();
}

}  // namespace

namespace {

/// Is it one that this build trusts like its own code? Its folder stands beside the program and its list names it.
bool is_shipped(const std::string& path) {
    const fs::path file(path);
    const auto folders = plugin_folders({"plugins"});
    const bool beside = std::any_of(folders.begin(), folders.end(), [&](const std::string& folder) {
        std::error_code error;
        return program_prefix() && folder.starts_with(program_prefix()->string()) &&
               fs::equivalent(folder, file.parent_path(), error);
    });
    std::ifstream list(file.parent_path() / "shipped.list");
    for (std::string line; beside && std::getline(list, line);) {
        if (line == file.filename().string()) return true;
    }
    return false;
}

}  // namespace

Result<void> Registry::Impl::load_library(const std::string& path, std::optional<config::Isolation> isolation) {
    std::error_code ignored;
    const std::string file = fs::absolute(path, ignored).lexically_normal().string();
    {
        const std::lock_guard lock(mutex);
        if (libraries.contains(file)) return {};
    }
    const auto trusted = config::Isolation::in_process;
    const auto how = isolation.value_or(is_shipped(file) ? trusted : config::Isolation::process);
    std::vector<Loaded> found;
    if (how == trusted) {
        auto library = plugins::load_library(file);
        if (!library) return library.error();
        for (const auto& plugin : (*library)->plugins()) found.push_back({plugin.info, *library, how});
    } else {
        auto library = descriptions.of(file);
        if (!library) return library.error();
        auto build = hash_of_file(file);
        if (!build) return build.error();
        for (const auto& info : library->plugins) found.push_back({info, nullptr, how});
        for (auto& plugin : found) plugin.info.build = *build;
    }
    for (auto& plugin : found) plugin.info.isolation = how;
    const std::lock_guard lock(mutex);
    for (const auto& plugin : found) {
        auto known = plugins.find({plugin.info.kind, plugin.info.id});
        if (known == plugins.end()) continue;
        return invalid(file + ": the " + std::string(enum_name(plugin.info.kind)) + " " + plugin.info.id +
                       " was loaded from " + known->second.info.library + " already");
    }
    for (const auto& plugin : found) {
        plugins.emplace(InstanceKey{plugin.info.kind, plugin.info.id}, plugin);
        log::info("plugins", "loaded",
                  {{"kind", enum_name(plugin.info.kind)},
                   {"plugin", plugin.info.id},
                   {"version", plugin.info.version},
                   {"isolation", enum_name(how)}});
    }
    libraries.insert(file);
    return {};
}

void Registry::Impl::load_libraries(const config::Loaded& loaded, std::vector<config::Diagnostic>& faults) {
    const config::Settings& settings = loaded.settings;
    const std::vector<std::string> folders = plugin_folders(settings.plugin_dirs);
    if (!settings.plugins) {
        std::map<std::string, std::string> found;  // file name -> path; the first folder wins
        std::error_code error;
        for (const auto& folder : folders) {
            for (const auto& file : fs::directory_iterator(folder, error)) {
                const std::string name = file.path().filename().string();
                if (name.starts_with("usher-") && name.ends_with(".so")) found.emplace(name, file.path().string());
            }
        }
        for (const auto& [name, path] : found) {
            if (auto done = load_library(path, std::nullopt); !done) faults.push_back({{}, "", done.error().message});
        }
        return;
    }
    for (std::size_t i = 0; i < settings.plugins->size(); ++i) {
        const config::PluginSettings& plugin = (*settings.plugins)[i];
        const std::string path = pointer("/plugins", i);
        auto fault = [&](const std::string& member, const std::string& message) {
            faults.push_back({loaded.sources.value_at(pointer(path, member)), pointer(path, member), message});
        };
        std::error_code error;
        std::string file;
        if (fs::path(plugin.library).is_absolute()) {
            file = plugin.library;
        } else {
            for (const auto& folder : folders) {
                if (file.empty() && fs::exists(fs::path(folder) / plugin.library, error))
                    file = folder + "/" + plugin.library;
            }
        }
        if (file.empty()) {
            std::string message = "no such library; looked in ";
            for (const auto& folder : folders) message += (folder == folders.front() ? "" : ", ") + folder;
            if (folders.empty()) message = "no such library: none of the folders in plugin_dirs exists";
            fault("library", message);
        } else if (auto done = load_library(file, plugin.isolation); !done) {
            fault("library", done.error().message);
        }
    }
}

void Registry::Impl::check_section(const config::Loaded& loaded, Kind kind,
                                   std::vector<config::Diagnostic>& faults) const {
    const Section& section = section_of(kind);
    auto check = [&](std::size_t index, const std::string& plugin, const json::object& config) {
        const std::string base = pointer(section.path, index);
        const auto known = find_plugin(kind, plugin);
        if (!known) {
            const std::string path = pointer(base, section.plugin);
            faults.push_back({loaded.sources.value_at(path), path, unknown_plugin(kind, plugin).message});
            return;
        }
        const std::string path = pointer(base, "config");
        const json::object value = coerced(loaded, path, config, known->info.config_schema);
        for (const auto& fault : config::validate(known->info.config_schema, value)) {
            const std::string place = path + fault.path;
            const config::Location at = fault.at_key ? loaded.sources.key_at(place) : loaded.sources.value_at(place);
            faults.push_back({at, place, fault.message});
        }
    };
    if (kind == Kind::channel) {
        const auto& accounts = loaded.settings.accounts;
        for (std::size_t i = 0; i < accounts.size(); ++i) check(i, accounts[i].channel, accounts[i].config);
    } else {
        const auto& list = extensions(loaded.settings, kind);
        for (std::size_t i = 0; i < list.size(); ++i) check(i, list[i].plugin, list[i].config);
    }
}

std::vector<InstanceSpec> Registry::Impl::specs_of(const config::Loaded& loaded) const {
    std::vector<InstanceSpec> out;
    auto config_of = [&](Kind kind, const std::string& path, const std::string& plugin, const json::object& config) {
        const auto known = find_plugin(kind, plugin);
        return known ? coerced(loaded, path + "/config", config, known->info.config_schema) : config;
    };
    for (std::size_t i = 0; i < loaded.settings.accounts.size(); ++i) {
        const config::AccountSettings& account = loaded.settings.accounts[i];
        const std::string path = pointer("/accounts", i);
        InstanceSpec spec;
        spec.ref = {.id = account.id, .channel = account.channel, .kind = Kind::channel};
        spec.name = account.name.value_or(account.id);
        spec.enabled = account.enabled;
        spec.config = config_of(Kind::channel, path, account.channel, account.config);
        spec.allow_cidrs = account.egress.allow_cidrs;
        spec.retry = account.retry;
        spec.inbox = account.inbox;
        spec.source = to_string(loaded.sources.value_at(path));
        out.push_back(std::move(spec));
    }
    for (const Kind kind : {Kind::strategy, Kind::responder, Kind::exporter}) {
        std::set<std::string> named;
        const auto& list = extensions(loaded.settings, kind);
        for (std::size_t i = 0; i < list.size(); ++i) {
            const std::string path = pointer(section_of(kind).path, i);
            InstanceSpec spec;
            spec.ref = {.id = list[i].id, .channel = list[i].plugin, .kind = kind};
            spec.name = list[i].id;
            spec.enabled = list[i].enabled;
            spec.config = config_of(kind, path, list[i].plugin, list[i].config);
            spec.allow_cidrs = list[i].egress.allow_cidrs;
            spec.source = to_string(loaded.sources.value_at(path));
            named.insert(list[i].plugin);
            named.insert(list[i].id);
            out.push_back(std::move(spec));
        }
        if (kind == Kind::exporter) continue;  // exports nothing unasked
        const std::lock_guard lock(mutex);
        for (const auto& [key, plugin] : plugins) {
            if (key.first != kind || named.contains(key.second)) continue;
            if (!config::validate(plugin.info.config_schema, json::object{}).empty()) continue;
            InstanceSpec spec;
            spec.ref = {.id = key.second, .channel = key.second, .kind = kind};
            spec.name = plugin.info.name;
            out.push_back(std::move(spec));
        }
    }
    return out;
}

std::vector<config::Diagnostic> Registry::load(const config::Loaded& loaded) {
    std::vector<config::Diagnostic> faults;
    impl_->load_libraries(loaded, faults);
    for (const Section& section : kSections) impl_->check_section(loaded, section.kind, faults);
    std::stable_sort(faults.begin(), faults.end());
    return faults;
}

Result<void> Registry::load_library(const std::string& path, std::optional<config::Isolation> isolation) {
    return impl_->load_library(path, isolation);
}

std::vector<InstanceSpec> Registry::specs_of(const config::Loaded& loaded) const {
    return impl_->specs_of(loaded);
}

}  // namespace usher::plugins
