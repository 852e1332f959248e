// Accounts: configured instances of channels, how they are, and where their webhooks go.
#include "store/repositories/accounts.hpp"
#include "api/resources.hpp"

namespace usher::api {
namespace shape {

struct Account {
    std::string id;
    std::string channel;
    std::string name;
    SpaceId space_id;
    std::optional<InboxId> inbox_id;
    bool enabled = true;
    json::object config;
    plugins::State state = plugins::State::stopped;
    std::optional<std::string> last_error;
    std::optional<std::string> source;
    std::string webhook_url;
};
BOOST_DESCRIBE_STRUCT(Account, (),
                      (id, channel, name, space_id, inbox_id, enabled, config, state, last_error, source, webhook_url))

}  // namespace shape

namespace {

shape::Account shown(Services& s, const store::AccountRow& row) {
    shape::Account out{row.slug,     row.channel, row.name,   row.space_id,
                       std::nullopt, row.enabled, row.config, plugins::State::stopped,
                       std::nullopt, row.source,  ""};
    if (row.inbox_id) out.inbox_id = row.inbox_id;
    if (!s.registry) return out;
    out.webhook_url = s.registry->webhook_url(row.slug);
    json::value config = row.config;
    if (const auto spec = s.registry->spec(plugins::Kind::channel, row.slug)) config = spec->config;
    config = s.registry->redact(plugins::Kind::channel, row.channel, config);
    out.config = config.is_object() ? std::move(config.as_object()) : json::object{};
    if (const auto status = s.registry->status(plugins::Kind::channel, row.slug)) {
        out.state = status->state;
        if (!status->last_error.empty()) out.last_error = status->last_error;
        if (!status->source.empty()) out.source = status->source;
    } else if (row.enabled) {
        out.state = plugins::State::failed;
        out.last_error =
            "No instance runs: its channel '" + row.channel + "' is not loaded, or it is in no configuration.";
    }
    return out;
}

Task<Reply> list_accounts(Services& s, Call call) {
    auto rows = co_await s.store.read([](store::Session& sql) { return store::all_accounts(sql); });
    if (!rows) co_return rows.error();
    std::vector<shape::Account> out;
    for (const auto& row : *rows) {
        if (row.space_id == call.who().space_id) out.push_back(shown(s, row));
    }
    co_return page(out);
}

Task<Reply> get_account(Services& s, Call call) {
    const std::string slug(call.request.path_param("id"));
    auto look = [slug](store::Session& sql) -> Result<std::optional<store::AccountRow>> {
        return store::find_account(sql, slug);
    };
    auto row = co_await s.store.read(std::move(look));
    if (!row) co_return row.error();
    if (!*row || (*row)->space_id != call.who().space_id) {
        co_return not_found("There is no account '" + std::string(prefix_utf8(slug, 60)) + "'.");
    }
    co_return ok(shown(s, **row));
}

}  // namespace

void add_accounts(Api& api, Services& s) {
    const auto needs = permission_of(permission::kSetupChannels, permission::kStart);
    api.add({.method = "GET",
             .path = "/accounts",
             .summary = "All accounts",
             .tag = "Set-up",
             .needs = needs,
             .answers = {many<shape::Account>("Secrets in `config` are never shown.")}},
            [&s](Call call) { return list_accounts(s, std::move(call)); });
    api.add({.method = "GET",
             .path = "/accounts/{id}",
             .summary = "One account",
             .tag = "Set-up",
             .needs = needs,
             .answers = {one<shape::Account>()}},
            [&s](Call call) { return get_account(s, std::move(call)); });
}

}  // namespace usher::api
