#include "desk/conversations.hpp"

#include <algorithm>

#include "desk/assignment.hpp"
#include "desk/delivery.hpp"
#include "desk/rights.hpp"
#include "foundation/crypto.hpp"
#include "foundation/text.hpp"
#include "store/repositories/accounts.hpp"
#include "store/repositories/contacts.hpp"
#include "store/repositories/conversations.hpp"

namespace usher::desk {
namespace {

constexpr std::size_t kCustomFieldsBytes = 16'384;
constexpr std::size_t kNameFromAddress = 120;  // code points: how a contact without a name is called

/// Sorted, trimmed, without duplicates; faults of single ones by their place.
Result<std::vector<std::string>> normalise_tags(const std::vector<std::string>& tags) {
    Faults faults;
    std::vector<std::string> out;
    for (std::size_t i = 0; i < tags.size(); ++i) {
        const std::string tag(trim(tags[i]));
        if (tag.empty())
            faults.push_back({pointer("/tags", i), "must not be empty"});
        else if (auto ok = check_text(tag, kTagBytes); !ok)
            faults.push_back({pointer("/tags", i), ok.error().message});
        else
            out.push_back(tag);
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    if (out.size() > kTagsPerConversation)
        faults.push_back({"/tags", "at most " + std::to_string(kTagsPerConversation) + " tags"});
    if (!faults.empty()) return Error{Errc::validation, faults[0].path + ": " + faults[0].message, std::move(faults)};
    return out;
}

/// The state machine's step with everything that hangs on it. The row may hold its key again when it comes back from
/// closed.
Result<Conversation> step(store::Write& write, Actor actor, Conversation row, ConversationStatus to,
                          std::optional<Time> snooze_until) {
    const ConversationStatus from = row.status;
    if (from == to && (to != ConversationStatus::waiting || row.snooze_until == snooze_until)) return row;
    if (auto ok = check_transition(from, to); !ok) return ok.error();
    auto& sql = write.sql();
    std::string key;
    if (from == ConversationStatus::closed) {
        key = store::open_key_of(row.identity_id, store::thread_key_of(sql, row.id));
        if (const auto newer = store::lock_open_conversation(sql, key)) {
            Error error = conflict("newer_conversation_open",
                                   "The contact has a newer open conversation, " + to_string(newer->id) + ".");
            error.details.push_back({"/conversationId", to_string(newer->id)});
            return error;
        }
    }
    Change change(write, std::move(row));
    auto& now = change.now;
    now.status = to;
    now.snooze_until = to == ConversationStatus::waiting ? snooze_until : std::nullopt;
    if (!key.empty()) now.open_key = std::move(key);
    if (to == ConversationStatus::closed) {
        now.open_key.reset();
        now.closed_at = write.now();
    } else {
        now.closed_at.reset();
    }
    if (to == ConversationStatus::solved || to == ConversationStatus::closed) {
        if (is_open(from)) {
            now.resolved_at = write.now();
            now.resolved_by = actor.type == AuthorType::agent ? std::optional<UserId>(UserId{actor.id}) : std::nullopt;
        }
        now.waiting_since.reset();
    } else if (!is_open(from)) {
        now.resolved_at.reset();
        now.resolved_by.reset();
    }
    json::object data{{"from", to_json(from)}, {"to", to_json(to)}};
    json::object badge = data;
    badge["type"] = "status_changed";
    if (now.snooze_until) badge["until"] = to_json(*now.snooze_until);
    const Entry told = change.badge(actor, std::move(badge));
    if (to == ConversationStatus::closed) tell_customer_closed(write, change.now, told);
    change.event("conversation.status", 0, std::move(data));
    change.commit();
    return change.now;
}

Result<Conversation> put_tags(store::Write& write, Actor actor, Conversation row, std::vector<std::string> tags) {
    if (row.tags == tags) return row;
    json::object data{{"from", to_json(row.tags)}, {"to", to_json(tags)}};
    json::array added, removed;
    for (const auto& tag : tags) {
        if (std::find(row.tags.begin(), row.tags.end(), tag) == row.tags.end()) added.emplace_back(tag);
    }
    for (const auto& tag : row.tags) {
        if (std::find(tags.begin(), tags.end(), tag) == tags.end()) removed.emplace_back(tag);
    }
    Change change(write, std::move(row));
    change.now.tags = std::move(tags);
    change.badge(actor, {{"type", "tags_changed"}, {"added", std::move(added)}, {"removed", std::move(removed)}});
    change.event("conversation.tags", 0, std::move(data));
    change.commit();
    return change.now;
}

}  // namespace

Result<Conversation> set_status(store::Write& write, const Principal& who, ConversationId id, ConversationStatus to,
                                std::optional<Time> snooze_until) {
    auto row = lock_to_work(write, who, id, permission::kChangeStatus);
    if (!row) return row;
    if (snooze_until && to != ConversationStatus::waiting)
        return validation("/snoozeUntil", "goes with the status waiting only");
    if (snooze_until && *snooze_until <= write.now()) return validation("/snoozeUntil", "must be in the future");
    return step(write, actor_of(who), std::move(*row), to, snooze_until);
}

Result<Conversation> set_status_as(store::Write& write, Actor actor, ConversationId id, ConversationStatus to) {
    auto row = store::lock_conversation(write.sql(), id);
    if (!row) return not_found("There is no conversation " + to_string(id) + ".");
    return step(write, actor, std::move(*row), to, std::nullopt);
}

Result<Conversation> set_tags(store::Write& write, const Principal& who, ConversationId id,
                              std::vector<std::string> tags) {
    auto row = lock_to_work(write, who, id, permission::kEditTags);
    if (!row) return row;
    if (auto ok = refuse_closed(*row); !ok) return ok.error();
    auto clean = normalise_tags(tags);
    if (!clean) return clean.error();
    return put_tags(write, actor_of(who), std::move(*row), std::move(*clean));
}

Result<Conversation> change_tags_as(store::Write& write, Actor actor, ConversationId id,
                                    const std::vector<std::string>& add, const std::vector<std::string>& remove) {
    auto row = store::lock_conversation(write.sql(), id);
    if (!row) return not_found("There is no conversation " + to_string(id) + ".");
    std::vector<std::string> tags = row->tags;
    tags.insert(tags.end(), add.begin(), add.end());
    std::erase_if(tags, [&](const auto& tag) { return std::find(remove.begin(), remove.end(), tag) != remove.end(); });
    auto clean = normalise_tags(tags);
    if (!clean) return clean.error();
    return put_tags(write, actor, std::move(*row), std::move(*clean));
}

Result<Conversation> move_to_inbox_as(store::Write& write, Actor actor, ConversationId id, InboxId inbox) {
    auto row = store::lock_conversation(write.sql(), id);
    if (!row) return not_found("There is no conversation " + to_string(id) + ".");
    if (auto ok = refuse_closed(*row); !ok) return ok.error();
    if (!write.sql().one<InboxId>("SELECT id FROM inbox WHERE id = :id AND space_id = :space", inbox, row->space_id)) {
        return validation("/inboxId", "there is no inbox " + to_string(inbox));
    }
    if (row->inbox_id == inbox) return std::move(*row);
    Change change(write, std::move(*row));
    const InboxId from = change.now.inbox_id;
    change.now.inbox_id = inbox;
    change.badge(actor, {{"type", "routed"}, {"from", to_json(from)}, {"to", to_json(inbox)}});
    if (change.now.assignee_id) assign_in(change, actor, {});
    change.event("conversation.routed", inbox.value, {{"from", to_json(from)}, {"inbox_id", to_json(inbox)}});
    change.commit();
    return change.now;
}

Result<Conversation> edit(store::Write& write, const Principal& who, ConversationId id, const Edit& edit) {
    auto row = lock_to_work(write, who, id, {});
    if (!row) return row;
    if (edit.priority && !who.may(permission::kChangePriority)) return forbidden(permission::kChangePriority);
    if ((edit.subject || edit.attributes) && !who.may(permission::kChangeTopic))
        return forbidden(permission::kChangeTopic);
    if (auto ok = refuse_closed(*row); !ok) return ok.error();
    if (edit.subject && *edit.subject) {
        if (auto ok = check_text(**edit.subject, kSubjectBytes); !ok) return validation("/subject", ok.error().message);
    }
    if (edit.attributes && write_json(*edit.attributes).size() > kCustomFieldsBytes)
        return validation("/customFields", "more than 16 KiB");
    const json::value* custom = row->attributes.if_contains("custom");
    const bool same = (!edit.subject || *edit.subject == row->subject) &&
                      (!edit.priority || *edit.priority == row->priority) &&
                      (!edit.attributes || (custom && *custom == json::value(*edit.attributes)));
    if (same) return row;  // no version, no event
    Change change(write, std::move(*row));
    auto& now = change.now;
    if (edit.subject) now.subject = *edit.subject;
    if (edit.attributes) now.attributes["custom"] = *edit.attributes;
    if (edit.priority && *edit.priority != now.priority) {
        json::object data{{"from", to_json(now.priority)}, {"to", to_json(*edit.priority)}};
        json::object badge = data;
        badge["type"] = "priority_changed";
        change.badge(actor_of(who), std::move(badge));
        change.event("conversation.priority", 0, std::move(data));
        now.priority = *edit.priority;
    } else {
        change.event("conversation.updated", 0);
    }
    change.commit();
    return change.now;
}

Result<Conversation> mark_read(store::Write& write, const Principal& who, ConversationId id, std::int64_t seq) {
    auto row = lock_to_see(write, who, id);
    if (!row) return row;
    const bool counts =
        who.user_id && !only_views(who, row->inbox_id) &&
        (row->assignee_id == who.user_id ||
         (!row->assignee_id && (who.may(permission::kWorkAssigned) || who.may(permission::kManageAll))));
    const std::int64_t upto = std::min(seq, row->last_seq);
    if (!counts || upto <= row->read_seq) return row;
    Change change(write, std::move(*row));
    change.now.read_seq = upto;
    change.now.unread_count =
        write.sql()
            .one<std::int64_t>(
                "SELECT COUNT(*) FROM entry WHERE conversation_id = :id AND seq > :seq AND kind = 0 AND direction = 0",
                id, upto)
            .value_or(0);
    change.event("conversation.read", 0, {{"seq", upto}});
    change.commit();
    return change.now;
}

Result<Begun> begin_conversation(store::Write& write, const Principal& who, const Beginning& beginning) {
    if (!who.may(permission::kStart)) return forbidden(permission::kStart);
    if (!who.may(permission::kManageAll) && !(who.user_id && who.may(permission::kWorkAssigned)))
        return forbidden(permission::kWorkAssigned);  // it would be nobody's to write in
    auto& sql = write.sql();
    const auto account = store::find_account(sql, beginning.account_id);
    if (!account || account->space_id != who.space_id) return validation("/accountId", "there is no such account");
    if (!account->enabled) return conflict("account_disabled", "The account " + account->slug + " is disabled.");
    if (trim(beginning.address).empty()) return validation("/to", "must not be empty");
    if (auto ok = check_text(beginning.address, kAddressBytes); !ok) return validation("/to", ok.error().message);
    if (auto ok = check_text(beginning.contact_name, kNameBytes); !ok)
        return validation("/contactName", ok.error().message);
    InboxId inbox = beginning.inbox_id ? beginning.inbox_id : account->inbox_id;
    if (!inbox)
        inbox = sql.one<InboxId>("SELECT id FROM inbox WHERE default_key = :space", who.space_id).value_or(InboxId{});
    if (!inbox || !sql.one<InboxId>("SELECT id FROM inbox WHERE id = :id AND space_id = :space", inbox, who.space_id)) {
        return validation("/inboxId", "there is no such inbox");
    }
    if (only_views(who, inbox)) return validation("/inboxId", "your role in this inbox is viewer");
    if (beginning.inbox_id && !who.inboxes.contains(inbox) && !who.may(permission::kManageAll) &&
        !who.may(permission::kTransferQueue)) {
        return validation("/inboxId", "you are no member of this inbox");
    }

    auto identity = store::find_identity(sql, account->id, beginning.address);
    if (identity) {
        if (auto open = store::lock_open_conversation(sql, store::open_key_of(identity->id, ""))) {
            if (!may_see(who, visibility_key(*open))) {
                return conflict("conversation_open",
                                "There is an open conversation with this contact that you may not see.");
            }
            return Begun{std::move(*open), false};
        }
    } else {
        Contact contact;
        contact.id = {write.next_id()};
        contact.space_id = who.space_id;
        contact.name = std::string(trim(beginning.contact_name));
        if (contact.name.empty()) contact.name = std::string(prefix_utf8(beginning.address, kNameFromAddress));
        contact.created_at = write.now();
        contact.search_text = search_text_of(contact);
        identity = Identity{{write.next_id()}, account->id, beginning.address, crypto::sha256_hex(beginning.address),
                            contact.id,        write.now()};
        sql.insert(contact);
        sql.insert(*identity);
    }
    Conversation row;
    row.id = {write.next_id()};
    row.space_id = who.space_id;
    row.inbox_id = inbox;
    row.account_id = account->id;
    row.identity_id = identity->id;
    row.contact_id = identity->contact_id;
    row.open_key = store::open_key_of(identity->id, "");
    row.status = ConversationStatus::unanswered;
    row.created_at = row.updated_at = row.last_activity_at = write.now();
    row.version = 0;  // commit() makes it 1
    if (const auto before = store::lock_last_closed(sql, row, "")) row.previous_id = before->id;
    sql.insert(row);
    Change change(write, std::move(row));
    change.event("conversation.created", 0, {{"inbox_id", to_json(inbox)}});
    if (who.user_id) assign_in(change, actor_of(who), who.user_id);
    change.commit();
    return Begun{change.now, true};
}

}  // namespace usher::desk
