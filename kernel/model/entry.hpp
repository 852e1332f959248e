#pragma once
/// Timeline entries: messages, internal notes and event badges, ordered by `seq`.
#include <optional>
#include <string>
#include <vector>

#include "foundation/describe.hpp"
#include "model/conversation.hpp"
#include "model/ids.hpp"

namespace usher {

enum class EntryKind : std::int16_t { message = 0, note = 1, event = 2 };
BOOST_DESCRIBE_ENUM(EntryKind, message, note, event)

/// Stored as numbers: only ever add at the end.
enum class MessageStatus : std::int16_t {
    received = 0,
    scheduled = 1,
    held = 2,
    queued = 3,
    sending = 4,
    sent = 5,
    delivered = 6,
    read = 7,
    failed = 8,
    unknown = 9,
    undone = 10
};
BOOST_DESCRIBE_ENUM(MessageStatus, received, scheduled, held, queued, sending, sent, delivered, read, failed, unknown,
                    undone)

/// The row as it is stored.
struct Entry {
    EntryId id;
    ConversationId conversation_id;
    std::int64_t seq = 0;
    EntryKind kind = EntryKind::message;
    Direction direction = Direction::inbound;
    AuthorType author_type = AuthorType::contact;
    std::int64_t author_id = 0;  // of the contact or user; 0: the system
    std::string text;
    std::optional<json::object> content;  // typed content beside the text: location, quick replies, html ...
    std::optional<json::object> event;    // of an event badge: {"type": "status_changed", ...}, ids and states only
    std::vector<AttachmentId> attachment_ids;
    MessageStatus status = MessageStatus::received;
    std::optional<std::string> failure_code;
    std::optional<std::string> failure_text;
    std::optional<Time> held_until;
    std::optional<Time> provider_time;
    EntryId reply_to_id;
    std::optional<std::string> client_key;  // the author's own id of it, given back so that a client knows its message
    Time created_at;
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(Entry, (),
                      (id, conversation_id, seq, kind, direction, author_type, author_id, text, content, event,
                       attachment_ids, status, failure_code, failure_text, held_until, provider_time, reply_to_id,
                       client_key, created_at, version))

/// How far a message got; a receipt of a lower or equal rank changes nothing.
constexpr int rank_of(MessageStatus s) {
    switch (s) {
        case MessageStatus::sent:
            return 1;
        case MessageStatus::delivered:
            return 2;
        case MessageStatus::read:
            return 3;
        default:
            return 0;
    }
}
/// What a receipt makes of a message; nullopt: it changes nothing. `failed` counts only before delivery; any receipt
/// settles `unknown`.
std::optional<MessageStatus> after_receipt(MessageStatus now, MessageStatus receipt);

inline constexpr std::size_t kMessageBytes = 262'144;  // of text; channels say less in their capabilities
inline constexpr std::size_t kAttachmentsPerMessage = 10;

enum class AttachmentState : std::int16_t { ready = 0, fetching = 1, failed = 2 };
BOOST_DESCRIBE_ENUM(AttachmentState, ready, fetching, failed)

struct Attachment {
    AttachmentId id;
    std::optional<std::string> blob_hash;  // SHA-256, hex; absent while fetching
    std::string name;
    std::string mime_type;
    std::int64_t size_bytes = 0;
    AttachmentState state = AttachmentState::ready;
    bool shown_inline = false;       // recognised by the server as an image, audio or video that may be shown in place
    UserId uploader_id;              // owner until attached, a user or an API key (id_of); 0: a customer's
    AccountKey account_id;           // 0: uploaded by a user
    ConversationId conversation_id;  // 0 until attached
    std::optional<std::string> source_url;  // where the kernel fetches it
    std::int64_t tries = 0;
    Time created_at;
};
BOOST_DESCRIBE_STRUCT(Attachment, (),
                      (id, blob_hash, name, mime_type, size_bytes, state, shown_inline, uploader_id, account_id,
                       conversation_id, source_url, tries, created_at))

}  // namespace usher
