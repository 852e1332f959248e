#pragma once
/// The whole kit over one library: file, entry, then every step for every plugin in it, each in a child process.
/// Nothing of the library runs in the caller.
#include <usher/conformance/isolated.hpp>
#include <usher/conformance/library_file.hpp>
#include <usher/conformance/steps.hpp>

#include <dlfcn.h>

#include <map>

namespace usher::sdk::conformance {

/// What the library says of one plugin in it.
struct Described {
    std::string id, kind, name, version, schema, capabilities;
};
/// How to configure it: chosen by the caller, who knows the schema.
struct Configured {
    std::string config_json = "{}";
    std::vector<std::string> secrets{};
};

namespace detail {

/// Maps it (this process only); null and a text where it cannot be.
inline const usher_entry* open_entry(const std::string& path, std::string& problem) {
    void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        problem = ::dlerror();
        return nullptr;
    }
    const void* entry = ::dlsym(library, "usher_plugin_entry_v0");
    if (entry == nullptr) problem = "exports no usher_plugin_entry_v0: it is no Usher plugin";
    return static_cast<const usher_entry*>(entry);
}

inline std::string kind_name(std::uint32_t kind) {
    static const std::map<std::uint32_t, std::string> kNames = {{USHER_CHANNEL, "channel"},
                                                                {USHER_STRATEGY, "strategy"},
                                                                {USHER_RESPONDER, "responder"},
                                                                {USHER_EXPORTER, "exporter"}};
    const auto found = kNames.find(kind);
    return found == kNames.end() ? "kind " + std::to_string(kind) : found->second;
}

inline void check_descriptor(Report& report, const usher_descriptor* d) {
    if (d == nullptr || !USHER_FITS(usher_descriptor, d, capabilities)) {
        report.error("a descriptor is NULL or too short to hold capabilities", "struct_size = sizeof(usher_descriptor)",
                     place::kEntry);
        return;
    }
    const std::string id(view(d->id));
    if (id.empty() || id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") != std::string::npos)
        report.error("the id \"" + id + "\" is not of the form [a-z][a-z0-9._-]{0,63}",
                     "a name that configurations use", place::kEntry);
    if (d->kind < USHER_CHANNEL || d->kind > USHER_EXPORTER)
        report.error(id + ": kind " + std::to_string(d->kind) + " is not known", "1 (channel) to 4 (exporter)",
                     place::kEntry);
    if (view(d->version).empty()) report.error(id + ": version is empty", "a version such as 1.0.0", place::kEntry);
    for (const auto& [name, text] :
         {std::pair{"config_schema", view(d->config_schema)}, {"capabilities", view(d->capabilities)}}) {
        if (!text.empty() && !is_object(text))
            report.error(id + ": " + name + " is no JSON object", "a JSON object, or \"\" for none", place::kEntry);
    }
}

inline const usher_descriptor* find_descriptor(const usher_entry* entry, const Described& wanted) {
    for (std::size_t i = 0; i < entry->descriptor_count; ++i)
        if (view(entry->descriptors[i]->id) == wanted.id && kind_name(entry->descriptors[i]->kind) == wanted.kind)
            return entry->descriptors[i];
    return nullptr;
}

}  // namespace detail

/// The file and what it says of itself. `described` is empty when it cannot be tried further.
struct LibraryCheck {
    std::vector<Finding> findings{};
    std::vector<Described> described{};
};
inline LibraryCheck check_library(const std::string& path, std::chrono::milliseconds limit) {
    LibraryCheck out;
    Report file("the library");
    const LibraryFile facts = read_library_file(path);
    if (!facts.problem.empty()) {
        file.error(path + " " + facts.problem, "a shared library, built with usher_add_plugin()", place::kEntry);
        out.findings = file.findings();
        return out;
    }
    bool entry_exported = false;
    std::string others;
    for (const auto& symbol : facts.exported) {
        if (symbol == "usher_plugin_entry_v0") {
            entry_exported = true;
        } else if (others.size() < 200) {
            others += (others.empty() ? "" : ", ") + symbol;
        } else if (!others.ends_with(" ...")) {
            others += " ...";
        }
    }
    if (!entry_exported)
        file.error("usher_plugin_entry_v0 is not exported", "exactly this symbol: USHER_PLUGIN(...) makes it",
                   place::kEntry);
    if (!others.empty())
        file.warning(
            "exports more than its entry: " + others,
            "usher_plugin_entry_v0 alone, by the SDK's version script: what two libraries both export may be merged",
            place::kEntry);
    out.findings = file.findings();
    if (!entry_exported) return out;
    const Ending ending = in_child(
        [&] {
            Report report("the library");
            std::string problem;
            std::vector<std::string> fields;
            const usher_entry* entry = detail::open_entry(path, problem);
            std::vector<std::string> described;
            if (entry == nullptr) {
                report.error("cannot be loaded: " + problem, "all libraries it needs, no undefined symbols",
                             place::kEntry);
            } else if (entry->abi_minor != USHER_ABI_MINOR || !USHER_FITS(usher_entry, entry, create)) {
                report.error("is built for plugin ABI 0." + std::to_string(entry->abi_minor),
                             "0." + std::to_string(USHER_ABI_MINOR) + ": build it with this version's SDK",
                             place::kEntry);
            } else if (entry->create == nullptr || entry->descriptors == nullptr || entry->descriptor_count == 0) {
                report.error("usher_entry has no create or no descriptors", "both", place::kEntry);
            } else {
                for (std::size_t i = 0; i < entry->descriptor_count && i < 64; ++i) {
                    const usher_descriptor* d = entry->descriptors[i];
                    const std::size_t before = report.findings().size();
                    detail::check_descriptor(report, d);
                    if (report.findings().size() != before) continue;
                    for (const auto& text : {std::string(view(d->id)), detail::kind_name(d->kind),
                                             std::string(view(d->name)), std::string(view(d->version)),
                                             std::string(view(d->config_schema)), std::string(view(d->capabilities))})
                        described.push_back(text);
                }
            }
            fields.push_back(std::to_string(described.size() / 6));
            fields.insert(fields.end(), described.begin(), described.end());
            for (const auto& field : to_fields(report.findings())) fields.push_back(field);
            return fields;
        },
        limit);
    if (!ending.whole || ending.fields.empty()) {
        Report report("the library");
        report.error("the library " + ending.fate + " while it was being loaded",
                     "static constructors that do no work: the descriptor has to be readable without running anything",
                     place::kEntry);
        out.findings.push_back(report.findings().front());
        return out;
    }
    const std::size_t count = static_cast<std::size_t>(std::atoi(ending.fields[0].c_str()));
    for (std::size_t i = 0; i < count; ++i) {
        const auto* f = &ending.fields[1 + i * 6];
        out.described.push_back({f[0], f[1], f[2], f[3], f[4], f[5]});
    }
    const std::vector<std::string> rest(ending.fields.begin() + static_cast<std::ptrdiff_t>(1 + count * 6),
                                        ending.fields.end());
    for (auto& finding : to_findings(rest)) out.findings.push_back(std::move(finding));
    return out;
}

/// Every step for one plugin of the library. `told` hears of each step with its findings, in order.
inline void check_plugin(const std::string& path, const Described& plugin, const Configured& configured,
                         std::chrono::milliseconds limit,
                         const std::function<void(const std::string&, const std::vector<Finding>&)>& told) {
    usher_descriptor descriptor{};  // enough for the list of steps; the children look at the library's own
    descriptor.struct_size = sizeof descriptor;
    for (std::uint32_t kind = USHER_CHANNEL; kind <= USHER_EXPORTER; ++kind)
        if (detail::kind_name(kind) == plugin.kind) descriptor.kind = kind;
    const Subject outline{.descriptor = &descriptor};
    for (const Step& step : steps_for(outline)) {
        told(step.name, run_isolated(
                            step.name,
                            [&](Report& report) {
                                std::string problem;
                                const usher_entry* entry = detail::open_entry(path, problem);
                                const usher_descriptor* mine =
                                    entry == nullptr ? nullptr : detail::find_descriptor(entry, plugin);
                                if (mine == nullptr)
                                    return report.error("is not there a second time: " + problem, "", place::kEntry);
                                step.run({entry, mine, configured.config_json, configured.secrets}, report);
                            },
                            limit));
    }
}

}  // namespace usher::sdk::conformance
