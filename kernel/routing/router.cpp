#include "routing/router.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "desk/assignment.hpp"
#include "desk/border_event.hpp"
#include "foundation/log.hpp"
#include "model/assignment.hpp"
#include "model/inbox.hpp"
#include "store/repositories/conversations.hpp"

namespace usher::routing {
namespace {

constexpr int kPerInbox = 50;  // waiting conversations looked at in one pass
constexpr std::string_view kManual = "manual";

/// Why a conversation waits, and who had it before.
struct Wait {
    ConversationId conversation_id;
    desk::WaitReason reason = desk::WaitReason::new_;
    UserId from_user_id;
};
BOOST_DESCRIBE_STRUCT(Wait, (), (conversation_id, reason, from_user_id))

/// What one inbox's decisions are made from.
struct InboxSnapshot {
    InboxId id;
    AssignmentRules rules;
    bool open = true;
    std::vector<AgentSnapshot> members;
    std::vector<Conversation> waiting;           // oldest first
    std::map<std::int64_t, Wait> waits;          // by conversation
    std::map<std::int64_t, UserId> owner_of;     // by contact: who is able to hold conversations
    std::map<std::int64_t, UserId> previous_of;  // by conversation: who handled the contact last
    bool fallback_able = false;
};

struct Snapshot {
    std::vector<InboxSnapshot> inboxes;
    desk::AccountNames accounts;
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

/// Who handled the contact's newest other conversation.
UserId last_handler(store::Session& sql, const Conversation& c) {
    return sql
        .one<UserId>(
            "SELECT assignee_id FROM conversation WHERE contact_id = :contact AND id <> :id AND assignee_id IS NOT "
            "NULL ORDER BY last_activity_at DESC, id DESC LIMIT 1",
            c.contact_id, c.id)
        .value_or(UserId{});
}

/// Oldest first. Where owners come first, theirs are looked for behind the others too: they do not wait for them.
std::vector<Wait> waiting_in(store::Session& sql, InboxId inbox, const AssignmentRules& rules) {
    auto waits = sql.rows<Wait>(
        "SELECT conversation_id, reason, from_user_id FROM routing_wait WHERE inbox_id = :inbox ORDER BY since, "
        "conversation_id LIMIT :limit",
        inbox, kPerInbox);
    if (!rules.advanced.enabled || !rules.advanced.owner || waits.size() < static_cast<std::size_t>(kPerInbox))
        return waits;
    for (const auto& wait : sql.rows<Wait>(
             "SELECT w.conversation_id, w.reason, w.from_user_id FROM routing_wait w JOIN conversation c ON c.id = "
             "w.conversation_id JOIN "
             "contact "
             "k ON k.id = c.contact_id WHERE w.inbox_id = :inbox AND k.owner_id IS NOT NULL ORDER BY w.since, "
             "w.conversation_id LIMIT :limit",
             inbox, kPerInbox)) {
        const auto same = [&](const Wait& w) { return w.conversation_id == wait.conversation_id; };
        if (std::none_of(waits.begin(), waits.end(), same)) waits.push_back(wait);
    }
    return waits;
}

Snapshot take_snapshot(store::Session& sql, const std::function<bool(UserId)>& connected, Time now) {
    Snapshot out;
    for (const auto inbox : sql.rows<InboxId>("SELECT DISTINCT inbox_id FROM routing_wait ORDER BY inbox_id")) {
        auto rules = sql.one<std::tuple<AssignmentRules, WorkingHours>>(
            "SELECT assignment_rules, working_hours FROM inbox WHERE id = :id", inbox);
        if (!rules) continue;
        InboxSnapshot s;
        s.id = inbox;
        const WorkingHours hours = std::get<1>(*rules);
        s.rules = std::get<0>(std::move(*rules));
        s.open = is_open_at(s.rules.working_hours.value_or(hours), now);  // its own hours count over the inbox's
        s.members = members_of(sql, inbox, connected);
        std::vector<ConversationId> ids;
        for (const auto& wait : waiting_in(sql, inbox, s.rules)) {
            ids.push_back(wait.conversation_id);
            s.waits[wait.conversation_id.value] = wait;
        }
        s.waiting = store::find_conversations(sql, ids);
        if (s.waiting.empty()) continue;
        if (s.rules.fallback_user_id)
            s.fallback_able = desk::may_hold(sql, s.waiting.front().space_id, s.rules.fallback_user_id, s.id);
        if (s.rules.advanced.enabled) {
            for (const auto& c : s.waiting) {
                if (s.rules.advanced.owner) {
                    if (auto owner = sql.one<UserId>("SELECT owner_id FROM contact WHERE id = :id", c.contact_id);
                        owner && *owner && desk::may_hold(sql, c.space_id, *owner, s.id))
                        s.owner_of[c.contact_id.value] = *owner;
                }
                // Whoever gave it back, or handed it on, does not get it again by this rule.
                const auto reason = s.waits[c.id.value].reason;
                const bool begins = reason == desk::WaitReason::new_ || reason == desk::WaitReason::reopened;
                if (s.rules.advanced.previous_agent && begins) {
                    if (const UserId previous = last_handler(sql, c)) s.previous_of[c.id.value] = previous;
                }
            }
        }
        out.inboxes.push_back(std::move(s));
    }
    if (!out.inboxes.empty()) out.accounts = desk::account_names(sql);
    return out;
}

/// The contact's newest message, as a strategy reads it.
plugins::Message message_of(const Entry& entry) {
    plugins::Message m;
    m.id = to_string(entry.id);
    m.conversation_id = to_string(entry.conversation_id);
    m.text = entry.text;
    if (entry.content) m.content_json = write_json(*entry.content);
    m.sent_unix_us = entry.created_at.us;
    return m;
}

/// What a strategy is told beside the conversation itself.
struct Background {
    std::vector<Entry> newest;  // the contact's newest message; none or one
    UserId owner, previous;
};

/// As in sdk/ABI.md.
std::string_view reason_of(desk::WaitReason reason) {
    switch (reason) {
        case desk::WaitReason::new_:
            return "new";
        case desk::WaitReason::reopened:
            return "reopened";
        case desk::WaitReason::transferred:
            return "transferred";
        case desk::WaitReason::returned:
            return "returned";
    }
    return "new";
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
        auto look = [connected = options.connected, now = clock.now()](store::Session& sql) {
            return take_snapshot(sql, connected, now);
        };
        auto snapshot = co_await store.read(std::move(look));
        if (!snapshot) {
            log::warn("routing", "the waiting list cannot be read", {{"error", snapshot.error().message}});
            co_return 0;
        }
        int assigned = 0;
        for (auto& inbox : snapshot->inboxes) assigned += co_await serve(inbox, snapshot->accounts);
        co_return assigned;
    }

    /// Assigns what it can, oldest first. At the first that nobody can take it stops, as nobody can take those behind
    /// it; but for owners and previous agents, who are looked for behind it too.
    Task<int> serve(InboxSnapshot& inbox, const desk::AccountNames& accounts) {
        int assigned = 0;
        const bool others_behind = !inbox.owner_of.empty() || !inbox.previous_of.empty();
        for (const auto& conversation : inbox.waiting) {
            std::string how = "strategy";
            UserId user;
            desk::RoutingTerms terms{inbox.id, true, true, inbox.rules.only_available};
            const Candidates found = candidates(inbox.rules, inbox.members, inbox.open);
            if (const auto owner = inbox.owner_of.find(conversation.contact_id.value); owner != inbox.owner_of.end()) {
                user = owner->second;  // forced, even while away (S3-20)
                how = "owner";
                terms = {inbox.id, false, false, false};
            } else if (const auto previous = inbox.previous_of.find(conversation.id.value);
                       previous != inbox.previous_of.end()) {
                const auto fits = std::find_if(found.fit.begin(), found.fit.end(),
                                               [&](const auto& a) { return a.id == previous->second; });
                // Only if online (S3-21), also where availability does not count otherwise.
                if (fits != found.fit.end() && fits->connected && fits->availability == Availability::available) {
                    user = previous->second;
                    how = "previous agent";
                    terms.only_available = true;
                }
            }
            const bool manual = inbox.rules.type == kManual;  // all go to Unassigned (S3-18)
            if (!user && !manual && !found.fit.empty()) {
                user = co_await choose(inbox, conversation, found.fit, accounts);
            }
            if (!user && !manual && inbox.fallback_able) {
                user = inbox.rules.fallback_user_id;
                how = "fallback";
                terms = {inbox.id, false, false, false};
            }
            if (!user && others_behind) continue;
            if (!user) co_return assigned;
            auto work = [id = conversation.id, user, terms, decision = decision_of(how, user, found, inbox.rules.type)](
                            store::Write& write) { return desk::assign_by_routing(write, id, user, terms, decision); };
            auto done = co_await store.write(std::move(work));
            if (!done) {
                log::warn("routing", "an assignment could not be written",
                          {{"conversation", to_string(conversation.id)}, {"error", done.error().message}});
                co_return assigned;
            }
            if (*done) {
                ++assigned;
                Time newest = clock.now();  // after everybody else's, however little time has passed
                for (const auto& member : inbox.members) {
                    newest = std::max(newest, member.last_assigned_at + std::chrono::microseconds(1));
                }
                for (auto& member : inbox.members) {
                    if (member.id != user) continue;
                    member.open_count += 1;
                    member.last_assigned_at = newest;
                }
            } else {
                co_return assigned;  // somebody was faster or the last place went: that commit wakes the router
            }
        }
        co_return assigned;
    }

    /// The strategy plugin's choice; without the plugin, or when it fails, the kernel's own order. 0: nobody now.
    Task<UserId> choose(const InboxSnapshot& inbox, const Conversation& conversation,
                        const std::vector<AgentSnapshot>& fit, const desk::AccountNames& accounts) {
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
            const auto row = inbox.waits.find(conversation.id.value);
            const Wait wait = row == inbox.waits.end() ? Wait{} : row->second;
            auto look = [conversation, wait](store::Session& sql) {
                Background out;
                out.newest = sql.rows<Entry>(
                    "WHERE conversation_id = :id AND kind = 0 AND direction = 0 ORDER BY seq DESC LIMIT 1",
                    conversation.id);
                out.owner = sql.one<UserId>("SELECT owner_id FROM contact WHERE id = :id", conversation.contact_id)
                                .value_or(UserId{});
                out.previous = wait.from_user_id ? wait.from_user_id : last_handler(sql, conversation);
                return out;
            };
            auto background = co_await store.read(std::move(look));
            if (!background) {
                log::warn("routing", "the contact's past cannot be read; the strategy decides without it",
                          {{"conversation", to_string(conversation.id)}, {"error", background.error().message}});
                background = Background{};
            }
            const auto account = accounts.find(conversation.account_id.value);
            const desk::AccountName none;
            const desk::AccountName& name = account == accounts.end() ? none : account->second;
            json::object facts{
                {"id", to_json(conversation.id)},
                {"inbox_id", to_json(conversation.inbox_id)},
                {"account_id", name.slug},
                {"channel", name.channel},
                {"contact_id", to_json(conversation.contact_id)},
                {"status", to_json(conversation.status)},
                {"priority", to_json(conversation.priority)},
                {"required_skills", json::array{}},
                {"team_ids", to_json(conversation.team_ids)},
                {"waiting_since_unix_us", conversation.waiting_since.value_or(conversation.created_at).us},
                {"reason", std::string(reason_of(wait.reason))}};
            if (background->owner) facts["owner_id"] = to_json(background->owner);
            if (background->previous) facts["previous_assignee_id"] = to_json(background->previous);
            request.conversation_json = write_json(facts);
            if (!background->newest.empty()) request.message.push_back(message_of(background->newest.front()));
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
