#include "access/inboxes.hpp"

#include <date/tz.h>

#include <algorithm>

#include "access/users.hpp"
#include "foundation/crypto.hpp"
#include "model/event_types.hpp"

namespace usher::access {
namespace {

constexpr std::chrono::hours kFiguresOver{30 * 24};

Error no_inbox(InboxId id) {
    return not_found("There is no inbox " + to_string(id) + ".");
}

/// Names of the members that differ, as the API calls them.
json::array changed_members(const Inbox& before, const Inbox& after) {
    json::array out;
    const json::object was = to_json(before).as_object();
    const json::object now = to_json(after).as_object();
    for (const auto& member : now) {
        if (member.key() == "version" || was.at(member.key()) == member.value()) continue;
        if (member.key() == "defaultKey")
            out.emplace_back("isDefault");
        else
            out.emplace_back(member.key());
    }
    return out;
}

Result<Inboxes::Shown> shown(store::Session& sql, Inbox inbox) {
    const auto members = store::count_members(sql, inbox.id);
    return Inboxes::Shown{std::move(inbox), members};
}

/// Makes `inbox` the default one of its space: the former gives way first, the key is unique.
void make_default(store::Write& write, Inbox& inbox, UserId by) {
    if (auto former = store::find_default_inbox(write.sql(), inbox.space_id); former && former->id != inbox.id) {
        former->default_key = {};
        ++former->version;
        store::update_inbox(write.sql(), *former);
        write.append(people_event(event_type::kInboxUpdated, inbox.space_id, former->id.value, by,
                                  {{"version", former->version}, {"changed", json::array{"isDefault"}}}));
    }
    inbox.default_key = inbox.space_id;
}

/// The row of an inbox for one who wants to change it.
Result<Inbox> lock_to_manage(store::Session& sql, const Principal& who, InboxId id) {
    auto inbox = store::lock_inbox(sql, who.space_id, id);
    if (!inbox || !may_see_inbox(who, inbox->space_id, id)) return no_inbox(id);
    if (!may_manage_inbox(who, id)) return forbidden(permission::kSetupQueues);
    return std::move(*inbox);
}

}  // namespace

bool may_see_inbox(const Principal& who, SpaceId space, InboxId inbox) {
    return who.space_id == space && (who.inboxes.contains(inbox) || who.may(permission::kSetupQueues) ||
                                     who.may(permission::kManageAll) || who.may(permission::kReportsView));
}

bool may_manage_inbox(const Principal& who, InboxId inbox) {
    return who.may(permission::kSetupQueues) || who.admin_inboxes.contains(inbox);
}

bool may_see_stats(const Principal& who, InboxId inbox) {
    return who.may(permission::kReportsView) || who.inboxes.contains(inbox);
}

Inbox make_inbox(store::Write& write, SpaceId space, std::string name, std::string_view mail_domain) {
    Inbox inbox;
    inbox.id = {write.next_id()};
    inbox.space_id = space;
    inbox.name = std::move(name);
    inbox.created_at = write.now();
    inbox.forwarding_address =
        "inbox-" + to_string(inbox.id) + "-" + to_hex(crypto::random_bytes(4)) + "@" + std::string(mail_domain);
    return inbox;
}

Time start_of_day(Time now, const std::string& timezone) {
    using namespace std::chrono;
    const date::sys_time<microseconds> at{microseconds(now.us)};
    try {
        const auto* zone = date::locate_zone(timezone);
        const auto day = date::floor<date::days>(zone->to_local(at));
        const auto start = zone->to_sys(date::local_time<microseconds>(day), date::choose::earliest);
        return {start.time_since_epoch().count()};
    } catch (const std::runtime_error&) {  // no such zone on this machine: UTC serves
        return {duration_cast<microseconds>(date::floor<date::days>(at).time_since_epoch()).count()};
    }
}

void Inboxes::check_all(store::Session& sql, const Inbox& inbox, Faults& faults) const {
    check(inbox, faults);
    const auto& rules = inbox.assignment_rules;
    static constexpr std::string_view kKnown[] = {"round_robin", "least_busy", "manual"};
    const bool known = std::find(std::begin(kKnown), std::end(kKnown), rules.type) != std::end(kKnown);
    if (!known && !rules.type.empty() && !(strategy_exists_ && strategy_exists_(rules.type))) {
        detail::fault(faults, "/assignmentRules/type",
                      "expected round_robin, least_busy, manual or the id of a strategy plugin");
    }
    if (rules.fallback_user_id) {
        const auto user = store::find_user(sql, rules.fallback_user_id);
        if (!user || user->space_id != inbox.space_id || !user->active) {
            detail::fault(faults, "/assignmentRules/fallbackUserId",
                          "there is no active user " + to_string(rules.fallback_user_id));
        }
    }
    std::vector<InboxId> wanted;
    for (const auto& rule : inbox.routing_rules) wanted.push_back(rule.inbox_id);
    const auto there = store::existing_inboxes(sql, inbox.space_id, wanted);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (!wanted[i] || wanted[i] == inbox.id) continue;
        if (std::find(there.begin(), there.end(), wanted[i]) == there.end()) {
            detail::fault(faults, pointer("/routingRules", i) + "/inboxId",
                          "there is no inbox " + to_string(wanted[i]));
        }
    }
}

Task<Result<std::vector<Inboxes::Shown>>> Inboxes::list(Principal who) {
    auto look = [who](store::Session& sql) -> Result<std::vector<Shown>> {
        std::vector<Shown> out;
        const auto counts = store::count_members(sql, who.space_id);
        for (auto& inbox : store::list_inboxes(sql, who.space_id)) {
            if (!may_see_inbox(who, inbox.space_id, inbox.id)) continue;
            const auto count =
                std::find_if(counts.begin(), counts.end(), [&](const auto& c) { return c.inbox_id == inbox.id; });
            out.push_back({std::move(inbox), count == counts.end() ? 0 : count->members});
        }
        return out;
    };
    co_return co_await access_.store().read(std::move(look));
}

Task<Result<Inboxes::Shown>> Inboxes::get(Principal who, InboxId id) {
    auto look = [who, id](store::Session& sql) -> Result<Shown> {
        auto inbox = store::find_inbox(sql, who.space_id, id);
        if (!inbox || !may_see_inbox(who, inbox->space_id, id)) return no_inbox(id);
        return shown(sql, std::move(*inbox));
    };
    co_return co_await access_.store().read(std::move(look));
}

Task<Result<Inboxes::Shown>> Inboxes::create(Principal who, Edit edit, std::optional<store::IdempotencyKey> key) {
    if (!who.may(permission::kSetupQueues)) co_return forbidden(permission::kSetupQueues);
    auto work = [this, who, edit, key](store::Write& write) -> Result<Shown> {
        auto& sql = write.sql();
        auto earlier = store::earlier_result(sql, key, write.now());
        if (!earlier) return earlier.error();
        if (*earlier) {
            auto made = store::find_inbox(sql, who.space_id, {**earlier});
            if (!made) return no_inbox({**earlier});
            return shown(sql, std::move(*made));
        }
        Inbox inbox = make_inbox(write, who.space_id, "", access_.settings().mail_domain);
        bool is_default = false;
        Faults faults;
        edit(inbox, is_default, faults);
        check_all(sql, inbox, faults);
        if (auto ok = refuse(std::move(faults)); !ok) return ok.error();
        if (is_default) make_default(write, inbox, who.user_id);
        store::insert_inbox(sql, inbox);
        store::remember(write, key, inbox.id.value);
        write.append(people_event(event_type::kInboxCreated, inbox.space_id, inbox.id.value, who.user_id,
                                  {{"version", inbox.version}}));
        return Shown{std::move(inbox), 0};
    };
    auto done = co_await access_.store().write(std::move(work));
    access_.directory().forget_keys();  // a key belongs to every inbox
    co_return done;
}

Task<Result<Inboxes::Shown>> Inboxes::update(Principal who, InboxId id, std::optional<std::int64_t> if_match,
                                             Edit edit) {
    auto work = [this, who, id, if_match, edit](store::Write& write) -> Result<Shown> {
        auto& sql = write.sql();
        auto row = lock_to_manage(sql, who, id);
        if (!row) return row.error();
        if (if_match && *if_match != row->version) {
            return Error{Errc::precondition, "The inbox was changed meanwhile: its version is " +
                                                 std::to_string(row->version) + ", not " + std::to_string(*if_match) +
                                                 "."};
        }
        Inbox inbox = *row;
        const bool was_default = static_cast<bool>(row->default_key);
        bool is_default = was_default;
        Faults faults;
        edit(inbox, is_default, faults);
        if (was_default && !is_default) {
            detail::fault(faults, "/isDefault", "one inbox is the default: make another one the default instead");
        }
        check_all(sql, inbox, faults);
        if (auto ok = refuse(std::move(faults)); !ok) return ok.error();
        if (is_default && !was_default) make_default(write, inbox, who.user_id);
        auto changed = changed_members(*row, inbox);
        if (changed.empty()) return shown(sql, std::move(inbox));
        ++inbox.version;
        store::update_inbox(sql, inbox);
        write.append(people_event(event_type::kInboxUpdated, inbox.space_id, id.value, who.user_id,
                                  {{"version", inbox.version}, {"changed", std::move(changed)}}));
        return shown(sql, std::move(inbox));
    };
    co_return co_await access_.store().write(std::move(work));
}

Task<Result<void>> Inboxes::remove(Principal who, InboxId id) {
    std::vector<UserId> affected;
    auto work = [who, id](store::Write& write) -> Result<std::vector<UserId>> {
        auto& sql = write.sql();
        auto inbox = store::lock_inbox(sql, who.space_id, id);
        if (!inbox || !may_see_inbox(who, inbox->space_id, id)) return no_inbox(id);
        if (!who.may(permission::kSetupQueues)) return forbidden(permission::kSetupQueues);
        if (inbox->default_key) {
            return conflict("default_inbox",
                            "The default inbox cannot be deleted; make another one the default first.");
        }
        if (!store::some_conversations(sql, id, 1).empty()) {
            return conflict("inbox_not_empty", "This inbox still has conversations.");
        }
        std::vector<UserId> members;
        for (const auto& member : store::list_members(sql, id)) members.push_back(member.user_id);
        for (const auto other : store::delete_inbox(sql, *inbox)) {
            write.append(people_event(event_type::kInboxUpdated, who.space_id, other.value, who.user_id,
                                      {{"changed", json::array{"routingRules"}}}));
        }
        for (const auto member : members) {
            if (auto user = store::lock_user(sql, member)) raise_rights_in(write, *user, who.user_id);
        }
        write.append(people_event(event_type::kInboxDeleted, who.space_id, id.value, who.user_id));
        return members;
    };
    auto done = co_await access_.store().write(std::move(work));
    if (!done) co_return done.error();
    for (const auto user : *done) access_.directory().forget_person(user);
    access_.directory().forget_keys();
    co_return Result<void>{};
}

Task<Result<std::vector<store::MemberView>>> Inboxes::members(Principal who, InboxId id) {
    auto look = [who, id](store::Session& sql) -> Result<std::vector<store::MemberView>> {
        const auto inbox = store::find_inbox(sql, who.space_id, id);
        if (!inbox || !may_see_inbox(who, inbox->space_id, id)) return no_inbox(id);
        return store::list_members(sql, id);
    };
    co_return co_await access_.store().read(std::move(look));
}

namespace {

Result<store::MemberView> view_of(store::Session& sql, InboxId inbox, UserId user) {
    for (auto& member : store::list_members(sql, inbox)) {
        if (member.user_id == user) return std::move(member);
    }
    return not_found("User " + to_string(user) + " is not a member of inbox " + to_string(inbox) + ".");
}

}  // namespace

Task<Result<store::MemberView>> Inboxes::add_member(Principal who, InboxId id, NewMember wish, Faults faults) {
    auto work = [who, id, wish, faults](store::Write& write) -> Result<store::MemberView> {
        auto& sql = write.sql();
        auto inbox = lock_to_manage(sql, who, id);
        if (!inbox) return inbox.error();
        Faults all = faults;
        std::optional<User> user;
        if (wish.user_id) user = store::lock_user(sql, wish.user_id);
        if (!user || user->space_id != who.space_id || !user->active) {
            detail::fault(all, "/userId", "expected the id of an active user");
        }
        if (auto ok = refuse(std::move(all)); !ok) return ok.error();
        if (auto member = store::lock_member(sql, id, wish.user_id)) {
            if (member->role == wish.role) return view_of(sql, id, wish.user_id);
            member->role = wish.role;
            store::update_member(sql, *member);
        } else {
            store::insert_member(sql, {id, wish.user_id, wish.role, std::nullopt});
        }
        write.append(people_event(event_type::kMemberAdded, who.space_id, id.value, who.user_id,
                                  {{"userId", to_json(wish.user_id)}, {"role", to_json(wish.role)}}));
        raise_rights_in(write, *user, who.user_id);
        return view_of(sql, id, wish.user_id);
    };
    auto done = co_await access_.store().write(std::move(work));
    access_.directory().forget_person(wish.user_id);
    co_return done;
}

Task<Result<void>> Inboxes::remove_member(Principal who, InboxId id, UserId user) {
    auto work = [who, id, user](store::Write& write) -> Result<void> {
        auto& sql = write.sql();
        auto inbox = lock_to_manage(sql, who, id);
        if (!inbox) return inbox.error();
        if (!store::delete_member(sql, id, user)) {
            return not_found("User " + to_string(user) + " is not a member of inbox " + to_string(id) + ".");
        }
        write.append(
            people_event(event_type::kMemberRemoved, who.space_id, id.value, who.user_id, {{"userId", to_json(user)}}));
        if (auto row = store::lock_user(sql, user)) raise_rights_in(write, *row, who.user_id);
        return {};
    };
    auto done = co_await access_.store().write(std::move(work));
    access_.directory().forget_person(user);
    co_return done;
}

Task<Result<store::MemberView>> Inboxes::set_availability(Principal who, InboxId id, UserId user, Availability status) {
    auto work = [who, id, user, status](store::Write& write) -> Result<store::MemberView> {
        auto& sql = write.sql();
        const auto inbox = store::find_inbox(sql, who.space_id, id);
        if (!inbox || !may_see_inbox(who, inbox->space_id, id)) return no_inbox(id);
        if (who.user_id != user && !may_manage_inbox(who, id) && !who.may(permission::kAgentStatusSet)) {
            return forbidden(permission::kAgentStatusSet);
        }
        auto member = store::lock_member(sql, id, user);
        if (!member) return view_of(sql, id, user);  // says that they are none
        if (member->availability == status) return view_of(sql, id, user);
        member->availability = status;
        store::update_member(sql, *member);
        write.append(people_event(event_type::kMemberAvailability, who.space_id, id.value, who.user_id,
                                  {{"userId", to_json(user)}, {"status", to_json(status)}}));
        return view_of(sql, id, user);
    };
    co_return co_await access_.store().write(std::move(work));
}

Task<Result<store::InboxStats>> Inboxes::stats(Principal who, InboxId id) {
    const Time now = access_.clock().now();
    auto look = [who, id, now](store::Session& sql) -> Result<store::InboxStats> {
        const auto inbox = store::find_inbox(sql, who.space_id, id);
        if (!inbox || !may_see_inbox(who, inbox->space_id, id)) return no_inbox(id);
        if (!may_see_stats(who, id)) return forbidden(permission::kReportsView);
        return store::inbox_stats(sql, id, start_of_day(now, inbox->working_hours.timezone), now - kFiguresOver);
    };
    co_return co_await access_.store().read(std::move(look));
}

Task<Result<std::vector<store::MemberStats>>> Inboxes::team_stats(Principal who, InboxId id) {
    const Time now = access_.clock().now();
    auto look = [who, id, now](store::Session& sql) -> Result<std::vector<store::MemberStats>> {
        const auto inbox = store::find_inbox(sql, who.space_id, id);
        if (!inbox || !may_see_inbox(who, inbox->space_id, id)) return no_inbox(id);
        if (!may_see_stats(who, id)) return forbidden(permission::kReportsView);
        return store::team_stats(sql, id, now - kFiguresOver);
    };
    co_return co_await access_.store().read(std::move(look));
}

}  // namespace usher::access
