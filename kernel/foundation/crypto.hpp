#pragma once
/// The few cryptographic functions that everything uses; OpenSSL and libsodium stay in the .cpp. Thread-safe.
#include <cstddef>
#include <string>
#include <string_view>

namespace usher::crypto {

/// 32 raw bytes.
std::string sha256(std::string_view bytes);
/// 64 characters, lower case: the form of every hash column.
std::string sha256_hex(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view bytes);
/// From the system's generator; never fails (aborts when the system has no randomness).
std::string random_bytes(std::size_t count);
/// `count` random bytes as base64url: 22 characters for 16 bytes, 43 for 32.
std::string random_token(std::size_t count = 32);
/// Takes the same time wherever the first difference lies; lengths may differ and are not secret.
bool equal_in_constant_time(std::string_view a, std::string_view b);

/// argon2id in libsodium's string form. Costly (tens of ms): never on a thread that serves connections.
std::string hash_password(std::string_view password);
bool verify_password(std::string_view hash, std::string_view password);

/// XSalsa20-Poly1305 with a random nonce in front; `key` is 32 bytes. open() answers an empty optional-like false.
std::string seal(std::string_view key, std::string_view plain);
bool open(std::string_view key, std::string_view sealed, std::string& plain);

}  // namespace usher::crypto
