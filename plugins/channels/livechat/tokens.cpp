#include "tokens.hpp"

#include "crypto.hpp"

namespace usher::livechat {
namespace {

sdk::Failure refused(std::string text) {
    return {.status = sdk::Status::auth, .error = std::move(text)};
}

json::object of_visitor(const Visitor& visitor) {
    json::object payload{{"c", visitor.contact}};
    if (visitor.verified) payload["p"] = visitor.claims;
    return payload;
}

Visitor to_visitor(const json::object& payload) {
    Visitor visitor{.contact = std::string(text_of(payload, "c"))};
    if (const json::value* claims = payload.if_contains("p"); claims && claims->is_object()) {
        visitor.verified = true;
        visitor.claims = claims->get_object();
    }
    return visitor;
}

}  // namespace

std::string_view text_of(const json::object& object, std::string_view key) {
    const json::value* found = object.if_contains(key);
    return found != nullptr && found->is_string() ? std::string_view(found->get_string()) : std::string_view();
}

std::string Tokens::visitor(const Visitor& visitor, Seconds now) const {
    return sign("v1", of_visitor(visitor), now + (visitor.verified ? kProvenLife : kAnonymousLife));
}

std::string Tokens::ticket(const Visitor& visitor, Seconds now) const {
    return sign("t1", of_visitor(visitor), now + kTicketLife);
}

std::string Tokens::upload(const Upload& upload, Seconds now) const {
    return sign(
        "u1",
        {{"c", upload.contact}, {"b", upload.blob}, {"n", upload.name}, {"m", upload.mime}, {"s", upload.size_bytes}},
        now + kUploadLife);
}

sdk::Result<Visitor> Tokens::read_visitor(std::string_view token, Seconds now) const {
    const auto payload = read("v1", token, now);
    if (!payload) return payload.failure();
    return to_visitor(*payload);
}

sdk::Result<Visitor> Tokens::read_ticket(std::string_view ticket, Seconds now) const {
    const auto payload = read("t1", ticket, now);
    if (!payload) return payload.failure();
    return to_visitor(*payload);
}

sdk::Result<Upload> Tokens::read_upload(std::string_view id, Seconds now) const {
    const auto payload = read("u1", id, now);
    if (!payload) return payload.failure();
    return Upload{.contact = std::string(text_of(*payload, "c")),
                  .blob = std::string(text_of(*payload, "b")),
                  .name = std::string(text_of(*payload, "n")),
                  .mime = std::string(text_of(*payload, "m")),
                  .size_bytes = payload->at("s").to_number<std::uint64_t>()};
}

std::string Tokens::sign(std::string_view purpose, json::object payload, Seconds expires) const {
    payload["e"] = expires.count();
    const std::string signed_part = std::string(purpose) + "." + to_base64url(json::serialize(payload));
    return signed_part + "." + to_base64url(hmac_sha256(secret_, signed_part));
}

sdk::Result<json::object> Tokens::read(std::string_view purpose, std::string_view token, Seconds now) const {
    const auto dot = token.rfind('.');
    if (dot == std::string_view::npos || token.substr(0, purpose.size() + 1) != std::string(purpose) + ".")
        return refused("the token is not one of ours for this use");
    const std::string_view signed_part = token.substr(0, dot);
    if (!equal_in_constant_time(to_base64url(hmac_sha256(secret_, signed_part)), token.substr(dot + 1)))
        return refused("the token's signature is wrong");
    const auto bytes = from_base64url(signed_part.substr(purpose.size() + 1));
    boost::system::error_code error;
    const json::value payload = json::parse(bytes.value_or(""), error);
    if (error || !payload.is_object()) return refused("the token cannot be read");
    if (payload.get_object().at("e").to_number<std::int64_t>() <= now.count()) return refused("the token has expired");
    return payload.get_object();
}

}  // namespace usher::livechat
