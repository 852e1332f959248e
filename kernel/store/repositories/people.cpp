#include "store/repositories/people.hpp"

#include <algorithm>

#include "foundation/crypto.hpp"
#include "foundation/text.hpp"
#include "store/dialect.hpp"

namespace usher::store {

std::optional<Space> find_space(Session& sql, SpaceId id) {
    return sql.one<Space>("WHERE id = :id", id);
}

void insert_space(Session& sql, const Space& space) {
    sql.insert(space);
}

std::string email_key(std::string_view email) {
    return crypto::sha256_hex(fold(trim(email)));
}

std::optional<User> find_user(Session& sql, UserId id) {
    return sql.one<User>("WHERE id = :id", id);
}

std::optional<User> lock_user(Session& sql, UserId id) {
    return sql.one<User>("WHERE id = :id" + std::string(for_update(sql.dialect())), id);
}

std::optional<User> find_user_by_email(Session& sql, std::string_view email) {
    return sql.one<User>("WHERE email_key = :key", email_key(email));
}

std::vector<User> list_users(Session& sql, SpaceId space, UserId after, int limit) {
    return sql.rows<User>("WHERE space_id = :space AND id > :after ORDER BY id LIMIT :limit", space, after.value,
                          limit);
}

void insert_user(Session& sql, const User& user) {
    sql.insert(user);
    sql.insert(AgentLoad{user.id, 0, {}});
}

void update_user(Session& sql, const User& user) {
    sql.exec(
        "UPDATE users SET name = :name, email = :email, email_key = :email_key, password_hash = :password_hash, roles "
        "= "
        ":roles, seat = :seat, active = :active, availability = :availability, availability_since = :since, open_limit "
        "= :open_limit, rights_version = :rights_version, version = :version WHERE id = :id",
        user.name, user.email, user.email_key, user.password_hash, user.roles, user.seat, user.active,
        user.availability, user.availability_since, user.open_limit, user.rights_version, user.version, user.id);
}

std::vector<UserId> lock_administrators(Session& sql, UserId except) {
    return sql.rows<UserId>(
        "SELECT id FROM users WHERE active = 1 AND seat = 1 AND password_hash IS NOT NULL AND roles LIKE "
        "'%\"administrator\"%' AND id <> :except ORDER BY id" +
            std::string(for_update(sql.dialect())),
        except.value);
}

bool has_administrator(Session& sql) {
    return sql
        .one<std::int64_t>(
            "SELECT 1 FROM users WHERE active = 1 AND seat = 1 AND password_hash IS NOT NULL AND roles LIKE "
            "'%\"administrator\"%' LIMIT 1")
        .has_value();
}

std::optional<LoginSession> find_session(Session& sql, std::string_view token_hash) {
    return sql.one<LoginSession>("WHERE token_hash = :hash", token_hash);
}

void insert_session(Session& sql, const LoginSession& session) {
    sql.insert(session);
}

void touch_session(Session& sql, std::string_view token_hash, Time used, Time expires) {
    sql.exec("UPDATE login_session SET last_used_at = :used, expires_at = :expires WHERE token_hash = :hash", used,
             expires, token_hash);
}

bool delete_session(Session& sql, std::string_view token_hash) {
    return sql.exec("DELETE FROM login_session WHERE token_hash = :hash", token_hash) > 0;
}

std::int64_t delete_sessions(Session& sql, UserId user, std::string_view except) {
    return sql.exec("DELETE FROM login_session WHERE user_id = :user AND token_hash <> :except", user, except);
}

std::int64_t count_sessions(Session& sql, UserId user, Time now) {
    return sql
        .one<std::int64_t>("SELECT COUNT(*) FROM login_session WHERE user_id = :user AND expires_at > :now", user, now)
        .value_or(0);
}

std::optional<Invitation> find_invitation(Session& sql, std::string_view token_hash) {
    return sql.one<Invitation>("WHERE token_hash = :hash", token_hash);
}

void put_invitation(Session& sql, const Invitation& invitation) {
    delete_invitations(sql, invitation.user_id);
    sql.insert(invitation);
}

void delete_invitations(Session& sql, UserId user) {
    sql.exec("DELETE FROM invitation WHERE user_id = :user", user);
}

std::optional<ApiKey> find_api_key(Session& sql, std::string_view key_hash) {
    return sql.one<ApiKey>("WHERE key_hash = :hash", key_hash);
}

std::optional<ApiKey> find_api_key(Session& sql, SpaceId space, ApiKeyId id) {
    return sql.one<ApiKey>("WHERE id = :id AND space_id = :space", id, space);
}

std::optional<ApiKey> find_api_key_by_name(Session& sql, SpaceId space, std::string_view name) {
    return sql.one<ApiKey>("WHERE space_id = :space AND name = :name ORDER BY id LIMIT 1", space, name);
}

std::vector<ApiKey> list_api_keys(Session& sql, SpaceId space, ApiKeyId after, int limit) {
    return sql.rows<ApiKey>("WHERE space_id = :space AND id > :after ORDER BY id LIMIT :limit", space, after.value,
                            limit);
}

void insert_api_key(Session& sql, const ApiKey& key) {
    sql.insert(key);
}

bool delete_api_key(Session& sql, SpaceId space, ApiKeyId id) {
    return sql.exec("DELETE FROM api_key WHERE id = :id AND space_id = :space", id, space) > 0;
}

void touch_api_key(Session& sql, ApiKeyId id, Time used) {
    sql.exec("UPDATE api_key SET last_used_at = :used WHERE id = :id", used, id);
}

Principal principal_of(Session& sql, const User& user) {
    Principal who{user.id, {}, user.space_id, user.name, {}, {}, {}, user.rights_version};
    if (!user.active) return who;
    who.permissions = effective_permissions(user.roles, user.seat);
    using Membership = std::tuple<InboxId, MemberRole>;
    for (const auto& [inbox, role] :
         sql.rows<Membership>("SELECT inbox_id, role FROM inbox_member WHERE user_id = :user", user.id)) {
        who.inboxes.insert(inbox);
        if (role == MemberRole::admin && user.seat) who.admin_inboxes.insert(inbox);
        if (role == MemberRole::viewer) who.viewer_inboxes.insert(inbox);
    }
    return who;
}

Principal principal_of(Session& sql, const ApiKey& key) {
    Principal who{{}, key.id, key.space_id, key.name, effective_permissions(key.roles, true), {}, {}, 1};
    for (const auto inbox : sql.rows<InboxId>("SELECT id FROM inbox WHERE space_id = :space", key.space_id)) {
        who.inboxes.insert(inbox);
    }
    return who;
}

}  // namespace usher::store
