#pragma once
/// Shapes of the API for people, keys and inboxes: what goes over the wire, described once. Those of the desk stand
/// beside their resources.
#include <optional>
#include <string>
#include <vector>

#include "access/users.hpp"
#include "model/inbox.hpp"
#include "model/user.hpp"

namespace usher::api::shape {

struct AvailabilityOnly {
    Availability status = Availability::away;
};
BOOST_DESCRIBE_STRUCT(AvailabilityOnly, (), (status))

struct AvailabilityState {
    Availability status = Availability::away;
    std::optional<Time> since;
};
BOOST_DESCRIBE_STRUCT(AvailabilityState, (), (status, since))

struct User {
    UserId id;
    std::string name;
    std::string email;
    std::vector<std::string> roles;
    bool seat = true;
    bool active = true;
    bool invited = false;
    AvailabilityOnly availability;
    bool online = false;
    std::int64_t capacity = 0;  // conversations at a time
    Time created_at;
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(User, (),
                      (id, name, email, roles, seat, active, invited, availability, online, capacity, created_at,
                       version))
User show(const usher::User& row, bool online);

struct InvitationLink {
    std::string url;
    Time expires_at;
};
BOOST_DESCRIBE_STRUCT(InvitationLink, (), (url, expires_at))

struct ApiKey {
    ApiKeyId id;
    std::string name;
    std::vector<std::string> roles;
    std::string prefix;
    Time created_at;
    std::optional<Time> last_used_at;
};
BOOST_DESCRIBE_STRUCT(ApiKey, (), (id, name, roles, prefix, created_at, last_used_at))
ApiKey show(const usher::ApiKey& row);

struct NewApiKey {
    ApiKeyId id;
    std::string name;
    std::vector<std::string> roles;
    std::string prefix;
    Time created_at;
    std::optional<Time> last_used_at;
    std::string key;  // here alone, and never again
};
BOOST_DESCRIBE_STRUCT(NewApiKey, (), (id, name, roles, prefix, created_at, last_used_at, key))

/// As in the model, but that nobody is null.
struct AssignmentRules {
    std::string type = "round_robin";
    std::optional<UserId> fallback_user_id;
    std::optional<WorkingHours> working_hours;
    bool only_available = true;
    AdvancedRules advanced;
};
BOOST_DESCRIBE_STRUCT(AssignmentRules, (), (type, fallback_user_id, working_hours, only_available, advanced))

struct Inbox {
    InboxId id;
    SpaceId space_id;
    std::string name;
    std::optional<std::string> description;
    std::optional<std::string> email;
    bool is_default = false;
    std::optional<std::string> color;
    std::optional<std::string> icon;
    AssignmentRules assignment_rules;
    WorkingHours working_hours;
    std::optional<std::string> outside_hours_message;
    AutoResponder auto_responder;
    std::vector<RoutingRule> routing_rules;
    EmailSettings email_settings;
    std::int64_t reopen_days = 0;
    std::string forwarding_address;
    std::int64_t member_count = 0;
    Time created_at;
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(Inbox, (),
                      (id, space_id, name, description, email, is_default, color, icon, assignment_rules, working_hours,
                       outside_hours_message, auto_responder, routing_rules, email_settings, reopen_days,
                       forwarding_address, member_count, created_at, version))
Inbox show(const usher::Inbox& row, std::int64_t members);

/// What a client may write of an inbox.
struct InboxInput {
    std::string name;
    std::optional<std::string> description;
    std::optional<std::string> email;
    bool is_default = false;
    std::optional<std::string> color;
    std::optional<std::string> icon;
    AssignmentRules assignment_rules;
    WorkingHours working_hours;
    std::optional<std::string> outside_hours_message;
    AutoResponder auto_responder;
    std::vector<RoutingRule> routing_rules;
    EmailSettings email_settings;
    std::int64_t reopen_days = 0;
};
BOOST_DESCRIBE_STRUCT(InboxInput, (),
                      (name, description, email, is_default, color, icon, assignment_rules, working_hours,
                       outside_hours_message, auto_responder, routing_rules, email_settings, reopen_days))
/// The writable part of a row, and a row with that part changed.
InboxInput input_of(const usher::Inbox& row);
void apply(const InboxInput& input, usher::Inbox& row);

}  // namespace usher::api::shape
