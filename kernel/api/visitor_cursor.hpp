#pragma once
/// How far a visitor has been told: opaque to them, complete in itself, so that it outlives restarts, nodes and the
/// feed's retention.
///
/// Of each conversation of the visitor it holds the number up to which every message was told (`seq`, the timeline's,
/// without gaps or doubles under the conversation's lock), and which of those were not to be seen yet when a later one
/// was told (`pending`: held, queued, failed ...). What is news is then a matter of the present rows alone: messages
/// past `seq`, and pending ones that have been sent. The order of events, and whether any was missed, plays no part.
///
/// Conversations that ended long ago are left out: of one that is not listed, everything created up to `folded` was
/// told and nothing after it. That time lies a day before the visitor's newest activity, so that clocks of nodes
/// that differ by less take nothing away.
#include <string>
#include <string_view>
#include <vector>

#include "foundation/clock.hpp"
#include "model/ids.hpp"

namespace usher::api {

struct VisitorMark {
    ConversationId conversation;
    std::int64_t seq = 0;
    std::int64_t read = 0;              // told that an agent has read up to here
    std::vector<std::int64_t> pending;  // ascending, none past seq
    friend bool operator==(const VisitorMark&, const VisitorMark&) = default;
};

struct VisitorCursor {
    Time folded;
    std::vector<VisitorMark> marks;

    VisitorMark* find(ConversationId conversation);
    const VisitorMark* find(ConversationId conversation) const;
    friend bool operator==(const VisitorCursor&, const VisitorCursor&) = default;
};

std::string encode(const VisitorCursor& cursor);
/// Errc::invalid with reason "unknown_cursor" for anything that encode() did not write.
Result<VisitorCursor> decode_visitor_cursor(std::string_view text);
/// The same error, for a cursor that does not fit what is stored.
Error unknown_cursor();

/// How a message stands towards the visitor.
enum class Showing { visible, pending, never };

/// Is the message `seq`, standing like this, news? Moves the mark. Messages past mark.seq come in order, none left out;
/// those up to it in any order, any number of times.
bool take(VisitorMark& mark, std::int64_t seq, Showing showing);

}  // namespace usher::api
