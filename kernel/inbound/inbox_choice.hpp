#pragma once
/// Which inbox a new conversation begins in. Holds what it read: for one batch, and one transaction, only.
#include <map>
#include <tuple>
#include <vector>

#include "model/inbox.hpp"
#include "plugins/values.hpp"
#include "store/session.hpp"

namespace usher::inbound {

class InboxChoice final {
public:
    /// The account's inbox, else the default one, is where it begins; the first rule that matches (its own rules before
    /// the other inboxes') may send it elsewhere.
    InboxId choose(store::Session& sql, const plugins::AccountRef& account, const RouteFacts& facts);

private:
    std::vector<std::tuple<InboxId, SpaceId, SpaceId, std::vector<RoutingRule>>> inboxes_;
    std::map<std::int64_t, InboxId> account_inbox_;
};

}  // namespace usher::inbound
