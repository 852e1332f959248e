#include <random>

#include "desk/desk_fixture.hpp"
#include "store/repositories/conversations.hpp"

namespace usher::desk {
namespace {

class Visibility : public testing::DeskTest {};
USHER_ON_EVERY_DATABASE(Visibility);

/// The two renderers of the one rule (in memory, in SQL) agree for any person and any conversation.
TEST_P(Visibility, ListsShowExactlyWhatTheRuleAllows) {
    std::mt19937 random(20'261'120);
    const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    const std::vector<UserId> users{kAnna, kBen, {703}};
    std::vector<Conversation> all;
    for (int i = 0; i < 40; ++i) {
        auto c = conversation("c" + std::to_string(i));
        auto changed = write([&, c](store::Write& w) -> Result<Conversation> {
            Change change(w, *store::lock_conversation(w.sql(), c.id));
            change.now.inbox_id = pick(2) == 0 ? kInbox : kOtherInbox;
            change.now.assignee_id = pick(2) == 0 ? UserId{} : users[static_cast<std::size_t>(pick(3))];
            if (pick(3) == 0) change.now.participant_ids = {users[static_cast<std::size_t>(pick(3))]};
            change.commit();
            return change.now;
        });
        ASSERT_TRUE(changed) << changed.error().message;
        all.push_back(*changed);
    }
    const std::vector<std::vector<std::string>> roles{
        {"agent"}, {"viewer"}, {"supervisor"}, {"analytics"}, {"inbox_setup"}, {"agent", "analytics"}, {}};
    const std::vector<std::set<InboxId>> memberships{{}, {kInbox}, {kOtherInbox}, {kInbox, kOtherInbox}};
    for (const auto& role : roles) {
        for (const auto& inboxes : memberships) {
            for (const bool seat : {true, false}) {
                const Principal who = principal(kAnna, role, inboxes, seat);
                std::set<std::int64_t> allowed, shown;
                for (const auto& c : all) {
                    if (may_see(who, visibility_key(c))) allowed.insert(c.id.value);
                }
                const auto page = read(
                    [=](store::Session& sql) { return store::list_conversations(sql, who, {}, 100, std::nullopt); });
                for (const auto& row : page.rows) shown.insert(row.id.value);
                EXPECT_EQ(shown, allowed)
                    << (role.empty() ? "no role" : role[0]) << ", inboxes " << inboxes.size() << ", seat " << seat;
                const auto counts = read([=](store::Session& sql) { return store::count_conversations(sql, who); });
                EXPECT_EQ(counts.all.open, static_cast<std::int64_t>(allowed.size()));
                for (const auto& viewed : memberships) {
                    Principal viewer = who;
                    viewer.viewer_inboxes = viewed;
                    for (const auto& c : all) {
                        const auto key = visibility_key(c);
                        EXPECT_EQ(may_see(viewer, key), may_see(who, key)) << "a viewer sees the same";
                        const bool expected =
                            may_work(who, key) && (!viewed.contains(c.inbox_id) || who.may(permission::kManageAll));
                        EXPECT_EQ(may_work(viewer, key), expected);
                    }
                }
            }
        }
    }
}

}  // namespace
}  // namespace usher::desk
