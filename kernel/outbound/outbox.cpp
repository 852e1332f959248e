#include "outbound/outbox.hpp"

#include <map>
#include <mutex>
#include <random>
#include <set>

#include "desk/delivery.hpp"
#include "foundation/log.hpp"
#include "outbound/retry.hpp"
#include "store/repositories/accounts.hpp"
#include "store/repositories/conversations.hpp"
#include "store/repositories/entries.hpp"

namespace usher::outbound {
namespace {

constexpr std::chrono::seconds kAttachmentUrlLifetime{7 * 86'400};  // open-channel sheet, "From us"
constexpr std::chrono::seconds kIdleWait{30};
constexpr std::chrono::seconds kLookForAccount{1};
constexpr std::chrono::seconds kNotRunningWait{5};
constexpr int kLookahead = 256;  // of one account

struct Due {
    EntryId message_id;
    AccountKey account_id;
    ConversationId conversation_id;
    Time due_at;
};
BOOST_DESCRIBE_STRUCT(Due, (), (message_id, account_id, conversation_id, due_at))

bool flag_in(const json::object& object, const char* name) {
    const auto* value = object.if_contains(name);
    return value && value->is_bool() && value->get_bool();
}

bool sends_kind(const json::object& capabilities, std::string_view kind) {
    const auto* kinds = capabilities.if_contains("kinds");
    if (!kinds || !kinds->is_array()) return kind == "text";
    for (const auto& k : kinds->get_array()) {
        if (k.is_string() && std::string_view(k.get_string().data(), k.get_string().size()) == kind) return true;
    }
    return false;
}

std::string author_json(AuthorType type, const std::string& name) {
    return write_json(json::object{{"type", to_json(type)}, {"name", name}});
}

}  // namespace

struct Outbox::Impl : std::enable_shared_from_this<Outbox::Impl> {
    Impl(store::Store& s, plugins::Registry& r, Clock& c, asio::any_io_executor executor, Options o)
        : store(s), registry(r), clock(c), options(std::move(o)), tasks(std::move(executor)) {}

    struct Account {
        std::string slug;
        std::size_t in_flight = 0;
        int failures = 0;  // in a row, of what the account as a whole is about
        Time held_until;   // no sends before
    };

    store::Store& store;
    plugins::Registry& registry;
    Clock& clock;
    Options options;
    Signal wake;
    std::mutex mutex;  // of what stands below
    std::map<std::int64_t, Account> accounts;
    std::set<std::int64_t> in_flight;
    std::mt19937 random{std::random_device{}()};
    bool stopping = false;
    std::vector<std::tuple<EntryId, std::string>> interrupted;  // attempts of the last process, by account; run()'s own
    TaskScope tasks;

    Task<void> run() {
        auto self = shared_from_this();
        while (!(co_await recover()) && !stopped()) co_await sleep_for(std::chrono::seconds(1));
        while (!stopped()) {
            co_await settle_interrupted();
            auto wait = co_await round();
            if (!interrupted.empty()) wait = std::min<std::chrono::steady_clock::duration>(wait, kLookForAccount);
            co_await wake.wait(wait);
        }
    }

    bool stopped() {
        const std::lock_guard lock(mutex);
        return stopping;
    }

    /// Attempts that ran when the last process ended: repeated, or unknown.
    Task<bool> recover() {
        auto rows = co_await store.read([](store::Session& sql) {
            return sql.rows<std::tuple<EntryId, std::string>>(
                "SELECT o.message_id, a.slug FROM outbox o JOIN account a ON a.id = o.account_id WHERE o.state = 1 "
                "ORDER BY o.message_id");
        });
        if (!rows) {
            log::warn("outbound", "the outbox cannot be read yet", {{"error", rows.error().message}});
            co_return false;
        }
        interrupted = std::move(*rows);
        co_return true;
    }

    /// What is to become of them is the channel's to say: until its account runs, they wait.
    Task<void> settle_interrupted() {
        for (std::size_t i = 0; i < interrupted.size();) {
            const auto [message, slug] = interrupted[i];
            if (!registry.account(slug)) {
                ++i;
                continue;
            }
            interrupted.erase(interrupted.begin() + static_cast<std::ptrdiff_t>(i));
            const bool again = flag_in(registry.capabilities(slug), "idempotent_send");
            log::warn(
                "outbound",
                again ? "an attempt was cut off; it is repeated" : "an attempt was cut off; its outcome is unknown",
                {{"message", to_string(message)}, {"account", slug}});
            Verdict verdict;
            verdict.step = again ? Step::later : Step::unknown;
            if (!again) {
                verdict.code = "interrupted";
                verdict.text = "Usher was interrupted while sending; the message may have been sent.";
            }
            const plugins::SendResult nothing;
            co_await settle(message, verdict, nothing);
        }
    }

    /// Starts what is due; how long nothing will be.
    Task<std::chrono::steady_clock::duration> round() {
        const Time now = clock.now();
        // By account: what waits behind one that is down never hides what others have to send.
        auto found = co_await store.read([](store::Session& sql) {
            std::vector<Due> out;
            for (const auto account :
                 sql.rows<AccountKey>("SELECT DISTINCT account_id FROM outbox WHERE state = 0 ORDER BY account_id")) {
                auto first = sql.rows<Due>(
                    "SELECT o.message_id, o.account_id, o.conversation_id, o.due_at FROM outbox o WHERE o.account_id = "
                    ":account AND o.state = 0 AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.conversation_id = "
                    "o.conversation_id AND e.seq < o.seq) ORDER BY o.due_at, o.message_id LIMIT :limit",
                    account, kLookahead);
                out.insert(out.end(), first.begin(), first.end());
            }
            return out;
        });
        if (!found) {
            log::warn("outbound", "the outbox cannot be read", {{"error", found.error().message}});
            co_return std::chrono::seconds(1);
        }
        std::chrono::steady_clock::duration wait = kIdleWait;
        for (const auto& due : *found) {
            const std::lock_guard lock(mutex);
            if (stopping) break;
            Account& account = accounts[due.account_id.value];
            const Time ready = std::max(due.due_at, account.held_until);
            if (ready > now) {
                wait = std::min<std::chrono::steady_clock::duration>(wait, ready - now + std::chrono::milliseconds(1));
                continue;
            }
            // While the account as a whole fails, one message at a time probes it.
            const std::size_t limit = account.failures > 0 ? 1 : options.in_flight_limit;
            if (account.in_flight >= limit || in_flight.contains(due.message_id.value)) continue;
            in_flight.insert(due.message_id.value);
            account.in_flight += 1;
            auto self = shared_from_this();
            const bool started = tasks.spawn("send", [self, due]() -> Task<void> { co_await self->deliver(due); });
            if (!started) {
                in_flight.erase(due.message_id.value);
                account.in_flight -= 1;
            }
        }
        co_return wait;
    }

    Task<void> deliver(Due due) {
        struct Leave {  // also when the attempt is cancelled or throws
            std::shared_ptr<Impl> self;
            Due due;
            ~Leave() {
                {
                    const std::lock_guard lock(self->mutex);
                    self->in_flight.erase(due.message_id.value);
                    self->accounts[due.account_id.value].in_flight -= 1;
                }
                self->wake.set();
            }
        };
        const Leave leave{shared_from_this(), due};
        co_await attempt(due);
    }

    Task<void> attempt(Due due) {
        const std::string slug = co_await slug_of(due.account_id);
        const auto instance = registry.account(slug);
        if (!instance) {  // disabled, or not started yet: its messages wait as they are
            hold(due.account_id, kNotRunningWait);
            co_return;
        }
        auto take = [message = due.message_id](store::Write& write) { return desk::take_for_sending(write, message); };
        auto taken = co_await store.write(std::move(take));
        if (!taken) {
            log::warn("outbound", "a message could not be taken for sending",
                      {{"message", to_string(due.message_id)}, {"error", taken.error().message}});
            hold(due.account_id, std::chrono::seconds(1));
            co_return;
        }
        if (!*taken) co_return;
        desk::Taken& work = **taken;
        plugins::SendResult result;
        const bool tells = work.row.kind == desk::OutboxKind::text ||
                           sends_kind(registry.capabilities(slug), enum_name(work.row.kind));
        if (instance->offers().send && tells) {
            result = co_await instance->send(message_of(work));
        } else {  // the kernel writes it to the visitors' stream, or the channel has no such thing: nothing to attempt
            result.ok = true;
        }
        std::uniform_real_distribution<double> spread(0, 1);
        Attempt a{result,
                  work.row.attempt,
                  work.row.first_attempt_at.value_or(clock.now()),
                  clock.now(),
                  flag_in(registry.capabilities(slug), "idempotent_send"),
                  0.5};
        {
            const std::lock_guard lock(mutex);
            a.jitter = spread(random);
        }
        const Verdict verdict = decide(a, registry.retry(slug));
        note_account(due.account_id, slug, result, verdict);
        if (!result.ok) {
            log::info("outbound", "an attempt to send failed",
                      {{"message", to_string(due.message_id)},
                       {"account", slug},
                       {"attempt", work.row.attempt},
                       {"code", std::string(reason_of(Error{result.code, ""}))},
                       {"error", result.error}});
        }
        co_await settle(due.message_id, verdict, result);
    }

    plugins::Message message_of(const desk::Taken& work) {
        plugins::Message m;
        m.kind = static_cast<plugins::MessageKind>(work.row.kind);
        m.timeout_ms = static_cast<std::uint32_t>(options.send_timeout.count());
        m.attempt = static_cast<std::uint32_t>(work.row.attempt);
        m.id = to_string(work.entry.id);
        m.conversation_id = to_string(work.conversation.id);
        m.contact = work.address;
        m.thread_key = work.thread_key;
        m.reply_to_remote_id = work.reply_to_remote_id;
        m.text = work.entry.text;
        if (work.entry.content) m.content_json = write_json(*work.entry.content);
        m.author_json = author_json(work.entry.author_type, work.author_name);
        m.sent_unix_us = work.entry.created_at.us;
        m.seq = static_cast<std::uint64_t>(work.row.out_seq);
        for (const auto& a : work.attachments) {
            if (!a.blob_hash) continue;
            json::object attrs{{"id", to_json(a.id)},
                               {"sha256", *a.blob_hash},
                               {"expires_at_unix_us", (clock.now() + kAttachmentUrlLifetime).us}};
            if (options.attachment_url) attrs["url"] = options.attachment_url(a.id, kAttachmentUrlLifetime);
            m.parts.push_back({a.mime_type, a.name, "blob:" + *a.blob_hash, write_json(attrs),
                               static_cast<std::uint64_t>(a.size_bytes)});
        }
        return m;
    }

    /// Writes what became of it; while the database is away, again and again: the outcome is known here only.
    Task<void> settle(EntryId message, Verdict verdict, plugins::SendResult result) {
        for (;;) {
            const Time due = clock.now() + verdict.delay;
            auto work = [message, verdict, due, remote_ids = result.remote_ids,
                         status = result.status](store::Write& write) -> Result<void> {
                switch (verdict.step) {
                    case Step::sent:
                        return desk::settle_sent(
                            write, message, remote_ids,
                            status == "delivered" ? MessageStatus::delivered : MessageStatus::sent);
                    case Step::later:
                        return desk::settle_later(write, message, due);
                    case Step::failed:
                        return desk::settle_ended(write, message, MessageStatus::failed, verdict.code, verdict.text);
                    case Step::unknown:
                        return desk::settle_ended(write, message, MessageStatus::unknown, verdict.code, verdict.text);
                }
                return {};
            };
            auto done = co_await store.write(std::move(work));
            if (done) co_return;
            log::error("outbound", "the outcome of a send could not be written yet",
                       {{"message", to_string(message)}, {"error", done.error().message}});
            if (stopped()) co_return;
            co_await sleep_for(std::chrono::seconds(1));
        }
    }

    void note_account(AccountKey key, const std::string& slug, const plugins::SendResult& result,
                      const Verdict& verdict) {
        const std::lock_guard lock(mutex);
        Account& account = accounts[key.value];
        if (result.ok) {
            account.failures = 0;
            account.held_until = {};
            return;
        }
        if (result.scope != plugins::Scope::account) return;
        account.failures += 1;
        auto hold_for = verdict.hold_account;
        const auto retry = registry.retry(slug);
        if (account.failures >= retry.breaker.failures) {
            hold_for = std::max<std::chrono::milliseconds>(hold_for, std::chrono::seconds(retry.breaker.probe_s));
            if (account.failures == retry.breaker.failures) {
                log::error("outbound", "the account keeps failing; its messages wait and one is tried at a time",
                           {{"account", slug}, {"error", result.error}});
            }
        }
        account.held_until = std::max(account.held_until, clock.now() + hold_for);
    }

    void hold(AccountKey key, std::chrono::milliseconds by) {
        const std::lock_guard lock(mutex);
        Account& account = accounts[key.value];
        account.held_until = std::max(account.held_until, clock.now() + by);
    }

    Task<std::string> slug_of(AccountKey key) {
        {
            const std::lock_guard lock(mutex);
            if (!accounts[key.value].slug.empty()) co_return accounts[key.value].slug;
        }
        auto look = [key](store::Session& sql) {
            return sql.one<std::string>("SELECT slug FROM account WHERE id = :id", key).value_or("");
        };
        auto slug = co_await store.read(std::move(look));
        if (!slug) co_return std::string();
        const std::lock_guard lock(mutex);
        accounts[key.value].slug = *slug;
        co_return *slug;
    }

    /// TYPING and READ: one try, if the channel takes them.
    Task<void> tell(ConversationId conversation, plugins::MessageKind kind, std::string_view kind_name,
                    std::string content, std::string author) {
        struct Facts {
            Conversation row;
            std::string address, remote_id, slug, thread_key;
        };
        auto look = [conversation, kind](store::Session& sql) -> std::optional<Facts> {
            auto row = store::find_conversation(sql, conversation);
            if (!row) return std::nullopt;
            Facts f;
            f.address =
                sql.one<std::string>("SELECT address FROM identity WHERE id = :id", row->identity_id).value_or("");
            f.slug = sql.one<std::string>("SELECT slug FROM account WHERE id = :id", row->account_id).value_or("");
            f.thread_key = store::thread_key_of(sql, conversation);
            if (kind == plugins::MessageKind::read) {
                const auto newest = sql.one<EntryId>(
                    "SELECT id FROM entry WHERE conversation_id = :id AND kind = 0 AND direction = 0 AND seq <= :seq "
                    "ORDER BY seq DESC LIMIT 1",
                    conversation, row->read_seq);
                if (newest) f.remote_id = store::remote_id_of(sql, *newest);
            }
            f.row = std::move(*row);
            return f;
        };
        auto facts = co_await store.read(std::move(look));
        if (!facts || !*facts) co_return;
        const Facts& f = **facts;
        if (!sends_kind(registry.capabilities(f.slug), kind_name)) co_return;
        if (kind == plugins::MessageKind::read && f.remote_id.empty()) co_return;
        const auto instance = registry.account(f.slug);
        if (!instance || !instance->offers().send) co_return;
        plugins::Message m;
        m.kind = kind;
        m.timeout_ms = static_cast<std::uint32_t>(options.send_timeout.count());
        m.conversation_id = to_string(conversation);
        m.contact = f.address;
        m.thread_key = f.thread_key;
        m.remote_id = f.remote_id;
        m.content_json = std::move(content);
        m.author_json = author_json(AuthorType::agent, author);
        co_await instance->send(std::move(m));
    }
};

Outbox::Outbox(store::Store& store, plugins::Registry& registry, Clock& clock, asio::any_io_executor executor,
               Options options)
    : impl_(std::make_shared<Impl>(store, registry, clock, std::move(executor), std::move(options))) {}

Outbox::~Outbox() = default;

void Outbox::start() {
    impl_->tasks.spawn("outbox", [impl = impl_]() -> Task<void> { co_await impl->run(); });
}

Task<void> Outbox::stop(std::chrono::milliseconds deadline) {
    auto impl = impl_;
    {
        const std::lock_guard lock(impl->mutex);
        impl->stopping = true;
    }
    impl->wake.set();
    const auto until = std::chrono::steady_clock::now() + deadline;
    while (impl->tasks.running() > 0 && std::chrono::steady_clock::now() < until)
        co_await sleep_for(std::chrono::milliseconds(5));
    co_await impl->tasks.stop();
}

void Outbox::committed(std::span<const Event> events) {
    bool something = false;
    for (const auto& e : events) {
        something |= e.type == "message.created" || e.type == "message.status" || e.type == "conversation.status";
        if (e.type == "conversation.read") {
            impl_->tasks.spawn("read mark", [impl = impl_, id = e.conversation_id]() -> Task<void> {
                co_await impl->tell(id, plugins::MessageKind::read, "read", "", "");
            });
        }
    }
    if (something) impl_->wake.set();
}

void Outbox::wake() {
    impl_->wake.set();
}

void Outbox::typing(ConversationId conversation, bool started, std::string author_name) {
    json::object content;
    content["state"] = started ? "started" : "stopped";
    impl_->tasks.spawn(
        "typing",
        [impl = impl_, conversation, text = write_json(content), author = std::move(author_name)]() -> Task<void> {
            co_await impl->tell(conversation, plugins::MessageKind::typing, "typing", text, author);
        });
}

}  // namespace usher::outbound
