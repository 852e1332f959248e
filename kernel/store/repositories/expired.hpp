#pragma once
/// SQL of what has expired: sessions, invitations, Idempotency-Keys. Found by a reader, removed in small steps.
#include <string>
#include <vector>

#include "store/store.hpp"

namespace usher::store {

enum class Expiring { session, invitation, idempotency };

/// Keys of up to `limit` that have expired by `now`.
std::vector<std::string> find_expired(Session& sql, Expiring what, Time now, int limit);
/// Removes those of these that (still) have; how many.
std::int64_t delete_expired(Session& sql, Expiring what, Time now, const std::vector<std::string>& keys);

}  // namespace usher::store
