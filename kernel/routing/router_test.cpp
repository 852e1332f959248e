#include "routing/router.hpp"

#include <boost/asio/system_executor.hpp>

#include "desk/assignment.hpp"
#include "desk/conversations.hpp"
#include "desk/desk_fixture.hpp"
#include "model/inbox.hpp"

namespace usher::routing {
namespace {

using namespace std::chrono_literals;

/// Without strategy plugins: the kernel's own order decides among those who may take it.
class Routing : public desk::testing::DeskTest {
protected:
    int pass() {
        Router router(store(), registry_, clock(), asio::system_executor(), options());
        return usher::store::testing::run(router.pass());
    }
    Router::Options options() {
        Router::Options o;
        o.connected = [this](UserId user) { return !gone_.contains(user); };
        return o;
    }
    UserId assignee(ConversationId id) { return reload(id).assignee_id; }
    void set_availability(UserId user, Availability to) {
        ASSERT_TRUE(write([=](store::Write& w) -> Result<void> {
            w.sql().exec("UPDATE users SET availability = :to WHERE id = :id", to, user);
            return {};
        }));
    }
    void set_rules(const AssignmentRules& rules) {
        ASSERT_TRUE(write([=](store::Write& w) -> Result<void> {
            w.sql().exec("UPDATE inbox SET assignment_rules = :rules WHERE id = :id", rules, kInbox);
            return {};
        }));
    }
    /// A strategy that chooses by what it is told of the conversation.
    void strategy_that(const std::string& chooses) {
        plugins::InstanceSpec spec;
        spec.ref = {.id = "scripted_strategy", .channel = "scripted_strategy", .kind = plugins::Kind::strategy};
        spec.name = "Scripted";
        spec.config["choose"] = chooses;
        if (registry_.plugins().empty()) {
            auto loaded =
                registry_.load_library(USHER_TEST_PLUGINS "/usher-test-scripted.so", config::Isolation::in_process);
            ASSERT_TRUE(loaded) << loaded.error().message;
        } else {
            ASSERT_TRUE(usher::store::testing::run(registry_.remove(plugins::Kind::strategy, spec.ref.id)));
        }
        auto added = usher::store::testing::run(registry_.add(spec));
        ASSERT_TRUE(added) << added.error().message;
        auto start = [this]() -> Task<int> {
            co_await registry_.start();
            co_return 0;
        };
        usher::store::testing::run(start());
    }
    void TearDown() override {
        auto stop = [this]() -> Task<int> {
            co_await registry_.stop(10s);
            co_return 0;
        };
        usher::store::testing::run(stop());
        DeskTest::TearDown();
    }
    void close(ConversationId id) {
        ASSERT_TRUE(write([=, this](store::Write& w) {
            return desk::set_status(w, supervisor(), id, ConversationStatus::closed, std::nullopt);
        }));
    }
    /// A new conversation of the same contact.
    Conversation next_of(const Conversation& c) {
        auto made = write([=](store::Write& w) -> Result<Conversation> {
            Conversation row = c;
            row.id = {w.next_id()};
            row.open_key = "next:" + to_string(row.id);
            row.status = ConversationStatus::unanswered;
            row.assignee_id = {};
            row.last_seq = 0;
            row.version = 0;
            w.sql().insert(row);
            desk::Change change(w, row);
            change.now.status = ConversationStatus::active;
            change.commit();
            return change.now;
        });
        EXPECT_TRUE(made) << (made ? "" : made.error().message);
        return *made;
    }
    plugins::Registry registry_{plugins::Registry::Options{}, plugins::Sinks{}};
    std::set<UserId> gone_;
};
USHER_ON_EVERY_DATABASE(Routing);

// proves S3-15 S3-22
TEST_P(Routing, SpreadsConversationsOverTheAvailableOldestFirst) {
    std::vector<Conversation> all;
    for (int i = 0; i < 4; ++i) {
        clock().advance(1s);
        all.push_back(conversation("c" + std::to_string(i)));
    }
    clock().advance(1s);
    EXPECT_EQ(pass(), 4);
    EXPECT_EQ(load_of(kAnna), 2);
    EXPECT_EQ(load_of(kBen), 2);
    EXPECT_EQ(assignee(all[0].id), kAnna);
}

// proves S3-23 S3-26
TEST_P(Routing, WaitsWhileNobodyIsThereAndIsServedWhenSomebodyTurnsAvailable) {
    set_availability(kAnna, Availability::away);
    gone_.insert(kBen);
    const auto first = conversation("c1");
    clock().advance(1s);
    const auto second = conversation("c2");
    EXPECT_EQ(pass(), 0);
    EXPECT_TRUE(waits(first.id));
    set_availability(kAnna, Availability::available);
    EXPECT_EQ(pass(), 2);
    EXPECT_EQ(assignee(first.id), kAnna);
    EXPECT_FALSE(waits(second.id));
}

TEST_P(Routing, NobodyGetsMoreThanTheirLimit) {
    set_availability(kBen, Availability::offline);
    for (int i = 0; i < 7; ++i) conversation("c" + std::to_string(i));
    EXPECT_EQ(pass(), 5);
    EXPECT_EQ(load_of(kAnna), 5);
    EXPECT_EQ(pass(), 0);
}

// proves S4-05 S3-18
TEST_P(Routing, ManualLeavesThemUnassigned) {
    AssignmentRules rules;
    rules.type = "manual";
    set_rules(rules);
    const auto c = conversation();
    EXPECT_EQ(pass(), 0);
    EXPECT_TRUE(waits(c.id));
}

// proves S4-06
TEST_P(Routing, TheFallbackUserGetsWhatNobodyQualifiesFor) {
    set_availability(kAnna, Availability::away);
    set_availability(kBen, Availability::away);
    AssignmentRules rules;
    rules.fallback_user_id = kBen;
    set_rules(rules);
    const auto c = conversation();
    EXPECT_EQ(pass(), 1);
    EXPECT_EQ(assignee(c.id), kBen);
}

// proves S3-17
TEST_P(Routing, InSequenceRegardlessOfAvailability) {
    set_availability(kAnna, Availability::offline);
    set_availability(kBen, Availability::offline);
    AssignmentRules rules;
    rules.only_available = false;
    set_rules(rules);
    conversation("c1");
    conversation("c2");
    EXPECT_EQ(pass(), 2);
    EXPECT_EQ(load_of(kAnna), 1);
}

// proves S3-19 S3-20 S3-34
TEST_P(Routing, TheOwnerOfAContactComesFirstEvenWhileAway) {
    set_availability(kBen, Availability::away);
    AssignmentRules rules;
    rules.advanced.enabled = true;
    set_rules(rules);
    const auto c = conversation();
    ASSERT_TRUE(write([=](store::Write& w) -> Result<void> {
        w.sql().exec("UPDATE contact SET owner_id = :owner WHERE id = :id", kBen, c.contact_id);
        return {};
    }));
    EXPECT_EQ(pass(), 1);
    EXPECT_EQ(assignee(c.id), kBen);
}

TEST_P(Routing, AnOwnersConversationDoesNotWaitBehindThoseThatNobodyTakes) {
    AssignmentRules rules;
    rules.type = "manual";
    rules.advanced.enabled = true;
    set_rules(rules);
    const auto first = conversation("c1");
    clock().advance(1s);
    const auto owned = conversation("c2");
    const auto own = [&](UserId owner) {
        ASSERT_TRUE(write([=](store::Write& w) -> Result<void> {
            w.sql().exec("UPDATE contact SET owner_id = :owner WHERE id = :id", owner, owned.contact_id);
            return {};
        }));
    };
    add_user({720}, "Gone", {"agent"});
    ASSERT_TRUE(write([](store::Write& w) -> Result<void> {
        w.sql().exec("UPDATE users SET active = 0 WHERE id = 720");
        return {};
    }));
    own({720});
    EXPECT_EQ(pass(), 0) << "nothing is given to somebody who is deactivated";
    own(kBen);
    EXPECT_EQ(pass(), 1);
    EXPECT_EQ(assignee(owned.id), kBen);
    EXPECT_TRUE(waits(first.id));
}

// proves S3-21
TEST_P(Routing, WhoHandledTheContactBeforeComesNextIfTheyAreThere) {
    AssignmentRules rules;
    rules.advanced.enabled = true;
    rules.advanced.previous_agent = true;
    set_rules(rules);
    const auto first = conversation();
    ASSERT_TRUE(write([=, this](store::Write& w) { return desk::claim(w, ben(), first.id); }));
    close(first.id);
    clock().advance(1s);
    const auto second = next_of(first);
    EXPECT_EQ(pass(), 1);
    EXPECT_EQ(assignee(second.id), kBen) << "Anna's turn, but Ben knows them";
    close(second.id);
    set_availability(kBen, Availability::away);
    clock().advance(1s);
    const auto third = next_of(first);
    EXPECT_EQ(pass(), 1);
    EXPECT_EQ(assignee(third.id), kAnna) << "only if online";
}

TEST_P(Routing, WhoGaveItBackDoesNotGetItAgainAsThePreviousAgent) {
    AssignmentRules rules;
    rules.type = "manual";
    rules.advanced.enabled = true;
    rules.advanced.previous_agent = true;
    set_rules(rules);
    const auto first = conversation();
    ASSERT_TRUE(write([=, this](store::Write& w) { return desk::claim(w, ben(), first.id); }));
    close(first.id);
    clock().advance(1s);
    const auto second = next_of(first);
    EXPECT_EQ(pass(), 1);
    ASSERT_TRUE(write([=, this](store::Write& w) { return desk::assign(w, ben(), second.id, {.user = UserId{}}); }));
    EXPECT_EQ(pass(), 0);
    EXPECT_TRUE(waits(second.id));
}

TEST_P(Routing, AStrategyIsToldWhyItWaitsWhoOwnsAndWhoHadIt) {
    AssignmentRules rules;
    rules.type = "scripted_strategy";
    set_rules(rules);
    const auto first = conversation();
    strategy_that("reason=returned");
    EXPECT_EQ(pass(), 0) << "it is new";
    strategy_that("reason=new");
    EXPECT_EQ(pass(), 1);
    const UserId holder = assignee(first.id);
    ASSERT_TRUE(write([=](store::Write& w) { return desk::return_to_queue(w, first.id, holder); }));
    strategy_that("previous_assignee_id=" + to_string(holder));
    EXPECT_EQ(pass(), 1);
    ASSERT_TRUE(write([=, this](store::Write& w) { return desk::return_to_queue(w, first.id, assignee(first.id)); }));
    ASSERT_TRUE(write([=](store::Write& w) -> Result<void> {
        w.sql().exec("UPDATE contact SET owner_id = :owner WHERE id = :id", kBen, first.contact_id);
        return {};
    }));
    strategy_that("owner_id=702");
    EXPECT_EQ(pass(), 1);
}

TEST_P(Routing, WithoutALimitNobodyIsFull) {
    set_availability(kBen, Availability::offline);
    ASSERT_TRUE(write([](store::Write& w) -> Result<void> {
        w.sql().exec("UPDATE users SET open_limit = 0 WHERE id = :id", kAnna);
        return {};
    }));
    for (int i = 0; i < 7; ++i) conversation("c" + std::to_string(i));
    EXPECT_EQ(pass(), 7);
    EXPECT_EQ(load_of(kAnna), 7);
}

// proves S4-07
TEST_P(Routing, OutsideWorkingHoursNobodyIsGivenAnything) {
    AssignmentRules rules;  // the test's clock stands at 2023-11-14 22:13 UTC, a Tuesday
    rules.working_hours = *from_json<WorkingHours>(
        *parse_json(R"({"enabled":true,"timezone":"UTC","schedule":{"tuesday":{"start":"09:00","end":"22:00"}}})"));
    set_rules(rules);
    const auto c = conversation();
    EXPECT_EQ(pass(), 0);
    rules.working_hours->schedule["tuesday"]->slots[0].end = "23:00";
    set_rules(rules);
    EXPECT_EQ(pass(), 1);
    EXPECT_FALSE(waits(c.id));
}

TEST_P(Routing, TheDecisionIsKeptWithItsReasons) {
    set_availability(kBen, Availability::away);
    const auto c = conversation();
    pass();
    const auto decision = read([=](store::Session& sql) {
        return *sql.one<json::object>("SELECT decision FROM routing_decision WHERE conversation_id = :id", c.id);
    });
    EXPECT_EQ(write_json(decision.at("userId")), "\"701\"");
    EXPECT_EQ(write_json(decision.at("excluded")), R"([{"userId":"702","reason":"away"}])");
}

}  // namespace
}  // namespace usher::routing
