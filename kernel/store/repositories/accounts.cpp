#include "store/repositories/accounts.hpp"

namespace usher::store {

std::vector<AccountRow> all_accounts(Session& sql) {
    return sql.rows<AccountRow>("ORDER BY slug");
}

std::vector<AccountRow> present_accounts(Session& sql) {
    return sql.rows<AccountRow>("WHERE deleted_at IS NULL ORDER BY slug");
}

std::optional<AccountRow> find_account(Session& sql, std::string_view slug) {
    return sql.one<AccountRow>("WHERE slug = :slug AND deleted_at IS NULL", slug);
}

std::optional<AccountRow> find_account_even_deleted(Session& sql, std::string_view slug) {
    return sql.one<AccountRow>("WHERE slug = :slug", slug);
}

std::optional<AccountRow> find_account(Session& sql, AccountKey id) {
    return sql.one<AccountRow>("WHERE id = :id", id);
}

void insert_account(Session& sql, const AccountRow& row) {
    sql.insert(row);
}

bool update_account(Session& sql, AccountRow& row) {
    const std::int64_t matched = sql.exec(
        "UPDATE account SET channel = :channel, name = :name, inbox_id = :inbox, enabled = :enabled, config = :config,"
        " settings = :settings, source = :source, deleted_at = :deleted, version = :next WHERE id = :id AND version = "
        ":version",
        row.channel, row.name, row.inbox_id, row.enabled, row.config, row.settings, row.source, row.deleted_at,
        row.version + 1, row.id, row.version);
    if (matched == 0) return false;
    ++row.version;
    return true;
}

std::int64_t count_waiting(Session& sql, AccountKey id) {
    const auto row = sql.one<std::tuple<std::int64_t>>("SELECT COUNT(*) FROM outbox WHERE account_id = :id", id);
    return row ? std::get<0>(*row) : 0;
}

std::vector<std::tuple<EntryId, bool>> some_waiting(Session& sql, AccountKey id, int limit) {
    return sql.rows<std::tuple<EntryId, bool>>(
        "SELECT message_id, state FROM outbox WHERE account_id = :id ORDER BY message_id LIMIT :limit", id, limit);
}

void forget_plugin_values(Session& sql, std::string_view slug) {
    sql.exec("DELETE FROM plugin_kv WHERE instance = :slug", slug);
}

}  // namespace usher::store
