// The sharp edges of SOCI and of the three databases, each held by a test that runs on all of them.
#include "store/connection.hpp"

#include "store/dialect.hpp"
#include "store/faults.hpp"
#include "store/test_database.hpp"

namespace usher::store {
namespace {

using namespace std::string_literals;

enum class Color { red = 1, blue = 7 };
struct Nested {
    std::string word;
    std::vector<int> list;
};
BOOST_DESCRIBE_STRUCT(Nested, (), (word, list))
struct ThingRow {
    std::int64_t id = 0;
    std::string name;
    std::optional<std::int64_t> size;
    std::optional<std::string> note;
    double weight = 0;
    bool flag = false;
    Color color = Color::red;
    Time at;
    Id<struct ThingTag> owner;
    Nested nested;
};
BOOST_DESCRIBE_STRUCT(ThingRow, (), (id, name, size, note, weight, flag, color, at, owner, nested))

}  // namespace
template <>
inline constexpr std::string_view kTable<ThingRow> = "thing";
namespace {

class ConnectionTo : public testing::StoreTest {
protected:
    void SetUp() override {
        StoreTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        connection_ = database().connect();
        const std::string text = dialect() == Dialect::mysql ? "LONGTEXT" : "TEXT";
        sql().exec(
            "CREATE TABLE thing (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL, size BIGINT, note " + text +
            ", weight DOUBLE PRECISION NOT NULL, flag SMALLINT NOT NULL, color SMALLINT NOT NULL, at BIGINT NOT NULL, "
            "owner BIGINT, nested " +
            text + " NOT NULL, UNIQUE (name))");
    }
    void TearDown() override {
        connection_.reset();
        StoreTest::TearDown();
    }
    Connection& sql() { return *connection_; }
    DatabaseError error_of(const std::function<void()>& f) {
        try {
            f();
        } catch (const DatabaseError& e) {
            return e;
        }
        ADD_FAILURE() << "nothing was thrown";
        return {DatabaseFault::other, ""};
    }
    ThingRow thing(std::int64_t id, std::string name) {
        ThingRow row;
        row.id = id;
        row.name = std::move(name);
        return row;
    }
    std::int64_t count() { return *sql().one<std::int64_t>("SELECT count(*) FROM thing"); }
    void kill(Connection& victim) {
        if (dialect() == Dialect::postgresql) {
            const auto pid = *victim.one<std::int64_t>("SELECT pg_backend_pid()");
            database().connect()->rows<bool>("SELECT pg_terminate_backend(CAST(:pid AS INTEGER), 5000)", pid);
        } else {
            const auto id = *victim.one<std::int64_t>("SELECT CONNECTION_ID()");
            database().connect()->exec("KILL " + std::to_string(id));
        }
    }
    std::unique_ptr<Connection> connection_;
};
USHER_ON_EVERY_DATABASE(ConnectionTo);
class SqliteConnection : public ConnectionTo {};
INSTANTIATE_TEST_SUITE_P(On, SqliteConnection, ::testing::Values(Dialect::sqlite), testing::name_of);
class PostgresqlConnection : public ConnectionTo {};
INSTANTIATE_TEST_SUITE_P(On, PostgresqlConnection, ::testing::Values(Dialect::postgresql), testing::name_of);
class ServerConnection : public ConnectionTo {};
USHER_ON_EVERY_SERVER(ServerConnection);

TEST_P(ConnectionTo, CarriesEveryKindOfValueBothWays) {
    ThingRow row = thing(5'000'000'000, "Zoë 김 😀");
    row.size = -9'223'372'036'854'775'807;
    row.note = R"(it's "quoted" \ back\\slash :name ::cast ? %s )" + std::string(1 << 20, 'x');
    row.weight = 0.1 + 0.2;
    row.flag = true;
    row.color = Color::blue;
    row.at = {1'700'000'000'123'456};
    row.owner = {77};
    row.nested = {"w", {1, 2, 3}};
    sql().insert(std::vector<ThingRow>{row, thing(1, "plain")});
    const auto back = sql().rows<ThingRow>("ORDER BY id");
    ASSERT_EQ(back.size(), 2u);
    EXPECT_EQ(back[1].id, row.id);  // SOCI's vectors would have 705032704 on SQLite
    EXPECT_EQ(back[1].name, row.name);
    EXPECT_EQ(back[1].size, row.size);
    EXPECT_EQ(back[1].note, row.note);
    EXPECT_EQ(back[1].weight, row.weight);
    EXPECT_TRUE(back[1].flag);
    EXPECT_EQ(back[1].color, Color::blue);
    EXPECT_EQ(back[1].at, row.at);
    EXPECT_EQ(back[1].owner, row.owner);
    EXPECT_EQ(back[1].nested.list, row.nested.list);
    EXPECT_EQ(back[0].size, std::nullopt);
    EXPECT_EQ(back[0].note, std::nullopt);
    EXPECT_FALSE(back[0].owner);
}

TEST_P(ConnectionTo, ReadsRowidKeysAndAggregatesAs64Bits) {
    sql().exec("CREATE TABLE big (id INTEGER PRIMARY KEY)");
    if (dialect() != Dialect::sqlite) sql().exec("DROP TABLE big");
    if (dialect() != Dialect::sqlite) sql().exec("CREATE TABLE big (id BIGINT PRIMARY KEY)");
    sql().exec("INSERT INTO big (id) VALUES (:id)", 5'000'000'000);
    sql().exec("INSERT INTO big (id) VALUES (:id)", 5'000'000'001);
    EXPECT_EQ(sql().rows<std::int64_t>("SELECT id FROM big ORDER BY id"),
              (std::vector<std::int64_t>{5'000'000'000, 5'000'000'001}));
    const auto row = sql().one<std::tuple<std::int64_t, std::int64_t, std::int64_t, double>>(
        "SELECT count(*), sum(id), max(id), avg(id) FROM big");
    EXPECT_EQ(*row, std::tuple(2, 10'000'000'001, 5'000'000'001, 5'000'000'000.5));
    EXPECT_EQ(sql().one<bool>("SELECT EXISTS (SELECT 1 FROM big)"), true);
    EXPECT_EQ(sql().one<bool>("SELECT EXISTS (SELECT 1 FROM big WHERE id = 0)"), false);
}

TEST_P(ConnectionTo, SaysWhichColumnIsNull) {
    sql().insert(thing(1, "a"));
    EXPECT_STREQ(error_of([&] { sql().rows<std::string>("SELECT note FROM thing"); }).what(),
                 "column result is NULL or of another kind than its type");
    EXPECT_EQ(sql().rows<std::optional<std::string>>("SELECT note FROM thing"),
              (std::vector<std::optional<std::string>>{std::nullopt}));
    EXPECT_EQ(sql().one<std::string>("SELECT name FROM thing WHERE id = :id", 9), std::nullopt);
}

TEST_P(ConnectionTo, TakesNamesTwiceAndLeavesLiteralsAlone) {
    sql().insert(thing(1, "a:b"));
    sql().insert(thing(2, "c"));
    const auto found = sql().rows<std::int64_t>(
        "SELECT id FROM thing -- :not_this\n WHERE (name = 'a:b' OR id > :id) /* :nor_this */ AND (id <= :id OR name "
        "<> :name)",
        1, "c");
    EXPECT_EQ(found, (std::vector<std::int64_t>{1}));
    EXPECT_EQ(sql().rows<std::int64_t>("SELECT id FROM thing ORDER BY id LIMIT :n", 1).size(), 1u);
    EXPECT_EQ(sql().one<std::string>("SELECT 'a' || '\\' || \"name\" FROM thing WHERE id = 2"), "a\\c");
    EXPECT_STREQ(error_of([&] { sql().exec("DELETE FROM thing WHERE id = :id OR name = :name", 1); }).what(),
                 "the statement names 2 parameters and was given 1 [DELETE FROM thing WHERE id = :id OR name = :name]");
}

TEST_P(ConnectionTo, CountsRowsThatMatched) {
    sql().insert(std::vector<ThingRow>{thing(1, "a"), thing(2, "b"), thing(3, "c")});
    EXPECT_EQ(sql().exec("UPDATE thing SET size = :s", 4), 3);
    EXPECT_EQ(sql().exec("UPDATE thing SET size = :s", 4), 3);  // unchanged, still matched
    EXPECT_EQ(sql().exec("UPDATE thing SET size = :s WHERE id = :id", 4, 2), 1);
    EXPECT_EQ(sql().exec("UPDATE thing SET size = :s WHERE id = :id", 4, 9), 0);
    EXPECT_EQ(sql().exec("DELETE FROM thing WHERE id >= :id", 2), 2);
    EXPECT_EQ(sql().exec("DELETE FROM thing WHERE id >= :id", 2), 0);
}

TEST_P(ConnectionTo, KeepsStatementsAndAsksForNoneTwice) {
    const auto before = sql().statements();
    for (int i = 0; i < 3; ++i) sql().exec("UPDATE thing SET size = :s WHERE id = :id", i, i);
    EXPECT_EQ(sql().statements(), before + 1);
    // A NULL, and another kind in its place, are the same statement.
    sql().insert(thing(1, "a"));
    const auto with_insert = sql().statements();
    sql().exec("UPDATE thing SET note = :s WHERE id = :id", nullptr, 1);
    sql().exec("UPDATE thing SET note = :s WHERE id = :id", "text", 1);
    sql().exec("UPDATE thing SET note = :s WHERE id = :id", std::optional<std::string>(), 1);
    EXPECT_EQ(sql().statements(), with_insert + 1);
    EXPECT_EQ(sql().exec("UPDATE thing SET size = :s WHERE id = :id", nullptr, 1), 1);
    EXPECT_EQ(sql().one<std::int64_t>("SELECT count(*) FROM thing WHERE size IS NULL"), 1);
    // They are bounded.
    for (int i = 0; i < 600; ++i) sql().rows<std::int64_t>("SELECT " + std::to_string(i) + " FROM thing");
    sql().begin();
    sql().commit();
    EXPECT_LE(sql().statements(), 500u);
}

TEST_P(ConnectionTo, RefusesANulBeforeAnyoneCutsTheTextThere) {
    const auto error = error_of([&] { sql().exec("UPDATE thing SET name = :name", "a\0b"s); });
    EXPECT_STREQ(error.what(), "a text parameter contains a NUL character [UPDATE thing SET name = :name]");
    EXPECT_EQ(error.fault, DatabaseFault::constraint);
}

TEST_P(ConnectionTo, TellsFaultsApartAndQuotesNoValues) {
    sql().insert(thing(1, "secret-name"));
    const auto unique = error_of([&] { sql().insert(thing(2, "secret-name")); });
    EXPECT_EQ(unique.fault, DatabaseFault::unique) << unique.what();
    EXPECT_EQ(std::string(unique.what()).find("secret-name"), std::string::npos) << unique.what();
    const auto key = error_of([&] { sql().insert(thing(1, "b")); });
    EXPECT_EQ(key.fault, DatabaseFault::unique) << key.what();
    const auto null = error_of([&] { sql().exec("UPDATE thing SET name = :n", nullptr); });
    EXPECT_EQ(null.fault, DatabaseFault::constraint) << null.what();
    const auto wrong = error_of([&] { sql().exec("UPDATE nothing SET name = 1"); });
    EXPECT_EQ(wrong.fault, DatabaseFault::other) << wrong.what();
    EXPECT_EQ(to_error(unique).code, Errc::conflict);
    EXPECT_EQ(to_error(wrong).code, Errc::internal);
    EXPECT_EQ(count(), 1);
    if (dialect() == Dialect::sqlite) return;  // takes any length
    const auto longer = error_of([&] { sql().exec("UPDATE thing SET name = :n", std::string(21, 'x')); });
    EXPECT_EQ(longer.fault, DatabaseFault::constraint) << longer.what();
}

TEST_P(ConnectionTo, HoldsForeignKeys) {
    sql().exec("CREATE TABLE part (thing_id BIGINT NOT NULL, FOREIGN KEY (thing_id) REFERENCES thing (id))");
    const auto error = error_of([&] { sql().exec("INSERT INTO part (thing_id) VALUES (1)"); });
    EXPECT_EQ(error.fault, DatabaseFault::constraint) << error.what();
}

TEST_P(ConnectionTo, EndsATransactionWithItsFirstError) {
    sql().begin();
    sql().insert(thing(1, "a"));
    error_of([&] { sql().insert(thing(1, "a")); });
    // Caught: but on PostgreSQL all that follows would fail, and COMMIT would quietly roll back.
    EXPECT_TRUE(std::string(error_of([&] { sql().insert(thing(2, "b")); }).what())
                    .starts_with("the transaction failed before: "));
    EXPECT_TRUE(std::string(error_of([&] { sql().commit(); }).what()).starts_with("the transaction failed before: "));
    sql().rollback();
    EXPECT_EQ(count(), 0);
    sql().begin();
    sql().insert(thing(3, "c"));
    sql().commit();
    EXPECT_EQ(count(), 1);
}

TEST_P(PostgresqlConnection, LeavesNoStatementBehindOnTheServer) {
    sql().begin();
    sql().insert(thing(1, "a"));
    error_of([&] { sql().insert(thing(1, "a")); });
    sql().rollback();
    sql().exec("UPDATE thing SET size = :s", nullptr);
    sql().exec("UPDATE thing SET size = :s", 5);  // prepared anew for a number
    const auto on_server = *sql().one<std::int64_t>("SELECT count(*) FROM pg_prepared_statements");
    EXPECT_EQ(on_server, static_cast<std::int64_t>(sql().statements()));
}

TEST_P(ServerConnection, SeesALostConnectionAndNeverReplacesItSilently) {
    sql().begin();
    sql().insert(thing(1, "a"));
    kill(sql());
    const auto error = error_of([&] { sql().insert(thing(2, "b")); });
    EXPECT_EQ(error.fault, DatabaseFault::connection_lost) << error.what();
    EXPECT_EQ(to_error(error).code, Errc::unavailable);
    sql().rollback();
    EXPECT_EQ(error_of([&] { sql().insert(thing(3, "c")); }).fault, DatabaseFault::connection_lost);
    connection_ = database().connect();
    EXPECT_EQ(count(), 0);
}

TEST_P(ConnectionTo, IsSetUpForDurabilityAndStrictness) {
    if (dialect() == Dialect::sqlite) {
        EXPECT_EQ(sql().one<std::string>("PRAGMA journal_mode"), "wal");
        EXPECT_EQ(sql().one<std::int64_t>("PRAGMA synchronous"), 2);
        EXPECT_EQ(sql().one<std::int64_t>("PRAGMA foreign_keys"), 1);
        EXPECT_EQ(sql().one<std::int64_t>("PRAGMA busy_timeout"), 5000);
    } else if (dialect() == Dialect::postgresql) {
        EXPECT_EQ(sql().one<std::string>("SHOW transaction_isolation"), "read committed");
        EXPECT_EQ(sql().one<std::string>("SHOW client_encoding"), "UTF8");
    } else {
        EXPECT_EQ(sql().one<std::string>("SELECT @@tx_isolation"), "READ-COMMITTED");
        EXPECT_NE(sql().one<std::string>("SELECT @@sql_mode")->find("STRICT_ALL_TABLES"), std::string::npos);
        EXPECT_EQ(sql().one<std::string>("SELECT @@character_set_client"), "utf8mb4");
    }
}

TEST_P(ConnectionTo, ReadsDirtyAndOldDataNever) {
    const auto other = database().connect({.read_only = true});
    sql().begin();
    sql().insert(thing(1, "a"));
    EXPECT_EQ(other->one<std::int64_t>("SELECT count(*) FROM thing"), 0);
    sql().commit();
    EXPECT_EQ(other->one<std::int64_t>("SELECT count(*) FROM thing"), 1);
}

TEST_P(ConnectionTo, RefusesToWriteWhenItOnlyReads) {
    const auto reader = database().connect({.read_only = true});
    EXPECT_THROW(reader->insert(thing(1, "a")), DatabaseError);
    reader->begin();
    EXPECT_THROW(reader->insert(thing(1, "a")), DatabaseError);
    reader->rollback();
    EXPECT_EQ(count(), 0);
}

TEST_P(SqliteConnection, WaitsForTheWriteLockInsteadOfFailingLater) {
    const auto other = database().connect({.busy_timeout = std::chrono::milliseconds(0)});
    sql().begin();  // IMMEDIATE: has the lock before it reads
    EXPECT_EQ(count(), 0);
    EXPECT_EQ(error_of([&] { other->begin(); }).fault, DatabaseFault::busy);
    sql().insert(thing(1, "a"));
    sql().commit();
    other->begin();
    other->insert(thing(2, "b"));
    other->commit();
    EXPECT_EQ(count(), 2);
}

TEST_P(SqliteConnection, ReadsEverySelectToItsEnd) {
    sql().insert(std::vector<ThingRow>{thing(1, "a"), thing(2, "b"), thing(3, "c")});
    sql().begin();
    sql().one<ThingRow>("ORDER BY id");
    sql().one<std::int64_t>("SELECT id FROM thing ORDER BY id LIMIT 1");
    EXPECT_THROW(sql().rows<std::string>("SELECT note FROM thing"), DatabaseError);  // stopped at the first row
    sql().rollback();
    const auto other = database().connect();
    other->insert(thing(4, "d"));
    // An open SELECT would pin the log: (busy, frames, frames moved)
    const auto moved = *other->one<std::tuple<int, int, int>>("PRAGMA wal_checkpoint(FULL)");
    EXPECT_EQ(std::get<0>(moved), 0);
    EXPECT_EQ(std::get<1>(moved), std::get<2>(moved));
    sql().begin();
    sql().insert(thing(5, "e"));
    sql().commit();
}

TEST_P(ConnectionTo, InsertsManyRowsAndPadsLists) {
    std::vector<ThingRow> rows;
    for (int i = 1; i <= 700; ++i) {
        rows.push_back(thing(i, "n" + std::to_string(i)));
        if (i % 3 == 0) rows.back().size = i;
    }
    sql().insert(rows);
    EXPECT_EQ(count(), 700);
    EXPECT_EQ(sql().one<std::int64_t>("SELECT count(*) FROM thing WHERE size = id"), 233);
    for (const std::size_t size : {1u, 2u, 9u, 600u}) {
        std::vector<std::int64_t> ids;
        for (std::size_t i = 0; i < size; ++i) ids.push_back(static_cast<std::int64_t>(i + 1));
        std::vector<Value> values;
        const auto list = in_list("id", ids, values);
        EXPECT_EQ(sql().rows_values<std::int64_t>("SELECT id FROM thing WHERE id IN (" + list + ")", values).size(),
                  size);
    }
}

TEST_P(ConnectionTo, SpeaksEachDialect) {
    sql().insert(std::vector<ThingRow>{thing(1, "a"), thing(2, "b")});
    sql().insert(std::vector<ThingRow>{thing(8, "a"), thing(3, "c")}, sql().on_conflict_nothing("name", "name"));
    EXPECT_EQ(sql().rows<std::int64_t>("SELECT id FROM thing ORDER BY id"), (std::vector<std::int64_t>{1, 2, 3}));
    auto changed = thing(1, "z");
    changed.size = 5;
    changed.note = "n";
    sql().insert(changed, on_conflict_update(dialect(), "id", "name, size"));
    EXPECT_EQ(sql().one<std::string>("SELECT name FROM thing WHERE id = 1 AND size = 5 AND note IS NULL"), "z");
    EXPECT_EQ(sql().one<std::int64_t>("SELECT " + greatest(dialect(), "id", "7") + " FROM thing WHERE id = 2"), 7);
    EXPECT_EQ(sql().one<std::int64_t>("SELECT " + least(dialect(), "id", "7") + " FROM thing WHERE id = 2"), 2);
    sql().begin();
    EXPECT_EQ(sql().rows<std::int64_t>("SELECT id FROM thing ORDER BY id" + std::string(for_update(dialect()))).size(),
              3u);
    EXPECT_EQ(sql().rows<std::int64_t>("SELECT id FROM thing ORDER BY id" + std::string(skip_locked(dialect()))).size(),
              3u);
    sql().commit();
}

TEST_P(ConnectionTo, TakesRowsOfTheApplicationAsATable) {
    std::vector<ThingRow> rows;
    std::vector<std::vector<Value>> source_rows;
    for (std::int64_t i = 1; i <= 600; ++i) {
        rows.push_back(thing(i, "n" + std::to_string(i)));
        source_rows.push_back({Value(i), i == 1 ? Value() : Value("new" + std::to_string(i)), Value(i * 10)});
    }
    sql().insert(rows);
    const SourceColumn columns[] = {{"v_id", Kind::integer}, {"v_note", Kind::text}, {"v_size", Kind::integer}};
    std::vector<Value> values;
    const auto source = row_source(dialect(), "v", columns, source_rows, values);
    const auto changed = sql().exec_values(
        update_from(dialect(), "thing", "note = v.v_note, size = v.v_size", source, "thing.id = v.v_id"), values);
    EXPECT_EQ(changed, 600);
    EXPECT_EQ(sql().one<std::string>("SELECT note FROM thing WHERE id = 600 AND size = 6000"), "new600");
    EXPECT_EQ(sql().one<std::int64_t>("SELECT count(*) FROM thing WHERE note IS NULL"), 1);
    const auto joined = sql().rows_values<std::int64_t>(
        "SELECT thing.id FROM thing JOIN " + source + " ON thing.id = v.v_id WHERE v.v_size > 5990", values);
    EXPECT_EQ(joined, (std::vector<std::int64_t>{600}));
}

TEST_P(ConnectionTo, RunsInsertReturning) {
    const auto id = sql().one<std::int64_t>(
        "INSERT INTO thing (id, name, weight, flag, color, at, nested) VALUES (:id, :name, 0, 0, 1, 0, '{}') RETURNING "
        "id",
        4, "r");
    EXPECT_EQ(id, 4);
    EXPECT_EQ(count(), 1);
}

TEST(StoreUrl, SaysWhatItExpects) {
    EXPECT_EQ(parse_url("sqlite:///var/lib/usher.db")->target, "/var/lib/usher.db");
    EXPECT_EQ(parse_url("mysql://host=h db=d")->dialect, Dialect::mysql);
    EXPECT_EQ(parse_url("oracle://x").error().message,
              "store url: expected sqlite://FILE, postgresql://host=... dbname=... or mysql://host=... db=...");
    EXPECT_EQ(parse_url("postgresql://").error().message, "store url: says no database after postgresql://");
    EXPECT_EQ(parse_url("mysql://db=d reconnect=1").error().message, "store url: reconnect is set by Usher itself");
}

TEST(StoreUrl, OfAServerThatDoesNotAnswerIsALostConnection) {
    for (const char* url :
         {"postgresql://host=127.0.0.1 port=1 user=u dbname=d", "mysql://host=127.0.0.1 port=1 user=u db=d"}) {
        try {
            Connection::open(*parse_url(url), {});
            ADD_FAILURE() << url;
        } catch (const DatabaseError& e) {
            EXPECT_EQ(e.fault, DatabaseFault::connection_lost) << e.what();
        }
    }
}

}  // namespace
}  // namespace usher::store
