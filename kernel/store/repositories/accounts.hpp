#pragma once
/// SQL of accounts: configured instances of channel plugins. Those in YAML have a row too, which gives them their key.
#include <optional>
#include <string>
#include <vector>

#include "model/ids.hpp"
#include "store/session.hpp"

namespace usher::store {

struct AccountRow {
    AccountKey id;
    std::string slug;  // public id
    SpaceId space_id;
    std::string channel;
    std::string name;
    InboxId inbox_id;  // 0: by the rules
    bool enabled = true;
    json::object config;                // secrets sealed (provisioning/sealing.hpp); {} for one that stands in YAML
    json::object settings;              // {retry, egress}
    std::optional<std::string> source;  // "usher.yaml:12:5": provisioned, read-only elsewhere
    Time created_at;
    std::int64_t version = 1;
    std::optional<Time> deleted_at;  // its conversations still name it
};
BOOST_DESCRIBE_STRUCT(AccountRow, (),
                      (id, slug, space_id, channel, name, inbox_id, enabled, config, settings, source, created_at,
                       version, deleted_at))
template <>
inline constexpr std::string_view kTable<AccountRow> = "account";

/// Deleted ones too, as conversations still name them; by slug.
std::vector<AccountRow> all_accounts(Session& sql);
/// Those that were not deleted; by slug.
std::vector<AccountRow> present_accounts(Session& sql);
/// Nullopt for a deleted one.
std::optional<AccountRow> find_account(Session& sql, std::string_view slug);
std::optional<AccountRow> find_account_even_deleted(Session& sql, std::string_view slug);
std::optional<AccountRow> find_account(Session& sql, AccountKey id);
void insert_account(Session& sql, const AccountRow& row);
/// Writes `row` and raises its version, unless somebody else was faster: false.
bool update_account(Session& sql, AccountRow& row);
/// Messages that wait to be sent through it.
std::int64_t count_waiting(Session& sql, AccountKey id);
/// The oldest of them, and whether an attempt is on its way.
std::vector<std::tuple<EntryId, bool>> some_waiting(Session& sql, AccountKey id, int limit);
/// What its plugin kept.
void forget_plugin_values(Session& sql, std::string_view slug);

}  // namespace usher::store
