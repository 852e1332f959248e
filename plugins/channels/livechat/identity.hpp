#pragma once
/// Who a visitor is, proven by the site's own server: an HS256 token {id, name?, email?, attributes?, exp}, or the
/// plain HMAC-SHA256 of the id in hex.
#include "tokens.hpp"

namespace usher::livechat {

/// @param identity  {"token"} or {"id", "hash", name?, email?}; with a plain hash only the id is proven
/// @returns the proven visitor
/// @errors auth: what is wrong with the proof, for whoever builds the site; nothing about the secret
sdk::Result<Visitor> prove(const json::value& identity, std::string_view secret, Seconds now);

}  // namespace usher::livechat
