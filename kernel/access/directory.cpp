#include "access/directory.hpp"

#include "store/repositories/people.hpp"

namespace usher::access {
namespace {

Error signed_out() {
    return {Errc::unauthorized, "Sign in first: the session is unknown or has ended."};
}

}  // namespace

Task<Result<std::shared_ptr<const LoginSession>>> Directory::session(std::string token_hash, Time now) {
    auto known = sessions_.find(token_hash);
    if (!known) {
        const auto generation = sessions_.generation();
        auto look = [token_hash](store::Session& sql) -> Result<std::optional<LoginSession>> {
            return store::find_session(sql, token_hash);
        };
        auto row = co_await store_.read(std::move(look));
        if (!row) co_return row.error();
        if (!*row) co_return signed_out();
        known = std::make_shared<const LoginSession>(std::move(**row));
        sessions_.put(token_hash, known, generation);
    }
    if (known->expires_at <= now) co_return signed_out();
    co_return known;
}

Task<Result<PrincipalPtr>> Directory::person(UserId user) {
    if (auto known = people_.find(user)) co_return known;
    const auto generation = people_.generation();
    auto look = [user](store::Session& sql) -> Result<std::optional<Principal>> {
        const auto row = store::find_user(sql, user);
        if (!row || !row->active) return std::optional<Principal>{};
        return std::optional<Principal>{store::principal_of(sql, *row)};
    };
    auto read = co_await store_.read(std::move(look));
    if (!read) co_return read.error();
    if (!*read) co_return Error{Errc::unauthorized, "This user is not active."};
    auto principal = std::make_shared<const Principal>(std::move(**read));
    people_.put(user, principal, generation);
    co_return principal;
}

Task<Result<std::shared_ptr<const Directory::Key>>> Directory::key(std::string key_hash) {
    if (auto known = keys_.find(key_hash)) co_return known;
    const auto generation = keys_.generation();
    using Found = std::optional<std::pair<ApiKey, Principal>>;
    auto look = [key_hash](store::Session& sql) -> Result<Found> {
        auto row = store::find_api_key(sql, key_hash);
        if (!row) return Found{};
        auto principal = store::principal_of(sql, *row);
        return Found{{std::move(*row), std::move(principal)}};
    };
    auto read = co_await store_.read(std::move(look));
    if (!read) co_return read.error();
    if (!*read) co_return Error{Errc::unauthorized, "The API key is wrong."};
    auto [row, principal] = std::move(**read);
    auto key =
        std::make_shared<const Key>(Key{std::move(row), std::make_shared<const Principal>(std::move(principal))});
    keys_.put(key_hash, key, generation);
    co_return key;
}

}  // namespace usher::access
