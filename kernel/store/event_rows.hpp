#pragma once
/// Events as rows: written at the end of each batch, read by who replays a stream.
#include <span>
#include <vector>

#include "model/event.hpp"
#include "store/session.hpp"

namespace usher::store {

void insert_events(Session& sql, std::span<const Event> events);

/// Events of one slot with a higher `seq`, in order.
std::vector<Event> read_events(Session& sql, std::int64_t slot, std::int64_t after_seq, int limit);

/// What the database knows of one stream: its present epoch, and the first and last event that are still kept (0:
/// none).
struct StreamState {
    std::int64_t slot = 0;
    std::int64_t epoch = 0;
    std::int64_t last_seq = 0;  // at least this; never falls
    std::int64_t first_kept = 0;
};
std::vector<StreamState> read_streams(Session& sql);

}  // namespace usher::store
