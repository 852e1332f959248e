#include "inbound/changes.hpp"

#include "desk/contacts.hpp"
#include "desk/conversations.hpp"
#include "foundation/text.hpp"
#include "inbound/contact_facts.hpp"
#include "inbound/inbox_choice.hpp"
#include "inbound/parts.hpp"
#include "store/repositories/contacts.hpp"
#include "store/repositories/conversations.hpp"
#include "store/repositories/entries.hpp"

namespace usher::inbound {
namespace {

using plugins::EmitResult;
using plugins::Message;
using plugins::MessageKind;

constexpr std::size_t kEmojiLength = 32;  // code points

/// The contact's open conversation on this account, locked; or none.
std::optional<Conversation> open_of(store::Session& sql, AccountKey account, const Message& message) {
    const auto identity = store::find_identity(sql, account, message.contact);
    if (!identity) return std::nullopt;
    return store::lock_open_conversation(sql, store::open_key_of(identity->id, message.thread_key));
}

EmitResult answer(const std::optional<Entry>& entry, const std::optional<Conversation>& conversation) {
    EmitResult out;
    if (entry) out.message_id = to_string(entry->id);
    if (conversation) out.conversation_id = to_string(conversation->id);
    return out;
}

/// The contact's own message that an edit, a deletion or a reaction is about.
struct Target {
    Conversation conversation;
    Entry entry;
};
std::optional<Target> target_of(store::Session& sql, AccountKey account, const Message& message) {
    auto id = store::find_by_remote(sql, account, Direction::inbound, message.remote_id);
    if (!id) id = store::find_by_remote(sql, account, Direction::outbound, message.remote_id);
    if (!id) return std::nullopt;
    const auto entry = store::find_entry(sql, *id);
    if (!entry) return std::nullopt;
    auto conversation = store::lock_conversation(sql, entry->conversation_id);
    if (!conversation) return std::nullopt;
    return Target{std::move(*conversation), std::move(*entry)};
}

Result<EmitResult> edit_or_delete(store::Write& write, AccountKey account, const Message& message) {
    auto target = target_of(write.sql(), account, message);
    if (!target || target->entry.direction != Direction::inbound) return EmitResult{};
    // Providers report edits of what nobody sees (a preview that was loaded): those are none here.
    if (message.kind == MessageKind::edit && message.text == target->entry.text)
        return answer(target->entry, target->conversation);
    desk::Change change(write, std::move(target->conversation));
    Entry& entry = target->entry;
    json::object content = entry.content.value_or(json::object{});
    if (message.kind == MessageKind::delete_) {
        content["deleted"] = true;
        entry.text.clear();
    } else {
        content["edited"] = true;
        entry.text = message.text;
    }
    entry.content = std::move(content);
    entry.version += 1;
    store::update_entry(write.sql(), entry);
    change.refresh_preview();
    change.message_event("message.updated", entry);
    change.commit();
    return answer(entry, change.now);
}

/// Whose address it is; somebody new where we never heard of it.
Identity identity_of(store::Write& write, const Arrival& arrival) {
    auto& sql = write.sql();
    const Message& message = arrival.message;
    if (auto known = store::find_identity(sql, arrival.account.key, message.contact)) return std::move(*known);
    Contact contact;
    contact.id = {write.next_id()};
    contact.space_id = arrival.account.space_id;
    contact.created_at = write.now();
    apply_facts(contact, read_contact_facts(message.contact_json), message.contact);
    Identity identity{{write.next_id()},    arrival.account.key, message.contact,
                      arrival.address_hash, contact.id,          write.now()};
    sql.insert(contact);
    sql.insert(identity);
    return identity;
}

/// Our side wrote first, outside of Usher: as if a colleague had begun it here, but nobody's (S2-43).
Conversation begin_by_echo(store::Write& write, const Arrival& arrival) {
    auto& sql = write.sql();
    const Message& message = arrival.message;
    const Identity identity = identity_of(write, arrival);
    Conversation row;
    row.id = {write.next_id()};
    row.space_id = arrival.account.space_id;
    row.inbox_id = InboxChoice().choose(sql, arrival.account, {});
    row.account_id = arrival.account.key;
    row.identity_id = identity.id;
    row.contact_id = identity.contact_id;
    row.open_key = store::open_key_of(identity.id, message.thread_key);
    row.status = ConversationStatus::unanswered;
    row.created_at = row.updated_at = row.last_activity_at = write.now();
    row.version = 0;  // commit() makes it 1
    if (const auto before = store::lock_last_closed(sql, row, message.thread_key)) row.previous_id = before->id;
    sql.insert(row);
    if (!message.thread_key.empty()) store::set_thread_key(sql, row.id, message.thread_key);
    return row;
}

Result<EmitResult> echo(store::Write& write, const Arrival& arrival) {
    auto& sql = write.sql();
    const AccountKey account = arrival.account.key;
    const Message& message = arrival.message;
    if (!message.remote_id.empty()) {  // some providers echo what we sent ourselves
        if (const auto ours = store::find_by_remote(sql, account, Direction::outbound, message.remote_id)) {
            EmitResult out;
            out.message_id = to_string(*ours);
            if (const auto entry = store::find_entry(sql, *ours))
                out.conversation_id = to_string(entry->conversation_id);
            return out;
        }
    }
    auto conversation = open_of(sql, account, message);
    const bool begins = !conversation;
    if (begins) conversation = begin_by_echo(write, arrival);
    desk::Change change(write, std::move(*conversation));
    if (begins) change.event("conversation.created", 0, {{"inbox_id", to_json(change.now.inbox_id)}});
    Entry entry;
    entry.direction = Direction::outbound;
    entry.author_type = AuthorType::system;
    entry.text = message.text;
    if (auto content = parse_json(message.content_json);
        content && content->is_object() && !content->as_object().empty())
        entry.content = content->as_object();
    entry.status = MessageStatus::sent;
    if (message.sent_unix_us > 0) entry.provider_time = Time{std::min(message.sent_unix_us, write.now().us)};
    for (const auto& attachment : attachments_of(write, arrival, change.now.id)) {
        entry.attachment_ids.push_back(attachment.id);
        sql.insert(attachment);
    }
    entry = change.add(std::move(entry));
    if (!message.remote_id.empty())
        store::add_remote(sql, account, Direction::outbound, message.remote_id, entry.id, 0);
    change.message_event("message.created", entry);
    change.commit();
    return answer(entry, change.now);
}

Result<EmitResult> contact_news(store::Write& write, AccountKey account, const Message& message) {
    auto& sql = write.sql();
    const auto identity = store::find_identity(sql, account, message.contact);
    if (!identity) return EmitResult{};
    const auto space = sql.one<SpaceId>("SELECT space_id FROM contact WHERE id = :id", identity->contact_id);
    if (!space) return EmitResult{};
    const ContactFacts facts = read_contact_facts(message.contact_json);
    if (facts.reachability) desk::set_reachability(write, identity->id, *facts.reachability);
    auto contact = store::lock_contact(sql, *space, identity->contact_id);
    if (!contact || !apply_facts(*contact, facts, message.contact)) return EmitResult{};
    contact->version += 1;
    store::update_contact(sql, *contact);
    desk::append_contact_event(write, *contact, "contact.updated");
    return EmitResult{};
}

/// What the contact did that is no message: kept as a badge, so that nothing accepted vanishes.
Result<EmitResult> badge(store::Write& write, AccountKey account, const Message& message, json::object event) {
    auto conversation = open_of(write.sql(), account, message);
    if (!conversation) return EmitResult{};
    desk::Change change(write, std::move(*conversation));
    change.badge({AuthorType::contact, change.now.contact_id.value}, std::move(event));
    change.commit();
    return answer(std::nullopt, change.now);
}

Result<EmitResult> page_view(store::Write& write, AccountKey account, const Message& message) {
    auto conversation = open_of(write.sql(), account, message);
    const auto url = plugins::find(message.attrs, "url");
    if (!conversation || url.empty()) return EmitResult{};
    desk::Change change(write, std::move(*conversation));
    change.now.attributes["page"] = std::string(prefix_utf8(url, 2'000));
    change.commit();
    return answer(std::nullopt, change.now);
}

Result<EmitResult> change_of(store::Write& write, const Arrival& arrival) {
    const AccountKey account = arrival.account.key;
    const Message& message = arrival.message;
    switch (message.kind) {
        case MessageKind::edit:
        case MessageKind::delete_:
            return edit_or_delete(write, account, message);
        case MessageKind::echo:
            return echo(write, arrival);
        case MessageKind::contact:
            return contact_news(write, account, message);
        case MessageKind::page_view:
            return page_view(write, account, message);
        case MessageKind::reaction:
            return badge(write, account, message,
                         {{"type", "reaction"}, {"emoji", prefix_utf8(message.text, kEmojiLength)}});
        case MessageKind::closed: {
            auto conversation = open_of(write.sql(), account, message);
            if (!conversation || !is_open(conversation->status)) return EmitResult{};
            auto done = desk::set_status_as(write, {AuthorType::contact, conversation->contact_id.value},
                                            conversation->id, ConversationStatus::solved);
            if (!done) return done.error();
            return answer(std::nullopt, *done);
        }
        default:
            return badge(write, account, message,
                         {{"type", "unknown"}, {"kind", static_cast<std::int64_t>(message.kind)}});
    }
}

}  // namespace

bool is_message(MessageKind kind) {
    return kind == MessageKind::text || kind == MessageKind::postback;
}

Result<EmitResult> apply_change(store::Write& write, const Arrival& arrival) {
    const AccountKey account = arrival.account.key;
    if (const auto seen = record_seen(write, account, arrival.key_hash, arrival.body_hash, 0)) {
        EmitResult out;
        out.duplicate = seen->same_body;
        out.conflict = !seen->same_body;
        return out;
    }
    return change_of(write, arrival);
}

}  // namespace usher::inbound
