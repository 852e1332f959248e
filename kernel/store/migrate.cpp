#include "store/migrate.hpp"

#include <algorithm>
#include <map>

#include "foundation/crypto.hpp"
#include "foundation/log.hpp"
#include "foundation/text.hpp"
#include "store/dialect.hpp"
#include "store/faults.hpp"
#include "store/sql_text.hpp"

namespace usher::store {
namespace {

struct Applied {
    std::int64_t number = 0;
    std::string name;
    std::string checksum;
    std::int64_t oldest_binary = 0;
    std::int64_t statements = 0;
    std::int64_t done = 0;   // so many statements have run
    std::int64_t begun = 0;  // so many were begun: on MySQL one may have run without being recorded
};
BOOST_DESCRIBE_STRUCT(Applied, (), (number, name, checksum, oldest_binary, statements, done, begun))

}  // namespace

template <>
inline constexpr std::string_view kTable<Applied> = "schema_migration";

namespace {

constexpr std::string_view kBookkeeping = R"(CREATE TABLE IF NOT EXISTS schema_migration (
  number BIGINT NOT NULL PRIMARY KEY, name {key(200)} NOT NULL, checksum {ascii(64)} NOT NULL,
  oldest_binary BIGINT NOT NULL, statements BIGINT NOT NULL, done BIGINT NOT NULL, begun BIGINT NOT NULL
) {engine})";

/// Holds the right to migrate; other programs that start at the same time wait.
class MigrationLock final {
public:
    explicit MigrationLock(Connection& connection) : connection_(connection) {
        std::int64_t taken = 1;  // SQLite: the folder's lock is held already
        if (connection.dialect() == Dialect::postgresql) {
            taken = connection
                        .one<std::int64_t>(
                            "SELECT count(*) FROM (SELECT pg_advisory_lock(731057, hashtext(COALESCE(current_schema(), "
                            "'')))) AS held")
                        .value_or(0);
        } else if (connection.dialect() == Dialect::mysql) {
            taken = connection.one<std::int64_t>("SELECT COALESCE(GET_LOCK(CONCAT('usher.', MD5(DATABASE())), 20), 0)")
                        .value_or(0);
        }
        if (taken != 1)
            throw DatabaseError(DatabaseFault::busy, "another program has been migrating this database for 20 s");
    }
    ~MigrationLock() {
        try {
            if (connection_.dialect() == Dialect::postgresql) {
                connection_.rows<std::int64_t>(
                    "SELECT count(*) FROM (SELECT pg_advisory_unlock(731057, hashtext(COALESCE(current_schema(), "
                    "'')))) AS held");
            } else if (connection_.dialect() == Dialect::mysql) {
                connection_.rows<std::int64_t>("SELECT COALESCE(RELEASE_LOCK(CONCAT('usher.', MD5(DATABASE()))), 0)");
            }
        } catch (const std::exception& e) {
            log::debug("store", "the migration lock ends with its connection", {{"error", e.what()}});
        }
    }
    MigrationLock(const MigrationLock&) = delete;
    MigrationLock& operator=(const MigrationLock&) = delete;

private:
    Connection& connection_;
};

Result<std::int64_t> oldest_binary_of(const Migration& file) {
    constexpr std::string_view kMark = "-- oldest_binary:";
    for (const auto line : split(file.text, '\n')) {
        if (!line.starts_with(kMark)) continue;
        const auto number = parse_id(trim(line.substr(kMark.size())));
        if (number && *number <= file.number) return *number;
        break;
    }
    return Error{Errc::internal, std::string(file.name) + ": needs a line \"-- oldest_binary: N\" with N from 1 to " +
                                     std::to_string(file.number)};
}

/// True where the statement's effect stands already: an earlier run got so far and could not record it (MySQL ends the
/// transaction with every change of the schema).
bool stands_already(const DatabaseError& error) {
    const std::string_view text = error.what();
    for (const char* sign : {"already exists", "Duplicate column name", "Duplicate key name", "check that it exists",
                             "check that column/key exists"}) {
        if (text.find(sign) != std::string_view::npos) return true;
    }
    return false;
}

void record(Connection& connection, Applied& row, std::int64_t done, std::int64_t begun) {
    connection.exec("UPDATE schema_migration SET done = :done, begun = :begun WHERE number = :number", done, begun,
                    row.number);
    row.done = done;
    row.begun = begun;
}

/// Runs the statements from row.done on. `at` is the one that runs, for the error.
void run_statements(Connection& connection, const std::vector<std::string>& statements, Applied& row, std::size_t& at) {
    const auto size = static_cast<std::int64_t>(statements.size());
    at = static_cast<std::size_t>(row.done);
    if (connection.dialect() != Dialect::mysql) {  // a file is one transaction: all of it or nothing
        connection.begin();
        try {
            for (; at < statements.size(); ++at) connection.exec(statements[at]);
            record(connection, row, size, size);
            connection.commit();
        } catch (...) {
            connection.rollback();
            throw;
        }
        return;
    }
    bool again = row.begun > row.done;
    if (!again) record(connection, row, row.done, row.done + 1);
    for (; at < statements.size(); ++at) {
        try {
            connection.exec(statements[at]);
        } catch (const DatabaseError& e) {
            if (!again || !stands_already(e)) throw;
        }
        again = false;
        record(connection, row, row.done + 1, std::min(row.done + 2, size));
    }
}

Result<void> apply(Connection& connection, const Migration& file, std::optional<Applied> row) {
    const auto oldest = oldest_binary_of(file);
    if (!oldest) return oldest.error();
    const auto text = expand_macros(connection.dialect(), file.text);
    if (!text) return Error{Errc::internal, std::string(file.name) + ": " + text.error().message};
    const auto statements = split_statements(*text);
    if (!row) {
        row = Applied{file.number,
                      std::string(file.name),
                      crypto::sha256_hex(file.text),
                      *oldest,
                      static_cast<std::int64_t>(statements.size()),
                      0,
                      0};
        connection.insert(*row);
    }
    std::size_t at = 0;
    try {
        run_statements(connection, statements, *row, at);
    } catch (const DatabaseError& e) {
        Error error = to_error(e);
        error.message =
            "migration " + std::string(file.name) + ", statement " + std::to_string(at + 1) + ": " + e.what();
        return error;
    }
    log::info("store", "migrated", {{"file", file.name}});
    return {};
}

Result<void> migrate_locked(Connection& connection, std::span<const Migration> migrations) {
    const auto bookkeeping = expand_macros(connection.dialect(), kBookkeeping);
    connection.exec(*bookkeeping);
    std::map<std::int64_t, Applied> applied;
    for (auto& row : connection.rows<Applied>("ORDER BY number")) applied.emplace(row.number, row);
    std::map<int, const Migration*> files;  // the dialect's own stands for the portable one
    for (const auto& file : migrations) {
        if (!file.dialect.empty() && file.dialect != to_string(connection.dialect())) continue;
        auto& chosen = files[file.number];
        if (chosen && chosen->dialect == file.dialect) {
            return Error{Errc::internal, "migrations " + std::string(chosen->name) + " and " + std::string(file.name) +
                                             " have the same number"};
        }
        if (!chosen || chosen->dialect.empty()) chosen = &file;
    }
    const int newest = files.empty() ? 0 : files.rbegin()->first;
    for (const auto& [number, row] : applied) {
        if (number > newest && row.oldest_binary > newest) {
            return Error{Errc::conflict, "the database is newer than this program: it has migration " + row.name +
                                             ", this program knows them up to " + std::to_string(newest) +
                                             "; start the newer Usher"};
        }
    }
    for (const auto& [number, file] : files) {
        const auto found = applied.find(number);
        std::optional<Applied> row;
        if (found != applied.end()) {
            row = found->second;
            if (row->checksum != crypto::sha256_hex(file->text)) {
                return Error{Errc::conflict,
                             "migration " + std::string(file->name) +
                                 " was changed after it had been applied to this database (sha256 then " +
                                 row->checksum.substr(0, 12) + "..., now " +
                                 crypto::sha256_hex(file->text).substr(0, 12) +
                                 "...): restore it, and put the change into a new file"};
            }
            if (row->done == row->statements) continue;
        }
        auto done = apply(connection, *file, std::move(row));
        if (!done) return done;
    }
    return {};
}

}  // namespace

Result<std::string> expand_macros(Dialect dialect, std::string_view text) {
    const bool mysql = dialect == Dialect::mysql;
    std::string out;
    while (true) {
        const auto open = text.find('{');
        out += text.substr(0, open);
        if (open == std::string_view::npos) return out;
        const auto close = text.find('}', open);
        if (close == std::string_view::npos) return Error{Errc::internal, "a { without }"};
        const auto macro = text.substr(open + 1, close - open - 1);
        const auto paren = macro.find('(');
        const auto name = macro.substr(0, paren);
        std::string size;
        if (paren != std::string_view::npos && macro.ends_with(')')) {
            size = std::string(macro.substr(paren + 1, macro.size() - paren - 2));
            if (!parse_id(size)) return Error{Errc::internal, "{" + std::string(macro) + "}: expected a length"};
        }
        const std::string_view binary = dialect == Dialect::postgresql ? " COLLATE \"C\"" : "";
        if (name == "text" && size.empty()) {
            out += mysql ? "LONGTEXT" : "TEXT";
        } else if (name == "ascii" && !size.empty()) {
            out += "VARCHAR(" + size + ")" + std::string(mysql ? " CHARACTER SET ascii COLLATE ascii_bin" : binary);
        } else if (name == "key" && !size.empty()) {
            out += "VARCHAR(" + size + ")" + std::string(mysql ? " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin" : binary);
        } else if (name == "engine" && size.empty()) {
            out += mysql ? "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin" : "";
        } else {
            return Error{Errc::internal,
                         "{" + std::string(macro) + "} is none of {text}, {ascii(n)}, {key(n)}, {engine}"};
        }
        text.remove_prefix(close + 1);
    }
}

Result<void> migrate(Connection& connection, std::span<const Migration> migrations) {
    try {
        const MigrationLock lock(connection);
        return migrate_locked(connection, migrations);
    } catch (const DatabaseError& e) {
        return to_error(e);
    }
}

}  // namespace usher::store
