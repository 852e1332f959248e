#include "routing/absence.hpp"

#include "desk/assignment.hpp"
#include "foundation/log.hpp"
#include "model/inbox.hpp"
#include "model/user.hpp"

namespace usher::routing {

struct Absence::Impl : std::enable_shared_from_this<Absence::Impl> {
    Impl(store::Store& s, access::Users& u, access::Presence& p, asio::any_io_executor executor, Options o)
        : store(s), users(u), presence(p), options(o), tasks(std::move(executor)) {}

    store::Store& store;
    access::Users& users;
    access::Presence& presence;
    Options options;
    TaskScope tasks;

    Task<void> run() {
        auto self = shared_from_this();
        Result<std::vector<UserId>> available = Error{};
        while (!available) {
            available = co_await store.read([](store::Session& sql) {
                return sql.rows<UserId>("SELECT id FROM users WHERE availability = :available",
                                        Availability::available);
            });
            if (!available) co_await sleep_for(std::chrono::seconds(1));
        }
        for (const auto user : *available) {
            presence.opened(user);
            presence.closed(user);
        }
        co_await release_everybodys();
        for (;;) {
            co_await sleep_for(options.interval);
            presence.sweep();
            for (const auto user : presence.take_absent(options.limit)) co_await send_away(user);
        }
    }

    /// Whoever may hold no conversations any more gives back those they have.
    Task<void> release_all(UserId user) {
        auto self = shared_from_this();
        for (;;) {
            auto look = [user](store::Session& sql) -> std::vector<ConversationId> {
                const auto space = sql.one<SpaceId>("SELECT space_id FROM users WHERE id = :id", user);
                if (!space) return {};
                if (!desk::may_hold(sql, *space, user)) {
                    return sql.rows<ConversationId>(
                        "SELECT id FROM conversation WHERE assignee_id = :user AND status < 3 ORDER BY id LIMIT 100",
                        user);
                }
                std::vector<ConversationId> out;  // of inboxes where they have become a viewer
                for (const auto inbox : sql.rows<InboxId>(
                         "SELECT inbox_id FROM inbox_member WHERE user_id = :user AND role = :viewer ORDER BY inbox_id",
                         user, MemberRole::viewer)) {
                    if (desk::may_hold(sql, *space, user, inbox)) continue;
                    for (const auto id : sql.rows<ConversationId>(
                             "SELECT id FROM conversation WHERE assignee_id = :user AND inbox_id = :inbox AND status < "
                             "3 ORDER BY id LIMIT 100",
                             user, inbox))
                        out.push_back(id);
                }
                return out;
            };
            auto held = co_await store.read(std::move(look));
            if (!held) {
                log::warn("routing", "what somebody gives back cannot be read yet",
                          {{"user", to_string(user)}, {"error", held.error().message}});
                co_await sleep_for(std::chrono::seconds(1));
                continue;
            }
            if (held->empty()) co_return;
            for (const auto id : *held) {
                auto work = [id, user](store::Write& write) { return desk::release(write, id, user); };
                auto done = co_await store.write(std::move(work));
                if (!done) {
                    log::warn("routing", "a conversation could not be given back yet",
                              {{"conversation", to_string(id)}, {"error", done.error().message}});
                    co_await sleep_for(std::chrono::seconds(1));
                }
            }
        }
    }

    /// Events may have been missed: everybody who holds something is looked at.
    Task<void> release_everybodys() {
        auto self = shared_from_this();
        Result<std::vector<UserId>> busy = Error{};
        while (!busy) {
            busy = co_await store.read([](store::Session& sql) {
                return sql.rows<UserId>("SELECT user_id FROM agent_load WHERE open_count > 0 ORDER BY user_id");
            });
            if (!busy) co_await sleep_for(std::chrono::seconds(1));
        }
        for (const auto user : *busy) co_await release_all(user);
    }

    Task<int> send_away(UserId user) {
        auto changed = co_await users.make_away(user);
        if (!changed) {
            log::warn("routing", "an absent agent could not be made away",
                      {{"user", to_string(user)}, {"error", changed.error().message}});
            co_return 0;
        }
        if (!*changed) co_return 0;
        auto look = [user](store::Session& sql) {
            return sql.rows<ConversationId>(
                "SELECT id FROM conversation WHERE assignee_id = :user AND status = 1 AND waiting_since IS NOT NULL"
                " ORDER BY waiting_since, id LIMIT 500",
                user);
        };
        auto waiting = co_await store.read(std::move(look));
        if (!waiting) co_return 0;
        int returned = 0;
        for (const auto id : *waiting) {
            auto work = [id, user](store::Write& write) { return desk::return_to_queue(write, id, user); };
            auto done = co_await store.write(std::move(work));
            if (done && *done) ++returned;
        }
        log::info("routing", "an agent without a browser is away now",
                  {{"user", to_string(user)}, {"returned", returned}});
        co_return returned;
    }
};

Absence::Absence(store::Store& store, access::Users& users, access::Presence& presence, asio::any_io_executor executor,
                 Options options)
    : impl_(std::make_shared<Impl>(store, users, presence, std::move(executor), options)) {}
Absence::~Absence() = default;
void Absence::start() {
    impl_->tasks.spawn("absence", [impl = impl_]() -> Task<void> { co_await impl->run(); });
}
Task<void> Absence::stop() {
    return impl_->tasks.stop();
}
void Absence::committed(std::span<const Event> events) {
    for (const auto& event : events) {
        if (event.type != "user.rights_changed") continue;
        impl_->tasks.spawn("release", [impl = impl_, user = UserId{event.subject_id}]() -> Task<void> {
            co_await impl->release_all(user);
        });
    }
}

void Absence::wake() {
    impl_->tasks.spawn("release", [impl = impl_]() -> Task<void> { co_await impl->release_everybodys(); });
}

Task<int> Absence::send_away(UserId user) {
    return impl_->send_away(user);
}

}  // namespace usher::routing
