#pragma once
/// Users: people who work here, their availability, sessions and API keys.
#include <optional>
#include <string>
#include <vector>

#include "foundation/describe.hpp"
#include "model/ids.hpp"

namespace usher {

enum class Availability : std::int16_t { available = 0, away = 1, offline = 2 };
BOOST_DESCRIBE_ENUM(Availability, available, away, offline)

struct User {
    UserId id;
    SpaceId space_id;
    std::string name;
    std::string email;
    std::string email_key;                     // folded: unique
    std::optional<std::string> password_hash;  // absent until the invitation is accepted
    std::vector<std::string> roles;            // ids of roles; rights add up
    bool seat = true;
    bool active = true;
    Availability availability = Availability::away;
    Time availability_since;
    std::int64_t open_limit = 20;     // conversations at a time; 0: no limit
    std::int64_t rights_version = 1;  // raised by every change of what this user may see or do
    Time created_at;
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(User, (),
                      (id, space_id, name, email, email_key, password_hash, roles, seat, active, availability,
                       availability_since, open_limit, rights_version, created_at, version))

struct ApiKey {
    ApiKeyId id;
    SpaceId space_id;
    std::string name;
    std::string key_hash;  // keyed hash of the secret, hex
    std::string prefix;    // its first characters, to know it by
    std::vector<std::string> roles;
    Time created_at;
    std::optional<Time> last_used_at;
};
BOOST_DESCRIBE_STRUCT(ApiKey, (), (id, space_id, name, key_hash, prefix, roles, created_at, last_used_at))

struct LoginSession {
    std::string token_hash;  // SHA-256 of the cookie's value, hex
    UserId user_id;
    std::string csrf;
    Time created_at;
    Time last_used_at;
    Time expires_at;
};
BOOST_DESCRIBE_STRUCT(LoginSession, (), (token_hash, user_id, csrf, created_at, last_used_at, expires_at))

/// How many conversations an agent holds: changed in the transaction of every assignment and close.
struct AgentLoad {
    UserId user_id;
    std::int64_t open_count = 0;
    Time last_assigned_at;
};
BOOST_DESCRIBE_STRUCT(AgentLoad, (), (user_id, open_count, last_assigned_at))

}  // namespace usher
