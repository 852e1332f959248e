#include <charconv>
#include <cmath>

#include "config/json_schema.hpp"
#include "config/json_schema_view.hpp"

namespace usher::config {
namespace {

using namespace detail;
using Paths = std::set<std::string, std::less<>>;

void coerce_at(const json::object& schema, json::value& value, const std::string& path, const Paths& paths) {
    const std::string_view type = type_of(schema);
    if (value.is_string() && paths.contains(path)) {
        const std::string text(view(value.get_string()));
        if (type == "boolean" && (text == "true" || text == "false")) {
            value = text == "true";
        } else if (type == "integer" || type == "number") {
            std::int64_t whole = 0;
            double real = 0;
            const char* end = text.data() + text.size();
            if (auto [at, error] = std::from_chars(text.data(), end, whole); error == std::errc() && at == end) {
                value = whole;
            } else if (auto [stop, wrong] = std::from_chars(text.data(), end, real);
                       type == "number" && wrong == std::errc() && stop == end && std::isfinite(real)) {
                value = real;
            }
        }
    } else if (type == "array" && value.is_array()) {
        const json::object* items = object_member(schema, "items");
        for (std::size_t i = 0; items && i < value.get_array().size(); ++i) {
            coerce_at(*items, value.get_array()[i], pointer(path, i), paths);
        }
    } else if (type == "object" && value.is_object()) {
        const ObjectView object = view_of(schema, value.get_object());
        for (auto& entry : value.get_object()) {
            const std::string_view name(entry.key().data(), entry.key().size());
            if (const json::object* property = object.find(name)) {
                coerce_at(*property, entry.value(), pointer(path, name), paths);
            }
        }
    }
}

json::value with_defaults(const json::object& schema, json::value value) {
    const std::string_view type = type_of(schema);
    if (type == "array" && value.is_array()) {
        if (const json::object* items = object_member(schema, "items")) {
            for (auto& item : value.get_array()) item = with_defaults(*items, std::move(item));
        }
        return value;
    }
    if (type != "object" || !value.is_object()) return value;
    json::object out;
    for (auto& entry : value.get_object()) {
        if (!entry.value().is_null()) out.emplace(entry.key(), std::move(entry.value()));
    }
    const ObjectView object = view_of(schema, out);
    for (const auto& property : object.properties) {
        const json::string_view name(property.name.data(), property.name.size());
        if (json::value* found = out.if_contains(name)) {
            *found = with_defaults(*property.schema, std::move(*found));
        } else if (const json::value* preset = member(*property.schema, "default")) {
            out.emplace(name, with_defaults(*property.schema, *preset));
        } else if (type_of(*property.schema) == "object") {
            json::value made = with_defaults(*property.schema, json::object{});
            if (!made.get_object().empty() && validate(*property.schema, made).empty())
                out.emplace(name, std::move(made));
        }
    }
    return out;
}

bool is_secret(const json::object& schema) {
    if (is_true(schema, "secret")) return true;
    const json::object* items = object_member(schema, "items");
    return items && is_true(*items, "secret");
}

bool is_set(const json::value& value) {
    if (const json::string* text = value.if_string()) return !text->empty();
    if (const json::array* list = value.if_array()) return !list->empty();
    return !value.is_null();
}

void redact_at(const json::object& schema, json::value& value, const std::string& path,
               std::vector<std::string>* removed) {
    const std::string_view type = type_of(schema);
    if (type == "array" && value.is_array()) {
        const json::object* items = object_member(schema, "items");
        for (std::size_t i = 0; items && i < value.get_array().size(); ++i) {
            redact_at(*items, value.get_array()[i], pointer(path, i), removed);
        }
    } else if (type == "object" && value.is_object()) {
        const ObjectView object = view_of(schema, value.get_object());
        json::object out;
        for (auto& entry : value.get_object()) {
            const std::string_view name(entry.key().data(), entry.key().size());
            const json::object* property = object.find(name);
            const std::string below = pointer(path, name);
            // What the schema does not name any more might have been a secret.
            if ((!property && !object.free) || (property && is_secret(*property))) {
                if (removed && property && is_set(entry.value())) removed->push_back(below);
                continue;
            }
            if (property) redact_at(*property, entry.value(), below, removed);
            out.emplace(entry.key(), std::move(entry.value()));
        }
        value = std::move(out);
    }
}

void keep_at(const json::object& schema, json::value& incoming, const json::value& stored) {
    const std::string_view type = type_of(schema);
    if (type == "array" && incoming.is_array() && stored.is_array()) {
        const json::object* items = object_member(schema, "items");
        const std::size_t both = std::min(incoming.get_array().size(), stored.get_array().size());
        for (std::size_t i = 0; items && i < both; ++i) keep_at(*items, incoming.get_array()[i], stored.get_array()[i]);
    } else if (type == "object" && incoming.is_object() && stored.is_object()) {
        json::object& object = incoming.get_object();
        const ObjectView now = view_of(schema, object);
        for (const auto& property : now.properties) {
            const json::string_view name(property.name.data(), property.name.size());
            const json::value* old = stored.get_object().if_contains(name);
            if (!old) continue;
            if (is_secret(*property.schema)) {
                if (!object.contains(name)) object.emplace(name, *old);
            } else if (json::value* inner = object.if_contains(name)) {
                keep_at(*property.schema, *inner, *old);
            }
        }
    }
}

}  // namespace

void coerce(const json::object& schema, json::value& value, const Paths& paths) {
    if (!paths.empty()) coerce_at(schema, value, "", paths);
}

json::value apply_defaults(const json::object& schema, json::value value) {
    return with_defaults(schema, std::move(value));
}

json::value redact(const json::object& schema, json::value value, std::vector<std::string>* removed) {
    redact_at(schema, value, "", removed);
    return value;
}

json::value keep_secrets(const json::object& schema, json::value incoming, const json::value& stored) {
    keep_at(schema, incoming, stored);
    return incoming;
}

}  // namespace usher::config
