#pragma once
/// What a channel says about a contact (contact_json of an emit, sdk/ABI.md), read leniently: a channel's slip in a
/// hint never loses a message.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "model/contact.hpp"

namespace usher::inbound {

struct ContactFacts {
    std::string name;
    std::string fallback_name;  // shown until a name is known; the same every time
    std::optional<std::string> email;
    std::optional<std::string> phone;
    std::map<std::string, std::string> verified;  // attributes the channel vouches for
    std::map<std::string, std::string> claimed;   // what the visitor says of themselves
    std::set<std::string> cleared;                // "name", "email", "phone": null now
    std::set<std::string> cleared_attributes;     // by key; "*": all
    std::optional<Reachability> reachability;     // what the provider says about writing to them
};

ContactFacts read_contact_facts(std::string_view contact_json);
/// Takes over what is new: a name where there was only an address, verified attributes, hints where nothing stood; and
/// clears what came from a channel and is null now. Never touches what a person entered. True when something changed.
bool apply_facts(Contact& contact, const ContactFacts& facts, std::string_view address);

}  // namespace usher::inbound
