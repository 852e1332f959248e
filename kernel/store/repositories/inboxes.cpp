#include "store/repositories/inboxes.hpp"

#include <algorithm>

#include "store/dialect.hpp"

namespace usher::store {

Value Column<AssignmentRules>::bind(const AssignmentRules& rules) {
    json::value written = to_json(rules);
    if (!rules.fallback_user_id) written.as_object().erase("fallbackUserId");
    return write_json(written);
}

AssignmentRules Column<AssignmentRules>::fetch(const Value& value, std::string_view name) {
    const auto* text = std::get_if<std::string>(&value);
    if (!text) unexpected_null(name);
    auto read = from_own_json<AssignmentRules>(*text, name);
    if (!read) bad_column(name, read.error());
    return std::move(*read);
}

std::optional<Inbox> find_inbox(Session& sql, InboxId id) {
    return sql.one<Inbox>("WHERE id = :id", id);
}

std::optional<Inbox> find_inbox(Session& sql, SpaceId space, InboxId id) {
    return sql.one<Inbox>("WHERE id = :id AND space_id = :space", id, space);
}

std::optional<Inbox> lock_inbox(Session& sql, SpaceId space, InboxId id) {
    return sql.one<Inbox>("WHERE id = :id AND space_id = :space" + std::string(for_update(sql.dialect())), id, space);
}

std::optional<Inbox> find_default_inbox(Session& sql, SpaceId space) {
    return sql.one<Inbox>("WHERE default_key = :space", space);
}

std::optional<Inbox> find_inbox_by_name(Session& sql, SpaceId space, std::string_view name) {
    return sql.one<Inbox>("WHERE space_id = :space AND name = :name ORDER BY id LIMIT 1", space, name);
}

std::vector<Inbox> list_inboxes(Session& sql, SpaceId space) {
    return sql.rows<Inbox>("WHERE space_id = :space ORDER BY id", space);
}

std::vector<InboxId> existing_inboxes(Session& sql, SpaceId space, const std::vector<InboxId>& ids) {
    std::vector<std::int64_t> wanted;
    for (const auto id : ids) {
        if (id) wanted.push_back(id.value);
    }
    if (wanted.empty()) return {};
    std::vector<Value> values{bind_value(space)};
    const std::string list = in_list("i", wanted, values);
    return sql.rows_values<InboxId>("SELECT id FROM inbox WHERE space_id = :space AND id IN (" + list + ")", values);
}

void insert_inbox(Session& sql, const Inbox& inbox) {
    sql.insert(inbox);
}

void update_inbox(Session& sql, const Inbox& inbox) {
    sql.exec(
        "UPDATE inbox SET name = :name, description = :description, email = :email, default_key = :default_key, color "
        "= :color, icon = :icon, assignment_rules = :assignment_rules, working_hours = :working_hours, "
        "outside_hours_message = :outside_hours_message, auto_responder = :auto_responder, routing_rules = "
        ":routing_rules, email_settings = :email_settings, reopen_days = :reopen_days, version = :version WHERE id = "
        ":id",
        inbox.name, inbox.description, inbox.email, inbox.default_key, inbox.color, inbox.icon, inbox.assignment_rules,
        inbox.working_hours, inbox.outside_hours_message, inbox.auto_responder, inbox.routing_rules,
        inbox.email_settings, inbox.reopen_days, inbox.version, inbox.id);
}

std::vector<InboxId> delete_inbox(Session& sql, const Inbox& inbox) {
    std::vector<InboxId> changed;
    for (auto& other : list_inboxes(sql, inbox.space_id)) {
        if (other.id == inbox.id) continue;
        if (std::erase_if(other.routing_rules, [&](const auto& rule) { return rule.inbox_id == inbox.id; }) == 0)
            continue;
        ++other.version;
        update_inbox(sql, other);
        changed.push_back(other.id);
    }
    sql.exec("UPDATE account SET inbox_id = NULL WHERE inbox_id = :id", inbox.id);
    sql.exec("DELETE FROM inbox_member WHERE inbox_id = :id", inbox.id);
    sql.exec("DELETE FROM inbox WHERE id = :id", inbox.id);
    return changed;
}

std::vector<MemberView> list_members(Session& sql, InboxId inbox) {
    return sql.rows<MemberView>(
        "SELECT m.user_id, u.name, u.email, m.role, COALESCE(m.availability, u.availability) FROM inbox_member m JOIN "
        "users u ON u.id = m.user_id WHERE m.inbox_id = :inbox ORDER BY u.id",
        inbox);
}

std::optional<InboxMember> lock_member(Session& sql, InboxId inbox, UserId user) {
    return sql.one<InboxMember>("WHERE inbox_id = :inbox AND user_id = :user" + std::string(for_update(sql.dialect())),
                                inbox, user);
}

void insert_member(Session& sql, const InboxMember& member) {
    sql.insert(member);
}

void update_member(Session& sql, const InboxMember& member) {
    sql.exec(
        "UPDATE inbox_member SET role = :role, availability = :availability WHERE inbox_id = :inbox AND user_id = "
        ":user",
        member.role, member.availability, member.inbox_id, member.user_id);
}

bool delete_member(Session& sql, InboxId inbox, UserId user) {
    return sql.exec("DELETE FROM inbox_member WHERE inbox_id = :inbox AND user_id = :user", inbox, user) > 0;
}

std::vector<InboxMember> overridden_members(Session& sql, UserId user) {
    return sql.rows<InboxMember>("WHERE user_id = :user AND availability IS NOT NULL ORDER BY inbox_id", user);
}

std::int64_t count_members(Session& sql, InboxId inbox) {
    return sql.one<std::int64_t>("SELECT COUNT(*) FROM inbox_member WHERE inbox_id = :inbox", inbox).value_or(0);
}

std::vector<InboxCount> count_members(Session& sql, SpaceId space) {
    return sql.rows<InboxCount>(
        "SELECT m.inbox_id, COUNT(*) FROM inbox_member m JOIN inbox i ON i.id = m.inbox_id WHERE i.space_id = :space "
        "GROUP BY m.inbox_id",
        space);
}

std::vector<Membership> memberships(Session& sql, UserId user) {
    return sql.rows<Membership>(
        "SELECT i.id, i.name, m.role FROM inbox_member m JOIN inbox i ON i.id = m.inbox_id WHERE m.user_id = :user "
        "ORDER BY i.id",
        user);
}

std::int64_t count_open_conversations(Session& sql, InboxId inbox) {
    return sql
        .one<std::int64_t>("SELECT COUNT(*) FROM conversation WHERE inbox_id = :inbox AND status IN (0, 1, 2)", inbox)
        .value_or(0);
}

std::vector<ConversationId> some_conversations(Session& sql, InboxId inbox, int limit) {
    return sql.rows<ConversationId>("SELECT id FROM conversation WHERE inbox_id = :inbox ORDER BY id LIMIT :limit" +
                                        std::string(for_update(sql.dialect())),
                                    inbox, limit);
}

namespace {

// The first customer message of c; entries are found by the key (conversation_id, seq).
constexpr std::string_view kFirstInbound =
    "(SELECT MIN(f.created_at) FROM entry f WHERE f.conversation_id = c.id AND f.kind = 0 AND f.direction = 0)";

std::optional<double> seconds(std::optional<double> microseconds) {
    if (!microseconds) return std::nullopt;
    return std::max(0.0, static_cast<double>(static_cast<std::int64_t>(*microseconds / 1'000 + 0.5)) / 1'000);
}

}  // namespace

InboxStats inbox_stats(Session& sql, InboxId inbox, Time today, Time since) {
    InboxStats out;
    const auto count = [&](std::string_view where, const auto&... values) {
        return sql
            .one<std::int64_t>("SELECT COUNT(*) FROM conversation WHERE inbox_id = :inbox AND " + std::string(where),
                               inbox, values...)
            .value_or(0);
    };
    out.open_conversations = count("status IN (0, 1, 2)");
    out.unassigned_conversations = count("status IN (0, 1, 2) AND assignee_id IS NULL");
    out.conversations_today = count("created_at >= :today AND last_activity_at >= :today", today);
    out.resolved_today = count("resolved_at >= :today", today);
    using Average = std::optional<double>;
    const auto response =
        sql.one<Average>("SELECT AVG((c.first_response_at - " + std::string(kFirstInbound) +
                             ") * 1.0) FROM conversation c WHERE c.inbox_id = :inbox AND c.first_response_at >= :since",
                         inbox, since);
    const auto resolution = sql.one<Average>(
        "SELECT AVG((resolved_at - created_at) * 1.0) FROM conversation WHERE inbox_id = :inbox AND resolved_at >= "
        ":since",
        inbox, since);
    out.avg_response_time = seconds(response.value_or(std::nullopt));
    out.avg_resolution_time = seconds(resolution.value_or(std::nullopt));
    return out;
}

std::vector<MemberStats> team_stats(Session& sql, InboxId inbox, Time since) {
    std::vector<MemberStats> out;
    const auto at = [&](UserId user) -> MemberStats* {
        const auto found = std::find_if(out.begin(), out.end(), [&](const auto& m) { return m.user_id == user; });
        return found == out.end() ? nullptr : &*found;
    };
    for (auto& member : list_members(sql, inbox)) out.push_back({member.user_id, std::move(member.name), 0, {}, {}});

    using Handled = std::tuple<UserId, std::string, std::int64_t>;
    for (auto& [user, name, conversations] : sql.rows<Handled>(
             "SELECT e.author_id, MIN(u.name), COUNT(DISTINCT e.conversation_id) FROM conversation c JOIN entry e ON "
             "e.conversation_id = c.id JOIN users u ON u.id = e.author_id WHERE c.inbox_id = :inbox AND "
             "c.last_activity_at >= :since AND e.kind = 0 AND e.author_type = 1 AND e.status <> 10 AND e.created_at >= "
             ":since GROUP BY e.author_id",
             inbox, since)) {
        if (!at(user)) out.push_back({user, std::move(name), 0, {}, {}});
        at(user)->conversations_handled = conversations;
    }
    using Response = std::tuple<UserId, std::optional<double>>;
    for (const auto& [user, average] : sql.rows<Response>(
             "SELECT e.author_id, AVG((c.first_response_at - " + std::string(kFirstInbound) +
                 ") * 1.0) FROM conversation c JOIN entry e ON e.conversation_id = c.id AND e.created_at = "
                 "c.first_response_at WHERE c.inbox_id = :inbox AND c.first_response_at >= :since AND e.kind = 0 AND "
                 "e.author_type = 1 GROUP BY e.author_id",
             inbox, since)) {
        if (auto* member = at(user)) member->avg_response_time = seconds(average);
    }
    std::sort(out.begin(), out.end(),
              [](const auto& a, const auto& b) { return std::tie(a.name, a.user_id) < std::tie(b.name, b.user_id); });
    return out;
}

}  // namespace usher::store
