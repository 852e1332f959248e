#include "store/store.hpp"

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

}  // namespace
}  // namespace usher::store
