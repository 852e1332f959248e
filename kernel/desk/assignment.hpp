#pragma once
/// Who handles a conversation: claim, assign by a person, assign by the router.
#include <optional>

#include "desk/change.hpp"

namespace usher::desk {

/// Within a change: sets the assignee (0: nobody), with badge and event.
void assign_in(Change& change, Actor actor, UserId user);

/// Takes an unassigned conversation. Errc::conflict "already_assigned" says who was faster.
Result<Conversation> claim(store::Write& write, const Principal& who, ConversationId id);
struct Assignment {
    std::optional<UserId> user{};  // 0: nobody; absent: as it is
    std::optional<std::vector<UserId>> participants{};
};
/// All of it, or nothing.
Result<Conversation> assign(store::Write& write, const Principal& who, ConversationId id, const Assignment& wish);

/// May this user be given conversations: exists in the space, active, allowed to work.
/// With an inbox: and is no viewer there.
bool may_hold(store::Session& sql, SpaceId space, UserId user, InboxId inbox = {});
/// On what the router decided: checked again in the transaction, as people turn away while a strategy thinks.
struct RoutingTerms {
    InboxId inbox;
    bool within_capacity = true;
    bool member = true;  // the agent is a candidate of the inbox; an owner or a fallback need not be
    bool only_available = true;
};
/// What the router decided: only if the conversation still waits, the terms still hold and, with `within_capacity`, the
/// agent still has room, decided by one UPDATE that compares open_count with users.open_limit (0: no limit). False: no
/// longer so; the router looks again.
Result<bool> assign_by_routing(store::Write& write, ConversationId id, UserId user, const RoutingTerms& terms,
                               json::object decision);
/// Back to the queue (the agent was gone too long).
Result<bool> return_to_queue(store::Write& write, ConversationId id, UserId from);
/// Taken from somebody who may hold none any more, whatever open state it is in.
Result<bool> release(store::Write& write, ConversationId id, UserId from);

}  // namespace usher::desk
