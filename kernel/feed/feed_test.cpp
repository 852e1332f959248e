#include "feed/feed.hpp"

#include <boost/asio/io_context.hpp>

#include "foundation/text.hpp"
#include "store/test_database.hpp"

namespace usher::feed {
namespace {

using store::testing::run;

TEST(FeedCursor, IsOpaqueTextAndStrict) {
    Cursor cursor;
    cursor.rights = 7;
    cursor.marks[1] = {3, 1024};
    cursor.marks[20] = {1, 0};
    EXPECT_EQ(*decode(encode(cursor)), cursor);
    EXPECT_EQ(*decode(encode(Cursor{})), Cursor{});
    EXPECT_EQ(decode("").error().message, "cursor: not one that was given out here");
    for (const char* bad : {"1", "2;0", "1;x", "1;0;1:2", "1;0;1:2:-3", "1;0;1:2:3;1:2:3", "1;0;1:2:3:4", "1;0;"}) {
        EXPECT_FALSE(decode(to_base64url(bad))) << bad;
    }
    EXPECT_FALSE(decode("!"));
    EXPECT_FALSE(decode(std::string(20'000, 'A')));
}

class FeedOf : public store::testing::StoreTest {
protected:
    void append(int count, const std::string& type = "t") {
        const auto done = run(store().write([count, type](store::Write& w) {
            for (int i = 0; i < count; ++i) {
                Event e;
                e.type = type;
                e.subject_id = w.next_id();
                e.after["inbox"] = i;
                w.append(e);
            }
        }));
        ASSERT_TRUE(done) << done.error().message;
    }
    static std::vector<std::int64_t> numbers(const std::vector<Event>& events) {
        std::vector<std::int64_t> out;
        for (const auto& e : events) out.push_back(e.position.seq);
        return out;
    }
    Result<std::vector<Event>> read(Feed& feed, const Cursor& cursor, int limit) {
        return run(feed.read_after(cursor, limit));
    }
};
USHER_ON_EVERY_DATABASE(FeedOf);
using Numbers = std::vector<std::int64_t>;

TEST_P(FeedOf, ReplaysTheSameFromMemoryAndFromTheDatabase) {
    Feed small(store(), 2);
    const Cursor start = small.position();
    append(3);
    append(2);
    Cursor cursor = start;
    const auto first = read(small, cursor, 2);  // no longer in memory
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(numbers(*first), (Numbers{1, 2}));
    EXPECT_EQ(first->at(1).after.at("inbox").as_int64(), 1);
    cursor.advance(*first);
    EXPECT_EQ(numbers(*read(small, cursor, 2)), (Numbers{3, 4}));
    cursor.advance(*read(small, cursor, 2));
    EXPECT_EQ(numbers(*read(small, cursor, 2)), (Numbers{5}));  // in memory
    cursor.advance(*read(small, cursor, 2));
    EXPECT_TRUE(read(small, cursor, 2)->empty());
    EXPECT_EQ(cursor, small.position());
    EXPECT_TRUE(cursor.has_seen({1, 1, 5}));
    EXPECT_FALSE(cursor.has_seen({1, 1, 6}));
}

TEST_P(FeedOf, PushesCommitsInOrderAndLetsASlowSubscriberGo) {
    Feed feed(store());
    asio::io_context context;
    Numbers seen, slow;
    int lost = 0;
    auto fast = feed.subscribe(
        context.get_executor(),
        [&](const Batch& batch) {
            for (const auto& e : *batch) seen.push_back(e.position.seq);
        },
        [] {});
    auto small = feed.subscribe(
        context.get_executor(),
        [&](const Batch& batch) {
            for (const auto& e : *batch) slow.push_back(e.position.seq);
        },
        [&] { ++lost; }, 3);
    append(2);
    append(2);
    append(1);
    context.run();
    EXPECT_EQ(seen, (Numbers{1, 2, 3, 4, 5}));
    EXPECT_EQ(slow, (Numbers{1, 2}));
    EXPECT_EQ(lost, 1);
    fast.reset();
    append(1);
    context.restart();
    context.run();
    EXPECT_EQ(seen.size(), 5u);
}

TEST_P(FeedOf, LosesNothingToWhoRegistersAndThenReplays) {
    Feed feed(store(), 4);
    Cursor cursor = feed.position();
    append(3);  // before the registration
    asio::io_context context;
    std::vector<Event> live;
    auto subscription = feed.subscribe(
        context.get_executor(), [&](const Batch& batch) { live.insert(live.end(), batch->begin(), batch->end()); },
        [] {});
    append(2);  // after it, before the replay
    Numbers got;
    while (true) {
        const auto events = *read(feed, cursor, 2);
        if (events.empty()) break;
        cursor.advance(events);
        for (const auto& e : events) got.push_back(e.position.seq);
    }
    append(1);  // after the replay
    context.run();
    for (const auto& e : live) {
        if (!cursor.has_seen(e.position)) got.push_back(e.position.seq);
    }
    EXPECT_EQ(got, (Numbers{1, 2, 3, 4, 5, 6}));
}

TEST_P(FeedOf, TailWaitsForWhatComes) {
    Feed feed(store());
    Tail tail(feed, feed.position());
    EXPECT_TRUE(run(tail.next(10, std::chrono::milliseconds(1)))->empty());
    append(3);
    EXPECT_EQ(numbers(*run(tail.next(2, std::chrono::seconds(60)))), (Numbers{1, 2}));
    EXPECT_EQ(numbers(*run(tail.next(2, std::chrono::seconds(60)))), (Numbers{3}));
    std::thread writer([&] { append(1); });
    EXPECT_EQ(numbers(*run(tail.next(2, std::chrono::seconds(60)))), (Numbers{4}));
    writer.join();
    EXPECT_EQ(tail.cursor(), feed.position());
}

TEST_P(FeedOf, GoesOnOverARestart) {
    Cursor cursor;
    {
        Feed feed(store());
        cursor = feed.position();
        append(2);
    }
    close();
    std::optional<Feed> feed(std::in_place, store());
    append(1);
    const auto events = *read(*feed, cursor, 10);
    EXPECT_EQ(numbers(events), (Numbers{1, 2, 3}));
    EXPECT_EQ(events[1].position.epoch, 1);
    EXPECT_EQ(events[2].position.epoch, 2);
    // Taken after the restart and before its first event: the last event is of the older epoch, and that is no fault.
    feed.reset();
    close();
    Feed again(store());
    EXPECT_TRUE(read(again, again.position(), 10)->empty());
    append(1);
    Cursor between;
    between.marks[1] = {3, 3};
    EXPECT_EQ(numbers(*read(again, between, 10)), (Numbers{4}));
}

TEST_P(FeedOf, AnswersResetWhereACursorHasNoFuture) {
    std::optional<Feed> feed(std::in_place, store(), 1);
    append(4);
    const auto refused = [&](std::int64_t slot, std::int64_t epoch, std::int64_t seq) {
        Cursor cursor;
        cursor.marks[slot] = {epoch, seq};
        const auto got = read(*feed, cursor, 10);
        EXPECT_TRUE(!got && is_reset(got.error()));
        return got ? std::string() : got.error().message;
    };
    EXPECT_EQ(refused(9, 1, 1), "the cursor cannot be continued: nobody knows slot 9");
    EXPECT_EQ(refused(1, 1, 5), "the cursor cannot be continued: slot 1 has lost events that it had");
    EXPECT_EQ(refused(1, 2, 4), "the cursor cannot be continued: slot 1 has lost events that it had");
    const auto beside = database().connect();
    beside->exec("DELETE FROM event WHERE seq <= 2");
    EXPECT_EQ(refused(1, 1, 1), "the cursor cannot be continued: older events are no longer kept");
    Cursor kept;
    kept.marks[1] = {1, 2};
    EXPECT_EQ(numbers(*read(*feed, kept, 10)), (Numbers{3, 4}));
    feed.reset();
    close();
    // A restored backup: fewer events, then others under the same numbers.
    beside->exec("UPDATE event SET epoch = 5 WHERE seq >= 3");
    beside->exec("UPDATE stream SET epoch = 5");
    feed.emplace(store(), 1);
    EXPECT_EQ(refused(1, 1, 3), "the cursor cannot be continued: slot 1 has another history");
    EXPECT_EQ(refused(1, 1, 4), "the cursor cannot be continued: slot 1 has another history");
}

TEST_P(FeedOf, KnowsOtherNodesSlots) {
    append(1);
    const auto beside = database().connect();
    beside->exec("INSERT INTO stream (slot, epoch, batch, last_seq) VALUES (2, 4, 9, 0)");
    Feed feed(store());
    ASSERT_TRUE(run(feed.start()));
    const Cursor cursor = feed.position();
    EXPECT_EQ(cursor.marks.at(2), (Mark{4, 0}));
    beside->exec(
        "INSERT INTO event (slot, seq, epoch, at, type, subject_id, visible_before, visible_after, data) "
        "VALUES (2, 1, 4, 0, 'x', 0, '{}', '{}', '{}')");
    append(1);
    const auto events = *read(feed, cursor, 10);
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events[0].position, (StreamPosition{1, 1, 2}));
    EXPECT_EQ(events[1].position, (StreamPosition{2, 4, 1}));
}

}  // namespace
}  // namespace usher::feed
