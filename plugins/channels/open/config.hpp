#pragma once
/// What an operator configures of an open channel's account (schema.json), parsed and checked beyond the schema.
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace usher::open_channel {

struct Key {
    std::string id, secret;
};

struct Config {
    struct Inbound {
        std::vector<Key> secrets;
        std::vector<std::string> bearer_tokens;
        std::int64_t max_skew_s = 300;
        std::uint64_t max_body_bytes = 1'048'576;
        double rate_per_s = 50;
    } inbound;
    struct Outbound {
        std::string webhook_url;   ///< empty: nothing leaves
        std::string target = "/";  ///< path and query of webhook_url, as they stand in the request line
        std::string shown;         ///< webhook_url without its query, for logs
        std::vector<Key> secrets;  ///< every one signs; the first is current
        std::int64_t timeout_s = 5;
        std::set<std::string, std::less<>> events;
    } outbound;
    std::string identity_secret;
    struct Features {
        bool typing = true, read = true, edit = false, delete_ = true, quick_replies = true, attachments = true;
    } features;
};

/// @throws usher::sdk::ConfigError that says which member is wrong and what it should be; never a secret's value
Config parse_config(std::string_view json);

}  // namespace usher::open_channel
