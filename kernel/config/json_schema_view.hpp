#pragma once
/// How an object's schema reads for one value: which members it may have once `if` and `oneOf` are decided. Internal.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/json.hpp"

namespace usher::config::detail {

inline std::string_view view(const json::string& text) {
    return {text.data(), text.size()};
}
const json::value* member(const json::object& object, std::string_view name);
const json::object* object_member(const json::object& object, std::string_view name);
const json::array* array_member(const json::object& object, std::string_view name);
std::optional<std::string_view> text_member(const json::object& object, std::string_view name);
bool is_true(const json::object& object, std::string_view name);

/// "string", "integer", ...: what stands there, or what const, enum, properties and oneOf say; empty for a free schema.
std::string_view type_of(const json::object& schema);
/// The property that is const in every branch; empty when there is none.
std::string_view discriminator_of(const json::array& branches);

struct ObjectView {
    struct Property {
        std::string_view name;
        const json::object* schema;
    };
    bool free = false;  // says nothing about its members
    std::vector<Property> properties;
    std::vector<std::string_view> required;
    std::string_view discriminator;    // of oneOf, if there is one
    std::vector<std::string> choices;  // its values; filled when none of them stands there
    bool undecided = false;            // no branch of oneOf holds

    const json::object* find(std::string_view name) const;
};

/// `schema` is an object's; `value` an object.
ObjectView view_of(const json::object& schema, const json::object& value);

}  // namespace usher::config::detail
