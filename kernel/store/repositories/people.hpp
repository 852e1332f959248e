#pragma once
/// SQL of people: spaces, users, sessions, invitations, API keys. Callers decide; here is only what stands where.
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/inbox.hpp"
#include "model/user.hpp"
#include "model/visibility.hpp"
#include "store/session.hpp"

namespace usher::store {

template <>
inline constexpr std::string_view kTable<User> = "users";
template <>
inline constexpr std::string_view kTable<LoginSession> = "login_session";
template <>
inline constexpr std::string_view kTable<ApiKey> = "api_key";
template <>
inline constexpr std::string_view kTable<AgentLoad> = "agent_load";

struct Space {
    SpaceId id;
    std::string name;
    Time created_at;
};
BOOST_DESCRIBE_STRUCT(Space, (), (id, name, created_at))
template <>
inline constexpr std::string_view kTable<Space> = "space";

struct Invitation {
    std::string token_hash;  // SHA-256, hex
    UserId user_id;
    Time expires_at;
};
BOOST_DESCRIBE_STRUCT(Invitation, (), (token_hash, user_id, expires_at))
template <>
inline constexpr std::string_view kTable<Invitation> = "invitation";

// ---- spaces
std::optional<Space> find_space(Session& sql, SpaceId id);
void insert_space(Session& sql, const Space& space);

// ---- users
/// What an e-mail address is found by: SHA-256 of it without surrounding space and case. Fits any address.
std::string email_key(std::string_view email);
std::optional<User> find_user(Session& sql, UserId id);
/// The same, its row locked until the transaction ends.
std::optional<User> lock_user(Session& sql, UserId id);
std::optional<User> find_user_by_email(Session& sql, std::string_view email);
/// By id, at most `limit`, after `after`.
std::vector<User> list_users(Session& sql, SpaceId space, UserId after, int limit);
/// With a row of agent_load.
void insert_user(Session& sql, const User& user);
/// Writes the whole row; the caller holds its lock.
void update_user(Session& sql, const User& user);
/// Users who are able to administer (active, with a seat, a password and the role administrator), `except` left out.
/// Locks their rows, so that two cannot remove each other.
std::vector<UserId> lock_administrators(Session& sql, UserId except);
/// Is there anybody who could sign in and administer?
bool has_administrator(Session& sql);

// ---- sessions
std::optional<LoginSession> find_session(Session& sql, std::string_view token_hash);
void insert_session(Session& sql, const LoginSession& session);
/// Slides the session's end; nothing when it is gone.
void touch_session(Session& sql, std::string_view token_hash, Time used, Time expires);
bool delete_session(Session& sql, std::string_view token_hash);
/// All of a user's but one (empty: all). How many.
std::int64_t delete_sessions(Session& sql, UserId user, std::string_view except = {});
std::int64_t count_sessions(Session& sql, UserId user, Time now);

// ---- invitations
std::optional<Invitation> find_invitation(Session& sql, std::string_view token_hash);
/// Replaces what the user had.
void put_invitation(Session& sql, const Invitation& invitation);
void delete_invitations(Session& sql, UserId user);

// ---- API keys
std::optional<ApiKey> find_api_key(Session& sql, std::string_view key_hash);
std::optional<ApiKey> find_api_key(Session& sql, SpaceId space, ApiKeyId id);
std::optional<ApiKey> find_api_key_by_name(Session& sql, SpaceId space, std::string_view name);
std::vector<ApiKey> list_api_keys(Session& sql, SpaceId space, ApiKeyId after, int limit);
void insert_api_key(Session& sql, const ApiKey& key);
bool delete_api_key(Session& sql, SpaceId space, ApiKeyId id);
void touch_api_key(Session& sql, ApiKeyId id, Time used);

// ---- principals
/// What a user may do and where they are a member, as it stands now. Inactive: no permissions at all.
Principal principal_of(Session& sql, const User& user);
/// A key belongs to every inbox of its space.
Principal principal_of(Session& sql, const ApiKey& key);

}  // namespace usher::store
