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
    json::object config;                // secrets sealed; {} for one that stands in YAML
    json::object settings;              // retry, egress
    std::optional<std::string> source;  // "usher.yaml:12:5": provisioned, read-only elsewhere
    Time created_at;
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(AccountRow, (),
                      (id, slug, space_id, channel, name, inbox_id, enabled, config, settings, source, created_at,
                       version))
template <>
inline constexpr std::string_view kTable<AccountRow> = "account";

std::vector<AccountRow> all_accounts(Session& sql);
std::optional<AccountRow> find_account(Session& sql, std::string_view slug);
std::optional<AccountRow> find_account(Session& sql, AccountKey id);
void insert_account(Session& sql, const AccountRow& row);
void update_account(Session& sql, const AccountRow& row);

}  // namespace usher::store
