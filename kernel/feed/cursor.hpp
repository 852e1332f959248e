#pragma once
/// How far a reader of the feed has come: for each stream slot the epoch and number of the last event it has seen, and
/// the version of the rights under which it saw them. To clients it is an opaque text.
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "foundation/error.hpp"
#include "model/event.hpp"

namespace usher::feed {

struct Mark {
    std::int64_t epoch = 0;
    std::int64_t seq = 0;
    friend bool operator==(const Mark&, const Mark&) = default;
};

struct Cursor {
    std::map<std::int64_t, Mark> marks;  // by slot
    std::int64_t rights = 0;             // the caller's: compare it with the present version yourself

    /// True where the cursor has passed this event: what a live subscriber drops after a replay.
    bool has_seen(const StreamPosition& position) const;
    /// Moves past the event. Never back.
    void advance(const StreamPosition& position);
    void advance(std::span<const Event> events);
    friend bool operator==(const Cursor&, const Cursor&) = default;
};

/// Base64url, at most a few dozen characters for one slot.
std::string encode(const Cursor& cursor);
/// Errc::invalid for anything that encode() did not write.
Result<Cursor> decode(std::string_view text);

}  // namespace usher::feed
