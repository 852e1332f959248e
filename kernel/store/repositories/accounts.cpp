#include "store/repositories/accounts.hpp"

namespace usher::store {

std::vector<AccountRow> all_accounts(Session& sql) {
    return sql.rows<AccountRow>("ORDER BY slug");
}

std::optional<AccountRow> find_account(Session& sql, std::string_view slug) {
    return sql.one<AccountRow>("WHERE slug = :slug", slug);
}

std::optional<AccountRow> find_account(Session& sql, AccountKey id) {
    return sql.one<AccountRow>("WHERE id = :id", id);
}

void insert_account(Session& sql, const AccountRow& row) {
    sql.insert(row);
}

void update_account(Session& sql, const AccountRow& row) {
    sql.exec(
        "UPDATE account SET channel = :channel, name = :name, inbox_id = :inbox, enabled = :enabled, config = :config,"
        " settings = :settings, source = :source, version = :version WHERE id = :id",
        row.channel, row.name, row.inbox_id, row.enabled, row.config, row.settings, row.source, row.version, row.id);
}

}  // namespace usher::store
