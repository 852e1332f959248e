#include "inbound/inbound.hpp"

#include "desk/delivery.hpp"
#include "foundation/crypto.hpp"
#include "store/repositories/contacts.hpp"
#include "store/repositories/conversations.hpp"

namespace usher::inbound {
namespace {

using plugins::EmitResult;
using plugins::Message;
using plugins::MessageKind;

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
    if (is_receipt(message.kind))
        co_return co_await receipt(std::move(account), std::move(message), std::move(*arrival));
    // One set for all: what a contact does after a message must not be applied before it, nor the other way round.
    const std::string source = account.id;
    co_return co_await store_.write_set<EmitResult>(ingest_, std::move(*arrival), source);
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
