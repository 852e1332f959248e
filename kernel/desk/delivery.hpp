#pragma once
/// The steps of a message on its way out and back: taken from the outbox, settled by the attempt, moved by receipts.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "desk/change.hpp"

namespace usher::desk {

/// What a row of the outbox asks for: numbers of USHER_MSG_* (plugin.h).
enum class OutboxKind : std::int16_t { text = 1, closed = 14 };
BOOST_DESCRIBE_ENUM(OutboxKind, text, closed)

struct OutboxRow {
    EntryId message_id;  // the timeline entry: a message, or the badge that tells what happened
    AccountKey account_id;
    ConversationId conversation_id;
    std::int64_t seq = 0;
    std::int64_t out_seq = 0;
    std::int64_t state = 0;  // 0: waits; 1: an attempt runs
    std::int64_t attempt = 0;
    Time due_at;
    std::optional<Time> first_attempt_at;
    Time created_at;
    OutboxKind kind = OutboxKind::text;
};
BOOST_DESCRIBE_STRUCT(OutboxRow, (),
                      (message_id, account_id, conversation_id, seq, out_seq, state, attempt, due_at, first_attempt_at,
                       created_at, kind))

/// Queues the news that our side closed the conversation, behind its messages; `badge` is the entry that tells it.
/// Channels that cannot tell it leave it out.
void tell_customer_closed(store::Write& write, const Conversation& conversation, const Entry& badge);

/// What an attempt needs, taken in the transaction that says it runs.
struct Taken {
    OutboxRow row;
    Entry entry;
    Conversation conversation;
    std::string address;     // the customer's
    std::string thread_key;  // the channel's own thread; empty: none
    std::string remote_id;   // of the message itself, from an earlier part or attempt
    std::string reply_to_remote_id;
    std::string author_name;
    std::vector<Attachment> attachments;
};

/// Takes what is due for sending: only the first of its conversation. nullopt: undone, taken, no longer due, or to
/// somebody whom the provider does not reach: that message has failed now.
Result<std::optional<Taken>> take_for_sending(store::Write& write, EntryId message);
/// The attempt got through: `remote_ids` one per part; `status` sent, or what the provider said at once.
Result<void> settle_sent(store::Write& write, EntryId message, const std::vector<std::string>& remote_ids,
                         MessageStatus status);
/// It goes back to the queue until `due`.
Result<void> settle_later(store::Write& write, EntryId message, Time due);
/// It ended: failed, or unknown.
Result<void> settle_ended(store::Write& write, EntryId message, MessageStatus status, std::string code,
                          std::string text);

/// A receipt as a channel emits it.
struct Receipt {
    AccountKey account_id;
    std::string remote_id;
    EntryId message_id;  // where the provider echoes our id
    MessageStatus status = MessageStatus::sent;
    std::optional<std::string> failure_code;
    std::optional<std::string> failure_text;
    std::string contact{};  // whose word it is; empty: the provider's own. A customer speaks of their conversation only
};
struct ReceiptResult {
    EntryId message_id;
    ConversationId conversation_id;
    std::string ignored;  // why it changed nothing
};
/// Without a match it waits durably for 24 h. `read` covers everything of ours up to that message.
Result<ReceiptResult> apply_receipt(store::Write& write, const Receipt& receipt);

}  // namespace usher::desk
