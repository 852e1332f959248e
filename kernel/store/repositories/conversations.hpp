#pragma once
/// SQL of conversations: rows by id, and the lists, whose cost is constant for inbox, status and assignee.
#include <optional>
#include <string>
#include <vector>

#include "model/visibility.hpp"
#include "store/repositories/tables.hpp"

namespace usher::store {

std::optional<Conversation> find_conversation(Session& sql, ConversationId id);
/// The same, its row locked until the transaction ends.
std::optional<Conversation> lock_conversation(Session& sql, ConversationId id);
/// In the order of `ids`; missing ones are left out.
std::vector<Conversation> find_conversations(Session& sql, const std::vector<ConversationId>& ids);
/// The open conversation of a key, its row locked.
std::optional<Conversation> lock_open_conversation(Session& sql, std::string_view open_key);
/// The newest conversation of an identity and thread that is closed: what a new one follows.
std::optional<Conversation> lock_last_closed(Session& sql, const Conversation& successor, std::string_view thread_key);
void insert_conversation(Session& sql, const Conversation& row);
/// Writes the whole row; the caller holds its lock.
void update_conversation(Session& sql, const Conversation& row);
/// Many whole rows, known to exist and locked.
void update_conversations(Session& sql, std::span<const Conversation> rows);

/// The key under which a conversation is the open one: of an identity, and of a channel's own thread where there is
/// one.
std::string open_key_of(IdentityId identity, std::string_view thread_key);

/// The channel's own thread (a mail thread, a topic), kept for sending and for opening again; empty: none.
std::string thread_key_of(Session& sql, ConversationId id);
void set_thread_key(Session& sql, ConversationId id, std::string_view thread_key);

struct ConversationFilter {
    std::vector<ConversationStatus> statuses;  // empty: all
    std::vector<InboxId> inboxes;              // empty: all that may be seen
    std::optional<UserId> assignee;            // id 0: nobody
    std::optional<bool> unread;
    std::vector<Priority> priorities;
    std::vector<std::string> tags;  // any of them
    std::vector<AccountKey> accounts;
    ContactId contact;
    std::string search;  // in the contact's name and addresses, and in texts when search_text
    bool search_text = false;
};

/// Where a page ended: the last row's (last_activity_at, id).
struct ListPosition {
    Time at;
    std::int64_t id = 0;
};

struct ConversationPage {
    std::vector<Conversation> rows;
    std::optional<ListPosition> next;
};

/// Newest activity first, at most `limit`; only what `who` may see.
ConversationPage list_conversations(Session& sql, const Principal& who, const ConversationFilter& filter, int limit,
                                    std::optional<ListPosition> after);

struct Count {
    std::int64_t open = 0;
    std::int64_t unread = 0;
};
BOOST_DESCRIBE_STRUCT(Count, (), (open, unread))
struct ConversationCounts {
    Count mine, unassigned, all;
};
BOOST_DESCRIBE_STRUCT(ConversationCounts, (), (mine, unassigned, all))
/// Open ones that `who` may see; each figure is capped at 1000.
ConversationCounts count_conversations(Session& sql, const Principal& who);

}  // namespace usher::store
