#include "plugins/loader.hpp"

#include <boost/dll/shared_library.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "config/json_schema.hpp"
#include "foundation/crypto.hpp"
#include "foundation/text.hpp"
#include "plugins/abi.hpp"

namespace usher::plugins {
namespace {

constexpr char kEntrySymbol[] = "usher_plugin_entry_v0";
static_assert(USHER_ABI_MAJOR == 0, "the symbol's name carries the major version");

constexpr std::size_t kDescriptorLimit = 64;
constexpr std::size_t kSchemaLimit = 256 * 1024;

bool is_plugin_id(std::string_view id) {
    if (id.empty() || id.size() > 64 || !(id[0] >= 'a' && id[0] <= 'z')) return false;
    return id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == std::string_view::npos;
}

/// Collects what is wrong with one library.
class Faults {
public:
    explicit Faults(std::string path) : path_(std::move(path)) {}
    void add(const std::string& what) {
        error_.message += (error_.message.empty() ? "" : "\n") + path_ + ": " + what;
        error_.details.push_back({"", what});
    }
    bool empty() const { return error_.details.empty(); }
    Error error() const { return error_; }

private:
    std::string path_;
    Error error_{Errc::invalid, ""};
};

std::string take_text(usher_str from, const std::string& what, std::size_t limit, Faults& faults) {
    const std::string_view text = view(from);
    if (!from.data && from.size != 0) {
        faults.add(what + " is NULL with a size");
    } else if (auto checked = check_text(text, limit); !checked) {
        faults.add(what + ": " + checked.error().message);
    } else {
        return std::string(text);
    }
    return {};
}

json::object take_object(const std::string& text, const std::string& what, Faults& faults) {
    if (text.empty()) return {};
    const auto parsed = parse_json(text);
    if (!parsed) {
        faults.add(what + " is " + parsed.error().message);
    } else if (!parsed->is_object()) {
        faults.add(what + " is no JSON object");
    } else {
        return parsed->get_object();
    }
    return {};
}

Library::Plugin take_descriptor(const usher_descriptor* peer, const std::string& place, const std::string& path,
                                Faults& faults) {
    Library::Plugin out;
    out.descriptor = peer;
    if (!peer) {
        faults.add(place + " is NULL");
        return out;
    }
    if (!USHER_FITS(usher_descriptor, peer, config_schema)) {
        faults.add(place + " says it is " + std::to_string(peer->struct_size) +
                   " bytes long, too short to hold config_schema (expected " + std::to_string(sizeof *peer) + ")");
        return out;
    }
    const usher_descriptor c = whole(peer);
    PluginInfo& info = out.info;
    info.library = path;
    info.id = take_text(c.id, place + ".id", 1024, faults);
    if (!is_plugin_id(info.id)) {
        faults.add(place + ".id is not of the form [a-z][a-z0-9._-]{0,63}");
    }
    const std::string name = info.id.empty() ? place : "plugin " + info.id;
    if (c.kind < USHER_CHANNEL || c.kind > USHER_EXPORTER) {
        faults.add(name + ": kind " + std::to_string(c.kind) + " is not known; expected 1 (channel) to 4 (exporter)");
    } else {
        info.kind = static_cast<Kind>(c.kind);
    }
    info.name = take_text(c.name, name + ": name", 200, faults);
    if (info.name.empty()) info.name = info.id;
    info.vendor = take_text(c.vendor, name + ": vendor", 200, faults);
    info.version = take_text(c.version, name + ": version", 100, faults);
    if (info.version.empty()) faults.add(name + ": version is empty");
    const std::string schema = take_text(c.config_schema, name + ": config_schema", kSchemaLimit, faults);
    info.config_schema = take_object(schema, name + ": config_schema", faults);
    if (info.config_schema.empty()) {
        info.config_schema = {{"type", "object"}, {"properties", json::object{}}};
    }
    for (const auto& fault : config::check_schema(info.config_schema)) {
        faults.add(name + ": config_schema" + fault.path + ": " + fault.message);
    }
    const std::string capabilities = take_text(c.capabilities, name + ": capabilities", kSchemaLimit, faults);
    info.capabilities = take_object(capabilities, name + ": capabilities", faults);
    return out;
}

/// Boost.DLL wraps what the dynamic linker said: "... (dlerror system message: TEXT): Bad file descriptor ...".
std::string linker_message(std::string_view wrapped) {
    constexpr std::string_view kBefore = "dlerror system message: ";
    const std::size_t at = wrapped.find(kBefore);
    if (at == std::string_view::npos) return std::string(wrapped);
    const std::string_view rest = wrapped.substr(at + kBefore.size());
    return std::string(rest.substr(0, rest.rfind("): ")));
}

/// Unmapping would pull the code from under its thread-locals and exit handlers: what was taken once stays.
void keep_mapped(boost::dll::shared_library library) {
    static auto* const kept = new std::vector<boost::dll::shared_library>();
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    kept->push_back(std::move(library));
}

class MappedLibrary final : public Library {
public:
    MappedLibrary(std::string path, const usher_entry* entry, std::vector<Plugin> plugins)
        : path_(std::move(path)), entry_(whole(entry)), plugins_(std::move(plugins)) {}
    const std::string& path() const override { return path_; }
    const std::vector<Plugin>& plugins() const override { return plugins_; }
    const usher_entry& entry() const override { return entry_; }

private:
    std::string path_;
    usher_entry entry_;
    std::vector<Plugin> plugins_;
};

}  // namespace

Result<std::vector<Library::Plugin>> check_entry(const usher_entry* entry, const std::string& path) {
    Faults faults(path);
    if (!entry) {
        faults.add("its entry is NULL");
        return faults.error();
    }
    // The two members that every version has come first; the rest is read only when they are right.
    if (entry->struct_size < offsetof(usher_entry, abi_minor) + sizeof entry->abi_minor) {
        faults.add("usher_entry says it is " + std::to_string(entry->struct_size) + " bytes long; expected " +
                   std::to_string(sizeof *entry));
        return faults.error();
    }
    if (entry->abi_minor != USHER_ABI_MINOR) {
        faults.add("is built for plugin ABI 0." + std::to_string(entry->abi_minor) + "; this Usher takes exactly 0." +
                   std::to_string(USHER_ABI_MINOR) + ": build it with this version's SDK");
        return faults.error();
    }
    if (!USHER_FITS(usher_entry, entry, create)) {
        faults.add("usher_entry says it is " + std::to_string(entry->struct_size) +
                   " bytes long, too short to hold create (expected " + std::to_string(sizeof *entry) + ")");
        return faults.error();
    }
    if (!entry->create) faults.add("usher_entry.create is NULL");
    if (!entry->descriptors || entry->descriptor_count == 0) {
        faults.add("holds no plugin: usher_entry.descriptors is empty");
        return faults.error();
    }
    if (entry->descriptor_count > kDescriptorLimit) {
        faults.add("claims " + std::to_string(entry->descriptor_count) + " plugins; at most 64 are read");
        return faults.error();
    }
    std::vector<Library::Plugin> plugins;
    std::set<std::pair<Kind, std::string>> seen;
    for (std::size_t i = 0; i < entry->descriptor_count; ++i) {
        auto plugin = take_descriptor(entry->descriptors[i], "descriptor[" + std::to_string(i) + "]", path, faults);
        if (!plugin.info.id.empty() && !seen.emplace(plugin.info.kind, plugin.info.id).second) {
            faults.add("holds two plugins with the id " + plugin.info.id);
        }
        plugins.push_back(std::move(plugin));
    }
    if (!faults.empty()) return faults.error();
    return plugins;
}

Result<std::string> hash_of_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (!file.is_open() || file.bad()) return invalid(path + ": cannot be read");
    return crypto::sha256_hex(bytes);
}

Result<std::shared_ptr<const Library>> load_library(const std::string& path, const std::string& shown) {
    const std::string name = shown.empty() ? path : shown;
    Faults faults(name);
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) {
        faults.add("no such file");
        return faults.error();
    }
    boost::dll::shared_library library;
    try {
        const auto mode = boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local;
        library.load(std::filesystem::absolute(path).string(), mode);
    } catch (const std::exception& e) {
        faults.add("cannot be loaded: " + linker_message(e.what()));
        return faults.error();
    }
    if (!library.has(kEntrySymbol)) {
        faults.add(library.has("usher_plugin_entry_v1")
                       ? std::string("is built for plugin ABI 1; this Usher knows 0.") + std::to_string(USHER_ABI_MINOR)
                       : std::string("exports no ") + kEntrySymbol + ": it is no Usher plugin");
        return faults.error();
    }
    const usher_entry* entry = nullptr;
    try {
        entry = &library.get<const usher_entry>(kEntrySymbol);
    } catch (const std::exception& e) {
        faults.add(std::string("cannot be loaded: ") + e.what());
        return faults.error();
    }
    auto plugins = check_entry(entry, name);
    if (!plugins) return plugins.error();
    auto build = hash_of_file(path);
    if (!build) return build.error();
    for (auto& plugin : *plugins) plugin.info.build = *build;
    keep_mapped(std::move(library));
    return std::shared_ptr<const Library>(std::make_shared<MappedLibrary>(name, entry, std::move(*plugins)));
}

}  // namespace usher::plugins
