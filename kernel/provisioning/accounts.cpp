#include "provisioning/accounts.hpp"

#include "access/access.hpp"
#include "config/json_schema.hpp"
#include "foundation/log.hpp"
#include "foundation/text.hpp"
#include "net/cidr.hpp"
#include "provisioning/account_parts.hpp"

namespace usher::provisioning {
namespace {

constexpr std::chrono::minutes kLongest{5};  // an instance's stop and start have deadlines far below

}  // namespace

Accounts::Accounts(store::Store& store, plugins::Registry& registry, asio::any_io_executor executor, SecretBox box,
                   SpaceId space)
    : store_(store),
      registry_(registry),
      box_(std::make_shared<const SecretBox>(std::move(box))),
      space_(space),
      tasks_(std::move(executor)) {}

Task<void> Accounts::stop() {
    co_await tasks_.stop();
}

template <class T>
Task<Result<T>> Accounts::to_the_end(std::function<Task<Result<T>>()> work) {
    struct State {
        Signal done;
        std::mutex mutex;
        std::optional<Result<T>> result;
    };
    auto state = std::make_shared<State>();
    std::function<Task<void>()> task = [state, work]() -> Task<void> {
        struct Done {  // also when it throws or is cancelled
            std::shared_ptr<State> state;
            ~Done() { state->done.set(); }
        };
        const Done done{state};
        Result<T> result = co_await work();
        const std::lock_guard lock(state->mutex);
        state->result.emplace(std::move(result));
    };
    const bool begun = tasks_.spawn("a change of an account", std::move(task));
    if (begun) co_await state->done.wait(kLongest);
    const std::lock_guard lock(state->mutex);
    if (!state->result) co_return Error{Errc::unavailable, "The change of the account did not end; look at it again."};
    co_return std::move(*state->result);
}

Task<Result<AccountView>> Accounts::create(Principal who, NewAccount input, std::optional<store::IdempotencyKey> key,
                                           Faults faults) {
    std::function<Task<Result<AccountView>>()> work = [this, who, input, key, faults] {
        return create_now(who, input, key, faults);
    };
    co_return co_await to_the_end<AccountView>(std::move(work));
}

Task<Result<AccountView>> Accounts::update(Principal who, std::string slug, std::optional<std::int64_t> if_match,
                                           Edit edit) {
    std::function<Task<Result<AccountView>>()> work = [this, who, slug, if_match, edit] {
        return update_now(who, slug, if_match, edit);
    };
    co_return co_await to_the_end<AccountView>(std::move(work));
}

Task<Result<void>> Accounts::remove(Principal who, std::string slug, std::optional<std::int64_t> if_match,
                                    bool fail_waiting) {
    std::function<Task<Result<bool>>()> work = [this, who, slug, if_match, fail_waiting] {
        return remove_now(who, slug, if_match, fail_waiting);
    };
    auto done = co_await to_the_end<bool>(std::move(work));
    if (!done) co_return done.error();
    co_return Result<void>{};
}

Result<std::shared_ptr<Accounts::Turn>> Accounts::turn(const std::string& slug) {
    const std::lock_guard lock(mutex_);
    if (!busy_.insert(slug).second)
        return conflict("being_changed", "The account '" + slug + "' is being changed by somebody else; try again.");
    return std::make_shared<Turn>(*this, slug);
}

void Accounts::note_problem(const std::string& slug, std::string problem) {
    const std::lock_guard lock(mutex_);
    if (problem.empty()) {
        problems_.erase(slug);
    } else {
        problems_[slug] = std::move(problem);
    }
}

Task<Result<void>> Accounts::reload(std::vector<plugins::InstanceSpec> from_yaml) {
    std::function<Task<Result<bool>>()> work = [this, from_yaml] { return reload_now(from_yaml); };
    auto done = co_await to_the_end<bool>(std::move(work));
    if (!done) co_return done.error();
    co_return Result<void>{};
}

// ---- rows, drafts and specs

AccountDraft Accounts::draft_of(const store::AccountRow& row, std::vector<std::string>* lost) const {
    AccountDraft draft;
    draft.name = row.name;
    if (row.inbox_id) draft.inbox_id = row.inbox_id;
    draft.enabled = row.enabled;
    auto opened = box_->unseal(row.config, row.id);
    draft.config = std::move(opened.config);
    if (lost) *lost = std::move(opened.lost);
    const StoredSettings settings = read_settings(row.settings, row.slug);
    draft.retry = settings.retry;
    draft.egress = settings.egress;
    return draft;
}

plugins::InstanceSpec Accounts::spec_of(const store::AccountRow& row, const AccountDraft& draft) const {
    plugins::InstanceSpec spec;
    spec.ref.id = row.slug;
    spec.ref.channel = row.channel;
    spec.ref.kind = plugins::Kind::channel;
    spec.ref.key = row.id;
    spec.ref.space_id = row.space_id;
    spec.name = draft.name;
    spec.enabled = draft.enabled;
    spec.config = draft.config;
    spec.allow_cidrs = draft.egress.allow_cidrs;
    spec.retry = draft.retry;
    return spec;
}

Result<plugins::InstanceSpec> Accounts::spec_of(const store::AccountRow& row) const {
    const auto opened = box_->unseal(row.config, row.id);
    if (!opened.lost.empty()) {
        std::string places;
        for (const auto& place : opened.lost) places += (places.empty() ? "" : ", ") + place;
        return Error{Errc::unavailable, "Its secrets (" + places + ") were sealed with the secret_key " +
                                            opened.sealed_with + ", but the present one is " + box_->key_id() +
                                            ". Give them again, or bring the old key back."};
    }
    return spec_of(row, draft_of(row));
}

store::AccountRow Accounts::row_with(store::AccountRow row, const AccountDraft& draft) const {
    row.name = draft.name;
    row.inbox_id = draft.inbox_id.value_or(InboxId{});
    row.enabled = draft.enabled;
    std::vector<std::string> places;
    registry_.redact(plugins::Kind::channel, row.channel, draft.config, &places);
    row.config = box_->seal(draft.config, places, row.id);
    row.settings = to_json(StoredSettings{draft.retry, draft.egress}).as_object();
    return row;
}

void Accounts::check(const std::string& channel, const AccountDraft& draft, Faults& faults) const {
    check_account_name(draft.name, faults);
    check_retry(draft.retry, faults);
    if (auto ranges = net::parse_cidrs(draft.egress.allow_cidrs); !ranges) {
        detail::fault(faults, "/egress/allowCidrs", ranges.error().message);
    }
    auto config = registry_.check_config(plugins::Kind::channel, channel, draft.config);
    if (config) return;
    if (config.error().code == Errc::not_found) return detail::fault(faults, "/channel", config.error().message);
    for (const auto& detail : about_config(config.error()).details) faults.push_back(detail);
}

AccountView Accounts::view_of(store::AccountRow row) const {
    AccountView view;
    view.webhook_url = registry_.webhook_url(row.slug);
    const auto spec = registry_.spec(plugins::Kind::channel, row.slug);
    json::value config = json::object{};
    if (spec) {
        config = registry_.redact(plugins::Kind::channel, row.channel, spec->config, &view.secrets);
        view.retry = spec->retry;
        view.egress.allow_cidrs = spec->allow_cidrs;
        if (!spec->source.empty()) row.source = spec->source;
    } else {
        config = registry_.redact(plugins::Kind::channel, row.channel, without_sealed(row.config, &view.secrets));
        const StoredSettings settings = read_settings(row.settings, row.slug);
        view.retry = settings.retry;
        view.egress = settings.egress;
    }
    if (json::object* object = config.if_object()) view.config = std::move(*object);
    const auto status = registry_.status(plugins::Kind::channel, row.slug);
    if (status) {
        view.state = status->state;
        if (!status->last_error.empty()) view.last_error = status->last_error;
    } else if (row.enabled) {
        view.state = plugins::State::failed;
        const std::lock_guard lock(mutex_);
        const auto problem = problems_.find(row.slug);
        view.last_error = problem != problems_.end() ? problem->second : "No instance of it runs.";
    }
    view.row = std::move(row);
    return view;
}

Task<Result<store::AccountRow>> Accounts::row_of(Principal who, std::string slug) {
    Faults wrong;
    check_slug(slug, wrong);
    if (!wrong.empty()) co_return no_account(slug);  // and no database has to read it
    auto look = [slug, space = who.space_id](store::Session& sql) -> Result<store::AccountRow> {
        auto row = store::find_account(sql, slug);
        if (!row || row->space_id != space) return no_account(slug);
        return std::move(*row);
    };
    co_return co_await store_.read(std::move(look));
}

// ---- what the registry runs

Task<void> Accounts::apply(store::AccountRow row) {
    const bool there = registry_.spec(plugins::Kind::channel, row.slug).has_value();
    auto spec = spec_of(row);
    Result<void> done;
    if (row.deleted_at || !spec) {
        if (there) done = co_await registry_.remove(plugins::Kind::channel, row.slug);
        if (done && !spec && !row.deleted_at) done = spec.error();
    } else if (there) {
        done = co_await registry_.reconfigure(std::move(*spec));
    } else {
        done = co_await registry_.add(std::move(*spec));
    }
    note_problem(row.slug, done ? "" : done.error().message);
    if (!done && !row.deleted_at) {
        log::error("provisioning", "an account cannot run as it is stored",
                   {{"account", row.slug}, {"error", done.error().message}});
    }
}

Task<void> Accounts::apply_stored(std::string slug) {
    auto look = [slug](store::Session& sql) -> Result<std::optional<store::AccountRow>> {
        return store::find_account_even_deleted(sql, slug);
    };
    auto row = co_await store_.read(std::move(look));
    if (!row) {
        log::error("provisioning", "an account's instance could not be brought back to what is stored",
                   {{"account", slug}, {"error", row.error().message}});
    } else if (*row) {
        co_await apply(std::move(**row));
    } else if (registry_.spec(plugins::Kind::channel, slug)) {
        auto gone = co_await registry_.remove(plugins::Kind::channel, slug);
        if (!gone) log::error("provisioning", gone.error().message, {{"account", slug}});
    }
}

// ---- looking, and trying

Task<Result<std::vector<AccountView>>> Accounts::list(Principal who) {
    auto rows = co_await store_.read([](store::Session& sql) { return store::present_accounts(sql); });
    if (!rows) co_return rows.error();
    std::vector<AccountView> out;
    for (auto& row : *rows) {
        if (row.space_id == who.space_id) out.push_back(view_of(std::move(row)));
    }
    co_return out;
}

Task<Result<AccountView>> Accounts::get(Principal who, std::string slug) {
    auto row = co_await row_of(std::move(who), std::move(slug));
    if (!row) co_return row.error();
    co_return view_of(std::move(*row));
}

Task<Result<std::optional<std::string>>> Accounts::try_out(plugins::InstanceSpec spec) {
    spec.enabled = true;
    auto done = co_await registry_.try_out(std::move(spec));
    if (done) co_return std::optional<std::string>{};
    co_return std::optional<std::string>(done.error().message);
}

Task<Result<std::optional<std::string>>> Accounts::test(Principal who, std::string slug,
                                                        std::optional<json::object> config) {
    auto row = co_await row_of(std::move(who), slug);
    if (!row) co_return row.error();
    if (config && row->source) {  // its secrets stay with the addresses that stand beside them in the YAML
        co_return conflict("provisioned", "The account '" + row->slug + "' stands in the configuration at " +
                                              *row->source + "; it is tried as it stands there, without a config.");
    }
    auto spec = registry_.spec(plugins::Kind::channel, slug);
    if (!spec) {
        std::vector<std::string> lost;
        spec = spec_of(*row, draft_of(*row, &lost));
        if (!lost.empty() && !config) co_return std::optional<std::string>(spec_of(*row).error().message);
    }
    if (config) {
        json::value kept = registry_.keep_secrets(plugins::Kind::channel, row->channel, *config, spec->config);
        spec->config = without_nulls(kept.as_object());
    }
    auto checked = registry_.check_config(plugins::Kind::channel, row->channel, spec->config);
    if (!checked && checked.error().code == Errc::validation) co_return about_config(checked.error());
    if (!checked) co_return std::optional<std::string>(checked.error().message);
    co_return co_await try_out(std::move(*spec));
}

Task<Result<std::optional<std::string>>> Accounts::test_new(Principal who, NewAccount input, Faults faults) {
    if (input.id.empty()) input.id = "test";
    if (input.draft.name.empty()) input.draft.name = input.id;
    check_slug(input.id, faults);
    input.draft.config = without_nulls(input.draft.config);
    check(input.channel, input.draft, faults);
    if (auto ok = access::refuse(std::move(faults)); !ok) co_return ok.error();
    if (auto allowed = may_reach(who, {}, input.draft.egress); !allowed) co_return allowed.error();
    store::AccountRow row;
    row.slug = input.id;
    row.channel = input.channel;
    row.space_id = who.space_id;
    co_return co_await try_out(spec_of(row, input.draft));
}

}  // namespace usher::provisioning
