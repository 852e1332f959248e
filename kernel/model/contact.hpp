#pragma once
/// Contacts (customers) and their identities (one address on one account).
#include <optional>
#include <string>
#include <vector>

#include "foundation/describe.hpp"
#include "model/ids.hpp"

namespace usher {

struct Contact {
    ContactId id;
    SpaceId space_id;
    std::string name;
    std::string search_text;  // folded name, e-mail and phone: what a search looks into
    std::optional<std::string> email;
    std::optional<std::string> phone;
    std::optional<std::string> company;
    std::optional<std::string> notes;
    UserId owner_id;
    std::vector<std::string> tags;
    json::object attributes;
    bool blocked = false;                       // by us: what they write is kept, and nobody is disturbed
    std::optional<json::object> channel_facts;  // what was taken over from channels: theirs to change and to clear
    Time created_at;
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(Contact, (),
                      (id, space_id, name, search_text, email, phone, company, notes, owner_id, tags, attributes,
                       blocked, channel_facts, created_at, version))

/// What a search for this contact looks into.
std::string search_text_of(const Contact& contact);

/// What a provider says about writing to somebody; any message of theirs makes them reachable again.
enum class Reachability : std::int16_t { reachable = 0, unreachable = 1, blocked_us = 2 };
BOOST_DESCRIBE_ENUM(Reachability, reachable, unreachable, blocked_us)

struct Identity {
    IdentityId id;
    AccountKey account_id;
    std::string address;
    std::string address_hash;  // SHA-256 of its exact bytes, hex: no collation folds it, no column cuts it
    ContactId contact_id;
    Time created_at;
    Reachability reachability = Reachability::reachable;
};
BOOST_DESCRIBE_STRUCT(Identity, (), (id, account_id, address, address_hash, contact_id, created_at, reachability))

inline constexpr std::size_t kNameBytes = 500;
inline constexpr std::size_t kAddressBytes = 1'000;

}  // namespace usher
