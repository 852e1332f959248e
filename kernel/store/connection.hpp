#pragma once
/// One connection to a database: a Session with transactions. SOCI stands behind it, in connection.cpp and
/// statements.cpp. Bound to one thread at a time. After an error with fault connection_lost it is thrown away and a new
/// one opened: statements, transaction and settings belong to the connection.
#include <chrono>
#include <memory>
#include <string>

#include "store/session.hpp"

namespace usher::store {

/// Where a database is: "sqlite:///var/lib/usher/usher.db", "postgresql://host=... dbname=...", "mysql://host=...
/// db=...".
struct Url {
    Dialect dialect = Dialect::sqlite;
    std::string target;  // a path, or what the server's client library takes
};
Result<Url> parse_url(std::string_view text);

struct ConnectOptions {
    bool read_only = false;
    std::chrono::milliseconds deadline{0};  // of one read transaction (SQLite) or statement (servers); 0: none
    std::chrono::milliseconds busy_timeout{5'000};
};

class Connection : public Session {
public:
    /// Throws DatabaseError; connection_lost when the server cannot be reached.
    static std::unique_ptr<Connection> open(const Url& url, const ConnectOptions& options);

    /// Takes the write lock at once where there is one (SQLite: BEGIN IMMEDIATE; a deferred BEGIN fails later without
    /// waiting), reads only on a read_only connection.
    virtual void begin() = 0;
    /// Throws when anything in the transaction failed before, even if somebody caught it: PostgreSQL would answer such
    /// a COMMIT with a quiet ROLLBACK.
    virtual void commit() = 0;
    /// After commit() threw: true where the database itself answered that nothing was committed.
    virtual bool commit_refused() const = 0;
    virtual void rollback() noexcept = 0;
    virtual bool in_transaction() const = 0;
    /// From another thread, while this lives: whatever waits for the server ends as a lost connection.
    virtual void cut() noexcept = 0;
    /// Prepared statements kept; for tests and metrics.
    virtual std::size_t statements() const = 0;
};

}  // namespace usher::store
