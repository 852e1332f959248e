#pragma once
/// A configuration made up from a plugin's schema, for trying the plugin without one: defaults, examples, and texts of
/// the right form.
#include <optional>
#include <string>
#include <vector>

#include "foundation/json.hpp"

namespace usher::app {

/// How much of the schema is set, and what secrets look like: plugins want more of them than a schema says.
struct SampleStyle {
    enum class Extent { required, all, all_and_lists } extent = Extent::required;  // lists: one entry in each
    enum class Secret { plain, named, numbered } secret = Secret::plain;  // "s...", "key1:s...", "1234567890:s..."
};

/// Nothing when no value of the right form was found.
std::optional<json::object> sample_config(const json::object& schema, SampleStyle style);

/// The texts in `config` that the schema calls secret, the longer ones: what may never be shown.
std::vector<std::string> secrets_in(const json::object& schema, const json::value& config);

}  // namespace usher::app
