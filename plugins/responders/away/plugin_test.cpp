// When the absent answer, and when they keep quiet: waits, delays, working hours, events that come twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <usher/fake_instance.hpp>

using namespace usher::sdk;
namespace json = boost::json;

namespace {

/// An event as the kernel hands it out; the members are what the tests vary.
struct Event {
    std::string type = "message.received", message = "m-1", author = "contact", token{}, status = "active";
    bool open_now = true, human_replied = false, enabled = true, only_outside = false;
    int delay_s = 30;
    std::string say = "One moment please.", say_outside{};
    std::string conversation = "482000";

    std::string text() const {
        json::object event{
            {"v", 1},
            {"type", type},
            {"at", 1'795'165'529'871'000},
            {"conversation", json::object{{"id", conversation}, {"inbox_id", "3"}, {"status", status}}},
            {"inbox",
             json::object{{"id", "3"},
                          {"working_hours", json::object{{"enabled", true}}},
                          {"outside_hours_message", say_outside},
                          {"auto_responder",
                           json::object{{"enabled", enabled},
                                        {"message", say},
                                        {"delay_seconds", delay_s},
                                        {"conditions", json::object{{"outside_working_hours", only_outside}}}}}}},
            {"open_now", open_now}};
        if (type == "timer") {
            event["token"] = token;
            event["human_replied_since"] = human_replied;
        } else {
            event["message"] = json::object{
                {"id", message}, {"direction", author == "contact" ? "inbound" : "outbound"}, {"author_type", author}};
        }
        return json::serialize(event);
    }
};

constexpr char kNothing[] = "[]";
constexpr char kWait[] = R"([{"type":"wait","delay_s":30,"token":"wait:m-1"}])";
constexpr char kReply[] = R"([{"type":"reply","text":"One moment please."}])";

struct Away : testing::Test {
    FakeHost host;
    FakeInstance away{host, usher_plugin_entry_v0, "away"};
    std::string tell(const Event& event) {
        const auto actions = away.respond(event.text());
        return actions ? *actions : "refused: " + actions.failure().error;
    }
    Event timer(std::string token = "wait:m-1") const { return {.type = "timer", .token = std::move(token)}; }
    void TearDown() override { EXPECT_THAT(host.violations(), testing::IsEmpty()); }
};

}  // namespace

TEST_F(Away, WaitsThenRepliesWhereNobodyHas) {  // proves S4-08
    EXPECT_EQ(tell({}), kWait);
    EXPECT_EQ(tell(timer()), kReply);
}

TEST_F(Away, RepliesAtOnceWithoutADelay) {
    EXPECT_EQ(tell({.delay_s = 0}), kReply);
}

TEST_F(Away, KeepsQuietWhenAHumanRepliedMeanwhile) {
    EXPECT_EQ(tell({}), kWait);
    Event over = timer();
    over.human_replied = true;
    EXPECT_EQ(tell(over), kNothing);
}

TEST_F(Away, AnswersOncePerWait) {
    EXPECT_EQ(tell({}), kWait);
    EXPECT_EQ(tell({.message = "m-2"}), kNothing) << "a second message of the same wait";
    EXPECT_EQ(tell(timer()), kReply);
    EXPECT_EQ(tell({.message = "m-3"}), kNothing) << "still nobody has written";
}

TEST_F(Away, AnAgentsMessageEndsTheWaitAndTheNextOneIsANewOne) {
    EXPECT_EQ(tell({}), kWait);
    EXPECT_EQ(tell({.type = "message.created", .message = "m-2", .author = "agent"}), kNothing);
    EXPECT_EQ(tell(timer()), kNothing) << "that wait is over, whatever the timer says";
    EXPECT_EQ(tell({.message = "m-3"}), R"([{"type":"wait","delay_s":30,"token":"wait:m-3"}])");
    EXPECT_EQ(tell(timer("wait:m-3")), kReply);
}

TEST_F(Away, ItsOwnReplyDoesNotEndTheWait) {
    tell({});
    EXPECT_EQ(tell(timer()), kReply);
    EXPECT_EQ(tell({.type = "message.created", .message = "m-2", .author = "bot"}), kNothing);
    EXPECT_EQ(tell({.message = "m-3"}), kNothing);
}

TEST_F(Away, ASolvedConversationEndsTheWait) {
    tell({});
    EXPECT_EQ(tell({.type = "conversation.status", .status = "solved"}), kNothing);
    EXPECT_EQ(tell(timer()), kNothing);
    EXPECT_TRUE(host.kv.empty()) << "nothing is left behind";
}

TEST_F(Away, TheSameEventAgainGetsTheSameAnswer) {
    EXPECT_EQ(tell({}), kWait);
    EXPECT_EQ(tell({}), kWait) << "the kernel went down before it committed the first answer";
    EXPECT_EQ(tell(timer()), kReply);
    EXPECT_EQ(tell(timer()), kReply);
}

TEST_F(Away, OnlyOutsideWorkingHoursWhereThatIsTheCondition) {
    EXPECT_EQ(tell({.open_now = true, .only_outside = true}), kNothing);
    EXPECT_EQ(tell({.open_now = false, .only_outside = true}), kWait);
}

TEST_F(Away, ConditionsAreLookedAtAgainAfterTheDelay) {
    EXPECT_EQ(tell({.open_now = false, .only_outside = true}), kWait);
    Event opened = timer();
    opened.only_outside = true;
    EXPECT_EQ(tell(opened), kNothing) << "the office opened meanwhile";
    tell({.message = "m-2", .open_now = false});
    Event off = timer("wait:m-2");
    off.enabled = false;
    EXPECT_EQ(tell(off), kNothing) << "turned off meanwhile";
}

TEST_F(Away, ALaterMessageStartsTheWaitWhenTheConditionsHoldOnlyThen) {
    EXPECT_EQ(tell({.open_now = true, .only_outside = true}), kNothing) << "17:59";
    EXPECT_EQ(tell({.message = "m-2", .open_now = false, .only_outside = true, .delay_s = 0}), kReply) << "18:05";
}

TEST_F(Away, OutsideHoursItSaysWhatIsSetForThat) {  // proves S4-22
    EXPECT_EQ(tell({.open_now = false, .delay_s = 0, .say_outside = "Back at nine."}),
              R"([{"type":"reply","text":"Back at nine."}])");
    EXPECT_EQ(tell({.open_now = true, .delay_s = 0, .say_outside = "Back at nine.", .conversation = "2"}), kReply);
    EXPECT_EQ(tell({.open_now = false, .delay_s = 0, .conversation = "3"}), kReply);
}

TEST_F(Away, IsQuietWhereItIsOffOrHasNothingToSay) {
    EXPECT_EQ(tell({.enabled = false}), kNothing);
    EXPECT_EQ(tell({.say = ""}), kNothing);
    EXPECT_TRUE(host.kv.empty());
}

TEST_F(Away, ConversationsDoNotShareTheirWaits) {
    EXPECT_EQ(tell({}), kWait);
    EXPECT_EQ(tell({.conversation = "482001"}), kWait);
}

TEST_F(Away, LeavesWhatItDoesNotKnowAlone) {
    EXPECT_EQ(tell({.type = "conversation.tags"}), kNothing);
    EXPECT_EQ(tell(timer("somebody-elses")), kNothing);
    EXPECT_EQ(*away.respond(R"({"v":1,"type":"agent.availability","user_id":"7"})"), kNothing);
    EXPECT_EQ(*away.respond(R"({"type":"message.received","conversation":{"id":"1"},"inbox":null})"), kNothing);
}

TEST_F(Away, AnEventThatIsNoJsonIsRefused) {
    EXPECT_EQ(away.respond("{").failure().error, "away: an event that is no JSON object");
}
