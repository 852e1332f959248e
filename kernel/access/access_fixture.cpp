#include "access/access_fixture.hpp"

#include "foundation/text.hpp"
#include "store/event_rows.hpp"

namespace usher::access::testing {

void AccessTest::SetUp() {
    StoreTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    restart({kAdminEmail, kAdminPassword, kAdminKey});
}

void AccessTest::TearDown() {
    if (access_)
        run([](Access& access) -> Task<bool> {
            co_await access.stop();
            co_return true;
        }(*access_));
    access_.reset();
    StoreTest::TearDown();
}

void AccessTest::restart(Presets presets) {
    if (access_)
        run([](Access& access) -> Task<bool> {
            co_await access.stop();
            co_return true;
        }(*access_));
    access_ = std::make_unique<Access>(store(), clock(), threads_.get_executor());
    users_ = std::make_unique<Users>(*access_);
    keys_ = std::make_unique<ApiKeys>(*access_);
    inboxes_ = std::make_unique<Inboxes>(*access_, [](std::string_view id) { return id == "org.example.best"; });
    good(access_->start(std::move(presets)));
}

Principal AccessTest::principal(UserId user) {
    return *good(access().principal(user));
}

Principal AccessTest::admin() {
    const auto row = good(store().read([](store::Session& sql) -> Result<std::optional<User>> {
        return store::find_user_by_email(sql, kAdminEmail);
    }));
    return principal(row->id);
}

std::string AccessTest::email_of(const std::string& name) {
    std::string out = lower_ascii(name);
    for (char& c : out) c = c == ' ' ? '.' : c;
    return out + "@example.test";
}

SignedIn AccessTest::person(const std::string& name, std::vector<std::string> roles, std::optional<bool> seat) {
    const auto made = good(users().invite(admin(), {name, email_of(name), std::move(roles), seat}));
    return good(access().accept_invitation(made.token, std::nullopt, password_of(name)));
}

InboxId AccessTest::default_inbox() {
    for (const auto& shown : good(inboxes().list(admin()))) {
        if (shown.inbox.default_key) return shown.inbox.id;
    }
    return {};
}

InboxId AccessTest::inbox(const std::string& name) {
    return good(inboxes().create(admin(), [name](Inbox& row, bool&, Faults&) { row.name = name; })).inbox.id;
}

void AccessTest::add_member(InboxId id, UserId user, MemberRole role) {
    good(inboxes().add_member(admin(), id, {user, role}));
}

std::vector<std::string> AccessTest::event_types() {
    return good(store().read([](store::Session& sql) {
        std::vector<std::string> out;
        for (const auto& stream : store::read_streams(sql)) {
            for (const auto& event : store::read_events(sql, stream.slot, 0, 10'000)) out.push_back(event.type);
        }
        return out;
    }));
}

}  // namespace usher::access::testing
