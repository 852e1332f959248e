// Is it alive, may it be sent requests, and a few figures. Open: a balancer and a collector ask.
#include "api/resources.hpp"

namespace usher::api {
namespace {

Task<Reply> alive(Call) {
    co_return http::Response::text(200, "ok\n");
}

Task<Reply> ready(Api& api, Services& s, Call) {
    if (api.draining()) co_return http::Response::text(503, "draining\n").with("Retry-After", "2");
    if (!s.store.healthy())
        co_return http::Response::text(503, "the database does not answer\n").with("Retry-After", "2");
    co_return http::Response::text(200, "ready\n");
}

Task<Reply> metrics(Api& api, Call) {
    auto response = http::Response::text(200, api.metrics().render());
    response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    co_return response;
}

}  // namespace

void add_health(Api& api, Services& s) {
    api.add_plain("/healthz", true, [](Call call) { return alive(std::move(call)); });
    api.add_plain("/readyz", true, [&](Call call) { return ready(api, s, std::move(call)); });
    api.add_plain("/metrics", true, [&](Call call) { return metrics(api, std::move(call)); });
    api.metrics().gauge("usher_agents_connected", "Users with a socket within the last minute.",
                        [&s] { return static_cast<double>(s.presence.connected().size()); });
    api.metrics().gauge("usher_store_healthy", "The last use of the database succeeded.",
                        [&s] { return s.store.healthy() ? 1.0 : 0.0; });
}

void add_all(Api& api, Services& services) {
    add_health(api, services);
    add_auth(api, services);
    add_me(api, services);
    add_users(api, services);
    add_roles(api, services);
    add_api_keys(api, services);
    add_inboxes(api, services);
    add_channels(api, services);
    add_accounts(api, services);
    add_plugins(api, services);
    add_events(api, services);
}

}  // namespace usher::api
