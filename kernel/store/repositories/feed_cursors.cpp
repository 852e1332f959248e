#include "store/repositories/feed_cursors.hpp"

namespace usher::store {

std::optional<std::string> find_feed_cursor(Session& sql, std::string_view name) {
    return sql.one<std::string>("SELECT cursor_text FROM feed_cursor WHERE name = :name", name);
}

void put_feed_cursor(Session& sql, std::string_view name, std::string_view cursor) {
    if (sql.exec("UPDATE feed_cursor SET cursor_text = :cursor WHERE name = :name", cursor, name) != 0) return;
    sql.exec("INSERT INTO feed_cursor (name, cursor_text) VALUES (:name, :cursor)", name, cursor);
}

}  // namespace usher::store
