#include "automation/pruning.hpp"

#include "desk/desk_fixture.hpp"
#include "feed/feed.hpp"
#include "store/repositories/feed_cursors.hpp"

namespace usher::automation {
namespace {

using namespace std::chrono_literals;
using usher::store::testing::run;

class Pruning : public desk::testing::DeskTest {
protected:
    std::int64_t round(std::vector<std::string> readers = {}) {
        auto gone = run(prune_events(store(), clock(), 48h, std::move(readers)));
        EXPECT_TRUE(gone) << (gone ? "" : gone.error().message);
        return *gone;
    }
    std::int64_t count(std::string_view table) {
        return read(
            [=](store::Session& sql) { return *sql.one<std::int64_t>("SELECT COUNT(*) FROM " + std::string(table)); });
    }
    void save(std::string reader, std::int64_t seq) {
        const auto at = store().position();
        feed::Cursor cursor;
        if (seq > 0) cursor.marks[at.slot] = {at.epoch, seq};
        ASSERT_TRUE(write([=](store::Write& w) -> Result<void> {
            store::put_feed_cursor(w.sql(), reader, feed::encode(cursor));
            return {};
        }));
    }
};
USHER_ON_EVERY_DATABASE(Pruning);

TEST_P(Pruning, EventsGoByAgeAndNeverBeforeTheirReaders) {
    for (int i = 0; i < 10; ++i) conversation("c" + std::to_string(i));
    const auto old = count("event");
    ASSERT_GE(old, 10);
    clock().advance(49h);
    conversation("young");
    const auto all = count("event");
    save("exporter:slow", 3);
    save("exporter:gone", 1);
    EXPECT_EQ(round({"exporter:new", "exporter:slow"}), 0) << "one that has read nothing yet keeps all";
    round({"exporter:slow"});
    EXPECT_EQ(count("event"), all - 3);
    EXPECT_EQ(read([](store::Session& sql) { return *sql.one<std::int64_t>("SELECT MIN(seq) FROM event"); }), 4);
    round();
    EXPECT_EQ(count("event"), all - old) << "what is young stays";
    EXPECT_EQ(count("conversation"), 11);
}

TEST_P(Pruning, ManyEventsGoInSteps) {
    ASSERT_TRUE(write([](store::Write& w) -> Result<void> {
        for (int i = 0; i < 3'000; ++i) {
            Event e;
            e.type = "test";
            e.space_id = kSpace;
            w.append(std::move(e));
        }
        return {};
    }));
    clock().advance(49h);
    round();
    EXPECT_EQ(count("event"), 0);
}

TEST_P(Pruning, DecisionsGoByAge) {
    const auto c = conversation();
    const auto decide = [&](std::int64_t id) {
        ASSERT_TRUE(write([=](store::Write& w) -> Result<void> {
            w.sql().exec("INSERT INTO routing_decision (id, conversation_id, at, decision) VALUES (:id, :c, :at, '{}')",
                         id, c.id, w.now());
            return {};
        }));
    };
    decide(1);
    EXPECT_EQ(*run(prune_decisions(store(), clock(), 24h)), 0);
    clock().advance(25h);
    decide(2);
    EXPECT_EQ(*run(prune_decisions(store(), clock(), 24h)), 1);
    EXPECT_EQ(count("routing_decision"), 1);
}

}  // namespace
}  // namespace usher::automation
