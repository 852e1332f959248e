#pragma once
/// The feed: every committed event, in order, to whoever in this program wants it. Live ones are pushed; older ones are
/// read again from memory or from the database. Thread-safe.
///
/// Nothing is lost by a reader that registers first and replays then:
///
///   auto live = feed.subscribe(executor, on_events, on_lost);      // keep what arrives
///   while (events = co_await feed.read_after(cursor, 500)) ...     // cursor.advance(events); until none come
///   // then the kept ones, without those that cursor.has_seen(), then on as they come
///
/// A reader without hurry takes a Tail, which does all of that and holds nothing in memory.
#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "feed/cursor.hpp"
#include "foundation/async.hpp"
#include "model/event.hpp"
#include "store/store.hpp"

namespace usher::feed {

/// The events of one commit, shared by all who hear of it.
using Batch = std::shared_ptr<const std::vector<Event>>;

/// The error of a cursor that cannot be continued: too old (pruned), of a slot nobody knows, or of another history than
/// the database's (its epoch does not fit). The reader starts anew from the present state and position().
bool is_reset(const Error& error);

/// Ends with its object. Destroy it on the subscriber's executor: then nothing is called afterwards.
class Subscription final {
public:
    struct State;
    explicit Subscription(std::shared_ptr<State> state) : state_(std::move(state)) {}
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

private:
    std::shared_ptr<State> state_;
};

class Tail;

class Feed final {
public:
    /// @param recent  events kept in memory
    explicit Feed(store::Store& store, std::size_t recent = 16'384);
    ~Feed();

    /// Learns which other slots there are. Once, after opening the store, before position() is given to anybody.
    Task<Result<void>> start();

    /// Calls `on_events` on `executor`, in order of commit, from now on. When more than `bound` events wait there
    /// undelivered the subscriber is let go: after those `on_lost` is called, once, and it must subscribe and replay
    /// anew.
    std::unique_ptr<Subscription> subscribe(asio::any_io_executor executor, std::function<void(const Batch&)> on_events,
                                            std::function<void()> on_lost, std::size_t bound = 20'000);

    /// At most `limit` events after the cursor; fewer only when there are no more now. In order within a slot.
    /// @errors  is_reset(), or the store's.
    Task<Result<std::vector<Event>>> read_after(Cursor cursor, int limit);

    /// The end of the feed now: the cursor of somebody who has just read the present state. Take it before reading.
    Cursor position() const;

private:
    friend class Tail;
    struct State;
    store::Store& store_;
    std::shared_ptr<State> state_;
};

/// Reads the feed at its own pace: replays what it missed, then waits for more. One reader at a time.
class Tail final {
public:
    Tail(Feed& feed, Cursor from);
    ~Tail();
    Tail(const Tail&) = delete;
    Tail& operator=(const Tail&) = delete;

    /// The next events, 1 to `limit`; none when `timeout` passed without any. On an error the place is kept.
    Task<Result<std::vector<Event>>> next(int limit, std::chrono::steady_clock::duration timeout);
    /// Past all that next() has given.
    const Cursor& cursor() const { return cursor_; }

private:
    Feed& feed_;
    Cursor cursor_;
    std::shared_ptr<Signal> signal_;
};

}  // namespace usher::feed
