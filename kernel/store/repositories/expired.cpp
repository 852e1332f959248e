#include "store/repositories/expired.hpp"

#include "store/repositories/settings.hpp"

namespace usher::store {
namespace {

struct Place {
    std::string table, key, condition;
    Time limit;
};

Place place_of(Expiring what, Time now) {
    switch (what) {
        case Expiring::session:
            return {"login_session", "token_hash", "expires_at <= :at", now};
        case Expiring::invitation:
            return {"invitation", "token_hash", "expires_at <= :at", now};
        case Expiring::idempotency:
            break;
    }
    return {"idempotency", "key_hash", "at <= :at", now - kIdempotencyKept};
}

}  // namespace

std::vector<std::string> find_expired(Session& sql, Expiring what, Time now, int limit) {
    const Place place = place_of(what, now);
    return sql.rows<std::string>(
        "SELECT " + place.key + " FROM " + place.table + " WHERE " + place.condition + " LIMIT :limit", place.limit,
        limit);
}

std::int64_t delete_expired(Session& sql, Expiring what, Time now, const std::vector<std::string>& keys) {
    const Place place = place_of(what, now);
    std::int64_t gone = 0;
    for (const auto& key : keys) {
        gone += sql.exec("DELETE FROM " + place.table + " WHERE " + place.key + " = :key AND " + place.condition, key,
                         place.limit);
    }
    return gone;
}

}  // namespace usher::store
