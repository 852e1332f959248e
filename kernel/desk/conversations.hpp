#pragma once
/// Commands on a conversation as a whole: begin one, status, tags, priority, subject, read.
#include <optional>
#include <string>
#include <vector>

#include "desk/change.hpp"

namespace usher::desk {

Result<Conversation> set_status(store::Write& write, const Principal& who, ConversationId id, ConversationStatus to,
                                std::optional<Time> snooze_until);
/// Of the system or a bot: no rights, the same state machine.
Result<Conversation> set_status_as(store::Write& write, Actor actor, ConversationId id, ConversationStatus to);
/// The whole list; order and duplicates are normalised.
Result<Conversation> set_tags(store::Write& write, const Principal& who, ConversationId id,
                              std::vector<std::string> tags);
Result<Conversation> change_tags_as(store::Write& write, Actor actor, ConversationId id,
                                    const std::vector<std::string>& add, const std::vector<std::string>& remove);
/// Hands it to another inbox, where routing goes on.
Result<Conversation> move_to_inbox_as(store::Write& write, Actor actor, ConversationId id, InboxId inbox);

struct Edit {
    std::optional<std::optional<std::string>> subject;
    std::optional<Priority> priority;
    std::optional<json::object> attributes;
};
Result<Conversation> edit(store::Write& write, const Principal& who, ConversationId id, const Edit& edit);

/// The assignee, or while it is nobody's any agent of it, has read up to `seq`. Others: nothing changes, no error.
Result<Conversation> mark_read(store::Write& write, const Principal& who, ConversationId id, std::int64_t seq);

struct Beginning {
    AccountKey account_id;
    InboxId inbox_id;          // 0: the account's, else the default one
    std::string address;       // the customer's, on that account
    std::string contact_name;  // of a new contact; empty: the address
};
struct Begun {
    Conversation conversation;
    bool created = false;  // false: the open one of that contact
};
/// We write first: finds or makes identity, contact and conversation (status unanswered, assigned to `who`).
Result<Begun> begin_conversation(store::Write& write, const Principal& who, const Beginning& beginning);

}  // namespace usher::desk
