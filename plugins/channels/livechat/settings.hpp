#pragma once
/// The account's configuration as this channel uses it, and what of it is public.
#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace usher::livechat {

namespace json = boost::json;

constexpr std::size_t kTextLimit = 10'000;  ///< code points of one message; stands in the capabilities as well

struct Settings {
    std::string account;
    std::string public_origin;                 ///< scheme://host[:port] of the public side
    std::vector<std::string> allowed_origins;  ///< as configured: origins, https://*.host, or *
    std::string identity_secret;               ///< empty: nobody can be proven
    bool require_identity = false;
    bool attachments = true;
    std::uint64_t max_attachment_bytes = 0;
    std::vector<std::string> attachment_types;
    json::object public_settings;  ///< what the frame gets, but for the time of day
    json::object button_settings;  ///< the part of it that the loader needs

    /// @param config  validated against schema.json; members with a default may be absent
    static Settings read(std::string_view account, std::string_view public_url, const json::object& config);

    /// Is it where our frame comes from: the public origin, or whatever name of ours the request was sent to.
    bool is_own(std::string_view origin, std::string_view host_header) const;
    /// Is it one of the configured sites.
    bool is_site(std::string_view origin) const;
    /// As an <input accept> has them; no types at all allow all.
    bool allows_type(std::string_view name, std::string_view mime) const;
    /// Content-Security-Policy of the frame: who may show it, and that it loads nothing but ours.
    std::string frame_policy() const;
};

}  // namespace usher::livechat
