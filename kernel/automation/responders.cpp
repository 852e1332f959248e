#include "automation/responders.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "automation/actions.hpp"
#include "automation/asking.hpp"
#include "automation/timers.hpp"
#include "foundation/log.hpp"
#include "store/repositories/feed_cursors.hpp"

namespace usher::automation {
namespace {

constexpr std::chrono::seconds kReadAgain{2};  // what was read so long ago is read anew before it is handed out

}  // namespace

struct Responders::Impl : std::enable_shared_from_this<Responders::Impl> {
    Impl(store::Store& s, feed::Feed& f, plugins::Registry& r, Clock& c, asio::any_io_executor executor, Options o)
        : store(s),
          feed(f),
          registry(r),
          clock(c),
          options(o),
          asking{s, r, o},
          timers(asking, c, executor),
          tasks(std::move(executor)) {}

    store::Store& store;
    feed::Feed& feed;
    plugins::Registry& registry;
    Clock& clock;
    Options options;
    const Asking asking;
    Timers timers;
    mutable std::mutex mutex;
    std::map<std::string, Waiting> waiting;  // by responder: those whose events wait
    TaskScope tasks;

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
                    if (join_facts(sql, events[i].conversation_id, facts, border)) out[i] = write_json(border);
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

    /// Its events wait, since the one that cannot be handed out; told once.
    void note_waiting(const std::string& id, const Event& event, const std::string& why) {
        {
            const std::lock_guard lock(mutex);
            if (!waiting.try_emplace(id, Waiting{id, event.at, why}).second) return;
        }
        log::warn("automation", "a responder cannot be asked; its events wait", {{"responder", id}, {"error", why}});
    }

    void note_going_on(const std::string& id) {
        {
            const std::lock_guard lock(mutex);
            if (waiting.erase(id) == 0) return;
        }
        log::info("automation", "a responder is asked again", {{"responder", id}});
    }

    bool too_old(const Event& event) const { return clock.now() - event.at > options.catch_up; }

    /// What it answers to an event; empty: nothing. Waits for a responder that does not run, as long as its answer
    /// would still make sense.
    Task<std::string> answer_to(std::string id, Event event, std::optional<std::string> described) {
        for (;;) {
            if (!described) co_return std::string();
            if (too_old(event)) {
                note_left_out(id);
                co_return std::string();
            }
            Answer answer = co_await asking.ask(id, std::move(*described), event.type);
            if (answer.end != Answer::End::not_running) {
                note_going_on(id);
                co_return std::move(answer.actions);
            }
            note_waiting(id, event, answer.error);
            co_await sleep_for(options.ask_again);
            std::vector<Event> again{event};
            Described anew = co_await describe(std::move(again));
            described = std::move(anew.front());
        }
    }

    void note_left_out(const std::string& id) {
        std::int64_t count = 0;
        {
            const std::lock_guard lock(mutex);
            waiting.erase(id);  // the next one waits since its own time
            count = ++left_out[id];
        }
        if (count == 1 || count % 1'000 == 0)
            log::warn("automation", "events are too old for their responder, which did not run; they are left out",
                      {{"responder", id}, {"events", std::to_string(count)}});
    }
    std::map<std::string, std::int64_t> left_out;  // by responder, since the start

    Task<void> follow(std::string id) {
        auto self = shared_from_this();
        const std::string name = "responder:" + id;
        auto tail = std::make_unique<feed::Tail>(feed, co_await stands_at(name));
        feed::Cursor saved = tail->cursor();
        auto begin = put_cursor(name, feed::encode(saved));
        co_await asking.save(std::move(begin));
        for (;;) {
            auto events = co_await tail->next(options.batch_limit, std::chrono::seconds(30));
            if (!events) {
                if (feed::is_reset(events.error())) {
                    log::error("automation",
                               "the feed no longer has what this responder needs next; it goes on from now",
                               {{"responder", id}});
                    tail = std::make_unique<feed::Tail>(feed, feed.position());
                    saved = tail->cursor();
                } else {
                    co_await sleep_for(std::chrono::seconds(1));
                }
                continue;
            }
            bool behind = false;  // what asked for nothing is saved with what comes next, or with the batch's end
            Described all = co_await describe(*events);
            const Time read_at = clock.now();
            std::set<ConversationId> changed;  // by this batch: their later events are read again
            for (std::size_t i = 0; i < events->size(); ++i) {
                const Event& event = (*events)[i];
                std::optional<std::string> described = std::move(all[i]);
                if (changed.contains(event.conversation_id) || clock.now() - read_at > kReadAgain) {
                    std::vector<Event> again{event};
                    Described anew = co_await describe(std::move(again));
                    described = std::move(anew.front());
                }
                const std::string actions = co_await answer_to(id, event, std::move(described));
                saved.advance(event.position);
                behind = true;
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
                const bool kept = co_await asking.save(std::move(work));
                behind = !kept;
            }
            if (!behind) continue;
            auto catch_up = put_cursor(name, feed::encode(saved));
            co_await asking.save(std::move(catch_up));
        }
    }
};

Responders::Responders(store::Store& store, feed::Feed& feed, plugins::Registry& registry, Clock& clock,
                       asio::any_io_executor executor, Options options)
    : impl_(std::make_shared<Impl>(store, feed, registry, clock, std::move(executor), options)) {}
Responders::~Responders() = default;

void Responders::start() {
    for (const auto& status : impl_->registry.statuses(plugins::Kind::responder)) {
        if (!status.enabled) continue;
        impl_->tasks.spawn("responder " + status.ref.id,
                           [impl = impl_, id = status.ref.id]() -> Task<void> { co_await impl->follow(id); });
    }
    impl_->timers.start();
}

Task<void> Responders::stop() {
    auto impl = impl_;
    co_await impl->timers.stop();
    co_await impl->tasks.stop();
}

std::vector<Responders::Waiting> Responders::waiting() const {
    std::vector<Waiting> out;
    const std::lock_guard lock(impl_->mutex);
    for (const auto& [id, one] : impl_->waiting) out.push_back(one);
    return out;
}

}  // namespace usher::automation
