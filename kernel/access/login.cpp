// Signing in and out: sessions, passwords, the first administrator, invitations.
#include "access/access.hpp"
#include "access/users.hpp"
#include "foundation/crypto.hpp"
#include "model/event_types.hpp"
#include "store/repositories/settings.hpp"

namespace usher::access {
namespace {

Error wrong_login() {
    return {Errc::unauthorized, "The e-mail address or the password is wrong."};
}

Error bad_invitation() {
    return not_found("This invitation is unknown, was used, or has expired. Ask for a new one.");
}

}  // namespace

Access::NewSession Access::new_session(Time now) const {
    NewSession made;
    made.token = crypto::random_token();
    made.row = {crypto::sha256_hex(made.token), {}, crypto::random_token(), now, now, now + settings_.session_lifetime};
    return made;
}

void Access::open_session(store::Write& write, User& user, LoginSession session, Availability status) {
    session.user_id = user.id;
    store::insert_session(write.sql(), session);
    set_availability_in(write, user, status, user.id);
    write.append(people_event(event_type::kUserLoggedIn, user.space_id, user.id.value, user.id));
}

Task<Result<SignedIn>> Access::signed_in(NewSession session, UserId user) {
    directory_.forget_person(user);
    auto principal = co_await directory_.person(user);
    if (!principal) co_return principal.error();
    co_return SignedIn{std::move(session.token), settings_.session_lifetime,
                       Caller{*principal, session.row.token_hash, session.row.csrf}};
}

Task<Result<bool>> Access::setup_needed() {
    auto known = co_await store_.read([](store::Session& sql) { return store::has_administrator(sql); });
    if (!known) co_return known.error();
    co_return !*known;
}

Task<Result<SignedIn>> Access::set_up(SetUp input) {
    auto needed = co_await setup_needed();
    if (!needed) co_return needed.error();
    if (!*needed) co_return conflict("already_set_up", "This installation has its administrator; sign in instead.");
    const std::string token_hash = crypto::sha256_hex(input.token);
    auto look = [token_hash](store::Session& sql) {
        const auto stored = store::find_setting(sql, "setup_token_hash");
        return stored && crypto::equal_in_constant_time(*stored, token_hash);
    };
    auto right = co_await store_.read(std::move(look));
    if (!right) co_return right.error();
    if (!*right) {
        co_return Error{Errc::unauthorized,
                        "The set-up link is wrong or old. The program prints a new one at each start."};
    }
    Faults faults;
    check_name(input.name, "/name", faults);
    check_email(input.email, "/email", faults);
    check_password(input.password, input.email, "/password", faults);
    if (auto ok = refuse(std::move(faults)); !ok) co_return ok.error();
    auto hash = co_await passwords_.hash(std::move(input.password));
    if (!hash) co_return hash.error();

    const auto session = new_session(clock_.now());
    auto work = [input, hash = *hash, session = session.row, status = settings_.login_status,
                 token_hash](store::Write& write) -> Result<UserId> {
        auto& sql = write.sql();
        if (store::has_administrator(sql) || store::find_setting(sql, "setup_token_hash") != token_hash) {
            return conflict("already_set_up", "This installation has its administrator; sign in instead.");
        }
        if (store::find_user_by_email(sql, input.email)) {
            return conflict("email_taken", "Somebody has this e-mail address already.");
        }
        User user;
        user.id = {write.next_id()};
        user.space_id = {1};
        user.name = trim(input.name);
        user.email = trim(input.email);
        user.email_key = store::email_key(user.email);
        user.password_hash = hash;
        user.roles = {"administrator"};
        user.availability = status;
        user.availability_since = user.created_at = write.now();
        store::insert_user(sql, user);
        store::delete_setting(sql, "setup_token_hash");
        write.append(people_event(event_type::kUserCreated, user.space_id, user.id.value, user.id,
                                  {{"roles", to_json(user.roles)}, {"seat", user.seat}, {"active", user.active}}));
        open_session(write, user, session, status);
        return user.id;
    };
    auto made = co_await store_.write(std::move(work));
    if (!made) co_return made.error();
    co_return co_await signed_in(session, *made);
}

Task<Result<SignedIn>> Access::login(std::string email, std::string password, std::string address) {
    const std::string account = store::email_key(email);
    if (auto ok = limit_.begin(address, account); !ok) co_return ok.error();
    auto look = [email](store::Session& sql) -> Result<std::optional<User>> {
        return store::find_user_by_email(sql, email);
    };
    auto found = co_await store_.read(std::move(look));
    if (!found) co_return found.error();
    const auto& user = *found;
    std::optional<std::string> hash;
    if (user && user->active) hash = user->password_hash;
    auto right = co_await passwords_.verify(hash, std::move(password));
    if (!right) co_return right.error();
    if (!*right) co_return wrong_login();
    limit_.succeeded(address, account);

    const auto session = new_session(clock_.now());
    auto work = [id = user->id, hash, session = session.row,
                 status = settings_.login_status](store::Write& write) -> Result<UserId> {
        auto row = store::lock_user(write.sql(), id);
        if (!row || !row->active || row->password_hash != hash) return wrong_login();  // changed meanwhile
        open_session(write, *row, session, status);
        return row->id;
    };
    auto done = co_await store_.write(std::move(work));
    if (!done) co_return done.error();
    co_return co_await signed_in(session, *done);
}

Task<Result<void>> Access::logout(Caller caller) {
    if (!caller.by_cookie()) co_return Error{Errc::conflict, "An API key has no session to end."};
    const UserId id = caller.principal->user_id;
    auto work = [hash = caller.session_hash, id](store::Write& write) -> Result<void> {
        auto& sql = write.sql();
        if (!store::delete_session(sql, hash)) return {};
        auto user = store::lock_user(sql, id);
        if (!user) return {};
        write.append(people_event(event_type::kUserSessions, user->space_id, id.value, id, {{"all", false}}));
        if (store::count_sessions(sql, id, write.now()) == 0) {
            set_availability_in(write, *user, Availability::offline, id);
        }
        return {};
    };
    auto done = co_await store_.write(std::move(work));
    directory_.forget_session(caller.session_hash);
    co_return done;
}

Task<Result<void>> Access::change_password(Caller caller, std::string current, std::string next, std::string address) {
    if (!caller.by_cookie()) co_return Error{Errc::conflict, "An API key has no password."};
    const UserId id = caller.principal->user_id;
    auto look = [id](store::Session& sql) -> Result<std::optional<User>> { return store::find_user(sql, id); };
    auto row = co_await store_.read(std::move(look));
    if (!row) co_return row.error();
    if (!*row) co_return not_found("There is no such user any more.");
    const std::string account = (*row)->email_key;
    Faults faults;
    check_password(next, (*row)->email, "/next", faults);
    if (auto ok = refuse(std::move(faults)); !ok) co_return ok.error();
    if (auto ok = limit_.begin(address, account); !ok) co_return ok.error();
    const auto old_hash = (*row)->password_hash;
    auto right = co_await passwords_.verify(old_hash, std::move(current));
    if (!right) co_return right.error();
    if (!*right) co_return validation("/current", "is not your present password");
    limit_.succeeded(address, account);
    auto hash = co_await passwords_.hash(std::move(next));
    if (!hash) co_return hash.error();
    auto work = [id, hash = *hash, old_hash, keep = caller.session_hash](store::Write& write) -> Result<void> {
        auto user = store::lock_user(write.sql(), id);
        if (!user || !user->active) return not_found("There is no such user any more.");
        if (user->password_hash != old_hash) return conflict("changed_meanwhile", "The password was just changed.");
        user->password_hash = hash;
        ++user->version;
        store::update_user(write.sql(), *user);
        store::delete_invitations(write.sql(), id);
        store::delete_sessions(write.sql(), id, keep);
        write.append(people_event(event_type::kUserSessions, user->space_id, id.value, id, {{"all", false}}));
        return {};
    };
    auto done = co_await store_.write(std::move(work));
    directory_.forget_sessions(id);
    co_return done;
}

Task<Result<Access::Invited>> Access::invitation(std::string token) {
    const std::string hash = crypto::sha256_hex(token);
    const Time now = clock_.now();
    auto look = [hash, now](store::Session& sql) -> Result<Invited> {
        const auto found = store::find_invitation(sql, hash);
        if (!found || found->expires_at <= now) return bad_invitation();
        const auto user = store::find_user(sql, found->user_id);
        if (!user || !user->active) return bad_invitation();
        return Invited{user->email, user->name, found->expires_at};
    };
    co_return co_await store_.read(std::move(look));
}

Task<Result<SignedIn>> Access::accept_invitation(std::string token, std::optional<std::string> name,
                                                 std::string password) {
    auto invited = co_await invitation(token);
    if (!invited) co_return invited.error();
    Faults faults;
    if (name) check_name(*name, "/name", faults);
    check_password(password, invited->email, "/password", faults);
    if (auto ok = refuse(std::move(faults)); !ok) co_return ok.error();
    auto hash = co_await passwords_.hash(std::move(password));
    if (!hash) co_return hash.error();
    const auto session = new_session(clock_.now());
    auto work = [token_hash = crypto::sha256_hex(token), name, hash = *hash, session = session.row,
                 status = settings_.login_status](store::Write& write) -> Result<UserId> {
        auto& sql = write.sql();
        const auto found = store::find_invitation(sql, token_hash);
        if (!found || found->expires_at <= write.now()) return bad_invitation();
        auto user = store::lock_user(sql, found->user_id);
        if (!user || !user->active) return bad_invitation();
        user->password_hash = hash;
        if (name) user->name = trim(*name);
        ++user->version;
        store::update_user(sql, *user);
        store::delete_invitations(sql, user->id);
        if (store::delete_sessions(sql, user->id) > 0) {  // a forgotten password: whoever knew it is out
            write.append(
                people_event(event_type::kUserSessions, user->space_id, user->id.value, user->id, {{"all", true}}));
        }
        write.append(people_event(event_type::kUserUpdated, user->space_id, user->id.value, user->id,
                                  {{"version", user->version}}));
        open_session(write, *user, session, status);
        return user->id;
    };
    auto done = co_await store_.write(std::move(work));
    if (!done) co_return done.error();
    directory_.forget_sessions(*done);
    co_return co_await signed_in(session, *done);
}

}  // namespace usher::access
