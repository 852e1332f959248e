#include "desk/change.hpp"

#include "foundation/text.hpp"
#include "store/repositories/conversations.hpp"

namespace usher::desk {

Change::Change(store::Write& write, Conversation row) : before(row), now(std::move(row)), write_(write) {}

std::string preview_of(const Entry& e) {
    if (!e.text.empty()) return std::string(prefix_utf8(e.text, kPreviewCodePoints));
    return e.attachment_ids.empty() ? "" : "\xF0\x9F\x93\x8E";  // a paper clip
}

Entry Change::add(Entry entry) {
    if (!entry.id) entry.id = {write_.next_id()};
    entry.conversation_id = now.id;
    entry.seq = ++now.last_seq;
    entry.created_at = write_.now();
    write_.sql().insert(entry);
    if (entry.kind == EntryKind::message) {
        now.last_text = preview_of(entry);
        now.last_direction = entry.direction;
        now.last_author_type = entry.author_type;
        now.last_message_at = entry.created_at;
    }
    if (entry.kind != EntryKind::event) now.last_activity_at = entry.created_at;
    return entry;
}

Entry Change::badge(Actor actor, json::object event) {
    Entry entry;
    entry.kind = EntryKind::event;
    entry.direction = Direction::outbound;
    entry.author_type = actor.type;
    entry.author_id = actor.id;
    entry.event = std::move(event);
    entry.status = MessageStatus::received;
    Entry added = add(std::move(entry));
    this->event("entry.created", added.id.value, {{"seq", added.seq}});
    return added;
}

json::object event_facts(const Conversation& c) {
    return {{"id", to_json(c.id)},
            {"inbox_id", to_json(c.inbox_id)},
            {"account_id", to_json(c.account_id)},
            {"contact_id", to_json(c.contact_id)},
            {"status", to_json(c.status)},
            {"priority", to_json(c.priority)},
            {"assignee_id", to_json(c.assignee_id)},
            {"version", c.version}};
}

json::object event_facts(const Entry& e) {
    return {{"id", to_json(e.id)},
            {"seq", e.seq},
            {"direction", to_json(e.direction)},
            {"author_type", to_json(e.author_type)},
            {"author_id", e.author_id == 0 ? json::value(nullptr) : json::value(std::to_string(e.author_id))},
            {"status", to_json(e.status)}};
}

void Change::event(std::string type, std::int64_t subject_id, json::object data) {
    Event e;
    e.type = std::move(type);
    e.space_id = now.space_id;
    e.conversation_id = now.id;
    e.subject_id = subject_id;
    e.data = std::move(data);
    events_.push_back(std::move(e));
}

void Change::message_event(std::string type, const Entry& entry, json::object extra) {
    extra["message"] = event_facts(entry);
    event(std::move(type), entry.id.value, std::move(extra));
}

void Change::note_event(const Entry& note) {
    const json::object facts = event_facts(note);
    event("note.created", note.id.value,
          {{"note", {{"id", facts.at("id")}, {"seq", facts.at("seq")}, {"author_id", facts.at("author_id")}}}});
}

void Change::refresh_preview() {
    const auto last = write_.sql().one<Entry>(
        "WHERE conversation_id = :id AND kind = 0 AND status <> 10 ORDER BY seq DESC LIMIT 1", now.id);
    now.last_text = last ? std::optional(preview_of(*last)) : std::nullopt;
    now.last_message_at = last ? std::optional(last->created_at) : std::nullopt;
    if (!last) return;
    now.last_direction = last->direction;
    now.last_author_type = last->author_type;
}

bool needs_routing(const Conversation& c) {
    return c.status == ConversationStatus::active && !c.assignee_id;
}

WaitReason wait_reason(const Conversation& before, const Conversation& now) {
    if (before.version == 0 || before.status == ConversationStatus::unanswered) return WaitReason::new_;
    if (before.inbox_id != now.inbox_id) return WaitReason::transferred;
    if (is_open(before.status)) return WaitReason::returned;
    return WaitReason::reopened;
}

void change_load(store::Write& write, UserId user, std::int64_t delta) {
    if (delta == 0) return;
    auto& sql = write.sql();
    if (sql.exec("UPDATE agent_load SET open_count = open_count + :delta WHERE user_id = :user", delta, user) != 0)
        return;
    if (!sql.one<UserId>("SELECT id FROM users WHERE id = :user", user)) return;  // gone: nothing to hold
    sql.exec("INSERT INTO agent_load (user_id, open_count, last_assigned_at) VALUES (:user, :count, :at)", user,
             std::max<std::int64_t>(delta, 0), std::int64_t{0});
}

void Change::commit() {
    auto& sql = write_.sql();
    now.version = before.version + 1;
    now.updated_at = write_.now();
    store::update_conversation(sql, now);

    const UserId from = takes_capacity(before.status) ? before.assignee_id : UserId{};
    const UserId to = takes_capacity(now.status) ? now.assignee_id : UserId{};
    if (from != to) {
        if (from) change_load(write_, from, -1);
        if (to) change_load(write_, to, +1);
    }
    if (needs_routing(now) != needs_routing(before) || (needs_routing(now) && now.inbox_id != before.inbox_id)) {
        sql.exec("DELETE FROM routing_wait WHERE conversation_id = :id", now.id);
        if (needs_routing(now)) {  // who comes back to the queue has waited since they wrote, not since now
            sql.exec(
                "INSERT INTO routing_wait (conversation_id, inbox_id, since, reason, from_user_id) VALUES (:id, "
                ":inbox, :since, :reason, :from)",
                now.id, now.inbox_id, now.waiting_since.value_or(write_.now()), wait_reason(before, now),
                before.assignee_id);
        }
    }
    if (now.participant_ids != before.participant_ids) {
        sql.exec("DELETE FROM participant WHERE conversation_id = :id", now.id);
        for (const auto user : now.participant_ids) {
            sql.exec("INSERT INTO participant (user_id, conversation_id) VALUES (:user, :id)", user, now.id);
        }
    }
    const json::object key_before = to_json(visibility_key(before)).as_object();
    const json::object key_after = to_json(visibility_key(now)).as_object();
    if (events_.empty()) event("conversation.updated", 0);
    for (auto& e : events_) {
        e.data["conversation"] = event_facts(now);
        e.before = key_before;
        e.after = key_after;
        write_.append(std::move(e));
    }
    events_.clear();
}

}  // namespace usher::desk
