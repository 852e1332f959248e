#pragma once
/// The catalogue of events: every type that is ever appended, in one place. Types may grow, never change their meaning.
/// An event holds ids, states and numbers only (model/event.hpp); `data` of each type is described beside it.
#include <string_view>

namespace usher::event_type {

// ---- people; subject_id is the user. data.by: who did it (absent: the system)
inline constexpr std::string_view kUserCreated = "user.created";              // {roles, seat, active}
inline constexpr std::string_view kUserUpdated = "user.updated";              // {version}
inline constexpr std::string_view kUserRights = "user.rights_changed";        // {roles, seat, active, rightsVersion}
inline constexpr std::string_view kUserInvited = "user.invited";              // {expiresAt}
inline constexpr std::string_view kUserLoggedIn = "user.logged_in";           // {}
inline constexpr std::string_view kUserSessions = "user.sessions_ended";      // {all: bool}
inline constexpr std::string_view kAgentAvailability = "agent.availability";  // {status, from}

// ---- API keys; subject_id is the key
inline constexpr std::string_view kApiKeyCreated = "api_key.created";  // {roles}
inline constexpr std::string_view kApiKeyDeleted = "api_key.deleted";  // {}

// ---- inboxes; subject_id is the inbox
inline constexpr std::string_view kInboxCreated = "inbox.created";  // {version}
inline constexpr std::string_view kInboxUpdated = "inbox.updated";  // {version, changed: [names of members]}
inline constexpr std::string_view kInboxDeleted = "inbox.deleted";  // {}

// ---- accounts; subject_id is the account's key
inline constexpr std::string_view kAccountCreated = "account.created";  // {version, enabled}
inline constexpr std::string_view kAccountUpdated = "account.updated";  // {version, changed: [names of members]}
inline constexpr std::string_view kAccountDeleted = "account.deleted";  // {version}

// ---- members; subject_id is the inbox
inline constexpr std::string_view kMemberAdded = "member.added";      // {userId, role}
inline constexpr std::string_view kMemberRemoved = "member.removed";  // {userId}
inline constexpr std::string_view kMemberAvailability =
    "member.availability";  // {userId, status: null = the user's own}

// ---- conversations (kernel/desk); subject_id is the entry or the user it is about, data.conversation its facts
inline constexpr std::string_view kConversationCreated = "conversation.created";
inline constexpr std::string_view kConversationUpdated = "conversation.updated";
inline constexpr std::string_view kConversationAssigned = "conversation.assigned";      // {from, to}
inline constexpr std::string_view kConversationUnassigned = "conversation.unassigned";  // {from, to: null}
inline constexpr std::string_view kEntryCreated = "entry.created";                      // {seq}
inline constexpr std::string_view kMessageReceived = "message.received";
inline constexpr std::string_view kMessageCreated = "message.created";
inline constexpr std::string_view kMessageStatus = "message.status";
inline constexpr std::string_view kNoteCreated = "note.created";

}  // namespace usher::event_type
