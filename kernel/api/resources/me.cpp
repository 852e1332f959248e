// Who is signed in, and their availability.
#include "api/me.hpp"

#include "api/resources.hpp"

namespace usher::api {
namespace {

Result<shape::Me> read_me(store::Session& sql, const Principal& who) {
    shape::Me me;
    const auto space = store::find_space(sql, who.space_id);
    if (space) me.space = {space->id, space->name};
    if (!who.user_id) {
        const auto key = store::find_api_key(sql, who.space_id, who.api_key_id);
        if (!key) return Error{Errc::unauthorized, "The API key was deleted."};
        me.user = {std::nullopt, key->name, std::nullopt, key->roles, true};
        me.availability.status = Availability::offline;
        me.permissions.assign(who.permissions.begin(), who.permissions.end());
        return me;
    }
    const auto user = store::find_user(sql, who.user_id);
    if (!user) return Error{Errc::unauthorized, "This user is not active."};
    me.user = {user->id, user->name, user->email, user->roles, user->seat};
    me.availability = {user->availability, user->availability_since};
    for (auto& inbox : store::memberships(sql, user->id))
        me.inboxes.push_back({inbox.id, std::move(inbox.name), inbox.role});
    if (user->seat) {
        me.permissions.assign(who.permissions.begin(), who.permissions.end());
    } else if (who.may(permission::kView)) {
        me.permissions = {std::string(permission::kView)};  // without a seat: a viewer, whatever the roles (S0-28)
    }
    return me;
}

Task<Reply> get_me(Services& s, Call call) {
    auto me = co_await me_of(s, std::move(call.caller));
    if (!me) co_return me.error();
    co_return ok(*me);
}

Task<Reply> set_availability(Services& s, Call call) {
    auto input = call.input<shape::AvailabilityOnly>({"status"});
    if (!input) co_return input.error();
    if (!call.who().user_id) co_return conflict("no_user", "An API key has no availability.");
    auto user = co_await s.users.set_availability(call.who(), call.who().user_id, input->status);
    if (!user) co_return user.error();
    co_return ok(shape::AvailabilityState{user->availability, user->availability_since});
}

}  // namespace

Task<Result<shape::Me>> me_of(Services& s, access::Caller caller) {
    const auto principal = caller.principal;
    auto look = [principal](store::Session& sql) { return read_me(sql, *principal); };
    auto me = co_await s.store.read(std::move(look));
    if (!me) co_return me.error();
    if (caller.by_cookie()) me->csrf_token = caller.csrf;
    me->public_url = s.public_url;
    me->undo_window_seconds = s.undo_window_seconds;
    me->build = s.build;
    co_return me;
}

void add_me(Api& api, Services& s) {
    api.add({.method = "GET",
             .path = "/me",
             .summary = "Who is signed in",
             .tag = "Session",
             .answers = {one<shape::Me>()}},
            [&s](Call call) { return get_me(s, std::move(call)); });
    api.add({.method = "PUT",
             .path = "/me/availability",
             .summary = "Be available, away or offline",
             .tag = "Session",
             .request = body<shape::AvailabilityOnly>({"status"}),
             .answers = {one<shape::AvailabilityState>()},
             .description = "Away and offline also end \"available\" in single inboxes."},
            [&s](Call call) { return set_availability(s, std::move(call)); });
}

}  // namespace usher::api
