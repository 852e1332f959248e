#include "inbound/inbound.hpp"

#include "desk/conversations.hpp"
#include "desk/delivery.hpp"
#include "foundation/crypto.hpp"
#include "foundation/log.hpp"
#include "foundation/text.hpp"
#include "inbound/contact_facts.hpp"
#include "store/repositories/contacts.hpp"
#include "store/repositories/conversations.hpp"
#include "store/repositories/entries.hpp"

namespace usher::inbound {
namespace {

using plugins::EmitResult;
using plugins::Message;
using plugins::MessageKind;

constexpr std::size_t kEmojiLength = 32;  // code points

json::object object_in(const std::string& text) {
    if (text.empty()) return {};
    auto parsed = parse_json(text);
    return parsed && parsed->is_object() ? parsed->get_object() : json::object{};
}

std::optional<std::string> text_in(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    if (!value || !value->is_string()) return std::nullopt;
    return std::string(value->get_string().data(), value->get_string().size());
}

MessageStatus status_of(MessageKind kind) {
    switch (kind) {
        case MessageKind::delivered:
            return MessageStatus::delivered;
        case MessageKind::read:
            return MessageStatus::read;
        case MessageKind::failed:
            return MessageStatus::failed;
        default:
            return MessageStatus::sent;
    }
}

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

Result<EmitResult> echo(store::Write& write, AccountKey account, const Message& message) {
    if (!message.remote_id.empty()) {  // some providers echo what we sent ourselves
        if (const auto ours = store::find_by_remote(write.sql(), account, Direction::outbound, message.remote_id)) {
            EmitResult out;
            out.message_id = to_string(*ours);
            if (const auto entry = store::find_entry(write.sql(), *ours))
                out.conversation_id = to_string(entry->conversation_id);
            return out;
        }
    }
    auto conversation = open_of(write.sql(), account, message);
    if (!conversation) return EmitResult{};  // our side wrote outside to somebody who has no conversation here
    desk::Change change(write, std::move(*conversation));
    Entry entry;
    entry.direction = Direction::outbound;
    entry.author_type = AuthorType::system;
    entry.text = message.text;
    entry.status = MessageStatus::sent;
    entry = change.add(std::move(entry));
    if (!message.remote_id.empty())
        store::add_remote(write.sql(), account, Direction::outbound, message.remote_id, entry.id, 0);
    change.message_event("message.created", entry);
    change.commit();
    return answer(entry, change.now);
}

Result<EmitResult> contact_news(store::Write& write, AccountKey account, const Message& message) {
    const auto identity = store::find_identity(write.sql(), account, message.contact);
    if (!identity) return EmitResult{};
    const auto space = write.sql().one<SpaceId>("SELECT space_id FROM contact WHERE id = :id", identity->contact_id);
    auto contact = space ? store::lock_contact(write.sql(), *space, identity->contact_id) : std::nullopt;
    if (!contact || !apply_facts(*contact, read_contact_facts(message.contact_json), message.contact))
        return EmitResult{};
    contact->version += 1;
    store::update_contact(write.sql(), *contact);
    Event e;
    e.type = "contact.updated";
    e.space_id = contact->space_id;
    e.subject_id = contact->id.value;
    e.data = {{"contact_id", to_json(contact->id)}, {"version", contact->version}};
    write.append(std::move(e));
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

Result<EmitResult> apply_one(store::Write& write, AccountKey account, const Message& message) {
    switch (message.kind) {
        case MessageKind::edit:
        case MessageKind::delete_:
            return edit_or_delete(write, account, message);
        case MessageKind::echo:
            return echo(write, account, message);
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

bool is_message(MessageKind kind) {
    return kind == MessageKind::text || kind == MessageKind::postback;
}
bool is_receipt(MessageKind kind) {
    return kind == MessageKind::sent || kind == MessageKind::delivered || kind == MessageKind::read ||
           kind == MessageKind::failed;
}

}  // namespace

Inbound::Inbound(store::Store& store, asio::any_io_executor executor) : store_(store), tasks_(std::move(executor)) {}
Inbound::~Inbound() = default;

void Inbound::on_typing(OnTyping listener) {
    const std::lock_guard lock(mutex_);
    on_typing_ = std::make_shared<const OnTyping>(std::move(listener));
}
Task<void> Inbound::stop() {
    return tasks_.stop();
}

Task<Result<EmitResult>> Inbound::emit(plugins::AccountRef account, Message message) {
    const bool named = !message.contact.empty();
    if (is_receipt(message.kind) && !named) message.contact = "-";  // receipts name a message, not always a person
    if (message.kind == MessageKind::page_view && message.dedupe_key.empty())
        message.dedupe_key = crypto::random_token(16);
    auto arrival = make_arrival(account, message);
    if (!arrival) co_return arrival.error();
    if (!named) message.contact.clear();
    const std::string source = account.id;
    if (is_message(message.kind)) {
        co_return co_await store_.write_set<EmitResult>(ingest_, std::move(*arrival), source);
    }
    if (is_receipt(message.kind))
        co_return co_await receipt(std::move(account), std::move(message), std::move(*arrival));
    co_return co_await change_of(std::move(account), std::move(message), std::move(*arrival));
}

Task<Result<EmitResult>> Inbound::receipt(plugins::AccountRef account, Message message, Arrival arrival) {
    desk::Receipt facts;
    facts.account_id = account.key;
    facts.remote_id = message.remote_id;
    if (auto id = parse_id(message.id)) facts.message_id = {*id};
    facts.status = status_of(message.kind);
    facts.contact = message.contact;
    if (facts.remote_id.empty() && !facts.message_id)
        co_return Error{Errc::validation, "a receipt needs remote_id or id"};
    const json::object content = object_in(message.content_json);
    if (facts.status == MessageStatus::failed) {
        facts.failure_code = text_in(content, "reason_code").value_or("failed");
        facts.failure_text = text_in(content, "reason_text");
    }
    const std::string source = account.id;
    auto work = [facts, arrival](store::Write& write) -> Result<EmitResult> {
        if (const auto seen = record_seen(write, facts.account_id, arrival.key_hash, arrival.body_hash, 0)) {
            EmitResult out;
            out.duplicate = seen->same_body;
            out.conflict = !seen->same_body;
            return out;
        }
        auto done = desk::apply_receipt(write, facts);
        if (!done) return done.error();
        EmitResult out;
        if (done->message_id) out.message_id = to_string(done->message_id);
        if (done->conversation_id) out.conversation_id = to_string(done->conversation_id);
        out.ignored = done->ignored;
        return out;
    };
    co_return co_await store_.write(std::move(work), source);
}

Task<Result<EmitResult>> Inbound::change_of(plugins::AccountRef account, Message message, Arrival arrival) {
    const AccountKey key = account.key;
    const std::string source = account.id;
    auto work = [key, message = std::move(message),
                 arrival = std::move(arrival)](store::Write& write) -> Result<EmitResult> {
        if (const auto seen = record_seen(write, key, arrival.key_hash, arrival.body_hash, 0)) {
            EmitResult out;
            out.duplicate = seen->same_body;
            out.conflict = !seen->same_body;
            return out;
        }
        return apply_one(write, key, message);
    };
    co_return co_await store_.write(std::move(work), source);
}

void Inbound::typing(plugins::AccountRef account, Message message) {
    std::shared_ptr<const OnTyping> listener;
    {
        const std::lock_guard lock(mutex_);
        listener = on_typing_;
    }
    if (!listener || !*listener) return;
    auto* store = &store_;
    const json::object content = object_in(message.content_json);
    const bool started = text_in(content, "state").value_or("started") != "stopped";
    tasks_.spawn("typing", [store, listener, account, message, started]() -> Task<void> {
        auto look = [account, message](store::Session& sql) -> std::optional<Typing> {
            const auto identity = store::find_identity(sql, account.key, message.contact);
            if (!identity) return std::nullopt;
            const auto row =
                sql.one<Conversation>("WHERE open_key = :key", store::open_key_of(identity->id, message.thread_key));
            if (!row) return std::nullopt;
            const auto name = sql.one<std::string>("SELECT name FROM contact WHERE id = :id", row->contact_id);
            return Typing{row->id, visibility_key(*row), row->contact_id, name.value_or(""), true};
        };
        auto found = co_await store->read(std::move(look));
        if (!found || !*found) co_return;  // may be lost: nothing durable here
        (*found)->started = started;
        (*listener)(**found);
    });
}

}  // namespace usher::inbound
