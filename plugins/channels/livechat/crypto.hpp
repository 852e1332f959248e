#pragma once
/// The little cryptography of this channel, over OpenSSL: HMAC-SHA256, comparison in constant time, random ids,
/// base64url.
#include <optional>
#include <string>
#include <string_view>

namespace usher::livechat {

/// @returns the 32 bytes of the HMAC
std::string hmac_sha256(std::string_view key, std::string_view message);
/// Takes as long whatever the bytes are; different lengths differ at once.
bool equal_in_constant_time(std::string_view left, std::string_view right);
/// @returns bytes from the system's generator; throws std::runtime_error when that fails
std::string random_bytes(std::size_t count);

std::string to_hex(std::string_view bytes);
/// RFC 4648 section 5, without padding.
std::string to_base64url(std::string_view bytes);
/// @returns nothing for any other alphabet, padding, or a length that no bytes have
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace usher::livechat
