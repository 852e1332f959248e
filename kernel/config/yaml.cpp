#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "config/load.hpp"
#include "foundation/text.hpp"

namespace usher::config {
namespace {

constexpr int kDepthLimit = 64;
constexpr int kNodeLimit = 50'000;  // aliases count as often as they are used
constexpr std::size_t kFileBytes = 16 * 1024 * 1024;
constexpr std::size_t kSecretFileBytes = 1024 * 1024;

/// Plain scalars by the YAML 1.2 core schema: null, true, false, numbers, else text ("yes", "on" and "12:30" are
/// texts).
json::value plain_scalar(const std::string& text) {
    if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return nullptr;
    if (text == "true" || text == "True" || text == "TRUE") return true;
    if (text == "false" || text == "False" || text == "FALSE") return false;
    const char* first = text.data() + (text[0] == '+' ? 1 : 0);
    const char* last = text.data() + text.size();
    std::int64_t whole = 0;
    if (first != last && (*first != '-' || text[0] == '-')) {
        if (auto [at, error] = std::from_chars(first, last, whole); error == std::errc() && at == last) return whole;
        if (text.starts_with("0x") || text.starts_with("0o")) {
            const int base = text[1] == 'x' ? 16 : 8;
            if (auto [at, error] = std::from_chars(first + 2, last, whole, base); error == std::errc() && at == last) {
                return whole;
            }
        }
        double real = 0;
        const bool numeric = text.find_first_not_of("+-0123456789.eE") == std::string::npos &&
                             text.find_first_of("0123456789") != std::string::npos;
        if (auto [at, error] = std::from_chars(first, last, real); numeric && error == std::errc() && at == last)
            return real;
    }
    return json::value(json::string_view(text.data(), text.size()));
}

class Reader {
public:
    Reader(Document& out, std::string name, const Surroundings& around)
        : out_(out), name_(std::move(name)), around_(around) {}

    Location at(const YAML::Mark& mark) const {
        if (mark.is_null()) return {name_, 1, 1};
        return {name_, mark.line + 1, mark.column + 1};
    }
    void fault(Location location, const std::string& path, std::string message) {
        out_.faults.push_back({std::move(location), path, std::move(message)});
    }

    json::value read(const YAML::Node& node, const std::string& path, const Location& around, int depth) {
        Location location = node.Mark().is_null() ? around : at(node.Mark());
        out_.sources.set_value(path, location);
        if (++nodes_ > kNodeLimit || depth > kDepthLimit) {
            if (!overflow_) fault(location, path, "the document is nested too deeply or repeats itself too often");
            overflow_ = true;
            return nullptr;
        }
        switch (node.Type()) {
            case YAML::NodeType::Scalar:
                return scalar(node, path, location);
            case YAML::NodeType::Sequence:
                return sequence(node, path, location, depth);
            case YAML::NodeType::Map:
                return mapping(node, path, location, depth);
            case YAML::NodeType::Null:
            case YAML::NodeType::Undefined:
                break;
        }
        return nullptr;
    }

    bool overflowed() const { return overflow_; }

private:
    json::value sequence(const YAML::Node& node, const std::string& path, const Location& location, int depth) {
        json::array out;
        std::size_t index = 0;
        for (const auto& item : node) {
            if (overflow_) break;
            out.push_back(read(item, pointer(path, index++), location, depth + 1));
        }
        return out;
    }

    json::value mapping(const YAML::Node& node, const std::string& path, const Location& location, int depth) {
        json::object out;
        std::map<std::string, Location> seen;
        for (const auto& entry : node) {
            if (overflow_) break;
            const Location key_location = entry.first.Mark().is_null() ? location : at(entry.first.Mark());
            if (!entry.first.IsScalar()) {
                fault(key_location, path, "expected a key that is a text");
                continue;
            }
            const std::string& key = entry.first.Scalar();
            const std::string below = pointer(path, key);
            if (key == "<<") {
                fault(key_location, path, "merge keys (<<) are not supported; write the keys out");
                continue;
            }
            if (auto [first, fresh] = seen.emplace(key, key_location); !fresh) {
                fault(key_location, below, "this key stands here twice; first at " + to_string(first->second));
                continue;
            }
            out_.sources.set_key(below, key_location);
            out.emplace(key, read(entry.second, below, key_location, depth + 1));
        }
        return out;
    }

    json::value scalar(const YAML::Node& node, const std::string& path, const Location& location) {
        const std::string& text = node.Scalar();
        const std::string& tag = node.Tag();
        if (!is_utf8(text)) {
            fault(location, path, "expected UTF-8 text");
            return nullptr;
        }
        if (tag.size() > 1 && tag != "tag:yaml.org,2002:str") {
            fault(location, path, "the tag " + tag + " is not known; only !!str is");
            return nullptr;
        }
        if (text.find('$') != std::string::npos) {
            bool substituted = false;
            const std::string value = substitute(text, path, location, substituted);
            if (substituted) out_.substituted.insert(path);
            return json::value(json::string_view(value.data(), value.size()));
        }
        if (tag == "?") return plain_scalar(text);
        return json::value(json::string_view(text.data(), text.size()));
    }

    std::string substitute(const std::string& text, const std::string& path, const Location& location,
                           bool& substituted) {
        std::string out;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] != '$' || i + 1 == text.size() || (text[i + 1] != '{' && text[i + 1] != '$')) {
                out += text[i];
                continue;
            }
            if (text[i + 1] == '$') {
                out += '$';
                ++i;
                continue;
            }
            const std::size_t end = text.find('}', i);
            if (end == std::string::npos) {
                fault(location, path, "a ${ has no closing }; write $$ for a dollar sign");
                return out;
            }
            substituted = true;
            out += look_up(text.substr(i + 2, end - i - 2), path, location);
            i = end;
        }
        return out;
    }

    std::string look_up(const std::string& what, const std::string& path, const Location& location) {
        if (what.starts_with("file:")) {
            std::filesystem::path file(what.substr(5));
            if (file.empty()) {
                fault(location, path, "expected a path in ${file:PATH}");
                return {};
            }
            if (file.is_relative()) file = std::filesystem::path(name_).parent_path() / file;
            auto text = around_.read_file(file);
            if (!text) {
                fault(location, path, text.error().message);
                return {};
            }
            std::string value = std::move(*text);
            if (value.ends_with('\n')) value.pop_back();
            if (value.ends_with('\r')) value.pop_back();
            return checked(std::move(value), "the file " + file.string(), path, location);
        }
        const std::size_t preset = what.find(":-");
        const std::string variable = what.substr(0, preset);
        const bool named = !variable.empty() && !(variable[0] >= '0' && variable[0] <= '9') &&
                           std::all_of(variable.begin(), variable.end(),
                                       [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
        if (!named) {
            fault(location, path, "expected ${NAME}, ${NAME:-default} or ${file:PATH}; write $$ for a dollar sign");
            return {};
        }
        if (auto value = around_.environment(variable); value && !(value->empty() && preset != std::string::npos)) {
            return checked(std::move(*value), "the environment variable " + variable, path, location);
        }
        if (preset != std::string::npos) return what.substr(preset + 2);
        fault(location, path, "the environment variable " + variable + " is not set");
        return {};
    }

    std::string checked(std::string value, const std::string& what, const std::string& path, const Location& location) {
        if (is_utf8(value) && value.find('\0') == std::string::npos) return value;
        fault(location, path, what + " holds what is not UTF-8 text");
        return {};
    }

    Document& out_;
    std::string name_;
    const Surroundings& around_;
    int nodes_ = 0;
    bool overflow_ = false;
};

/// 0: all of it is UTF-8 without NUL. No letter spans a line end, so each line can be asked by itself.
int first_line_not_text(std::string_view text) {
    if (is_utf8(text) && text.find('\0') == std::string_view::npos) return 0;
    int line = 1;
    for (const auto part : split(text, '\n')) {
        if (!is_utf8(part) || part.find('\0') != std::string_view::npos) break;
        ++line;
    }
    return line;
}

bool starts_with_tab(std::string_view text, int line) {
    const auto lines = split(text, '\n');
    if (line < 0 || static_cast<std::size_t>(line) >= lines.size()) return false;
    const std::string_view rest = lines[static_cast<std::size_t>(line)];
    return rest.substr(0, std::min(rest.find_first_not_of(" \t"), rest.size())).find('\t') != std::string_view::npos;
}

/// What people mostly did when the parser says this.
std::string hint(const std::string& message, bool tab) {
    if (tab) return " (lines are indented with spaces, never with tabs)";
    if (message.find("end of sequence not found") != std::string::npos ||
        message.find("end of map not found") != std::string::npos)
        return " (is this line indented as its neighbours are?)";
    if (message.find("illegal map value") != std::string::npos) return " (is there a colon behind the key before it?)";
    return {};
}

void overlay_at(json::value& base, json::value& over, const std::string& base_path, const std::string& over_path,
                Document& out, const Document& top) {
    auto note = [&](const std::string& from, const std::string& to) {
        out.sources.replace(to, top.sources, from);
        std::erase_if(out.substituted, [&](const std::string& p) { return p == to || p.starts_with(to + "/"); });
        for (const auto& p : top.substituted) {
            if (p == from || p.starts_with(from + "/")) out.substituted.insert(to + p.substr(from.size()));
        }
    };
    if (base.is_object() && over.is_object()) {
        for (auto& entry : over.get_object()) {
            const std::string_view name(entry.key().data(), entry.key().size());
            if (json::value* found = base.get_object().if_contains(entry.key())) {
                overlay_at(*found, entry.value(), pointer(base_path, name), pointer(over_path, name), out, top);
            } else {
                base.get_object().emplace(entry.key(), entry.value());
                note(pointer(over_path, name), pointer(base_path, name));
            }
        }
    } else if (base.is_array() && over.is_array()) {
        for (std::size_t i = 0; i < over.get_array().size(); ++i) {
            note(pointer(over_path, i), pointer(base_path, base.get_array().size()));
            base.get_array().push_back(over.get_array()[i]);
        }
    } else if (!over.is_null()) {
        base = over;
        note(over_path, base_path);
    }
}

}  // namespace

Surroundings Surroundings::system() {
    Surroundings out;
    out.environment = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        if (!value) return std::nullopt;
        return value;
    };
    out.read_file = [](const std::filesystem::path& path) -> Result<std::string> {
        errno = 0;
        std::error_code ignored;
        std::ifstream file(path, std::ios::binary);
        if (!file || std::filesystem::is_directory(path, ignored)) {
            const int reason = errno != 0 ? errno : EISDIR;
            return invalid("the file " + path.string() + " cannot be read: " + std::generic_category().message(reason));
        }
        std::string text(kSecretFileBytes + 1, '\0');
        file.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(file.gcount()));
        if (file.bad()) return invalid("the file " + path.string() + " cannot be read");
        if (text.size() > kSecretFileBytes) return invalid("the file " + path.string() + " is larger than 1 MiB");
        return text;
    };
    return out;
}

Document parse_yaml(std::string_view text, const std::string& name, const Surroundings& around) {
    Document out;
    Reader reader(out, name, around);
    if (text.size() > kFileBytes) {
        reader.fault({name, 1, 1}, "", "the file is larger than 16 MiB");
        return out;
    }
    if (const int line =
            first_line_not_text(text)) {  // before the parser: it guesses other encodings, and repeats bytes
        reader.fault({name, line, 1}, "", "expected UTF-8 text without NUL");
        return out;
    }
    try {
        std::istringstream input{std::string(text)};
        const std::vector<YAML::Node> documents = YAML::LoadAll(input);
        if (documents.size() > 1) {
            reader.fault(reader.at(documents[1].Mark()), "", "expected one YAML document, found another after ---");
        }
        if (!documents.empty()) out.value = reader.read(documents[0], "", {name, 1, 1}, 0);
        if (reader.overflowed()) out.value = nullptr;
    } catch (const YAML::Exception& e) {
        std::string message = "not valid YAML: " + e.msg;
        message += hint(e.msg, starts_with_tab(text, e.mark.line));
        reader.fault(reader.at(e.mark), "", std::move(message));
    }
    return out;
}

Document overlay(Document base, Document over) {
    base.faults.insert(base.faults.end(), over.faults.begin(), over.faults.end());
    overlay_at(base.value, over.value, "", "", base, over);
    return base;
}

}  // namespace usher::config
