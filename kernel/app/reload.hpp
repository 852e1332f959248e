#pragma once
/// SIGHUP: what of newly read settings can be taken over while everything runs, and what has to be named instead.
#include <functional>

#include "config/load.hpp"
#include "http/server.hpp"
#include "plugins/registry.hpp"
#include "provisioning/accounts.hpp"

namespace usher::app {

/// What follows a change; borrowed.
struct Running {
    config::Loaded& loaded;  // what holds; brought up to what was taken over
    plugins::Registry& registry;
    http::Server& server;
    /// Accounts, strategies, responders and exporters as YAML now has them; blocks until they run.
    std::function<Result<void>(std::vector<plugins::InstanceSpec>)> apply_instances;
};

/// Takes over accounts, strategies, responders, exporters, log.level, limits.requests_per_s and certificates; names in
/// the log, one line each, what else differs and needs a restart. An error has one line per fault and changed nothing.
/// Blocks; not on a server thread.
Result<void> take_over(const Running& running, config::LoadResult next);

}  // namespace usher::app
