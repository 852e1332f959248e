#include "access/api_keys.hpp"

#include "foundation/crypto.hpp"
#include "model/event_types.hpp"

namespace usher::access {

ApiKey make_api_key(std::string_view key, std::string_view secret, SpaceId space, std::string name,
                    std::vector<std::string> roles, Time now) {
    ApiKey row;
    row.space_id = space;
    row.name = std::move(name);
    row.key_hash = to_hex(crypto::hmac_sha256(secret, key));
    row.prefix = std::string(prefix_utf8(key, 10));
    row.roles = std::move(roles);
    row.created_at = now;
    return row;
}

Task<Result<std::vector<ApiKey>>> ApiKeys::list(SpaceId space, ApiKeyId after, int limit) {
    auto look = [space, after, limit](store::Session& sql) { return store::list_api_keys(sql, space, after, limit); };
    co_return co_await access_.store().read(std::move(look));
}

Task<Result<CreatedApiKey>> ApiKeys::create(Principal by, NewApiKey input, std::optional<store::IdempotencyKey> key,
                                            Faults faults) {
    check_name(input.name, "/name", faults);
    if (length_utf8(input.name) > 200) detail::fault(faults, "/name", "is longer than 200 characters");
    if (input.roles.empty()) detail::fault(faults, "/roles", "needs at least one role");
    check_roles(input.roles, "/roles", faults);
    if (auto ok = refuse(std::move(faults)); !ok) co_return ok.error();

    const std::string secret = "usher_" + crypto::random_token();
    auto hash = access_.key_hash(secret);
    if (!hash) co_return hash.error();
    auto work = [by_user = by.user_id, space = by.space_id, input, key, secret,
                 hash = *hash](store::Write& write) -> Result<CreatedApiKey> {
        auto earlier = store::earlier_result(write.sql(), key, write.now());
        if (!earlier) return earlier.error();
        if (*earlier) {
            Error error = conflict("shown_once", "An earlier call with this Idempotency-Key created the key " +
                                                     std::to_string(**earlier) +
                                                     "; it was shown then and cannot be shown again.");
            return error;
        }
        ApiKey row;
        row.id = {write.next_id()};
        row.space_id = space;
        row.name = trim(input.name);
        row.key_hash = hash;
        row.prefix = secret.substr(0, 10);
        row.roles = input.roles;
        row.created_at = write.now();
        store::insert_api_key(write.sql(), row);
        store::remember(write, key, row.id.value);
        write.append(
            people_event(event_type::kApiKeyCreated, space, row.id.value, by_user, {{"roles", to_json(row.roles)}}));
        return CreatedApiKey{std::move(row), secret};
    };
    co_return co_await access_.store().write(std::move(work));
}

Task<Result<void>> ApiKeys::remove(Principal by, ApiKeyId id) {
    auto work = [by_user = by.user_id, space = by.space_id, id](store::Write& write) -> Result<void> {
        if (!store::delete_api_key(write.sql(), space, id)) {
            return not_found("There is no API key " + to_string(id) + ".");
        }
        write.append(people_event(event_type::kApiKeyDeleted, space, id.value, by_user));
        return {};
    };
    auto done = co_await access_.store().write(std::move(work));
    access_.directory().forget_key(id);
    co_return done;
}

}  // namespace usher::access
