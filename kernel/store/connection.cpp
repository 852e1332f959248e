#include "store/connection.hpp"

#include <soci/mysql/soci-mysql.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/socket.h>

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "foundation/log.hpp"
#include "foundation/text.hpp"
#include "store/dialect.hpp"
#include "store/faults.hpp"
#include "store/statement.hpp"

namespace usher::store {
namespace {

constexpr std::size_t kMostStatements = 500;

Kind kind_of(const Value& value, Kind when_null) {
    if (std::holds_alternative<std::int64_t>(value)) return Kind::integer;
    if (std::holds_alternative<double>(value)) return Kind::real;
    if (std::holds_alternative<std::string>(value)) return Kind::text;
    return when_null;
}

/// Database messages without the values they quote: they end in logs.
std::string without_values(std::string text) {
    if (const auto from = text.find("Duplicate entry '"); from != std::string::npos) {
        const auto to = text.rfind("' for key");
        if (to != std::string::npos && to > from) text.replace(from + 17, to - from - 17, "...");
    }
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '.')) text.pop_back();
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

class SociConnection final : public Connection {
public:
    SociConnection(const Url& url, const ConnectOptions& options) : dialect_(url.dialect), options_(options) {
        // The client libraries initialise themselves with the first connection, which is not thread-safe in all of
        // them.
        static std::mutex opening;
        const std::lock_guard lock(opening);
        try {
            connect(url);
        } catch (const DatabaseError&) {
            throw;
        } catch (const std::exception& e) {
            const DatabaseError error = classify(e, "");
            const bool server = dialect_ != Dialect::sqlite && error.fault == DatabaseFault::other && !session_;
            throw DatabaseError(server ? DatabaseFault::connection_lost : error.fault, error.what());
        }
    }
    ~SociConnection() override {
        if (in_transaction_) rollback();
        statements_.clear();  // before the session they belong to
    }

    Dialect dialect() const override { return dialect_; }

    void begin() override {
        if (in_transaction_) throw DatabaseError(DatabaseFault::other, "a transaction is open already");
        forget_old_statements();
        if (options_.read_only && options_.deadline.count() > 0) {
            interrupt_at_ = std::chrono::steady_clock::now() + options_.deadline;
        }
        failed_.clear();
        if (dialect_ == Dialect::sqlite) {
            once(options_.read_only ? "BEGIN" : "BEGIN IMMEDIATE");
        } else if (is_told()) {
            once("BEGIN");
        }
        in_transaction_ = true;
        failed_.clear();
    }

    void commit() override {
        check_usable();
        bool gone = false;
        if (dialect_ == Dialect::sqlite) gone = sqlite_api::sqlite3_get_autocommit(sqlite()) != 0;
        if (dialect_ == Dialect::postgresql) gone = PQtransactionStatus(postgresql()) == PQTRANS_INERROR;
        if (gone) {
            failed_ = "the database ended it";
            check_usable();
        }
        sqlite_fault_ = 0;
        if (is_told()) once("COMMIT");
        in_transaction_ = false;
    }

    bool commit_refused() const override {
        // A full disk or a lock: SQLite has said no. Where the disk itself failed, only the next look at the file
        // tells.
        constexpr int kBusy = 5, kLocked = 6, kFull = 13;
        return sqlite_fault_ == kBusy || sqlite_fault_ == kLocked || sqlite_fault_ == kFull;
    }

    void rollback() noexcept override {
        if (!in_transaction_) return;
        in_transaction_ = false;
        interrupt_at_ = {};
        try {
            if (dialect_ == Dialect::sqlite && sqlite_api::sqlite3_get_autocommit(sqlite()) != 0) return;
            if (is_told()) *session_ << "ROLLBACK";
        } catch (const std::exception& e) {
            log::debug("store", "rollback failed; the connection is going away", {{"error", without_values(e.what())}});
        }
    }

    bool in_transaction() const override { return in_transaction_; }
    void cut() noexcept override {
        if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
    }
    std::size_t statements() const override { return statements_.size(); }

protected:
    std::int64_t run(std::string_view sql, std::span<const Value> parameters) override {
        return run_rows(sql, parameters, 0);
    }

    std::int64_t run_rows(std::string_view sql, std::span<const Value> parameters, std::size_t width) override {
        return guarded(sql, [&] { return prepared(sql, parameters, {}, width).run(parameters); });
    }

    void select(std::string_view sql, std::span<const Value> parameters, const std::vector<Kind>& kinds,
                const std::function<void(std::span<const Value>)>& row) override {
        guarded(sql, [&] {
            prepared(sql, parameters, kinds, 0).select(parameters, row);
            return std::int64_t{0};
        });
    }

private:
    sqlite_api::sqlite3* sqlite() const {
        return static_cast<soci::sqlite3_session_backend*>(session_->get_backend())->conn_;
    }
    PGconn* postgresql() const {
        return static_cast<soci::postgresql_session_backend*>(session_->get_backend())->conn_;
    }

    void connect(const Url& url);
    void set_up_sqlite();
    void set_up_postgresql();
    void set_up_mysql();

    void once(const std::string& sql) {
        guarded(sql, [&] {
            *session_ << sql;
            return std::int64_t{0};
        });
    }

    /// Does the database know of our transactions? Where every statement sees what is committed by then, a transaction
    /// that only reads changes nothing but the number of round trips; that it only reads stands in the session.
    bool is_told() const { return dialect_ == Dialect::sqlite || !options_.read_only; }

    void check_usable() const {
        if (failed_.empty()) return;
        throw DatabaseError(DatabaseFault::other, "the transaction failed before: " + failed_);
    }

    template <class F>
    std::int64_t guarded(std::string_view sql, F f) {
        if (in_transaction_) check_usable();
        try {
            return f();
        } catch (const DatabaseError& e) {
            if (in_transaction_) failed_ = e.what();
            throw;
        } catch (const soci::soci_error& e) {
            DatabaseError error = classify(e, sql);
            if (in_transaction_) failed_ = error.what();
            throw error;
        } catch (...) {  // out of the caller's row function
            if (in_transaction_) failed_ = "reading a row failed";
            throw;
        }
    }

    DatabaseError classify(const std::exception& e, std::string_view sql);
    Statement& prepared(std::string_view sql, std::span<const Value> parameters, const std::vector<Kind>& intos,
                        std::size_t width);
    void forget_old_statements();

    static int on_progress(void* self) {
        const auto& at = static_cast<SociConnection*>(self)->interrupt_at_;
        return at != std::chrono::steady_clock::time_point{} && std::chrono::steady_clock::now() >= at;
    }

    Dialect dialect_;
    ConnectOptions options_;
    std::unique_ptr<soci::session> session_;
    std::unordered_map<std::string, std::unique_ptr<Statement>> statements_;
    std::string key_;  // of the statement that is looked for; kept for its memory
    std::uint64_t uses_ = 0;
    bool in_transaction_ = false;
    std::string failed_;
    int socket_ = -1;       // to the server
    int sqlite_fault_ = 0;  // the last result code other than success
    std::chrono::steady_clock::time_point interrupt_at_{};
};

void SociConnection::connect(const Url& url) {
    // A reader's statements have a deadline: beyond it (and a second for the way) nobody waits for the server.
    const auto deadline_s = std::chrono::ceil<std::chrono::seconds>(options_.deadline).count();
    const auto answer_s = options_.read_only && deadline_s > 0 ? deadline_s + 1 : 20;
    const std::string connect_s = std::to_string(deadline_s > 0 ? std::min<std::int64_t>(deadline_s, 5) : 5);
    switch (dialect_) {
        case Dialect::sqlite:
            session_ = std::make_unique<soci::session>(soci::sqlite3, "dbname=\"" + url.target + "\"");
            set_up_sqlite();
            break;
        case Dialect::postgresql:
            session_ = std::make_unique<soci::session>(
                soci::postgresql, "connect_timeout=" + connect_s +
                                      " keepalives_idle=10 keepalives_interval=5 keepalives_count=3 " +
                                      "tcp_user_timeout=" + std::to_string(1'000 * answer_s) +
                                      " application_name=usher client_encoding=UTF8 " + url.target);
            socket_ = PQsocket(postgresql());
            set_up_postgresql();
            break;
        case Dialect::mysql:
            // Never reconnect=1: it would lose the transaction and the settings below without a word.
            session_ = std::make_unique<soci::session>(
                soci::mysql, url.target + " charset=utf8mb4 connect_timeout=" + connect_s +
                                 " read_timeout=" + std::to_string(options_.read_only ? answer_s : 60) +
                                 " write_timeout=" + std::to_string(options_.read_only ? answer_s : 60));
            socket_ = static_cast<int>(
                mysql_get_socket(static_cast<soci::mysql_session_backend*>(session_->get_backend())->conn_));
            set_up_mysql();
            break;
    }
}

void SociConnection::set_up_sqlite() {
    sqlite_api::sqlite3_busy_timeout(sqlite(), static_cast<int>(options_.busy_timeout.count()));
    sqlite_api::sqlite3_extended_result_codes(sqlite(), 0);  // SOCI compares with the short ones
    once("PRAGMA foreign_keys = ON");
    once("PRAGMA synchronous = FULL");
    once("PRAGMA temp_store = MEMORY");
    once("PRAGMA cache_size = -16384");  // KiB
    if (options_.read_only) {
        once("PRAGMA query_only = ON");
        sqlite_api::sqlite3_progress_handler(sqlite(), 5'000, &SociConnection::on_progress, this);
    } else {
        const auto mode = one<std::string>("PRAGMA journal_mode = WAL");
        if (mode != "wal") throw DatabaseError(DatabaseFault::other, "SQLite refuses the WAL journal in this folder");
    }
}

void SociConnection::set_up_postgresql() {
    PQsetErrorVerbosity(postgresql(), PQERRORS_TERSE);  // without the rows' values
    PQsetNoticeProcessor(
        postgresql(), [](void*, const char* text) { log::debug("store", without_values(text)); }, nullptr);
    once("SET default_transaction_isolation = 'read committed'");
    once("SET standard_conforming_strings = on");
    once("SET statement_timeout = " + std::to_string(options_.deadline.count()));
    once("SET lock_timeout = 20000");
    once("SET idle_in_transaction_session_timeout = 60000");
    if (options_.read_only) once("SET default_transaction_read_only = on");
    // Whatever is looked up is found by an index. A plan lives as long as its statement, and one that was made while a
    // table was small would read all of it ever after.
    once("SET enable_seqscan = off");
    once("SET jit = off");  // compiling takes longer than any of these queries
}

void SociConnection::set_up_mysql() {
    once("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
    // Strict, and the SQL that the other two speak: || joins, "x" is a name, a backslash is a backslash.
    once(
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,"
        "NO_ZERO_IN_DATE,ONLY_FULL_GROUP_BY,PIPES_AS_CONCAT,ANSI_QUOTES,NO_BACKSLASH_ESCAPES'");
    once("SET SESSION innodb_lock_wait_timeout = 20");
    if (options_.read_only) once("SET SESSION TRANSACTION READ ONLY");
    const auto version = one<std::string>("SELECT VERSION()").value_or("");
    const bool mariadb = version.find("MariaDB") != std::string::npos;
    const auto ms = options_.deadline.count();
    if (mariadb) {
        once("SET SESSION idle_transaction_timeout = 60");
        if (ms > 0) once("SET SESSION max_statement_time = " + std::to_string(static_cast<double>(ms) / 1000));
    } else if (ms > 0) {
        once("SET SESSION max_execution_time = " + std::to_string(ms));
    }
}

DatabaseError SociConnection::classify(const std::exception& e, std::string_view sql) {
    DatabaseFault fault = DatabaseFault::other;
    std::string text = e.what();
    if (const auto* soci = dynamic_cast<const soci::soci_error*>(&e)) text = soci->get_error_message();
    if (const auto* sqlite_error = dynamic_cast<const soci::sqlite3_soci_error*>(&e)) {
        int code = sqlite_error->result();
        if (session_) {
            const int extended = sqlite_api::sqlite3_extended_errcode(sqlite());
            if ((extended & 0xff) == (code & 0xff)) code = extended;
        }
        sqlite_fault_ = code & 0xff;
        fault = fault_of_sqlite(code);
    } else if (const auto* postgresql_error = dynamic_cast<const soci::postgresql_soci_error*>(&e)) {
        const std::string state = postgresql_error->sqlstate();
        fault = fault_of_postgresql(state);
        if (options_.read_only && state == "25006") fault = DatabaseFault::other;  // ours: not a standby's
    } else if (const auto* mysql_error = dynamic_cast<const soci::mysql_soci_error*>(&e)) {
        fault = fault_of_mysql(mysql_error->err_num_);
    }
    if (dialect_ == Dialect::postgresql && session_ && PQstatus(postgresql()) == CONNECTION_BAD) {
        fault = DatabaseFault::connection_lost;
    }
    text = without_values(std::move(text));
    if (!sql.empty()) text += " [" + std::string(prefix_utf8(sql, 100)) + "]";
    return {fault, text};
}

Statement& SociConnection::prepared(std::string_view sql, std::span<const Value> parameters,
                                    const std::vector<Kind>& intos, std::size_t width) {
    for (const Value& value : parameters) {
        const auto* text = std::get_if<std::string>(&value);
        // PostgreSQL's client would cut it there without a word; so it is an error on all three.
        if (text && text->find('\0') != std::string::npos) {
            throw DatabaseError(DatabaseFault::constraint, "a text parameter contains a NUL character [" +
                                                               std::string(prefix_utf8(sql, 100)) + "]");
        }
    }
    key_.assign(sql);
    key_ += '\0';
    for (const Kind kind : intos) key_ += static_cast<char>('0' + static_cast<int>(kind));
    auto found = statements_.find(key_);
    ParsedSql parsed;
    std::vector<Kind> kinds;
    if (found != statements_.end()) {
        Statement& statement = *found->second;
        const ParsedSql& known = statement.sql();
        if (parameters.size() == known.parameters) {
            bool fits = true;
            for (std::size_t i = 0; fits && i < known.occurrences.size(); ++i) {
                const Kind now = statement.uses()[i];
                fits = kind_of(parameters[known.occurrences[i]], now) == now;
            }
            if (fits) {
                statement.used_at = ++uses_;
                return statement;
            }
        }
        parsed = known;
        kinds = statement.uses();
    } else {
        parsed = parse_sql(sql);
        kinds.assign(parsed.occurrences.size(), Kind::text);
    }
    if (parameters.size() != parsed.parameters) {
        throw DatabaseError(DatabaseFault::other, "the statement names " + std::to_string(parsed.parameters) +
                                                      " parameters and was given " + std::to_string(parameters.size()) +
                                                      " [" + std::string(prefix_utf8(sql, 100)) + "]");
    }
    // A NULL tells no kind: it takes the one that its place had before, or that its column has in other rows.
    std::vector<Kind> of_column;
    if (width > 0) {
        of_column.assign(width, Kind::text);
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            of_column[i % width] = kind_of(parameters[i], of_column[i % width]);
        }
    }
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        const std::size_t parameter = parsed.occurrences[i];
        if (width > 0 && found == statements_.end() && parameter < parameters.size())
            kinds[i] = of_column[parameter % width];
        kinds[i] = kind_of(parameters[parameter], kinds[i]);
    }
    if (found != statements_.end()) statements_.erase(found);
    auto statement = std::make_unique<Statement>(*session_, dialect_, std::move(parsed), std::move(kinds), intos);
    statement->used_at = ++uses_;
    return *(statements_[key_] = std::move(statement));
}

void SociConnection::forget_old_statements() {
    if (statements_.size() <= kMostStatements) return;
    std::vector<std::uint64_t> ages;
    for (const auto& [sql, statement] : statements_) ages.push_back(statement->used_at);
    const auto middle = ages.begin() + static_cast<std::ptrdiff_t>(ages.size() / 2);
    std::nth_element(ages.begin(), middle, ages.end());
    std::erase_if(statements_, [&](const auto& item) { return item.second->used_at < *middle; });
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
    const auto end = text.find("://");
    const std::string_view scheme = text.substr(0, end);
    Url url;
    if (end != std::string_view::npos) url.target = std::string(trim(text.substr(end + 3)));
    if (scheme == "sqlite") {
        url.dialect = Dialect::sqlite;
        if (url.target.find('"') != std::string::npos) return invalid("store url: a file name with a double quote");
    } else if (scheme == "postgresql") {
        url.dialect = Dialect::postgresql;
    } else if (scheme == "mysql") {
        url.dialect = Dialect::mysql;
        for (const char* key : {"reconnect=", "charset=", "connect_timeout=", "read_timeout=", "write_timeout="}) {
            if (url.target.find(key) != std::string::npos) {
                return invalid("store url: " + std::string(key, std::string_view(key).size() - 1) +
                               " is set by Usher itself");
            }
        }
    } else {
        return invalid(
            "store url: expected sqlite://FILE, postgresql://host=... dbname=... or mysql://host=... db=...");
    }
    if (url.target.empty()) return invalid("store url: says no database after " + std::string(scheme) + "://");
    return url;
}

std::unique_ptr<Connection> Connection::open(const Url& url, const ConnectOptions& options) {
    return std::make_unique<SociConnection>(url, options);
}

}  // namespace usher::store
