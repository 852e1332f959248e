#include "automation/responders.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "automation/actions.hpp"
#include "desk/border_event.hpp"
#include "desk/change.hpp"
#include "foundation/log.hpp"
#include "model/inbox.hpp"
#include "store/repositories/conversations.hpp"
#include "store/repositories/feed_cursors.hpp"

namespace usher::automation {
namespace {

/// A `wait` that has ended, or a snooze.
struct Job {
    std::int64_t id = 0;
    std::string owner;
    ConversationId conversation_id;
    std::string token;
};
BOOST_DESCRIBE_STRUCT(Job, (), (id, owner, conversation_id, token))

/// The database is away, and will be back: it did not refuse this.
bool passes(const Error& error) {
    return error.code == Errc::unavailable || error.code == Errc::timeout || error.code == Errc::fenced;
}

/// An inbox's settings as responders read them: snake_case, weekdays as lists.
json::object inbox_facts(const Inbox& inbox) {
    json::object schedule;
    for (const auto& [day, slots] : inbox.working_hours.schedule) {
        schedule[day] = slots ? to_json(slots->slots) : json::value(nullptr);
    }
    const auto& r = inbox.auto_responder;
    return {{"id", to_json(inbox.id)},
            {"name", inbox.name},
            {"working_hours",
             {{"enabled", inbox.working_hours.enabled},
              {"timezone", inbox.working_hours.timezone},
              {"schedule", std::move(schedule)},
              {"holidays", to_json(inbox.working_hours.holidays)}}},
            {"outside_hours_message", to_json(inbox.outside_hours_message)},
            {"auto_responder",
             {{"enabled", r.enabled},
              {"message", r.message},
              {"delay_seconds", r.delay_seconds},
              {"conditions", {{"outside_working_hours", r.conditions.outside_working_hours}}}}}};
}

}  // namespace

struct Responders::Impl : std::enable_shared_from_this<Responders::Impl> {
    Impl(store::Store& s, feed::Feed& f, plugins::Registry& r, Clock& c, asio::any_io_executor executor, Options o)
        : store(s), feed(f), registry(r), clock(c), options(o), tasks(std::move(executor)) {}

    store::Store& store;
    feed::Feed& feed;
    plugins::Registry& registry;
    Clock& clock;
    Options options;
    TaskScope tasks;

    /// What the events of one reading share.
    struct Facts {
        Time now;
        desk::AccountNames accounts;
        std::map<InboxId, std::optional<Inbox>> inboxes;
        std::unordered_map<std::int64_t, Conversation> conversations;
    };

    static Facts read_facts(store::Session& sql, const std::vector<ConversationId>& ids, Time now) {
        Facts facts{now, desk::account_names(sql), {}, {}};
        for (auto& row : store::find_conversations(sql, ids)) facts.conversations.emplace(row.id.value, std::move(row));
        return facts;
    }

    static const std::optional<Inbox>& inbox_of(store::Session& sql, Facts& facts, InboxId id) {
        const auto [at, missing] = facts.inboxes.try_emplace(id);
        if (!missing) return at->second;
        if (auto found = sql.one<std::tuple<std::string, WorkingHours, std::optional<std::string>, AutoResponder>>(
                "SELECT name, working_hours, outside_hours_message, auto_responder FROM inbox WHERE id = :id", id)) {
            Inbox settings;
            settings.id = id;
            std::tie(settings.name, settings.working_hours, settings.outside_hours_message, settings.auto_responder) =
                std::move(*found);
            at->second = std::move(settings);
        }
        return at->second;
    }

    /// Adds what a responder decides by, as it stands now. False: the conversation is gone.
    static bool join(store::Session& sql, ConversationId id, Facts& facts, json::object& event) {
        const auto found = facts.conversations.find(id.value);
        if (found == facts.conversations.end()) return false;
        const Conversation& row = found->second;
        json::object shown = desk::event_facts(row);
        const auto account = facts.accounts.find(row.account_id.value);
        const bool known = account != facts.accounts.end();
        shown["account_id"] = known ? json::value(account->second.slug) : json::value(nullptr);
        shown["channel"] = known ? json::value(account->second.channel) : json::value(nullptr);
        if (row.waiting_since) shown["waiting_since_unix_us"] = row.waiting_since->us;
        event["conversation"] = std::move(shown);
        if (const auto& inbox = inbox_of(sql, facts, row.inbox_id)) {
            event["inbox"] = inbox_facts(*inbox);
            event["open_now"] = is_open_at(inbox->working_hours, facts.now);
        } else {
            event["inbox"] = nullptr;
            event["open_now"] = true;
        }
        return true;
    }

    Task<Result<std::string>> ask(std::string id, std::string event) {
        const auto instance = registry.find(plugins::Kind::responder, id);
        if (!instance) co_return Error{Errc::unavailable, "the responder is not running"};
        co_return co_await instance->respond(std::move(event));
    }

    /// Asks up to `tries` times; an event that keeps failing is left out, visibly, so that those behind it flow.
    Task<std::string> ask_patiently(std::string id, std::string event, std::string what) {
        for (int attempt = 1;; ++attempt) {
            auto actions = co_await ask(id, event);
            if (actions) co_return std::move(*actions);
            log::warn("automation",
                      attempt < options.tries ? "a responder failed; it is asked again"
                                              : "a responder failed; the event is left out",
                      {{"responder", id}, {"event", what}, {"error", actions.error().message}});
            if (attempt >= options.tries) co_return std::string();
            co_await sleep_for(options.retry_delay * attempt);
        }
    }

    /// Waits for a database that is away as long as it takes. False: it is there and refuses this.
    Task<bool> save(std::function<Result<void>(store::Write&)> member) {
        for (;;) {
            auto done = co_await store.write(member);
            if (done) co_return true;
            const bool away = passes(done.error());
            log::warn("automation",
                      away ? "a responder's actions could not be written yet" : "a responder's actions are left out",
                      {{"error", done.error().message}});
            if (!away) co_return false;
            co_await sleep_for(std::chrono::seconds(1));
        }
    }

    static std::function<Result<void>(store::Write&)> put_cursor(std::string name, std::string text) {
        return [name = std::move(name), text = std::move(text)](store::Write& write) -> Result<void> {
            store::put_feed_cursor(write.sql(), name, text);
            return {};
        };
    }

    using Described = std::vector<std::optional<std::string>>;

    /// The events as the responder reads them; nullopt: not about a conversation, or it is gone.
    Task<Described> describe(std::vector<Event> events) {
        for (;;) {
            auto look = [&events, now = clock.now()](store::Session& sql) {
                std::vector<ConversationId> ids;
                for (const auto& event : events) {
                    if (event.conversation_id && std::find(ids.begin(), ids.end(), event.conversation_id) == ids.end())
                        ids.push_back(event.conversation_id);
                }
                Facts facts = read_facts(sql, ids, now);
                Described out(events.size());
                for (std::size_t i = 0; i < events.size(); ++i) {
                    if (!events[i].conversation_id) continue;
                    json::object border = desk::border_event(events[i], facts.accounts);
                    if (join(sql, events[i].conversation_id, facts, border)) out[i] = write_json(border);
                }
                return out;
            };
            auto joined = co_await store.read(std::move(look));
            if (joined) co_return std::move(*joined);
            const bool away = passes(joined.error());
            if (!away && events.size() > 1) break;
            log::warn("automation", away ? "an event cannot be read yet" : "an event cannot be read and is left out",
                      {{"error", joined.error().message}});
            if (!away) co_return Described(1);
            co_await sleep_for(std::chrono::seconds(1));
        }
        Described out;  // one of them cannot be read: each by itself
        for (auto& event : events) {
            std::vector<Event> one{std::move(event)};
            auto described = co_await describe(std::move(one));
            out.push_back(std::move(described.front()));
        }
        co_return out;
    }

    Task<feed::Cursor> stands_at(std::string name) {
        for (;;) {
            auto look = [name](store::Session& sql) { return store::find_feed_cursor(sql, name); };
            auto text = co_await store.read(std::move(look));
            if (text) {
                if (!*text) co_return feed.position();
                auto cursor = feed::decode(**text);
                if (cursor) co_return *cursor;
                log::error("automation", "a responder's cursor is unreadable; it goes on from now",
                           {{"responder", name}});
                co_return feed.position();
            }
            co_await sleep_for(std::chrono::seconds(1));
        }
    }

    Task<void> follow(std::string id) {
        auto self = shared_from_this();
        const std::string name = "responder:" + id;
        auto tail = std::make_unique<feed::Tail>(feed, co_await stands_at(name));
        feed::Cursor saved = tail->cursor();
        auto begin = put_cursor(name, feed::encode(saved));
        co_await save(std::move(begin));
        for (;;) {
            auto events = co_await tail->next(options.batch_limit, std::chrono::seconds(30));
            if (!events) {
                if (feed::is_reset(events.error())) {
                    log::error("automation",
                               "the feed no longer has what this responder needs next; it goes on from now",
                               {{"responder", id}});
                    tail = std::make_unique<feed::Tail>(feed, feed.position());
                } else {
                    co_await sleep_for(std::chrono::seconds(1));
                }
                continue;
            }
            bool behind = false;  // what asked for nothing is saved with what comes next, or with the batch's end
            Described all = co_await describe(*events);
            std::set<ConversationId> changed;  // by this batch: their later events are read again
            for (std::size_t i = 0; i < events->size(); ++i) {
                const Event& event = (*events)[i];
                saved.advance(event.position);
                behind = true;
                std::optional<std::string> described = std::move(all[i]);
                if (changed.contains(event.conversation_id)) {
                    std::vector<Event> again{event};
                    Described anew = co_await describe(std::move(again));
                    described = std::move(anew.front());
                }
                if (!described) continue;
                const std::string actions = co_await ask_patiently(id, std::move(*described), event.type);
                if (actions.empty() || actions == "[]") continue;
                auto work = [name, id, conversation = event.conversation_id, actions,
                             text = feed::encode(saved)](store::Write& write) -> Result<void> {
                    if (auto done = carry_out(write, id, conversation, actions); !done) {
                        log::warn("automation", "a responder's answer was left out",
                                  {{"responder", id}, {"error", done.error().message}});
                    }
                    store::put_feed_cursor(write.sql(), name, text);
                    return {};
                };
                changed.insert(event.conversation_id);
                const bool kept = co_await save(std::move(work));
                behind = !kept;
            }
            if (!behind) continue;
            auto catch_up = put_cursor(name, feed::encode(saved));
            co_await save(std::move(catch_up));
        }
    }

    /// Ends of waits and of snoozes.
    Task<void> timers() {
        auto self = shared_from_this();
        for (;;) {
            co_await sleep_for(options.timer_interval);
            auto look = [now = clock.now()](store::Session& sql) {
                return sql.rows<Job>(
                    "SELECT id, owner, conversation_id, token FROM job WHERE kind = 'wait' AND due_at <= :now ORDER BY "
                    "due_at LIMIT 100",
                    now);
            };
            auto due = co_await store.read(std::move(look));
            if (due) {
                for (auto& job : *due) co_await ring(std::move(job));
            }
            co_await wake_snoozed();
        }
    }

    Task<void> ring(Job job) {
        auto look = [job, now = clock.now()](store::Session& sql) -> std::optional<std::string> {
            Facts facts = read_facts(sql, {job.conversation_id}, now);
            json::object e{{"v", 1},
                           {"id", "timer-" + std::to_string(job.id)},
                           {"type", "timer"},
                           {"at", now.us},
                           {"token", job.token}};
            if (!join(sql, job.conversation_id, facts, e)) return std::nullopt;
            // The wait was asked for because of the customer's message that began it; a person's answer settles that.
            const auto human = sql.one<std::int64_t>(
                "SELECT COUNT(*) FROM entry WHERE conversation_id = :id AND kind = 0 AND direction = 1 AND author_type "
                "= 1"
                " AND status <> 10 AND seq > (SELECT COALESCE(MAX(f.seq), 0) FROM entry f WHERE f.conversation_id = "
                ":same AND f.kind = 0"
                " AND f.direction = 0 AND f.id < :job)",
                job.conversation_id, job.conversation_id, job.id);
            e["human_replied_since"] = human.value_or(0) > 0;
            return write_json(e);
        };
        auto event = co_await store.read(std::move(look));
        if (!event) co_return;
        std::string actions;
        if (*event) actions = co_await ask_patiently(job.owner, std::move(**event), "timer");
        auto work = [job, actions](store::Write& write) -> Result<void> {
            if (write.sql().exec("DELETE FROM job WHERE id = :id", job.id) == 0) return {};  // replaced meanwhile
            if (auto done = carry_out(write, job.owner, job.conversation_id, actions); !done) {
                log::warn("automation", "a responder's answer was left out",
                          {{"responder", job.owner}, {"error", done.error().message}});
            }
            return {};
        };
        const bool kept = co_await save(std::move(work));
        if (kept) co_return;
        auto drop = [id = job.id](store::Write& write) -> Result<void> {
            write.sql().exec("DELETE FROM job WHERE id = :id", id);
            return {};
        };
        co_await save(std::move(drop));
    }

    Task<void> wake_snoozed() {
        auto look = [now = clock.now()](store::Session& sql) {
            return sql.rows<ConversationId>(
                "SELECT id FROM conversation WHERE status = 2 AND snooze_until <= :now ORDER BY snooze_until LIMIT 100",
                now);
        };
        auto due = co_await store.read(std::move(look));
        if (!due) co_return;
        for (const auto id : *due) {
            auto work = [id](store::Write& write) -> Result<void> {
                auto row = store::lock_conversation(write.sql(), id);
                if (!row || row->status != ConversationStatus::waiting || !row->snooze_until ||
                    *row->snooze_until > write.now())
                    return {};
                desk::Change change(write, std::move(*row));
                change.now.status = ConversationStatus::active;
                change.now.snooze_until.reset();
                change.badge({AuthorType::system, 0},
                             {{"type", "status_changed"}, {"from", "waiting"}, {"to", "active"}});
                change.event("conversation.status", 0, {{"from", "waiting"}, {"to", "active"}});
                change.commit();
                return {};
            };
            co_await store.write(std::move(work));
        }
    }
};

Responders::Responders(store::Store& store, feed::Feed& feed, plugins::Registry& registry, Clock& clock,
                       asio::any_io_executor executor, Options options)
    : impl_(std::make_shared<Impl>(store, feed, registry, clock, std::move(executor), options)) {}
Responders::~Responders() = default;

void Responders::start() {
    for (const auto& status : impl_->registry.statuses(plugins::Kind::responder)) {
        impl_->tasks.spawn("responder " + status.ref.id,
                           [impl = impl_, id = status.ref.id]() -> Task<void> { co_await impl->follow(id); });
    }
    impl_->tasks.spawn("timers", [impl = impl_]() -> Task<void> { co_await impl->timers(); });
}

Task<void> Responders::stop() {
    return impl_->tasks.stop();
}

}  // namespace usher::automation
