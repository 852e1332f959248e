#pragma once
/// Messages that we write: accepted, held for the undo window, undone, tried again; and internal notes.
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "desk/change.hpp"

namespace usher::desk {

struct Draft {
    ConversationId conversation_id;
    std::string text;
    std::vector<AttachmentId> attachment_ids;
    EntryId reply_to_id;
    std::chrono::microseconds hold{0};  // the undo window; 0: queued at once
    std::int64_t max_text_length = 0;   // code points, of the channel; 0: only ours
    bool attachments_allowed = true;    // the channel takes files
};

/// Accepts a message of a person. One in a conversation that is nobody's claims it in the same step.
Result<Entry> send_message(store::Write& write, const Principal& who, const Draft& draft);
/// Accepts a message of a bot or of the system: no undo window, no claim.
Result<Entry> send_message_as(store::Write& write, Actor author, const Draft& draft);
/// Takes a held or scheduled message back: one conditional update decides. Errc::conflict once it is on its way.
Result<Entry> undo_message(store::Write& write, const Principal& who, ConversationId conversation, EntryId message);
/// Queues a failed or unknown one again, under the same id.
Result<Entry> retry_message(store::Write& write, const Principal& who, ConversationId conversation, EntryId message);
/// Settles an unknown one by hand.
Result<Entry> mark_sent(store::Write& write, const Principal& who, ConversationId conversation, EntryId message);
Result<Entry> add_note(store::Write& write, const Principal& who, ConversationId conversation, std::string text);

}  // namespace usher::desk
