// Inboxes: the reference API's shapes (S4), and ours beside them.
#include "api/inbox_moves.hpp"
#include "api/resources.hpp"
#include "api/shapes.hpp"
#include "http/uri.hpp"

namespace usher::api {
namespace shape {

struct MemberInput {
    UserId user_id;
    MemberRole role = MemberRole::agent;
};
BOOST_DESCRIBE_STRUCT(MemberInput, (), (user_id, role))

struct TeamStats {
    std::vector<store::MemberStats> members;
};
BOOST_DESCRIBE_STRUCT(TeamStats, (), (members))

}  // namespace shape

namespace {

http::Response shown(const access::Inboxes::Shown& inbox, int status = 200) {
    auto response = ok(shape::show(inbox.inbox, inbox.members), status);
    response.headers.set("ETag", "\"" + std::to_string(inbox.inbox.version) + "\"");
    return response;
}

/// What the caller sent, laid over the row; runs inside the store's transaction.
access::Inboxes::Edit edit_of(json::value sent) {
    return [sent = std::move(sent)](Inbox& inbox, bool& is_default, Faults& faults) {
        shape::InboxInput input = shape::input_of(inbox);
        input.is_default = is_default;
        merge_json(sent, input, faults);
        is_default = input.is_default;
        shape::apply(input, inbox);
    };
}

Task<Reply> list_inboxes(Services& s, Call call) {
    auto limit = call.limit();
    if (!limit) co_return limit.error();
    auto after = call.cursor();
    if (!after) co_return after.error();
    auto all = co_await s.inboxes.list(call.who());
    if (!all) co_return all.error();
    std::vector<shape::Inbox> rows;
    for (const auto& inbox : *all) {
        if (inbox.inbox.id.value > *after) rows.push_back(shape::show(inbox.inbox, inbox.members));
    }
    auto next = cut_page(rows, *limit);
    co_return page(rows, std::move(next));
}

Task<Reply> create_inbox(Services& s, Call call) {
    auto key = call.idempotency();
    if (!key) co_return key.error();
    auto sent = call.json_body();
    if (!sent) co_return sent.error();
    auto edit = edit_of(std::move(*sent));
    auto made = co_await s.inboxes.create(call.who(), std::move(edit), *key);
    if (!made) co_return made.error();
    co_return shown(*made, 201);
}

Task<Reply> get_inbox(Services& s, Call call) {
    auto id = call.id<InboxId>("id");
    if (!id) co_return id.error();
    auto inbox = co_await s.inboxes.get(call.who(), *id);
    if (!inbox) co_return inbox.error();
    co_return shown(*inbox);
}

Task<Reply> change_inbox(Services& s, Call call) {
    auto id = call.id<InboxId>("id");
    if (!id) co_return id.error();
    auto version = call.if_match();
    if (!version) co_return version.error();
    auto sent = call.json_body();
    if (!sent) co_return sent.error();
    auto edit = edit_of(std::move(*sent));
    auto inbox = co_await s.inboxes.update(call.who(), *id, *version, std::move(edit));
    if (!inbox) co_return inbox.error();
    co_return shown(*inbox);
}

Task<Reply> delete_inbox(Services& s, Call call) {
    auto id = call.id<InboxId>("id");
    if (!id) co_return id.error();
    auto move_to = call.query_id<InboxId>("moveTo");
    if (!move_to) co_return move_to.error();
    auto emptied = co_await empty_inbox(s, call.who(), *id, *move_to);
    if (!emptied) co_return emptied.error();
    auto done = co_await s.inboxes.remove(call.who(), *id);
    if (!done) co_return done.error();
    co_return no_content();
}

Task<Reply> list_members(Services& s, Call call) {
    auto id = call.id<InboxId>("id");
    if (!id) co_return id.error();
    auto members = co_await s.inboxes.members(call.who(), *id);
    if (!members) co_return members.error();
    co_return page(*members);
}

Task<Reply> add_member(Services& s, Call call) {
    auto id = call.id<InboxId>("id");
    if (!id) co_return id.error();
    Faults faults;
    auto input = call.read<shape::MemberInput>(faults, {"userId", "role"});
    if (!input) co_return input.error();
    auto member = co_await s.inboxes.add_member(call.who(), *id, {input->user_id, input->role}, std::move(faults));
    if (!member) co_return member.error();
    co_return created(*member);
}

Task<Reply> remove_member(Services& s, Call call) {
    auto id = call.id<InboxId>("id");
    if (!id) co_return id.error();
    auto user = call.id<UserId>("userId");
    if (!user) co_return user.error();
    auto done = co_await s.inboxes.remove_member(call.who(), *id, *user);
    if (!done) co_return done.error();
    co_return no_content();
}

Task<Reply> set_availability(Services& s, Call call) {
    auto id = call.id<InboxId>("id");
    if (!id) co_return id.error();
    auto user = call.id<UserId>("userId");
    if (!user) co_return user.error();
    auto input = call.input<shape::AvailabilityOnly>({"status"});
    if (!input) co_return input.error();
    auto member = co_await s.inboxes.set_availability(call.who(), *id, *user, input->status);
    if (!member) co_return member.error();
    co_return ok(*member);
}

Task<Reply> get_stats(Services& s, Call call) {
    auto id = call.id<InboxId>("id");
    if (!id) co_return id.error();
    auto stats = co_await s.inboxes.stats(call.who(), *id);
    if (!stats) co_return stats.error();
    co_return ok(*stats);
}

Task<Reply> get_team_stats(Services& s, Call call) {
    auto id = call.id<InboxId>("id");
    if (!id) co_return id.error();
    auto members = co_await s.inboxes.team_stats(call.who(), *id);
    if (!members) co_return members.error();
    co_return ok(shape::TeamStats{std::move(*members)});
}

void add_members(Api& api, Services& s) {
    const std::string tag = "Inboxes";
    api.add({.method = "GET",
             .path = "/inboxes/{id}/members",
             .summary = "Members of an inbox",
             .tag = tag,
             .answers = {many<store::MemberView>("`availability` is the one that counts in this inbox.")}},
            [&s](Call call) { return list_members(s, std::move(call)); });
    api.add({.method = "POST",
             .path = "/inboxes/{id}/members",
             .summary = "Add a member, or change their role",
             .tag = tag,
             .request = body<shape::MemberInput>({"userId", "role"}),
             .answers = {one<store::MemberView>(201)},
             .description = "For its admins, and who has `inbox/setup/queues`."},
            [&s](Call call) { return add_member(s, std::move(call)); });
    api.add({.method = "DELETE",
             .path = "/inboxes/{id}/members/{userId}",
             .summary = "Remove a member",
             .tag = tag,
             .answers = {none()},
             .description = "For its admins, and who has `inbox/setup/queues`."},
            [&s](Call call) { return remove_member(s, std::move(call)); });
    api.add({.method = "PUT",
             .path = "/inboxes/{id}/members/{userId}/availability",
             .summary = "A member's availability in this inbox",
             .tag = tag,
             .request = body<shape::AvailabilityOnly>({"status"}),
             .answers = {one<store::MemberView>()},
             .description = "One's own; another's for the inbox's admins, and who has `inbox/setup/queues` or "
                            "`inbox/supervise/agent-status-set`."},
            [&s](Call call) { return set_availability(s, std::move(call)); });
}

}  // namespace

void add_inboxes(Api& api, Services& s) {
    const std::string tag = "Inboxes";
    api.add({.method = "GET",
             .path = "/inboxes",
             .summary = "All inboxes that one may see",
             .tag = tag,
             .query = paging(),
             .answers = {many<shape::Inbox>()}},
            [&s](Call call) { return list_inboxes(s, std::move(call)); });
    api.add({.method = "POST",
             .path = "/inboxes",
             .summary = "Create an inbox",
             .tag = tag,
             .needs = permission_of(permission::kSetupQueues),
             .request = body<shape::InboxInput>({"name"}),
             .answers = {one<shape::Inbox>(201)},
             .idempotent = true},
            [&s](Call call) { return create_inbox(s, std::move(call)); });
    api.add({.method = "GET",
             .path = "/inboxes/{id}",
             .summary = "One inbox",
             .tag = tag,
             .answers = {one<shape::Inbox>()}},
            [&s](Call call) { return get_inbox(s, std::move(call)); });
    api.add({.method = "PUT",
             .path = "/inboxes/{id}",
             .summary = "Change an inbox: what is absent stays",
             .tag = tag,
             .request = body<shape::InboxInput>(),
             .answers = {one<shape::Inbox>()},
             .description = "Top-level members merge; null clears an optional one; an object or list replaces the old "
                            "one whole. If-Match with the ETag refuses a stale change with 412. For its admins, and "
                            "who has `inbox/setup/queues`."},
            [&s](Call call) { return change_inbox(s, std::move(call)); });
    api.add({.method = "DELETE",
             .path = "/inboxes/{id}",
             .summary = "Delete an inbox",
             .tag = tag,
             .needs = permission_of(permission::kSetupQueues),
             .query = {{"moveTo", "The inbox that takes its conversations; without it open ones are a 409."}},
             .answers = {none()},
             .description = "Not the default one. Finished conversations go to the default inbox unless moveTo names "
                            "another."},
            [&s](Call call) { return delete_inbox(s, std::move(call)); });
    api.add({.method = "GET",
             .path = "/inboxes/{id}/stats",
             .summary = "Figures of an inbox",
             .tag = tag,
             .answers = {one<store::InboxStats>()},
             .description = "Averages in seconds, over the last 30 days: first customer message to first human "
                            "answer, creation to last resolve. Today is the inbox's own day."},
            [&s](Call call) { return get_stats(s, std::move(call)); });
    api.add({.method = "GET",
             .path = "/inboxes/{id}/stats/team",
             .summary = "Figures of an inbox by person",
             .tag = tag,
             .answers = {one<shape::TeamStats>()},
             .description = "Over the last 30 days. Handled are conversations in which they wrote to the customer; "
                            "the average is over the first answers that were theirs."},
            [&s](Call call) { return get_team_stats(s, std::move(call)); });
    add_members(api, s);
}

}  // namespace usher::api
