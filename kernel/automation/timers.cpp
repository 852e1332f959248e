#include "automation/timers.hpp"

#include <mutex>
#include <set>

#include "automation/actions.hpp"
#include "desk/change.hpp"
#include "foundation/log.hpp"
#include "store/repositories/conversations.hpp"

namespace usher::automation {
namespace {

/// A `wait` that has ended.
struct Job {
    std::int64_t id = 0;
    Time due_at;
    std::string owner;
    ConversationId conversation_id;
    std::string token;
};
BOOST_DESCRIBE_STRUCT(Job, (), (id, due_at, owner, conversation_id, token))

}  // namespace

struct Timers::Impl : std::enable_shared_from_this<Timers::Impl> {
    Impl(Asking a, Clock& c, asio::any_io_executor executor)
        : asking(std::move(a)), store(asking.store), clock(c), tasks(std::move(executor)) {}

    const Asking asking;
    store::Store& store;
    Clock& clock;
    std::mutex mutex;
    std::set<std::string> ringing;  // responders whose waits are looked at now
    TaskScope tasks;

    Task<void> watch_waits() {
        auto self = shared_from_this();
        for (;;) {
            co_await sleep_for(asking.options.timer_interval);
            auto look = [now = clock.now()](store::Session& sql) {
                return sql.rows<std::string>(
                    "SELECT DISTINCT owner FROM job WHERE kind = 'wait' AND due_at <= :now ORDER BY owner", now);
            };
            auto owners = co_await store.read(std::move(look));
            if (!owners) continue;
            for (const auto& owner : *owners) {
                {
                    const std::lock_guard lock(mutex);
                    if (!ringing.insert(owner).second) continue;
                }
                const bool started = tasks.spawn("timers of " + owner, [self, owner] { return self->ring_all(owner); });
                if (!started) co_return;
            }
        }
    }

    /// One responder's, oldest first, until none is due or it cannot be asked.
    Task<void> ring_all(std::string owner) {
        struct Leave {
            std::shared_ptr<Impl> self;
            std::string owner;
            ~Leave() {
                const std::lock_guard lock(self->mutex);
                self->ringing.erase(owner);
            }
        };
        const Leave leave{shared_from_this(), owner};
        for (;;) {
            auto look = [owner, now = clock.now()](store::Session& sql) {
                return sql.rows<Job>(
                    "SELECT id, due_at, owner, conversation_id, token FROM job WHERE kind = 'wait' AND due_at <= :now "
                    "AND owner = :owner ORDER BY due_at, id LIMIT 50",
                    now, owner);
            };
            auto due = co_await store.read(std::move(look));
            if (!due || due->empty()) co_return;
            for (auto& job : *due) {
                const bool rung = co_await ring(std::move(job));
                if (!rung) co_return;
            }
        }
    }

    /// False: the responder cannot be asked now; the wait stays due.
    Task<bool> ring(Job job) {
        auto look = [job, now = clock.now()](store::Session& sql) -> std::optional<std::string> {
            Facts facts = read_facts(sql, {job.conversation_id}, now);
            json::object e{{"v", 1},
                           {"id", "timer-" + std::to_string(job.id)},
                           {"type", "timer"},
                           {"at", now.us},
                           {"token", job.token}};
            if (!join_facts(sql, job.conversation_id, facts, e)) return std::nullopt;
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
        if (!event) co_return false;
        Answer answer;
        if (*event) answer = co_await asking.ask(job.owner, std::move(**event), "timer");
        if (answer.end == Answer::End::not_running) {
            if (clock.now() - job.due_at <= asking.options.catch_up) co_return false;
            log::warn("automation", "a wait ended too long ago for its responder, which does not run; it is left out",
                      {{"responder", job.owner}, {"conversation", to_string(job.conversation_id)}});
        }
        auto work = [job, actions = answer.actions](store::Write& write) -> Result<void> {
            if (write.sql().exec("DELETE FROM job WHERE id = :id", job.id) == 0) return {};  // replaced meanwhile
            if (auto done = carry_out(write, job.owner, job.conversation_id, actions); !done) {
                log::warn("automation", "a responder's answer was left out",
                          {{"responder", job.owner}, {"error", done.error().message}});
            }
            return {};
        };
        const bool kept = co_await asking.save(std::move(work));
        if (kept) co_return true;
        auto drop = [id = job.id](store::Write& write) -> Result<void> {
            write.sql().exec("DELETE FROM job WHERE id = :id", id);
            return {};
        };
        const bool dropped = co_await asking.save(std::move(drop));
        co_return dropped;
    }

    Task<void> watch_snoozes() {
        auto self = shared_from_this();
        for (;;) {
            co_await sleep_for(asking.options.timer_interval);
            co_await wake_snoozed();
        }
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

Timers::Timers(Asking asking, Clock& clock, asio::any_io_executor executor)
    : impl_(std::make_shared<Impl>(std::move(asking), clock, std::move(executor))) {}
Timers::~Timers() = default;

void Timers::start() {
    impl_->tasks.spawn("waits", [impl = impl_]() -> Task<void> { co_await impl->watch_waits(); });
    impl_->tasks.spawn("snoozes", [impl = impl_]() -> Task<void> { co_await impl->watch_snoozes(); });
}

Task<void> Timers::stop() {
    return impl_->tasks.stop();
}

}  // namespace usher::automation
