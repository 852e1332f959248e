#include "store/session.hpp"

#include <algorithm>
#include <cstdio>

#include "store/dialect.hpp"

namespace usher::store {

void unexpected_null(std::string_view column) {
    throw DatabaseError(DatabaseFault::other,
                        "column " + std::string(column) + " is NULL or of another kind than its type");
}

void bad_column(std::string_view column, const Error& error) {
    throw DatabaseError(DatabaseFault::other, "column " + std::string(column) + " cannot be read: " + error.message);
}

std::string Session::on_conflict_nothing(std::string_view conflict_columns, std::string_view key_column) const {
    return store::on_conflict_nothing(dialect(), conflict_columns, key_column);
}

namespace {

/// A text within a PostgreSQL array's literal.
void append_quoted(std::string& out, const std::string& text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

/// One column of many rows as a PostgreSQL array's literal, and what its elements are. No type: all are NULL.
std::pair<std::string, std::string_view> array_of(std::span<const std::vector<Value>> rows, std::size_t column) {
    std::string out = "{";
    std::string_view type;
    for (const auto& row : rows) {
        const Value& value = row[column];
        if (out.size() > 1) out += ',';
        if (const auto* number = std::get_if<std::int64_t>(&value)) {
            if (type.empty()) type = "BIGINT[]";
            out += std::to_string(*number);
        } else if (const auto* real = std::get_if<double>(&value)) {
            type = "DOUBLE PRECISION[]";
            char digits[40];
            std::snprintf(digits, sizeof digits, "%.17g", *real);
            out += digits;
        } else if (const auto* text = std::get_if<std::string>(&value)) {
            type = "TEXT[]";
            append_quoted(out, *text);
        } else {
            out += "NULL";
        }
    }
    return {out + "}", type};
}

/// PostgreSQL takes a whole column as one parameter: one statement for any number of rows, and less to read for both
/// sides. A column without any value is a NULL in the text.
std::pair<std::string, std::vector<Value>> insert_of_arrays(std::string_view table, std::string_view columns,
                                                            std::span<const std::vector<Value>> rows) {
    std::string chosen, arrays, names;
    std::vector<Value> values;
    for (std::size_t c = 0; c < rows[0].size(); ++c) {
        auto [array, type] = array_of(rows, c);
        if (c != 0) chosen += ", ";
        if (type.empty()) {
            chosen += "NULL";
            continue;
        }
        const std::string number = std::to_string(c);
        chosen += "c" + number;
        arrays += (values.empty() ? "CAST(:v" : ", CAST(:v") + number + " AS " + std::string(type) + ")";
        names += (values.empty() ? "c" : ", c") + number;
        values.emplace_back(std::move(array));
    }
    return {"INSERT INTO " + std::string(table) + " (" + std::string(columns) + ") SELECT " + chosen + " FROM unnest(" +
                arrays + ") AS given (" + names + ")",
            std::move(values)};
}

}  // namespace

void Session::insert_values(std::string_view table, std::string_view columns,
                            std::span<const std::vector<Value>> rows_in, std::string_view tail) {
    constexpr std::size_t kMostParameters = 30'000;  // SQLite takes 32,766 and PostgreSQL 65,535
    if (rows_in.empty()) return;
    if (table.empty()) throw DatabaseError(DatabaseFault::other, "insert of a type without kTable");
    const std::size_t width = rows_in[0].size();
    const std::string end = std::string(tail.empty() || tail.front() == ' ' ? "" : " ") + std::string(tail);
    if (dialect() == Dialect::postgresql && rows_in.size() > 1) {
        constexpr std::size_t kMostRows = 10'000;
        while (!rows_in.empty()) {
            const auto some = rows_in.first(std::min(rows_in.size(), kMostRows));
            const auto [sql, values] = insert_of_arrays(table, columns, some);
            run(sql + end, values);
            rows_in = rows_in.subspan(some.size());
        }
        return;
    }
    while (!rows_in.empty()) {
        // Few sizes, so that all of them stay prepared: 1 to 8, then powers of two.
        std::size_t count = std::min<std::size_t>(rows_in.size(), 8);
        for (const std::size_t size : {512u, 256u, 128u, 64u, 32u, 16u}) {
            if (rows_in.size() >= size && size * width <= kMostParameters) {
                count = size;
                break;
            }
        }
        std::string sql = "INSERT INTO " + std::string(table) + " (" + std::string(columns) + ") VALUES ";
        std::vector<Value> values;
        values.reserve(count * width);
        for (std::size_t r = 0; r < count; ++r) {
            sql += r == 0 ? "(" : ", (";
            for (std::size_t c = 0; c < width; ++c) {
                sql += (c == 0 ? ":v" : ", :v") + std::to_string(r * width + c);
                values.push_back(rows_in[r][c]);
            }
            sql += ")";
        }
        sql += end;
        run_rows(sql, values, width);
        rows_in = rows_in.subspan(count);
    }
}

std::string in_list(std::string_view name, std::span<const std::int64_t> ids, std::vector<Value>& values) {
    std::size_t count = ids.size();
    for (const std::size_t size : {1u, 8u, 32u, 128u, 512u}) {
        if (ids.size() <= size) {
            count = size;
            break;
        }
    }
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
        out += (i == 0 ? ":" : ", :") + std::string(name) + std::to_string(i);
        values.emplace_back(ids[std::min(i, ids.size() - 1)]);
    }
    return out;
}

}  // namespace usher::store
