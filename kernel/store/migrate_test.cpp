#include "store/migrate.hpp"

#include "store/sql_text.hpp"
#include "store/test_database.hpp"

namespace usher::store {
namespace {

constexpr std::string_view kFirst = R"(-- Things.
-- oldest_binary: 1
CREATE TABLE IF NOT EXISTS thing (id BIGINT NOT NULL PRIMARY KEY, name {key(100)} NOT NULL, note {text} NOT NULL) {engine};
INSERT INTO thing (id, name, note) VALUES (1, 'a;b', ':c');
)";
constexpr std::string_view kSecond = R"(-- oldest_binary: 1
ALTER TABLE thing ADD COLUMN size BIGINT;
CREATE INDEX thing_size ON thing (size);
UPDATE thing SET size = 5;
)";

class MigrationOf : public testing::StoreTest {
protected:
    void SetUp() override {
        StoreTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        connection_ = database().connect();
    }
    void TearDown() override {
        connection_.reset();
        StoreTest::TearDown();
    }
    Result<void> migrate(const std::vector<Migration>& files) { return store::migrate(*connection_, files); }
    std::unique_ptr<Connection> connection_;
};
USHER_ON_EVERY_DATABASE(MigrationOf);

TEST_P(MigrationOf, AppliesWhatIsMissingOnce) {
    const Migration first{1, "0001_first.sql", "", kFirst}, second{2, "0002_second.sql", "", kSecond};
    for (const auto& files : std::vector<std::vector<Migration>>{{first}, {first}, {first, second}, {first, second}}) {
        const auto done = migrate(files);
        ASSERT_TRUE(done) << done.error().message;
    }
    const auto row =
        connection_->one<std::tuple<std::string, std::string, std::int64_t>>("SELECT name, note, size FROM thing");
    EXPECT_EQ(*row, std::tuple(std::string("a;b"), std::string(":c"), std::int64_t{5}));
    EXPECT_EQ(connection_->rows<std::string>("SELECT name FROM schema_migration ORDER BY number"),
              (std::vector<std::string>{"0001_first.sql", "0002_second.sql"}));
}

TEST_P(MigrationOf, RefusesAFileThatWasChangedAfterwards) {
    ASSERT_TRUE(migrate({{1, "0001_first.sql", "", kFirst}}));
    const std::string changed = std::string(kFirst) + " ";
    const auto refused = migrate({{1, "0001_first.sql", "", changed}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);
    EXPECT_TRUE(refused.error().message.starts_with(
        "migration 0001_first.sql was changed after it had been applied to this database (sha256 then "))
        << refused.error().message;
}

TEST_P(MigrationOf, RefusesADatabaseThatOnlyANewerProgramUnderstands) {
    const Migration first{1, "0001_first.sql", "", kFirst}, second{2, "0002_second.sql", "", kSecond};
    ASSERT_TRUE(migrate({first, second}));
    EXPECT_TRUE(migrate({first})) << "it says that 1 suffices";
    ASSERT_TRUE(migrate({first, second, {3, "0003_third.sql", "", "-- oldest_binary: 3\nDELETE FROM thing;"}}));
    EXPECT_EQ(
        migrate({first}).error().message,
        "the database is newer than this program: it has migration 0003_third.sql, this program knows them up to 1; "
        "start the newer Usher");
}

TEST_P(MigrationOf, PrefersTheDialectsOwnFile) {
    ASSERT_TRUE(migrate({{1, "0001_a.sql", "", "-- oldest_binary: 1\nCREATE TABLE portable (id BIGINT);"},
                         {1, "0001_a.mysql.sql", "mysql", "-- oldest_binary: 1\nCREATE TABLE own (id BIGINT);"}}));
    const char* const expected = dialect() == Dialect::mysql ? "own" : "portable";
    EXPECT_EQ(connection_->one<std::int64_t>("SELECT count(*) FROM " + std::string(expected)), 0);
}

TEST_P(MigrationOf, SaysWhichStatementFailedAndGoesOnThereWhenItIsMended) {
    const std::string broken = std::string(kFirst) + "INSERT INTO other (id) VALUES (1);";
    const auto failed = migrate({{1, "0001_first.sql", "", broken}});
    ASSERT_FALSE(failed);
    EXPECT_TRUE(failed.error().message.starts_with("migration 0001_first.sql, statement 3: "))
        << failed.error().message;
    connection_->exec("CREATE TABLE other (id BIGINT)");
    const auto mended = migrate({{1, "0001_first.sql", "", broken}});
    ASSERT_TRUE(mended) << mended.error().message;
    EXPECT_EQ(connection_->one<std::int64_t>("SELECT count(*) FROM thing"), 1);
}

TEST_P(MigrationOf, RunsAStatementAgainThatWasKilledBeforeItsRecord) {
    const Migration first{1, "0001_first.sql", "", kFirst}, second{2, "0002_second.sql", "", kSecond};
    ASSERT_TRUE(migrate({first, second}));
    if (dialect() == Dialect::mysql) {  // the only one where the two are not one transaction
        for (int done = 0; done < 3; ++done) {
            connection_->exec("UPDATE schema_migration SET done = :d, begun = :b WHERE number = 2", done, done + 1);
            connection_->exec("UPDATE thing SET size = 5");
            if (done == 0) connection_->exec("DROP INDEX thing_size ON thing");
            const auto again = migrate({first, second});
            ASSERT_TRUE(again) << done << ": " << again.error().message;
        }
    }
    EXPECT_EQ(connection_->one<std::int64_t>("SELECT size FROM thing"), 5);
}

TEST_P(MigrationOf, NamesTheFaultInAFile) {
    EXPECT_EQ(migrate({{1, "0001_a.sql", "", "CREATE TABLE a (id BIGINT);"}}).error().message,
              "0001_a.sql: needs a line \"-- oldest_binary: N\" with N from 1 to 1");
    EXPECT_EQ(migrate({{1, "0001_a.sql", "", "-- oldest_binary: 2\n"}}).error().message,
              "0001_a.sql: needs a line \"-- oldest_binary: N\" with N from 1 to 1");
    EXPECT_EQ(migrate({{1, "0001_a.sql", "", "-- oldest_binary: 1\nCREATE TABLE a (b {string});"}}).error().message,
              "0001_a.sql: {string} is none of {text}, {ascii(n)}, {key(n)}, {engine}");
    EXPECT_EQ(migrate({{1, "0001_a.sql", "", "-- oldest_binary: 1\n"}, {1, "0001_b.sql", "", ""}}).error().message,
              "migrations 0001_a.sql and 0001_b.sql have the same number");
}

TEST_P(MigrationOf, TwoProgramsThatStartAtOnceApplyThemOnce) {
    if (dialect() == Dialect::sqlite) return;  // the folder's lock keeps the second one out before
    const Migration first{1, "0001_first.sql", "", kFirst};
    const auto other = database().connect();
    Result<void> a, b;
    std::thread one([&] { a = migrate({first}); });
    std::thread two([&] { b = store::migrate(*other, std::span(&first, 1)); });
    one.join();
    two.join();
    EXPECT_TRUE(a) << a.error().message;
    EXPECT_TRUE(b) << b.error().message;
    EXPECT_EQ(connection_->one<std::int64_t>("SELECT count(*) FROM thing"), 1);
}

TEST_P(MigrationOf, KeysKeepCaseAndOrderOfBytes) {
    ASSERT_TRUE(migrate({{1, "0001_a.sql", "",
                          "-- oldest_binary: 1\nCREATE TABLE k (name {key(20)} NOT NULL, slug {ascii(20)} "
                          "NOT NULL, UNIQUE (name), UNIQUE (slug)) {engine};"}}));
    for (const char* name : {"b", "B", "a", "Ä", "ä"})
        connection_->exec("INSERT INTO k VALUES (:n, :s)", name,
                          std::string(name) == "Ä"   ? "x"
                          : std::string(name) == "ä" ? "y"
                                                     : name);
    EXPECT_EQ(connection_->rows<std::string>("SELECT name FROM k ORDER BY name"),
              (std::vector<std::string>{"B", "a", "b", "Ä", "ä"}));
    EXPECT_EQ(connection_->rows<std::string>("SELECT slug FROM k ORDER BY slug"),
              (std::vector<std::string>{"B", "a", "b", "x", "y"}));
}

TEST(SqlText, EndsStatementsWhereTheyEnd) {
    EXPECT_EQ(split_statements("-- a;\nA 'x;y';\n/* ; */ B \"q;\" ; ;\n C"),
              (std::vector<std::string>{"A 'x;y'", "B \"q;\"", "C"}));
    EXPECT_TRUE(split_statements(" -- nothing\n").empty());
}

TEST(SqlText, FindsParametersOnly) {
    const auto parsed = parse_sql("SELECT ':a', \":b\", x::text, :c, :d1, :c -- :e\n, a:");
    EXPECT_EQ(parsed.text, "SELECT ':a', \":b\", x::text, :c, :d1, :c__2 \n, a:");
    EXPECT_EQ(parsed.occurrences, (std::vector<std::size_t>{0, 1, 0}));
    EXPECT_EQ(parsed.parameters, 2u);
}

TEST(EmbeddedMigrations, AreNumberedFromOneWithoutAGap) {
    int last = 0;
    for (const auto& file : embedded_migrations()) {
        if (file.dialect.empty()) {
            EXPECT_EQ(file.number, ++last) << file.name;
        }
        for (const auto dialect : {Dialect::sqlite, Dialect::postgresql, Dialect::mysql}) {
            const auto text = expand_macros(dialect, file.text);
            EXPECT_TRUE(text) << file.name << ": " << text.error().message;
        }
    }
    EXPECT_GE(last, 1);
}

}  // namespace
}  // namespace usher::store
