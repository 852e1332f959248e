#include "access/access.hpp"

#include <set>

#include "foundation/crypto.hpp"
#include "foundation/log.hpp"
#include "model/event_types.hpp"
#include "store/repositories/expired.hpp"
#include "store/repositories/settings.hpp"

namespace usher::access {
namespace {

constexpr std::chrono::minutes kTouchEvery{10};  // how exactly the last use is known

Error no_credentials() {
    return {Errc::unauthorized, "Sign in, or send an API key in the header X-API-Key."};
}

}  // namespace

Access::Access(store::Store& store, Clock& clock, asio::any_io_executor executor, Settings settings)
    : store_(store),
      clock_(clock),
      settings_(std::move(settings)),
      directory_(store),
      passwords_(settings_.passwords),
      limit_(clock, settings_.login),
      tasks_(std::move(executor)) {}

Access::~Access() = default;

Task<void> Access::stop() {
    co_await tasks_.stop();
}

Result<std::string> Access::key_hash(std::string_view key) const {
    if (api_key_secret_.empty()) return Error{Errc::unavailable, "Starting; try again shortly."};
    return to_hex(crypto::hmac_sha256(api_key_secret_, key));
}

Task<Result<Caller>> Access::authenticate(Credentials credentials) {
    if (credentials.api_key) co_return co_await by_key(std::move(*credentials.api_key));
    if (!credentials.cookie.empty()) co_return co_await by_cookie(std::move(credentials.cookie));
    co_return no_credentials();
}

Task<Result<Caller>> Access::by_key(std::string key) {
    if (key.empty() || key.size() > 512) co_return Error{Errc::unauthorized, "The API key is wrong."};
    auto hash = key_hash(key);
    if (!hash) co_return hash.error();
    auto known = co_await directory_.key(*hash);
    if (!known) co_return known.error();
    const auto& row = (*known)->row;
    const Time now = clock_.now();
    if (!row.last_used_at || now - *row.last_used_at > kTouchEvery) {
        const ApiKeyId id = row.id;
        tasks_.spawn("access: last use of a key", [this, id] { return touch_key(id); });
    }
    co_return Caller{(*known)->principal, {}, {}};
}

Task<Result<Caller>> Access::by_cookie(std::string token) {
    if (token.size() > 512) co_return no_credentials();
    const Time now = clock_.now();
    const std::string hash = crypto::sha256_hex(token);
    auto session = co_await directory_.session(hash, now);
    if (!session) co_return session.error();
    auto principal = co_await directory_.person((*session)->user_id);
    if (!principal) co_return principal.error();
    if (now - (*session)->last_used_at > kTouchEvery) {
        tasks_.spawn("access: last use of a session", [this, hash, now] { return touch_session(hash, now); });
    }
    co_return Caller{*principal, hash, (*session)->csrf};
}

Task<void> Access::touch_session(std::string token_hash, Time now) {
    const Time expires = now + settings_.session_lifetime;
    auto work = [token_hash, now, expires](store::Write& write) -> Result<void> {
        store::touch_session(write.sql(), token_hash, now, expires);
        return {};
    };
    auto done = co_await store_.write(std::move(work));
    // The session itself still holds: only its sliding end was not written.
    if (!done) log::warn("access", "the last use of a session was not stored", {{"error", done.error().message}});
    directory_.forget_session(token_hash);
}

Task<void> Access::touch_key(ApiKeyId id) {
    auto work = [id](store::Write& write) -> Result<void> {
        store::touch_api_key(write.sql(), id, write.now());
        return {};
    };
    auto done = co_await store_.write(std::move(work));
    if (!done) log::warn("access", "the last use of an API key was not stored", {{"error", done.error().message}});
    directory_.forget_key(id);
}

Task<Result<PrincipalPtr>> Access::still(Caller caller) {
    if (!caller.by_cookie()) {
        // A key that was deleted is forgotten; the row tells.
        const ApiKeyId id = caller.principal->api_key_id;
        const SpaceId space = caller.principal->space_id;
        auto look = [space, id](store::Session& sql) -> Result<std::optional<Principal>> {
            const auto found = store::find_api_key(sql, space, id);
            if (!found) return std::optional<Principal>{};
            return std::optional<Principal>{store::principal_of(sql, *found)};
        };
        auto row = co_await store_.read(std::move(look));
        if (!row) co_return row.error();
        if (!*row) co_return Error{Errc::unauthorized, "The API key was deleted."};
        co_return std::make_shared<const Principal>(std::move(**row));
    }
    auto session = co_await directory_.session(caller.session_hash, clock_.now());
    if (!session) co_return session.error();
    co_return co_await directory_.person((*session)->user_id);
}

void Access::applied(std::span<const Event> events) {
    for (const Event& event : events) {
        const std::string_view type = event.type;
        if (type == event_type::kUserRights || type == event_type::kUserUpdated) {
            directory_.forget_person({event.subject_id});
        } else if (type == event_type::kUserSessions) {
            directory_.forget_sessions({event.subject_id});
        } else if (type == event_type::kApiKeyDeleted) {
            directory_.forget_key({event.subject_id});
        } else if (type == event_type::kInboxCreated || type == event_type::kInboxDeleted) {
            directory_.forget_keys();
        }
    }
}

Task<Result<std::int64_t>> Access::housekeeping() {
    constexpr int kStep = 200;
    std::int64_t gone = 0;
    for (const auto what : {store::Expiring::session, store::Expiring::invitation, store::Expiring::idempotency}) {
        for (;;) {
            auto look = [what, now = clock_.now()](store::Session& sql) {
                return store::find_expired(sql, what, now, kStep);
            };
            auto keys = co_await store_.read(std::move(look));
            if (!keys) co_return keys.error();
            if (keys->empty()) break;
            auto work = [what, keys = *keys](store::Write& write) {
                return store::delete_expired(write.sql(), what, write.now(), keys);
            };
            auto done = co_await store_.write(std::move(work));
            if (!done) co_return done.error();
            gone += *done;
            if (*done == 0) break;
        }
    }
    co_return gone;
}

void check_name(std::string_view name, std::string_view path, Faults& faults) {
    if (trim(name).empty()) return detail::fault(faults, path, "must not be empty");
    if (auto ok = check_text(name, 500); !ok) detail::fault(faults, path, ok.error().message);
}

void check_email(std::string_view email, std::string_view path, Faults& faults) {
    const auto at = email.find('@');
    const bool shaped = at != std::string_view::npos && at > 0 && at + 1 < email.size() &&
                        email.find('@', at + 1) == std::string_view::npos &&
                        email.find_first_of(" \t\r\n<>,;\"") == std::string_view::npos;
    if (!shaped || email.size() > 254 || !is_utf8(email)) detail::fault(faults, path, "expected an e-mail address");
}

Result<void> refuse(Faults faults) {
    if (faults.empty()) return {};
    Faults kept;
    std::set<std::string> paths;
    for (auto& fault : faults) {
        if (paths.insert(fault.path).second) kept.push_back(std::move(fault));
    }
    std::string message = kept[0].path.empty() ? kept[0].message : kept[0].path + ": " + kept[0].message;
    if (kept.size() > 1) message += " (and " + std::to_string(kept.size() - 1) + " more)";
    return Error{Errc::validation, std::move(message), std::move(kept)};
}

Event people_event(std::string_view type, SpaceId space, std::int64_t subject, UserId by, json::object data) {
    Event event;
    event.type = type;
    event.space_id = space;
    event.subject_id = subject;
    event.data = std::move(data);
    if (by) event.data["by"] = to_json(by);
    return event;
}

}  // namespace usher::access
