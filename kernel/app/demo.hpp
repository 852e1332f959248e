#pragma once
/// `--demo`: an installation to look at. Two agents, two inboxes and some history, made through the same services as
/// everything else and only once; and a page of another origin with the chat widget.
#include <memory>
#include <string>

#include "access/access.hpp"
#include "access/inboxes.hpp"
#include "access/users.hpp"
#include "config/load.hpp"
#include "foundation/async.hpp"
#include "http/router.hpp"
#include "inbound/inbound.hpp"
#include "plugins/registry.hpp"

namespace usher::app {

inline constexpr char kDemoAdmin[] = "admin@demo.test";
inline constexpr char kDemoPassword[] = "usher-demo-2026";

/// The settings with the demo's account on top, unless its id is taken. `site_origin` may show the widget.
config::Document with_demo_account(config::Document document, const std::string& site_origin);

/// Where the demo's parts are reached.
struct DemoPlaces {
    std::string public_url;
    std::string workspace_url;
};
/// The page to write from.
std::shared_ptr<http::Router> demo_site(const DemoPlaces& places);

/// People, inboxes and conversations. Errors are told; what stands is left as it is.
Task<Result<void>> fill_demo(access::Access& access, access::Users& users, access::Inboxes& inboxes,
                             inbound::Inbound& inbound, const plugins::Registry& registry, store::Store& store);

}  // namespace usher::app
