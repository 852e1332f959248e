#pragma once
/// The signature scheme, the same in both directions:
/// hex( HMAC-SHA256( secret, "<timestamp>.<METHOD> <request-target>.<body>" ) ), and who may ask here at all.
#include <openssl/evp.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config.hpp"
#include "problem.hpp"

namespace usher::open_channel {

std::string hmac_sha256_hex(std::string_view key, std::string_view message);
std::string sha256_hex(std::string_view bytes);

/// SHA-256 of a stream.
class Sha256 {
public:
    Sha256();
    void update(std::string_view bytes);
    std::string hex();  ///< once, at the end

private:
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

/// @param body  the raw bytes; for an upload the hex digest of them
std::string sign(std::string_view secret, std::string_view timestamp, std::string_view method, std::string_view target,
                 std::string_view body);

/// Compares in a time that depends on the lengths alone.
bool same_secret(std::string_view left, std::string_view right);

/// The request target exactly as received, from the whole URL that the host hands over.
std::string_view target_of(std::string_view url);
/// @returns whether every character may stand in a request target (RFC 3986); else bytes could move into the body
bool is_valid_target(std::string_view target);

/// How a request proved itself.
enum class Proof { signature, bearer };
struct Admitted {
    Proof proof = Proof::signature;
    std::string timestamp{};  ///< the signed one
};

/// Checks signature or bearer token. `body` as in sign().
std::optional<Problem> authenticate(const Config::Inbound& config, const sdk::HttpRequest& request,
                                    std::string_view target, std::string_view body, std::int64_t now_unix_us,
                                    Admitted& admitted);

}  // namespace usher::open_channel
