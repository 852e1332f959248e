#pragma once
/// Text as Telegram counts it: in UTF-16 code units, while ours is UTF-8. Pure functions.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace usher::telegram {

inline constexpr std::size_t kTextLimit = 4096;     // of a message (Bot API, sendMessage)
inline constexpr std::size_t kCaptionLimit = 1024;  // of a file's caption (Bot API, sendPhoto)

/// UTF-16 code units of valid UTF-8.
std::size_t utf16_length(std::string_view text);
/// The byte at which the UTF-16 unit `units` begins; inside a pair, its character's end; beyond the text, its size.
std::size_t byte_at(std::string_view text, std::size_t units);

/// Splits text into parts that Telegram accepts, after a line or a word where one ends in the part's second half.
/// @param limit  most UTF-16 code units of a part, > 1
/// @returns the parts in order, joined equal to `text`; none for an empty text
std::vector<std::string> split_text(std::string_view text, std::size_t limit);

/// Without NUL, which no message may hold; U+FFFD stands in its place.
std::string without_nul(std::string_view text);

/// Is there anything to see? Telegram refuses what is only white space.
bool is_blank(std::string_view text);

}  // namespace usher::telegram
