#include "plugins/store_kv.hpp"

#include <charconv>

#include "foundation/crypto.hpp"

namespace usher::plugins {
namespace {

using Row = std::tuple<std::string>;

std::optional<std::string> present(store::Session& sql, const std::string& instance, const std::string& hash) {
    auto row =
        sql.one<Row>("SELECT value FROM plugin_kv WHERE instance = :instance AND key_hash = :hash", instance, hash);
    if (!row) return std::nullopt;
    return std::move(std::get<0>(*row));
}

/// Writers of one database run one after another per row; the update comes first so that it takes the row's lock.
void write(store::Session& sql, const std::string& instance, const std::string& hash, const std::string& key,
           const std::string& value) {
    if (value.empty()) {
        sql.exec("DELETE FROM plugin_kv WHERE instance = :instance AND key_hash = :hash", instance, hash);
        return;
    }
    const std::int64_t found = sql.exec(
        "UPDATE plugin_kv SET value = :value WHERE instance = :instance AND key_hash = :hash", value, instance, hash);
    if (found == 0) {
        sql.exec("INSERT INTO plugin_kv (instance, key_hash, name, value) VALUES (:instance, :hash, :key, :value)",
                 instance, hash, key, value);
    }
}

/// The seconds in "expire/<unix seconds>/..."; nothing for other keys.
std::optional<std::int64_t> expiry_of(std::string_view key) {
    constexpr std::string_view kPrefix = "expire/";
    if (!key.starts_with(kPrefix)) return std::nullopt;
    key.remove_prefix(kPrefix.size());
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), seconds);
    if (error != std::errc() || end == key.data() + key.size() || *end != '/') return std::nullopt;
    return seconds;
}

}  // namespace

StoreKv::StoreKv(store::Store& store, Fence fence) : store_(store), fence_(std::move(fence)) {}

Task<Result<std::optional<std::string>>> StoreKv::get(std::string instance, std::string key) {
    auto read = [instance, hash = crypto::sha256_hex(key)](store::Session& sql) -> Result<std::optional<std::string>> {
        return present(sql, instance, hash);
    };
    co_return co_await store_.read(std::move(read));
}

Task<Result<void>> StoreKv::put(std::string instance, std::string key, std::string value) {
    auto member = [instance, key, value, fence = fence_,
                   hash = crypto::sha256_hex(key)](store::Write& w) -> Result<void> {
        if (fence) {
            if (auto owner = fence(w.sql(), instance); !owner) return owner.error();
        }
        write(w.sql(), instance, hash, key, value);
        return {};
    };
    co_return co_await store_.write(std::move(member), instance);
}

Task<Result<KvStore::PutIf>> StoreKv::put_if(std::string instance, std::string key, std::string expected,
                                             std::string value) {
    auto member = [instance, key, expected, value, hash = crypto::sha256_hex(key)](store::Write& w) -> Result<PutIf> {
        store::Session& sql = w.sql();
        PutIf out;
        if (expected.empty()) {
            // "Absent" is decided by the unique key, so that of two nodes one wins.
            if (value.empty()) {
                out.present = present(sql, instance, hash).value_or("");
                out.written = out.present.empty();
                return out;
            }
            // Counts of skipped rows differ between databases, so the row is taken with a mark that only this try
            // knows.
            const std::string mark = crypto::random_token(16);
            sql.exec("INSERT INTO plugin_kv (instance, key_hash, name, value) VALUES (:instance, :hash, :key, :mark) " +
                         sql.on_conflict_nothing("instance, key_hash", "key_hash"),
                     instance, hash, key, mark);
            const std::int64_t mine = sql.exec(
                "UPDATE plugin_kv SET value = :value WHERE instance = :instance AND key_hash = :hash AND value = :mark",
                value, instance, hash, mark);
            out.written = mine > 0;
            if (!out.written) out.present = present(sql, instance, hash).value_or("");
            return out;
        }
        std::int64_t found = 0;
        if (value.empty()) {
            found =
                sql.exec("DELETE FROM plugin_kv WHERE instance = :instance AND key_hash = :hash AND value = :expected",
                         instance, hash, expected);
        } else {
            found = sql.exec(
                "UPDATE plugin_kv SET value = :value WHERE instance = :instance AND key_hash = :hash AND value = "
                ":expected",
                value, instance, hash, expected);
        }
        out.written = found > 0;
        if (!out.written) out.present = present(sql, instance, hash).value_or("");
        return out;
    };
    co_return co_await store_.write(std::move(member), instance);
}

Task<Result<std::int64_t>> StoreKv::remove_expired(Time now) {
    const std::int64_t seconds = now.us / 1'000'000;
    using Key = std::tuple<std::string, std::string, std::string>;
    auto find = [](store::Session& sql) -> Result<std::vector<Key>> {
        return sql.rows<Key>("SELECT instance, key_hash, name FROM plugin_kv WHERE name LIKE 'expire/%' LIMIT 2000");
    };
    auto all = co_await store_.read(std::move(find));
    if (!all) co_return all.error();
    std::vector<Key> over;
    for (auto& key : *all) {
        if (auto at = expiry_of(std::get<2>(key)); at && *at <= seconds) over.push_back(std::move(key));
    }
    if (over.empty()) co_return std::int64_t{0};
    auto member = [over](store::Write& w) -> Result<std::int64_t> {
        std::int64_t removed = 0;
        for (const auto& [instance, hash, name] : over) {
            removed +=
                w.sql().exec("DELETE FROM plugin_kv WHERE instance = :instance AND key_hash = :hash", instance, hash);
        }
        return removed;
    };
    co_return co_await store_.write(std::move(member));
}

Task<Result<void>> StoreKv::forget(std::string instance) {
    auto member = [instance](store::Write& w) -> Result<void> {
        w.sql().exec("DELETE FROM plugin_kv WHERE instance = :instance", instance);
        return {};
    };
    co_return co_await store_.write(std::move(member), instance);
}

}  // namespace usher::plugins
