#pragma once
/// Commands on contacts.
#include <optional>
#include <string>
#include <vector>

#include "model/contact.hpp"
#include "model/visibility.hpp"
#include "store/store.hpp"

namespace usher::desk {

/// What people may set of a contact; read over the present values, so absent keeps and null clears.
struct ContactInput {
    std::string name;
    std::optional<std::string> email;
    std::optional<std::string> phone;
    std::optional<std::string> company;
    std::optional<std::string> notes;
    std::optional<UserId> owner_id;
    std::vector<std::string> tags;
    json::object attributes;
    bool blocked = false;  // what they write is kept, and nobody is disturbed
};
BOOST_DESCRIBE_STRUCT(ContactInput, (), (name, email, phone, company, notes, owner_id, tags, attributes, blocked))

ContactInput input_of(const Contact& contact);
/// Adds what is wrong; a path that has a fault already keeps that one.
void check(const ContactInput& input, Faults& faults);

/// What a provider says about writing to an address, told as news of its contact. Nothing when it is known already.
void set_reachability(store::Write& write, IdentityId identity, Reachability to);
/// contact.created, contact.updated.
void append_contact_event(store::Write& write, const Contact& contact, std::string type);
Result<Contact> create_contact(store::Write& write, const Principal& who, const ContactInput& input);
/// `patch` is the request's body: only what stands there changes.
Result<Contact> edit_contact(store::Write& write, const Principal& who, ContactId id, const json::value& patch);

}  // namespace usher::desk
