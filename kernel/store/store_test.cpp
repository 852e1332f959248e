#include "store/store.hpp"

#include <unistd.h>

#include <thread>

#include "store/event_rows.hpp"
#include "store/test_database.hpp"

namespace usher::store {
namespace {

using testing::run;

struct ItemRow {
    std::int64_t id = 0;
    std::string name;
    std::optional<std::int64_t> size;
};
BOOST_DESCRIBE_STRUCT(ItemRow, (), (id, name, size))

Event event(std::string type, std::int64_t subject) {
    Event e;
    e.type = std::move(type);
    e.subject_id = subject;
    e.data["n"] = subject;
    return e;
}

}  // namespace
template <>
inline constexpr std::string_view kTable<ItemRow> = "item";
namespace {

class StoreWrites : public testing::StoreTest {
protected:
    void SetUp() override {
        StoreTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        const auto made = run(store().write([](Write& w) {
            w.sql().exec(
                "CREATE TABLE item (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(100) NOT NULL, size BIGINT, UNIQUE "
                "(name))");
        }));
        ASSERT_TRUE(made) << made.error().message;
    }
    std::vector<ItemRow> items() {
        return *run(store().read([](Session& sql) { return sql.rows<ItemRow>("ORDER BY id"); }));
    }
};
USHER_ON_EVERY_DATABASE(StoreWrites);

TEST_P(StoreWrites, AreReadBackWithTheirEvents) {
    const auto id = run(store().write([](Write& w) {
        ItemRow row{w.next_id(), "a", std::nullopt};
        w.sql().insert(row);
        w.append(event("item.created", row.id));
        return row.id;
    }));
    ASSERT_TRUE(id) << id.error().message;
    ASSERT_EQ(items().size(), 1u);
    EXPECT_EQ(items()[0].id, *id);
    const auto events = *run(store().read([](Session& sql) { return read_events(sql, 1, 0, 10); }));
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].position, store().position());
    EXPECT_EQ(events[0].position.seq, 1);
    EXPECT_EQ(events[0].at, clock().now());
    EXPECT_EQ(events[0].type, "item.created");
    EXPECT_EQ(events[0].data.at("n").as_int64(), *id);
}

TEST_P(StoreWrites, ThatRefuseChangeNothingAndSayWhy) {
    const auto refused = run(store().write([](Write&) -> Result<int> { return conflict("taken", "It is taken."); }));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "taken");
    EXPECT_TRUE(items().empty());
}

TEST_P(StoreWrites, AreMadeByTheWriterAlone) {
    const auto refused = run(store().read([](Session& sql) { return sql.exec("DELETE FROM item"); }));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::internal);
    // The connection that failed serves on.
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(items().empty());
}

TEST_P(StoreWrites, ResumeTheirCallerOnItsOwnExecutor) {
    const auto here = std::this_thread::get_id();
    auto both = [](Store& store, std::thread::id expected) -> Task<bool> {
        const auto written = co_await store.write([](Write&) { return std::this_thread::get_id(); });
        bool ok = *written != expected && std::this_thread::get_id() == expected;
        const auto read = co_await store.read([](Session&) { return std::this_thread::get_id(); });
        ok = ok && *read != expected && std::this_thread::get_id() == expected;
        co_return ok;
    };
    EXPECT_TRUE(run(both(store(), here)));
}

class StoreReads : public testing::StoreTest {};
USHER_ON_EVERY_DATABASE(StoreReads);

TEST_P(StoreReads, AreInterruptedAtTheirDeadline) {
    settings().read_deadline = std::chrono::milliseconds(100);
    const std::string endless =
        dialect() == Dialect::mysql
            ? "SELECT count(*) FROM information_schema.columns a, information_schema.columns b, "
              "information_schema.columns c"
            : "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c";
    const auto late = run(store().read([endless](Session& sql) { return sql.rows<std::int64_t>(endless); }));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Errc::timeout) << late.error().message;
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(*run(store().read([](Session& sql) { return sql.one<std::int64_t>("SELECT count(*) FROM stream"); })),
                  1);
    }
}

TEST_P(StoreReads, GiveResultsErrorsAndNothing) {
    EXPECT_EQ(*run(store().read([](Session&) { return std::string("x"); })), "x");
    EXPECT_TRUE(run(store().read([](Session&) {})));
    EXPECT_EQ(run(store().read([](Session&) -> Result<int> { return not_found("no such thing"); })).error().message,
              "no such thing");
    EXPECT_EQ(run(store().read([](Session&) -> int { throw std::runtime_error("broken"); })).error().message,
              "a read failed: broken");
    auto alone = std::make_unique<int>(5);  // captures need not be copied
    EXPECT_EQ(*run(store().read([alone = std::move(alone)](Session&) { return *alone; })), 5);
}

TEST(StoreOpen, SaysWhatIsWrong) {
    SystemClock clock;
    EXPECT_EQ(Store::open({.url = "redis://x"}, clock).error().message,
              "store url: expected sqlite://FILE, postgresql://host=... dbname=... or mysql://host=... db=...");
    EXPECT_EQ(Store::open({.url = "sqlite:///nowhere/at/all/usher.db"}, clock).error().message,
              "cannot open /nowhere/at/all/usher.db.lock: No such file or directory");
    const auto refused = Store::open({.url = "postgresql://host=127.0.0.1 port=1 user=u dbname=d"}, clock);
    EXPECT_EQ(refused.error().code, Errc::unavailable);
}

TEST(StoreOpen, LocksTheDataFolderAgainstASecondStart) {
    SystemClock clock;
    const auto database = testing::TestDatabase::make(Dialect::sqlite);
    auto first = Store::open({.url = database->url()}, clock);
    ASSERT_TRUE(first) << first.error().message;
    const auto second = Store::open({.url = database->url()}, clock);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message, "another Usher (process " + std::to_string(::getpid()) + ") is using " +
                                          database->url().substr(std::string("sqlite://").size()));
    first->reset();
    EXPECT_TRUE(Store::open({.url = database->url()}, clock));
}

}  // namespace
}  // namespace usher::store
