#include "config/load.hpp"

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <map>

#include "config/binding.hpp"
#include "config/check.hpp"
#include "config/json_schema.hpp"

namespace usher::config {
namespace {

bool is_cidr(const std::string& text) {
    boost::system::error_code error;
    boost::asio::ip::make_network_v4(text, error);
    if (!error) return true;
    boost::asio::ip::make_network_v6(text, error);
    return !error;
}

/// What holds between values, beyond the schema.
class Rules {
public:
    Rules(const Loaded& loaded, std::vector<Diagnostic>& faults) : loaded_(loaded), faults_(faults) {}

    void check() {
        const Settings& s = loaded_.settings;
        check_cidrs(s.trusted_proxies, "/trusted_proxies");
        const Listener& a = s.listeners.workspace;
        const Listener& b = s.listeners.public_;
        if (a.port != 0 && a.port == b.port && a.address == b.address) {
            fault("/listeners/public/port",
                  "the workspace listener has the same address and port; the two need their own");
        }
        check_ids(s.accounts, "/accounts", "an account");
        check_ids(s.strategies, "/strategies", "a strategy");
        check_ids(s.responders, "/responders", "a responder");
        check_ids(s.exporters, "/exporters", "an exporter");
        if (s.plugins) {
            std::map<std::string, std::string> seen;
            for (std::size_t i = 0; i < s.plugins->size(); ++i) {
                const std::string path = pointer(pointer("/plugins", i), "library");
                once(seen, (*s.plugins)[i].library, path, "this library stands here");
            }
        }
    }

private:
    void fault(const std::string& path, std::string message) {
        faults_.push_back({loaded_.sources.value_at(path), path, std::move(message)});
    }
    void once(std::map<std::string, std::string>& seen, const std::string& what, const std::string& path,
              const std::string& text) {
        auto [first, fresh] = seen.emplace(what, path);
        if (fresh) return;
        fault(path, text + " already, at " + to_string(loaded_.sources.value_at(first->second)));
    }
    void check_cidrs(const std::vector<std::string>& list, const std::string& path) {
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (!is_cidr(list[i])) fault(pointer(path, i), "expected a network such as 10.0.0.0/8 or fd00::/8");
        }
    }
    template <class T>
    void check_ids(const std::vector<T>& list, const std::string& path, const std::string& what) {
        std::map<std::string, std::string> seen;
        for (std::size_t i = 0; i < list.size(); ++i) {
            const std::string below = pointer(path, i);
            once(seen, list[i].id, pointer(below, "id"), what + " has this id");
            check_cidrs(list[i].egress.allow_cidrs, pointer(pointer(below, "egress"), "allow_cidrs"));
        }
    }

    const Loaded& loaded_;
    std::vector<Diagnostic>& faults_;
};

/// "/accounts/0/id" -> "accounts"
std::string section_of(std::string_view path) {
    if (path.empty()) return {};
    path.remove_prefix(1);
    return std::string(path.substr(0, path.find('/')));
}

}  // namespace

Checked check_document(Document document) {
    Checked checked;
    LoadResult& out = checked.result;
    out.faults = std::move(document.faults);
    if (document.value.is_null()) document.value = json::object{};  // an empty file
    const json::object& schema = settings_schema();
    coerce(schema, document.value, document.substituted);
    const auto wrong = validate(schema, document.value);
    for (const auto& fault : wrong) {
        // A value that could not be looked up has its fault already.
        const Location location =
            fault.at_key ? document.sources.key_at(fault.path) : document.sources.value_at(fault.path);
        const bool known = std::any_of(out.faults.begin(), out.faults.end(), [&](const Diagnostic& d) {
            return d.path == fault.path && d.location == location;
        });
        if (!known) out.faults.push_back({location, fault.path, fault.message});
        checked.unread.insert(section_of(fault.path));
    }
    out.loaded.sources = std::move(document.sources);
    out.loaded.substituted = std::move(document.substituted);
    if (!checked.unread.contains("")) {
        json::object& sections = document.value.get_object();
        for (const auto& section : checked.unread) sections.erase(section);
        detail::Binding<Settings>::read(document.value, out.loaded.settings);
        Rules(out.loaded, out.faults).check();
    }
    std::stable_sort(out.faults.begin(), out.faults.end());
    return checked;
}

LoadResult load_document(Document document) {
    return check_document(std::move(document)).result;
}

Location exactly_at(const SourceMap& sources, std::string_view path) {
    return sources.below(path).value_at("");
}

LoadResult load_text(std::string_view text, const std::string& name, const Surroundings& around) {
    return load_document(parse_yaml(text, name, around));
}

Document read_files(const std::vector<std::filesystem::path>& files, const Surroundings& around) {
    Document all;
    all.value = json::object{};
    for (const auto& file : files) {
        auto text = around.read_file(file);
        if (!text) {
            all.faults.push_back({{file.string(), 0, 0}, "", text.error().message});
            continue;
        }
        Document next = parse_yaml(*text, file.string(), around);
        if (!next.value.is_object() && !next.value.is_null()) {
            next.faults.push_back({next.sources.value_at(""), "", "expected an object, found a list or a text"});
        }
        all = overlay(std::move(all), std::move(next));
    }
    return all;
}

LoadResult load_files(const std::vector<std::filesystem::path>& files, const Surroundings& around) {
    return load_document(read_files(files, around));
}

Result<Loaded> load(const std::vector<std::filesystem::path>& files) {
    LoadResult result = load_files(files);
    if (!result.faults.empty()) return to_error(result.faults);
    return std::move(result.loaded);
}

}  // namespace usher::config
