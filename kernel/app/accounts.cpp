#include "app/accounts.hpp"

#include <set>

#include "foundation/log.hpp"
#include "store/repositories/accounts.hpp"

namespace usher::app {
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
        log::warn("app", "an account names an inbox that does not exist; its conversations go by the rules",
                  {{"account", spec.ref.id}, {"at", spec.source}});
    return id.value_or(InboxId{});
}

}  // namespace

Task<Result<std::vector<plugins::InstanceSpec>>> sync_accounts(store::Store& store,
                                                               std::vector<plugins::InstanceSpec> specs,
                                                               SpaceId space) {
    auto work = [specs = std::move(specs), space](store::Write& write) -> Result<std::vector<plugins::InstanceSpec>> {
        auto& sql = write.sql();
        std::vector<plugins::InstanceSpec> out = specs;
        std::set<std::string> named;
        for (auto& spec : out) {
            if (spec.ref.kind != plugins::Kind::channel) continue;
            named.insert(spec.ref.id);
            auto row = store::find_account(sql, spec.ref.id);
            const bool known = row.has_value();
            if (!known) {
                row.emplace();
                row->id = {write.next_id()};
                row->slug = spec.ref.id;
                row->space_id = space;
                row->created_at = write.now();
            }
            if (known && row->channel != spec.ref.channel) {
                return Error{Errc::validation, spec.source + ": the account " + spec.ref.id + " was of the channel " +
                                                   row->channel + "; choose another id for one of " + spec.ref.channel};
            }
            row->channel = spec.ref.channel;
            row->name = spec.name;
            row->inbox_id = inbox_named(sql, space, spec);
            row->enabled = spec.enabled;
            row->source = spec.source;
            if (known) {
                row->version += 1;
                store::update_account(sql, *row);
            } else {
                store::insert_account(sql, *row);
            }
            spec.ref.key = row->id;
            spec.ref.space_id = row->space_id;
        }
        for (auto& row : store::all_accounts(sql)) {
            if (!row.source || named.contains(row.slug) || !row.enabled) continue;
            row.enabled = false;
            row.version += 1;
            store::update_account(sql, row);
            log::warn("app", "an account no longer stands in the configuration; it is disabled",
                      {{"account", row.slug}});
        }
        return out;
    };
    co_return co_await store.write(std::move(work));
}

}  // namespace usher::app
