// Which calls a message to the customer becomes, and how their answers are understood.
#include "outgoing.hpp"

#include "api.hpp"
#include "test_bot.hpp"
#include "text.hpp"

using namespace usher::telegram;
using testing::HasSubstr;
using usher::sdk::Failure;
using usher::sdk::HttpAnswer;
using usher::sdk::Message;
using usher::sdk::Scope;
using usher::sdk::Status;
namespace json = boost::json;

namespace {

std::vector<Step> steps(const Message& message) {
    auto made = plan(message);
    if (auto* failure = std::get_if<Failure>(&made)) ADD_FAILURE() << failure->error;
    return std::holds_alternative<Failure>(made) ? std::vector<Step>() : std::get<std::vector<Step>>(made);
}
Failure refusal(const Message& message) {
    auto made = plan(message);
    EXPECT_TRUE(std::holds_alternative<Failure>(made));
    return std::holds_alternative<Failure>(made) ? std::get<Failure>(made) : Failure{};
}
Message with_part(const std::string& mime, std::uint64_t size, const std::string& text = "") {
    Message message = Bot::text(text);
    message.parts.push_back({.mime = mime, .name = "file.x", .uri = "blob:abc", .size_bytes = size});
    return message;
}
Reply reply(std::uint32_t status, const std::string& body) {
    return read_reply(HttpAnswer{.status = status, .body = body}, kToken);
}

}  // namespace

TEST(TelegramPlan, PlainTextHasNoMarkup) {
    const auto one = steps(Bot::text("1 < 2 & *stars* <b>tags</b>"));
    ASSERT_EQ(one.size(), 1u);
    EXPECT_EQ(one[0].method, "sendMessage");
    EXPECT_EQ(json::serialize(one[0].parameters), R"({"chat_id":77,"text":"1 < 2 & *stars* <b>tags</b>"})");
}

TEST(TelegramPlan, LongTextIsSeveralMessagesAndOnlyTheFirstAnswers) {
    Message message = Bot::text(std::string(9000, 'x'));
    message.reply_to_remote_id = "77:5";
    const auto three = steps(message);
    ASSERT_EQ(three.size(), 3u);
    EXPECT_EQ(json::serialize(three[0].parameters.at("reply_parameters")),
              R"({"message_id":5,"allow_sending_without_reply":true})");
    EXPECT_FALSE(three[1].parameters.contains("reply_parameters"));
    message.reply_to_remote_id = "78:5";
    EXPECT_FALSE(steps(message)[0].parameters.contains("reply_parameters")) << "of another chat";
}

TEST(TelegramPlan, FilesGoTheWayTheirKindIsShown) {
    const std::pair<const char*, const char*> kinds[] = {
        {"image/png", "sendPhoto"},   {"image/gif", "sendAnimation"}, {"video/mp4", "sendVideo"},
        {"audio/ogg", "sendVoice"},   {"audio/mpeg", "sendAudio"},    {"application/pdf", "sendDocument"},
        {"text/html", "sendDocument"}};
    for (const auto& [mime, method] : kinds) {
        const auto one = steps(with_part(mime, 100, "look"));
        ASSERT_EQ(one.size(), 1u) << mime;
        EXPECT_EQ(one[0].method, method);
        EXPECT_EQ(one[0].parameters.at("caption"), "look");
        EXPECT_EQ(one[0].file->blob, "blob:abc");
        EXPECT_EQ(one[0].file->file_name, "file.x");
    }
    EXPECT_EQ(steps(with_part("image/png", kPhotoLimit + 1))[0].method, "sendDocument");
    EXPECT_EQ(steps(with_part("image/png", 1))[0].parameters.count("caption"), 0u);
    const auto apart = steps(with_part("image/png", 1, std::string(kCaptionLimit + 1, 'x')));
    ASSERT_EQ(apart.size(), 2u) << "too long for a caption";
    EXPECT_EQ(apart[0].method, "sendMessage");
    EXPECT_EQ(apart[1].method, "sendPhoto");
}

TEST(TelegramPlan, WhatCannotBeSentIsSaidBeforeAnythingIs) {
    EXPECT_EQ(refusal(with_part("video/mp4", kUploadLimit + 1)).reason_code, "too_large");
    EXPECT_EQ(refusal(with_part("video/mp4", 0)).reason_code, "empty_file");
    EXPECT_EQ(refusal(Bot::text(" \n ")).reason_code, "empty");
    Message message = Bot::text("x");
    message.contact = "ana";
    EXPECT_EQ(refusal(message).reason_code, "bad_address");
    EXPECT_EQ(refusal(message).scope, Scope::contact);
    message = Bot::text("x");
    message.content_json = R"({"template":{"name":"hello"}})";
    EXPECT_EQ(refusal(message).status, Status::unsupported);
    message.content_json = R"({"quick_replies":[{"title":"Go","payload":")" + std::string(65, 'p') + "\"}]}";
    EXPECT_EQ(refusal(message).reason_text, "The button \"Go\" has a payload of more than 64 bytes.");
}

TEST(TelegramPlan, TypedContent) {
    Message message = Bot::text("Choose");
    message.content_json = R"({"quick_replies":[{"title":"Yes","payload":"y"},{"title":"No"}]})";
    EXPECT_EQ(json::serialize(steps(message)[0].parameters.at("reply_markup")),
              R"({"inline_keyboard":[[{"text":"Yes","callback_data":"y"}],[{"text":"No","callback_data":"No"}]]})");
    message = Bot::text("");
    message.content_json =
        R"({"location":{"latitude":1.5,"longitude":2.5},"contacts":[{"name":"Bo","phones":["+1"]}]})";
    const auto two = steps(message);
    ASSERT_EQ(two.size(), 2u);
    EXPECT_EQ(two[0].method, "sendLocation");
    EXPECT_EQ(two[1].method, "sendContact");
    message.content_json = R"({"custom":{"json":{},"fallback_text":"see the app"}})";
    EXPECT_EQ(steps(message)[0].parameters.at("text"), "see the app");
}

TEST(TelegramReply, SaysWhatTelegramSays) {
    EXPECT_TRUE(reply(200, R"({"ok":true,"result":{"message_id":1}})").ok);
    const auto limited = reply(
        429,
        R"({"ok":false,"error_code":429,"description":"Too Many Requests: retry after 14","parameters":{"retry_after":14}})");
    EXPECT_EQ(limited.failure.status, Status::rate_limited);
    EXPECT_EQ(limited.failure.retry_after, std::chrono::seconds(14));
    EXPECT_EQ(limited.failure.error, "429: Too Many Requests: retry after 14");
    const auto blocked =
        reply(403, R"({"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"})");
    EXPECT_EQ(blocked.failure.reason_code, "recipient_blocked");
    EXPECT_EQ(blocked.failure.scope, Scope::contact);
    EXPECT_EQ(reply(403, R"({"ok":false,"error_code":403,"description":"Forbidden: user is deactivated"})")
                  .failure.reason_code,
              "contact_unreachable");
    EXPECT_EQ(reply(401, R"({"ok":false,"error_code":401,"description":"Unauthorized"})").failure.status, Status::auth);
    EXPECT_EQ(
        reply(400, R"({"ok":false,"error_code":400,"description":"Bad Request: chat not found"})").failure.reason_code,
        "chat_not_found");
    EXPECT_EQ(reply(413, "<html>").failure.reason_code, "too_large");
    const auto moved = reply(
        400,
        R"({"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-100123}})");
    EXPECT_THAT(moved.failure.error, HasSubstr("the chat is now -100123"));
}

TEST(TelegramReply, WhatNobodyConfirmsIsUnknown) {
    for (const auto& [status, body] :
         {std::pair{500u, R"({"ok":false,"error_code":500,"description":"Internal Server Error: restart"})"},
          std::pair{502u, "<html>bad gateway</html>"}, std::pair{200u, "not JSON"}, std::pair{200u, "[]"}})
        EXPECT_EQ(reply(status, body).failure.status, Status::unknown_outcome) << body;
    const auto cut = read_reply(Failure{.status = Status::unknown_outcome, .error = "cut"}, kToken);
    EXPECT_EQ(cut.failure.status, Status::unknown_outcome);
    const auto away = read_reply(Failure{.status = Status::timeout, .error = "away"}, kToken);
    EXPECT_EQ(away.failure.status, Status::unavailable);
    EXPECT_EQ(away.failure.scope, Scope::account);
}

TEST(TelegramReply, TheTokenIsInNoText) {
    const std::string url = "https://api.telegram.org/bot" + std::string(kToken) + "/getMe";
    EXPECT_EQ(without_token("a " + url + " b " + url, kToken),
              "a https://api.telegram.org/bot***/getMe b https://api.telegram.org/bot***/getMe");
    EXPECT_EQ(read_reply(Failure{.status = Status::unavailable, .error = url}, kToken).failure.error,
              "Telegram: https://api.telegram.org/bot***/getMe");
    EXPECT_EQ(reply(400, R"({"ok":false,"error_code":400,"description":"at )" + url + "\"}").description,
              "at https://api.telegram.org/bot***/getMe");
}
