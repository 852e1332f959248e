#include "plugins/values.hpp"

#include "foundation/text.hpp"

namespace usher::plugins {

std::string_view find(const Pairs& pairs, std::string_view key) {
    for (const auto& [name, value] : pairs) {
        if (name == key) return value;
    }
    return {};
}

std::string_view find_header(const Pairs& headers, std::string_view name) {
    for (const auto& [key, value] : headers) {
        if (iequals_ascii(key, name)) return value;
    }
    return {};
}

}  // namespace usher::plugins
