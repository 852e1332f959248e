// What agents write on its way out: in one call or several, and what is said when it does not arrive.
#include "test_bot.hpp"

using testing::ElementsAre;
using usher::sdk::Kind;
using usher::sdk::Message;
using usher::sdk::Status;
using usher::telegram::Bot;
using usher::telegram::kPolling;
namespace json = boost::json;
using std::chrono::seconds;

namespace {
using TelegramSending = Bot;
}  // namespace

TEST_F(TelegramSending, SendsOneMessageAndNamesIt) {
    make(kPolling);
    const auto receipt = channel->send(text("hello"));
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->remote_id, "77:501");
    EXPECT_EQ(json::serialize(asked("sendMessage")[0].body), R"({"chat_id":77,"text":"hello"})");
}

TEST_F(TelegramSending, APictureThatIsNoneForTelegramGoesAsAFile) {
    make(kPolling);
    Message message = text("look");
    message.parts.push_back({.mime = "image/png", .name = "wide.png", .uri = "blob:b1", .size_bytes = 5});
    script["sendPhoto"] = {refusal(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")};
    EXPECT_TRUE(channel->send(message));
    const auto sent = asked("sendDocument").at(0);
    EXPECT_EQ(sent.body.at("document"), "blob:b1");
    EXPECT_EQ(sent.body.at("caption"), "look");
    EXPECT_EQ(sent.body.at("chat_id"), "77");
}

TEST_F(TelegramSending, AReplyToWhatIsGoneIsSentWithoutIt) {
    make(kPolling);
    Message message = text("as I said");
    message.reply_to_remote_id = "77:3";
    script["sendMessage"] = {refusal(400, "Bad Request: message to be replied not found")};
    EXPECT_TRUE(channel->send(message));
    EXPECT_FALSE(asked("sendMessage").at(1).body.contains("reply_parameters"));
}

TEST_F(TelegramSending, ASendOfUnknownOutcomeIsNeverRepeatedHere) {
    make(kPolling);
    script["sendMessage"] = {"cut", refusal(500, "Internal Server Error: restart")};
    EXPECT_EQ(channel->send(text("once")).failure().status, Status::unknown_outcome);
    EXPECT_EQ(channel->send(text("once")).failure().status, Status::unknown_outcome);
    EXPECT_EQ(count("sendMessage"), 2u);
}

TEST_F(TelegramSending, SeveralPartsAreNeverSentTwice) {
    make(kPolling);
    Message message = text(std::string(9000, 'x'));  // three parts
    script["sendMessage"] = {"", "refused"};
    const auto first = channel->send(message);
    ASSERT_FALSE(first);
    EXPECT_EQ(first.failure().status, Status::unavailable);
    EXPECT_EQ(first.failure().reason_text, "Only the first 1 of 3 parts were sent. Telegram cannot be reached.");
    message.attempt = 2;
    const auto second = channel->send(message);
    ASSERT_TRUE(second);
    EXPECT_EQ(count("sendMessage"), 4u) << "1 + a refused one + the two that were left";
    EXPECT_EQ(second->remote_id, "77:501");
    EXPECT_THAT(second->more_remote_ids, ElementsAre("77:502", "77:503"));
}

TEST_F(TelegramSending, WithoutANoteOfWhatWasSentAPersonDecides) {
    make(kPolling);
    host.owner = false;
    script["sendMessage"] = {"", "refused"};
    EXPECT_EQ(channel->send(text(std::string(5000, 'x'))).failure().status, Status::unknown_outcome);
}

TEST_F(TelegramSending, APauseBetweenPartsIsWaitedFor) {
    make(kPolling);
    script["sendMessage"] = {"", refusal(429, "Too Many Requests: retry after 2", R"({"retry_after":2})")};
    const auto sending = channel->begin_send(text(std::string(5000, 'x')));
    host.run();
    EXPECT_FALSE(sending.finished());
    host.advance(seconds(2));
    EXPECT_TRUE(sending.result());
    script["sendMessage"] = {refusal(429, "Too Many Requests: retry after 2", R"({"retry_after":2})")};
    const auto whole = channel->send(text("short"));
    EXPECT_EQ(whole.failure().status, Status::rate_limited) << "the kernel keeps the order, so the kernel waits";
    EXPECT_EQ(whole.failure().retry_after, seconds(2));
}

TEST_F(TelegramSending, WhoBlocksTheBotIsMarked) {
    make(kPolling);
    script["sendMessage"] = {refusal(403, "Forbidden: bot was blocked by the user")};
    const auto sent = channel->send(text("hello?"));
    EXPECT_EQ(sent.failure().reason_text, "This person has blocked the bot.");
    EXPECT_EQ(sent.failure().reason_code, "recipient_blocked") << "the kernel marks the contact by it";
    EXPECT_EQ(sent.failure().scope, usher::sdk::Scope::contact);
}

TEST_F(TelegramSending, EditsDeletionsAndTyping) {
    make(kPolling);
    Message message = text("corrected");
    message.kind = Kind::edit;
    message.remote_id = "77:501";
    script["editMessageText"] = {
        "", refusal(400, "Bad Request: message is not modified: specified new message content is the same")};
    EXPECT_TRUE(channel->send(message));
    EXPECT_TRUE(channel->send(message)) << "nothing to change is no failure";
    EXPECT_EQ(json::serialize(asked("editMessageText")[0].body),
              R"({"text":"corrected","chat_id":77,"message_id":501})");
    message.kind = Kind::deleted;
    EXPECT_TRUE(channel->send(message));
    EXPECT_EQ(count("deleteMessage"), 1u);
    message.remote_id = "elsewhere";
    EXPECT_EQ(channel->send(message).failure().status, Status::invalid);
    message = text("");
    message.kind = Kind::typing;
    EXPECT_TRUE(channel->send(message));
    message.content_json = R"({"state":"stopped"})";
    EXPECT_TRUE(channel->send(message));
    EXPECT_EQ(count("sendChatAction"), 1u);
    message.kind = Kind::reaction;
    EXPECT_EQ(channel->send(message).failure().status, Status::unsupported);
}

TEST_F(TelegramSending, StopWaitsForASendInFlight) {
    make(kPolling);
    const auto sending = channel->begin_send(text("last"));
    const auto stopping = channel->begin_stop();
    EXPECT_FALSE(stopping.finished());
    host.run();
    EXPECT_TRUE(sending.result());
    EXPECT_TRUE(stopping.finished());
}
