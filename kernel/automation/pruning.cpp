#include "automation/pruning.hpp"

#include <map>

#include "feed/cursor.hpp"
#include "store/event_rows.hpp"
#include "store/repositories/feed_cursors.hpp"

namespace usher::automation {
namespace {

constexpr int kStep = 200;                          // rows of the first batch member
constexpr std::chrono::milliseconds kLongStep{25};  // a longer one is halved: a batch has 50 ms

/// Rows of the next step, by how long the last one took.
class Pace {
public:
    int step() const { return step_; }
    void took(std::chrono::steady_clock::duration time) {
        if (time > kLongStep) step_ = std::max(10, step_ / 2);
        if (time < kLongStep / 4) step_ = std::min(2'000, step_ * 2);
    }

private:
    int step_ = kStep;
};

struct EventAge {
    std::int64_t seq = 0;
    Time at;
};
BOOST_DESCRIBE_STRUCT(EventAge, (), (seq, at))

struct Removed {
    std::int64_t rows = 0;
    std::chrono::steady_clock::duration time{};
};

/// Removes the oldest events of a stream, up to `upto`.
Removed remove_events(store::Session& sql, std::int64_t slot, std::int64_t upto, Time older_than, int limit) {
    const auto began = std::chrono::steady_clock::now();
    std::int64_t last = 0;
    for (const auto& event : sql.rows<EventAge>("SELECT seq, at FROM event WHERE slot = :slot AND seq <= :upto ORDER "
                                                "BY seq LIMIT :limit",
                                                slot, upto, limit)) {
        if (event.at >= older_than) break;
        last = event.seq;
    }
    std::int64_t count = 0;
    if (last != 0) count = sql.exec("DELETE FROM event WHERE slot = :slot AND seq <= :last", slot, last);
    return {count, std::chrono::steady_clock::now() - began};
}

/// Up to where each stream has been read by all of `readers`.
std::map<std::int64_t, std::int64_t> read_by_all(store::Session& sql, const std::vector<std::string>& readers) {
    std::map<std::int64_t, std::int64_t> out;
    std::vector<feed::Cursor> cursors;
    for (const auto& name : readers) {
        const auto text = store::find_feed_cursor(sql, name);
        if (!text) cursors.emplace_back();  // it has read nothing yet
        if (!text) continue;
        // One that is unreadable goes on from now, and needs nothing that is old.
        if (auto cursor = feed::decode(*text)) cursors.push_back(std::move(*cursor));
    }
    for (const auto& stream : store::read_streams(sql)) {
        std::int64_t upto = stream.last_seq;
        for (const auto& cursor : cursors) {
            const auto mark = cursor.marks.find(stream.slot);
            upto = std::min(upto, mark == cursor.marks.end() ? 0 : mark->second.seq);
        }
        out[stream.slot] = upto;
    }
    return out;
}

/// The oldest decisions, and those of the same moment.
Removed remove_decisions(store::Session& sql, Time older_than, int limit) {
    const auto began = std::chrono::steady_clock::now();
    const auto oldest = sql.rows<std::int64_t>(
        "SELECT at FROM routing_decision WHERE at < :at ORDER BY at LIMIT :limit", older_than, limit);
    std::int64_t count = 0;
    if (!oldest.empty()) count = sql.exec("DELETE FROM routing_decision WHERE at <= :last", oldest.back());
    return {count, std::chrono::steady_clock::now() - began};
}

}  // namespace

Task<Result<std::int64_t>> prune_events(store::Store& store, Clock& clock, std::chrono::hours kept,
                                        std::vector<std::string> readers) {
    auto look = [readers](store::Session& sql) { return read_by_all(sql, readers); };
    auto read = co_await store.read(std::move(look));
    if (!read) co_return read.error();
    std::int64_t total = 0;
    for (const auto& [slot, upto] : *read) {
        Pace pace;
        for (;;) {
            auto work = [slot = slot, upto = upto, older = clock.now() - kept, step = pace.step()](store::Write& w) {
                return remove_events(w.sql(), slot, upto, older, step);
            };
            auto done = co_await store.write(std::move(work));
            if (!done) co_return done.error();
            if (done->rows == 0) break;
            total += done->rows;
            pace.took(done->time);
            co_await sleep_for(std::chrono::milliseconds(10));
        }
    }
    co_return total;
}

Task<Result<std::int64_t>> prune_decisions(store::Store& store, Clock& clock, std::chrono::hours kept) {
    std::int64_t total = 0;
    Pace pace;
    for (;;) {
        auto work = [older = clock.now() - kept, step = pace.step()](store::Write& w) {
            return remove_decisions(w.sql(), older, step);
        };
        auto done = co_await store.write(std::move(work));
        if (!done) co_return done.error();
        if (done->rows == 0) co_return total;
        total += done->rows;
        pace.took(done->time);
        co_await sleep_for(std::chrono::milliseconds(10));
    }
}

}  // namespace usher::automation
