#include <gtest/gtest.h>

#include "model/assignment.hpp"
#include "model/conversation.hpp"
#include "model/entry.hpp"
#include "model/inbox.hpp"
#include "model/permissions.hpp"
#include "model/visibility.hpp"

namespace usher {
namespace {

using enum ConversationStatus;

// proves S2-47 S2-48
TEST(Status, NothingGoesBackToUnanswered) {
    for (const auto from : {unanswered, active, waiting, solved, closed})
        EXPECT_FALSE(check_transition(from, unanswered)) << int(from);
    EXPECT_EQ(check_transition(closed, waiting).error().message,
              "A conversation that is closed cannot become waiting; allowed: active.");
    EXPECT_TRUE(check_transition(closed, active));
}

TEST(MessageStatusRules, ReceiptsOnlyMoveForward) {
    using enum MessageStatus;
    EXPECT_EQ(after_receipt(sent, delivered), delivered);
    EXPECT_EQ(after_receipt(read, delivered), std::nullopt);
    EXPECT_EQ(after_receipt(sent, failed), failed);
    EXPECT_EQ(after_receipt(delivered, failed), std::nullopt);
    EXPECT_EQ(after_receipt(unknown, MessageStatus::sent), MessageStatus::sent);
    EXPECT_EQ(after_receipt(undone, MessageStatus::sent), std::nullopt);
    EXPECT_EQ(after_receipt(queued, read), read);  // a receipt may come before send's own answer
}

// proves S4-10 S4-11 S4-12 S4-13 S4-14
TEST(RoutingRules, FirstMatchWinsAndClaimsCountOnlyWhereTheRuleSaysSo) {
    const auto rules = *from_json<std::vector<RoutingRule>>(*parse_json(R"([
        {"condition":{"url":{"contains":"/billing"}},"inboxId":"2"},
        {"condition":{"userAttribute":{"key":"plan","value":"enterprise"}},"inboxId":"3"},
        {"condition":{"userAttribute":{"key":"language","value":"es","unverified":true}},"inboxId":"4"},
        {"condition":{"message":{"contains":["refund","Rückgabe"]}},"inboxId":"5"}])"));
    const auto inbox = [&](RouteFacts facts) { return match_rules(rules, facts).value; };
    EXPECT_EQ(inbox({"https://x.test/Billing/1", "refund", {}, {}}), 2);
    EXPECT_EQ(inbox({"", "", {{"plan", "Enterprise"}}, {}}), 3);
    EXPECT_EQ(inbox({"", "", {}, {{"plan", "enterprise"}}}), 0);
    EXPECT_EQ(inbox({"", "", {}, {{"language", "es"}}}), 4);
    EXPECT_EQ(inbox({"", "eine RÜCKGABE bitte", {}, {}}), 5);
    EXPECT_EQ(inbox({"", "hello", {}, {}}), 0);
}

// proves S0-05 S0-13 S0-14 S0-15 S1-16
TEST(Roles, TheDefaultOnesAndTheirCombinations) {
    std::vector<std::string> ids;
    for (const auto& role : default_roles()) ids.push_back(role.id);
    EXPECT_EQ(ids,
              (std::vector<std::string>{"administrator", "inbox_setup", "agent", "analytics", "supervisor", "viewer"}));
    const auto& agent = find_default_role("agent")->permissions;
    const auto& supervisor = find_default_role("supervisor")->permissions;
    for (const auto& p : agent) EXPECT_NE(std::find(supervisor.begin(), supervisor.end(), p), supervisor.end()) << p;
    Faults faults;
    check_roles(std::vector<std::string>{"agent", "analytics"}, "/roles", faults);
    EXPECT_TRUE(faults.empty());
    check_roles(std::vector<std::string>{"agent", "supervisor", "boss"}, "/roles", faults);
    ASSERT_EQ(faults.size(), 2u);
    EXPECT_EQ(faults[0].message, "there is no role 'boss'");
}

// proves S0-26 S0-27 S0-28 S1-23 S1-24 S1-25 S1-37
TEST(Permissions, WithoutASeatOnlyTheViewIsLeft) {
    const auto names = [](std::vector<std::string> roles, bool seat) {
        const auto set = effective_permissions(roles, seat);
        return std::vector<std::string>(set.begin(), set.end());
    };
    const std::vector<std::string> view{std::string(permission::kView)};
    EXPECT_EQ(names({"agent"}, false), view);
    EXPECT_EQ(names({"supervisor"}, false), view);
    EXPECT_EQ(names({"inbox_setup"}, false), std::vector<std::string>{});
    EXPECT_TRUE(
        effective_permissions(std::vector<std::string>{"agent", "analytics"}, true).contains("inbox/analytics/live"));
}

// proves X-PM-10
TEST(Permissions, TheReferencesSpellingsResolve) {
    EXPECT_EQ(canonical_permission("contact-center/conversations/view"), permission::kView);
    EXPECT_EQ(canonical_permission("conversations/allow-assignment"), permission::kAssignOthers);
    EXPECT_EQ(canonical_permission("conversations/my-work/reply"), permission::kReply);
    EXPECT_EQ(canonical_permission("inbox/nothing"), "");
    std::set<std::string> ids;
    for (const auto& info : permission_catalogue()) {
        EXPECT_TRUE(ids.insert(info.id).second) << info.id;
        EXPECT_FALSE(info.description.empty());
    }
}

// proves S0-07 S0-09 S0-10 S0-11
TEST(Visibility, AgentsSupervisorsAndViewers) {
    const auto who = [](std::vector<std::string> roles) {
        Principal p;
        p.user_id = {7};
        p.space_id = {1};
        p.permissions = effective_permissions(roles, true);
        p.inboxes = {{10}};
        return p;
    };
    const VisibilityKey mine{{1}, {20}, {7}, {}}, theirs{{1}, {10}, {8}, {}}, foreign{{1}, {20}, {8}, {}},
        shared{{1}, {20}, {8}, {{7}}}, free{{1}, {10}, {}, {}}, space{{2}, {10}, {7}, {}};
    const auto agent = who({"agent"}), supervisor = who({"supervisor"}), viewer = who({"viewer"});
    EXPECT_TRUE(may_work(agent, mine) && may_work(agent, shared) && may_work(agent, free));
    EXPECT_TRUE(may_see(agent, theirs) && !may_work(agent, theirs));
    EXPECT_FALSE(may_see(agent, foreign));
    EXPECT_TRUE(may_work(supervisor, foreign) && !may_see(supervisor, space));
    EXPECT_TRUE(may_see(viewer, theirs) && !may_work(viewer, free) && !may_see(viewer, foreign) &&
                !may_see(viewer, shared));
}

// proves S3-16 S3-17 S3-26
TEST(Candidates, OnlyWhoIsThereAndHasRoom) {
    const std::vector<AgentSnapshot> members{
        {{1}, "A", true, true, true, true, MemberRole::agent, Availability::available, 0, 5, {}},
        {{2}, "B", true, true, true, true, MemberRole::agent, Availability::away, 0, 5, {}},
        {{3}, "C", true, true, true, true, MemberRole::agent, Availability::available, 5, 5, {}},
        {{4}, "D", true, false, true, true, MemberRole::agent, Availability::available, 0, 5, {}},
        {{5}, "E", true, true, true, false, MemberRole::agent, Availability::available, 0, 5, {}},
        {{6}, "F", true, true, true, true, MemberRole::viewer, Availability::available, 0, 5, {}}};
    const auto found = candidates({}, members);
    ASSERT_EQ(found.fit.size(), 1u);
    EXPECT_EQ(found.fit[0].id.value, 1);
    EXPECT_EQ(found.excluded[0].reason, "away");
    EXPECT_EQ(found.excluded[1].reason, "full");
    AssignmentRules anyone;
    anyone.only_available = false;
    EXPECT_EQ(candidates(anyone, members).fit.size(), 3u);
}

}  // namespace
}  // namespace usher
