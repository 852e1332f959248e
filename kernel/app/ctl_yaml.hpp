#pragma once
/// JSON written for people: as YAML with a remark behind each value, or as JSON over several lines.
#include <functional>
#include <string>
#include <string_view>

#include "foundation/json.hpp"

namespace usher::app {

/// `remark` is asked by JSON pointer; what it answers stands behind the value as a comment, nothing when empty.
std::string to_yaml(const json::object& document, const std::function<std::string(const std::string& path)>& remark);
/// One member per line, two spaces deep, lists of scalars on their line; ends with a line break.
std::string to_pretty_json(const json::value& value);

}  // namespace usher::app
