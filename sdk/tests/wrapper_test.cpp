// The wrapper's promises to the kernel: exactly one answer to every operation, whatever the author's code does, and
// C tables that hold what was overridden and nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <usher/fake_instance.hpp>
#include <usher/plugin.hpp>

using namespace usher::sdk;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

/// A channel that does to its Done what the message's text says.
class MoodyChannel final : public Channel {
public:
    MoodyChannel(Host given, std::string_view config) : Channel(given, config) {
        if (config == R"({"broken": true})") throw ConfigError("broken: must not be true");
        if (config == R"({"throws": true})") throw std::runtime_error("no luck");
    }
    void send(Outbound message, Done<Receipt> done) override {
        if (message.text == "drop") return;
        if (message.text == "throw") throw std::runtime_error("the wire is cut");
        if (message.text == "throw int") throw 7;
        if (message.text == "twice") done(Receipt{.remote_id = "first"});
        if (message.text == "later") {
            host().timer(std::chrono::seconds(5), [done](const Result<void>& waited) {
                if (!waited) return done(waited.failure());
                done(Receipt{.remote_id = "after the timer"});
            });
            return;
        }
        if (message.text == "throw later") {
            host().post([done](const Result<void>&) { throw std::runtime_error("in the callback"); });
            return;
        }
        if (message.text == "fail")
            return done(Failure{.status = Status::rate_limited,
                                .error = "429",
                                .reason_code = "slow_down",
                                .reason_text = "The provider asks us to wait.",
                                .retry_after = std::chrono::seconds(3),
                                .scope = Scope::account});
        if (message.text == "parts") return done(Receipt{.remote_id = "a", .more_remote_ids = {"b", "c"}});
        done(Receipt{.remote_id = "echo-" + message.id});
    }
    void webhook(HttpRequest request, Done<HttpAnswer> done) override {
        if (request.path == "/drop") return;
        done(HttpAnswer{.status = 201,
                        .headers = {{"X-Seen", std::string(request.header("x-ASKED").value_or("-"))}},
                        .body = request.method + " " + request.url});
    }
    Result<void> reload(std::string_view config) override {
        if (config == "{}") return {};
        throw ConfigError("only {} will do");
    }
};

class QuietChannel final : public Channel {
public:
    using Channel::Channel;
};

class PickFirst final : public Strategy {
public:
    using Strategy::Strategy;
    void choose(Route route, Done<std::string> done) override {
        done(route.agents.empty() ? std::string() : route.agents.front().id);
    }
};

class ChatChannel final : public Channel, public VisitorSessions {
public:
    using Channel::Channel;
    void accept(std::string session, HttpRequest request, Done<Admission> done) override {
        if (request.query == "token=wrong")
            return done(Failure{.status = Status::auth,
                                .error = "wrong token",
                                .http = std::make_shared<HttpAnswer>(HttpAnswer{.status = 403, .body = "no"})});
        done(Admission{.contact = "visitor-1", .after = "17", .attrs_json = R"({"session":")" + session + "\"}"});
    }
    void frame(std::string session, std::string json, Done<void> done) override {
        host().visitors()->push(session, json);
        done();
    }
    void closed(std::string session) override { host().info("closed " + session); }
};

struct MoodyTest : testing::Test {
    FakeHost host;
    FakeInstance moody{host, usher_plugin_entry_v0, "moody"};
    Result<Receipt> send(std::string text) { return moody.send({.id = "48", .text = std::move(text)}); }
    void TearDown() override { EXPECT_THAT(host.violations(), IsEmpty()); }
};

}  // namespace

USHER_PLUGINS(plugin<MoodyChannel>({.id = "moody",
                                    .version = "0.1.0",
                                    .name = "Moody",
                                    .vendor = "Example",
                                    .config_schema = R"({"type": "object", "properties": {}})",
                                    .capabilities = R"({"kinds": ["text"]})"}),
              plugin<PickFirst>({.id = "pick_first", .version = "0.2.0"}),
              plugin<ChatChannel>({.id = "chat", .version = "0.3.0"}),
              plugin<QuietChannel>({.id = "quiet", .version = "0.4.0"}))

TEST(Entry, DescribesEveryPluginOfTheLibraryAsStaticData) {
    ASSERT_EQ(usher_plugin_entry_v0.descriptor_count, 4u);
    const usher_descriptor& moody = *usher_plugin_entry_v0.descriptors[0];
    EXPECT_EQ(view(moody.id), "moody");
    EXPECT_EQ(view(moody.name), "Moody");
    EXPECT_EQ(view(moody.vendor), "Example");
    EXPECT_EQ(view(moody.version), "0.1.0");
    EXPECT_EQ(moody.kind, static_cast<std::uint32_t>(USHER_CHANNEL));
    const usher_descriptor& second = *usher_plugin_entry_v0.descriptors[1];
    EXPECT_EQ(second.kind, static_cast<std::uint32_t>(USHER_STRATEGY));
    EXPECT_EQ(view(second.name), "pick_first") << "a plugin without a name is called by its id";
    EXPECT_EQ(usher_plugin_entry_v0.abi_minor, USHER_ABI_MINOR);
}

TEST(Entry, RefusesAnIdThatItDoesNotHold) {
    FakeHost host;
    EXPECT_EQ(FakeInstance(host, usher_plugin_entry_v0, "unheard").created(), Status::not_found);
}

TEST(Entry, AConfigurationThatMakesNoSenseIsInvalidAndTheOperatorIsToldWhy) {
    FakeHost host;
    EXPECT_EQ(FakeInstance(host, usher_plugin_entry_v0, "moody", R"({"broken": true})").created(), Status::invalid);
    ASSERT_EQ(host.states().size(), 1u);
    EXPECT_EQ(host.states()[0].state, State::failed);
    EXPECT_EQ(host.states()[0].text, "broken: must not be true");
}

TEST(Entry, AConstructorThatThrowsIsAnInternalErrorInTheLog) {
    FakeHost host;
    EXPECT_EQ(FakeInstance(host, usher_plugin_entry_v0, "moody", R"({"throws": true})").created(), Status::internal);
    EXPECT_TRUE(host.logged("create: no luck"));
}

TEST(Tables, HoldWhatIsOverriddenAndNothingElse) {
    FakeHost host;
    FakeInstance moody(host, usher_plugin_entry_v0, "moody");
    const auto& ops = *static_cast<const usher_channel*>(moody.raw()->ops);
    EXPECT_NE(ops.send, nullptr);
    EXPECT_NE(ops.webhook, nullptr);
    EXPECT_EQ(ops.poll, nullptr);
    EXPECT_EQ(ops.list_templates, nullptr);
    EXPECT_NE(moody.raw()->reload, nullptr);
    FakeInstance quiet(host, usher_plugin_entry_v0, "quiet");
    EXPECT_EQ(static_cast<const usher_channel*>(quiet.raw()->ops)->send, nullptr);
    EXPECT_EQ(quiet.raw()->reload, nullptr) << "without it the kernel makes a new instance";
    EXPECT_EQ(quiet.raw()->service(quiet.raw()->self, str("usher.visitor/1")), nullptr);
}

TEST_F(MoodyTest, AnswersASendWithItsRemoteId) {
    ASSERT_TRUE(moody.start());
    const auto receipt = send("hi");
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->remote_id, "echo-48");
    EXPECT_TRUE(moody.stop());
}

TEST_F(MoodyTest, AnswersOneRemoteIdPerPart) {
    const auto receipt = send("parts");
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->remote_id, "a");
    EXPECT_THAT(receipt->more_remote_ids, ElementsAre("b", "c"));
}

TEST_F(MoodyTest, ASendDroppedUnfinishedIsAnUnknownOutcome) {
    const auto receipt = send("drop");
    ASSERT_FALSE(receipt);
    EXPECT_EQ(receipt.failure().status, Status::unknown_outcome);
    EXPECT_THAT(receipt.failure().error, HasSubstr("let go of this operation without an answer"));
}

TEST_F(MoodyTest, AnyOtherOperationDroppedUnfinishedIsInternal) {
    const auto answer = moody.webhook({.method = "POST", .path = "/drop"});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.failure().status, Status::internal);
}

TEST_F(MoodyTest, AnExceptionIsLoggedAndTheOperationStillAnswered) {
    EXPECT_EQ(send("throw").failure().status, Status::unknown_outcome);
    EXPECT_TRUE(host.logged("send: the wire is cut"));
    EXPECT_EQ(send("throw int").failure().status, Status::unknown_outcome);
    EXPECT_TRUE(host.logged("send: exception of unknown type"));
    EXPECT_EQ(send("throw later").failure().status, Status::unknown_outcome);
    EXPECT_TRUE(host.logged("timer: in the callback"));
}

TEST_F(MoodyTest, OnlyTheFirstAnswerCounts) {
    const auto receipt = send("twice");
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->remote_id, "first");
}

TEST_F(MoodyTest, AFailureCrossesWhole) {
    const Failure failure = send("fail").failure();
    EXPECT_EQ(failure.status, Status::rate_limited);
    EXPECT_EQ(failure.error, "429");
    EXPECT_EQ(failure.reason_code, "slow_down");
    EXPECT_EQ(failure.reason_text, "The provider asks us to wait.");
    EXPECT_EQ(failure.retry_after, std::chrono::seconds(3));
    EXPECT_EQ(failure.scope, Scope::account);
}

TEST_F(MoodyTest, FinishesLaterWhenTheClockSaysSo) {
    const auto op = moody.begin_send({.text = "later"});
    host.advance(std::chrono::milliseconds(4999));
    EXPECT_FALSE(op.finished());
    EXPECT_EQ(op.result().failure().error, "send is still open");
    host.advance(std::chrono::milliseconds(1));
    ASSERT_TRUE(op.finished());
    EXPECT_EQ(op.result()->remote_id, "after the timer");
}

TEST_F(MoodyTest, WhatIsPendingAtTheEndIsCancelledBeforeDestroy) {
    const auto op = moody.begin_send({.text = "later"});
    moody.destroy();
    ASSERT_TRUE(op.finished());
    EXPECT_EQ(op.result().failure().status, Status::cancelled);
}

TEST_F(MoodyTest, AWebhookSeesTheRequestAndAnswersWithHeaders) {
    const auto answer = moody.webhook(
        {.method = "POST", .url = "https://public.example.test/channels/test/x?y", .headers = {{"X-Asked", "yes"}}});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 201u);
    EXPECT_EQ(answer->header("X-Seen"), "yes");
    EXPECT_EQ(answer->body, "POST https://public.example.test/channels/test/x?y");
}

TEST_F(MoodyTest, ReloadTakesOrRefusesWithTheReasonInTheLog) {
    EXPECT_EQ(moody.reload("{}"), Status::ok);
    EXPECT_EQ(moody.reload("[]"), Status::invalid);
    EXPECT_TRUE(host.logged("reload: only {} will do"));
}

TEST(Older, AShorterStructOfAnOlderPeerReadsAsZeroes) {
    usher_message old{};
    old.struct_size = offsetof(usher_message, text);  // as if `text` and all after it did not exist there
    old.id = str("9");
    old.text = str("never looked at");
    old.seq = 4;
    const Message message = Message::copy(old);
    EXPECT_EQ(message.id, "9");
    EXPECT_EQ(message.text, "");
    EXPECT_EQ(message.seq, 0u);
}

TEST(Older, AStatusOfANewerPeerReadsAsInternal) {
    EXPECT_EQ(to_status(-4711), Status::internal);
    EXPECT_EQ(to_status(3), Status::internal);
    EXPECT_EQ(to_string(Status::fenced), "fenced");
}

TEST(Strategies, ChooseAmongTheCandidatesOfTheRoute) {
    FakeHost host;
    FakeInstance first(host, usher_plugin_entry_v0, "pick_first");
    EXPECT_EQ(*first.choose({.agents = {{.id = "7"}, {.id = "8"}}}), "7");
    EXPECT_EQ(*first.choose({}), "");
}

TEST(Visitors, AreAdmittedRefusedHeardAndSeenOut) {
    FakeHost host;
    FakeInstance chat(host, usher_plugin_entry_v0, "chat");
    const auto admitted = chat.accept("s1", {.query = "token=right"});
    ASSERT_TRUE(admitted);
    EXPECT_EQ(admitted->contact, "visitor-1");
    EXPECT_EQ(admitted->after, "17");
    EXPECT_EQ(admitted->attrs_json, R"({"session":"s1"})");
    const auto refused = chat.accept("s2", {.query = "token=wrong"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.failure().status, Status::auth);
    ASSERT_NE(refused.failure().http, nullptr);
    EXPECT_EQ(refused.failure().http->status, 403u);
    ASSERT_TRUE(chat.frame("s1", R"({"type":"ping"})"));
    ASSERT_EQ(host.pushes().size(), 1u);
    EXPECT_EQ(host.pushes()[0].json, R"({"type":"ping"})");
    chat.closed("s1");
    EXPECT_TRUE(host.logged("closed s1"));
}
