#include "automation/actions.hpp"

#include "desk/desk_fixture.hpp"

namespace usher::automation {
namespace {

class Actions : public desk::testing::DeskTest {
protected:
    void assign(ConversationId id, UserId user) {
        const std::string actions = R"([{"type":"assign","user_id":")" + to_string(user) + R"("}])";
        ASSERT_TRUE(write([=](store::Write& w) { return carry_out(w, "bot", id, actions); }));
    }
};
USHER_ON_EVERY_DATABASE(Actions);

TEST_P(Actions, AResponderAssignsOnlyWhoMayHoldIt) {
    const auto c = conversation();
    add_user({710}, "Vera", {"viewer"});
    assign(c.id, {710});
    EXPECT_FALSE(reload(c.id).assignee_id) << "a viewer's role";
    ASSERT_TRUE(write([](store::Write& w) { w.sql().exec("UPDATE users SET seat = 0 WHERE id = :id", kAnna); }));
    assign(c.id, kAnna);
    EXPECT_FALSE(reload(c.id).assignee_id) << "no seat";
    ASSERT_TRUE(
        write([](store::Write& w) { w.sql().exec("UPDATE inbox_member SET role = 2 WHERE user_id = :id", kBen); }));
    assign(c.id, kBen);
    EXPECT_FALSE(reload(c.id).assignee_id) << "a viewer of this inbox";
    EXPECT_EQ(reload(c.id).version, c.version);
    ASSERT_TRUE(
        write([](store::Write& w) { w.sql().exec("UPDATE inbox_member SET role = 0 WHERE user_id = :id", kBen); }));
    assign(c.id, kBen);
    EXPECT_EQ(reload(c.id).assignee_id, kBen);
}

}  // namespace
}  // namespace usher::automation
