#include "routing/router.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "desk/assignment.hpp"
#include "foundation/log.hpp"
#include "model/assignment.hpp"
#include "model/inbox.hpp"
#include "store/repositories/conversations.hpp"

namespace usher::routing {
namespace {

constexpr int kPerInbox = 50;  // waiting conversations looked at in one pass
constexpr std::string_view kManual = "manual";

/// What one inbox's decisions are made from.
struct InboxSnapshot {
    InboxId id;
    AssignmentRules rules;
    std::vector<AgentSnapshot> members;
    std::vector<Conversation> waiting;           // oldest first
    std::map<std::int64_t, UserId> owner_of;     // by contact
    std::map<std::int64_t, UserId> previous_of;  // by contact: who handled them last
};

struct MemberRow {
    UserId user_id;
    MemberRole role = MemberRole::agent;
    std::optional<Availability> override_;
    std::string name;
    bool active = true;
    bool seat = true;
    std::vector<std::string> roles;
    Availability availability = Availability::away;
    std::int64_t open_limit = 0;
    std::optional<std::int64_t> open_count;
    std::optional<Time> last_assigned_at;
};
BOOST_DESCRIBE_STRUCT(MemberRow, (),
                      (user_id, role, override_, name, active, seat, roles, availability, open_limit, open_count,
                       last_assigned_at))

std::vector<AgentSnapshot> members_of(store::Session& sql, InboxId inbox,
                                      const std::function<bool(UserId)>& connected) {
    std::vector<AgentSnapshot> out;
    for (const auto& row :
         sql.rows<MemberRow>("SELECT m.user_id, m.role, m.availability, u.name, u.active, u.seat, u.roles, "
                             "u.availability, u.open_limit, l.open_count, l.last_assigned_at"
                             " FROM inbox_member m JOIN users u ON u.id = m.user_id LEFT JOIN agent_load l ON "
                             "l.user_id = m.user_id WHERE m.inbox_id = :inbox ORDER BY m.user_id",
                             inbox)) {
        AgentSnapshot a;
        a.id = row.user_id;
        a.name = row.name;
        a.active = row.active;
        a.seat = row.seat;
        const auto rights = effective_permissions(row.roles, row.seat);
        a.may_work = rights.contains(permission::kWorkAssigned) || rights.contains(permission::kManageAll);
        a.connected = !connected || connected(row.user_id);
        a.role = row.role;
        a.availability = row.override_.value_or(row.availability);
        a.open_count = row.open_count.value_or(0);
        a.open_limit = row.open_limit;
        a.last_assigned_at = row.last_assigned_at.value_or(Time{});
        out.push_back(std::move(a));
    }
    return out;
}

std::vector<InboxSnapshot> take_snapshot(store::Session& sql, const std::function<bool(UserId)>& connected) {
    std::vector<InboxSnapshot> out;
    for (const auto inbox : sql.rows<InboxId>("SELECT DISTINCT inbox_id FROM routing_wait ORDER BY inbox_id")) {
        auto rules = sql.one<AssignmentRules>("SELECT assignment_rules FROM inbox WHERE id = :id", inbox);
        if (!rules) continue;
        InboxSnapshot s;
        s.id = inbox;
        s.rules = std::move(*rules);
        s.members = members_of(sql, inbox, connected);
        const auto ids = sql.rows<ConversationId>(
            "SELECT conversation_id FROM routing_wait WHERE inbox_id = :inbox ORDER BY since, conversation_id LIMIT "
            ":limit",
            inbox, kPerInbox);
        s.waiting = store::find_conversations(sql, ids);
        if (s.rules.advanced.enabled) {
            for (const auto& c : s.waiting) {
                if (s.rules.advanced.owner) {
                    if (auto owner = sql.one<UserId>("SELECT owner_id FROM contact WHERE id = :id", c.contact_id);
                        owner && *owner)
                        s.owner_of[c.contact_id.value] = *owner;
                }
                if (s.rules.advanced.previous_agent) {
                    auto previous = sql.one<UserId>(
                        "SELECT assignee_id FROM conversation WHERE contact_id = :contact AND id <> :id AND "
                        "assignee_id IS NOT NULL"
                        " ORDER BY last_activity_at DESC, id DESC LIMIT 1",
                        c.contact_id, c.id);
                    if (previous) s.previous_of[c.contact_id.value] = *previous;
                }
            }
        }
        out.push_back(std::move(s));
    }
    return out;
}

json::object decision_of(std::string_view how, UserId user, const Candidates& found, std::string_view strategy) {
    json::array considered;
    for (const auto& a : found.fit)
        considered.push_back({{"userId", to_json(a.id)}, {"openCount", a.open_count}, {"openLimit", a.open_limit}});
    return {{"how", json::string_view(how.data(), how.size())},
            {"userId", to_json(user)},
            {"strategy", json::string_view(strategy.data(), strategy.size())},
            {"candidates", std::move(considered)},
            {"excluded", to_json(found.excluded)}};
}

}  // namespace

struct Router::Impl : std::enable_shared_from_this<Router::Impl> {
    Impl(store::Store& s, plugins::Registry& r, Clock& c, asio::any_io_executor executor, Options o)
        : store(s), registry(r), clock(c), options(std::move(o)), tasks(std::move(executor)) {}

    store::Store& store;
    plugins::Registry& registry;
    Clock& clock;
    Options options;
    Signal signal;
    TaskScope tasks;

    Task<void> run() {
        auto self = shared_from_this();
        for (;;) {
            co_await pass();
            co_await signal.wait(options.retry_interval);
        }
    }

    Task<int> pass() {
        auto snapshots = co_await store.read(
            [connected = options.connected](store::Session& sql) { return take_snapshot(sql, connected); });
        if (!snapshots) {
            log::warn("routing", "the waiting list cannot be read", {{"error", snapshots.error().message}});
            co_return 0;
        }
        int assigned = 0;
        for (auto& inbox : *snapshots) assigned += co_await serve(inbox);
        co_return assigned;
    }

    /// Assigns what it can, oldest first; stops at the first that nobody can take, as nobody can take those behind it.
    Task<int> serve(InboxSnapshot& inbox) {
        int assigned = 0;
        for (const auto& conversation : inbox.waiting) {
            std::string how = "strategy";
            UserId user;
            bool within_capacity = true;
            const Candidates found = candidates(inbox.rules, inbox.members);
            if (const auto owner = inbox.owner_of.find(conversation.contact_id.value); owner != inbox.owner_of.end()) {
                user = owner->second;  // forced, even while away (S3-20)
                how = "owner";
                within_capacity = false;
            } else if (const auto previous = inbox.previous_of.find(conversation.contact_id.value);
                       previous != inbox.previous_of.end()) {
                const auto fits = std::find_if(found.fit.begin(), found.fit.end(),
                                               [&](const auto& a) { return a.id == previous->second; });
                if (fits != found.fit.end()) {
                    user = previous->second;
                    how = "previous agent";
                }
            }
            if (!user && inbox.rules.type == kManual) co_return assigned;  // all go to Unassigned (S3-18)
            if (!user && !found.fit.empty()) {
                user = co_await choose(inbox, conversation, found.fit);
            }
            if (!user && inbox.rules.fallback_user_id) {
                user = inbox.rules.fallback_user_id;
                how = "fallback";
                within_capacity = false;
            }
            if (!user) co_return assigned;
            auto done =
                co_await store.write([id = conversation.id, user, within_capacity,
                                      decision = decision_of(how, user, found, inbox.rules.type)](store::Write& write) {
                    return desk::assign_by_routing(write, id, user, within_capacity, decision);
                });
            if (!done) {
                log::warn("routing", "an assignment could not be written",
                          {{"conversation", to_string(conversation.id)}, {"error", done.error().message}});
                co_return assigned;
            }
            if (*done) {
                ++assigned;
                for (auto& member : inbox.members) {
                    if (member.id != user) continue;
                    member.open_count += 1;
                    member.last_assigned_at = clock.now();
                }
            } else {
                signal.set();  // somebody was faster or the last place went: look again
                co_return assigned;
            }
        }
        co_return assigned;
    }

    /// The strategy plugin's choice; without the plugin, or when it fails, the kernel's own order. 0: nobody now.
    Task<UserId> choose(const InboxSnapshot& inbox, const Conversation& conversation,
                        const std::vector<AgentSnapshot>& fit) {
        const auto instance = registry.strategy(inbox.rules.type);
        if (instance) {
            plugins::RouteRequest request;
            request.timeout_ms = static_cast<std::uint32_t>(options.strategy_timeout.count());
            for (const auto& a : fit) {
                request.agents.push_back(
                    {to_string(a.id),
                     write_json(json::object{{"name", a.name}, {"skills", json::array{}}, {"team_ids", json::array{}}}),
                     static_cast<std::uint32_t>(a.open_count), static_cast<std::uint32_t>(a.open_limit),
                     a.last_assigned_at.us});
            }
            request.conversation_json = write_json(
                json::object{{"id", to_json(conversation.id)},
                             {"inbox_id", to_json(conversation.inbox_id)},
                             {"account_id", to_json(conversation.account_id)},
                             {"contact_id", to_json(conversation.contact_id)},
                             {"status", to_json(conversation.status)},
                             {"priority", to_json(conversation.priority)},
                             {"required_skills", json::array{}},
                             {"team_ids", to_json(conversation.team_ids)},
                             {"waiting_since_unix_us", conversation.waiting_since.value_or(conversation.created_at).us},
                             {"reason", "new"}});
            auto chosen = co_await instance->choose(std::move(request));
            if (chosen && chosen->empty()) co_return UserId{};
            if (chosen) {
                const auto known =
                    std::find_if(fit.begin(), fit.end(), [&](const auto& a) { return to_string(a.id) == *chosen; });
                if (known != fit.end()) co_return known->id;
                log::error("routing", "the strategy chose somebody who is no candidate; the kernel's order decides",
                           {{"strategy", inbox.rules.type}, {"chose", chosen->substr(0, 40)}});
            } else {
                log::error("routing", "the strategy failed; the kernel's order decides",
                           {{"strategy", inbox.rules.type}, {"error", chosen.error().message}});
            }
        } else {
            log::warn("routing", "there is no such strategy; the kernel's order decides",
                      {{"strategy", inbox.rules.type}, {"inbox", to_string(inbox.id)}});
        }
        co_return std::min_element(fit.begin(), fit.end(), least_recently_assigned)->id;
    }
};

Router::Router(store::Store& store, plugins::Registry& registry, Clock& clock, asio::any_io_executor executor,
               Options options)
    : impl_(std::make_shared<Impl>(store, registry, clock, std::move(executor), std::move(options))) {}
Router::~Router() = default;

void Router::start() {
    impl_->tasks.spawn("router", [impl = impl_]() -> Task<void> { co_await impl->run(); });
}

Task<void> Router::stop() {
    return impl_->tasks.stop();
}
void Router::wake() {
    impl_->signal.set();
}
Task<int> Router::pass() {
    return impl_->pass();
}

void Router::committed(std::span<const Event> events) {
    // Somebody waits anew, or somebody may be able now: availability, rights, members, capacity freed by a status or an
    // assignee.
    static const std::set<std::string_view> kInteresting{
        "conversation.created", "conversation.unassigned", "conversation.status", "conversation.assigned",
        "conversation.routed",  "agent.availability",      "member.added",        "member.removed",
        "member.availability",  "user.rights_changed",     "user.updated",        "inbox.updated"};
    for (const auto& e : events) {
        if (kInteresting.contains(e.type)) return impl_->signal.set();
    }
}

}  // namespace usher::routing
