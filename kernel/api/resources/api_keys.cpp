// API keys: created (shown once), listed, deleted.
#include "api/resources.hpp"
#include "api/shapes.hpp"

namespace usher::api {
namespace {

Task<Reply> list_keys(Services& s, Call call) {
    auto limit = call.limit();
    if (!limit) co_return limit.error();
    auto after = call.cursor();
    if (!after) co_return after.error();
    auto rows = co_await s.api_keys.list(call.who().space_id, ApiKeyId{*after}, *limit + 1);
    if (!rows) co_return rows.error();
    auto next = cut_page(*rows, *limit);
    std::vector<shape::ApiKey> out;
    for (const auto& row : *rows) out.push_back(shape::show(row));
    co_return page(out, std::move(next));
}

Task<Reply> create_key(Services& s, Call call) {
    auto key = call.idempotency();
    if (!key) co_return key.error();
    Faults faults;
    auto input = call.read<access::NewApiKey>(faults, {"name", "roles"});
    if (!input) co_return input.error();
    auto made = co_await s.api_keys.create(call.who(), std::move(*input), *key, std::move(faults));
    if (!made) co_return made.error();
    const auto& row = made->row;
    co_return created(
        shape::NewApiKey{row.id, row.name, row.roles, row.prefix, row.created_at, row.last_used_at, made->key});
}

Task<Reply> delete_key(Services& s, Call call) {
    auto id = call.id<ApiKeyId>("id");
    if (!id) co_return id.error();
    auto done = co_await s.api_keys.remove(call.who(), *id);
    if (!done) co_return done.error();
    co_return no_content();
}

}  // namespace

void add_api_keys(Api& api, Services& s) {
    const auto needs = permission_of(permission::kAdminApiKeys);
    api.add({.method = "GET",
             .path = "/api-keys",
             .summary = "All API keys",
             .tag = "People",
             .needs = needs,
             .query = paging(),
             .answers = {many<shape::ApiKey>()}},
            [&s](Call call) { return list_keys(s, std::move(call)); });
    api.add({.method = "POST",
             .path = "/api-keys",
             .summary = "Create an API key; it is shown this once",
             .tag = "People",
             .needs = needs,
             .request = body<access::NewApiKey>({"name", "roles"}),
             .answers = {one<shape::NewApiKey>(201)},
             .idempotent = true,
             .description = "A key sees every inbox of its space, as far as its roles reach. A repeated call is 409: "
                            "what it made cannot be shown again."},
            [&s](Call call) { return create_key(s, std::move(call)); });
    api.add({.method = "DELETE",
             .path = "/api-keys/{id}",
             .summary = "Delete an API key; it is void at once",
             .tag = "People",
             .needs = needs,
             .answers = {none()}},
            [&s](Call call) { return delete_key(s, std::move(call)); });
}

}  // namespace usher::api
