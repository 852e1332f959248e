#include "app/sample_config.hpp"

#include <algorithm>
#include <set>

#include "config/json_schema.hpp"

namespace usher::app {
namespace {

constexpr std::size_t kSecretLength = 8;  // shorter ones stand in many texts by chance

const json::object* object_at(const json::object& schema, std::string_view key) {
    const json::value* found = schema.if_contains(json::string_view(key.data(), key.size()));
    return found ? found->if_object() : nullptr;
}

std::string text_of(const json::object& schema, std::string_view key) {
    const json::value* found = schema.if_contains(json::string_view(key.data(), key.size()));
    return found && found->is_string() ? json::value_to<std::string>(*found) : std::string();
}

class Maker {
public:
    explicit Maker(SampleStyle style) : style_(style), whole_(style.extent != SampleStyle::Extent::required) {}

    std::optional<json::value> value(const json::object& schema) {
        if (const json::value* only = schema.if_contains("const")) return *only;
        const std::string type = text_of(schema, "type");
        const bool fill = style_.extent == SampleStyle::Extent::all_and_lists && type == "array";
        if (const json::value* preset = schema.if_contains("default"); preset && !fill && fits(schema, *preset))
            return *preset;
        for (const char* list : {"examples", "enum"}) {
            const json::value* found = schema.if_contains(list);
            if (found && found->is_array() && !found->get_array().empty()) return found->get_array()[0];
        }
        if (type == "object") return object(schema);
        if (type == "array") return array(schema);
        if (type == "string") return text(schema);
        if (type == "boolean") return json::value(false);
        for (const char* bound : {"minimum", "maximum"}) {
            if (const json::value* found = schema.if_contains(bound)) return *found;
        }
        return json::value(1);
    }

    std::optional<json::value> object(const json::object& schema) {
        if (const json::value* variants = schema.if_contains("oneOf"); variants && variants->is_array())
            return value(variants->get_array().at(0).as_object());
        json::object out;
        std::set<std::string> required;
        if (const json::value* names = schema.if_contains("required")) {
            for (const auto& name : names->as_array()) required.insert(json::value_to<std::string>(name));
        }
        if (const json::object* properties = object_at(schema, "properties")) {
            for (const auto& entry : *properties) {
                const bool needed = required.contains(std::string(entry.key()));
                if (!needed && !whole_) continue;
                auto made = value(entry.value().as_object());
                if (!made && needed) return std::nullopt;
                if (made) out[entry.key()] = std::move(*made);
            }
        }
        return json::value(std::move(out));
    }

private:
    /// As a member of an object: validate takes objects only.
    static bool fits(const json::object& schema, const json::value& value) {
        const json::object around{{"type", "object"}, {"properties", {{"it", schema}}}};
        return config::validate(around, json::object{{"it", value}}).empty();
    }
    std::optional<json::value> array(const json::object& schema) {
        json::array out;
        const json::value* least = schema.if_contains("minItems");
        const std::int64_t count = least && least->is_int64()
                                       ? least->get_int64()
                                       : (style_.extent == SampleStyle::Extent::all_and_lists ? 1 : 0);
        const json::object* items = object_at(schema, "items");
        for (std::int64_t i = 0; items && i < count; ++i) {
            auto made = value(*items);
            if (!made) return std::nullopt;
            out.push_back(std::move(*made));
        }
        return json::value(std::move(out));
    }
    std::optional<json::value> text(const json::object& schema) {
        const std::string number = std::to_string(++made_);
        std::vector<std::string> tries;
        if (const json::value* secret = schema.if_contains("secret");
            secret && secret->is_bool() && secret->get_bool()) {
            const std::string secret_text = "conformance-secret-0123456789abcdef-" + number;
            if (style_.secret == SampleStyle::Secret::named) tries.push_back("key" + number + ":" + secret_text);
            if (style_.secret == SampleStyle::Secret::numbered) tries.push_back("1234567890:" + secret_text);
            tries.push_back(secret_text);
        }
        if (text_of(schema, "format").empty()) tries.push_back("conformance-" + number);
        for (const std::string& form : {std::string("https://provider.example.test/hook"),
                                        std::string("https://provider.example.test"),
                                        std::string("someone@example.test"),
                                        std::string("2026-12-25"),
                                        std::string("09:30"),
                                        std::string("2026-12-25T09:30:00Z"),
                                        std::string("PT5M"),
                                        "conformance" + number,
                                        "conformance_" + number,
                                        number,
                                        std::string("a"),
                                        std::string("A"),
                                        std::string("+493012345678"),
                                        std::string("Europe/Berlin"),
                                        std::string("#1f53b8"),
                                        std::string("127.0.0.1"),
                                        std::string("example.test"),
                                        std::string("example.test:25"),
                                        std::string(32, 'a'),
                                        std::string(64, 'a'),
                                        "1234567890:AAE" + std::string(32, 'a')}) {
            tries.push_back(form);
        }
        for (const auto& one : tries) {
            if (fits(schema, json::value(one))) return json::value(one);
        }
        return std::nullopt;
    }

    SampleStyle style_;
    bool whole_;
    int made_ = 0;
};

void collect(const json::object& schema, const json::value& value, std::vector<std::string>& out) {
    const json::value* secret = schema.if_contains("secret");
    if (value.is_string() && secret && secret->is_bool() && secret->get_bool() &&
        value.get_string().size() >= kSecretLength) {
        out.push_back(json::value_to<std::string>(value));
    } else if (value.is_array()) {
        const json::object* items = object_at(schema, "items");
        for (const auto& item : value.get_array()) {
            if (items) collect(*items, item, out);
        }
    } else if (const json::object* properties = object_at(schema, "properties"); properties && value.is_object()) {
        for (const auto& entry : value.get_object()) {
            const json::value* member = properties->if_contains(entry.key());
            if (member && member->is_object()) collect(member->get_object(), entry.value(), out);
        }
    }
}

}  // namespace

std::optional<json::object> sample_config(const json::object& schema, SampleStyle style) {
    auto made = Maker(style).object(schema);
    if (!made || !config::validate(schema, *made).empty()) return std::nullopt;
    return config::apply_defaults(schema, *made).as_object();
}

std::vector<std::string> secrets_in(const json::object& schema, const json::value& config) {
    std::vector<std::string> out;
    collect(schema, config, out);
    return out;
}

}  // namespace usher::app
