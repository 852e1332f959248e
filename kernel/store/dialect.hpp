#pragma once
/// The few real differences between the databases, as pieces of SQL text. Everything else is written once.
///
/// All sessions are set so that these are the same everywhere: `||` joins texts, "x" is a name and 'x' a literal,
/// a backslash in a literal is a backslash, GROUP BY is strict, an INSERT never truncates.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/session.hpp"

namespace usher::store {

std::string_view to_string(Dialect dialect);

/// Tail of an INSERT that skips rows whose key exists.
std::string on_conflict_nothing(Dialect dialect, std::string_view conflict_columns, std::string_view key_column);
/// Tail of an INSERT that overwrites `columns` ("a, b") of the row with the same key.
std::string on_conflict_update(Dialect dialect, std::string_view conflict_columns, std::string_view columns);
/// The greater of two values, neither NULL: greatest(a, b) or max(a, b).
std::string greatest(Dialect dialect, std::string_view a, std::string_view b);
std::string least(Dialect dialect, std::string_view a, std::string_view b);
/// " FOR UPDATE", nothing on SQLite (its writer is alone).
std::string_view for_update(Dialect dialect);
/// " FOR UPDATE SKIP LOCKED", nothing on SQLite.
std::string_view skip_locked(Dialect dialect);

/// Rows of the application as a table: "(...) AS v", for FROM and JOIN. Appends its parameters to `values`; they are
/// named v_0, v_1 ... so they come where the source stands in the statement. `rows` must not be empty; each has one
/// value per column.
struct SourceColumn {
    std::string_view name;
    Kind kind;
};
std::string row_source(Dialect dialect, std::string_view alias, std::span<const SourceColumn> columns,
                       std::span<const std::vector<Value>> rows, std::vector<Value>& values);

/// UPDATE of many rows from a row source: `set` is "name = v.new_name", `on` "item.id = v.item_id". Columns of the
/// source must not be called like columns of the table.
std::string update_from(Dialect dialect, std::string_view table, std::string_view set, std::string_view source,
                        std::string_view on);

}  // namespace usher::store
