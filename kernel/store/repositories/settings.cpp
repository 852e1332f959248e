#include "store/repositories/settings.hpp"

#include "store/dialect.hpp"

namespace usher::store {

std::optional<std::string> find_setting(Session& sql, std::string_view name) {
    return sql.one<std::string>("SELECT value FROM setting WHERE name = :name", name);
}

void put_setting(Session& sql, std::string_view name, std::string_view value) {
    sql.exec("INSERT INTO setting (name, value) VALUES (:name, :value)" +
                 std::string(on_conflict_update(sql.dialect(), "name", "value")),
             name, value);
}

std::string setting_or(Session& sql, std::string_view name, std::string_view value) {
    sql.exec("INSERT INTO setting (name, value) VALUES (:name, :value)" + sql.on_conflict_nothing("name", "name"), name,
             value);
    return find_setting(sql, name).value_or(std::string(value));
}

bool delete_setting(Session& sql, std::string_view name) {
    return sql.exec("DELETE FROM setting WHERE name = :name", name) > 0;
}

Result<std::optional<std::int64_t>> earlier_result(Session& sql, const std::optional<IdempotencyKey>& key, Time now) {
    if (!key) return std::optional<std::int64_t>{};
    using Row = std::tuple<std::string, std::int64_t>;
    const auto row = sql.one<Row>("SELECT body_hash, result_id FROM idempotency WHERE key_hash = :key AND at > :since",
                                  key->key_hash, now - kIdempotencyKept);
    if (!row) return std::optional<std::int64_t>{};
    const auto& [body_hash, result_id] = *row;
    if (body_hash != key->body_hash) {
        return conflict("idempotency_key_reused", "This Idempotency-Key was used before with another body.");
    }
    return std::optional<std::int64_t>{result_id};
}

void remember(Write& write, const std::optional<IdempotencyKey>& key, std::int64_t result_id) {
    if (!key) return;
    auto& sql = write.sql();
    // An expired row gives way; a fresh one makes the INSERT fail, the member run again and find it.
    sql.exec("DELETE FROM idempotency WHERE key_hash = :key AND at <= :since", key->key_hash,
             write.now() - kIdempotencyKept);
    sql.exec("INSERT INTO idempotency (key_hash, body_hash, result_id, at) VALUES (:key, :body, :result, :at)",
             key->key_hash, key->body_hash, result_id, write.now());
}

}  // namespace usher::store
