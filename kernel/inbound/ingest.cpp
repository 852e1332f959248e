#include "inbound/ingest.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "desk/assignment.hpp"
#include "desk/change.hpp"
#include "desk/contacts.hpp"
#include "foundation/crypto.hpp"
#include "foundation/text.hpp"
#include "inbound/changes.hpp"
#include "inbound/contact_facts.hpp"
#include "inbound/inbox_choice.hpp"
#include "inbound/parts.hpp"
#include "model/inbox.hpp"
#include "store/repositories/contacts.hpp"
#include "store/repositories/conversations.hpp"
#include "store/repositories/entries.hpp"
#include "store/repositories/sql_builder.hpp"

namespace usher {
namespace {

/// An address as the batch found it, and whether we want to hear of its contact.
struct Sender {
    Identity identity;
    bool blocked = false;
};

}  // namespace

namespace store {

/// The identity's columns, then whether its contact is blocked.
template <>
struct RowOf<Sender> {
    static std::string columns(std::string_view prefix) { return RowOf<Identity>::columns(prefix); }
    static std::vector<Kind> kinds() {
        auto out = RowOf<Identity>::kinds();
        out.push_back(Kind::integer);
        return out;
    }
    static Sender make(std::span<const Value> row) {
        return {RowOf<Identity>::make(row), Column<bool>::fetch(row.back(), "blocked")};
    }
};

}  // namespace store
}  // namespace usher

namespace usher::inbound {
namespace {

using plugins::EmitResult;
using store::SqlBuilder;
using store::Value;

struct SeenRow {
    std::int64_t account_id = 0;
    std::string key_hash, body_hash;
    std::int64_t result_id = 0;
};
BOOST_DESCRIBE_STRUCT(SeenRow, (), (account_id, key_hash, body_hash, result_id))

/// One conversation that this batch writes to.
struct Thread {
    Conversation before;
    Conversation now;
    bool created = false;
    std::vector<Event> events;
};

struct Item {
    const Arrival* in = nullptr;
    std::int64_t entry_id = 0;
    bool fresh = false;
    EmitResult result;
    const Identity* identity = nullptr;
    bool blocked = false;
    Thread* thread = nullptr;
};

using AddressKey = std::pair<std::int64_t, std::string>;  // account, address hash

std::string_view attr(const plugins::Message& m, std::string_view name) {
    return plugins::find(m.attrs, name);
}

void add_event(Thread& thread, std::string type, std::int64_t subject, json::object data) {
    Event e;
    e.type = std::move(type);
    e.space_id = thread.now.space_id;
    e.conversation_id = thread.now.id;
    e.subject_id = subject;
    e.data = std::move(data);
    thread.events.push_back(std::move(e));
}

class Batch {
public:
    Batch(store::Write& write, std::span<const store::SetApplier::Input> inputs) : write_(write), sql_(write.sql()) {
        items_.resize(inputs.size());
        const std::int64_t first = write_.next_ids(static_cast<std::int64_t>(inputs.size()));
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            items_[i].in = static_cast<const Arrival*>(inputs[i].get());
            items_[i].entry_id = first + static_cast<std::int64_t>(i);
        }
    }

    void run() {
        decide_what_is_new();
        if (std::none_of(items_.begin(), items_.end(), [](const Item& i) { return i.fresh; })) return;
        find_identities();
        update_contacts();
        find_conversations();
        append_entries();
        write_conversations();
        answer_doubles();
    }

    std::vector<Item>& items() { return items_; }

private:
    /// The surviving rows of `seen` say what is new; duplicates are answered with the first ids.
    void decide_what_is_new() {
        std::map<AddressKey, Item*> first_of;  // key: account, key hash
        std::vector<std::vector<Value>> rows;
        for (auto& item : items_) {
            const auto [at, fresh] = first_of.emplace(AddressKey{item.in->account.key.value, item.in->key_hash}, &item);
            if (!fresh) continue;
            rows.push_back(
                {item.in->account.key.value, item.in->key_hash, item.in->body_hash, item.entry_id, write_.now().us});
        }
        sql_.insert_values("seen", "account_id, key_hash, body_hash, result_id, at", rows,
                           sql_.on_conflict_nothing("account_id, key_hash", "account_id"));
        std::vector<std::string> keys;
        for (const auto& [key, item] : first_of) keys.push_back(key.second);
        SqlBuilder text;
        text.add("SELECT account_id, key_hash, body_hash, result_id FROM seen WHERE key_hash IN ").bind_list(keys);
        std::map<AddressKey, SeenRow> seen;
        for (auto& row : text.rows<SeenRow>(sql_))
            seen.emplace(AddressKey{row.account_id, row.key_hash}, std::move(row));
        std::vector<EntryId> known;
        for (auto& item : items_) {
            const SeenRow& row = seen.at({item.in->account.key.value, item.in->key_hash});
            item.fresh = row.result_id == item.entry_id;
            if (item.fresh) continue;
            item.result.duplicate = true;
            item.result.conflict = row.body_hash != item.in->body_hash;
            if (item.result.conflict) item.result.duplicate = false;
            item.entry_id = row.result_id;
            item.result.message_id = std::to_string(row.result_id);
            known.push_back({row.result_id});
        }
        if (known.empty()) return;
        std::unordered_map<std::int64_t, std::int64_t> conversation_of;
        for (const auto& entry : store::find_entries(sql_, known))
            conversation_of.emplace(entry.id.value, entry.conversation_id.value);
        for (auto& item : items_) {
            if (item.fresh) continue;
            if (const auto at = conversation_of.find(item.entry_id); at != conversation_of.end()) {
                item.result.conversation_id = std::to_string(at->second);
            }
        }
    }

    /// The same message twice in one batch: the second learns where the first went.
    void answer_doubles() {
        std::unordered_map<std::int64_t, const std::string*> made;
        for (const auto& item : items_) {
            if (item.fresh) made.emplace(item.entry_id, &item.result.conversation_id);
        }
        for (auto& item : items_) {
            const auto at = made.find(item.entry_id);
            if (!item.fresh && at != made.end()) item.result.conversation_id = *at->second;
        }
    }

    void load_identities(const std::vector<std::string>& hashes) {
        SqlBuilder text;
        text.add("SELECT " + store::RowOf<Sender>::columns("i.") +
                 ", COALESCE(c.blocked, 0) FROM identity i LEFT JOIN contact c ON c.id = i.contact_id WHERE "
                 "i.address_hash IN ")
            .bind_list(hashes);
        for (auto& row : text.rows<Sender>(sql_))
            senders_.insert_or_assign({row.identity.account_id.value, row.identity.address_hash}, std::move(row));
    }

    /// Identity first, then a contact only for the identities that this batch won.
    void find_identities() {
        std::map<AddressKey, const Item*> wanted;
        std::vector<std::string> hashes;
        for (const auto& item : items_) {
            if (item.fresh &&
                wanted.emplace(AddressKey{item.in->account.key.value, item.in->address_hash}, &item).second) {
                hashes.push_back(item.in->address_hash);
            }
        }
        load_identities(hashes);
        std::vector<Identity> made;
        std::vector<std::string> made_hashes;
        for (const auto& [key, item] : wanted) {
            if (senders_.contains(key)) continue;
            const std::int64_t ids = write_.next_ids(2);
            made.push_back({{ids},
                            item->in->account.key,
                            item->in->message.contact,
                            item->in->address_hash,
                            {ids + 1},
                            write_.now()});
            made_hashes.push_back(item->in->address_hash);
        }
        if (!made.empty()) {
            sql_.insert(std::span<const Identity>(made), sql_.on_conflict_nothing("account_id, address_hash", "id"));
            load_identities(made_hashes);
            std::vector<Contact> contacts;
            for (const auto& identity : made) {
                const AddressKey key{identity.account_id.value, identity.address_hash};
                if (senders_.at(key).identity.id != identity.id) continue;  // another node was faster
                const Arrival& in = *wanted.at(key)->in;
                Contact contact;
                contact.id = identity.contact_id;
                contact.space_id = in.account.space_id;
                contact.created_at = write_.now();
                apply_facts(contact, read_contact_facts(in.message.contact_json), in.message.contact);
                for (const Item& other : items_) {  // their next message may say more
                    if (!other.fresh || other.in == &in || other.in->message.contact_json.empty()) continue;
                    if (other.in->account.key != in.account.key || other.in->address_hash != in.address_hash) continue;
                    apply_facts(contact, read_contact_facts(other.in->message.contact_json), in.message.contact);
                }
                made_contacts_.insert(contact.id.value);
                contacts.push_back(std::move(contact));
            }
            if (!contacts.empty()) sql_.insert(std::span<const Contact>(contacts));
        }
        for (auto& item : items_) {
            if (!item.fresh) continue;
            Sender& sender = senders_.at({item.in->account.key.value, item.in->address_hash});
            item.identity = &sender.identity;
            item.blocked = sender.blocked;
            if (sender.identity.reachability == Reachability::reachable) continue;
            sender.identity.reachability = Reachability::reachable;  // whoever writes can be written to
            desk::set_reachability(write_, sender.identity.id, Reachability::reachable);
        }
    }

    /// Known contacts learn what a channel newly says of them.
    void update_contacts() {
        std::map<std::int64_t, std::vector<const Item*>> by_contact;
        for (const auto& item : items_) {
            if (item.fresh && !item.in->message.contact_json.empty() &&
                !made_contacts_.contains(item.identity->contact_id.value)) {
                by_contact[item.identity->contact_id.value].push_back(&item);
            }
        }
        if (by_contact.empty()) return;
        std::vector<std::int64_t> ids;
        for (const auto& [id, of] : by_contact) ids.push_back(id);
        SqlBuilder text;
        text.add("SELECT " + store::RowOf<Contact>::columns() + " FROM contact WHERE id IN ")
            .bind_list(ids)
            .add(" ORDER BY id");
        text.add(store::for_update(sql_));
        for (auto& contact : text.rows<Contact>(sql_)) {
            bool changed = false;
            for (const Item* item : by_contact.at(contact.id.value)) {
                changed |=
                    apply_facts(contact, read_contact_facts(item->in->message.contact_json), item->in->message.contact);
            }
            if (!changed) continue;
            contact.version += 1;
            store::update_contact(sql_, contact);
            desk::append_contact_event(write_, contact, "contact.updated");
        }
    }

    void lock_open(const std::vector<std::string>& keys) {
        SqlBuilder text;
        text.add("SELECT " + store::RowOf<Conversation>::columns() + " FROM conversation WHERE open_key IN ")
            .bind_list(keys);
        text.add(" ORDER BY id").add(store::for_update(sql_));
        for (auto& row : text.rows<Conversation>(sql_)) {
            const std::string key = *row.open_key;
            threads_.try_emplace(key, Thread{row, row, false, {}});
        }
    }

    void find_conversations() {
        std::map<std::string, const Item*> wanted;  // by open key; the first item decides how a new one begins
        std::vector<std::string> key_of(items_.size());
        std::vector<std::string> keys;
        for (std::size_t i = 0; i < items_.size(); ++i) {
            if (!items_[i].fresh) continue;
            key_of[i] = store::open_key_of(items_[i].identity->id, items_[i].in->message.thread_key);
            if (wanted.emplace(key_of[i], &items_[i]).second) keys.push_back(key_of[i]);
        }
        lock_open(keys);
        std::vector<Conversation> made;
        std::vector<std::string> made_keys;
        for (const auto& [key, item] : wanted) {
            if (threads_.contains(key)) continue;
            Conversation row = new_conversation(key, *item);
            if (!made_contacts_.contains(row.contact_id.value)) {
                auto closed = store::lock_last_closed(sql_, row, item->in->message.thread_key);
                if (closed && !item->blocked && may_open_again(*closed)) {
                    open_again(key, std::move(*closed));
                    continue;
                }
                if (closed) row.previous_id = closed->id;
            }
            made.push_back(std::move(row));
            made_keys.push_back(key);
        }
        if (!made.empty()) {
            sql_.insert(std::span<const Conversation>(made), sql_.on_conflict_nothing("open_key", "id"));
            lock_open(made_keys);
            for (const auto& row : made) {
                Thread& thread = threads_.at(*row.open_key);
                if (thread.now.id != row.id) continue;  // another node was faster: its conversation is the one
                thread.created = true;
                const std::string& channels_own = wanted.at(*row.open_key)->in->message.thread_key;
                if (!channels_own.empty()) store::set_thread_key(sql_, row.id, channels_own);
                thread.before.status = ConversationStatus::closed;  // counted as nothing before
                add_event(thread, "conversation.created", 0, {{"inbox_id", to_json(row.inbox_id)}});
            }
        }
        for (std::size_t i = 0; i < items_.size(); ++i) {
            if (items_[i].fresh) items_[i].thread = &threads_.at(key_of[i]);
        }
    }

    /// Within its inbox's reopenDays of having been closed.
    bool may_open_again(const Conversation& closed) {
        const auto days =
            sql_.one<std::int64_t>("SELECT reopen_days FROM inbox WHERE id = :id", closed.inbox_id).value_or(0);
        const Time at = closed.closed_at.value_or(closed.updated_at);
        return days > 0 && write_.now() - at <= std::chrono::hours(24 * days);
    }

    void open_again(const std::string& key, Conversation closed) {
        Thread thread{closed, std::move(closed), false, {}};
        thread.now.open_key = key;
        thread.now.closed_at.reset();
        threads_.emplace(key, std::move(thread));
    }

    Conversation new_conversation(const std::string& key, const Item& item) {
        const auto& message = item.in->message;
        const ContactFacts facts = read_contact_facts(message.contact_json);
        RouteFacts route{std::string(attr(message, "url")), message.text, facts.verified, facts.claimed};
        Conversation row;
        row.id = {write_.next_id()};
        row.space_id = item.in->account.space_id;
        row.inbox_id = inbox_choice_.choose(sql_, item.in->account, route);
        row.account_id = item.in->account.key;
        row.identity_id = item.identity->id;
        row.contact_id = item.identity->contact_id;
        row.open_key = key;
        // A blocked contact's is kept where nobody waits for it; once they are not blocked, their next word opens it.
        row.status = item.blocked ? ConversationStatus::solved : ConversationStatus::active;
        if (!route.url.empty()) row.attributes["url"] = std::string(prefix_utf8(route.url, 2'000));
        if (const auto title = attr(message, "title"); !title.empty())
            row.attributes["title"] = std::string(prefix_utf8(title, 300));
        if (!facts.claimed.empty()) {
            json::object claimed;
            for (const auto& [name, value] : facts.claimed) claimed[name] = value;
            row.attributes["claimed"] = std::move(claimed);
        }
        row.subject = subject_of(message);
        row.created_at = row.updated_at = row.last_activity_at = write_.now();
        row.version = 0;
        return row;
    }

    static std::optional<std::string> subject_of(const plugins::Message& message) {
        if (message.content_json.empty()) return std::nullopt;
        const auto content = parse_json(message.content_json);
        if (!content || !content->is_object()) return std::nullopt;
        const auto* subject = content->get_object().if_contains("subject");
        if (!subject || !subject->is_string() || subject->get_string().empty() ||
            subject->get_string().find('\0') != json::string::npos) {
            return std::nullopt;
        }
        return std::string(
            prefix_utf8(std::string_view(subject->get_string().data(), subject->get_string().size()), 250));
    }

    EntryId reply_target(const plugins::AccountRef& account, const plugins::Message& message,
                         ConversationId conversation) {
        std::optional<EntryId> target;
        if (!message.reply_to_remote_id.empty()) {
            target = store::find_by_remote(sql_, account.key, Direction::outbound, message.reply_to_remote_id);
            if (!target)
                target = store::find_by_remote(sql_, account.key, Direction::inbound, message.reply_to_remote_id);
        }
        if (!target) {
            if (auto id = parse_id(attr(message, "reply_to_message_id"))) target = EntryId{*id};
        }
        if (!target || !store::find_entry(sql_, conversation, *target)) return {};
        return *target;
    }

    std::vector<AttachmentId> add_attachments(const Item& item) {
        std::vector<AttachmentId> ids;
        for (auto& a : attachments_of(write_, *item.in, item.thread->now.id)) {
            ids.push_back(a.id);
            attachments_.push_back(std::move(a));
        }
        return ids;
    }

    void add_badge(Thread& thread, AuthorType author, std::int64_t author_id, json::object event) {
        Entry badge;
        badge.id = {write_.next_id()};
        badge.conversation_id = thread.now.id;
        badge.seq = ++thread.now.last_seq;
        badge.kind = EntryKind::event;
        badge.author_type = author;
        badge.author_id = author_id;
        badge.event = std::move(event);
        badge.created_at = write_.now();
        add_event(thread, "entry.created", badge.id.value, {{"seq", badge.seq}});
        entries_.push_back(std::move(badge));
    }

    /// A contact's word makes it active again, whatever it was (S2-44); its badge comes before the message.
    void reopen(Thread& thread, std::int64_t contact) {
        const ConversationStatus from = thread.now.status;
        if (from == ConversationStatus::active) return;
        thread.now.status = after_inbound(from);
        thread.now.snooze_until.reset();
        thread.now.resolved_at.reset();
        thread.now.resolved_by.reset();
        json::object change{{"from", to_json(from)}, {"to", to_json(thread.now.status)}};
        json::object badge = change;
        badge["type"] = "status_changed";
        add_badge(thread, AuthorType::contact, contact, std::move(badge));
        add_event(thread, "conversation.status", 0, std::move(change));
        if (!takes_capacity(from)) leave_who_is_gone(thread);
    }

    /// It comes back to whoever had it; but not to somebody who no longer works here: nobody would see it.
    void leave_who_is_gone(Thread& thread) {
        const UserId gone = thread.now.assignee_id;
        if (!gone || desk::may_hold(sql_, thread.now.space_id, gone, thread.now.inbox_id)) return;
        thread.now.assignee_id = {};
        json::object change{{"from", to_json(gone)}, {"to", nullptr}};
        json::object badge = change;
        badge["type"] = "unassigned";
        add_badge(thread, AuthorType::system, 0, std::move(badge));
        add_event(thread, "conversation.unassigned", 0, std::move(change));
    }

    void append_entries() {
        std::vector<std::vector<Value>> remotes;
        for (auto& item : items_) {
            if (!item.fresh) continue;
            const auto& message = item.in->message;
            Thread& thread = *item.thread;
            if (!item.blocked) reopen(thread, item.identity->contact_id.value);
            auto& now = thread.now;
            Entry entry;
            entry.id = {item.entry_id};
            entry.conversation_id = now.id;
            entry.seq = ++now.last_seq;
            entry.author_id = item.identity->contact_id.value;
            entry.text = message.text;
            if (!message.content_json.empty()) {
                if (auto content = parse_json(message.content_json); content && content->is_object())
                    entry.content = content->get_object();
            }
            entry.attachment_ids = add_attachments(item);
            if (message.sent_unix_us > 0) entry.provider_time = Time{std::min(message.sent_unix_us, write_.now().us)};
            if (!message.reply_to_remote_id.empty() || !attr(message, "reply_to_message_id").empty()) {
                entry.reply_to_id = reply_target(item.in->account, message, now.id);
            }
            if (const auto key = attr(message, "client_id"); !key.empty())
                entry.client_key = std::string(prefix_utf8(key, 200));
            entry.created_at = write_.now();

            now.last_text = desk::preview_of(entry);
            now.last_direction = Direction::inbound;
            now.last_author_type = AuthorType::contact;
            now.last_message_at = now.last_activity_at = entry.created_at;
            if (!item.blocked) {
                now.unread_count += 1;
                if (!now.waiting_since) now.waiting_since = entry.created_at;
            }
            if (!now.subject) now.subject = subject_of(message);
            if (const auto url = attr(message, "url"); !url.empty())
                now.attributes["page"] = std::string(prefix_utf8(url, 2'000));
            if (!message.remote_id.empty()) {
                remotes.push_back({item.in->account.key.value, std::int64_t{0}, crypto::sha256_hex(message.remote_id),
                                   entry.id.value, std::int64_t{0}, message.remote_id});
            }
            add_event(thread, item.blocked ? "message.blocked" : "message.received", entry.id.value,
                      {{"message", desk::event_facts(entry)}});
            item.result.message_id = to_string(entry.id);
            item.result.conversation_id = to_string(now.id);
            entries_.push_back(std::move(entry));
        }
        sql_.insert(std::span<const Entry>(entries_));
        if (!attachments_.empty()) sql_.insert(std::span<const Attachment>(attachments_));
        if (!remotes.empty()) {
            sql_.insert_values("message_remote", "account_id, direction, remote_hash, message_id, part, remote_id",
                               remotes, sql_.on_conflict_nothing("account_id, direction, remote_hash", "account_id"));
        }
    }

    void write_conversations() {
        std::vector<Conversation> rows;
        std::vector<std::vector<Value>> waits;
        for (auto& [key, thread] : threads_) {
            if (thread.now.last_seq == thread.before.last_seq) continue;
            thread.now.version += 1;
            thread.now.updated_at = write_.now();
            rows.push_back(thread.now);
            if (desk::needs_routing(thread.now) && (thread.created || !desk::needs_routing(thread.before))) {
                const bool was_theirs = thread.before.assignee_id != thread.now.assignee_id;
                waits.push_back({thread.now.id.value, thread.now.inbox_id.value, write_.now().us,
                                 static_cast<std::int64_t>(desk::wait_reason(thread.before, thread.now)),
                                 store::bind_value(was_theirs ? thread.before.assignee_id : UserId{})});
            }
            if (thread.now.assignee_id && takes_capacity(thread.now.status) && !takes_capacity(thread.before.status)) {
                desk::change_load(write_, thread.now.assignee_id, +1);
            }
        }
        std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
        store::update_conversations(sql_, rows);
        if (!waits.empty()) {
            sql_.insert_values("routing_wait", "conversation_id, inbox_id, since, reason, from_user_id", waits,
                               sql_.on_conflict_nothing("conversation_id", "conversation_id"));
        }
        for (auto& [key, thread] : threads_) {
            const json::object before = to_json(visibility_key(thread.before)).as_object();
            const json::object after = to_json(visibility_key(thread.now)).as_object();
            for (auto& e : thread.events) {
                e.data["conversation"] = desk::event_facts(thread.now);
                e.before = before;
                e.after = after;
                write_.append(std::move(e));
            }
        }
    }

    store::Write& write_;
    store::Session& sql_;
    std::vector<Item> items_;
    std::map<AddressKey, Sender> senders_;
    std::set<std::int64_t> made_contacts_;
    std::map<std::string, Thread> threads_;
    std::vector<Entry> entries_;
    std::vector<Attachment> attachments_;
    InboxChoice inbox_choice_;
};

}  // namespace

/// Messages wait to be applied together; a change that may be about one of them comes after it, and before those that
/// came later: so each contact's doings keep their order, whatever shares the batch.
std::vector<Result<store::SetApplier::Output>> Ingest::apply(store::Write& write, std::span<const Input> inputs) {
    std::vector<Result<Output>> out(inputs.size(), Output());
    std::vector<Input> waiting;
    std::vector<std::size_t> places;
    std::set<AddressKey> senders, remotes;
    const auto apply_waiting = [&] {
        if (waiting.empty()) return;
        Batch batch(write, waiting);
        batch.run();
        for (std::size_t i = 0; i < places.size(); ++i)
            out[places[i]] = Output(std::make_shared<EmitResult>(std::move(batch.items()[i].result)));
        waiting.clear();
        places.clear();
        senders.clear();
        remotes.clear();
    };
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const auto& arrival = *static_cast<const Arrival*>(inputs[i].get());
        const AddressKey sender{arrival.account.key.value, arrival.address_hash};
        const AddressKey remote{arrival.account.key.value, arrival.message.remote_id};
        if (is_message(arrival.message.kind)) {
            waiting.push_back(inputs[i]);
            places.push_back(i);
            senders.insert(sender);
            if (!remote.second.empty()) remotes.insert(remote);
            continue;
        }
        if (senders.contains(sender) || remotes.contains(remote)) apply_waiting();
        auto done = apply_change(write, arrival);
        if (done) {
            out[i] = Output(std::make_shared<EmitResult>(std::move(*done)));
        } else {
            out[i] = done.error();
        }
    }
    apply_waiting();
    return out;
}

}  // namespace usher::inbound
