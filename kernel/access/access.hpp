#pragma once
/// Access: who is asking, and signing in and out. Users, API keys and inboxes have services of their own beside it
/// (access/users.hpp, api_keys.hpp, inboxes.hpp), which share its directory. Thread-safe.
///
/// Secrets: a session's token is a cookie of 32 random bytes, kept as SHA-256; an API key is 32 random bytes, kept as
/// HMAC-SHA256 under a key of the installation; a password as argon2id. None can be read back.
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "access/directory.hpp"
#include "access/login_limit.hpp"
#include "access/passwords.hpp"
#include "foundation/async.hpp"
#include "model/event.hpp"
#include "store/repositories/people.hpp"

namespace usher::access {

struct Settings {
    std::chrono::seconds session_lifetime{14 * 24 * 3600};    // slides with use
    std::chrono::seconds invitation_lifetime{7 * 24 * 3600};  //
    Availability login_status = Availability::away;           // after every login (S3-25)
    LoginLimit::Settings login{};
    Passwords::Settings passwords{};
    std::string mail_domain = "usher.localhost";  // of inboxes' forwarding addresses
};

/// USHER_ADMIN_EMAIL, USHER_ADMIN_PASSWORD, USHER_ADMIN_API_KEY; empty: not given.
struct Presets {
    std::string email, password, api_key;
};

/// Who calls, for the time of one request.
struct Caller {
    PrincipalPtr principal;
    std::string session_hash;  // empty with an API key
    std::string csrf;          // of the session
    bool by_cookie() const { return !session_hash.empty(); }
};

/// What a request brings. A key, if given, is what counts.
struct Credentials {
    std::optional<std::string> api_key;
    std::string cookie;
};

struct SignedIn {
    std::string token;  // the cookie's value
    std::chrono::seconds lifetime;
    Caller caller;
};

class Access final {
public:
    /// Borrows store and clock. Background writes (last use) run on `executor`.
    Access(store::Store& store, Clock& clock, asio::any_io_executor executor, Settings settings = {});
    ~Access();

    // ---- start and stop
    struct Started {
        std::optional<std::string> setup_token;  // there is no administrator: the link is /setup?token=...
    };
    /// Space 1, the default inbox, the installation's keys, and what `presets` say; may be called at every start.
    /// A set-up token is made anew at each start while there is no administrator.
    Task<Result<Started>> start(Presets presets);
    /// Ends background writes.
    Task<void> stop();
    /// Deletes what has expired (sessions, invitations, idempotency keys), in small steps; how many. For an hourly job.
    Task<Result<std::int64_t>> housekeeping();

    // ---- who is asking
    /// Errc::unauthorized: credentials missing or wrong.
    Task<Result<Caller>> authenticate(Credentials credentials);
    /// Is this caller's session or key still good, and what may they do now? For sockets. Errc::unauthorized: no.
    Task<Result<PrincipalPtr>> still(Caller caller);
    Task<Result<PrincipalPtr>> principal(UserId user) { return directory_.person(user); }

    // ---- set-up, login, logout
    Task<Result<bool>> setup_needed();
    struct SetUp {
        std::string token, name, email, password;
    };
    /// Makes the first administrator. Errc::unauthorized for a wrong token, Errc::conflict when there is one already.
    Task<Result<SignedIn>> set_up(SetUp input);
    /// Errc::unauthorized without saying what was wrong; Errc::rate_limited after repeated failures.
    Task<Result<SignedIn>> login(std::string email, std::string password, std::string address);
    Task<Result<void>> logout(Caller caller);
    /// Ends the user's other sessions.
    Task<Result<void>> change_password(Caller caller, std::string current, std::string next, std::string address);
    struct Invited {
        std::string email, name;
        Time expires_at;
    };
    Task<Result<Invited>> invitation(std::string token);
    Task<Result<SignedIn>> accept_invitation(std::string token, std::optional<std::string> name, std::string password);

    // ---- what others build on
    /// After every commit, in order (this node's and others'): forgets what the events make old.
    void applied(std::span<const Event> events);
    Directory& directory() { return directory_; }
    store::Store& store() { return store_; }
    Clock& clock() { return clock_; }
    const Settings& settings() const { return settings_; }
    /// The stored form of an API key.
    Result<std::string> key_hash(std::string_view key) const;

private:
    struct NewSession {
        LoginSession row;
        std::string token;
    };
    NewSession new_session(Time now) const;
    /// Inside a member: writes the session, sets availability, appends the events.
    static void open_session(store::Write& write, User& user, LoginSession session, Availability status);
    Task<Result<SignedIn>> signed_in(NewSession session, UserId user);
    Task<Result<Caller>> by_key(std::string key);
    Task<Result<Caller>> by_cookie(std::string token);
    Task<void> touch_session(std::string token_hash, Time now);
    Task<void> touch_key(ApiKeyId id);

    store::Store& store_;
    Clock& clock_;
    Settings settings_;
    Directory directory_;
    Passwords passwords_;
    LoginLimit limit_;
    std::string api_key_secret_;  // set by start()
    TaskScope tasks_;             // last: nothing it runs outlives what it uses
};

/// A name that people have: not empty, at most 500 bytes. Faults go to `path`.
void check_name(std::string_view name, std::string_view path, Faults& faults);
void check_email(std::string_view email, std::string_view path, Faults& faults);
/// Faults as one error, or nothing.
Result<void> refuse(Faults faults);

/// An event about a person or an inbox. `by` is 0 for the system.
Event people_event(std::string_view type, SpaceId space, std::int64_t subject, UserId by, json::object data = {});

}  // namespace usher::access
