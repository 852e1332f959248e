#pragma once
/// SQL of the installation's own small values, and of calls that may come again (Idempotency-Key).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/store.hpp"

namespace usher::store {

std::optional<std::string> find_setting(Session& sql, std::string_view name);
void put_setting(Session& sql, std::string_view name, std::string_view value);
/// Writes it unless it stands there; what stands there now.
std::string setting_or(Session& sql, std::string_view name, std::string_view value);
bool delete_setting(Session& sql, std::string_view name);

/// What makes a POST the same as an earlier one: both are hashes, hex.
struct IdempotencyKey {
    std::string key_hash;   // of principal, method, path and the caller's key
    std::string body_hash;  // of the body as it came
};
inline constexpr std::chrono::hours kIdempotencyKept{24};

/// First thing in a creating member: the id that an earlier call with this key created, or nullopt: go on and
/// `remember`. Errc::conflict "idempotency_key_reused" for another body. No key: nullopt. As members of the writer come
/// one after the other, a second call in flight waits by itself; on another node the unique key makes it run again.
Result<std::optional<std::int64_t>> earlier_result(Session& sql, const std::optional<IdempotencyKey>& key, Time now);
/// In the same transaction, once the id is known. No key: nothing.
void remember(Write& write, const std::optional<IdempotencyKey>& key, std::int64_t result_id);

}  // namespace usher::store
