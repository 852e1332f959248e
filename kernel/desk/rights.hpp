#pragma once
/// Loads a conversation for somebody: absent and not to be seen are the same answer (404), the rest names what is
/// missing.
#include "desk/change.hpp"

namespace usher::desk {

/// Locked, visible to `who`. `permission` may be empty.
Result<Conversation> lock_to_see(store::Write& write, const Principal& who, ConversationId id,
                                 std::string_view permission = {});
/// The same, and `who` may act on it as the one who handles it.
Result<Conversation> lock_to_work(store::Write& write, const Principal& who, ConversationId id,
                                  std::string_view permission);
/// 403 for who only views this inbox.
Result<void> refuse_viewer(const Principal& who, InboxId inbox);
/// 409 for what a closed conversation does not take any more.
Result<void> refuse_closed(const Conversation& c);

inline Actor actor_of(const Principal& who) {
    return who.user_id ? Actor{AuthorType::agent, who.user_id.value} : Actor{AuthorType::system, 0};
}

}  // namespace usher::desk
