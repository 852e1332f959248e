#pragma once
/// The account's accent colour, moved just far enough to be read: a WCAG contrast of at least 4.5:1, in either look.
#include <string>
#include <string_view>

namespace usher::livechat {

struct Accent {
    std::string light;  ///< with white text on it, and as text on white
    std::string dark;   ///< with kInk on it, and as text on the dark look's surfaces
};

constexpr std::string_view kInk = "#0a111f";

/// @param colour  "#rgb" or "#rrggbb"
Accent readable_accent(std::string_view colour);
/// WCAG 2: 1 to 21.
double contrast(std::string_view one, std::string_view other);

}  // namespace usher::livechat
