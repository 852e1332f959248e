#include "api/shapes.hpp"

namespace usher::api::shape {

User show(const usher::User& row, bool online) {
    return {row.id,   row.name,       row.email,          row.roles,
            row.seat, row.active,     !row.password_hash, {row.availability},
            online,   row.open_limit, row.created_at,     row.version};
}

ApiKey show(const usher::ApiKey& row) {
    return {row.id, row.name, row.roles, row.prefix, row.created_at, row.last_used_at};
}

Inbox show(const usher::Inbox& row, std::int64_t members) {
    InboxInput part = input_of(row);
    return {row.id,
            row.space_id,
            std::move(part.name),
            std::move(part.description),
            std::move(part.email),
            part.is_default,
            std::move(part.color),
            std::move(part.icon),
            std::move(part.assignment_rules),
            std::move(part.working_hours),
            std::move(part.outside_hours_message),
            std::move(part.auto_responder),
            std::move(part.routing_rules),
            std::move(part.email_settings),
            part.reopen_days,
            row.forwarding_address,
            members,
            row.created_at,
            row.version};
}

InboxInput input_of(const usher::Inbox& row) {
    const auto& rules = row.assignment_rules;
    std::optional<UserId> fallback;
    if (rules.fallback_user_id) fallback = rules.fallback_user_id;
    return {row.name,
            row.description,
            row.email,
            static_cast<bool>(row.default_key),
            row.color,
            row.icon,
            {rules.type, fallback, rules.working_hours, rules.only_available, rules.advanced},
            row.working_hours,
            row.outside_hours_message,
            row.auto_responder,
            row.routing_rules,
            row.email_settings,
            row.reopen_days};
}

void apply(const InboxInput& input, usher::Inbox& row) {
    row.name = trim(input.name);
    row.description = input.description;
    row.email = input.email;
    row.color = input.color;
    row.icon = input.icon;
    const auto& rules = input.assignment_rules;
    row.assignment_rules = {rules.type, rules.fallback_user_id.value_or(UserId{}), rules.working_hours,
                            rules.only_available, rules.advanced};
    row.working_hours = input.working_hours;
    row.outside_hours_message = input.outside_hours_message;
    row.auto_responder = input.auto_responder;
    row.routing_rules = input.routing_rules;
    row.email_settings = input.email_settings;
    row.reopen_days = input.reopen_days;
}

}  // namespace usher::api::shape
