#include "access/users.hpp"

#include <algorithm>

#include "foundation/crypto.hpp"
#include "model/event_types.hpp"

namespace usher::access {
namespace {

constexpr std::int64_t kMostCapacity = 1'000;

Error no_user(UserId user) {
    return not_found("There is no user " + to_string(user) + ".");
}

bool able_to_administer(const User& user) {
    return user.active && user.seat && user.password_hash &&
           std::find(user.roles.begin(), user.roles.end(), "administrator") != user.roles.end();
}

json::object rights_of(const User& user) {
    return {{"roles", to_json(user.roles)},
            {"seat", user.seat},
            {"active", user.active},
            {"rightsVersion", user.rights_version}};
}

}  // namespace

bool set_availability_in(store::Write& write, User& user, Availability status, UserId by) {
    auto& sql = write.sql();
    bool changed = false;
    if (status != Availability::available) {
        for (auto& member : store::overridden_members(sql, user.id)) {
            if (member.availability != Availability::available) continue;
            member.availability.reset();
            store::update_member(sql, member);
            write.append(people_event(event_type::kMemberAvailability, user.space_id, member.inbox_id.value, by,
                                      {{"userId", to_json(user.id)}, {"status", nullptr}}));
            changed = true;
        }
    }
    if (user.availability == status) return changed;
    const Availability from = user.availability;
    user.availability = status;
    user.availability_since = write.now();
    ++user.version;
    store::update_user(sql, user);
    write.append(people_event(event_type::kAgentAvailability, user.space_id, user.id.value, by,
                              {{"status", to_json(status)}, {"from", to_json(from)}, {"version", user.version}}));
    return true;
}

void raise_rights_in(store::Write& write, User& user, UserId by) {
    ++user.rights_version;
    ++user.version;
    store::update_user(write.sql(), user);
    write.append(people_event(event_type::kUserRights, user.space_id, user.id.value, by, rights_of(user)));
}

Task<Result<std::vector<User>>> Users::list(SpaceId space, UserId after, int limit) {
    auto look = [space, after, limit](store::Session& sql) { return store::list_users(sql, space, after, limit); };
    co_return co_await access_.store().read(std::move(look));
}

Task<Result<User>> Users::get(SpaceId space, UserId user) {
    auto look = [space, user](store::Session& sql) -> Result<User> {
        auto row = store::find_user(sql, user);
        if (!row || row->space_id != space) return no_user(user);
        return std::move(*row);
    };
    co_return co_await access_.store().read(std::move(look));
}

Task<Result<InvitedUser>> Users::invite(Principal by, NewUser input, std::optional<store::IdempotencyKey> key,
                                        Faults faults) {
    check_name(input.name, "/name", faults);
    check_email(input.email, "/email", faults);
    check_roles(input.roles, "/roles", faults);
    if (auto ok = refuse(std::move(faults)); !ok) co_return ok.error();
    const bool only_viewer =
        std::all_of(input.roles.begin(), input.roles.end(), [](const auto& r) { return r == "viewer"; });
    const bool seat = input.seat.value_or(!only_viewer);

    const std::string token = crypto::random_token();
    auto work = [by_user = by.user_id, space = by.space_id, input, key, seat, token,
                 lifetime = access_.settings().invitation_lifetime](store::Write& write) -> Result<InvitedUser> {
        auto& sql = write.sql();
        auto earlier = store::earlier_result(sql, key, write.now());
        if (!earlier) return earlier.error();
        const store::Invitation invitation{crypto::sha256_hex(token), {}, write.now() + lifetime};
        if (*earlier) {  // the same call again: the same user, and a link that works
            auto user = store::lock_user(sql, {**earlier});
            if (!user) return no_user({**earlier});
            store::put_invitation(sql, {invitation.token_hash, user->id, invitation.expires_at});
            return InvitedUser{std::move(*user), token, invitation.expires_at};
        }
        if (store::find_user_by_email(sql, input.email)) {
            Error error = conflict("email_taken", "Somebody has this e-mail address already.");
            error.details.push_back({"/email", "is taken"});
            return error;
        }
        User user;
        user.id = {write.next_id()};
        user.space_id = space;
        user.name = trim(input.name);
        user.email = trim(input.email);
        user.email_key = store::email_key(user.email);
        user.roles = input.roles;
        user.seat = seat;
        user.availability = Availability::offline;
        user.availability_since = user.created_at = write.now();
        store::insert_user(sql, user);
        store::put_invitation(sql, {invitation.token_hash, user.id, invitation.expires_at});
        store::remember(write, key, user.id.value);
        write.append(people_event(event_type::kUserCreated, space, user.id.value, by_user, rights_of(user)));
        write.append(people_event(event_type::kUserInvited, space, user.id.value, by_user,
                                  {{"expiresAt", to_json(invitation.expires_at)}}));
        return InvitedUser{std::move(user), token, invitation.expires_at};
    };
    co_return co_await access_.store().write(std::move(work));
}

Task<Result<InvitedUser>> Users::invite_again(Principal by, UserId id) {
    const std::string token = crypto::random_token();
    auto work = [by_user = by.user_id, space = by.space_id, id, token,
                 lifetime = access_.settings().invitation_lifetime](store::Write& write) -> Result<InvitedUser> {
        auto user = store::lock_user(write.sql(), id);
        if (!user || user->space_id != space) return no_user(id);
        if (!user->active) return conflict("user_inactive", "This user is deactivated.");
        const Time expires = write.now() + lifetime;
        store::put_invitation(write.sql(), {crypto::sha256_hex(token), id, expires});
        write.append(
            people_event(event_type::kUserInvited, space, id.value, by_user, {{"expiresAt", to_json(expires)}}));
        return InvitedUser{std::move(*user), token, expires};
    };
    co_return co_await access_.store().write(std::move(work));
}

Task<Result<User>> Users::change(Principal by, UserId id, std::function<Result<void>(User&)> change) {
    auto work = [by_user = by.user_id, space = by.space_id, id, change](store::Write& write) -> Result<User> {
        auto& sql = write.sql();
        auto row = store::lock_user(sql, id);
        if (!row || row->space_id != space) return no_user(id);
        User user = *row;
        if (auto ok = change(user); !ok) return ok.error();
        if (able_to_administer(*row) && !able_to_administer(user) && store::lock_administrators(sql, id).empty()) {
            return conflict("last_administrator",
                            "This is the last user who can administer; give somebody else the role first.");
        }
        const bool ended = row->active && !user.active;
        if (ended) {
            store::delete_invitations(sql, id);
            store::delete_sessions(sql, id);
            write.append(people_event(event_type::kUserSessions, space, id.value, by_user, {{"all", true}}));
            set_availability_in(write, user, Availability::offline, by_user);
        }
        if (user.roles != row->roles || user.seat != row->seat || user.active != row->active) {
            raise_rights_in(write, user, by_user);
        } else if (user.name != row->name || user.open_limit != row->open_limit) {
            ++user.version;
            store::update_user(sql, user);
            write.append(people_event(event_type::kUserUpdated, space, id.value, by_user, {{"version", user.version}}));
        }
        return user;
    };
    auto done = co_await access_.store().write(std::move(work));
    access_.directory().forget_person(id);
    if (done && !done->active) access_.directory().forget_sessions(id);
    co_return done;
}

Task<Result<User>> Users::update(Principal by, UserId id, UserChange wish, std::optional<std::int64_t> if_match) {
    Faults faults;
    if (wish.name) check_name(*wish.name, "/name", faults);
    if (wish.roles) check_roles(*wish.roles, "/roles", faults);
    if (wish.capacity && (*wish.capacity < 1 || *wish.capacity > kMostCapacity))
        detail::fault(faults, "/capacity", "expected 1 to " + std::to_string(kMostCapacity));
    if ((wish.name || wish.roles || wish.active) && !by.may(permission::kAdminUsers))
        co_return forbidden(permission::kAdminUsers);
    if (wish.capacity && !by.may(permission::kCapacitySet)) co_return forbidden(permission::kCapacitySet);
    if (auto ok = refuse(std::move(faults)); !ok) co_return ok.error();
    std::function<Result<void>(User&)> edit = [wish, if_match](User& user) -> Result<void> {
        if (if_match && *if_match != user.version) {
            return Error{Errc::precondition, "The user was changed meanwhile: the version is " +
                                                 std::to_string(user.version) + ", not " + std::to_string(*if_match) +
                                                 "."};
        }
        if (wish.name) user.name = trim(*wish.name);
        if (wish.roles) user.roles = *wish.roles;
        if (wish.active) user.active = *wish.active;
        if (wish.capacity) user.open_limit = *wish.capacity;
        return {};
    };
    co_return co_await change(std::move(by), id, std::move(edit));
}

Task<Result<User>> Users::set_seat(Principal by, UserId id, bool seat) {
    std::function<Result<void>(User&)> edit = [seat](User& user) -> Result<void> {
        user.seat = seat;
        return {};
    };
    co_return co_await change(std::move(by), id, std::move(edit));
}

Task<Result<User>> Users::set_availability(Principal by, UserId id, Availability status) {
    if (by.user_id != id && !by.may(permission::kAgentStatusSet)) co_return forbidden(permission::kAgentStatusSet);
    auto work = [by_user = by.user_id, space = by.space_id, id, status](store::Write& write) -> Result<User> {
        auto user = store::lock_user(write.sql(), id);
        if (!user || user->space_id != space || !user->active) return no_user(id);
        set_availability_in(write, *user, status, by_user);
        return std::move(*user);
    };
    co_return co_await access_.store().write(std::move(work));
}

Task<Result<bool>> Users::make_away(UserId id) {
    auto work = [id](store::Write& write) -> Result<bool> {
        auto user = store::lock_user(write.sql(), id);
        if (!user) return false;
        const Availability status =
            user->availability == Availability::available ? Availability::away : user->availability;
        return set_availability_in(write, *user, status, {});
    };
    co_return co_await access_.store().write(std::move(work));
}

Task<Result<std::vector<store::Membership>>> Users::memberships(UserId id) {
    auto look = [id](store::Session& sql) { return store::memberships(sql, id); };
    co_return co_await access_.store().read(std::move(look));
}

}  // namespace usher::access
