#pragma once
/// Reader: takes members out of a peer's JSON and keeps the first fault, named by its path. After a fault every getter
/// answers something empty, so translating code reads straight down and asks once at the end.
#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "problem.hpp"

namespace usher::open_channel {

/// @returns the number of code points of valid UTF-8
inline std::size_t count_characters(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    return count;
}

class Reader {
public:
    std::optional<Problem> fault;

    void refuse(std::string field, std::string message) {
        if (!fault) fault = Problem{.message = std::move(message), .field = std::move(field)};
    }

    static std::string join(std::string_view path, std::string_view key) {
        return path.empty() ? std::string(key) : std::string(path) + "." + std::string(key);
    }

    /// @param least  1 = required; 0 = may be absent or null
    std::string text(const boost::json::object& parent, std::string_view key, std::string_view path, std::size_t least,
                     std::size_t most) {
        const boost::json::value* found = parent.if_contains(key);
        if (found == nullptr || found->is_null()) {
            if (least > 0) refuse(join(path, key), "is required");
            return {};
        }
        if (!found->is_string()) {
            refuse(join(path, key), "expected a string");
            return {};
        }
        const std::string_view value = found->get_string();
        const std::size_t characters = count_characters(value);
        if (value.find('\0') != std::string_view::npos)
            refuse(join(path, key), "must not hold U+0000");
        else if (characters < least)
            refuse(join(path, key), "must not be empty");
        else if (characters > most)
            refuse(join(path, key),
                   "has " + std::to_string(characters) + " characters; the limit is " + std::to_string(most));
        return fault ? std::string() : std::string(value);
    }

    /// 1-128 visible ASCII characters, case-sensitive: ids of messages, events and statuses.
    std::string id(const boost::json::object& parent, std::string_view key, std::string_view path) {
        std::string value = text(parent, key, path, 1, 128);
        for (const char c : value)
            if (c < '!' || c > '~') refuse(join(path, key), "expected 1-128 visible ASCII characters");
        return value;
    }

    std::int64_t time(const boost::json::object& parent, std::string_view key, std::string_view path);

    const boost::json::object* object(const boost::json::object& parent, std::string_view key, std::string_view path,
                                      bool required) {
        const boost::json::value* found = parent.if_contains(key);
        if (found == nullptr || found->is_null()) {
            if (required) refuse(join(path, key), "is required");
            return nullptr;
        }
        if (!found->is_object()) refuse(join(path, key), "expected an object");
        return found->if_object();
    }

    const boost::json::array* array(const boost::json::object& parent, std::string_view key, std::string_view path,
                                    std::size_t most) {
        const boost::json::value* found = parent.if_contains(key);
        if (found == nullptr || found->is_null()) return nullptr;
        if (!found->is_array()) refuse(join(path, key), "expected an array");
        const boost::json::array* values = found->if_array();
        if (values != nullptr && values->size() > most)
            refuse(join(path, key),
                   "has " + std::to_string(values->size()) + " members; the limit is " + std::to_string(most));
        return fault ? nullptr : values;
    }

    double number(const boost::json::object& parent, std::string_view key, std::string_view path, double least,
                  double most) {
        const boost::json::value* found = parent.if_contains(key);
        if (found == nullptr || !found->is_number()) {
            refuse(join(path, key), "expected a number");
            return 0;
        }
        const double value = found->to_number<double>();
        if (!(value >= least && value <= most))
            refuse(join(path, key), "expected a number from " + std::to_string(static_cast<long>(least)) + " to " +
                                        std::to_string(static_cast<long>(most)));
        return value;
    }
};

}  // namespace usher::open_channel
