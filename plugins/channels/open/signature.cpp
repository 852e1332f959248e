#include "signature.hpp"

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include <array>
#include <charconv>
#include <stdexcept>

namespace usher::open_channel {

namespace {

std::string to_hex(const unsigned char* bytes, std::size_t size) {
    std::string hex;
    hex.reserve(size * 2);
    for (std::size_t i = 0; i < size; ++i) {
        hex.push_back("0123456789abcdef"[bytes[i] >> 4]);
        hex.push_back("0123456789abcdef"[bytes[i] & 15]);
    }
    return hex;
}

Problem unauthorized(std::string code, std::string message) {
    return {.status = 401, .code = std::move(code), .message = std::move(message)};
}

/// The signatures of all X-Usher-Signature headers: "v1=<hex>", comma separated. Other versions are passed over.
std::vector<std::string_view> presented(const sdk::HttpRequest& request) {
    constexpr std::size_t kMost = 8;  // one per active secret; more only costs time
    std::vector<std::string_view> signatures;
    for (const auto& [name, value] : request.headers) {
        if (!sdk::same_header(name, "X-Usher-Signature")) continue;
        for (std::string_view rest = value; !rest.empty() && signatures.size() < kMost;) {
            const std::size_t comma = rest.find(',');
            std::string_view one = rest.substr(0, comma);
            rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
            while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
            while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
            if (one.starts_with("v1=")) signatures.push_back(one.substr(3));
        }
    }
    return signatures;
}

std::optional<Problem> check_bearer(const Config::Inbound& config, std::string_view authorization) {
    constexpr std::string_view kScheme = "Bearer ";
    bool known = false;
    if (authorization.size() > kScheme.size() && sdk::same_header(authorization.substr(0, kScheme.size()), kScheme))
        for (const std::string& token : config.bearer_tokens)
            known |= same_secret(token, authorization.substr(kScheme.size()));
    if (known) return std::nullopt;
    return unauthorized("bad_signature", "the bearer token is not one of this account's");
}

}  // namespace

std::string hmac_sha256_hex(std::string_view key, std::string_view message) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned int size = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(message.data()), message.size(), mac.data(), &size) == nullptr)
        throw std::runtime_error("HMAC-SHA256 is not available in OpenSSL");
    return to_hex(mac.data(), size);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("SHA-256 is not available in OpenSSL");
}

void Sha256::update(std::string_view bytes) {
    if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1) throw std::runtime_error("SHA-256 failed");
}

std::string Sha256::hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (EVP_DigestFinal_ex(context_.get(), digest.data(), &size) != 1) throw std::runtime_error("SHA-256 failed");
    return to_hex(digest.data(), size);
}

std::string sha256_hex(std::string_view bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.hex();
}

std::string sign(std::string_view secret, std::string_view timestamp, std::string_view method, std::string_view target,
                 std::string_view body) {
    std::string text;
    text.reserve(timestamp.size() + method.size() + target.size() + body.size() + 3);
    text.append(timestamp).append(".").append(method).append(" ").append(target).append(".").append(body);
    return hmac_sha256_hex(secret, text);
}

bool same_secret(std::string_view left, std::string_view right) {
    return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string_view target_of(std::string_view url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) return url;
    const std::size_t path = url.find_first_of("/?", scheme + 3);
    return path == std::string_view::npos ? std::string_view("/") : url.substr(path);
}

bool is_valid_target(std::string_view target) {
    const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); };
    if (target.empty() || target.front() != '/') return false;
    for (std::size_t i = 0; i < target.size(); ++i) {
        const char c = target[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter || std::string_view("-._~:/?@!$&'()*+,;=").find(c) != std::string_view::npos) continue;
        if (c != '%' || i + 2 >= target.size() || !hex(target[i + 1]) || !hex(target[i + 2])) return false;
        i += 2;
    }
    return true;
}

std::optional<Problem> authenticate(const Config::Inbound& config, const sdk::HttpRequest& request,
                                    std::string_view target, std::string_view body, std::int64_t now_unix_us,
                                    Admitted& admitted) {
    const std::vector<std::string_view> signatures = presented(request);
    const auto authorization = request.header("Authorization");
    if (signatures.empty() && authorization && !config.bearer_tokens.empty()) {
        admitted.proof = Proof::bearer;
        return check_bearer(config, *authorization);
    }
    if (signatures.empty())
        return unauthorized("bad_signature", "X-Usher-Signature: expected v1=<64 lower-case hex digits>");

    const std::string_view timestamp = request.header("X-Usher-Timestamp").value_or("");
    std::int64_t at_s = 0;
    const auto [end, failed] = std::from_chars(timestamp.data(), timestamp.data() + timestamp.size(), at_s);
    if (timestamp.empty() || timestamp.front() == '-' || failed != std::errc() ||
        end != timestamp.data() + timestamp.size())
        return unauthorized("stale_timestamp", "X-Usher-Timestamp: expected seconds since 1970 as a decimal number");
    const std::int64_t now_s = now_unix_us / 1'000'000;
    if (at_s < now_s - config.max_skew_s || at_s > now_s + config.max_skew_s)
        return unauthorized("stale_timestamp", "X-Usher-Timestamp is more than " + std::to_string(config.max_skew_s) +
                                                   " s away from " + std::to_string(now_s));

    const auto key_id = request.header("X-Usher-Key");
    bool key_known = false;
    bool matches = false;
    for (const Key& key : config.secrets) {
        if (key_id && *key_id != key.id) continue;
        key_known = true;
        const std::string expected = sign(key.secret, timestamp, request.method, target, body);
        for (const std::string_view one : signatures) matches |= same_secret(expected, one);
    }
    if (!key_known) return unauthorized("unknown_key", "X-Usher-Key names no secret of this account");
    if (!matches)
        return unauthorized("bad_signature",
                            "the signature does not match <timestamp>.<METHOD> <request-target>.<body> as received");
    admitted.proof = Proof::signature;
    admitted.timestamp = timestamp;
    return std::nullopt;
}

}  // namespace usher::open_channel
