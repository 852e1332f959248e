#include "desk/contacts.hpp"

#include <algorithm>

#include "desk/conversations.hpp"
#include "desk/rights.hpp"
#include "foundation/text.hpp"
#include "store/repositories/contacts.hpp"

namespace usher::desk {
namespace {

void take(Contact& contact, const ContactInput& input) {
    contact.name = std::string(trim(input.name));
    contact.email = input.email;
    contact.phone = input.phone;
    contact.company = input.company;
    contact.notes = input.notes;
    contact.owner_id = input.owner_id.value_or(UserId{});
    contact.tags = input.tags;
    contact.attributes = input.attributes;
    contact.blocked = input.blocked;
    contact.search_text = search_text_of(contact);
}

Result<void> check_owner(store::Session& sql, SpaceId space, UserId owner) {
    if (!owner || sql.one<UserId>("SELECT id FROM users WHERE id = :id AND space_id = :space", owner, space)) return {};
    return validation("/ownerId", "there is no user " + to_string(owner));
}

Result<void> faults_of(const ContactInput& input, Faults faults = {}) {
    check(input, faults);
    if (faults.empty()) return {};
    return Error{Errc::validation, faults[0].path + ": " + faults[0].message, std::move(faults)};
}

/// Nobody goes on waiting for an answer to somebody whom we do not want to hear of.
Result<void> solve_waiting(store::Write& write, const Principal& who, ContactId contact) {
    for (const auto id : write.sql().rows<ConversationId>(
             "SELECT c.id FROM conversation c JOIN routing_wait w ON w.conversation_id = c.id WHERE c.contact_id = "
             ":contact ORDER BY c.id",
             contact)) {
        auto done = set_status_as(write, actor_of(who), id, ConversationStatus::solved);
        if (!done) return done.error();
    }
    return {};
}

}  // namespace

void append_contact_event(store::Write& write, const Contact& contact, std::string type) {
    Event event;
    event.type = std::move(type);
    event.space_id = contact.space_id;
    event.subject_id = contact.id.value;
    event.data = {{"contact_id", to_json(contact.id)}, {"version", contact.version}};
    write.append(std::move(event));
}

void set_reachability(store::Write& write, IdentityId id, Reachability to) {
    auto& sql = write.sql();
    const auto found = sql.one<Identity>("WHERE id = :id", id);
    if (!found || found->reachability == to) return;
    store::set_reachability(sql, id, to);
    const auto space = sql.one<SpaceId>("SELECT space_id FROM contact WHERE id = :id", found->contact_id);
    auto contact = space ? store::lock_contact(sql, *space, found->contact_id) : std::nullopt;
    if (!contact) return;
    contact->version += 1;
    store::update_contact(sql, *contact);
    append_contact_event(write, *contact, "contact.updated");
}

ContactInput input_of(const Contact& c) {
    return {c.name, c.email,      c.phone,  c.company, c.notes, c.owner_id ? std::optional(c.owner_id) : std::nullopt,
            c.tags, c.attributes, c.blocked};
}

void check(const ContactInput& input, Faults& all) {
    Faults faults;
    const auto text = [&](std::string_view value, std::size_t limit, std::string path) {
        if (auto ok = check_text(value, limit); !ok) faults.push_back({std::move(path), ok.error().message});
    };
    if (trim(input.name).empty()) faults.push_back({"/name", "must not be empty"});
    text(input.name, kNameBytes, "/name");
    if (input.email) text(*input.email, 254, "/email");
    if (input.email && input.email->find('@') == std::string::npos)
        faults.push_back({"/email", "expected an e-mail address"});
    if (input.phone) text(*input.phone, 64, "/phone");
    if (input.company) text(*input.company, 500, "/company");
    if (input.notes) text(*input.notes, 20'000, "/notes");
    if (input.tags.size() > 50) faults.push_back({"/tags", "at most 50 tags"});
    for (std::size_t i = 0; i < input.tags.size(); ++i) text(input.tags[i], 200, pointer("/tags", i));
    if (write_json(input.attributes).size() > 16'384) faults.push_back({"/attributes", "more than 16 KiB"});
    for (auto& fault : faults) {  // what could not be read at all was told before
        const auto same = [&](const ErrorDetail& told) { return told.path == fault.path; };
        if (std::none_of(all.begin(), all.end(), same)) all.push_back(std::move(fault));
    }
}

Result<Contact> create_contact(store::Write& write, const Principal& who, const ContactInput& input) {
    if (!who.may(permission::kContactsCreate)) return forbidden(permission::kContactsCreate);
    if (input.blocked && !who.may(permission::kContactsBlock)) return forbidden(permission::kContactsBlock);
    if (auto ok = faults_of(input); !ok) return ok.error();
    if (auto ok = check_owner(write.sql(), who.space_id, input.owner_id.value_or(UserId{})); !ok) return ok.error();
    Contact contact;
    contact.id = {write.next_id()};
    contact.space_id = who.space_id;
    contact.created_at = write.now();
    take(contact, input);
    write.sql().insert(contact);
    append_contact_event(write, contact, "contact.created");
    return contact;
}

Result<Contact> edit_contact(store::Write& write, const Principal& who, ContactId id, const json::value& patch) {
    if (!who.may(permission::kContactsEdit)) return forbidden(permission::kContactsEdit);
    auto contact = store::lock_contact(write.sql(), who.space_id, id);
    if (!contact) return not_found("There is no contact " + to_string(id) + ".");
    ContactInput input = input_of(*contact);
    Faults faults;
    read_json(patch, input, "", faults);
    if (input.owner_id.value_or(UserId{}) != contact->owner_id && !who.may(permission::kChangeOwner))
        return forbidden(permission::kChangeOwner);
    if (input.blocked != contact->blocked && !who.may(permission::kContactsBlock))
        return forbidden(permission::kContactsBlock);
    const bool blocks = input.blocked && !contact->blocked;
    if (auto ok = faults_of(input, std::move(faults)); !ok) return ok.error();
    if (auto ok = check_owner(write.sql(), who.space_id, input.owner_id.value_or(UserId{})); !ok) return ok.error();
    const json::value before = to_json(*contact);
    take(*contact, input);
    if (to_json(*contact) == before) return std::move(*contact);  // no version, no event
    contact->version += 1;
    store::update_contact(write.sql(), *contact);
    append_contact_event(write, *contact, "contact.updated");
    if (blocks) {
        if (auto done = solve_waiting(write, who, id); !done) return done.error();
    }
    return std::move(*contact);
}

}  // namespace usher::desk
