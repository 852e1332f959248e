#pragma once
/// What the account's settings say, read once and checked beyond the schema.
#include <cstdint>
#include <string>
#include <string_view>

namespace usher::telegram {

struct Config {
    std::string bot_token;
    std::int64_t bot_id = 0;  // the token's first part
    bool webhook = false;     // else polling
    std::string api_url = "https://api.telegram.org";
    std::string webhook_url;  // empty: the account's public address
    std::string webhook_secret;
    int max_connections = 40;
    int poll_timeout_s = 50;
    std::string group_reply;
};

/// @param account  part of what an absent webhook_secret is derived from, so that accounts differ
/// @throws sdk::ConfigError naming the member
Config parse_config(std::string_view config_json, std::string_view account);

/// In constant time for texts of the same length.
bool same_secret(std::string_view left, std::string_view right);

}  // namespace usher::telegram
