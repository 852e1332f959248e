#pragma once
/// Rows as readers see them: conversations with their contact's and assignee's names, entries with their author's,
/// contacts with their addresses. Built in sets: a few statements for a page, whatever its length.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/contact.hpp"
#include "model/conversation.hpp"
#include "model/entry.hpp"
#include "store/session.hpp"

namespace usher::desk {

struct ContactSummary {
    ContactId id;
    std::string name;
    std::string address;  // on the conversation's account
};
BOOST_DESCRIBE_STRUCT(ContactSummary, (), (id, name, address))

struct LastMessage {
    std::string text;
    Direction direction = Direction::inbound;
    Time at;
    AuthorType author_type = AuthorType::contact;
};
BOOST_DESCRIBE_STRUCT(LastMessage, (), (text, direction, at, author_type))

/// What the workspace may offer in a conversation of this channel.
struct ConversationCapabilities {
    bool attachments = false;
    bool typing = false;
    bool read_receipts = false;
    std::int64_t max_text_length = 0;  // code points; 0: only the kernel's limit
};
BOOST_DESCRIBE_STRUCT(ConversationCapabilities, (), (attachments, typing, read_receipts, max_text_length))

struct ConversationView {
    ConversationId id;
    InboxId inbox_id;
    std::string account_id;  // the slug
    std::string channel;
    ContactId contact_id;
    ContactSummary contact;
    ConversationStatus status = ConversationStatus::active;
    Priority priority = Priority::normal;
    std::optional<std::string> subject;
    std::optional<UserId> assignee_id;
    std::optional<std::string> assignee_name;
    std::vector<TeamId> team_ids;
    std::vector<UserId> participant_ids;
    std::vector<std::string> tags;
    std::optional<LastMessage> last_message;
    std::int64_t unread_count = 0;
    std::int64_t read_seq = 0;
    std::int64_t last_seq = 0;
    std::optional<Time> snooze_until;
    ConversationCapabilities capabilities;
    json::object attributes;
    std::optional<ConversationId> previous_id;  // the closed conversation that this one follows
    Time created_at;
    Time updated_at;
    Time last_activity_at;
    std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(ConversationView, (),
                      (id, inbox_id, account_id, channel, contact_id, contact, status, priority, subject, assignee_id,
                       assignee_name, team_ids, participant_ids, tags, last_message, unread_count, read_seq, last_seq,
                       snooze_until, capabilities, attributes, previous_id, created_at, updated_at, last_activity_at,
                       version))

struct AuthorView {
    AuthorType type = AuthorType::system;
    std::optional<std::string> id;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(AuthorView, (), (type, id, name))

struct AttachmentView {
    AttachmentId id;
    std::string name;
    std::string mime_type;
    std::int64_t size_bytes = 0;
    AttachmentState state = AttachmentState::ready;
    bool inline_ = false;
};
BOOST_DESCRIBE_STRUCT(AttachmentView, (), (id, name, mime_type, size_bytes, state, inline_))

struct FailureView {
    std::string code;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(FailureView, (), (code, text))

/// What does not belong to an entry's kind is left out.
struct EntryView {
    EntryId id;
    ConversationId conversation_id;
    std::int64_t seq = 0;
    EntryKind kind = EntryKind::message;
    Time created_at;
    std::int64_t version = 0;
    AuthorView author;
    std::optional<Direction> direction;
    std::optional<std::string> text;
    std::optional<json::object> content;
    std::vector<AttachmentView> attachments;
    std::optional<MessageStatus> status;
    std::optional<FailureView> failure;
    std::optional<Time> held_until;
    std::optional<Time> provider_time;
    std::optional<std::string> reply_to_id;
    std::optional<std::string> client_id;
    std::optional<json::object> event;
};
BOOST_DESCRIBE_STRUCT(EntryView, (),
                      (id, conversation_id, seq, kind, created_at, version, author, direction, text, content,
                       attachments, status, failure, held_until, provider_time, reply_to_id, client_id, event))

struct IdentityView {
    std::string account_id;
    std::string channel;
    std::string address;
    Reachability reachability = Reachability::reachable;
};
BOOST_DESCRIBE_STRUCT(IdentityView, (), (account_id, channel, address, reachability))

struct ContactView {
    ContactId id;
    std::string name;
    std::optional<std::string> email;
    std::optional<std::string> phone;
    std::optional<std::string> company;
    std::optional<std::string> notes;
    std::optional<UserId> owner_id;
    std::vector<std::string> tags;
    json::object attributes;
    bool blocked = false;
    std::vector<IdentityView> identities;
    Time created_at;
    std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(ContactView, (),
                      (id, name, email, phone, company, notes, owner_id, tags, attributes, blocked, identities,
                       created_at, version))

/// Thread-safe; holds nothing but how to ask for a channel's capabilities (of an account's slug).
class Views {
public:
    using CapabilitiesOf = std::function<json::object(std::string_view account_slug)>;
    explicit Views(CapabilitiesOf capabilities_of) : capabilities_of_(std::move(capabilities_of)) {}

    std::vector<ConversationView> conversations(store::Session& sql, const std::vector<Conversation>& rows) const;
    ConversationView conversation(store::Session& sql, const Conversation& row) const;
    std::vector<EntryView> entries(store::Session& sql, const std::vector<Entry>& rows) const;
    EntryView entry(store::Session& sql, const Entry& row) const;
    std::vector<ContactView> contacts(store::Session& sql, const std::vector<Contact>& rows) const;
    ConversationCapabilities capabilities(std::string_view account_slug) const;

private:
    CapabilitiesOf capabilities_of_;
};

AttachmentView view_of(const Attachment& a);

}  // namespace usher::desk

template <>
inline constexpr bool usher::kOmitEmpty<usher::desk::EntryView> = true;
