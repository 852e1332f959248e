// usherctl plugin check: the conformance kit over a library, and a report that a stranger can act on.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <usher/conformance/check.hpp>

#include "app/ctl.hpp"
#include "app/ctl_yaml.hpp"
#include "app/sample_config.hpp"
#include "config/check.hpp"
#include "config/json_schema.hpp"
#include "plugins/loader.hpp"

namespace usher::app {
namespace {

namespace kit = sdk::conformance;

struct CheckOptions {
    std::string file;
    std::string config;
    std::string plugin;
    int seconds = 60;
    bool as_json = false;
    bool notes = false;
};

struct Told {
    std::string plugin, step;
    std::vector<kit::Finding> findings;
    std::vector<kit::Finding> known{};  // those of an earlier step again
};

const char* severity_name(kit::Severity severity) {
    switch (severity) {
        case kit::Severity::error:
            return "error";
        case kit::Severity::warning:
            return "warning";
        case kit::Severity::note:
            break;
    }
    return "note";
}

/// What this kernel's loader says, beyond the kit: the schema's subset, above all. In a child, as it maps the library.
std::vector<kit::Finding> loader_findings(const std::string& path, std::chrono::milliseconds limit) {
    const kit::Ending ending = kit::in_child(
        [&]() -> std::vector<std::string> {
            std::vector<std::string> out;
            if (auto library = plugins::load_library(path); !library) {
                for (const auto& detail : library.error().details) out.push_back(detail.message);
            }
            return out;
        },
        limit);
    std::vector<kit::Finding> out;
    for (const auto& text : ending.fields) {
        const bool schema = text.find("config_schema") != std::string::npos;
        out.push_back({kit::Severity::error, "the library", text,
                       schema ? "only the keywords that the settings form can draw; the loader refuses others"
                              : "a library that the daemon's loader takes",
                       schema ? "sdk/ABI.md, Configuration" : kit::place::kEntry});
    }
    if (!ending.whole)
        out.push_back({kit::Severity::error, "the library", "the library " + ending.fate + " in the daemon's loader",
                       "to be loaded", kit::place::kEntry});
    return out;
}

json::object schema_of(const kit::Described& plugin) {
    auto parsed = parse_json(plugin.schema.empty() ? "{}" : plugin.schema, 64);
    json::object schema = parsed && parsed->is_object() ? parsed->get_object() : json::object{};
    if (schema.empty()) schema = {{"type", "object"}, {"properties", json::object{}}};
    return schema;
}

struct Start {
    bool created = true;  // or it died: then the steps shall tell
    std::string why;      // " (log: ...)"
};

Start try_start(const std::string& file, const kit::Described& plugin, const kit::Configured& configured) {
    const kit::Ending ending = kit::in_child(
        [&]() -> std::vector<std::string> {
            std::string problem;
            const usher_entry* entry = kit::detail::open_entry(file, problem);
            const usher_descriptor* descriptor = kit::detail::find_descriptor(entry, plugin);
            kit::Report ignored("");
            const kit::Subject subject{entry, descriptor, configured.config_json, {}};
            kit::Guest guest(subject, ignored);
            return {guest.created() ? "yes" : "no", guest.texts()};
        },
        std::chrono::seconds(10));
    if (!ending.whole || ending.fields.size() != 2) return {};
    return {ending.fields[0] == "yes", ending.fields[1]};
}

/// The author's configuration, or one made up: as full as the plugin takes it.
Result<kit::Configured> configure(const CheckOptions& options, const kit::Described& plugin, std::string& how) {
    const json::object schema = schema_of(plugin);
    const auto configured = [&](const json::object& config) {
        return kit::Configured{write_json(config), secrets_in(schema, config)};
    };
    if (!options.config.empty()) {
        how = "with " + options.config;
        config::Document document = config::read_files({options.config});
        if (!document.faults.empty()) return config::to_error(document.faults);
        config::coerce(schema, document.value, document.substituted);
        std::vector<config::Diagnostic> faults;
        for (const auto& fault : config::validate(schema, document.value)) {
            const auto at = fault.at_key ? document.sources.key_at(fault.path) : document.sources.value_at(fault.path);
            faults.push_back({at, fault.path, fault.message});
        }
        if (!faults.empty()) return config::to_error(faults);
        return configured(config::apply_defaults(schema, document.value).as_object());
    }
    std::optional<kit::Configured> last;
    std::string refused;
    for (const auto extent :
         {SampleStyle::Extent::all_and_lists, SampleStyle::Extent::all, SampleStyle::Extent::required}) {
        for (const auto secret :
             {SampleStyle::Secret::plain, SampleStyle::Secret::named, SampleStyle::Secret::numbered}) {
            const auto made = sample_config(schema, {extent, secret});
            if (!made || (last && last->config_json == write_json(*made))) continue;
            last = configured(*made);
            const Start start = try_start(options.file, plugin, *last);
            if (start.created) {
                how = extent == SampleStyle::Extent::required
                          ? "with a made-up configuration that sets what is required"
                          : "with a made-up configuration that sets everything";
                return *last;
            }
            if (refused.empty()) refused = start.why;
        }
    }
    if (!last)
        return invalid("no configuration could be made up from the schema of " + plugin.id +
                       "; give one with --config FILE");
    return invalid(plugin.id + " takes none of the configurations that were made up from its schema" + refused +
                   "; give one with --config FILE");
}

void print_findings(const Told& told, bool notes) {
    for (const auto& one : told.known)
        std::printf("      %s, as above: %s\n", severity_name(one.severity), one.what.c_str());
    for (const auto& one : told.findings) {
        if (one.severity == kit::Severity::note) {
            if (notes) std::printf("      note: %s\n", one.what.c_str());
            continue;
        }
        std::printf("      %s: %s\n", severity_name(one.severity), one.what.c_str());
        if (!one.expected.empty()) std::printf("        expected: %s\n", one.expected.c_str());
        if (!one.where.empty()) std::printf("        see: %s\n", one.where.c_str());
    }
}

void print_step(const Told& told, bool notes) {
    const auto worst = [&](kit::Severity severity) {
        const auto is = [&](const kit::Finding& one) { return one.severity == severity; };
        return std::any_of(told.findings.begin(), told.findings.end(), is) ||
               std::any_of(told.known.begin(), told.known.end(), is);
    };
    const char* mark = "ok   ";
    if (worst(kit::Severity::error)) {
        mark = "ERROR";
    } else if (worst(kit::Severity::warning)) {
        mark = "warn ";
    } else if (worst(kit::Severity::note)) {
        mark = "ok - ";
    }
    std::printf("  %s %s\n", mark, told.step.c_str());
    print_findings(told, notes);
    std::fflush(stdout);
}

json::array to_json(const std::vector<Told>& all) {
    json::array out;
    for (const auto& told : all) {
        for (const auto& one : told.findings) {
            out.push_back({{"plugin", told.plugin},
                           {"step", told.step},
                           {"severity", severity_name(one.severity)},
                           {"what", one.what},
                           {"expected", one.expected},
                           {"where", one.where}});
        }
    }
    return out;
}

class PluginCheck {
public:
    explicit PluginCheck(CheckOptions options) : options_(std::move(options)) {}

    int run() {
        std::error_code error;
        options_.file = std::filesystem::absolute(options_.file, error).string();
        if (!std::filesystem::is_regular_file(options_.file, error)) {
            std::fprintf(stderr, "usherctl: %s: no such file\n", options_.file.c_str());
            return kCannot;
        }
        const std::chrono::seconds limit(options_.seconds);
        kit::LibraryCheck library = kit::check_library(options_.file, limit);
        const auto is_error = [](const kit::Finding& one) { return one.severity == kit::Severity::error; };
        if (std::none_of(library.findings.begin(), library.findings.end(), is_error)) {
            for (auto& finding : loader_findings(options_.file, limit)) library.findings.push_back(std::move(finding));
        }
        if (!options_.as_json) std::printf("%s (plugin ABI 0.%u)\n", options_.file.c_str(), USHER_ABI_MINOR);
        take({"", "the library", library.findings});
        if (std::any_of(library.findings.begin(), library.findings.end(), is_error)) return finish();
        bool found = false;
        for (const auto& plugin : library.described) {
            if (!options_.plugin.empty() && plugin.id != options_.plugin) continue;
            found = true;
            if (const int code = one(plugin, limit); code != kGood) return code;
        }
        if (!found) {
            std::fprintf(stderr, "usherctl: the library holds no plugin \"%s\"\n", options_.plugin.c_str());
            return kCannot;
        }
        return finish();
    }

private:
    int one(const kit::Described& plugin, std::chrono::milliseconds limit) {
        std::string how;
        auto configured = configure(options_, plugin, how);
        if (!configured) {
            std::fprintf(stderr, "%s\n", configured.error().message.c_str());
            return kCannot;
        }
        if (!options_.as_json)
            std::printf("\n%s %s %s, %s\n", plugin.kind.c_str(), plugin.id.c_str(), plugin.version.c_str(),
                        how.c_str());
        kit::check_plugin(options_.file, plugin, *configured, limit,
                          [&](const std::string& step, const std::vector<kit::Finding>& findings) {
                              take({plugin.id, step, findings});
                          });
        return kGood;
    }
    void take(Told told) {
        ++steps_;
        const auto again = [&](const kit::Finding& one) {
            return one.severity != kit::Severity::note && !said_.insert(told.plugin + "\n" + one.what).second;
        };
        const auto first_known = std::stable_partition(told.findings.begin(), told.findings.end(),
                                                       [&](const kit::Finding& one) { return !again(one); });
        told.known.assign(first_known, told.findings.end());
        told.findings.erase(first_known, told.findings.end());
        for (const auto& finding : told.findings) {
            if (finding.severity == kit::Severity::error) ++errors_;
            if (finding.severity == kit::Severity::warning) ++warnings_;
        }
        if (!options_.as_json) print_step(told, options_.notes);
        all_.push_back(std::move(told));
    }
    int finish() const {
        if (options_.as_json) {
            const json::value out{{"file", options_.file},
                                  {"steps", steps_},
                                  {"errors", errors_},
                                  {"warnings", warnings_},
                                  {"findings", to_json(all_)}};
            std::printf("%s", to_pretty_json(out).c_str());
        } else {
            std::printf("\n%d steps: %d %s, %d %s.%s\n", steps_, errors_, errors_ == 1 ? "error" : "errors", warnings_,
                        warnings_ == 1 ? "warning" : "warnings",
                        options_.notes ? "" : " --notes also tells what was not tried.");
        }
        return errors_ == 0 ? kGood : kFaults;
    }

    CheckOptions options_;
    std::vector<Told> all_;
    std::set<std::string> said_;
    int steps_ = 0, errors_ = 0, warnings_ = 0;
};

}  // namespace

void add_plugin_check(CLI::App& plugin, Command& chosen) {
    auto options = std::make_shared<CheckOptions>();
    auto* check = plugin.add_subcommand("check", "Tries a plugin as the kernel would, and tells which rules it breaks");
    check->add_option("FILE", options->file, "The library (.so)")->required();
    check->add_option("--config", options->config, "The plugin's configuration (YAML or JSON); absent: one is made up");
    check->add_option("--plugin", options->plugin, "Only the plugin with this id");
    check->add_option("--timeout", options->seconds, "Seconds for each step")->check(CLI::Range(1, 3600));
    check->add_flag("--json", options->as_json, "The findings as JSON");
    check->add_flag("--notes", options->notes, "Also what was not tried, and why");
    check->callback([options, &chosen] { chosen = [options] { return PluginCheck(*options).run(); }; });
}

}  // namespace usher::app
