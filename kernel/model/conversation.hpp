#pragma once
/// A conversation: a thread with one contact through one account, and the rules of its status.
#include <optional>
#include <string>
#include <vector>

#include "foundation/describe.hpp"
#include "model/ids.hpp"

namespace usher {

/// Stored as numbers: only ever add at the end.
enum class ConversationStatus : std::int16_t { unanswered = 0, active = 1, waiting = 2, solved = 3, closed = 4 };
BOOST_DESCRIBE_ENUM(ConversationStatus, unanswered, active, waiting, solved, closed)

enum class Priority : std::int16_t { low = 0, normal = 1, high = 2, urgent = 3 };
BOOST_DESCRIBE_ENUM(Priority, low, normal, high, urgent)

enum class AuthorType : std::int16_t { contact = 0, agent = 1, bot = 2, system = 3 };
BOOST_DESCRIBE_ENUM(AuthorType, contact, agent, bot, system)

enum class Direction : std::int16_t { inbound = 0, outbound = 1 };
BOOST_DESCRIBE_ENUM(Direction, inbound, outbound)

/// The row as it is stored.
struct Conversation {
    ConversationId id;
    SpaceId space_id;
    InboxId inbox_id;
    AccountKey account_id;
    IdentityId identity_id;
    ContactId contact_id;
    std::optional<std::string> open_key;  // while it takes messages: which (identity, thread) it is the open one of
    ConversationStatus status = ConversationStatus::active;
    Priority priority = Priority::normal;
    std::optional<std::string> subject;
    UserId assignee_id;
    std::vector<TeamId> team_ids;
    std::vector<UserId> participant_ids;
    std::vector<std::string> tags;
    json::object attributes;        // what the conversation started from: "url", the visitor's own claims
    std::int64_t last_seq = 0;      // of its newest timeline entry
    std::int64_t read_seq = 0;      // the assignee, or while unassigned any agent, has read up to here
    std::int64_t unread_count = 0;  // inbound messages past read_seq
    std::int64_t out_seq = 0;       // messages handed to the channel so far
    std::optional<std::string> last_text;
    Direction last_direction = Direction::inbound;
    AuthorType last_author_type = AuthorType::contact;
    std::optional<Time> last_message_at;
    std::optional<Time> waiting_since;      // the first customer message that no human answered yet
    std::optional<Time> first_response_at;  // the first public human message after a customer's (X-DF-01)
    std::optional<Time> snooze_until;
    std::optional<Time> resolved_at;
    std::optional<UserId> resolved_by;
    std::optional<Time> closed_at;
    ConversationId previous_id;  // the closed one that it follows; 0: the first of this contact here
    Time created_at;
    Time updated_at;
    Time last_activity_at;
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(Conversation, (),
                      (id, space_id, inbox_id, account_id, identity_id, contact_id, open_key, status, priority, subject,
                       assignee_id, team_ids, participant_ids, tags, attributes, last_seq, read_seq, unread_count,
                       out_seq, last_text, last_direction, last_author_type, last_message_at, waiting_since,
                       first_response_at, snooze_until, resolved_at, resolved_by, closed_at, previous_id, created_at,
                       updated_at, last_activity_at, version))

/// "Open" in filters and reports.
constexpr bool is_open(ConversationStatus s) {
    return s == ConversationStatus::unanswered || s == ConversationStatus::active || s == ConversationStatus::waiting;
}
/// Takes a place of its assignee's capacity: snoozed and finished ones do not.
constexpr bool takes_capacity(ConversationStatus s) {
    return s == ConversationStatus::unanswered || s == ConversationStatus::active;
}

/// What a person may change `from` into. Nothing leads back to unanswered (S2-47, S2-48).
std::vector<ConversationStatus> allowed_next(ConversationStatus from);
/// Errc::conflict that names what is allowed.
Result<void> check_transition(ConversationStatus from, ConversationStatus to);
/// The status after a contact's message: solved reopens; so does closed within the inbox's reopenDays.
ConversationStatus after_inbound(ConversationStatus from);

inline constexpr std::size_t kPreviewCodePoints = 160;
inline constexpr std::size_t kSubjectBytes = 1'000;
inline constexpr std::size_t kTagBytes = 200;
inline constexpr std::size_t kTagsPerConversation = 50;

}  // namespace usher
