#pragma once
/// For tests: a fresh database on each kind that there is, gone with the test.
///
///   class InboxRepository : public usher::store::testing::StoreTest {};
///   USHER_ON_EVERY_DATABASE(InboxRepository);
///   TEST_P(InboxRepository, KeepsTheOrder) {
///       EXPECT_TRUE(run(store().write([](store::Write& w) { ... })));
///   }
///
/// SQLite is always there. USHER_TEST_POSTGRESQL and USHER_TEST_MARIADB hold store URLs of servers on which databases
/// may be made; without them a test is skipped, or fails where USHER_TEST_REQUIRE (or USHER_TEST_ALL_DATABASES) is 1.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "foundation/async.hpp"
#include "store/connection.hpp"
#include "store/store.hpp"

namespace usher::store::testing {

/// A database of its own, empty; dropped with the object.
class TestDatabase final {
public:
    /// Null where the server is not given. Errors of the server are thrown.
    static std::unique_ptr<TestDatabase> make(Dialect dialect);
    ~TestDatabase();
    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;

    const std::string& url() const { return url_; }
    /// The same database by another way to its server (a proxy's port). Servers only.
    std::string url_at_port(int port) const;
    int port() const;
    /// A connection beside the store's.
    std::unique_ptr<Connection> connect(ConnectOptions options = {}) const;

private:
    TestDatabase() = default;
    std::string url_;
    std::string admin_url_;  // empty: SQLite
    std::string name_;       // of the database, or the folder
};

/// The parameter is the kind of database.
class StoreTest : public ::testing::TestWithParam<Dialect> {
protected:
    void SetUp() override;
    void TearDown() override;

    Dialect dialect() const { return GetParam(); }
    TestDatabase& database() { return *database_; }
    /// The store of this test, opened when first asked for. `settings().url` is filled in.
    Store& store();
    Settings& settings() { return settings_; }
    FakeClock& clock() { return clock_; }
    /// Closes the store; store() opens it anew.
    void close();

private:
    std::unique_ptr<TestDatabase> database_;
    Settings settings_;
    FakeClock clock_;
    std::unique_ptr<Store> store_;
};

/// Runs a coroutine to its end, on this thread.
void run_to_end(std::function<Task<void>()> task);

template <class T>
Task<void> keep_result(Task<T> task, std::optional<T>& into) {
    into.emplace(co_await std::move(task));
}
template <class T>
T run(Task<T> task) {
    std::optional<T> out;
    auto shared = std::make_shared<Task<T>>(std::move(task));
    run_to_end([shared, &out] { return keep_result<T>(std::move(*shared), out); });
    return std::move(*out);
}

/// Several coroutines on one executor, started in the order in which they were added.
class Together final {
public:
    Together();
    ~Together();
    template <class T>
    std::shared_ptr<std::optional<T>> add(Task<T> task) {
        auto out = std::make_shared<std::optional<T>>();
        auto shared = std::make_shared<Task<T>>(std::move(task));
        spawn([shared, out] { return keep_result<T>(std::move(*shared), *out); });
        return out;
    }
    /// Runs what can run now: all that was added has asked the store for what it wants.
    void poll();
    /// Runs all to their ends.
    void finish();

private:
    void spawn(std::function<Task<void>()> task);
    struct State;
    std::unique_ptr<State> state_;
};

std::string name_of(const ::testing::TestParamInfo<Dialect>& info);

}  // namespace usher::store::testing

#define USHER_ON_EVERY_DATABASE(Suite)                                                                           \
    INSTANTIATE_TEST_SUITE_P(On, Suite,                                                                          \
                             ::testing::Values(usher::store::Dialect::sqlite, usher::store::Dialect::postgresql, \
                                               usher::store::Dialect::mysql),                                    \
                             usher::store::testing::name_of)

/// Without SQLite: for what only a server can do (lose its connection).
#define USHER_ON_EVERY_SERVER(Suite)                                                                             \
    INSTANTIATE_TEST_SUITE_P(On, Suite,                                                                          \
                             ::testing::Values(usher::store::Dialect::postgresql, usher::store::Dialect::mysql), \
                             usher::store::testing::name_of)
