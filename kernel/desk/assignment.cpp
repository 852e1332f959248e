#include "desk/assignment.hpp"

#include <algorithm>

#include "desk/rights.hpp"
#include "model/inbox.hpp"
#include "model/user.hpp"
#include "store/repositories/conversations.hpp"

namespace usher::desk {
namespace {

constexpr std::size_t kParticipants = 50;

std::optional<MemberRole> role_in(store::Session& sql, InboxId inbox, UserId user) {
    const auto row = sql.one<std::tuple<MemberRole>>(
        "SELECT role FROM inbox_member WHERE inbox_id = :inbox AND user_id = :user", inbox, user);
    if (!row) return std::nullopt;
    return std::get<0>(*row);
}

std::string name_of(store::Session& sql, UserId user) {
    return sql.one<std::string>("SELECT name FROM users WHERE id = :id", user).value_or("somebody");
}

/// May hold conversations of this inbox (0: of any): exists here, active, seated, allowed to work, and no viewer there.
Result<void> check_assignee(store::Session& sql, SpaceId space, UserId user, InboxId inbox, std::string_view path) {
    const auto row = sql.one<std::tuple<std::int64_t, std::int64_t, std::vector<std::string>>>(
        "SELECT active, seat, roles FROM users WHERE id = :id AND space_id = :space", user, space);
    if (!row) return validation(std::string(path), "there is no user " + to_string(user));
    const auto& [active, seat, roles] = *row;
    if (active == 0) return validation(std::string(path), "this user is deactivated");
    const auto rights = effective_permissions(roles, seat != 0);
    if (!rights.contains(permission::kWorkAssigned) && !rights.contains(permission::kManageAll)) {
        return validation(std::string(path),
                          "this user may not work on conversations (" + std::string(permission::kWorkAssigned) + ")");
    }
    const auto role = inbox ? role_in(sql, inbox, user) : std::nullopt;
    if (role == MemberRole::viewer && !rights.contains(permission::kManageAll))
        return validation(std::string(path), "this user is a viewer of the conversation's inbox");
    return {};
}

/// Among those whom routing may give something of this inbox now, as its members and rules have it now.
bool is_candidate(store::Session& sql, InboxId inbox, UserId user, bool only_available) {
    const auto row = sql.one<std::tuple<MemberRole, std::optional<Availability>, Availability>>(
        "SELECT m.role, m.availability, u.availability FROM inbox_member m JOIN users u ON u.id = m.user_id WHERE "
        "m.inbox_id = :inbox AND m.user_id = :user",
        inbox, user);
    if (!row) return false;
    const auto& [role, here, everywhere] = *row;
    if (role == MemberRole::viewer) return false;
    return !only_available || here.value_or(everywhere) == Availability::available;
}

}  // namespace

bool may_hold(store::Session& sql, SpaceId space, UserId user, InboxId inbox) {
    return check_assignee(sql, space, user, inbox, "").has_value();
}

void assign_in(Change& change, Actor actor, UserId user) {
    const UserId from = change.now.assignee_id;
    if (from == user) return;
    change.now.assignee_id = user;
    json::object data{{"from", to_json(from)}, {"to", to_json(user)}};
    json::object badge = data;
    badge["type"] = user ? "assigned" : "unassigned";
    change.badge(actor, std::move(badge));
    change.event(user ? "conversation.assigned" : "conversation.unassigned", user.value, std::move(data));
    if (user) {
        change.write().sql().exec("UPDATE agent_load SET last_assigned_at = :at WHERE user_id = :user",
                                  change.write().now(), user);
    }
}

namespace {

Result<void> check_claim(store::Session& sql, const Principal& who, const Conversation& row) {
    if (!who.may(permission::kClaim)) return forbidden(permission::kClaim);
    if (!who.user_id) return forbidden(permission::kAssignOthers);
    if (!who.may(permission::kWorkAssigned) && !who.may(permission::kManageAll))
        return forbidden(permission::kWorkAssigned);
    if (auto ok = refuse_viewer(who, row.inbox_id); !ok) return ok;
    if (row.assignee_id == who.user_id) return {};
    if (row.assignee_id) {
        Error error = conflict("already_assigned", name_of(sql, row.assignee_id) + " was faster.");
        error.details.push_back({"/assigneeId", to_string(row.assignee_id)});
        return error;
    }
    return refuse_closed(row);
}

Result<void> check_assign(store::Session& sql, const Principal& who, const Conversation& row, UserId user) {
    if (row.assignee_id == user) return {};
    const bool to_self = user && user == who.user_id;
    if (to_self && !row.assignee_id) return check_claim(sql, who, row);
    const bool mine = row.assignee_id && row.assignee_id == who.user_id;
    if (to_self) {
        if (!who.may(permission::kTakeOver)) return forbidden(permission::kTakeOver);
    } else if (mine && user) {
        if (!who.may(permission::kTransferAgent) && !who.may(permission::kAssignOthers))
            return forbidden(permission::kTransferAgent);
    } else if (!(mine && !user) && !who.may(permission::kAssignOthers)) {
        return forbidden(permission::kAssignOthers);  // one's own may always be given back
    }
    if (!who.may(permission::kWorkAssigned) && !who.may(permission::kManageAll))
        return forbidden(permission::kWorkAssigned);
    if (user || !mine) {
        if (auto ok = refuse_viewer(who, row.inbox_id); !ok) return ok;
    }
    if (auto ok = refuse_closed(row); !ok) return ok;
    if (!user) return {};
    return check_assignee(sql, row.space_id, user, row.inbox_id, "/userId");
}

Result<void> check_participants(store::Session& sql, const Principal& who, const Conversation& row,
                                const std::vector<UserId>& users) {
    if (!who.may(permission::kAssignOthers)) return forbidden(permission::kAssignOthers);
    if (auto ok = refuse_viewer(who, row.inbox_id); !ok) return ok;
    if (auto ok = refuse_closed(row); !ok) return ok;
    if (users.size() > kParticipants)
        return validation("/participantIds", "at most " + std::to_string(kParticipants) + " participants");
    for (std::size_t i = 0; i < users.size(); ++i) {
        if (auto ok = check_assignee(sql, row.space_id, users[i], {}, pointer("/participantIds", i)); !ok) return ok;
    }
    return {};
}

}  // namespace

Result<Conversation> claim(store::Write& write, const Principal& who, ConversationId id) {
    auto row = lock_to_see(write, who, id);
    if (!row) return row;
    if (auto ok = check_claim(write.sql(), who, *row); !ok) return ok.error();
    if (row->assignee_id == who.user_id) return row;
    Change change(write, std::move(*row));
    assign_in(change, actor_of(who), who.user_id);
    change.commit();
    return change.now;
}

Result<Conversation> assign(store::Write& write, const Principal& who, ConversationId id, const Assignment& wish) {
    auto row = lock_to_see(write, who, id);
    if (!row) return row;
    auto& sql = write.sql();
    // Everything is checked before anything is written: all or nothing, and nobody else's batch is disturbed.
    if (wish.participants) {
        if (auto ok = check_participants(sql, who, *row, *wish.participants); !ok) return ok.error();
    }
    if (wish.user) {
        if (auto ok = check_assign(sql, who, *row, *wish.user); !ok) return ok.error();
    }
    auto participants = wish.participants.value_or(row->participant_ids);
    std::sort(participants.begin(), participants.end());
    participants.erase(std::unique(participants.begin(), participants.end()), participants.end());
    const bool others = wish.participants && participants != row->participant_ids;
    if (!others && wish.user.value_or(row->assignee_id) == row->assignee_id) return row;
    Change change(write, std::move(*row));
    if (others) {
        change.now.participant_ids = participants;
        change.badge(actor_of(who), {{"type", "participants_changed"}, {"to", to_json(participants)}});
    }
    if (wish.user) assign_in(change, actor_of(who), *wish.user);
    change.commit();
    return change.now;
}

Result<bool> assign_by_routing(store::Write& write, ConversationId id, UserId user, const RoutingTerms& terms,
                               json::object decision) {
    auto& sql = write.sql();
    auto row = store::lock_conversation(sql, id);
    if (!row || !needs_routing(*row)) {  // a row of the waiting list that outlived its reason would hold up the others
        sql.exec("DELETE FROM routing_wait WHERE conversation_id = :id", id);
        return false;
    }
    // What was decided by may have changed since: it is looked at again, and decided anew.
    if (row->inbox_id != terms.inbox) return false;
    if (terms.member && !is_candidate(sql, terms.inbox, user, terms.only_available)) return false;
    if (auto ok = check_assignee(sql, row->space_id, user, row->inbox_id, "/userId"); !ok) return ok.error();
    if (terms.within_capacity) {
        // Decides the last place of an agent between two conversations; the count itself moves in commit().
        if (sql.exec("UPDATE agent_load SET last_assigned_at = :at WHERE user_id = :user AND EXISTS (SELECT 1 FROM "
                     "users u WHERE u.id = agent_load.user_id AND (u.open_limit = 0 OR agent_load.open_count < "
                     "u.open_limit))",
                     write.now(), user) == 0) {
            return false;
        }
    }
    Change change(write, std::move(*row));
    assign_in(change, {AuthorType::system, 0}, user);
    change.commit();
    sql.exec(
        "INSERT INTO routing_decision (id, conversation_id, at, decision) VALUES (:id, :conversation, :at, :decision)",
        write.next_id(), id, write.now(), decision);
    return true;
}

Result<bool> release(store::Write& write, ConversationId id, UserId from) {
    auto row = store::lock_conversation(write.sql(), id);
    if (!row || row->assignee_id != from || !is_open(row->status)) return false;
    Change change(write, std::move(*row));
    assign_in(change, {AuthorType::system, 0}, {});
    change.commit();
    return true;
}

Result<bool> return_to_queue(store::Write& write, ConversationId id, UserId from) {
    auto row = store::lock_conversation(write.sql(), id);
    if (!row || row->assignee_id != from || row->status != ConversationStatus::active || !row->waiting_since)
        return false;
    Change change(write, std::move(*row));
    assign_in(change, {AuthorType::system, 0}, {});
    change.commit();
    return true;
}

}  // namespace usher::desk
