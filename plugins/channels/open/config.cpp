#include "config.hpp"

#include <boost/json.hpp>
#include <boost/url.hpp>
#include <usher/instance.hpp>

namespace usher::open_channel {

namespace {

namespace json = boost::json;
using sdk::ConfigError;

const json::object& child(const json::object& parent, std::string_view key) {
    static const json::object kEmpty;
    const json::value* found = parent.if_contains(key);
    return found != nullptr && found->is_object() ? found->get_object() : kEmpty;
}

std::string text(const json::object& parent, std::string_view key) {
    const json::value* found = parent.if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

void integer(const json::object& parent, std::string_view key, auto& value) {
    const json::value* found = parent.if_contains(key);
    if (found == nullptr || !found->is_number()) return;
    value = found->to_number<std::remove_reference_t<decltype(value)>>();
}

void flag(const json::object& parent, std::string_view key, bool& value) {
    const json::value* found = parent.if_contains(key);
    if (found != nullptr && found->is_bool()) value = found->get_bool();
}

std::vector<std::string> list(const json::object& parent, std::string_view key) {
    std::vector<std::string> values;
    const json::value* found = parent.if_contains(key);
    if (found == nullptr || !found->is_array()) return values;
    for (const json::value& one : found->get_array())
        if (one.is_string()) values.emplace_back(one.get_string());
    return values;
}

std::vector<Key> keys(const json::object& parent, const std::string& path) {
    std::vector<Key> keys;
    for (const std::string& one : list(parent, "secrets")) {
        const std::size_t colon = one.find(':');
        const std::string at = path + ".secrets[" + std::to_string(keys.size()) + "]";
        if (colon == 0 || colon == std::string::npos || colon + 1 == one.size())
            throw ConfigError(at + ": expected \"<key id>:<secret>\"");
        for (const Key& earlier : keys)
            if (earlier.id == one.substr(0, colon))
                throw ConfigError(at + ": the key id " + earlier.id + " stands twice");
        keys.push_back({one.substr(0, colon), one.substr(colon + 1)});
    }
    return keys;
}

void parse_webhook(Config::Outbound& outbound) {
    const auto parsed = boost::urls::parse_uri(outbound.webhook_url);
    const std::string at = "outbound.webhook_url: ";
    if (!parsed) throw ConfigError(at + "not a URL: expected https://host/path");
    if (parsed->scheme() != "https" && parsed->scheme() != "http") throw ConfigError(at + "expected https: or http:");
    if (parsed->encoded_host().empty()) throw ConfigError(at + "has no host");
    if (parsed->has_userinfo()) throw ConfigError(at + "must not hold a user or password; the signature authenticates");
    if (parsed->has_fragment()) throw ConfigError(at + "must not have a fragment");
    for (const auto segment : parsed->encoded_segments())  // an HTTP client would fold them, and break the signature
        if (segment == "." || segment == "..") throw ConfigError(at + "must not have \".\" or \"..\" in its path");
    outbound.target = parsed->encoded_path().empty() ? "/" : std::string(parsed->encoded_path());
    outbound.shown = std::string(parsed->encoded_origin()) + outbound.target;
    if (parsed->has_query()) outbound.target += "?" + std::string(parsed->encoded_query());
}

}  // namespace

Config parse_config(std::string_view text_json) {
    json::error_code failed;
    const json::value parsed = json::parse(text_json.empty() ? "{}" : text_json, failed);
    if (failed || !parsed.is_object()) throw ConfigError("expected a JSON object");
    const json::object& root = parsed.get_object();

    Config config;
    const json::object& in = child(root, "inbound");
    config.inbound.secrets = keys(in, "inbound");
    config.inbound.bearer_tokens = list(in, "bearer_tokens");
    integer(in, "max_skew_s", config.inbound.max_skew_s);
    integer(in, "max_body_bytes", config.inbound.max_body_bytes);
    integer(in, "rate_per_s", config.inbound.rate_per_s);
    if (config.inbound.secrets.empty() && config.inbound.bearer_tokens.empty())
        throw ConfigError("inbound.secrets: expected at least one \"<key id>:<secret>\" (or a bearer token)");

    const json::object& out = child(root, "outbound");
    config.outbound.webhook_url = text(out, "webhook_url");
    config.outbound.secrets = keys(out, "outbound");
    integer(out, "timeout_s", config.outbound.timeout_s);
    if (out.contains("events")) {
        for (std::string& event : list(out, "events")) config.outbound.events.insert(std::move(event));
    } else {
        config.outbound.events = {"message.created", "message.edited",      "message.deleted",
                                  "typing",          "conversation.closed", "read"};
    }
    if (!config.outbound.webhook_url.empty()) {
        parse_webhook(config.outbound);
        if (config.outbound.secrets.empty())
            throw ConfigError("outbound.secrets: expected at least one \"<key id>:<secret>\" to sign webhooks with");
    }

    config.identity_secret = text(root, "identity_secret");
    const json::object& features = child(root, "features");
    flag(features, "typing", config.features.typing);
    flag(features, "read", config.features.read);
    flag(features, "edit", config.features.edit);
    flag(features, "delete", config.features.delete_);
    flag(features, "quick_replies", config.features.quick_replies);
    flag(features, "attachments", config.features.attachments);
    return config;
}

}  // namespace usher::open_channel
