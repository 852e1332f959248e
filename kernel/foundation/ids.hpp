#pragma once
/// Strong ids: 64-bit numbers, unique over all types, strings in JSON. 0 is "none" and never handed out.
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "foundation/error.hpp"

namespace usher {

template <class Tag>
struct Id {
    std::int64_t value = 0;
    explicit operator bool() const { return value != 0; }
    friend auto operator<=>(const Id&, const Id&) = default;
};

template <class Tag>
std::string to_string(Id<Tag> id) {
    return std::to_string(id.value);
}

/// Reads "123": decimal, positive, without sign or leading zero, at most 19 digits. Anything else is Errc::invalid.
Result<std::int64_t> parse_id(std::string_view text);

}  // namespace usher

template <class Tag>
struct std::hash<usher::Id<Tag>> {
    std::size_t operator()(const usher::Id<Tag>& id) const noexcept { return std::hash<std::int64_t>{}(id.value); }
};
