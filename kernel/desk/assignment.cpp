#include "desk/assignment.hpp"

#include <algorithm>

#include "desk/rights.hpp"
#include "model/inbox.hpp"
#include "model/user.hpp"
#include "store/repositories/conversations.hpp"

namespace usher::desk {
namespace {

constexpr std::size_t kParticipants = 50;

std::string name_of(store::Session& sql, UserId user) {
    return sql.one<std::string>("SELECT name FROM users WHERE id = :id", user).value_or("somebody");
}

/// May hold conversations: exists here, active, seated, and allowed to work.
Result<void> check_assignee(store::Session& sql, SpaceId space, UserId user, std::string_view path) {
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
    return {};
}

}  // namespace

bool may_hold(store::Session& sql, SpaceId space, UserId user) {
    return check_assignee(sql, space, user, "").has_value();
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

Result<Conversation> claim(store::Write& write, const Principal& who, ConversationId id) {
    auto row = lock_to_see(write, who, id, permission::kClaim);
    if (!row) return row;
    if (!who.user_id) return forbidden(permission::kAssignOthers);
    if (!who.may(permission::kWorkAssigned) && !who.may(permission::kManageAll))
        return forbidden(permission::kWorkAssigned);
    if (row->assignee_id == who.user_id) return row;
    if (row->assignee_id) {
        Error error = conflict("already_assigned", name_of(write.sql(), row->assignee_id) + " was faster.");
        error.details.push_back({"/assigneeId", to_string(row->assignee_id)});
        return error;
    }
    if (auto ok = refuse_closed(*row); !ok) return ok.error();
    Change change(write, std::move(*row));
    assign_in(change, actor_of(who), who.user_id);
    change.commit();
    return change.now;
}

Result<Conversation> assign(store::Write& write, const Principal& who, ConversationId id, UserId user) {
    const bool to_self = user && user == who.user_id;
    auto row = lock_to_see(write, who, id);
    if (!row) return row;
    if (row->assignee_id == user) return row;
    if (to_self && !row->assignee_id) return claim(write, who, id);
    const bool mine = row->assignee_id && row->assignee_id == who.user_id;
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
    if (auto ok = refuse_closed(*row); !ok) return ok.error();
    if (user) {
        if (auto ok = check_assignee(write.sql(), row->space_id, user, "/userId"); !ok) return ok.error();
    }
    Change change(write, std::move(*row));
    assign_in(change, actor_of(who), user);
    change.commit();
    return change.now;
}

Result<Conversation> set_participants(store::Write& write, const Principal& who, ConversationId id,
                                      std::vector<UserId> users) {
    auto row = lock_to_see(write, who, id, permission::kAssignOthers);
    if (!row) return row;
    if (auto ok = refuse_closed(*row); !ok) return ok.error();
    if (users.size() > kParticipants)
        return validation("/participantIds", "at most " + std::to_string(kParticipants) + " participants");
    std::sort(users.begin(), users.end());
    users.erase(std::unique(users.begin(), users.end()), users.end());
    for (std::size_t i = 0; i < users.size(); ++i) {
        if (auto ok = check_assignee(write.sql(), row->space_id, users[i], pointer("/participantIds", i)); !ok)
            return ok.error();
    }
    Change change(write, std::move(*row));
    if (change.now.participant_ids == users) return change.now;
    change.now.participant_ids = users;
    change.badge(actor_of(who), {{"type", "participants_changed"}, {"to", to_json(users)}});
    change.commit();
    return change.now;
}

Result<bool> assign_by_routing(store::Write& write, ConversationId id, UserId user, bool within_capacity,
                               json::object decision) {
    auto& sql = write.sql();
    auto row = store::lock_conversation(sql, id);
    if (!row || !needs_routing(*row)) {  // a row of the waiting list that outlived its reason would hold up the others
        sql.exec("DELETE FROM routing_wait WHERE conversation_id = :id", id);
        return false;
    }
    if (auto ok = check_assignee(sql, row->space_id, user, "/userId"); !ok) return ok.error();
    if (within_capacity) {
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
