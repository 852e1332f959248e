// What a first start makes, and what the environment presets.
#include "access/access.hpp"
#include "access/api_keys.hpp"
#include "access/inboxes.hpp"
#include "foundation/crypto.hpp"
#include "foundation/log.hpp"
#include "model/event_types.hpp"
#include "store/repositories/settings.hpp"

namespace usher::access {
namespace {

constexpr SpaceId kFirstSpace{1};
constexpr std::string_view kPresetKeyName = "Preset (USHER_ADMIN_API_KEY)";

void make_first_space(store::Write& write, const std::string& mail_domain) {
    auto& sql = write.sql();
    if (!store::find_space(sql, kFirstSpace)) store::insert_space(sql, {kFirstSpace, "Usher", write.now()});
    if (store::find_default_inbox(sql, kFirstSpace)) return;
    Inbox inbox = make_inbox(write, kFirstSpace, "Inbox", mail_domain);
    inbox.default_key = kFirstSpace;
    store::insert_inbox(sql, inbox);
    write.append(
        people_event(event_type::kInboxCreated, kFirstSpace, inbox.id.value, {}, {{"version", inbox.version}}));
}

/// The key of the environment replaces the one that an earlier environment had.
void preset_key(store::Write& write, const std::string& key, const std::string& secret) {
    auto& sql = write.sql();
    const ApiKey made =
        make_api_key(key, secret, kFirstSpace, std::string(kPresetKeyName), {"administrator"}, write.now());
    if (store::find_api_key(sql, made.key_hash)) return;
    if (const auto old = store::find_api_key_by_name(sql, kFirstSpace, kPresetKeyName)) {
        store::delete_api_key(sql, kFirstSpace, old->id);
        write.append(people_event(event_type::kApiKeyDeleted, kFirstSpace, old->id.value, {}));
    }
    ApiKey row = made;
    row.id = {write.next_id()};
    store::insert_api_key(sql, row);
    write.append(
        people_event(event_type::kApiKeyCreated, kFirstSpace, row.id.value, {}, {{"roles", to_json(row.roles)}}));
}

}  // namespace

Task<Result<Access::Started>> Access::start(Presets presets) {
    if (!presets.email.empty() || !presets.password.empty()) {
        Faults faults;
        check_email(presets.email, "", faults);
        if (!faults.empty()) co_return invalid("USHER_ADMIN_EMAIL: expected an e-mail address");
        check_password(presets.password, presets.email, "", faults);
        if (!faults.empty()) co_return invalid("USHER_ADMIN_PASSWORD: " + faults[0].message);
    }
    if (!presets.api_key.empty() && (presets.api_key.size() < 20 || presets.api_key.size() > 512)) {
        co_return invalid("USHER_ADMIN_API_KEY: expected 20 to 512 characters");
    }
    auto work = [domain = settings_.mail_domain, fresh = to_hex(crypto::random_bytes(32)),
                 key = presets.api_key](store::Write& write) -> Result<std::string> {
        make_first_space(write, domain);
        const std::string stored = store::setting_or(write.sql(), "api_key_secret", fresh);
        const auto bytes = from_hex(stored);
        if (!bytes) return Error{Errc::internal, "setting api_key_secret is damaged: expected hex"};
        if (!key.empty()) preset_key(write, key, *bytes);
        return *bytes;
    };
    auto secret = co_await store_.write(std::move(work));
    if (!secret) co_return secret.error();
    api_key_secret_ = *secret;
    directory_.forget_keys();

    if (!presets.email.empty()) {
        auto look = [email = presets.email](store::Session& sql) {
            return store::find_user_by_email(sql, email).has_value();
        };
        auto there = co_await store_.read(std::move(look));
        if (!there) co_return there.error();
        if (!*there) {
            auto hash = co_await passwords_.hash(presets.password);
            if (!hash) co_return hash.error();
            auto work2 = [email = presets.email, hash = *hash,
                          status = settings_.login_status](store::Write& write) -> Result<void> {
                if (store::find_user_by_email(write.sql(), email)) return {};  // another node was faster
                User user;
                user.id = {write.next_id()};
                user.space_id = kFirstSpace;
                user.name = "Administrator";
                user.email = trim(email);
                user.email_key = store::email_key(email);
                user.password_hash = hash;
                user.roles = {"administrator"};
                user.availability = status;
                user.availability_since = user.created_at = write.now();
                store::insert_user(write.sql(), user);
                write.append(people_event(event_type::kUserCreated, user.space_id, user.id.value, {},
                                          {{"roles", to_json(user.roles)}, {"seat", true}, {"active", true}}));
                return {};
            };
            auto made = co_await store_.write(std::move(work2));
            if (!made) co_return made.error();
        }
    }

    Started started;
    const std::string token = crypto::random_token();
    auto work3 = [hash = crypto::sha256_hex(token)](store::Write& write) -> Result<bool> {
        if (store::has_administrator(write.sql())) {
            store::delete_setting(write.sql(), "setup_token_hash");
            return false;
        }
        store::put_setting(write.sql(), "setup_token_hash", hash);
        return true;
    };
    auto needed = co_await store_.write(std::move(work3));
    if (!needed) co_return needed.error();
    if (*needed) started.setup_token = token;
    co_return started;
}

}  // namespace usher::access
