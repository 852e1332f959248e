#include "app/ctl_yaml.hpp"

#include <algorithm>

namespace usher::app {
namespace {

constexpr std::size_t kRemarkColumn = 56;

/// A text that YAML would read as the same text without quotes.
bool plain(std::string_view text) {
    if (text.empty() || text.size() > 200) return false;
    const auto fine = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_-./:@+=,~ ").find(c) != std::string_view::npos;
    };
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/'; };
    if (!letter(text.front()) || !std::all_of(text.begin(), text.end(), fine)) return false;
    if (text.find(": ") != std::string_view::npos || text.back() == ':' || text.back() == ' ') return false;
    for (const std::string_view word : {"true", "True", "TRUE", "false", "False", "FALSE", "null", "Null", "NULL"}) {
        if (text == word) return false;
    }
    return true;
}

std::string scalar(const json::value& value) {
    if (value.is_string()) {
        const std::string_view text(value.get_string().data(), value.get_string().size());
        if (plain(text)) return std::string(text);
    }
    return write_json(value);  // JSON is YAML
}

bool flat(const json::value& value) {
    if (value.is_object()) return value.get_object().empty();
    if (!value.is_array()) return true;
    return std::none_of(value.get_array().begin(), value.get_array().end(),
                        [](const json::value& item) { return item.is_structured(); });
}

class Writer {
public:
    explicit Writer(const std::function<std::string(const std::string&)>& remark) : remark_(remark) {}

    void mapping(const json::object& object, const std::string& path, std::size_t indent, std::string first) {
        for (const auto& entry : object) {
            const std::string key = scalar(json::value(entry.key()));
            const std::string below = pointer(path, {entry.key().data(), entry.key().size()});
            member((first.empty() ? std::string(indent, ' ') : first) + key + ":", entry.value(), below, indent);
            first.clear();
        }
    }

    std::string out;

private:
    void member(const std::string& head, const json::value& value, const std::string& path, std::size_t indent) {
        if (flat(value)) {
            line(head + " " + flow(value), path);
        } else if (value.is_object()) {
            line(head, "");
            mapping(value.get_object(), path, indent + 2, "");
        } else {
            line(head, "");
            std::size_t index = 0;
            for (const auto& item : value.get_array()) {
                const std::string below = pointer(path, index++);
                const std::string dash = std::string(indent + 2, ' ') + "- ";
                if (item.is_object() && !item.get_object().empty()) {
                    mapping(item.get_object(), below, indent + 4, dash);
                } else {
                    line(dash + flow(item), below);
                }
            }
        }
    }
    std::string flow(const json::value& value) {
        if (!value.is_array()) return value.is_null() ? "~" : scalar(value);
        std::string text = "[";
        for (const auto& item : value.get_array()) text += (text.size() > 1 ? ", " : "") + scalar(item);
        return text + "]";
    }
    void line(std::string text, const std::string& path) {
        if (const std::string remark = path.empty() ? "" : remark_(path); !remark.empty()) {
            text.resize(std::max(text.size() + 2, kRemarkColumn), ' ');
            text += "# " + remark;
        }
        out += text + "\n";
    }

    const std::function<std::string(const std::string&)>& remark_;
};

void pretty(const json::value& value, std::size_t indent, std::string& out) {
    const std::string margin(indent + 2, ' ');
    const auto open = [&](const char* text) { out += out.ends_with(text[0]) ? "\n" + margin : ",\n" + margin; };
    if (value.is_object() && !value.get_object().empty()) {
        out += "{";
        for (const auto& entry : value.get_object()) {
            open("{");
            out += write_json(json::value(entry.key())) + ": ";
            pretty(entry.value(), indent + 2, out);
        }
        out += "\n" + std::string(indent, ' ') + "}";
    } else if (value.is_array() && !flat(value)) {
        out += "[";
        for (const auto& item : value.get_array()) {
            open("[");
            pretty(item, indent + 2, out);
        }
        out += "\n" + std::string(indent, ' ') + "]";
    } else if (value.is_array()) {
        out += "[";
        for (const auto& item : value.get_array()) out += (out.ends_with('[') ? "" : ", ") + write_json(item);
        out += "]";
    } else {
        out += write_json(value);
    }
}

}  // namespace

std::string to_pretty_json(const json::value& value) {
    std::string out;
    pretty(value, 0, out);
    return out + "\n";
}

std::string to_yaml(const json::object& document, const std::function<std::string(const std::string& path)>& remark) {
    Writer writer(remark);
    writer.mapping(document, "", 0, "");
    return writer.out;
}

}  // namespace usher::app
