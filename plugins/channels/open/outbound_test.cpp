// What leaves for the peer, and what each of its answers means for the kernel's outbox.
#include "outbound.hpp"

#include "test_peer.hpp"

using namespace usher::open_channel;
using testing::HasSubstr;
using usher::sdk::Failure;
using usher::sdk::HttpAnswer;
using usher::sdk::HttpRequest;
using usher::sdk::Kind;
using usher::sdk::Message;
using usher::sdk::Receipt;
using usher::sdk::Result;
using usher::sdk::Scope;
using usher::sdk::State;
using usher::sdk::Status;
namespace json = boost::json;

namespace {

struct Outbound : Peer {
    Message reply{
        .id = "48219302",
        .conversation_id = "482000",
        .thread_key = "order-9001",
        .reply_to_remote_id = "shop-msg-000042",
        .contact = "customer-77",
        .text = "내일 도착합니다.",
        .content_json = R"({"quick_replies":[{"title":"고마워요","payload":"thanks"}]})",
        .author_json = R"({"type":"agent","name":"Jane"})",
        .timeout = std::chrono::seconds(30),
        .attempt = 1,
        .sent_unix_us = 1'795'166'162'120'000,
        .seq = 17,
        .parts = {{.mime = "image/png",
                   .name = "map.png",
                   .uri = "blob:b-1",
                   .attrs_json = R"({"id":"att-1","url":"https://public.example.test/f/1?sig=x","sha256":"ab"})",
                   .size_bytes = 91234}}};

    void answer(HttpAnswer given) {
        host.on_http = [given](const HttpRequest&) { return given; };
    }
    void fail(Status status) {
        host.on_http = [status](const HttpRequest&) { return Failure{.status = status, .error = "why"}; };
    }
    Failure failure(HttpAnswer given) {
        answer(std::move(given));
        const auto receipt = channel->send(reply);
        return receipt ? Failure{.status = Status::ok} : receipt.failure();
    }
    json::object sent(const Message& message) {
        answer({.status = 204});
        const auto receipt = channel->send(message);
        EXPECT_TRUE(receipt) << (receipt ? "" : receipt.failure().error);
        return host.requests().empty() ? json::object() : object_in(host.requests().back().body);
    }
};

}  // namespace

TEST_F(Outbound, AMessageLeavesAsTheContractShowsIt) {
    EXPECT_EQ(
        json::serialize(sent(reply)),
        R"({"event_id":"48219302","type":"message.created","created_at":"2026-11-20T09:16:02.120Z","attempt":1,)"
        R"("account_id":"shop1","contact":{"external_id":"customer-77"},)"
        R"("conversation":{"id":"482000","external_id":"order-9001","sequence":17},)"
        R"("message":{"id":"48219302","author":{"type":"agent","display_name":"Jane","avatar_url":null},)"
        R"("content":{"type":"text","text":"내일 도착합니다.","attachments":[{"id":"att-1",)"
        R"("url":"https://public.example.test/f/1?sig=x","name":"map.png","mime_type":"image/png","size":91234,"sha256":"ab"}],)"
        R"("quick_replies":[{"title":"고마워요","payload":"thanks"}]},"reply_to":"shop-msg-000042"}})");
}

TEST_F(Outbound, IsSignedWithEverySecretOverTheTargetWithItsQuery) {
    make(R"({"inbound":{"secrets":["k1:x"]},"outbound":{"webhook_url":"https://shop.example.test/inbox-events?shop=1",
             "secrets":["k3:new","k2:old"]}})");
    sent(reply);
    const HttpRequest request = host.requests().back();
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.url, "https://shop.example.test/inbox-events?shop=1");
    EXPECT_EQ(request.redirect_limit, 0u);
    EXPECT_EQ(request.timeout, std::chrono::seconds(5));
    EXPECT_EQ(request.header("X-Usher-Timestamp"), "1700000000");
    EXPECT_EQ(request.header("X-Usher-Delivery"), "48219302");
    EXPECT_EQ(request.header("X-Usher-Key"), "k3");
    EXPECT_EQ(request.header("X-Usher-Signature"),
              "v1=" + sign("new", "1700000000", "POST", "/inbox-events?shop=1", request.body) +
                  ",v1=" + sign("old", "1700000000", "POST", "/inbox-events?shop=1", request.body));
}

TEST_F(Outbound, ARepeatKeepsItsEventIdWhileTimeAndSignatureAreNew) {
    sent(reply);
    now_us += 7'000'000;
    reply.attempt = 2;
    const auto again = sent(reply);
    EXPECT_EQ(again.at("event_id").as_string(), "48219302");
    EXPECT_EQ(again.at("attempt").as_int64(), 2);
    EXPECT_EQ(again.at("conversation").at("sequence").as_int64(), 17);
    const auto requests = host.requests();
    EXPECT_NE(requests[0].header("X-Usher-Signature"), requests[1].header("X-Usher-Signature"));
    EXPECT_NE(requests[0].header("X-Usher-Timestamp"), requests[1].header("X-Usher-Timestamp"));
}

TEST_F(Outbound, AnyTwoHundredIsTakenWithTheIdOfThePeer) {
    answer({.status = 201, .body = R"({"external_message_id":"shop-99","status":"sent"})"});
    EXPECT_EQ(channel->send(reply)->remote_id, "shop-99");
    answer({.status = 200, .body = "OK, thank you"});
    EXPECT_EQ(channel->send(reply)->remote_id, "") << "a body that is no JSON is passed over";
    answer({.status = 200, .body = R"({"external_message_id":")" + std::string(70'000, 'x') + "\"}"});
    EXPECT_EQ(channel->send(reply)->remote_id, "") << "a huge one too";
    EXPECT_TRUE(host.emits().empty());
}

TEST_F(Outbound, DeliveredInTheAnswerIsAReceipt) {
    answer({.status = 200, .body = R"({"status":"delivered"})"});
    ASSERT_TRUE(channel->send(reply));
    ASSERT_EQ(host.emits().size(), 1u);
    EXPECT_EQ(host.emits()[0].message.kind, Kind::delivered);
    EXPECT_EQ(host.emits()[0].message.id, "48219302");
    EXPECT_EQ(host.emits()[0].message.dedupe_key, "w:48219302");
}

TEST_F(Outbound, NothingWrittenIsUnavailableForTheWholeAccount) {
    for (const Status status : {Status::unavailable, Status::timeout}) {
        fail(status);
        const Failure failure = channel->send(reply).failure();
        EXPECT_EQ(failure.status, Status::unavailable);
        EXPECT_EQ(failure.scope, Scope::account);
        EXPECT_EQ(failure.error, "POST https://shop.example.test/inbox-events: why")
            << "no query: it may hold a secret";
    }
}

TEST_F(Outbound, ALossAfterWritingAndAnyFiveHundredAreUnknown) {
    fail(Status::unknown_outcome);
    EXPECT_EQ(channel->send(reply).failure().status, Status::unknown_outcome);
    fail(Status::cancelled);
    EXPECT_EQ(channel->send(reply).failure().status, Status::unknown_outcome);
    for (const std::uint32_t status : {500u, 502u, 503u, 504u})
        EXPECT_EQ(failure({.status = status}).status, Status::unknown_outcome) << status;
}

TEST_F(Outbound, AnAddressThatTheEgressPolicyRefusesHoldsTheAccount) {
    fail(Status::invalid);
    const Failure failure = channel->send(reply).failure();
    EXPECT_EQ(failure.status, Status::unavailable);
    EXPECT_EQ(failure.scope, Scope::account);
    EXPECT_EQ(failure.reason_code, "webhook_refused");
}

TEST_F(Outbound, NotNowIsRateLimitedWithItsRetryAfter) {
    const Failure slow = failure({.status = 429, .headers = {{"retry-after", "2"}}});
    EXPECT_EQ(slow.status, Status::rate_limited);
    EXPECT_EQ(slow.retry_after, std::chrono::seconds(2));
    EXPECT_EQ(slow.scope, Scope::account);
    EXPECT_EQ(failure({.status = 408}).scope, Scope::message);
    EXPECT_EQ(failure({.status = 425}).status, Status::rate_limited);
    EXPECT_EQ(failure({.status = 429, .headers = {{"Retry-After", "86400"}}}).retry_after, std::chrono::hours(1));
    EXPECT_EQ(failure({.status = 429, .headers = {{"Retry-After", "Tue, 14 Nov 2023 22:13:30 GMT"}}}).retry_after,
              std::chrono::seconds(10));
    EXPECT_EQ(failure({.status = 429, .headers = {{"Retry-After", "soon"}}}).retry_after, std::chrono::seconds(0));
}

TEST_F(Outbound, UnauthorizedFailsTheAccountUntilAnAnswerIsGoodAgain) {
    const Failure refused = failure({.status = 401});
    EXPECT_EQ(refused.status, Status::auth);
    EXPECT_EQ(refused.scope, Scope::account);
    ASSERT_EQ(host.states().size(), 1u);
    EXPECT_EQ(host.states()[0].state, State::failed);
    EXPECT_THAT(host.states()[0].text, HasSubstr("outbound.secrets"));
    answer({.status = 204});
    EXPECT_TRUE(channel->send(reply));
    ASSERT_EQ(host.states().size(), 2u);
    EXPECT_EQ(host.states()[1].state, State::ready);
}

TEST_F(Outbound, GoneMeansTheContact) {
    const Failure gone = failure({.status = 410});
    EXPECT_EQ(gone.status, Status::not_found);
    EXPECT_EQ(gone.scope, Scope::contact);
    EXPECT_EQ(gone.reason_code, "contact_unreachable");
}

TEST_F(Outbound, EverythingElseIsInvalidInThePeersWords) {
    const Failure refused = failure({.status = 422, .body = R"({"error":{"message":"No emoji, please."}})"});
    EXPECT_EQ(refused.status, Status::invalid);
    EXPECT_EQ(refused.reason_text, "No emoji, please.");
    EXPECT_EQ(refused.reason_code, "http_422");
    EXPECT_EQ(failure({.status = 400, .body = R"({"message":"bad"})"}).reason_text, "bad");
    EXPECT_EQ(failure({.status = 404}).reason_text, "The other side refused the message (HTTP 404).");
    EXPECT_EQ(failure({.status = 301, .headers = {{"Location", "https://elsewhere.test/"}}}).status, Status::invalid)
        << "no redirect is followed";
}

TEST_F(Outbound, TypingReadAndClosedNameWhatTheyAreAbout) {
    const auto typing = sent({.kind = Kind::typing, .contact = "c", .content_json = R"({"state":"stopped"})"});
    EXPECT_EQ(typing.at("type").as_string(), "typing");
    EXPECT_EQ(typing.at("typing").at("state").as_string(), "stopped");
    EXPECT_FALSE(typing.at("event_id").as_string().empty());
    EXPECT_FALSE(typing.at("conversation").as_object().contains("sequence"));
    const auto read = sent({.kind = Kind::read, .id = "9", .remote_id = "shop-msg-000042", .contact = "c"});
    EXPECT_EQ(read.at("type").as_string(), "read");
    EXPECT_EQ(read.at("up_to_message_id").as_string(), "shop-msg-000042");
    EXPECT_EQ(sent({.kind = Kind::closed, .id = "10", .contact = "c"}).at("type").as_string(), "conversation.closed");
    const auto deleted =
        sent({.kind = Kind::deleted, .id = "11", .contact = "c", .attrs = {{"message_id", "48219302"}}});
    EXPECT_EQ(deleted.at("type").as_string(), "message.deleted");
    EXPECT_EQ(deleted.at("message").at("id").as_string(), "48219302");
}

TEST_F(Outbound, AnEditNamesTheMessageAndItsNewText) {
    make(R"({"inbound":{"secrets":["k1:x"]},"outbound":{"webhook_url":"https://shop.example.test/","secrets":["k2:y"]},
             "features":{"edit":true}})");
    const auto edit =
        sent({.kind = Kind::edit, .id = "12", .contact = "c", .text = "new", .attrs = {{"message_id", "48"}}});
    EXPECT_EQ(edit.at("type").as_string(), "message.edited");
    EXPECT_EQ(edit.at("message").at("id").as_string(), "48");
    EXPECT_EQ(edit.at("message").at("content").at("text").as_string(), "new");
}

TEST_F(Outbound, WhatTheAccountDoesNotDoIsUnsupportedWithoutARequest) {
    EXPECT_EQ(channel->send({.kind = Kind::edit, .text = "x"}).failure().reason_code, "turned_off");
    EXPECT_EQ(channel->send({.kind = Kind::reaction}).failure().status, Status::unsupported);
    make(R"({"inbound":{"secrets":["k1:x"]}})");
    EXPECT_EQ(channel->send(reply).failure().reason_code, "no_webhook");
    make(R"({"inbound":{"secrets":["k1:x"]},"outbound":{"webhook_url":"https://shop.example.test/","secrets":["k2:y"],
             "events":["message.created"]}})");
    EXPECT_EQ(channel->send({.kind = Kind::typing}).failure().reason_code, "not_subscribed");
    EXPECT_TRUE(host.requests().empty());
}

TEST_F(Outbound, WhatIsBeyondTheLimitsFailsWithASentenceForTheAgent) {
    const auto refused = [&](Message message) { return channel->send(message).failure(); };
    EXPECT_THAT(refused({.text = std::string(4097, 'x')}).reason_text, HasSubstr("has 4097 characters"));
    Message many{.text = "x"};
    many.parts.resize(11);
    EXPECT_EQ(refused(many).reason_code, "too_many_attachments");
    EXPECT_EQ(
        refused({.text = "x", .content_json = R"({"quick_replies":[{"title":"123456789012345678901"}]})"}).reason_code,
        "quick_reply_too_long");
    EXPECT_TRUE(host.requests().empty());
}
