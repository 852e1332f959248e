#include "model/inbox.hpp"

#include <algorithm>

#include "foundation/text.hpp"

namespace usher {
namespace {

void check_length(std::string_view text, std::size_t limit, std::string_view path, Faults& faults) {
    if (length_utf8(text) > limit)
        detail::fault(faults, path, "is longer than " + std::to_string(limit) + " characters");
}

bool is_color(std::string_view text) {
    return text.size() == 7 && text[0] == '#' && from_hex(text.substr(1)).has_value();
}

bool looks_like_email(std::string_view text) {
    const auto at = text.find('@');
    return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
           text.find('@', at + 1) == std::string_view::npos &&
           text.find_first_of(" \t\r\n<>,;\"") == std::string_view::npos && text.size() <= 254;
}

bool contains_folded(std::string_view text, std::string_view part) {
    return fold(text).find(fold(part)) != std::string::npos;
}

}  // namespace

void check(const Inbox& inbox, Faults& faults) {
    if (trim(inbox.name).empty()) detail::fault(faults, "/name", "must not be empty");
    check_length(inbox.name, 200, "/name", faults);
    if (inbox.description) check_length(*inbox.description, 2'000, "/description", faults);
    if (inbox.email && !looks_like_email(*inbox.email)) detail::fault(faults, "/email", "expected an e-mail address");
    if (inbox.color && !is_color(*inbox.color)) detail::fault(faults, "/color", "expected a colour like #1f53b8");
    if (inbox.icon) check_length(*inbox.icon, 60, "/icon", faults);
    if (trim(inbox.assignment_rules.type).empty()) detail::fault(faults, "/assignmentRules/type", "must not be empty");
    check_length(inbox.assignment_rules.type, 100, "/assignmentRules/type", faults);
    if (inbox.assignment_rules.working_hours) {
        check(*inbox.assignment_rules.working_hours, "/assignmentRules/workingHours", faults);
    }
    check(inbox.working_hours, "/workingHours", faults);
    if (inbox.outside_hours_message) check_length(*inbox.outside_hours_message, 4'000, "/outsideHoursMessage", faults);
    check_length(inbox.auto_responder.message, 4'000, "/autoResponder/message", faults);
    if (inbox.auto_responder.enabled && trim(inbox.auto_responder.message).empty() && !inbox.outside_hours_message) {
        detail::fault(faults, "/autoResponder/message", "must not be empty while the auto-responder is enabled");
    }
    if (inbox.auto_responder.delay_seconds < 0 || inbox.auto_responder.delay_seconds > 86'400) {
        detail::fault(faults, "/autoResponder/delaySeconds", "must be 0 to 86400");
    }
    if (inbox.reopen_days < 0 || inbox.reopen_days > kReopenDaysLimit) {
        detail::fault(faults, "/reopenDays", "must be 0 to " + std::to_string(kReopenDaysLimit));
    }
    if (inbox.email_settings.from_address && !looks_like_email(*inbox.email_settings.from_address)) {
        detail::fault(faults, "/emailSettings/fromAddress", "expected an e-mail address");
    }
    for (std::size_t i = 0; i < inbox.routing_rules.size(); ++i) {
        const auto& rule = inbox.routing_rules[i];
        const std::string path = pointer("/routingRules", i);
        const auto& c = rule.condition;
        if (!c.url && !c.user_attribute && !c.message) {
            detail::fault(faults, path + "/condition", "needs url, userAttribute or message");
        }
        if (c.url && c.url->contains.empty())
            detail::fault(faults, path + "/condition/url/contains", "must not be empty");
        if (c.user_attribute && c.user_attribute->key.empty()) {
            detail::fault(faults, path + "/condition/userAttribute/key", "must not be empty");
        }
        if (c.message &&
            (c.message->contains.empty() || std::any_of(c.message->contains.begin(), c.message->contains.end(),
                                                        [](const auto& w) { return trim(w).empty(); }))) {
            detail::fault(faults, path + "/condition/message/contains", "needs at least one word, none of them empty");
        }
        if (!rule.inbox_id) detail::fault(faults, path + "/inboxId", "is missing");
    }
}

InboxId match_rules(const std::vector<RoutingRule>& rules, const RouteFacts& facts) {
    for (const auto& rule : rules) {
        const auto& c = rule.condition;
        if (c.url && !contains_folded(facts.url, c.url->contains)) continue;
        if (c.user_attribute) {
            const auto has = [&](const auto& attributes) {
                const auto at = attributes.find(c.user_attribute->key);
                return at != attributes.end() && fold(at->second) == fold(c.user_attribute->value);
            };
            if (!has(facts.verified_attributes) && !(c.user_attribute->unverified && has(facts.claimed_attributes)))
                continue;
        }
        if (c.message && std::none_of(c.message->contains.begin(), c.message->contains.end(),
                                      [&](const auto& word) { return contains_folded(facts.first_message, word); })) {
            continue;
        }
        return rule.inbox_id;
    }
    return {};
}

}  // namespace usher
