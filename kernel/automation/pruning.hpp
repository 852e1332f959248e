#pragma once
/// What is kept for so many days only: events and routing decisions. For Housekeeping::add; in steps that adapt to what
/// they cost, so that no batch waits long.
#include <string>
#include <vector>

#include "foundation/async.hpp"
#include "foundation/clock.hpp"
#include "store/store.hpp"

namespace usher::automation {

/// Removes events older than `kept`, but none that one of the feed's durable readers ("exporter:events") has not read;
/// one without a saved place has read nothing. How many.
Task<Result<std::int64_t>> prune_events(store::Store& store, Clock& clock, std::chrono::hours kept,
                                        std::vector<std::string> readers);
Task<Result<std::int64_t>> prune_decisions(store::Store& store, Clock& clock, std::chrono::hours kept);

}  // namespace usher::automation
