#pragma once
/// Who handles a conversation: claim, assign by a person, assign by the router.
#include <optional>

#include "desk/change.hpp"

namespace usher::desk {

/// Within a change: sets the assignee (0: nobody), with badge and event.
void assign_in(Change& change, Actor actor, UserId user);

/// Takes an unassigned conversation. Errc::conflict "already_assigned" says who was faster.
Result<Conversation> claim(store::Write& write, const Principal& who, ConversationId id);
/// Assigns to a user, or to nobody.
Result<Conversation> assign(store::Write& write, const Principal& who, ConversationId id, UserId user);
Result<Conversation> set_participants(store::Write& write, const Principal& who, ConversationId id,
                                      std::vector<UserId> users);

/// May this user be given conversations: exists in the space, active, allowed to work.
bool may_hold(store::Session& sql, SpaceId space, UserId user);
/// What the router decided: only if the conversation still waits and, with `within_capacity`, the agent still has room,
/// decided by one UPDATE that compares open_count with users.open_limit (0: no limit). False: no longer so; the router
/// looks again.
Result<bool> assign_by_routing(store::Write& write, ConversationId id, UserId user, bool within_capacity,
                               json::object decision);
/// Back to the queue (the agent was gone too long).
Result<bool> return_to_queue(store::Write& write, ConversationId id, UserId from);
/// Taken from somebody who may hold none any more, whatever open state it is in.
Result<bool> release(store::Write& write, ConversationId id, UserId from);

}  // namespace usher::desk
