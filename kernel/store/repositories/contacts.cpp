#include "store/repositories/contacts.hpp"

#include "foundation/crypto.hpp"
#include "foundation/text.hpp"
#include "store/repositories/sql_builder.hpp"

namespace usher::store {

std::optional<Contact> find_contact(Session& sql, SpaceId space, ContactId id) {
    return sql.one<Contact>("WHERE id = :id AND space_id = :space", id, space);
}

std::optional<Contact> lock_contact(Session& sql, SpaceId space, ContactId id) {
    return sql.one<Contact>("WHERE id = :id AND space_id = :space" + std::string(for_update(sql)), id, space);
}

void update_contact(Session& sql, const Contact& row) {
    sql.exec(
        "UPDATE contact SET name = :name, search_text = :search, email = :email, phone = :phone, company = :company, "
        "notes = :notes,"
        " owner_id = :owner, tags = :tags, attributes = :attributes, blocked = :blocked, "
        "channel_facts = :facts, version = :version WHERE id = :id",
        row.name, row.search_text, row.email, row.phone, row.company, row.notes, row.owner_id, row.tags, row.attributes,
        row.blocked, row.channel_facts, row.version, row.id);
}

void set_reachability(Session& sql, IdentityId identity, Reachability to) {
    sql.exec("UPDATE identity SET reachability = :to WHERE id = :id", to, identity);
}

std::optional<Identity> find_identity(Session& sql, AccountKey account, std::string_view address) {
    return sql.one<Identity>("WHERE account_id = :account AND address_hash = :hash", account,
                             crypto::sha256_hex(address));
}

ContactPage list_contacts(Session& sql, SpaceId space, std::string_view search, int limit, std::int64_t after) {
    SqlBuilder text;
    text.add("SELECT " + RowOf<Contact>::columns() + " FROM contact WHERE space_id = ").bind(space);
    if (after != 0) text.add(" AND id < ").bind(after);
    if (!search.empty()) text.add(" AND search_text LIKE ").bind(like_anywhere(fold(search))).add(" ESCAPE '!'");
    text.add(" ORDER BY id DESC LIMIT ").bind(limit + 1);
    ContactPage page{text.rows<Contact>(sql), std::nullopt};
    if (page.rows.size() > static_cast<std::size_t>(limit)) {
        page.rows.pop_back();
        page.next = page.rows.back().id.value;
    }
    return page;
}

std::vector<IdentityOnAccount> identities_of(Session& sql, const std::vector<ContactId>& contacts) {
    if (contacts.empty()) return {};
    SqlBuilder text;
    text.add(
        "SELECT i.contact_id, a.slug, a.channel, i.address, i.reachability FROM identity i JOIN account a ON a.id = "
        "i.account_id WHERE "
        "i.contact_id IN ");
    text.bind_list(contacts).add(" ORDER BY i.id");
    return text.rows<IdentityOnAccount>(sql);
}

}  // namespace usher::store
