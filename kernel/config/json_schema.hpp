#pragma once
/// The JSON Schema subset that the workspace's form can draw; the only schema language there is. For plugins'
/// configuration and for usher.yaml itself.
///
///   string   format (uri, email, date, time, duration, multiline), pattern, minLength, maxLength, enum, const
///   integer, number   minimum, maximum, enum, const        boolean   const
///   array    items (a scalar or an object), minItems, maxItems
///   object   properties, required; if (one property is const or one of enum) / then (properties, required);
///            oneOf: objects told apart by a property that is const in each of them
///   anywhere title, description, default, examples, order, group, secret
///
/// An object takes no members but those it names. Lengths count code points; patterns are searched (not anchored).
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/json.hpp"

namespace usher::config {

/// One fault of a value; `at_key`: it is about the member's name, not its value.
struct SchemaFault {
    std::string path;  // JSON pointer
    std::string message;
    bool at_key = false;
    friend bool operator==(const SchemaFault&, const SchemaFault&) = default;
};

/// Is this a schema of the subset, with an object at its root? Every fault names the keyword and where it stands.
std::vector<SchemaFault> check_schema(const json::value& schema);

/// All faults of `value`. Messages say what was expected and never show the value. `schema` has passed check_schema.
std::vector<SchemaFault> validate(const json::object& schema, const json::value& value);

/// A text that a substitution brought ("8080") becomes the number or boolean that the schema wants at its place; others
/// stay. `paths` are JSON pointers into `value`.
void coerce(const json::object& schema, json::value& value, const std::set<std::string, std::less<>>& paths);

/// `value` with the schema's defaults for what is absent. An absent object appears if its defaults alone make it valid.
/// For values that have passed validate.
json::value apply_defaults(const json::object& schema, json::value value);

/// `value` without its secrets, for returning. `removed`, where given, gets their JSON pointers: those are set.
json::value redact(const json::object& schema, json::value value, std::vector<std::string>* removed = nullptr);

/// What a client sends back after redact: an absent secret keeps the stored one, null clears it. Lists are matched by
/// index.
json::value keep_secrets(const json::object& schema, json::value incoming, const json::value& stored);

}  // namespace usher::config
