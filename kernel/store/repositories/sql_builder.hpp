#pragma once
/// Builds a statement whose conditions depend on the request. Values become parameters, never text.
#include <bit>
#include <string>
#include <string_view>
#include <vector>

#include "store/session.hpp"

namespace usher::store {

class SqlBuilder {
public:
    SqlBuilder& add(std::string_view text) {
        text_ += text;
        return *this;
    }
    /// A parameter in this place.
    template <class T>
    SqlBuilder& bind(const T& value) {
        text_ += ":p" + std::to_string(values_.size());
        values_.push_back(bind_value(value));
        return *this;
    }
    /// "(:p3, :p4, :p5, :p6)" for IN; `ids` must not be empty. Their number is padded to a power of two with the last
    /// one, so that few statements get prepared.
    template <class Ids>
    SqlBuilder& bind_list(const Ids& ids) {
        text_ += '(';
        const std::size_t from = values_.size();
        for (const auto& id : ids) {
            if (values_.size() != from) text_ += ", ";
            bind(id);
        }
        const std::size_t padded = std::bit_ceil(values_.size() - from);
        while (values_.size() - from < padded) {
            text_ += ", ";
            bind(Value(values_.back()));
        }
        text_ += ')';
        return *this;
    }
    const std::string& text() const { return text_; }
    const std::vector<Value>& values() const { return values_; }

    template <class T>
    std::vector<T> rows(Session& sql) const {
        return sql.rows_values<T>(text_, values_);
    }
    std::int64_t exec(Session& sql) const { return sql.exec_values(text_, values_); }

private:
    std::string text_;
    std::vector<Value> values_;
};

/// `text` as a LIKE pattern that finds it anywhere, its own % _ and ! escaped (ESCAPE '!').
std::string like_anywhere(std::string_view text);
/// " FOR UPDATE" where rows are locked; nothing on SQLite, which has one writer.
std::string_view for_update(const Session& sql);

}  // namespace usher::store
