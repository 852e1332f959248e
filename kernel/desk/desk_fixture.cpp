#include "desk/desk_fixture.hpp"

#include "foundation/crypto.hpp"
#include "store/repositories/conversations.hpp"
#include "store/repositories/entries.hpp"

namespace usher::desk::testing {

void DeskTest::SetUp() {
    store::testing::StoreTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    auto done = write([](store::Write& w) -> Result<void> {
        auto& sql = w.sql();
        sql.exec("INSERT INTO space (id, name, created_at) VALUES (1, 'Main', 1)");
        for (const auto& [id, name] : {std::pair{kInbox, "Support"}, std::pair{kOtherInbox, "Billing"}}) {
            const std::vector<std::vector<store::Value>> row{
                {id.value, kSpace.value, std::string(name), id == kInbox ? store::Value(kSpace.value) : store::Value(),
                 write_json(to_json(AssignmentRules{})), write_json(to_json(WorkingHours{})),
                 write_json(to_json(AutoResponder{})), std::string("[]"), write_json(to_json(EmailSettings{})),
                 std::string("in-") + name + "@usher.localhost", w.now().us, std::int64_t{1}}};
            sql.insert_values("inbox",
                              "id, space_id, name, default_key, assignment_rules, working_hours, auto_responder, "
                              "routing_rules, email_settings, forwarding_address, created_at, version",
                              row);
        }
        store::AccountRow account;
        account.id = kAccount;
        account.slug = "shop1";
        account.space_id = kSpace;
        account.channel = "open";
        account.name = "Shop";
        account.created_at = w.now();
        store::insert_account(sql, account);
        return {};
    });
    ASSERT_TRUE(done) << done.error().message;
    add_user(kAnna, "Anna", {"agent"});
    add_user(kBen, "Ben", {"agent"});
}

void DeskTest::add_user(UserId id, std::string name, std::vector<std::string> roles, std::int64_t open_limit) {
    auto done = write([=](store::Write& w) -> Result<void> {
        auto& sql = w.sql();
        const std::vector<std::vector<store::Value>> row{{id.value, kSpace.value, name, name + "@x.test",
                                                          crypto::sha256_hex(name), write_json(to_json(roles)),
                                                          std::int64_t{1}, std::int64_t{1}, std::int64_t{0}, w.now().us,
                                                          open_limit, std::int64_t{1}, w.now().us, std::int64_t{1}}};
        sql.insert_values("users",
                          "id, space_id, name, email, email_key, roles, seat, active, availability, "
                          "availability_since, open_limit, rights_version, created_at, version",
                          row);
        sql.exec("INSERT INTO inbox_member (inbox_id, user_id, role) VALUES (:inbox, :user, 0)", kInbox, id);
        sql.exec("INSERT INTO agent_load (user_id, open_count, last_assigned_at) VALUES (:user, 0, 0)", id);
        return {};
    });
    ASSERT_TRUE(done) << done.error().message;
}

Principal DeskTest::principal(UserId user, std::vector<std::string> roles, std::set<InboxId> inboxes, bool seat) {
    Principal p;
    p.user_id = user;
    p.space_id = kSpace;
    p.permissions = effective_permissions(roles, seat);
    p.inboxes = std::move(inboxes);
    return p;
}

Conversation DeskTest::conversation(std::string address) {
    auto made = write([=](store::Write& w) -> Result<Conversation> {
        auto& sql = w.sql();
        Contact contact;
        contact.id = {w.next_id()};
        contact.space_id = kSpace;
        contact.name = "Customer " + address;
        contact.search_text = search_text_of(contact);
        contact.created_at = w.now();
        const Identity identity{{w.next_id()}, kAccount, address, crypto::sha256_hex(address), contact.id, w.now()};
        sql.insert(contact);
        sql.insert(identity);
        Conversation c;
        c.id = {w.next_id()};
        c.space_id = kSpace;
        c.inbox_id = kInbox;
        c.account_id = kAccount;
        c.identity_id = identity.id;
        c.contact_id = contact.id;
        c.open_key = store::open_key_of(identity.id, "");
        c.created_at = c.updated_at = c.last_activity_at = w.now();
        c.version = 0;
        c.status = ConversationStatus::closed;
        sql.insert(c);
        Change change(w, c);
        change.now.status = ConversationStatus::active;
        change.now.unread_count = 1;
        change.now.waiting_since = w.now();
        Entry e;
        e.author_id = contact.id.value;
        e.text = "hello";
        change.add(e);
        change.event("conversation.created", 0);
        change.commit();
        return change.now;
    });
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    return *made;
}

Conversation DeskTest::reload(ConversationId id) {
    return read([=](store::Session& sql) { return *store::find_conversation(sql, id); });
}
std::vector<Entry> DeskTest::timeline(ConversationId id) {
    return read([=](store::Session& sql) { return store::page_before(sql, id, 0, 100, true).rows; });
}
std::int64_t DeskTest::load_of(UserId user) {
    return read([=](store::Session& sql) {
        return sql.one<std::int64_t>("SELECT open_count FROM agent_load WHERE user_id = :u", user).value_or(-1);
    });
}
bool DeskTest::waits(ConversationId id) {
    return read([=](store::Session& sql) {
        return sql.one<std::int64_t>("SELECT COUNT(*) FROM routing_wait WHERE conversation_id = :c", id).value_or(0) ==
               1;
    });
}

}  // namespace usher::desk::testing
