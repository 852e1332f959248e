#pragma once
/// Secrets of accounts at rest: each is sealed (XSalsa20-Poly1305) under the installation's secret_key and stands in
/// the stored configuration as {"$sealed": "<key id>.<base64url>"}. What is sealed names its account and its place, so
/// that a value copied elsewhere in the database does not open there.
#include <filesystem>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "foundation/error.hpp"
#include "foundation/json.hpp"
#include "model/ids.hpp"

namespace usher::provisioning {

class SecretBox final {
public:
    /// `key`: 32 bytes.
    explicit SecretBox(std::string key);

    /// The configured key, or else the one in <data folder>/secret_key, which is made (mode 0600) when it is missing.
    /// Errors name the file and what is wrong with it: unreadable, readable by others, not a key.
    static Result<SecretBox> open(const config::Secret& configured, const std::filesystem::path& data_folder);

    /// `config` with what stands at `places` (JSON pointers) sealed.
    json::object seal(json::object config, const std::vector<std::string>& places, AccountKey account) const;

    struct Opened {
        json::object config;            // without the secrets that did not open
        std::vector<std::string> lost;  // their places
        std::string sealed_with;        // id of the key that one of these was sealed with
    };
    Opened unseal(const json::object& stored, AccountKey account) const;

    /// Tells keys apart, and nothing about them: 8 hex digits.
    const std::string& key_id() const { return key_id_; }

private:
    std::string key_;
    std::string key_id_;
};

/// `stored` without what is sealed in it, and the places of that.
json::object without_sealed(const json::object& stored, std::vector<std::string>* places = nullptr);

}  // namespace usher::provisioning
