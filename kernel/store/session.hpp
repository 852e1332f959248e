#pragma once
/// A database session as feature code sees it: typed parameters in, described structs out; SOCI stays in session.cpp.
///
/// SQL is written once for SQLite, PostgreSQL and MariaDB; parameters are `:name`, bound in the order in which they
/// first stand in the text (a name may repeat). Statements are prepared once per session and kept. Not thread-safe;
/// lives on a database thread. Errors of the database are thrown as store::DatabaseError and become Results in Store.
///
///   auto inbox = sql.one<InboxRow>("WHERE id = :id", id);                  // SELECT <members of InboxRow> FROM inbox
///   ... auto n = sql.exec("UPDATE inbox SET name = :name WHERE id = :id", name, id);   // rows that matched auto pairs
///   = sql.rows<std::tuple<std::int64_t, std::string>>("SELECT id, name FROM inbox");
///
/// An error inside a transaction ends it on every database (as PostgreSQL has it): what follows throws until the
/// rollback.
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "foundation/describe.hpp"

namespace usher::store {

enum class Dialect { sqlite, postgresql, mysql };

/// What went wrong, by what the caller may do about it.
enum class DatabaseFault { connection_lost, busy, unique, constraint, interrupted, other };

struct DatabaseError : std::runtime_error {
    DatabaseError(DatabaseFault f, const std::string& text) : std::runtime_error(text), fault(f) {}
    DatabaseFault fault;
};

/// One value on its way in or out: NULL, a 64-bit number, a real, or text.
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;
enum class Kind { integer, real, text };

// ---- how C++ types stand in columns ---------------------------------------------------------------------------------
// integers, bool, enums (their numbers), ids (0 = NULL), Time -> BIGINT or SMALLINT; std::string -> text; std::optional
// -> NULL; any other described struct, vector, map or JSON -> JSON text.

template <class T>
struct Column {  // JSON text: the general case
    static constexpr Kind kind = Kind::text;
    static Value bind(const T& v) { return write_json(to_json(v)); }
    static T fetch(const Value& v, std::string_view name);
};
template <std::integral T>
struct Column<T> {
    static constexpr Kind kind = Kind::integer;
    static Value bind(T v) { return static_cast<std::int64_t>(v); }
    static T fetch(const Value& v, std::string_view name);
};
template <class T>
requires std::is_enum_v<T>
struct Column<T> {
    static constexpr Kind kind = Kind::integer;
    static Value bind(T v) { return static_cast<std::int64_t>(v); }
    static T fetch(const Value& v, std::string_view name);
};
template <>
struct Column<double> {
    static constexpr Kind kind = Kind::real;
    static Value bind(double v) { return v; }
    static double fetch(const Value& v, std::string_view name);
};
template <>
struct Column<std::string> {
    static constexpr Kind kind = Kind::text;
    static Value bind(std::string v) { return v; }
    static std::string fetch(const Value& v, std::string_view name);
};
template <>
struct Column<Time> {
    static constexpr Kind kind = Kind::integer;
    static Value bind(Time v) { return v.us; }
    static Time fetch(const Value& v, std::string_view name);
};
template <class Tag>
struct Column<Id<Tag>> {
    static constexpr Kind kind = Kind::integer;
    static Value bind(Id<Tag> v) { return v ? Value(v.value) : Value(); }
    static Id<Tag> fetch(const Value& v, std::string_view) {
        return {std::holds_alternative<std::monostate>(v) ? 0 : std::get<std::int64_t>(v)};
    }
};
template <class T>
struct Column<std::optional<T>> {
    static constexpr Kind kind = Column<T>::kind;
    static Value bind(const std::optional<T>& v) { return v ? Column<T>::bind(*v) : Value(); }
    static std::optional<T> fetch(const Value& v, std::string_view name) {
        if (std::holds_alternative<std::monostate>(v)) return std::nullopt;
        return Column<T>::fetch(v, name);
    }
};

/// Says NULL where a value was expected: the schema and the type disagree.
[[noreturn]] void unexpected_null(std::string_view column);
[[noreturn]] void bad_column(std::string_view column, const Error& error);

template <class T>
T Column<T>::fetch(const Value& v, std::string_view name) {
    const std::string* text = std::get_if<std::string>(&v);
    if (!text) unexpected_null(name);
    auto read = from_own_json<T>(*text, name);
    if (!read) bad_column(name, read.error());
    return std::move(*read);
}
template <std::integral T>
T Column<T>::fetch(const Value& v, std::string_view name) {
    const auto* n = std::get_if<std::int64_t>(&v);
    if (!n) unexpected_null(name);
    return static_cast<T>(*n);
}
template <class T>
requires std::is_enum_v<T> T Column<T>::fetch(const Value& v, std::string_view name) {
    const auto* n = std::get_if<std::int64_t>(&v);
    if (!n) unexpected_null(name);
    return static_cast<T>(*n);
}
inline double Column<double>::fetch(const Value& v, std::string_view name) {
    const auto* n = std::get_if<double>(&v);
    if (!n) unexpected_null(name);
    return *n;
}
inline std::string Column<std::string>::fetch(const Value& v, std::string_view name) {
    const auto* text = std::get_if<std::string>(&v);
    if (!text) unexpected_null(name);
    return *text;
}
inline Time Column<Time>::fetch(const Value& v, std::string_view name) {
    const auto* n = std::get_if<std::int64_t>(&v);
    if (!n) unexpected_null(name);
    return {*n};
}

/// How one row type is read: which columns, of which kinds, and how a row becomes a T. Tuples are read by position,
/// described structs by their members, anything else is a single column.
template <class T>
struct RowOf {
    static std::string columns() { return {}; }
    static std::vector<Kind> kinds() { return {Column<T>::kind}; }
    static T make(std::span<const Value> row) { return Column<T>::fetch(row[0], "result"); }
};
template <class... T>
struct RowOf<std::tuple<T...>> {
    static std::string columns() { return {}; }
    static std::vector<Kind> kinds() { return {Column<T>::kind...}; }
    static std::tuple<T...> make(std::span<const Value> row) { return make(row, std::index_sequence_for<T...>()); }

private:
    template <std::size_t... I>
    static std::tuple<T...> make(std::span<const Value> row, std::index_sequence<I...>) {
        return std::tuple<T...>(Column<T>::fetch(row[I], "result")...);
    }
};
template <detail::described_struct T>
struct RowOf<T> {
    using Members = usher::detail::members_of<T>;
    /// "id, space_id, name": also for INSERT. A prefix ("c.") qualifies each.
    static std::string columns(std::string_view prefix = {}) {
        std::string out;
        boost::mp11::mp_for_each<Members>([&](auto d) {
            if (!out.empty()) out += ", ";
            out += prefix;
            out += column_name<decltype(d)>();
        });
        return out;
    }
    static std::vector<Kind> kinds() {
        std::vector<Kind> out;
        boost::mp11::mp_for_each<Members>([&](auto d) {
            using M = std::remove_cvref_t<decltype(std::declval<T&>().*d.pointer)>;
            out.push_back(Column<M>::kind);
        });
        return out;
    }
    static T make(std::span<const Value> row) {
        T out{};
        std::size_t at = 0;
        boost::mp11::mp_for_each<Members>([&](auto d) {
            using M = std::remove_cvref_t<decltype(std::declval<T&>().*d.pointer)>;
            out.*d.pointer = Column<M>::fetch(row[at++], column_name<decltype(d)>());
        });
        return out;
    }
    static std::vector<Value> values(const T& from) {
        std::vector<Value> out;
        boost::mp11::mp_for_each<Members>([&](auto d) {
            using M = std::remove_cvref_t<decltype(from.*d.pointer)>;
            out.push_back(Column<M>::bind(from.*d.pointer));
        });
        return out;
    }
};

/// The table that a described row type lives in: `template <> inline constexpr std::string_view kTable<InboxRow> =
/// "inbox";`
template <class T>
inline constexpr std::string_view kTable = "";

template <class T>
Value bind_value(const T& v) {
    if constexpr (std::same_as<T, Value>) {
        return v;
    } else if constexpr (std::same_as<T, std::nullopt_t> || std::same_as<T, std::nullptr_t>) {
        return Value();
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
        return std::string(std::string_view(v));
    } else {
        return Column<T>::bind(v);
    }
}

class Session {
public:
    virtual ~Session() = default;
    virtual Dialect dialect() const = 0;

    /// Runs a statement; the number of rows that matched (not: that changed).
    template <class... P>
    std::int64_t exec(std::string_view sql, const P&... parameters) {
        const Value values[] = {bind_value(parameters)..., Value()};
        return run(sql, {values, sizeof...(P)});
    }
    std::int64_t exec_values(std::string_view sql, std::span<const Value> parameters) { return run(sql, parameters); }

    /// All rows of a SELECT. For a described T with a kTable, a text starting with other than SELECT or WITH is what
    /// follows "SELECT <columns of T> FROM <table of T> ".
    template <class T, class... P>
    std::vector<T> rows(std::string_view sql, const P&... parameters) {
        const Value values[] = {bind_value(parameters)..., Value()};
        return rows_values<T>(sql, {values, sizeof...(P)});
    }
    template <class T>
    std::vector<T> rows_values(std::string_view sql, std::span<const Value> parameters) {
        std::vector<T> out;
        select(complete<T>(sql), parameters, RowOf<T>::kinds(),
               [&](std::span<const Value> row) { out.push_back(RowOf<T>::make(row)); });
        return out;
    }
    /// The first row, if any.
    template <class T, class... P>
    std::optional<T> one(std::string_view sql, const P&... parameters) {
        auto all = rows<T>(sql, parameters...);
        if (all.empty()) return std::nullopt;
        return std::move(all.front());
    }

    /// INSERT of described rows into kTable<T>, many per statement. `tail` follows the VALUES ("ON CONFLICT ...").
    template <class T>
    void insert(std::span<const T> rows_in, std::string_view tail = {}) {
        std::vector<std::vector<Value>> values;
        values.reserve(rows_in.size());
        for (const T& row : rows_in) values.push_back(RowOf<T>::values(row));
        insert_values(kTable<T>, RowOf<T>::columns(), values, tail);
    }
    template <class T>
    void insert(const std::vector<T>& rows_in, std::string_view tail = {}) {
        insert(std::span<const T>(rows_in), tail);
    }
    template <class T>
    void insert(const T& row, std::string_view tail = {}) {
        insert(std::span<const T>(&row, 1), tail);
    }
    /// The same for any table; `columns` is "a, b, c". Sizes of the statements are few and fixed, so all get prepared.
    void insert_values(std::string_view table, std::string_view columns, std::span<const std::vector<Value>> rows_in,
                       std::string_view tail = {});

    /// The tail of an INSERT that skips rows whose unique key exists, without MySQL's INSERT IGNORE (it drops and
    /// mangles rows). `key_column` is any column of that key. Read back what stands there now: no database says how
    /// many it skipped in a way that the others share.
    std::string on_conflict_nothing(std::string_view conflict_columns, std::string_view key_column) const;

protected:
    virtual std::int64_t run(std::string_view sql, std::span<const Value> parameters) = 0;
    /// run() of a statement whose parameters are rows of `width` values: a NULL has the kind of its column.
    virtual std::int64_t run_rows(std::string_view sql, std::span<const Value> parameters, std::size_t width) = 0;
    virtual void select(std::string_view sql, std::span<const Value> parameters, const std::vector<Kind>& kinds,
                        const std::function<void(std::span<const Value>)>& row) = 0;

private:
    template <class T>
    static std::string complete(std::string_view sql) {
        if constexpr (detail::described_struct<T>) {
            if (!kTable<T>.empty() && !sql.starts_with("SELECT") && !sql.starts_with("WITH")) {
                return "SELECT " + RowOf<T>::columns() + " FROM " + std::string(kTable<T>) + " " + std::string(sql);
            }
        }
        return std::string(sql);
    }
};

/// A list of parameters for IN (...), padded to 1, 8, 32, 128, 512 so that few statements get prepared: ":p0, :p1,
/// ...". Values are appended to `values` (repeating the last one as padding). `ids` must not be empty.
std::string in_list(std::string_view name, std::span<const std::int64_t> ids, std::vector<Value>& values);

}  // namespace usher::store
