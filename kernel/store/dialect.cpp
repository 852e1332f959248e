#include "store/dialect.hpp"

#include "foundation/text.hpp"

namespace usher::store {

std::string_view to_string(Dialect dialect) {
    switch (dialect) {
        case Dialect::sqlite:
            return "sqlite";
        case Dialect::postgresql:
            return "postgresql";
        case Dialect::mysql:
            return "mysql";
    }
    return "";
}

std::string on_conflict_nothing(Dialect dialect, std::string_view conflict_columns, std::string_view key_column) {
    if (dialect == Dialect::mysql) {
        const std::string column(key_column);
        return " ON DUPLICATE KEY UPDATE " + column + " = " + column;
    }
    return " ON CONFLICT (" + std::string(conflict_columns) + ") DO NOTHING";
}

std::string on_conflict_update(Dialect dialect, std::string_view conflict_columns, std::string_view columns) {
    std::string out = dialect == Dialect::mysql ? " ON DUPLICATE KEY UPDATE "
                                                : " ON CONFLICT (" + std::string(conflict_columns) + ") DO UPDATE SET ";
    bool first = true;
    for (const auto part : split(columns, ',')) {
        const std::string column(trim(part));
        if (!first) out += ", ";
        first = false;
        out += column + " = " + (dialect == Dialect::mysql ? "VALUES(" + column + ")" : "excluded." + column);
    }
    return out;
}

std::string greatest(Dialect dialect, std::string_view a, std::string_view b) {
    return std::string(dialect == Dialect::sqlite ? "max(" : "greatest(") + std::string(a) + ", " + std::string(b) +
           ")";
}
std::string least(Dialect dialect, std::string_view a, std::string_view b) {
    return std::string(dialect == Dialect::sqlite ? "min(" : "least(") + std::string(a) + ", " + std::string(b) + ")";
}

std::string_view for_update(Dialect dialect) {
    return dialect == Dialect::sqlite ? "" : " FOR UPDATE";
}
std::string_view skip_locked(Dialect dialect) {
    return dialect == Dialect::sqlite ? "" : " FOR UPDATE SKIP LOCKED";
}

std::string row_source(Dialect dialect, std::string_view alias, std::span<const SourceColumn> columns,
                       std::span<const std::vector<Value>> rows, std::vector<Value>& values) {
    const std::string name(alias);
    // MySQL and MariaDB spell VALUES differently but share SELECT ... UNION ALL; only SQLite caps how many of those.
    const bool unions = dialect == Dialect::mysql;
    std::string names;
    for (const auto& column : columns) names += (names.empty() ? "" : ", ") + std::string(column.name);
    std::string out = unions ? "(" : "(WITH " + name + " (" + names + ") AS (VALUES ";
    std::size_t parameter = 0;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        if (r > 0) out += unions ? " UNION ALL " : ", ";
        out += unions ? "SELECT " : "(";
        for (std::size_t c = 0; c < columns.size(); ++c) {
            if (c > 0) out += ", ";
            const std::string placeholder = ":" + name + "_" + std::to_string(parameter++);
            if (dialect == Dialect::postgresql && r == 0) {  // the first row tells the types
                const char* type = columns[c].kind == Kind::integer ? "BIGINT"
                                   : columns[c].kind == Kind::real  ? "DOUBLE PRECISION"
                                                                    : "TEXT";
                out += "CAST(" + placeholder + " AS " + type + ")";
            } else {
                out += placeholder;
            }
            if (unions && r == 0) out += " AS " + std::string(columns[c].name);
            values.push_back(rows[r][c]);
        }
        out += unions ? "" : ")";
    }
    out += unions ? ") AS " + name : ") SELECT * FROM " + name + ") AS " + name;
    return out;
}

std::string update_from(Dialect dialect, std::string_view table, std::string_view set, std::string_view source,
                        std::string_view on) {
    const std::string t(table), s(set), from(source), condition(on);
    if (dialect == Dialect::mysql) return "UPDATE " + t + " JOIN " + from + " ON " + condition + " SET " + s;
    return "UPDATE " + t + " SET " + s + " FROM " + from + " WHERE " + condition;
}

}  // namespace usher::store
