#include "feed/feed.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <deque>
#include <mutex>

#include "foundation/log.hpp"
#include "store/event_rows.hpp"

namespace usher::feed {
namespace {

Error reset(std::string why) {
    return conflict("reset", "the cursor cannot be continued: " + std::move(why));
}

/// Does this place in a stream still belong to the history that the database has?
Result<void> check_place(store::Session& sql, const store::StreamState& stream, const Mark& mark) {
    const std::string slot = "slot " + std::to_string(stream.slot);
    if (mark.seq > stream.last_seq || mark.epoch > stream.epoch) return reset(slot + " has lost events that it had");
    if (mark.seq == stream.last_seq) {
        // Nothing follows. Another history of the same length shows in the last event's epoch.
        const auto last = store::read_events(sql, stream.slot, mark.seq - 1, 1);
        if (!last.empty() && last[0].position.epoch > mark.epoch) return reset(slot + " has another history");
        return {};
    }
    if (stream.first_kept == 0 || mark.seq + 1 < stream.first_kept) return reset("older events are no longer kept");
    for (const Event& event : store::read_events(sql, stream.slot, mark.seq - 1, 2)) {
        const bool before = event.position.seq <= mark.seq;
        if (before ? event.position.epoch > mark.epoch : event.position.epoch < mark.epoch) {
            return reset(slot + " has another history");
        }
    }
    return {};
}

Result<std::vector<Event>> replay(store::Session& sql, const Cursor& cursor, int limit) {
    const auto streams = store::read_streams(sql);
    for (const auto& [slot, mark] : cursor.marks) {
        const bool known =
            std::any_of(streams.begin(), streams.end(), [&, s = slot](const auto& x) { return x.slot == s; });
        if (!known) return reset("nobody knows slot " + std::to_string(slot));
    }
    std::vector<Event> out;
    for (const auto& stream : streams) {
        const auto found = cursor.marks.find(stream.slot);
        const Mark mark = found == cursor.marks.end() ? Mark{stream.epoch, 0} : found->second;
        // A cursor older than the slot itself reads it from its beginning.
        if (found == cursor.marks.end()) {
            if (stream.first_kept > 1 || (stream.first_kept == 0 && stream.last_seq > 0)) {
                return reset("older events are no longer kept");
            }
        } else if (const auto fits = check_place(sql, stream, mark); !fits) {
            return fits.error();
        }
        const int room = limit - static_cast<int>(out.size());
        if (room <= 0) break;
        auto events = store::read_events(sql, stream.slot, mark.seq, room);
        std::move(events.begin(), events.end(), std::back_inserter(out));
    }
    return out;
}

}  // namespace

bool is_reset(const Error& error) {
    return error.reason == "reset";
}

struct Subscription::State {
    asio::any_io_executor executor;
    std::function<void(const Batch&)> on_events;
    std::function<void()> on_lost;
    std::size_t bound = 0;
    std::atomic<std::size_t> waiting = 0;
    std::atomic<bool> ended = false;
    bool lost = false;  // the publishing thread's
};

Subscription::~Subscription() {
    state_->ended = true;
}

struct Feed::State {
    explicit State(std::size_t r) : recent(r) {}
    const std::size_t recent;
    mutable std::mutex mutex;
    StreamPosition end;                             // of our own slot
    std::deque<std::shared_ptr<const Event>> ring;  // its last events, without a gap up to `end`; parts of batches
    Cursor others;                                  // the other slots, as far as we know
    std::vector<std::shared_ptr<Subscription::State>> subscribers;
    std::vector<std::weak_ptr<Signal>> tails;

    void publish(std::span<const Event> events);
    std::optional<std::vector<Event>> from_memory(const Cursor& cursor, int limit) const;
};

/// On the writer's thread, after the commit.
void Feed::State::publish(std::span<const Event> events) {
    const auto batch = std::make_shared<const std::vector<Event>>(events.begin(), events.end());
    const std::lock_guard lock(mutex);
    end = events.back().position;
    for (const Event& event : *batch) ring.emplace_back(batch, &event);
    while (ring.size() > recent) ring.pop_front();
    std::erase_if(subscribers, [](const auto& s) { return s->ended || s->lost; });
    for (const auto& subscriber : subscribers) {
        if (subscriber->waiting + events.size() > subscriber->bound) {
            subscriber->lost = true;
            asio::post(subscriber->executor, [subscriber] {
                if (!subscriber->ended.exchange(true)) subscriber->on_lost();
            });
            continue;
        }
        subscriber->waiting += events.size();
        asio::post(subscriber->executor, [subscriber, batch] {
            subscriber->waiting -= batch->size();
            if (!subscriber->ended) subscriber->on_events(batch);
        });
    }
    std::erase_if(tails, [](const auto& weak) {
        const auto signal = weak.lock();
        if (signal) signal->set();
        return !signal;
    });
}

/// Nothing when only the database can tell.
std::optional<std::vector<Event>> Feed::State::from_memory(const Cursor& cursor, int limit) const {
    const std::lock_guard lock(mutex);
    if (!others.marks.empty() || cursor.marks.size() != 1) return std::nullopt;
    const auto found = cursor.marks.find(end.slot);
    if (found == cursor.marks.end() || found->second.epoch != end.epoch) return std::nullopt;
    const auto seq = found->second.seq;
    if (seq > end.seq) return std::nullopt;
    if (seq == end.seq) return std::vector<Event>{};
    if (ring.empty() || ring.front()->position.seq > seq + 1) return std::nullopt;
    const auto from = static_cast<std::size_t>(seq + 1 - ring.front()->position.seq);
    const auto count = std::min(ring.size() - from, static_cast<std::size_t>(limit));
    std::vector<Event> out;
    out.reserve(count);
    for (std::size_t i = from; i < from + count; ++i) out.push_back(*ring[i]);
    return out;
}

Feed::Feed(store::Store& store, std::size_t recent) : store_(store), state_(std::make_shared<State>(recent)) {
    state_->end = store.position();
    store.on_commit([state = state_](std::span<const Event> events) { state->publish(events); });
}

Feed::~Feed() {
    store_.on_commit({});
}

Task<Result<void>> Feed::start() {
    auto read = [](store::Session& sql) { return store::read_streams(sql); };
    auto streams = co_await store_.read(read);
    if (!streams) co_return streams.error();
    const std::lock_guard lock(state_->mutex);
    for (const auto& stream : *streams) {
        if (stream.slot != state_->end.slot) state_->others.marks[stream.slot] = {stream.epoch, stream.last_seq};
    }
    co_return Result<void>{};
}

std::unique_ptr<Subscription> Feed::subscribe(asio::any_io_executor executor,
                                              std::function<void(const Batch&)> on_events,
                                              std::function<void()> on_lost, std::size_t bound) {
    auto subscriber = std::make_shared<Subscription::State>();
    subscriber->executor = std::move(executor);
    subscriber->on_events = std::move(on_events);
    subscriber->on_lost = std::move(on_lost);
    subscriber->bound = bound;
    const std::lock_guard lock(state_->mutex);
    state_->subscribers.push_back(subscriber);
    return std::make_unique<Subscription>(std::move(subscriber));
}

Task<Result<std::vector<Event>>> Feed::read_after(Cursor cursor, int limit) {
    if (auto events = state_->from_memory(cursor, limit)) co_return std::move(*events);
    auto read = [cursor = std::move(cursor), limit](store::Session& sql) { return replay(sql, cursor, limit); };
    co_return co_await store_.read(std::move(read));
}

Cursor Feed::position() const {
    const std::lock_guard lock(state_->mutex);
    Cursor out = state_->others;
    out.marks[state_->end.slot] = {state_->end.epoch, state_->end.seq};
    return out;
}

Tail::Tail(Feed& feed, Cursor from) : feed_(feed), cursor_(std::move(from)), signal_(std::make_shared<Signal>()) {
    const std::lock_guard lock(feed_.state_->mutex);
    feed_.state_->tails.push_back(signal_);
}

Tail::~Tail() = default;

Task<Result<std::vector<Event>>> Tail::next(int limit, std::chrono::steady_clock::duration timeout) {
    const auto until = std::chrono::steady_clock::now() + timeout;
    while (true) {
        auto events = co_await feed_.read_after(cursor_, limit);
        if (events) cursor_.advance(*events);
        if (!events || !events->empty()) co_return events;
        // The signal may still stand from events that an earlier call has read.
        const bool more = co_await signal_->wait(until - std::chrono::steady_clock::now());
        if (!more) co_return events;
    }
}

}  // namespace usher::feed
