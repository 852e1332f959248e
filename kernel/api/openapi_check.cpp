// Holds bodies against the document: the part of JSON Schema that describe.hpp and operations make.
#include <algorithm>
#include <regex>

#include "api/openapi.hpp"

namespace usher::api {
namespace {

bool is_kind(const json::value& value, std::string_view kind) {
    if (kind == "object") return value.is_object();
    if (kind == "array") return value.is_array();
    if (kind == "string") return value.is_string();
    if (kind == "boolean") return value.is_bool();
    if (kind == "null") return value.is_null();
    if (kind == "integer") return value.is_int64() || value.is_uint64();
    return value.is_number();
}

class Checker final {
public:
    explicit Checker(const std::map<std::string, json::object>& schemas) : schemas_(schemas) {}
    std::vector<std::string> faults;

    void check(const json::value& value, const json::object& schema, const std::string& path) {
        if (const auto* ref = schema.if_contains("$ref")) {
            const std::string name = std::string(ref->as_string()).substr(sizeof("#/components/schemas/") - 1);
            const auto at = schemas_.find(name);
            if (at == schemas_.end()) return say(path, "the document has no schema " + name);
            return check(value, at->second, path);
        }
        if (const auto* type = schema.if_contains("type"); type && !of_type(value, *type)) {
            return say(path, "is not of type " + write_json(*type));
        }
        if (const auto* names = schema.if_contains("enum")) {
            const auto& all = names->as_array();
            if (std::find(all.begin(), all.end(), value) == all.end()) say(path, "is none of " + write_json(*names));
        }
        if (const auto* some = schema.if_contains("allOf")) {
            for (const auto& one : some->as_array()) check(value, one.as_object(), path);
        }
        for (const char* keyword : {"anyOf", "oneOf"}) {
            if (const auto* some = schema.if_contains(keyword)) check_any(value, some->as_array(), path);
        }
        if (value.is_string()) check_text(value, schema, path);
        if (value.is_array()) {
            if (const auto* items = schema.if_contains("items")) {
                for (std::size_t i = 0; i < value.as_array().size(); ++i) {
                    check(value.as_array()[i], items->as_object(), pointer(path, i));
                }
            }
        }
        if (value.is_object()) check_object(value.as_object(), schema, path);
    }

private:
    void say(const std::string& path, std::string what) { faults.push_back((path.empty() ? "/" : path) + " " + what); }

    static bool of_type(const json::value& value, const json::value& type) {
        if (type.is_string()) return is_kind(value, {type.as_string().data(), type.as_string().size()});
        return std::any_of(type.as_array().begin(), type.as_array().end(),
                           [&](const json::value& one) { return of_type(value, one); });
    }

    void check_any(const json::value& value, const json::array& some, const std::string& path) {
        std::vector<std::string> nearest;
        for (const auto& one : some) {
            Checker inner(schemas_);
            inner.check(value, one.as_object(), path);
            if (inner.faults.empty()) return;
            if (nearest.empty() || inner.faults.size() < nearest.size()) nearest = std::move(inner.faults);
        }
        say(path, "fits none of the alternatives");
        faults.insert(faults.end(), nearest.begin(), nearest.end());
    }

    void check_text(const json::value& value, const json::object& schema, const std::string& path) {
        const std::string text(value.as_string());
        if (const auto* pattern = schema.if_contains("pattern")) {
            if (!std::regex_search(text, std::regex(std::string(pattern->as_string())))) {
                say(path, "does not match " + write_json(*pattern));
            }
        }
        if (const auto* format = schema.if_contains("format"); format && format->as_string() == "date-time") {
            if (!text.ends_with('Z') || !parse_rfc3339(text)) say(path, "is not a time in UTC");
        }
    }

    void check_object(const json::object& object, const json::object& schema, const std::string& path) {
        if (const auto* required = schema.if_contains("required")) {
            for (const auto& name : required->as_array()) {
                if (!object.contains(name.as_string())) say(path, "lacks " + write_json(name));
            }
        }
        const auto* properties = schema.if_contains("properties");
        const auto* others = schema.if_contains("additionalProperties");
        for (const auto& member : object) {
            const std::string_view key(member.key().data(), member.key().size());
            const std::string at = pointer(path, key);
            const json::value* known = properties ? properties->as_object().if_contains(member.key()) : nullptr;
            if (known) {
                check(member.value(), known->as_object(), at);
            } else if (others && others->is_bool() && !others->as_bool()) {
                say(at, "is not in the document");
            } else if (others && others->is_object()) {
                check(member.value(), others->as_object(), at);
            }
        }
    }

    const std::map<std::string, json::object>& schemas_;
};

}  // namespace

std::vector<std::string> Document::check(const json::value& value, const json::object& schema) const {
    Checker checker(schemas_);
    checker.check(value, schema, "");
    return std::move(checker.faults);
}

std::vector<std::string> Document::check_answer(std::string_view method, std::string_view path, int status,
                                                std::string_view content_type, std::string_view body) const {
    const std::string name = std::string(method) + " " + std::string(path);
    const auto* operations = paths_.if_contains({path.data(), path.size()});
    if (!operations) return {name + " is not in the document"};
    std::string lower;
    for (const char c : method) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    const auto* operation = operations->as_object().if_contains(lower);
    if (!operation) return {name + " is not in the document"};
    const auto& responses = operation->as_object().at("responses").as_object();
    const auto* response = responses.if_contains(std::to_string(status));
    if (!response) {
        if (status < 400) return {name + ": status " + std::to_string(status) + " is not in the document"};
        response = &responses.at("default");
    }
    const auto* content = response->as_object().if_contains("content");
    if (!content) {
        if (!body.empty()) return {name + ": the document has no body for " + std::to_string(status)};
        return {};
    }
    const auto type = content_type.substr(0, content_type.find(';'));
    const auto* media = content->as_object().if_contains({type.data(), type.size()});
    if (!media) return {name + ": the content type " + std::string(type) + " is not in the document"};
    if (type != "application/json") return {};
    auto value = parse_json(body);
    if (!value) return {name + ": " + value.error().message};
    return check(*value, media->as_object().at("schema").as_object());
}

}  // namespace usher::api
