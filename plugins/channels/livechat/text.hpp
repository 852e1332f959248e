#pragma once
/// Small things with text that arrives from browsers.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace usher::livechat {

/// ASCII only.
std::string lower(std::string_view text);
/// Is it UTF-8 without NUL? What is not must not be handed to the kernel.
bool is_text(std::string_view bytes);
/// Code points of valid UTF-8.
std::size_t length_of(std::string_view text);
/// @returns at most `limit` bytes, never half a code point
std::string_view cut(std::string_view text, std::size_t limit);
/// A parameter of a raw query, decoded; empty when absent. "+" is a space.
std::string query_value(std::string_view query, std::string_view name);
/// A name fit to show and to store: the last part of a path, no control characters, at most 200 bytes, never empty.
std::string file_name(std::string_view given);
/// RFC 3339 in UTC ("2026-11-20T09:15:29.871Z") to microseconds since the epoch; nothing for any other form.
std::optional<std::int64_t> unix_us(std::string_view rfc3339);
/// The other way round, with milliseconds.
std::string rfc3339(std::int64_t unix_us);
/// What the first bytes of a file say it is, else an empty text.
std::string sniff(std::string_view head);

}  // namespace usher::livechat
