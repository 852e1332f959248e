#include "config.hpp"

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include <array>
#include <boost/json.hpp>
#include <boost/url.hpp>
#include <charconv>
#include <usher/instance.hpp>

namespace usher::telegram {

namespace json = boost::json;
using sdk::ConfigError;

namespace {

std::string text(const json::object& parent, std::string_view key, std::string_view otherwise = {}) {
    const json::value* found = parent.if_contains(key);
    return std::string(found != nullptr && found->is_string() ? std::string_view(found->get_string()) : otherwise);
}

int integer(const json::object& parent, std::string_view key, int otherwise) {
    const json::value* found = parent.if_contains(key);
    return found != nullptr && found->is_int64() ? static_cast<int>(found->get_int64()) : otherwise;
}

bool has_only(std::string_view text, std::string_view more) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               more.find(c) != std::string_view::npos;
    });
}

std::int64_t bot_id_of(std::string_view token) {
    const std::size_t colon = token.find(':');
    std::int64_t id = 0;
    const char* end = token.data() + (colon == std::string_view::npos ? 0 : colon);
    const auto [at, failed] = std::from_chars(token.data(), end, id);
    if (failed != std::errc() || at != end || id <= 0 || token.starts_with("0") || colon + 1 == token.size() ||
        !has_only(token.substr(colon + 1), "_-"))
        throw ConfigError("bot_token: expected <bot id>:<secret>, as @BotFather gives it");
    return id;
}

/// An address without user, query or fragment, and without a slash at its end.
std::string address(std::string value, const std::string& key, bool query) {
    const auto parsed = boost::urls::parse_uri(value);
    if (!parsed || (parsed->scheme() != "https" && parsed->scheme() != "http") || parsed->encoded_host().empty())
        throw ConfigError(key + ": expected https://host/path");
    if (parsed->has_userinfo()) throw ConfigError(key + ": must not hold a user or password");
    if ((parsed->has_query() && !query) || parsed->has_fragment())
        throw ConfigError(key + ": must not have a query or fragment");
    while (value.ends_with('/')) value.pop_back();
    return value;
}

/// The same on every node, of no use for anything else, and gone with the token.
std::string derived_secret(std::string_view token, std::string_view account) {
    const std::string what = "usher telegram webhook " + std::string(account);
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned int size = 0;
    HMAC(EVP_sha256(), token.data(), static_cast<int>(token.size()),
         reinterpret_cast<const unsigned char*>(what.data()), what.size(), mac.data(), &size);
    std::string hex;
    for (unsigned int i = 0; i < size; ++i) {
        hex.push_back("0123456789abcdef"[mac[i] >> 4]);
        hex.push_back("0123456789abcdef"[mac[i] & 15]);
    }
    return hex;
}

}  // namespace

Config parse_config(std::string_view config_json, std::string_view account) {
    json::error_code failed;
    const json::value parsed = json::parse(config_json.empty() ? "{}" : config_json, failed);
    if (failed || !parsed.is_object()) throw ConfigError("expected a JSON object");
    const json::object& root = parsed.get_object();
    Config config;
    config.bot_token = text(root, "bot_token");
    config.bot_id = bot_id_of(config.bot_token);
    config.webhook = text(root, "mode") == "webhook";
    config.api_url = address(text(root, "api_url", config.api_url), "api_url", false);
    config.webhook_url = text(root, "webhook_url");
    if (!config.webhook_url.empty()) address(config.webhook_url, "webhook_url", true);
    config.webhook_secret = text(root, "webhook_secret");
    if (config.webhook_secret.empty()) config.webhook_secret = derived_secret(config.bot_token, account);
    if (!has_only(config.webhook_secret, "_-") || config.webhook_secret.size() > 256)
        throw ConfigError("webhook_secret: expected 1-256 characters of A-Z a-z 0-9 _ -");
    config.max_connections = integer(root, "max_connections", config.max_connections);
    config.poll_timeout_s = integer(root, "poll_timeout_s", config.poll_timeout_s);
    config.group_reply = text(root, "group_reply", "I answer in private chats only. Please write to me directly.");
    return config;
}

bool same_secret(std::string_view left, std::string_view right) {
    return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace usher::telegram
