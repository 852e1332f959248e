#pragma once
/// SQL of contacts and identities.
#include <optional>
#include <string>
#include <vector>

#include "store/repositories/conversations.hpp"
#include "store/repositories/tables.hpp"

namespace usher::store {

std::optional<Contact> find_contact(Session& sql, SpaceId space, ContactId id);
std::optional<Contact> lock_contact(Session& sql, SpaceId space, ContactId id);
void update_contact(Session& sql, const Contact& row);
void set_reachability(Session& sql, IdentityId identity, Reachability to);
std::optional<Identity> find_identity(Session& sql, AccountKey account, std::string_view address);

struct ContactPage {
    std::vector<Contact> rows;
    std::optional<std::int64_t> next;  // id of the last row
};
/// Newest first. `search` is looked for in names, e-mail addresses and phone numbers.
ContactPage list_contacts(Session& sql, SpaceId space, std::string_view search, int limit, std::int64_t after);

struct IdentityOnAccount {
    ContactId contact_id;
    std::string account_slug;
    std::string channel;
    std::string address;
    Reachability reachability = Reachability::reachable;
};
BOOST_DESCRIBE_STRUCT(IdentityOnAccount, (), (contact_id, account_slug, channel, address, reachability))
std::vector<IdentityOnAccount> identities_of(Session& sql, const std::vector<ContactId>& contacts);

}  // namespace usher::store
