#include "inbound/inbox_choice.hpp"

#include <algorithm>

namespace usher::inbound {

InboxId InboxChoice::choose(store::Session& sql, const plugins::AccountRef& account, const RouteFacts& facts) {
    if (inboxes_.empty()) {
        inboxes_ = sql.rows<std::tuple<InboxId, SpaceId, SpaceId, std::vector<RoutingRule>>>(
            "SELECT id, space_id, default_key, routing_rules FROM inbox ORDER BY id");
        for (const auto& [id, inbox] : sql.rows<std::tuple<std::int64_t, InboxId>>("SELECT id, inbox_id FROM account"))
            account_inbox_[id] = inbox;
    }
    InboxId start = account_inbox_[account.key.value];
    const auto exists = [&](InboxId id) {
        return std::any_of(inboxes_.begin(), inboxes_.end(),
                           [&](const auto& i) { return std::get<0>(i) == id && std::get<1>(i) == account.space_id; });
    };
    if (!exists(start)) {
        for (const auto& [id, space, default_of, rules] : inboxes_) {
            if (default_of == account.space_id) start = id;
        }
    }
    for (const bool own : {true, false}) {
        for (const auto& [id, space, default_of, rules] : inboxes_) {
            if (space != account.space_id || (id == start) != own) continue;
            if (const InboxId target = match_rules(rules, facts); target && exists(target)) return target;
        }
    }
    return start;
}

}  // namespace usher::inbound
