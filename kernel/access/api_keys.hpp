#pragma once
/// API keys: for programs, with roles like a person's and a seat of their own; shown once. Thread-safe.
#include "access/access.hpp"
#include "store/repositories/settings.hpp"

namespace usher::access {

struct NewApiKey {
    std::string name;
    std::vector<std::string> roles;
};
BOOST_DESCRIBE_STRUCT(NewApiKey, (), (name, roles))

struct CreatedApiKey {
    ApiKey row;
    std::string key;
};

class ApiKeys final {
public:
    explicit ApiKeys(Access& access) : access_(access) {}

    Task<Result<std::vector<ApiKey>>> list(SpaceId space, ApiKeyId after, int limit);
    /// A repeated call (same idempotency key) is Errc::conflict "shown_once": what it made cannot be shown again.
    Task<Result<CreatedApiKey>> create(Principal by, NewApiKey input, std::optional<store::IdempotencyKey> key = {},
                                       Faults faults = {});
    Task<Result<void>> remove(Principal by, ApiKeyId id);

private:
    Access& access_;
};

/// The row of a key: its hash under `secret`, its first characters.
ApiKey make_api_key(std::string_view key, std::string_view secret, SpaceId space, std::string name,
                    std::vector<std::string> roles, Time now);

}  // namespace usher::access
