#pragma once
/// Events as plugins read them (sdk/ABI.md, Events): responders and exporters.
#include <map>
#include <string>

#include "model/event.hpp"
#include "store/session.hpp"

namespace usher::desk {

struct AccountName {
    std::string slug;
    std::string channel;
};
/// By the account's key. Accounts are few and their slugs never change.
using AccountNames = std::map<std::int64_t, AccountName>;
AccountNames account_names(store::Session& sql);

/// "slot-epoch-seq": unique, never reused.
std::string event_id(const StreamPosition& position);
json::object border_event(const Event& event, const AccountNames& accounts);

}  // namespace usher::desk
