// Visitors' sockets themselves: who is let in, how many, what passes, and how they end.
#include "api/visitors_fixture.hpp"

namespace usher::api {
namespace {

using namespace std::chrono_literals;
using store::testing::run;
using testing::Client;
using ::testing::ElementsAre;
using testing::FakeChannel;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

class VisitorSockets : public testing::VisitorsTest {
protected:
    void say(Client& client, std::string text) {
        store::testing::run_to_end([&]() -> Task<void> { return client.session->on_text(text); });
    }
};
INSTANTIATE_TEST_SUITE_P(On, VisitorSockets, ::testing::Values(store::Dialect::sqlite), store::testing::name_of);

TEST_P(VisitorSockets, ThePluginSeesTheRequestAndItsRefusalIsTheAnswer) {
    channel_->answer.status = 403;
    channel_->answer.headers = {{"Content-Type", "application/json"}, {"Set-Cookie", "a=b"}};
    channel_->answer.body = R"({"error":{"code":"origin_refused"}})";
    const auto answer = refused("ticket=t");
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(answer.body, channel_->answer.body);
    EXPECT_FALSE(answer.headers.has("Set-Cookie"));
    ASSERT_THAT(channel_->requests, SizeIs(1));
    EXPECT_EQ(channel_->requests[0].path, "/socket");
    EXPECT_EQ(channel_->requests[0].query, "ticket=t");
    EXPECT_EQ(channel_->requests[0].url, "https://public.test/channels/shop1/socket?ticket=t");
    EXPECT_THAT(channel_->closed, IsEmpty()) << "it let nobody in";

    const auto unknown = refused("contact=c1", "nobody");
    EXPECT_EQ(unknown.status, 404);
    EXPECT_EQ(parse_json(unknown.body)->at("error").at("code"), "unknown_account");
}

TEST_P(VisitorSockets, FramesGoToThePluginAndItsPushesToTheVisitor) {
    auto client = connect("c1");
    client.until("ready");
    ASSERT_THAT(channel_->sessions, SizeIs(1));
    const std::string session = channel_->sessions[0];
    say(client, R"({"type":"ping"})");
    EXPECT_THAT(channel_->frames, ElementsAre(Pair(session, R"({"type":"ping"})")));
    EXPECT_TRUE(visitors_->push(ref(), session, R"({"type":"pong"})"));
    EXPECT_EQ(client.socket->next().at("type"), "pong");
    EXPECT_FALSE(visitors_->push(ref("shop2"), session, "{}")) << "of another account";
    EXPECT_FALSE(visitors_->push(ref(), "nobody", "{}"));
    EXPECT_FALSE(visitors_->push(ref(), session, std::string(64 * 1024 + 1, ' ')));
    EXPECT_TRUE(visitors_->close(ref(), session, 4001, "connect again"));
    EXPECT_EQ(client.socket->code(), 4001);
    client.leave();
    EXPECT_THAT(channel_->closed, ElementsAre(session));
    EXPECT_FALSE(visitors_->push(ref(), session, "{}"));
    EXPECT_FALSE(visitors_->close(ref(), session, 4001, ""));
}

TEST_P(VisitorSockets, AFrameThatMeetsABusyPluginIsTriedAgainAndOneThatIsWrongIsNot) {
    auto client = connect("c1");
    client.until("ready");
    channel_->refuses = {Errc::unavailable};
    say(client, "{}");
    EXPECT_THAT(channel_->frames, SizeIs(2));
    channel_->refuses = {Errc::invalid};
    say(client, "{}");
    EXPECT_THAT(channel_->frames, SizeIs(3));
    EXPECT_TRUE(client.socket->silent()) << "still open";
    channel_->refuses = {Errc::timeout};
    say(client, "{}");
    EXPECT_EQ(client.socket->code(), 1013);
    auto nul = connect("c1");
    say(nul, std::string("a\0b", 3));
    EXPECT_EQ(nul.socket->code(), 1007);
    EXPECT_THAT(channel_->frames, SizeIs(4));
}

TEST_P(VisitorSockets, SocketsOfAContactAndOfAnAddressAreLimited) {
    Visitors::Limits limits;
    limits.per_contact = 2;
    limits.per_address = 3;
    restart(limits);
    auto one = connect("c1"), two = connect("c1");
    const auto answer = refused("contact=c1");
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.headers.get("Retry-After"), "5");
    EXPECT_THAT(channel_->closed, SizeIs(1)) << "the plugin is told that the one it let in did not come";
    auto three = connect("c2");
    EXPECT_EQ(refused("contact=c3").status, 429) << "by the address";
    EXPECT_EQ(visitors_->stats().sockets, 3u);
    one.leave();
    EXPECT_EQ(visitors_->stats().sockets, 2u);
    connect("c1").until("ready");
}

TEST_P(VisitorSockets, WhoIsLetInByAnInstanceThatWasReplacedConnectsAgain) {
    auto client = connect("c1");
    client.until("ready");
    const auto before = channel_;
    set_channel(std::make_shared<FakeChannel>(ref()));
    auto fresh = connect("c1");
    fresh.until("ready");
    visitors_->instances_changed();
    EXPECT_EQ(client.socket->code(), 1012);
    say(client, "{}");
    EXPECT_THAT(before->frames, IsEmpty());
    set_channel(nullptr);
    visitors_->instances_changed();
    EXPECT_EQ(fresh.socket->code(), 1012) << "disabled";
}

TEST_P(VisitorSockets, AtTheEndAllAreClosedAndNobodyIsLetIn) {
    auto client = connect("c1");
    client.until("ready");
    store::testing::run_to_end([this] { return visitors_->stop(); });
    EXPECT_EQ(client.socket->code(), 1001);
    EXPECT_EQ(refused("contact=c1").status, 503);
    client.leave();
}

TEST_P(VisitorSockets, ManySocketsOfManyVisitorsHearTheirOwn) {
    std::vector<Conversation> conversations;
    std::vector<Client> clients;
    for (int i = 0; i < 100; ++i) conversations.push_back(conversation("c" + std::to_string(i)));
    for (int i = 0; i < 100; ++i) clients.push_back(connect("c" + std::to_string(i)));
    for (auto& client : clients) client.until("ready");
    for (int i = 0; i < 100; ++i) inbound(conversations[static_cast<std::size_t>(i)].id, "for " + std::to_string(i));
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(clients[static_cast<std::size_t>(i)].entry(), "for " + std::to_string(i));
        EXPECT_TRUE(clients[static_cast<std::size_t>(i)].socket->silent());
    }
}

}  // namespace
}  // namespace usher::api
