#pragma once
/// JSON from outside, bounded; Boost.JSON underneath.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "foundation/error.hpp"

namespace usher {

namespace json = boost::json;

/// Parses one JSON text: UTF-8, at most `max_depth` levels, no duplicate keys (RFC 8259 leaves them open; an input that
/// two readers understand differently is refused). The error says at which byte.
Result<json::value> parse_json(std::string_view text, std::size_t max_depth = 32);
std::string write_json(const json::value& value);
/// Appends `token` to a JSON pointer, escaped (RFC 6901).
std::string pointer(std::string_view base, std::string_view token);
std::string pointer(std::string_view base, std::size_t index);
/// The same text for equal values: keys sorted. For hashes of content.
std::string write_canonical_json(const json::value& value);

}  // namespace usher
