#pragma once
/// An event: one immutable fact of the feed, written in the transaction of what it tells. It holds ids, states and
/// numbers, never text, names or addresses: readers join the present row, so that erasing a person erases the feed.
#include <cstdint>
#include <string>

#include "foundation/clock.hpp"
#include "foundation/json.hpp"
#include "model/ids.hpp"

namespace usher {

/// Where an event stands: slot of the writer, epoch of that writer's hold on it, number within the slot (1, 2, 3 ...
/// without a gap over epochs).
struct StreamPosition {
    std::int64_t slot = 0;
    std::int64_t epoch = 0;
    std::int64_t seq = 0;
    friend auto operator<=>(const StreamPosition&, const StreamPosition&) = default;
};

struct Event {
    StreamPosition position;  // given by the writer
    Time at;                  // given by the writer: the batch's time
    std::string type;         // "message.received"; the catalogue stands in model/event_types.hpp
    SpaceId space_id;
    ConversationId conversation_id;  // 0 where it is not about one
    std::int64_t subject_id = 0;     // what it is about: an entry, a user, an inbox, a contact
    json::object before;             // visibility key before (model/visibility.hpp); empty: as after
    json::object after;              // visibility key after; empty: not about a conversation
    json::object data;               // ids, states, numbers
};

}  // namespace usher
