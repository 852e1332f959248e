#pragma once
/// Text from outside: is it UTF-8, how long is it, how is it written as hex or base64.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/error.hpp"

namespace usher {

/// Well-formed UTF-8 (Unicode 15, table 3-7: no surrogates, no overlong forms).
bool is_utf8(std::string_view text);
/// Code points of well-formed UTF-8.
std::size_t length_utf8(std::string_view text);
/// The longest prefix of at most `count` code points.
std::string_view prefix_utf8(std::string_view text, std::size_t count);
/// What may enter the store as text: UTF-8, no NUL, at most `limit_bytes`. The error names which rule broke.
Result<void> check_text(std::string_view text, std::size_t limit_bytes);

std::string_view trim(std::string_view text);
/// ASCII letters only; for header names, e-mail addresses and the like.
std::string lower_ascii(std::string_view text);
/// Simple case folding good enough for finding: ASCII, Latin-1, Greek and Cyrillic capitals.
std::string fold(std::string_view text);
bool iequals_ascii(std::string_view a, std::string_view b);
std::vector<std::string_view> split(std::string_view text, char separator);

std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view hex);
/// RFC 4648 section 5 without padding.
std::string to_base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);

/// The candidate nearest to `word` (edit distance at most 1/3 of its length, at least 1); empty when none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace usher
