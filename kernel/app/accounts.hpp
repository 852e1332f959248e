#pragma once
/// Accounts of the YAML brought together with their rows: a row gives each its key, which never changes.
#include <vector>

#include "foundation/async.hpp"
#include "plugins/registry.hpp"
#include "store/store.hpp"

namespace usher::app {

/// Fills in key and space of every channel among `specs`, making and updating rows. An account that stood in YAML and
/// does no more keeps its row (conversations point at it), disabled.
Task<Result<std::vector<plugins::InstanceSpec>>> sync_accounts(store::Store& store,
                                                               std::vector<plugins::InstanceSpec> specs, SpaceId space);

}  // namespace usher::app
