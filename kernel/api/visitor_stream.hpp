#pragma once
/// What a visitor may see, read from the store: the replay, the history, and what commits have changed, as frames.
/// Of messages only: no notes, no events, nothing of ours before it was sent. Runs on database threads.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/visitor_cursor.hpp"
#include "desk/views.hpp"
#include "store/session.hpp"

namespace usher::api {

/// Whose stream it is: the contact's messages on this account; with a thread_key only those of that thread.
struct VisitorKey {
    AccountKey account;
    std::string contact;
    std::string thread_key;
};

/// A visitor's conversation. `rank` counts them by age, from 0: it makes their entries' numbers one ascending row.
struct VisitorConversation {
    ConversationId id;
    AccountKey account_id;
    IdentityId identity_id;
    ContactId contact_id;
    std::optional<std::string> open_key;
    Time created_at;
    Time last_activity_at;
    std::int64_t read_seq = 0;
    std::int64_t last_seq = 0;
    std::string address;
    std::int64_t rank = 0;  // not of the row
};
BOOST_DESCRIBE_STRUCT(VisitorConversation, (),
                      (id, account_id, identity_id, contact_id, open_key, created_at, last_activity_at, read_seq,
                       last_seq, address))

using Text = std::shared_ptr<const std::string>;

/// A message as it stands.
struct VisitorEntry {
    ConversationId conversation;
    std::int64_t seq = 0;
    Showing showing = Showing::never;
    std::string told;  // the JSON of an entry frame's "entry"; empty unless visible
};

/// An inbound message that an agent has read.
struct VisitorRead {
    ConversationId conversation;
    std::int64_t seq = 0;
    EntryId id;
};

Text entry_frame(const VisitorCursor& cursor, const VisitorEntry& entry);
Text status_frame(const VisitorCursor& cursor, const VisitorRead& read);
Text ready_frame(const VisitorCursor& cursor);
Text reset_frame();

class VisitorReader final {
public:
    struct Limits {
        std::size_t entries = 500;
        std::size_t bytes = 1024 * 1024;  // of text
        std::size_t reads = 300;          // status frames of one conversation in a replay; the newest
    };
    /// A public address of an attachment.
    using Link = std::function<std::string(AttachmentId)>;
    VisitorReader(Link link, Limits limits) : link_(std::move(link)), limits_(limits) {}

    struct Replay {
        VisitorCursor cursor;  // after the frames
        std::vector<Text> frames;
        std::vector<std::pair<ConversationId, std::int64_t>> ranks;
    };
    /// All that lies past `after`; without one the newest that the limits allow. unknown_cursor() for a cursor of
    /// another visitor or another history, and for one that is further back than the limits.
    Result<Replay> replay(store::Session& sql, const VisitorKey& key, const std::optional<VisitorCursor>& after) const;

    /// sdk/ABI.md, Visitors: up to `limit` entries past `after` (empty: from the oldest), as a JSON array.
    Result<std::string> history(store::Session& sql, const VisitorKey& key, std::string_view after,
                                std::size_t limit) const;

    /// What commits have changed, in two steps: which conversations these are, then what the sessions lack of them.
    std::vector<VisitorConversation> conversations(store::Session& sql, const std::vector<std::int64_t>& ids) const;
    struct Lack {
        VisitorConversation conversation;
        bool rank_known = false;
        std::int64_t after = 0;               // messages past this,
        std::vector<std::int64_t> seqs;       // these,
        std::vector<std::int64_t> changed;    // these again, whoever was told: their content has changed
        std::int64_t read_after = INT64_MAX;  // and reads past this
    };
    struct News {
        VisitorConversation conversation;
        std::vector<VisitorEntry> entries;  // by seq
        std::vector<std::int64_t> changed;
        std::vector<VisitorRead> reads;
    };
    std::vector<News> news(store::Session& sql, std::vector<Lack> lacks) const;

private:
    struct Reading;  // one call
    Link link_;
    Limits limits_;
    desk::Views views_{{}};  // for names and attachments
};

/// Conversations whose open thread is not this one are no part of the scope.
bool in_scope(const VisitorConversation& conversation, const VisitorKey& key, const VisitorCursor* listed);

}  // namespace usher::api
