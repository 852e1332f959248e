#include "identity.hpp"

#include "crypto.hpp"

namespace usher::livechat {
namespace {

constexpr Seconds kLeeway{60};  // clocks of two servers
constexpr std::size_t kIdLimit = 200;
constexpr std::size_t kTokenLimit = 8192;

sdk::Failure wrong(const std::string& what) {
    return {.status = sdk::Status::auth, .error = "the proof of identity is refused: " + what};
}

std::optional<json::object> part(std::string_view text) {
    const auto bytes = from_base64url(text);
    if (!bytes) return std::nullopt;
    boost::system::error_code error;
    json::value value = json::parse(*bytes, error);
    if (error || !value.is_object()) return std::nullopt;
    return std::move(value.get_object());
}

/// An id is a text or a whole number; "sub" is the registered name for the same thing.
std::string id_of(const json::object& claims) {
    for (const char* name : {"id", "sub"}) {
        const json::value* found = claims.if_contains(name);
        if (found == nullptr) continue;
        if (found->is_string()) return std::string(found->get_string());
        if (found->is_int64()) return std::to_string(found->get_int64());
        if (found->is_uint64()) return std::to_string(found->get_uint64());
    }
    return {};
}

sdk::Result<Visitor> proven(const std::string& id, json::object claims) {
    if (id.empty()) return wrong("it names no id");
    if (id.size() > kIdLimit) return wrong("the id is longer than 200 bytes");
    return Visitor{.contact = "user-" + id, .verified = true, .claims = std::move(claims)};
}

std::optional<Seconds> time_of(const json::object& claims, std::string_view name) {
    const json::value* found = claims.if_contains(name);
    if (found == nullptr || !found->is_number()) return std::nullopt;
    const double seconds = found->to_number<double>();
    if (!(seconds > -1e15 && seconds < 1e15)) return std::nullopt;
    return Seconds(static_cast<std::int64_t>(seconds));
}

sdk::Result<Visitor> prove_token(std::string_view token, std::string_view secret, Seconds now) {
    if (token.size() > kTokenLimit) return wrong("the token is longer than 8 KiB");
    const auto first = token.find('.');
    const auto last = token.rfind('.');
    if (first == std::string_view::npos || first == last)
        return wrong("the token is not three parts with dots between");
    const auto header = part(token.substr(0, first));
    if (!header) return wrong("the token's header cannot be read");
    if (text_of(*header, "alg") != "HS256") return wrong("the token's alg is not HS256");
    if (!equal_in_constant_time(to_base64url(hmac_sha256(secret, token.substr(0, last))), token.substr(last + 1)))
        return wrong("the token's signature is wrong");
    const auto claims = part(token.substr(first + 1, last - first - 1));
    if (!claims) return wrong("the token's claims cannot be read");
    const auto expires = time_of(*claims, "exp");
    if (!expires) return wrong("the token has no exp");
    if (*expires + kLeeway <= now) return wrong("the token has expired");
    if (const auto begins = time_of(*claims, "nbf"); begins && *begins - kLeeway > now)
        return wrong("the token is not valid yet");
    json::object kept;
    for (const char* name : {"name", "email"})
        if (!text_of(*claims, name).empty()) kept[name] = text_of(*claims, name).substr(0, kIdLimit);
    if (const json::value* attributes = claims->if_contains("attributes"); attributes && attributes->is_object())
        kept["attributes"] = *attributes;
    return proven(id_of(*claims), std::move(kept));
}

}  // namespace

sdk::Result<Visitor> prove(const json::value& identity, std::string_view secret, Seconds now) {
    if (secret.empty()) return wrong("this account has no identity_secret");
    if (!identity.is_object()) return wrong("expected an object with token, or with id and hash");
    const json::object& given = identity.get_object();
    if (given.contains("token")) return prove_token(text_of(given, "token"), secret, now);
    const std::string id = id_of(given);
    if (id.empty() || !given.contains("hash")) return wrong("expected an object with token, or with id and hash");
    if (!equal_in_constant_time(to_hex(hmac_sha256(secret, id)), text_of(given, "hash")))
        return wrong("the hash is not the HMAC-SHA256 of the id in lower-case hex");
    return proven(id, {});
}

}  // namespace usher::livechat
