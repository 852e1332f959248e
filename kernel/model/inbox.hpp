#pragma once
/// An inbox: a queue with people, and the rules that fill it. Names and shapes are the reference API's (S4).
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "foundation/describe.hpp"
#include "model/ids.hpp"
#include "model/user.hpp"
#include "model/working_hours.hpp"

namespace usher {

struct AdvancedRules {
    bool enabled = false;
    bool owner = true;            // a contact's owner first (S3-20)
    bool previous_agent = false;  // then who handled the contact before, if available (S3-21)
};
BOOST_DESCRIBE_STRUCT(AdvancedRules, (), (enabled, owner, previous_agent))

struct AssignmentRules {
    std::string type = "round_robin";           // round_robin | least_busy | manual | the id of a strategy plugin
    UserId fallback_user_id;                    // who gets it when nobody qualifies (S4-06)
    std::optional<WorkingHours> working_hours;  // overrides the inbox's for assignment (S4-07)
    bool only_available = true;                 // false: in sequence regardless of availability (S3-17)
    AdvancedRules advanced;
};
BOOST_DESCRIBE_STRUCT(AssignmentRules, (), (type, fallback_user_id, working_hours, only_available, advanced))

struct AutoResponderConditions {
    bool outside_working_hours = false;
};
BOOST_DESCRIBE_STRUCT(AutoResponderConditions, (), (outside_working_hours))

struct AutoResponder {
    bool enabled = false;
    std::string message;
    std::int64_t delay_seconds = 0;
    AutoResponderConditions conditions;
};
BOOST_DESCRIBE_STRUCT(AutoResponder, (), (enabled, message, delay_seconds, conditions))

struct UrlCondition {
    std::string contains;
};
BOOST_DESCRIBE_STRUCT(UrlCondition, (), (contains))
struct AttributeCondition {
    std::string key;
    std::string value;
    bool unverified = false;  // also believe what the visitor says of themselves
};
BOOST_DESCRIBE_STRUCT(AttributeCondition, (), (key, value, unverified))
struct MessageCondition {
    std::vector<std::string> contains;  // any of them
};
BOOST_DESCRIBE_STRUCT(MessageCondition, (), (contains))

/// All that are given must hold.
struct RouteCondition {
    std::optional<UrlCondition> url;
    std::optional<AttributeCondition> user_attribute;
    std::optional<MessageCondition> message;
};
BOOST_DESCRIBE_STRUCT(RouteCondition, (), (url, user_attribute, message))
template <>
inline constexpr bool kOmitEmpty<RouteCondition> = true;

struct RoutingRule {
    RouteCondition condition;
    InboxId inbox_id;
};
BOOST_DESCRIBE_STRUCT(RoutingRule, (), (condition, inbox_id))

struct EmailSettings {
    bool reply_by_email = false;
    std::optional<std::string> from_address;
    std::optional<std::string> from_name;
};
BOOST_DESCRIBE_STRUCT(EmailSettings, (), (reply_by_email, from_address, from_name))

inline constexpr std::int64_t kReopenDaysLimit = 3'650;

/// The row as it is stored.
struct Inbox {
    InboxId id;
    SpaceId space_id;
    std::string name;
    std::optional<std::string> description;
    std::optional<std::string> email;
    SpaceId default_key;  // the space's id while this is its default inbox
    std::optional<std::string> color;
    std::optional<std::string> icon;
    AssignmentRules assignment_rules;
    WorkingHours working_hours;
    std::optional<std::string> outside_hours_message;
    AutoResponder auto_responder;
    std::vector<RoutingRule> routing_rules;
    EmailSettings email_settings;
    std::string forwarding_address;
    std::int64_t reopen_days = 0;  // a contact's message within them opens a closed conversation again; 0: a new one
    Time created_at;
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(Inbox, (),
                      (id, space_id, name, description, email, default_key, color, icon, assignment_rules,
                       working_hours, outside_hours_message, auto_responder, routing_rules, email_settings,
                       forwarding_address, reopen_days, created_at, version))

/// Everything that types cannot say; `inboxes` and `users` are the ids that exist.
void check(const Inbox& inbox, Faults& faults);

enum class MemberRole : std::int16_t { agent = 0, admin = 1, viewer = 2 };
BOOST_DESCRIBE_ENUM(MemberRole, agent, admin, viewer)

struct InboxMember {
    InboxId inbox_id;
    UserId user_id;
    MemberRole role = MemberRole::agent;
    std::optional<Availability> availability;  // overrides the user's in this inbox (S4-18)
};
BOOST_DESCRIBE_STRUCT(InboxMember, (), (inbox_id, user_id, role, availability))

/// What a new conversation brings to the rules.
struct RouteFacts {
    std::string url;
    std::string first_message;
    std::map<std::string, std::string> verified_attributes;
    std::map<std::string, std::string> claimed_attributes;
};
/// The inbox of the first rule that matches; 0: none does. Texts are compared folded.
InboxId match_rules(const std::vector<RoutingRule>& rules, const RouteFacts& facts);

}  // namespace usher
