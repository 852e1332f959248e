#pragma once
/// What resources work with. Everything is borrowed and outlives the API; app fills it in.
#include <string>

#include "access/api_keys.hpp"
#include "access/inboxes.hpp"
#include "access/presence.hpp"
#include "access/users.hpp"
#include "feed/feed.hpp"
#include "plugins/registry.hpp"
#include "provisioning/accounts.hpp"

namespace usher::api {

struct Services {
    store::Store& store;
    Clock& clock;
    access::Access& access;
    access::Users& users;
    access::ApiKeys& api_keys;
    access::Inboxes& inboxes;
    access::Presence& presence;
    feed::Feed& feed;
    plugins::Registry* registry = nullptr;  // null only in tests: no channels, no accounts
    std::string workspace_url;              // "http://127.0.0.1:8080": for links in invitations
    std::string public_url;                 // where customers and providers reach us
    int undo_window_seconds = 5;
    std::string build = "0.1.0";
    provisioning::Accounts* accounts = nullptr;  // null only in tests
};

}  // namespace usher::api
