// Users: list, invite, change, seat.
#include "api/resources.hpp"
#include "api/shapes.hpp"
#include "http/uri.hpp"

namespace usher::api {
namespace shape {

struct SeatInput {
    bool seat = true;
};
BOOST_DESCRIBE_STRUCT(SeatInput, (), (seat))

}  // namespace shape

namespace {

shape::User shown(Services& s, const User& row) {
    return shape::show(row, s.presence.connected(row.id));
}

/// With its ETag, for If-Match.
http::Response tagged(Services& s, const User& row) {
    auto response = ok(shown(s, row));
    response.headers.set("ETag", "\"" + std::to_string(row.version) + "\"");
    return response;
}

http::Response invited(Services& s, const access::InvitedUser& made, int status) {
    const shape::InvitationLink link{s.workspace_url + "/invitation?token=" + http::percent_encode(made.token),
                                     made.expires_at};
    return http::Response::json(status,
                                json::object{{"data", to_json(shown(s, made.user))}, {"invitation", to_json(link)}});
}

Task<Reply> list_users(Services& s, Call call) {
    auto limit = call.limit();
    if (!limit) co_return limit.error();
    auto after = call.cursor();
    if (!after) co_return after.error();
    auto rows = co_await s.users.list(call.who().space_id, UserId{*after}, *limit + 1);
    if (!rows) co_return rows.error();
    auto next = cut_page(*rows, *limit);
    std::vector<shape::User> out;
    for (const auto& row : *rows) out.push_back(shown(s, row));
    co_return page(out, std::move(next));
}

Task<Reply> invite_user(Services& s, Call call) {
    auto key = call.idempotency();
    if (!key) co_return key.error();
    Faults faults;
    auto input = call.read<access::NewUser>(faults, {"name", "email", "roles"});
    if (!input) co_return input.error();
    auto made = co_await s.users.invite(call.who(), std::move(*input), *key, std::move(faults));
    if (!made) co_return made.error();
    co_return invited(s, *made, 201);
}

Task<Reply> invite_again(Services& s, Call call) {
    auto id = call.id<UserId>("id");
    if (!id) co_return id.error();
    auto made = co_await s.users.invite_again(call.who(), *id);
    if (!made) co_return made.error();
    co_return invited(s, *made, 201);
}

Task<Reply> get_user(Services& s, Call call) {
    auto id = call.id<UserId>("id");
    if (!id) co_return id.error();
    auto row = co_await s.users.get(call.who().space_id, *id);
    if (!row) co_return row.error();
    co_return tagged(s, *row);
}

Task<Reply> change_user(Services& s, Call call) {
    auto id = call.id<UserId>("id");
    if (!id) co_return id.error();
    auto input = call.input<access::UserChange>();
    if (!input) co_return input.error();
    auto version = call.if_match();
    if (!version) co_return version.error();
    auto row = co_await s.users.update(call.who(), *id, std::move(*input), *version);
    if (!row) co_return row.error();
    co_return tagged(s, *row);
}

Task<Reply> set_seat(Services& s, Call call) {
    auto id = call.id<UserId>("id");
    if (!id) co_return id.error();
    auto input = call.input<shape::SeatInput>({"seat"});
    if (!input) co_return input.error();
    auto row = co_await s.users.set_seat(call.who(), *id, input->seat);
    if (!row) co_return row.error();
    co_return ok(shown(s, *row));
}

Task<Reply> set_availability(Services& s, Call call) {
    auto id = call.id<UserId>("id");
    if (!id) co_return id.error();
    auto input = call.input<shape::AvailabilityOnly>({"status"});
    if (!input) co_return input.error();
    auto row = co_await s.users.set_availability(call.who(), *id, input->status);
    if (!row) co_return row.error();
    co_return ok(shape::AvailabilityState{row->availability, row->availability_since});
}

}  // namespace

void add_users(Api& api, Services& s) {
    const std::string tag = "People";
    const auto admin = permission_of(permission::kAdminUsers);
    const auto seats = permission_of(permission::kAdminSeats, permission::kAdminUsers);
    // Whoever sets up inboxes has to name their members.
    const auto readers = permission_of(permission::kAdminUsers, permission::kAdminSeats, permission::kSetupQueues);
    Answer with_link = one<shape::User>(201, "Invited; the link is valid once, for seven days.");
    with_link.beside = {{"invitation", type_doc<shape::InvitationLink>()}};

    api.add({.method = "GET",
             .path = "/users",
             .summary = "All users",
             .tag = tag,
             .needs = readers,
             .query = paging(),
             .answers = {many<shape::User>()}},
            [&s](Call call) { return list_users(s, std::move(call)); });
    api.add({.method = "POST",
             .path = "/users",
             .summary = "Invite a user",
             .tag = tag,
             .needs = admin,
             .request = body<access::NewUser>({"name", "email", "roles"}),
             .answers = {with_link},
             .idempotent = true,
             .description = "Without `seat` everybody gets one but a mere Viewer."},
            [&s](Call call) { return invite_user(s, std::move(call)); });
    api.add({.method = "GET",
             .path = "/users/{id}",
             .summary = "One user",
             .tag = tag,
             .needs = readers,
             .answers = {one<shape::User>()}},
            [&s](Call call) { return get_user(s, std::move(call)); });
    api.add(
        {.method = "PATCH",
         .path = "/users/{id}",
         .summary = "Change a user's name, roles, capacity, or whether they are active",
         .tag = tag,
         .needs = permission_of(permission::kAdminUsers, permission::kCapacitySet),
         .request = body<access::UserChange>(),
         .answers = {one<shape::User>()},
         .description = "Capacity needs inbox/supervise/capacity-set, all else inbox/admin/users. If-Match with the "
                        "ETag refuses a stale change with 412."},
        [&s](Call call) { return change_user(s, std::move(call)); });
    api.add({.method = "POST",
             .path = "/users/{id}/invitation",
             .summary = "A new link, for a lost one or a forgotten password",
             .tag = tag,
             .needs = admin,
             .answers = {with_link}},
            [&s](Call call) { return invite_again(s, std::move(call)); });
    api.add({.method = "PUT",
             .path = "/users/{id}/seat",
             .summary = "Give or take a seat",
             .tag = tag,
             .needs = seats,
             .request = body<shape::SeatInput>({"seat"}),
             .answers = {one<shape::User>()},
             .description = "Without a seat a user is a viewer, whatever their roles."},
            [&s](Call call) { return set_seat(s, std::move(call)); });
    api.add({.method = "PUT",
             .path = "/users/{id}/availability",
             .summary = "Set another agent's availability",
             .tag = tag,
             .needs = permission_of(permission::kAgentStatusSet),
             .request = body<shape::AvailabilityOnly>({"status"}),
             .answers = {one<shape::AvailabilityState>()}},
            [&s](Call call) { return set_availability(s, std::move(call)); });
}

}  // namespace usher::api
