#pragma once
/// The API's resources, one file each in api/resources. A new one: write resources/<name>.cpp with an add_<name>(),
/// name it here, and call it where app composes the API (add_all does it for those that need nothing but Services).
#include "api/api.hpp"
#include "api/services.hpp"

namespace usher::api {

void add_health(Api& api, Services& services);    // /healthz, /readyz, /metrics
void add_auth(Api& api, Services& services);      // /auth/...
void add_me(Api& api, Services& services);        // /me
void add_users(Api& api, Services& services);     // /users
void add_roles(Api& api, Services& services);     // /roles, /permissions
void add_api_keys(Api& api, Services& services);  // /api-keys
void add_inboxes(Api& api, Services& services);   // /inboxes with members, availability and figures
void add_channels(Api& api, Services& services);  // /channels
void add_accounts(Api& api, Services& services);  // /accounts
void add_plugins(Api& api, Services& services);   // /plugins
void add_events(Api& api, Services& services);    // /events

/// All of the above.
void add_all(Api& api, Services& services);

}  // namespace usher::api
