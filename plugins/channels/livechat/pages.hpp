#pragma once
/// The files that browsers fetch: the loader with the account's settings in it, the frame and its script and style.
#include <optional>
#include <string>
#include <string_view>

#include <usher/values.hpp>

#include "settings.hpp"

namespace usher::livechat {

class Pages {
public:
    explicit Pages(const Settings& settings);

    /// @param path  below the account, without a slash at its start
    /// @param now_ms  goes into the frame, whose clock may be wrong
    /// @returns the answer, or nothing when the path is none of these files
    std::optional<sdk::HttpAnswer> get(std::string_view path, const sdk::HttpRequest& request,
                                       std::int64_t now_ms) const;

private:
    sdk::HttpAnswer loader(const sdk::HttpRequest& request) const;
    sdk::HttpAnswer frame(std::int64_t now_ms) const;

    std::string policy_;
    json::object settings_;
    std::string loader_, loader_tag_;
};

}  // namespace usher::livechat
