#include "desk/delivery.hpp"

#include "desk/contacts.hpp"
#include "foundation/crypto.hpp"
#include "foundation/text.hpp"
#include "store/repositories/accounts.hpp"
#include "store/repositories/contacts.hpp"
#include "store/repositories/conversations.hpp"
#include "store/repositories/entries.hpp"

namespace usher::store {
template <>
inline constexpr std::string_view kTable<desk::OutboxRow> = "outbox";
}

namespace usher::desk {
namespace {

struct PendingReceipt {
    std::int64_t id = 0;
    MessageStatus status = MessageStatus::sent;
    std::optional<std::string> failure_code;
    std::optional<std::string> failure_text;
};
BOOST_DESCRIBE_STRUCT(PendingReceipt, (), (id, status, failure_code, failure_text))

constexpr std::size_t kCodeLength = 100;  // characters of failure_code

/// A channel's word on a failure, cut to what its columns hold.
void set_failure(Entry& entry, std::string_view code, std::optional<std::string> text) {
    entry.failure_code = std::string(prefix_utf8(code, kCodeLength));
    entry.failure_text = std::move(text);
}

/// Waits in the outbox, or is on its way out of it.
bool waits_to_be_sent(const Entry& entry) {
    return entry.status == MessageStatus::held || entry.status == MessageStatus::scheduled ||
           entry.status == MessageStatus::queued || entry.status == MessageStatus::sending;
}

/// The codes by which channels say that it is the contact who cannot be written to (sdk/ABI.md).
std::optional<Reachability> reachability_of(std::string_view code) {
    if (code == "contact_unreachable") return Reachability::unreachable;
    if (code == "recipient_blocked") return Reachability::blocked_us;
    return std::nullopt;
}

void move_to(Change& change, Entry& entry, MessageStatus to) {
    const MessageStatus from = entry.status;
    entry.status = to;
    entry.version += 1;
    store::update_entry(change.write().sql(), entry);
    change.message_event("message.status", entry, {{"from", to_json(from)}, {"to", to_json(to)}});
}

/// The message and its locked conversation; nullopt when either is gone.
std::optional<std::pair<Conversation, Entry>> lock_message(store::Session& sql, EntryId id) {
    const auto first = store::find_entry(sql, id);
    if (!first) return std::nullopt;
    auto conversation = store::lock_conversation(sql, first->conversation_id);
    auto entry = store::find_entry(sql, id);  // again, now that nobody else changes it
    if (!conversation || !entry) return std::nullopt;
    return std::pair{std::move(*conversation), std::move(*entry)};
}

/// Also true of an answer to a conversation that was solved before the answer left.
bool follows_a_customer(store::Session& sql, const Entry& entry) {
    return sql
        .one<std::int64_t>(
            "SELECT id FROM entry WHERE conversation_id = :id AND seq < :seq AND kind = 0 AND direction = 0 LIMIT 1",
            entry.conversation_id, entry.seq)
        .has_value();
}

void apply(Change& change, Entry& entry, const PendingReceipt& receipt) {
    const auto to = after_receipt(entry.status, receipt.status);
    if (!to) return;
    if (*to == MessageStatus::failed) {
        set_failure(entry, receipt.failure_code.value_or("failed"), receipt.failure_text);
        if (const auto they = reachability_of(*entry.failure_code))
            set_reachability(change.write(), change.now.identity_id, *they);
    } else {
        entry.failure_code.reset();
        entry.failure_text.reset();
    }
    move_to(change, entry, *to);
    // Nothing is left to try; an attempt that runs right now finds this when it settles.
    change.write().sql().exec("DELETE FROM outbox WHERE message_id = :id AND state = 0", entry.id);
}

/// Fails what would go to somebody whom the provider does not reach. False: they can be written to.
bool fail_unreachable(store::Write& write, const Identity& identity, Conversation& conversation, Entry& entry) {
    if (identity.reachability == Reachability::reachable) return false;
    write.sql().exec("DELETE FROM outbox WHERE message_id = :id", entry.id);
    if (entry.kind != EntryKind::message) return true;
    const bool blocked = identity.reachability == Reachability::blocked_us;
    Change change(write, std::move(conversation));
    set_failure(entry, blocked ? "recipient_blocked" : "contact_unreachable",
                blocked ? "This contact has blocked us on this channel. They are reachable again once they write."
                        : "This contact cannot be reached on this channel. They are reachable again once they write.");
    move_to(change, entry, MessageStatus::failed);
    change.commit();
    return true;
}

}  // namespace

void tell_customer_closed(store::Write& write, const Conversation& c, const Entry& badge) {
    const auto account = store::find_account(write.sql(), c.account_id);
    if (account && account->deleted_at) return;  // nothing would ever take it
    write.sql().insert(OutboxRow{badge.id, c.account_id, c.id, badge.seq, 0, 0, 0, write.now(), std::nullopt,
                                 write.now(), OutboxKind::closed});
}

Result<std::optional<Taken>> take_for_sending(store::Write& write, EntryId message) {
    auto& sql = write.sql();
    auto row = sql.one<OutboxRow>("WHERE message_id = :id", message);
    if (!row || row->state != 0 || row->due_at > write.now()) return std::optional<Taken>();
    auto found = lock_message(sql, message);
    const bool message_kind = row->kind == OutboxKind::text;
    if (!found || (message_kind && !waits_to_be_sent(found->second))) {  // settled otherwise: must not hold up others
        sql.exec("DELETE FROM outbox WHERE message_id = :id", message);
        return std::optional<Taken>();
    }
    auto& [conversation, entry] = *found;
    if (sql.one<std::int64_t>(
            "SELECT message_id FROM outbox WHERE conversation_id = :conversation AND seq < :seq LIMIT 1",
            conversation.id, row->seq)) {
        return std::optional<Taken>();
    }
    const auto identity = sql.one<Identity>("WHERE id = :id", conversation.identity_id);
    if (identity && fail_unreachable(write, *identity, conversation, entry)) return std::optional<Taken>();
    Change change(write, std::move(conversation));
    if (row->out_seq == 0) row->out_seq = ++change.now.out_seq;
    row->attempt += 1;
    row->state = 1;
    if (!row->first_attempt_at) row->first_attempt_at = write.now();
    sql.exec(
        "UPDATE outbox SET state = 1, attempt = :attempt, out_seq = :out_seq, first_attempt_at = :first WHERE "
        "message_id = :id",
        row->attempt, row->out_seq, row->first_attempt_at, message);
    // It answers what stood there when it was written; a message that came meanwhile still waits (X-DF-01, X-DF-02).
    if (message_kind && entry.author_type == AuthorType::agent) {
        if (!change.now.first_response_at && follows_a_customer(sql, entry)) {
            change.now.first_response_at = entry.created_at;
        }
        if (change.now.waiting_since && *change.now.waiting_since <= entry.created_at) change.now.waiting_since.reset();
    }
    if (message_kind && entry.status != MessageStatus::sending) move_to(change, entry, MessageStatus::sending);
    change.commit();

    Taken taken;
    taken.row = *row;
    if (identity) taken.address = identity->address;
    taken.thread_key = store::thread_key_of(sql, change.now.id);
    taken.remote_id = store::remote_id_of(sql, message);
    if (entry.reply_to_id) taken.reply_to_remote_id = store::remote_id_of(sql, entry.reply_to_id);
    if (entry.author_type == AuthorType::agent) {
        taken.author_name = sql.one<std::string>("SELECT name FROM users WHERE id = :id", entry.author_id).value_or("");
    }
    taken.attachments = store::find_attachments(sql, entry.attachment_ids);
    taken.conversation = change.now;
    taken.entry = std::move(entry);
    return std::optional(std::move(taken));
}

Result<void> settle_sent(store::Write& write, EntryId message, const std::vector<std::string>& remote_ids,
                         MessageStatus status) {
    auto& sql = write.sql();
    auto found = lock_message(sql, message);
    sql.exec("DELETE FROM outbox WHERE message_id = :id", message);
    if (!found || found->second.kind != EntryKind::message) return {};
    auto& [conversation, entry] = *found;
    const AccountKey account = conversation.account_id;
    Change change(write, std::move(conversation));
    for (std::size_t i = 0; i < remote_ids.size(); ++i) {
        if (!remote_ids[i].empty())
            store::add_remote(sql, account, Direction::outbound, remote_ids[i], message, static_cast<int>(i));
    }
    // A receipt may have come before send's own answer: it stays.
    if (rank_of(entry.status) == 0 && entry.status != MessageStatus::failed) {
        entry.failure_code.reset();
        entry.failure_text.reset();
        move_to(change, entry, status);
    }
    for (const auto& remote : remote_ids) {
        const std::string hash = crypto::sha256_hex(remote);
        for (const auto& pending :
             sql.rows<PendingReceipt>("SELECT id, status, failure_code, failure_text FROM pending_receipt WHERE "
                                      "account_id = :account AND remote_hash = :hash ORDER BY id",
                                      account, hash)) {
            apply(change, entry, pending);
            sql.exec("DELETE FROM pending_receipt WHERE id = :id", pending.id);
        }
    }
    change.commit();
    return {};
}

Result<void> settle_later(store::Write& write, EntryId message, Time due) {
    auto& sql = write.sql();
    auto found = lock_message(sql, message);
    const bool news = found && found->second.kind != EntryKind::message;
    if (!found || (!news && !waits_to_be_sent(found->second))) {  // a receipt settled it while the attempt ran
        sql.exec("DELETE FROM outbox WHERE message_id = :id", message);
        return {};
    }
    sql.exec("UPDATE outbox SET state = 0, due_at = :due WHERE message_id = :id", due, message);
    if (news || found->second.status != MessageStatus::sending) return {};
    Change change(write, std::move(found->first));
    move_to(change, found->second, MessageStatus::queued);
    change.commit();
    return {};
}

Result<void> settle_ended(store::Write& write, EntryId message, MessageStatus status, std::string code,
                          std::string text) {
    auto& sql = write.sql();
    sql.exec("DELETE FROM outbox WHERE message_id = :id", message);
    auto found = lock_message(sql, message);
    if (!found) return {};
    auto& [conversation, entry] = *found;
    if (entry.kind != EntryKind::message || !waits_to_be_sent(entry)) return {};  // a receipt knew better
    if (const auto they = reachability_of(code)) set_reachability(write, conversation.identity_id, *they);
    Change change(write, std::move(conversation));
    set_failure(entry, code, std::move(text));
    move_to(change, entry, status);
    change.commit();
    return {};
}

Result<ReceiptResult> apply_receipt(store::Write& write, const Receipt& receipt) {
    auto& sql = write.sql();
    std::optional<EntryId> id;
    if (receipt.message_id) {
        const auto entry = store::find_entry(sql, receipt.message_id);
        if (entry && entry->direction == Direction::outbound && entry->kind == EntryKind::message) {
            const auto account =
                sql.one<AccountKey>("SELECT account_id FROM conversation WHERE id = :id", entry->conversation_id);
            if (account == receipt.account_id) id = receipt.message_id;
        }
    }
    if (!id && !receipt.remote_id.empty())
        id = store::find_by_remote(sql, receipt.account_id, Direction::outbound, receipt.remote_id);
    if (!id) {
        if (receipt.remote_id.empty()) return ReceiptResult{};  // an id of ours that is not one will never be
        auto code = receipt.failure_code;
        if (code) code = std::string(prefix_utf8(*code, kCodeLength));
        const std::vector<std::vector<store::Value>> row{
            {write.next_id(), receipt.account_id.value, crypto::sha256_hex(receipt.remote_id),
             static_cast<std::int64_t>(receipt.status), store::bind_value(code),
             store::bind_value(receipt.failure_text), write.now().us}};
        sql.insert_values("pending_receipt", "id, account_id, remote_hash, status, failure_code, failure_text, at",
                          row);
        return ReceiptResult{};
    }
    auto found = lock_message(sql, *id);
    if (!found) return ReceiptResult{};
    auto& [conversation, entry] = *found;
    if (!receipt.contact.empty()) {
        const auto identity = store::find_identity(sql, receipt.account_id, receipt.contact);
        if (!identity || identity->id != conversation.identity_id) return ReceiptResult{{}, {}, "other_contact"};
    }
    ReceiptResult result{entry.id, conversation.id, {}};
    const PendingReceipt facts{0, receipt.status, receipt.failure_code, receipt.failure_text};
    const bool changes = after_receipt(entry.status, receipt.status).has_value();
    if (!changes) result.ignored = receipt.status == MessageStatus::failed ? "after_delivered" : "lower_rank";
    std::vector<Entry> earlier;
    if (receipt.status == MessageStatus::read) {
        earlier = sql.rows<Entry>(
            "WHERE conversation_id = :id AND seq < :seq AND kind = 0 AND direction = 1 AND status IN (5, 6, 9) ORDER "
            "BY seq DESC LIMIT 100",
            conversation.id, entry.seq);
    }
    if (!changes && earlier.empty()) return result;
    Change change(write, std::move(conversation));
    if (changes) apply(change, entry, facts);
    for (auto& before : earlier) apply(change, before, facts);
    change.commit();
    return result;
}

}  // namespace usher::desk
