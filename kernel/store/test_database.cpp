#include "store/test_database.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>

#include "foundation/crypto.hpp"
#include "foundation/text.hpp"
#include "store/dialect.hpp"

namespace usher::store::testing {
namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

/// Sets one `key=value` of a server's URL.
std::string with(const std::string& url, std::string_view key, const std::string& value) {
    const auto scheme = url.find("://") + 3;
    std::string out = url.substr(0, scheme);
    for (const auto part : split(std::string_view(url).substr(scheme), ' ')) {
        if (!trim(part).empty() && !part.starts_with(std::string(key) + "=")) out += std::string(part) + " ";
    }
    return out + std::string(key) + "=" + value;
}

}  // namespace

std::unique_ptr<TestDatabase> TestDatabase::make(Dialect dialect) {
    std::unique_ptr<TestDatabase> out(new TestDatabase);
    const std::string name = "usher_t_" + to_hex(crypto::random_bytes(8));
    if (dialect == Dialect::sqlite) {
        const auto folder = std::filesystem::temp_directory_path() / name;
        std::filesystem::create_directory(folder);
        out->name_ = folder.string();
        out->url_ = "sqlite://" + (folder / "usher.db").string();
        return out;
    }
    out->admin_url_ = environment(dialect == Dialect::postgresql ? "USHER_TEST_POSTGRESQL" : "USHER_TEST_MARIADB");
    if (out->admin_url_.empty()) return nullptr;
    const auto connection = Connection::open(*parse_url(out->admin_url_), {});
    out->name_ = name;
    if (dialect == Dialect::postgresql) {  // a schema is made in a millisecond, a database in a hundred
        connection->exec("CREATE SCHEMA " + name);
        out->url_ = with(out->admin_url_, "options", "-csearch_path=" + name);
    } else {
        connection->exec("CREATE DATABASE " + name);
        out->url_ = with(out->admin_url_, "db", name);
    }
    return out;
}

TestDatabase::~TestDatabase() {
    if (admin_url_.empty()) {
        std::error_code ignored;
        std::filesystem::remove_all(name_, ignored);
        return;
    }
    try {
        const auto url = *parse_url(admin_url_);
        const auto connection = Connection::open(url, {});
        if (url.dialect == Dialect::mysql) {
            connection->exec("DROP DATABASE " + name_);
            return;
        }
        // Connections of the test that a proxy still holds open would keep its tables locked.
        connection->rows<bool>(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks JOIN pg_class ON pg_class.oid = relation JOIN "
            "pg_namespace "
            "ON pg_namespace.oid = relnamespace WHERE nspname = :name AND pid <> pg_backend_pid()",
            name_);
        connection->exec("DROP SCHEMA " + name_ + " CASCADE");
    } catch (const DatabaseError& e) {
        ADD_FAILURE() << "the test's database could not be dropped: " << e.what();
    }
}

std::string TestDatabase::url_at_port(int port) const {
    return with(url_, "port", std::to_string(port));
}

int TestDatabase::port() const {
    const auto at = url_.find("port=");
    return at == std::string::npos ? 0 : std::atoi(url_.c_str() + at + 5);
}

std::unique_ptr<Connection> TestDatabase::connect(ConnectOptions options) const {
    return Connection::open(*parse_url(url_), options);
}

void StoreTest::SetUp() {
    database_ = TestDatabase::make(GetParam());
    if (!database_) {
        const std::string missing =
            std::string(to_string(GetParam())) + ": no server given (see store/test_database.hpp)";
        if (environment("USHER_TEST_REQUIRE") == "1" || environment("USHER_TEST_ALL_DATABASES") == "1")
            FAIL() << missing;
        GTEST_SKIP() << missing;
    }
    settings_.url = database_->url();
    settings_.reader_threads = 2;
}

void StoreTest::TearDown() {
    store_.reset();
    database_.reset();
}

Store& StoreTest::store() {
    if (!store_) {
        auto opened = Store::open(settings_, clock_);
        if (!opened) throw Failure(opened.error());
        store_ = std::move(*opened);
    }
    return *store_;
}

void StoreTest::close() {
    store_.reset();
}

void run_to_end(std::function<Task<void>()> task) {
    asio::io_context context(1);
    std::exception_ptr failure;
    asio::co_spawn(context, std::move(task), [&](std::exception_ptr e) { failure = e; });
    context.run();
    if (failure) std::rethrow_exception(failure);
}

struct Together::State {
    asio::io_context context{1};
    std::exception_ptr failure;
};

Together::Together() : state_(std::make_unique<State>()) {}
Together::~Together() = default;

void Together::spawn(std::function<Task<void>()> task) {
    asio::co_spawn(state_->context, std::move(task), [state = state_.get()](std::exception_ptr e) {
        if (e) state->failure = e;
    });
}

void Together::poll() {
    state_->context.restart();
    state_->context.poll();
}

void Together::finish() {
    state_->context.restart();
    state_->context.run();
    if (state_->failure) std::rethrow_exception(state_->failure);
}

std::string name_of(const ::testing::TestParamInfo<Dialect>& info) {
    return std::string(to_string(info.param));
}

}  // namespace usher::store::testing
