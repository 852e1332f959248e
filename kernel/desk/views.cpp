#include "desk/views.hpp"

#include <set>
#include <unordered_map>

#include "store/repositories/contacts.hpp"
#include "store/repositories/entries.hpp"
#include "store/repositories/sql_builder.hpp"

namespace usher::desk {
namespace {

using Names = std::unordered_map<std::int64_t, std::string>;

Names names_of(store::Session& sql, std::string_view table, const std::set<std::int64_t>& ids) {
    Names out;
    if (ids.empty()) return out;
    store::SqlBuilder text;
    text.add("SELECT id, name FROM ").add(table).add(" WHERE id IN ").bind_list(ids);
    for (auto& [id, name] : text.rows<std::tuple<std::int64_t, std::string>>(sql)) out.emplace(id, std::move(name));
    return out;
}

std::string name_in(const Names& names, std::int64_t id) {
    const auto at = names.find(id);
    return at == names.end() ? std::string() : at->second;
}

std::int64_t integer_in(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    const auto* number = value ? value->if_int64() : nullptr;
    return number ? *number : 0;
}

bool flag_in(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    const auto* flag = value ? value->if_bool() : nullptr;
    return flag && *flag;
}

/// Ids that a badge names, so that their names can be shown beside them.
void collect_event_ids(const json::object& event, std::set<std::int64_t>& users, std::set<std::int64_t>& inboxes) {
    const auto* type = event.if_contains("type");
    if (!type || !type->is_string()) return;
    const bool people = *type == "assigned" || *type == "unassigned";
    if (!people && *type != "routed") return;
    for (const char* key : {"from", "to"}) {
        if (const auto* value = event.if_contains(key); value && value->is_string()) {
            if (auto id = parse_id({value->get_string().data(), value->get_string().size()})) {
                (people ? users : inboxes).insert(*id);
            }
        }
    }
}

void add_event_names(json::object& event, const Names& users, const Names& inboxes) {
    const auto* type = event.if_contains("type");
    const bool routed = type && type->is_string() && *type == "routed";
    const Names& names = routed ? inboxes : users;
    for (const auto& [key, name] : {std::pair{"from", "fromName"}, std::pair{"to", "toName"}}) {
        const auto* value = event.if_contains(key);
        if (!value || !value->is_string()) continue;
        const auto id = parse_id({value->get_string().data(), value->get_string().size()});
        if (!id) continue;
        if (const auto at = names.find(*id); at != names.end()) event[name] = at->second;
    }
    if (!event.contains("toName")) return;
    const json::value to_name = event.at("toName");  // copies: writing into an object moves what stands in it
    if (routed) {
        event["inboxName"] = to_name;
    } else {
        const json::value to = event.at("to");
        event["userId"] = to;
        event["userName"] = to_name;
    }
}

}  // namespace

AttachmentView view_of(const Attachment& a) {
    return {a.id, a.name, a.mime_type, a.size_bytes, a.state, a.shown_inline};
}

ConversationCapabilities Views::capabilities(std::string_view account_slug) const {
    const json::object all = capabilities_of_ ? capabilities_of_(account_slug) : json::object{};
    return {flag_in(all, "attachments"), flag_in(all, "typing"), flag_in(all, "read_receipts"),
            integer_in(all, "max_text_length")};
}

std::vector<ConversationView> Views::conversations(store::Session& sql, const std::vector<Conversation>& rows) const {
    std::vector<ConversationView> out;
    if (rows.empty()) return out;
    std::set<std::int64_t> contacts, users, identities, accounts;
    for (const auto& row : rows) {
        contacts.insert(row.contact_id.value);
        identities.insert(row.identity_id.value);
        accounts.insert(row.account_id.value);
        if (row.assignee_id) users.insert(row.assignee_id.value);
    }
    const Names contact_names = names_of(sql, "contact", contacts);
    const Names user_names = names_of(sql, "users", users);
    Names addresses, slugs, channels;
    store::SqlBuilder text;
    text.add("SELECT id, address FROM identity WHERE id IN ").bind_list(identities);
    for (auto& [id, address] : text.rows<std::tuple<std::int64_t, std::string>>(sql))
        addresses.emplace(id, std::move(address));
    store::SqlBuilder account_text;
    account_text.add("SELECT id, slug, channel FROM account WHERE id IN ").bind_list(accounts);
    for (auto& [id, slug, channel] : account_text.rows<std::tuple<std::int64_t, std::string, std::string>>(sql)) {
        slugs.emplace(id, std::move(slug));
        channels.emplace(id, std::move(channel));
    }
    std::unordered_map<std::int64_t, ConversationCapabilities> capabilities_by_account;
    for (const auto& [id, slug] : slugs) capabilities_by_account.emplace(id, capabilities(slug));

    out.reserve(rows.size());
    for (const auto& row : rows) {
        ConversationView v;
        v.id = row.id;
        v.inbox_id = row.inbox_id;
        v.account_id = name_in(slugs, row.account_id.value);
        v.channel = name_in(channels, row.account_id.value);
        v.contact_id = row.contact_id;
        v.contact = {row.contact_id, name_in(contact_names, row.contact_id.value),
                     name_in(addresses, row.identity_id.value)};
        v.status = row.status;
        v.priority = row.priority;
        v.subject = row.subject;
        if (row.assignee_id) v.assignee_id = row.assignee_id;
        if (row.assignee_id) v.assignee_name = name_in(user_names, row.assignee_id.value);
        v.team_ids = row.team_ids;
        v.participant_ids = row.participant_ids;
        v.tags = row.tags;
        if (row.last_message_at)
            v.last_message =
                LastMessage{row.last_text.value_or(""), row.last_direction, *row.last_message_at, row.last_author_type};
        v.unread_count = row.unread_count;
        v.read_seq = row.read_seq;
        v.last_seq = row.last_seq;
        v.snooze_until = row.snooze_until;
        v.capabilities = capabilities_by_account[row.account_id.value];
        v.attributes = row.attributes;
        if (row.previous_id) v.previous_id = row.previous_id;
        v.created_at = row.created_at;
        v.updated_at = row.updated_at;
        v.last_activity_at = row.last_activity_at;
        v.version = row.version;
        out.push_back(std::move(v));
    }
    return out;
}

ConversationView Views::conversation(store::Session& sql, const Conversation& row) const {
    return std::move(conversations(sql, {row}).at(0));
}

std::vector<EntryView> Views::entries(store::Session& sql, const std::vector<Entry>& rows) const {
    std::vector<EntryView> out;
    if (rows.empty()) return out;
    std::set<std::int64_t> contacts, users, inboxes;
    std::vector<AttachmentId> attachment_ids;
    for (const auto& row : rows) {
        if (row.author_type == AuthorType::contact && row.author_id != 0) contacts.insert(row.author_id);
        if (row.author_type == AuthorType::agent && row.author_id != 0) users.insert(row.author_id);
        attachment_ids.insert(attachment_ids.end(), row.attachment_ids.begin(), row.attachment_ids.end());
        if (row.event) collect_event_ids(*row.event, users, inboxes);
    }
    const Names contact_names = names_of(sql, "contact", contacts);
    const Names user_names = names_of(sql, "users", users);
    const Names inbox_names = names_of(sql, "inbox", inboxes);
    std::unordered_map<std::int64_t, AttachmentView> attachments;
    for (const auto& a : store::find_attachments(sql, attachment_ids)) attachments.emplace(a.id.value, view_of(a));

    out.reserve(rows.size());
    for (const auto& row : rows) {
        EntryView v;
        v.id = row.id;
        v.conversation_id = row.conversation_id;
        v.seq = row.seq;
        v.kind = row.kind;
        v.created_at = row.created_at;
        v.version = row.version;
        v.author.type = row.author_type;
        if (row.author_id != 0) v.author.id = std::to_string(row.author_id);
        if (row.author_type == AuthorType::contact) v.author.name = name_in(contact_names, row.author_id);
        if (row.author_type == AuthorType::agent) v.author.name = name_in(user_names, row.author_id);
        if (row.kind == EntryKind::event) {
            v.event = row.event.value_or(json::object{});
            add_event_names(*v.event, user_names, inbox_names);
        } else {
            v.text = row.text;
        }
        if (row.kind == EntryKind::message) {
            v.direction = row.direction;
            v.status = row.status;
            v.content = row.content;
            if (row.failure_code) v.failure = FailureView{*row.failure_code, row.failure_text.value_or("")};
            if (row.status == MessageStatus::held || row.status == MessageStatus::scheduled)
                v.held_until = row.held_until;
            v.provider_time = row.provider_time;
            if (row.reply_to_id) v.reply_to_id = to_string(row.reply_to_id);
            v.client_id = row.client_key;
            for (const auto id : row.attachment_ids) {
                if (const auto at = attachments.find(id.value); at != attachments.end())
                    v.attachments.push_back(at->second);
            }
        }
        out.push_back(std::move(v));
    }
    return out;
}

EntryView Views::entry(store::Session& sql, const Entry& row) const {
    return std::move(entries(sql, {row}).at(0));
}

std::vector<ContactView> Views::contacts(store::Session& sql, const std::vector<Contact>& rows) const {
    std::vector<ContactId> ids;
    for (const auto& row : rows) ids.push_back(row.id);
    std::unordered_map<std::int64_t, std::vector<IdentityView>> identities;
    for (auto& i : store::identities_of(sql, ids)) {
        identities[i.contact_id.value].push_back(
            {std::move(i.account_slug), std::move(i.channel), std::move(i.address), i.reachability});
    }
    std::vector<ContactView> out;
    for (const auto& row : rows) {
        out.push_back({row.id, row.name, row.email, row.phone, row.company, row.notes,
                       row.owner_id ? std::optional(row.owner_id) : std::nullopt, row.tags, row.attributes, row.blocked,
                       identities[row.id.value], row.created_at, row.version});
    }
    return out;
}

}  // namespace usher::desk
