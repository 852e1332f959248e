#include <gmock/gmock.h>

#include "access/access_fixture.hpp"
#include "store/repositories/conversations.hpp"

namespace usher::access {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class InboxesTest : public testing::AccessTest {
protected:
    Error refused(InboxId id, Inboxes::Edit edit, std::optional<std::int64_t> if_match = {}) {
        return bad(inboxes().update(admin(), id, if_match, std::move(edit)));
    }
    static std::vector<std::string> paths(const Error& error) {
        std::vector<std::string> out;
        for (const auto& detail : error.details) out.push_back(detail.path);
        return out;
    }
    Conversation conversation(InboxId inbox, ConversationStatus status) {
        Conversation c;
        c.space_id = {1};
        c.inbox_id = inbox;
        c.account_id = {1};
        c.identity_id = {1};
        c.contact_id = {1};
        c.status = status;
        c.created_at = c.updated_at = c.last_activity_at = clock().now();
        return good(store().write([c](store::Write& write) -> Result<Conversation> {
            Conversation row = c;
            row.id = {write.next_id()};
            store::insert_conversation(write.sql(), row);
            return row;
        }));
    }
    void entry(const Conversation& c, AuthorType author, UserId user, Time at, std::int64_t seq) {
        good(store().write([=](store::Write& write) -> Result<void> {
            Entry e;
            e.id = {write.next_id()};
            e.conversation_id = c.id;
            e.seq = seq;
            e.author_type = author;
            e.author_id = user.value;
            e.direction = author == AuthorType::contact ? Direction::inbound : Direction::outbound;
            e.status = MessageStatus::sent;
            e.created_at = at;
            write.sql().insert(e);
            return {};
        }));
    }
    void update(Conversation c) {
        good(store().write([c](store::Write& write) -> Result<void> {
            store::update_conversation(write.sql(), c);
            return {};
        }));
    }
};
USHER_ON_EVERY_DATABASE(InboxesTest);

TEST_P(InboxesTest, EachHasAForwardingAddressOfItsOwn) {  // proves S4-26
    const auto one = good(inboxes().get(admin(), inbox("One"))).inbox.forwarding_address;
    const auto two = good(inboxes().get(admin(), inbox("Two"))).inbox.forwarding_address;
    EXPECT_NE(one, two);
    EXPECT_THAT(one, HasSubstr("@"));
}

TEST_P(InboxesTest, OneIsTheDefault) {  // proves S4-04 S1-03
    const InboxId first = default_inbox(), second = inbox("Second");
    EXPECT_EQ(paths(refused(first, [](Inbox&, bool& is_default, Faults&) { is_default = false; })),
              std::vector<std::string>{"/isDefault"});
    good(inboxes().update(admin(), second, {}, [](Inbox&, bool& is_default, Faults&) { is_default = true; }));
    EXPECT_EQ(default_inbox(), second);
    EXPECT_EQ(good(inboxes().get(admin(), first)).inbox.default_key, SpaceId{});
}

TEST_P(InboxesTest, WhatRulesNameMustExist) {  // proves S4-05 S4-06 S4-10
    const auto error = refused(inbox("Rules"), [](Inbox& row, bool&, Faults&) {
        row.assignment_rules.type = "roundrobin";
        row.assignment_rules.fallback_user_id = {999'999};
        row.routing_rules.push_back({{UrlCondition{"/x"}, {}, {}}, {999'998}});
    });
    EXPECT_EQ(error.code, Errc::validation);
    EXPECT_THAT(paths(error), UnorderedElementsAre("/assignmentRules/type", "/assignmentRules/fallbackUserId",
                                                   "/routingRules/0/inboxId"));
    good(inboxes().update(admin(), inbox("Best"), {},
                          [](Inbox& row, bool&, Faults&) { row.assignment_rules.type = "org.example.best"; }));
}

TEST_P(InboxesTest, AStaleChangeIsRefused) {
    const InboxId id = inbox("Contended");
    good(inboxes().update(admin(), id, 1, [](Inbox& row, bool&, Faults&) { row.description = "first"; }));
    const auto stale = refused(
        id, [](Inbox& row, bool&, Faults&) { row.description = "second"; }, 1);
    EXPECT_EQ(stale.code, Errc::precondition);
    EXPECT_EQ(good(inboxes().get(admin(), id)).inbox.description, "first");
    EXPECT_EQ(good(inboxes().get(admin(), id)).inbox.version, 2);
}

TEST_P(InboxesTest, AChangeThatChangesNothingKeepsTheVersion) {
    const InboxId id = inbox("Same");
    good(inboxes().update(admin(), id, {}, [](Inbox&, bool&, Faults&) {}));
    EXPECT_EQ(good(inboxes().get(admin(), id)).inbox.version, 1);
}

TEST_P(InboxesTest, TheSameCreationAgainMakesOne) {
    const store::IdempotencyKey key{std::string(64, '1'), std::string(64, '2')};
    const auto edit = [](Inbox& row, bool&, Faults&) { row.name = "Once"; };
    EXPECT_EQ(good(inboxes().create(admin(), edit, key)).inbox.id, good(inboxes().create(admin(), edit, key)).inbox.id);
    EXPECT_EQ(good(inboxes().list(admin())).size(), 2u);
}

TEST_P(InboxesTest, DeletingLetsGoOfRulesMembersAndRights) {  // proves S4-32
    const InboxId doomed = inbox("Doomed");
    const UserId anna = person("Anna", {"agent"}).caller.principal->user_id;
    add_member(doomed, anna);
    good(inboxes().update(admin(), default_inbox(), {}, [doomed](Inbox& row, bool&, Faults&) {
        row.routing_rules.push_back({{UrlCondition{"/x"}, {}, {}}, doomed});
    }));
    const auto rights = principal(anna).rights_version;
    good(inboxes().remove(admin(), doomed));
    EXPECT_EQ(bad(inboxes().get(admin(), doomed)).code, Errc::not_found);
    EXPECT_TRUE(good(inboxes().get(admin(), default_inbox())).inbox.routing_rules.empty());
    EXPECT_GT(principal(anna).rights_version, rights);
    EXPECT_TRUE(principal(anna).inboxes.empty());
}

TEST_P(InboxesTest, TheDefaultOneAndOneWithConversationsStay) {  // proves S4-32 S1-03
    EXPECT_THAT(bad(inboxes().remove(admin(), default_inbox())).message, HasSubstr("default"));
    const InboxId full = inbox("Full");
    conversation(full, ConversationStatus::closed);
    EXPECT_EQ(bad(inboxes().remove(admin(), full)).reason, "inbox_not_empty");
}

// ---- who may

TEST_P(InboxesTest, ItsAdminManagesItAndAnAgentDoesNot) {  // proves S4-16 S4-17
    const InboxId mine = inbox("Mine"), other = inbox("Other");
    const UserId lead = person("Lars", {"agent"}).caller.principal->user_id;
    const UserId agent = person("Abel", {"agent"}).caller.principal->user_id;
    add_member(mine, lead, MemberRole::admin);
    add_member(mine, agent);
    const auto edit = [](Inbox& row, bool&, Faults&) { row.description = "by its admin"; };
    good(inboxes().update(principal(lead), mine, {}, edit));
    EXPECT_EQ(bad(inboxes().update(principal(agent), mine, {}, edit)).code, Errc::forbidden);
    EXPECT_EQ(bad(inboxes().update(principal(lead), other, {}, edit)).code, Errc::not_found);
    EXPECT_EQ(bad(inboxes().create(principal(lead), edit)).code, Errc::forbidden);
    EXPECT_EQ(bad(inboxes().remove(principal(lead), mine)).code, Errc::forbidden);
    good(inboxes().stats(principal(agent), mine));
    EXPECT_EQ(bad(inboxes().stats(principal(agent), other)).code, Errc::not_found);
}

TEST_P(InboxesTest, AnAdminWithoutASeatManagesNothing) {  // proves S0-27
    const InboxId mine = inbox("Mine");
    const UserId lead = person("Lars", {"agent"}).caller.principal->user_id;
    add_member(mine, lead, MemberRole::admin);
    good(users().set_seat(admin(), lead, false));
    EXPECT_EQ(bad(inboxes().update(principal(lead), mine, {}, [](Inbox&, bool&, Faults&) {})).code, Errc::forbidden);
}

// ---- members

TEST_P(InboxesTest, MembersComeChangeAndGo) {  // proves S4-15 S4-33 S4-34 S4-35
    const InboxId id = inbox("Staffed");
    const UserId anna = person("Anna", {"agent"}).caller.principal->user_id;
    const auto rights = principal(anna).rights_version;
    add_member(id, anna);
    add_member(id, anna, MemberRole::admin);
    EXPECT_EQ(principal(anna).rights_version, rights + 2);
    EXPECT_TRUE(principal(anna).admin_inboxes.contains(id));
    const auto members = good(inboxes().members(admin(), id));
    ASSERT_EQ(members.size(), 1u);
    EXPECT_EQ(members[0].email, email_of("Anna"));
    EXPECT_EQ(paths(bad(inboxes().add_member(admin(), id, {UserId{999'999}, MemberRole::agent}))),
              std::vector<std::string>{"/userId"});
    good(inboxes().remove_member(admin(), id, anna));
    EXPECT_EQ(bad(inboxes().remove_member(admin(), id, anna)).code, Errc::not_found);
    EXPECT_FALSE(principal(anna).inboxes.contains(id));
}

TEST_P(InboxesTest, AvailabilityIsPerMembership) {  // proves S4-18
    const InboxId one = inbox("One"), two = inbox("Two");
    const UserId anna = person("Anna", {"agent"}).caller.principal->user_id;
    add_member(one, anna);
    add_member(two, anna);
    const auto shown = [&](InboxId id) { return good(inboxes().members(admin(), id))[0].availability; };
    good(inboxes().set_availability(principal(anna), one, anna, Availability::available));
    EXPECT_EQ(shown(one), Availability::available);
    EXPECT_EQ(shown(two), Availability::away);
    good(inboxes().set_availability(admin(), two, anna, Availability::offline));
    good(users().set_availability(principal(anna), anna, Availability::available));
    EXPECT_EQ(shown(two), Availability::offline);  // what somebody set there holds
    good(users().set_availability(principal(anna), anna, Availability::away));
    EXPECT_EQ(shown(one), Availability::away);  // who is away is away everywhere
    const UserId ben = person("Ben", {"agent"}).caller.principal->user_id;
    add_member(one, ben);
    EXPECT_EQ(bad(inboxes().set_availability(principal(ben), one, anna, Availability::offline)).code, Errc::forbidden);
}

// ---- figures

TEST_P(InboxesTest, FiguresFollowTheirDefinitions) {  // proves S4-23 S4-24 S4-25 X-DF-01 X-DF-03
    const InboxId id = inbox("Counted");
    const UserId anna = person("Anna", {"agent"}).caller.principal->user_id;
    add_member(id, anna);
    auto stats = good(inboxes().stats(admin(), id));
    EXPECT_EQ(std::tie(stats.open_conversations, stats.unassigned_conversations, stats.conversations_today),
              std::make_tuple(0, 0, 0));
    EXPECT_FALSE(stats.avg_response_time);

    const Time now = clock().now();
    conversation(id, ConversationStatus::active);
    auto answered = conversation(id, ConversationStatus::solved);
    entry(answered, AuthorType::contact, {7}, now, 1);
    entry(answered, AuthorType::bot, {}, now + std::chrono::seconds{1}, 2);
    entry(answered, AuthorType::agent, anna, now + std::chrono::seconds{90}, 3);
    answered.assignee_id = anna;
    answered.first_response_at = now + std::chrono::seconds{90};
    answered.resolved_at = now + std::chrono::seconds{600};
    update(answered);

    stats = good(inboxes().stats(admin(), id));
    EXPECT_EQ(stats.open_conversations, 1);
    EXPECT_EQ(stats.unassigned_conversations, 1);
    EXPECT_EQ(stats.conversations_today, 2);
    EXPECT_EQ(stats.resolved_today, 1);
    EXPECT_EQ(stats.avg_response_time, 90.0);
    EXPECT_EQ(stats.avg_resolution_time, 600.0);
    EXPECT_FALSE(stats.csat);
    const auto team = good(inboxes().team_stats(admin(), id));
    ASSERT_EQ(team.size(), 1u);
    EXPECT_EQ(team[0].name, "Anna");
    EXPECT_EQ(team[0].conversations_handled, 1);
    EXPECT_EQ(team[0].avg_response_time, 90.0);

    clock().advance(std::chrono::hours{48});
    stats = good(inboxes().stats(admin(), id));
    EXPECT_EQ(stats.conversations_today, 0);
    EXPECT_EQ(stats.resolved_today, 0);
}

TEST(StartOfDay, IsTheInboxsOwn) {
    const Time noon = *parse_rfc3339("2026-07-14T12:00:00Z");
    EXPECT_EQ(format_rfc3339(start_of_day(noon, "UTC")), "2026-07-14T00:00:00.000Z");
    EXPECT_EQ(format_rfc3339(start_of_day(noon, "Europe/Paris")), "2026-07-13T22:00:00.000Z");
    EXPECT_EQ(format_rfc3339(start_of_day(noon, "Pacific/Auckland")), "2026-07-14T12:00:00.000Z");
    EXPECT_EQ(format_rfc3339(start_of_day(noon, "Mars/Olympus")), "2026-07-14T00:00:00.000Z");
}

}  // namespace
}  // namespace usher::access
