#pragma once
/// Brings a database to the schema of this program: numbered SQL files, embedded at build time (migrations/README.md).
#include <span>
#include <string>
#include <string_view>

#include "foundation/error.hpp"
#include "store/connection.hpp"

namespace usher::store {

struct Migration {
    int number = 0;            // of the file: 0007_message_remote.sql is 7
    std::string_view name;     // the file's name
    std::string_view dialect;  // "" is the portable one; "mysql" replaces it on that database
    std::string_view text;
};

/// Those of kernel/store/migrations, by number.
std::span<const Migration> embedded_migrations();

/// A file's text for one database: the {macros} filled in. Errors name an unknown one.
Result<std::string> expand_macros(Dialect dialect, std::string_view text);

/// Applies what is missing, one statement at a time, while no other program does. Refuses a database that a newer
/// program has changed in a way this one cannot work with, and a file that was changed after it had been applied.
Result<void> migrate(Connection& connection, std::span<const Migration> migrations);

}  // namespace usher::store
