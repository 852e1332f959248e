#pragma once
/// For tests of the desk and what stands on it: a database with a space, an inbox, people and an account.
#include <string>
#include <vector>

#include "desk/change.hpp"
#include "model/inbox.hpp"
#include "model/user.hpp"
#include "model/visibility.hpp"
#include "store/repositories/accounts.hpp"
#include "store/repositories/contacts.hpp"
#include "store/test_database.hpp"

namespace usher::desk::testing {

class DeskTest : public store::testing::StoreTest {
protected:
    static constexpr SpaceId kSpace{1};
    static constexpr InboxId kInbox{500};
    static constexpr InboxId kOtherInbox{501};
    static constexpr AccountKey kAccount{600};
    static constexpr UserId kAnna{701};
    static constexpr UserId kBen{702};

    void SetUp() override;

    /// Runs `f(Write&)` as a member and gives its result; fails the test when the store fails.
    template <class F>
    auto write(F f) {
        return usher::store::testing::run(store().write(std::move(f)));
    }
    template <class F>
    auto read(F f) {
        auto result = usher::store::testing::run(store().read(std::move(f)));
        EXPECT_TRUE(result) << (result ? "" : result.error().message);
        return std::move(*result);
    }

    Principal principal(UserId user, std::vector<std::string> roles, std::set<InboxId> inboxes = {kInbox},
                        bool seat = true);
    Principal anna() { return principal(kAnna, {"agent"}); }
    Principal ben() { return principal(kBen, {"agent"}); }
    Principal supervisor() { return principal({703}, {"supervisor"}, {}); }
    void add_user(UserId id, std::string name, std::vector<std::string> roles, std::int64_t open_limit = 5);
    /// An open conversation of a new contact, with one inbound message; unassigned.
    Conversation conversation(std::string address = "c1");
    Conversation reload(ConversationId id);
    std::vector<Entry> timeline(ConversationId id);
    std::int64_t load_of(UserId user);
    bool waits(ConversationId id);
};

}  // namespace usher::desk::testing
