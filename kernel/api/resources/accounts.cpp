// Accounts: configured instances of channels, how they are, and where their webhooks go.
#include "provisioning/accounts.hpp"
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
    std::vector<std::string> secrets_set;
    config::RetrySettings retry;
    config::EgressSettings egress;
    plugins::State state = plugins::State::stopped;
    std::optional<std::string> last_error;
    std::optional<std::string> source;
    std::string webhook_url;
    Time created_at;
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(Account, (),
                      (id, channel, name, space_id, inbox_id, enabled, config, secrets_set, retry, egress, state,
                       last_error, source, webhook_url, created_at, version))

struct NewAccountInput {
    std::string id;
    std::string channel;
    std::string name;
    std::optional<InboxId> inbox_id;
    bool enabled = true;
    json::object config;
    config::RetrySettings retry;
    config::EgressSettings egress;
};
BOOST_DESCRIBE_STRUCT(NewAccountInput, (), (id, channel, name, inbox_id, enabled, config, retry, egress))

struct AccountTestInput {
    std::optional<json::object> config;
};
BOOST_DESCRIBE_STRUCT(AccountTestInput, (), (config))

struct NewAccountTestInput {
    std::string id;
    std::string channel;
    json::object config;
    config::EgressSettings egress;
};
BOOST_DESCRIBE_STRUCT(NewAccountTestInput, (), (id, channel, config, egress))

struct AccountTestResult {
    bool ok = false;
    std::optional<std::string> error;
};
BOOST_DESCRIBE_STRUCT(AccountTestResult, (), (ok, error))

}  // namespace shape

namespace {

constexpr std::string_view kMerging =
    "Absent keeps, null clears what is optional. `config` is replaced whole, but a secret that is absent in it keeps "
    "its value, and null clears it.";

/// Who only writes through an account sees what it is, not how it is set up.
shape::Account show(provisioning::AccountView view, const Principal& who) {
    if (!who.may(permission::kSetupChannels)) {
        view.config.clear();
        view.secrets.clear();
        view.retry = {};
        view.egress = {};
        view.last_error.reset();
        view.row.source.reset();
        view.webhook_url.clear();
    }
    shape::Account out;
    out.id = view.row.slug;
    out.channel = view.row.channel;
    out.name = view.row.name;
    out.space_id = view.row.space_id;
    if (view.row.inbox_id) out.inbox_id = view.row.inbox_id;
    out.enabled = view.row.enabled;
    out.config = std::move(view.config);
    out.secrets_set = std::move(view.secrets);
    out.retry = std::move(view.retry);
    out.egress = std::move(view.egress);
    out.state = view.state;
    out.last_error = std::move(view.last_error);
    out.source = view.row.source;
    out.webhook_url = std::move(view.webhook_url);
    out.created_at = view.row.created_at;
    out.version = view.row.version;
    return out;
}

http::Response shown(provisioning::AccountView view, const Principal& who, int status = 200) {
    const std::string tag = "\"" + std::to_string(view.row.version) + "\"";
    auto response = ok(show(std::move(view), who), status);
    response.headers.set("ETag", tag);
    return response;
}

Error not_here() {
    return {Errc::unavailable, "There are no channels here."};
}

std::string slug_of(const Call& call) {
    return std::string(call.request.path_param("id"));
}

Task<Reply> list_accounts(Services& s, Call call) {
    if (!s.accounts) co_return not_here();
    auto all = co_await s.accounts->list(call.who());
    if (!all) co_return all.error();
    std::vector<shape::Account> out;
    for (auto& view : *all) out.push_back(show(std::move(view), call.who()));
    co_return page(out);
}

Task<Reply> get_account(Services& s, Call call) {
    if (!s.accounts) co_return not_here();
    auto view = co_await s.accounts->get(call.who(), slug_of(call));
    if (!view) co_return view.error();
    co_return shown(std::move(*view), call.who());
}

Task<Reply> create_account(Services& s, Call call) {
    if (!s.accounts) co_return not_here();
    auto key = call.idempotency();
    if (!key) co_return key.error();
    Faults faults;
    auto input = call.read<shape::NewAccountInput>(faults, {"id", "channel"});
    if (!input) co_return input.error();
    provisioning::NewAccount wish;
    wish.id = std::move(input->id);
    wish.channel = std::move(input->channel);
    wish.draft.name = std::move(input->name);
    wish.draft.inbox_id = input->inbox_id;
    wish.draft.enabled = input->enabled;
    wish.draft.config = std::move(input->config);
    wish.draft.retry = std::move(input->retry);
    wish.draft.egress = std::move(input->egress);
    auto view = co_await s.accounts->create(call.who(), std::move(wish), *key, std::move(faults));
    if (!view) co_return view.error();
    co_return shown(std::move(*view), call.who(), 201);
}

Task<Reply> change_account(Services& s, Call call) {
    if (!s.accounts) co_return not_here();
    auto version = call.if_match();
    if (!version) co_return version.error();
    auto sent = call.json_body();
    if (!sent) co_return sent.error();
    provisioning::Accounts::Edit edit = [sent = std::move(*sent)](provisioning::AccountDraft& draft, Faults& faults) {
        for (const std::string_view fixed : {"id", "channel"}) {
            const json::object* object = sent.if_object();
            if (object && object->contains({fixed.data(), fixed.size()}))
                usher::detail::fault(faults, pointer("", fixed), "never changes; make another account instead");
        }
        merge_json(sent, draft, faults);
        std::erase_if(faults, [](const ErrorDetail& fault) {  // said already
            return (fault.path == "/id" || fault.path == "/channel") && !fault.message.starts_with("never changes");
        });
    };
    auto view = co_await s.accounts->update(call.who(), slug_of(call), *version, std::move(edit));
    if (!view) co_return view.error();
    co_return shown(std::move(*view), call.who());
}

Task<Reply> delete_account(Services& s, Call call) {
    if (!s.accounts) co_return not_here();
    auto version = call.if_match();
    if (!version) co_return version.error();
    const auto waiting = call.request.param("waiting");
    if (waiting && *waiting != "fail") co_return invalid("The parameter waiting takes fail.");
    auto done = co_await s.accounts->remove(call.who(), slug_of(call), *version, waiting.has_value());
    if (!done) co_return done.error();
    co_return no_content();
}

http::Response result_of(std::optional<std::string> wrong) {
    shape::AccountTestResult out;
    out.ok = !wrong;
    out.error = std::move(wrong);
    return ok(out);
}

Task<Reply> test_account(Services& s, Call call) {
    if (!s.accounts) co_return not_here();
    auto input = call.input<shape::AccountTestInput>();
    if (!input) co_return input.error();
    auto wrong = co_await s.accounts->test(call.who(), slug_of(call), std::move(input->config));
    if (!wrong) co_return wrong.error();
    co_return result_of(std::move(*wrong));
}

Task<Reply> test_new_account(Services& s, Call call) {
    if (!s.accounts) co_return not_here();
    Faults faults;
    auto input = call.read<shape::NewAccountTestInput>(faults, {"channel"});
    if (!input) co_return input.error();
    provisioning::NewAccount wish;
    wish.id = std::move(input->id);
    wish.channel = std::move(input->channel);
    wish.draft.config = std::move(input->config);
    wish.draft.egress = std::move(input->egress);
    auto wrong = co_await s.accounts->test_new(call.who(), std::move(wish), std::move(faults));
    if (!wrong) co_return wrong.error();
    co_return result_of(std::move(*wrong));
}

void add_changes(Api& api, Services& s) {
    const auto needs = permission_of(permission::kSetupChannels);
    api.add({.method = "POST",
             .path = "/accounts",
             .summary = "Create an account; it starts at once",
             .tag = "Set-up",
             .needs = needs,
             .request = body<shape::NewAccountInput>({"id", "channel"}),
             .answers = {one<shape::Account>(201, "`state` and `lastError` say how the start went.")},
             .idempotent = true,
             .description =
                 "`id` is 1 to 40 of a-z, 0-9 and -, stands in URLs and never changes. `config` is checked against the "
                 "channel's configSchema; what is secret in it is sealed and never shown again. An id that was deleted "
                 "comes back with its conversations, for the same channel only. `egress.allowCidrs` needs "
                 "`inbox/admin/private-networks`."},
            [&s](Call call) { return create_account(s, std::move(call)); });
    api.add({.method = "PATCH",
             .path = "/accounts/{id}",
             .summary = "Change an account; what runs follows at once",
             .tag = "Set-up",
             .needs = needs,
             .request = body<provisioning::AccountDraft>(),
             .answers = {one<shape::Account>()},
             .description = std::string(kMerging) +
                            " A configuration that the plugin refuses changes nothing. An account in state failed is "
                            "started anew, also by an empty change. 409 for one that stands in the configuration file. "
                            "If-Match with the ETag refuses a stale change with 412."},
            [&s](Call call) { return change_account(s, std::move(call)); });
    api.add({.method = "DELETE",
             .path = "/accounts/{id}",
             .summary = "Delete an account",
             .tag = "Set-up",
             .needs = needs,
             .query = {{"waiting",
                        "fail: messages that wait to be sent end as failed.",
                        {{"type", "string"}, {"enum", json::array{"fail"}}}}},
             .answers = {none()},
             .description = "It stops after what it is doing; its configuration and secrets go. Its conversations stay "
                            "and can be read, not answered. 409 while messages wait to be sent through it, unless "
                            "waiting=fail; 409 for one that stands in the configuration file."},
            [&s](Call call) { return delete_account(s, std::move(call)); });
    api.add(
        {.method = "POST",
         .path = "/accounts/{id}/test",
         .summary = "Try an account's configuration",
         .tag = "Set-up",
         .needs = needs,
         .request = body<shape::AccountTestInput>(),
         .answers = {one<shape::AccountTestResult>()},
         .description = "With `config`: that one, in which absent secrets are the stored ones. It is started beside "
                        "what runs, takes nothing in, and nothing is kept."},
        [&s](Call call) { return test_account(s, std::move(call)); });
    api.add({.method = "POST",
             .path = "/accounts/test",
             .summary = "Try a configuration before there is an account",
             .tag = "Set-up",
             .needs = needs,
             .request = body<shape::NewAccountTestInput>({"channel"}),
             .answers = {one<shape::AccountTestResult>()}},
            [&s](Call call) { return test_new_account(s, std::move(call)); });
}

}  // namespace

void add_accounts(Api& api, Services& s) {
    const auto needs = permission_of(permission::kSetupChannels, permission::kStart);
    api.add({.method = "GET",
             .path = "/accounts",
             .summary = "All accounts",
             .tag = "Set-up",
             .needs = needs,
             .answers = {many<shape::Account>("Secrets in `config` are never shown; `secretsSet` has the JSON pointers "
                                              "of those that are set. `source` is the place in the configuration file "
                                              "of an account that stands there, and is read-only here.")},
             .description = "Without `inbox/setup/channels` how it is set up is left out."},
            [&s](Call call) { return list_accounts(s, std::move(call)); });
    api.add({.method = "GET",
             .path = "/accounts/{id}",
             .summary = "One account",
             .tag = "Set-up",
             .needs = needs,
             .answers = {one<shape::Account>()}},
            [&s](Call call) { return get_account(s, std::move(call)); });
    add_changes(api, s);
}

}  // namespace usher::api
