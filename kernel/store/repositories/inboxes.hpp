#pragma once
/// SQL of inboxes and their members, and the figures of an inbox.
#include <optional>
#include <string>
#include <vector>

#include "model/conversation.hpp"
#include "model/inbox.hpp"
#include "store/session.hpp"

namespace usher::store {

template <>
inline constexpr std::string_view kTable<Inbox> = "inbox";
template <>
inline constexpr std::string_view kTable<InboxMember> = "inbox_member";

/// An absent fallback user is left out: an id that is none is written as null, which reads as no id.
template <>
struct Column<AssignmentRules> {
    static constexpr Kind kind = Kind::text;
    static Value bind(const AssignmentRules& rules);
    static AssignmentRules fetch(const Value& value, std::string_view name);
};

std::optional<Inbox> find_inbox(Session& sql, InboxId id);
std::optional<Inbox> find_inbox(Session& sql, SpaceId space, InboxId id);
/// The same, its row locked until the transaction ends.
std::optional<Inbox> lock_inbox(Session& sql, SpaceId space, InboxId id);
std::optional<Inbox> find_default_inbox(Session& sql, SpaceId space);
std::optional<Inbox> find_inbox_by_name(Session& sql, SpaceId space, std::string_view name);
std::vector<Inbox> list_inboxes(Session& sql, SpaceId space);
/// The ids that exist, of these.
std::vector<InboxId> existing_inboxes(Session& sql, SpaceId space, const std::vector<InboxId>& ids);
void insert_inbox(Session& sql, const Inbox& inbox);
/// Writes the whole row; the caller holds its lock.
void update_inbox(Session& sql, const Inbox& inbox);
/// With its members; other inboxes' rules and accounts let go of it. The ids of inboxes whose rules changed.
std::vector<InboxId> delete_inbox(Session& sql, const Inbox& inbox);

// ---- members
/// A member as lists show them; `availability` is the one that counts in this inbox.
struct MemberView {
    UserId user_id;
    std::string name;
    std::string email;
    MemberRole role = MemberRole::agent;
    Availability availability = Availability::away;
};
BOOST_DESCRIBE_STRUCT(MemberView, (), (user_id, name, email, role, availability))

std::vector<MemberView> list_members(Session& sql, InboxId inbox);
std::optional<InboxMember> lock_member(Session& sql, InboxId inbox, UserId user);
void insert_member(Session& sql, const InboxMember& member);
void update_member(Session& sql, const InboxMember& member);
bool delete_member(Session& sql, InboxId inbox, UserId user);
/// Memberships of a user with an availability of their own.
std::vector<InboxMember> overridden_members(Session& sql, UserId user);
std::int64_t count_members(Session& sql, InboxId inbox);

struct InboxCount {
    InboxId inbox_id;
    std::int64_t members = 0;
};
BOOST_DESCRIBE_STRUCT(InboxCount, (), (inbox_id, members))
std::vector<InboxCount> count_members(Session& sql, SpaceId space);

struct Membership {
    InboxId id;
    std::string name;
    MemberRole role = MemberRole::agent;
};
BOOST_DESCRIBE_STRUCT(Membership, (), (id, name, role))
std::vector<Membership> memberships(Session& sql, UserId user);

// ---- conversations of an inbox
std::int64_t count_open_conversations(Session& sql, InboxId inbox);
/// Some conversations of an inbox, by id, their rows locked.
std::vector<ConversationId> some_conversations(Session& sql, InboxId inbox, int limit);

// ---- figures (X-DF-01, X-DF-03). Averages are over what happened since `since`; nothing: none.
struct InboxStats {
    std::int64_t open_conversations = 0;
    std::int64_t unassigned_conversations = 0;
    std::optional<double> avg_response_time;    // seconds: first customer message -> first public human message
    std::optional<double> avg_resolution_time;  // seconds: creation -> last resolve
    std::int64_t conversations_today = 0;
    std::int64_t resolved_today = 0;
    std::optional<double> csat;  // of 5; absent while there are no surveys
};
BOOST_DESCRIBE_STRUCT(InboxStats, (),
                      (open_conversations, unassigned_conversations, avg_response_time, avg_resolution_time,
                       conversations_today, resolved_today, csat))
InboxStats inbox_stats(Session& sql, InboxId inbox, Time today, Time since);

struct MemberStats {
    UserId user_id;
    std::string name;
    std::int64_t conversations_handled = 0;   // in which they wrote to the customer
    std::optional<double> avg_response_time;  // of the first responses that were theirs
    std::optional<double> csat;
};
BOOST_DESCRIBE_STRUCT(MemberStats, (), (user_id, name, conversations_handled, avg_response_time, csat))
/// Members, and whoever else handled something, by name.
std::vector<MemberStats> team_stats(Session& sql, InboxId inbox, Time since);

}  // namespace usher::store
