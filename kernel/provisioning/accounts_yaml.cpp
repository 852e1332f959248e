// What YAML configures, brought together with the rows of the database.
#include "access/access.hpp"
#include "foundation/log.hpp"
#include "model/event_types.hpp"
#include "provisioning/account_parts.hpp"

namespace usher::provisioning {
namespace {

InboxId inbox_named(store::Session& sql, SpaceId space, const plugins::InstanceSpec& spec) {
    if (!spec.inbox) return {};
    auto id = sql.one<InboxId>("SELECT id FROM inbox WHERE space_id = :space AND name = :name ORDER BY id LIMIT 1",
                               space, *spec.inbox);
    if (!id) {
        if (auto number = parse_id(*spec.inbox))
            id = sql.one<InboxId>("SELECT id FROM inbox WHERE space_id = :space AND id = :id", space, *number);
    }
    if (!id)
        log::warn("provisioning", "an account names an inbox that does not exist; its conversations go by the rules",
                  {{"account", spec.ref.id}, {"at", spec.source}});
    return id.value_or(InboxId{});
}

/// May YAML have this row? Accounts made in the workspace are not taken over unnoticed.
Result<void> may_take(const store::AccountRow& row, const plugins::InstanceSpec& spec) {
    if (row.channel != spec.ref.channel) {
        return Error{Errc::validation, spec.source + ": the account " + spec.ref.id + " was of the channel " +
                                           row.channel + "; choose another id for one of " + spec.ref.channel};
    }
    if (!row.source && !row.deleted_at && !row.config.empty()) {
        return Error{Errc::validation, spec.source + ": there is an account " + spec.ref.id +
                                           " that was made in the workspace; delete it there, or choose another id"};
    }
    return {};
}

/// Gives the YAML account its row, written if something in it is new.
Result<void> take_row(store::Write& write, SpaceId space, plugins::InstanceSpec& spec) {
    auto& sql = write.sql();
    auto row = store::find_account_even_deleted(sql, spec.ref.id);
    const bool known = row.has_value();
    if (known) {
        if (auto ok = may_take(*row, spec); !ok) return ok;
    } else {
        row.emplace();
        row->id = {write.next_id()};
        row->slug = spec.ref.id;
        row->space_id = space;
        row->created_at = write.now();
    }
    const store::AccountRow was = *row;
    row->channel = spec.ref.channel;
    row->name = spec.name;
    row->inbox_id = inbox_named(sql, space, spec);
    row->enabled = spec.enabled;
    row->config = {};
    row->settings = {};
    row->source = spec.source;
    row->deleted_at.reset();
    if (!known) {
        store::insert_account(sql, *row);
    } else if (to_json(was) != to_json(*row)) {
        store::update_account(sql, *row);
    }
    spec.ref.key = row->id;
    spec.ref.space_id = row->space_id;
    return {};
}

}  // namespace

Task<Result<std::vector<plugins::InstanceSpec>>> Accounts::sync(std::vector<plugins::InstanceSpec> specs) {
    auto work = [specs = std::move(specs),
                 space = space_](store::Write& write) -> Result<std::vector<plugins::InstanceSpec>> {
        auto& sql = write.sql();
        std::vector<plugins::InstanceSpec> out = specs;
        std::set<std::string> named;
        for (const auto& spec : out) {  // refusals come before the first write
            if (spec.ref.kind != plugins::Kind::channel) continue;
            named.insert(spec.ref.id);
            const auto row = store::find_account_even_deleted(sql, spec.ref.id);
            if (!row) continue;
            if (auto ok = may_take(*row, spec); !ok) return ok.error();
        }
        for (auto& spec : out) {
            if (spec.ref.kind != plugins::Kind::channel) continue;
            if (auto taken = take_row(write, space, spec); !taken) return taken.error();
        }
        for (auto& row : store::present_accounts(sql)) {
            if (!row.source || named.contains(row.slug)) continue;
            row.source.reset();
            row.enabled = false;
            store::update_account(sql, row);
            log::warn("provisioning",
                      "an account no longer stands in the configuration; it is disabled, and may be deleted or set up "
                      "anew in the workspace",
                      {{"account", row.slug}});
        }
        return out;
    };
    co_return co_await store_.write(std::move(work));
}

Task<Result<void>> Accounts::start(std::vector<plugins::InstanceSpec> from_yaml) {
    auto specs = co_await sync(std::move(from_yaml));
    if (!specs) co_return specs.error();
    for (auto& spec : *specs) {
        auto added = co_await registry_.add(spec);
        if (added) continue;
        Error error = added.error();
        error.message = (spec.source.empty() ? spec.ref.id : spec.source) + ": " + error.message;
        co_return error;
    }
    auto rows = co_await store_.read([](store::Session& sql) { return store::present_accounts(sql); });
    if (!rows) co_return rows.error();
    for (auto& row : *rows) {
        if (!row.source) co_await apply(std::move(row));
    }
    co_return Result<void>{};
}

Task<Result<bool>> Accounts::reload_now(std::vector<plugins::InstanceSpec> from_yaml) {
    auto specs = co_await sync(std::move(from_yaml));
    if (!specs) co_return specs.error();
    std::set<std::pair<plugins::Kind, std::string>> named;
    for (const auto& spec : *specs) named.emplace(spec.ref.kind, spec.ref.id);
    for (const auto& status : registry_.statuses()) {
        const bool of_yaml = status.ref.kind != plugins::Kind::channel || !status.source.empty();
        if (!of_yaml || named.contains({status.ref.kind, status.ref.id})) continue;
        auto gone = co_await registry_.remove(status.ref.kind, status.ref.id);
        log::info("provisioning", "no longer stands in the configuration; stopped",
                  {{"instance", status.ref.id}, {"error", gone ? "" : gone.error().message}});
    }
    for (const auto& spec : *specs) {
        const auto running = registry_.spec(spec.ref.kind, spec.ref.id);
        const bool there = running.has_value();
        // Who reads the feed begins and ends with the daemon: one that nobody feeds would hold up what it has not read.
        const bool reads_feed = spec.ref.kind == plugins::Kind::responder || spec.ref.kind == plugins::Kind::exporter;
        if (reads_feed && (!there || running->enabled != spec.enabled)) {
            log::warn("provisioning", "needs a restart to begin or end",
                      {{"instance", spec.ref.id}, {"at", spec.source}});
            continue;
        }
        Result<void> done;
        if (there) {
            done = co_await registry_.reconfigure(spec);
        } else {
            done = co_await registry_.add(spec);
        }
        if (done) continue;
        log::error("provisioning", spec.source + ": " + done.error().message + "; it goes on as it was",
                   {{"instance", spec.ref.id}});
    }
    co_return true;
}

}  // namespace usher::provisioning
