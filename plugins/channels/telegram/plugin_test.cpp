// A bot from start to stop: polling and webhooks, files, groups, faults of the provider, and what stays unsent.
#include "test_bot.hpp"

using namespace usher::telegram;
using testing::HasSubstr;
using testing::IsEmpty;
using usher::sdk::Emitted;
using usher::sdk::Failure;
using usher::sdk::Kind;
using usher::sdk::Message;
using usher::sdk::Result;
using usher::sdk::Role;
using usher::sdk::State;
using usher::sdk::Status;
namespace json = boost::json;
using std::chrono::seconds;

namespace {

using Telegram = Bot;

std::string updates(std::initializer_list<std::string> all) {
    std::string list;
    for (const auto& one : all) list += (list.empty() ? "" : ",") + one;
    return Bot::ok("[" + list + "]");
}
std::string query_of(const Asked& asked, const std::string& name) {
    const std::size_t at = asked.request.url.find(name + "=");
    if (at == std::string::npos) return "";
    const std::string rest = asked.request.url.substr(at + name.size() + 1);
    return rest.substr(0, rest.find('&'));
}

}  // namespace

// ---- settings and start
// ------------------------------------------------------------------------------------------------

TEST_F(Telegram, SettingsThatMakeNoSenseAreNamed) {
    const std::pair<const char*, const char*> cases[] = {
        {R"({"bot_token": "nonsense"})", "bot_token: expected <bot id>:<secret>, as @BotFather gives it"},
        {R"({"bot_token": "0123:abc"})", "bot_token: expected"},
        {R"({"bot_token": "123:a/b"})", "bot_token: expected"},
        {R"({"bot_token": "123:abc", "api_url": "ftp://a"})", "api_url: expected https://host/path"},
        {R"({"bot_token": "123:abc", "api_url": "https://u:p@a.test"})", "api_url: must not hold a user or password"},
        {R"({"bot_token": "123:abc", "webhook_url": "nowhere"})", "webhook_url: expected https://host/path"},
        {R"({"bot_token": "123:abc", "webhook_secret": "no spaces"})",
         "webhook_secret: expected 1-256 characters of A-Z"}};
    for (const auto& [config, words] : cases) {
        try {
            parse_config(config, "tg");
            ADD_FAILURE() << config;
        } catch (const usher::sdk::ConfigError& error) {
            EXPECT_THAT(error.what(), HasSubstr(words));
            EXPECT_THAT(std::string(error.what()), testing::Not(HasSubstr("abc")));
        }
    }
    EXPECT_EQ(parse_config(R"({"bot_token": "123:abc", "api_url": "http://127.0.0.1:8081/"})", "tg").api_url,
              "http://127.0.0.1:8081");
    const auto one = parse_config(R"({"bot_token": "123:abc"})", "one");
    EXPECT_EQ(one.webhook_secret.size(), 64u) << "derived";
    EXPECT_NE(one.webhook_secret, parse_config(R"({"bot_token": "123:abc"})", "two").webhook_secret);
}

TEST_F(Telegram, AWrongTokenFailsTheStartInWords) {
    make(kPolling, false);
    script["getMe"] = {refusal(401, "Unauthorized")};
    const auto started = channel->start();
    ASSERT_FALSE(started);
    EXPECT_EQ(host.states().back().state, State::failed);
    EXPECT_EQ(
        host.states().back().text,
        "401: Telegram refuses the bot token (Unauthorized); get the present one from @BotFather and set bot_token");
}

TEST_F(Telegram, AnOutageAtStartPasses) {
    make(kPolling, false);
    script["getMe"] = {"refused"};
    EXPECT_TRUE(channel->start());
    EXPECT_EQ(host.states().back().state, State::degraded);
    EXPECT_THAT(host.states().back().text, HasSubstr("bot***/getMe"));
    EXPECT_TRUE(channel->poll());
    EXPECT_EQ(count("getUpdates"), 1u);
    EXPECT_EQ(host.states().back().state, State::ready);
}

TEST_F(Telegram, ATrialTouchesNobodysSession) {
    make(kWebhook, false);
    EXPECT_TRUE(channel->start(Role::edge));
    EXPECT_EQ(calls.size(), 1u) << "getMe and nothing else";
}

// ---- polling
// -----------------------------------------------------------------------------------------------------------

TEST_F(Telegram, ARoundTakesWhatThereIsAndThenConfirmsIt) {
    make(kPolling);
    script["getUpdates"] = {updates({message(R"("text":"one")", 10, 1), message(R"("text":"two")", 11, 2)})};
    ASSERT_TRUE(channel->poll());
    ASSERT_EQ(host.emits().size(), 2u);
    EXPECT_EQ(host.emits()[0].message.text, "one");
    EXPECT_EQ(host.kv.at("cursor"), "12 1760000000");
    ASSERT_TRUE(channel->poll());
    ASSERT_TRUE(channel->poll());
    const auto asked_for = asked("getUpdates");
    EXPECT_EQ(query_of(asked_for[0], "offset"), "");
    EXPECT_EQ(query_of(asked_for[1], "offset"), "12");
    EXPECT_EQ(query_of(asked_for[2], "offset"), "") << "confirmed: a number kept for long may be wrong one day";
    EXPECT_EQ(query_of(asked_for[0], "timeout"), "50");
    EXPECT_EQ(query_of(asked_for[0], "allowed_updates"),
              "%5B%22message%22%2C%22edited_message%22%2C%22callback_query%22%2C%22my_chat_member%22%5D");
    EXPECT_EQ(count("deleteWebhook"), 1u);
}

TEST_F(Telegram, TheCursorSurvivesARestartForADay) {
    host.kv["cursor"] = "500 1759999000";
    make(kPolling);
    ASSERT_TRUE(channel->poll());
    EXPECT_EQ(query_of(asked("getUpdates")[0], "offset"), "500");
    now_s += 90'000;
    make(kPolling);
    ASSERT_TRUE(channel->poll());
    EXPECT_EQ(query_of(asked("getUpdates")[1], "offset"), "") << "too old";
    host.kv["cursor"] = "garbage";
    make(kPolling);
    EXPECT_TRUE(channel->poll());
}

TEST_F(Telegram, TheCursorStopsBeforeWhatWasNotStored) {
    make(kPolling);
    host.on_emit = [](const Message& m) -> std::optional<Result<Emitted>> {
        if (m.text == "two")
            return Result<Emitted>(Failure{.status = Status::unavailable, .error = "the database is away"});
        return std::nullopt;
    };
    const std::string batch = updates(
        {message(R"("text":"one")", 10, 1), message(R"("text":"two")", 11, 2), message(R"("text":"three")", 12, 3)});
    script["getUpdates"] = {batch, updates({message(R"("text":"two")", 11, 2), message(R"("text":"three")", 12, 3)})};
    const auto round = channel->poll();
    ASSERT_FALSE(round);
    EXPECT_EQ(round.failure().error, "update 11 was not taken: the database is away");
    EXPECT_EQ(host.kv.at("cursor"), "11 1760000000");
    EXPECT_EQ(host.emits().size(), 2u) << "three waits behind two";
    host.on_emit = nullptr;
    ASSERT_TRUE(channel->poll());
    EXPECT_EQ(query_of(asked("getUpdates")[1], "offset"), "11");
    EXPECT_EQ(host.emits().back().message.text, "three");
    EXPECT_EQ(host.kv.at("cursor"), "13 1760000000");
}

TEST_F(Telegram, WhatCanNeverBeStoredHoldsNobodyUp) {
    make(kPolling);
    host.on_emit = [](const Message&) -> std::optional<Result<Emitted>> {
        return Result<Emitted>(Failure{.status = Status::invalid, .error = "no"});
    };
    script["getUpdates"] = {updates({message(R"("text":"one")", 10, 1)})};
    EXPECT_TRUE(channel->poll());
    EXPECT_EQ(host.kv.at("cursor"), "11 1760000000");
    EXPECT_TRUE(host.logged("update 10 cannot be stored and is left out: no"));
}

TEST_F(Telegram, WithoutTheAccountTheRoundEndsFenced) {
    make(kPolling);
    host.owner = false;
    script["getUpdates"] = {updates({message(R"("text":"one")", 10, 1)})};
    const auto round = channel->poll();
    ASSERT_FALSE(round);
    EXPECT_EQ(round.failure().status, Status::fenced);
}

TEST_F(Telegram, FaultsOfPollingAreToldInWords) {
    make(kPolling);
    script["getUpdates"] = {refusal(429, "Too Many Requests: retry after 7", R"({"retry_after":7})"), "cut", "<html>",
                            refusal(502, "Bad Gateway")};
    auto round = channel->poll();
    EXPECT_EQ(round.failure().status, Status::rate_limited);
    EXPECT_EQ(round.failure().retry_after, seconds(7));
    round = channel->poll();
    EXPECT_EQ(round.failure().status, Status::unavailable);
    EXPECT_THAT(round.failure().error, HasSubstr("bot***/getUpdates"));
    EXPECT_EQ(channel->poll().failure().status, Status::unavailable);
}

TEST_F(Telegram, TwoPollersAreAConflictThatEndsInAFailedAccount) {
    make(kPolling);
    const std::string words =
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
    script["getUpdates"] = {refusal(409, words), refusal(409, words), refusal(409, words)};
    const auto round = channel->poll();
    EXPECT_EQ(round.failure().error, "409: another program polls this bot (" + words + "); only one may: stop it");
    EXPECT_EQ(round.failure().retry_after, seconds(3));
    EXPECT_THAT(host.states(), IsEmpty()) << "once may be our own past";
    EXPECT_FALSE(channel->poll());
    EXPECT_FALSE(channel->poll());
    EXPECT_EQ(host.states().back().state, State::failed);
    EXPECT_THAT(host.states().back().text, HasSubstr("then restart this account"));
}

TEST_F(Telegram, AForeignWebhookIsAConflictOfItsOwn) {
    make(kPolling);
    script["getUpdates"] = {refusal(409,
                                    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook "
                                    "to delete the webhook first")};
    EXPECT_THAT(channel->poll().failure().error, HasSubstr("another program has set a webhook for this bot"));
    EXPECT_TRUE(channel->poll());
    EXPECT_EQ(count("deleteWebhook"), 2u);
}

TEST_F(Telegram, ARevokedTokenFailsTheAccountUntilASendPasses) {
    make(kPolling);
    script["getUpdates"] = {refusal(401, "Unauthorized")};
    EXPECT_EQ(channel->poll().failure().status, Status::auth);
    EXPECT_EQ(host.states().back().state, State::failed);
    EXPECT_TRUE(channel->send(text("probe")));
    EXPECT_EQ(host.states().back().state, State::ready);
}

TEST_F(Telegram, AnswersThatAreTooLargeOrUnreadableAreTakenInSmallerBites) {
    make(kPolling);
    script["getUpdates"] = {"large", "large", updates({message(R"("text":"one")", 10, 1)})};
    EXPECT_TRUE(channel->poll());
    EXPECT_EQ(query_of(asked("getUpdates")[2], "limit"), "3");
    EXPECT_EQ(host.emits().size(), 1u);
    const std::string unreadable = R"({"ok":true,"result":[{"update_id":20,"message":{"text":"\ud800"}}]})";
    script["getUpdates"] = {unreadable, unreadable};
    EXPECT_TRUE(channel->poll());
    EXPECT_EQ(host.kv.at("cursor"), "21 1760000000");
    EXPECT_TRUE(host.logged("update 20 is no JSON that can be read; it is left out"));
}

TEST_F(Telegram, StopLeavesALongPollAndFinishesWhatWasTaken) {
    make(kPolling);
    ASSERT_TRUE(channel->poll());
    const auto round = channel->begin_poll();
    const auto stopped = channel->begin_stop();
    EXPECT_TRUE(round.finished()) << "without waiting for Telegram";
    EXPECT_TRUE(stopped.finished());
    host.run();
    EXPECT_THAT(host.emits(), IsEmpty());
}

// ---- webhook
// -----------------------------------------------------------------------------------------------------------

TEST_F(Telegram, TheFirstRoundRegistersTheWebhook) {
    make(kWebhook);
    const auto round = channel->poll();
    ASSERT_TRUE(round);
    EXPECT_EQ(round->next_in, std::chrono::minutes(5));
    EXPECT_EQ(
        json::serialize(asked("setWebhook").at(0).body),
        R"({"url":"https://public.example.test/channels/tg/updates","secret_token":"the-secret","max_connections":40,)"
        R"("allowed_updates":["message","edited_message","callback_query","my_chat_member"]})");
    EXPECT_TRUE(channel->poll());
    EXPECT_EQ(count("setWebhook"), 1u);
    EXPECT_EQ(count("getUpdates"), 0u);
}

TEST_F(Telegram, WhatTelegramSaysOfTheWebhookReachesTheOperator) {
    make(kWebhook);
    script["setWebhook"] = {refusal(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"),
                            refusal(429, "Too Many Requests: retry after 1", R"({"retry_after":1})")};
    EXPECT_THAT(channel->poll().failure().error,
                HasSubstr("does not take the webhook's address: 400: Bad Request: bad webhook"));
    EXPECT_EQ(channel->poll().failure().retry_after, seconds(1));
    EXPECT_TRUE(channel->poll());
    now_s += 10;
    const std::string ours = R"("url":"https://public.example.test/channels/tg/updates")";
    script["getWebhookInfo"] = {
        ok("{" + ours +
           R"(,"pending_update_count":3,"last_error_date":1760000005,"last_error_message":"Connection refused"})"),
        ok(R"({"url":"https://elsewhere.test/","pending_update_count":0})")};
    EXPECT_EQ(channel->poll().failure().error,
              "Telegram cannot deliver to https://public.example.test/channels/tg/updates: Connection refused (3 "
              "updates wait)");
    EXPECT_THAT(channel->poll().failure().error, HasSubstr("another program has changed the bot's webhook"));
    EXPECT_TRUE(channel->poll());
    EXPECT_EQ(count("setWebhook"), 4u);
}

TEST_F(Telegram, OnlyTheSecretOpensTheWebhook) {
    make(kWebhook);
    const std::string body = message(R"("text":"hi")");
    for (const char* wrong : {"", "The-secret", "the-secre", "the-secret2"})
        EXPECT_EQ(post(body, wrong).status, 401u) << wrong;
    EXPECT_THAT(host.emits(), IsEmpty());
    const auto taken = post(body);
    EXPECT_EQ(taken.status, 200u);
    EXPECT_EQ(taken.body, "") << "Telegram carries out what stands in an answer";
    EXPECT_EQ(host.emits().size(), 1u);
    EXPECT_EQ(post("{").status, 400u);
    EXPECT_EQ(post(std::string(300'000, '[')).status, 400u);
    usher::sdk::HttpRequest other{.method = "GET", .path = "/updates"};
    EXPECT_EQ(channel->webhook(other)->status, 405u);
    other.path = "/";
    EXPECT_EQ(channel->webhook(other)->status, 404u);
    make(kPolling);
    EXPECT_EQ(post(body).status, 404u) << "an account that polls has no webhook";
}

TEST_F(Telegram, ALargeUpdateComesAsABlob) {
    make(kWebhook);
    usher::sdk::HttpRequest request{.method = "POST", .path = "/updates"};
    request.headers.emplace_back("X-Telegram-Bot-Api-Secret-Token", "the-secret");
    request.body_blob = host.put_blob(message(R"("text":")" + std::string(300'000, 'x') + "\""));
    EXPECT_EQ(channel->webhook(request)->status, 200u);
    EXPECT_EQ(host.emits().at(0).message.text.size(), 300'000u);
}

TEST_F(Telegram, WhatCannotBeStoredNowIsAskedForAgain) {
    make(kWebhook);
    host.on_emit = [](const Message&) -> std::optional<Result<Emitted>> {
        return Result<Emitted>(Failure{.status = Status::unavailable, .error = "away", .retry_after = seconds(4)});
    };
    const auto answer = post(message(R"("text":"hi")"));
    EXPECT_EQ(answer.status, 503u);
    EXPECT_EQ(answer.header("Retry-After"), "4");
}

// ---- files
// -------------------------------------------------------------------------------------------------------------

TEST_F(Telegram, FilesAreFetchedBeforeTheMessageIsTaken) {
    make(kWebhook);
    files["photos/file_1.jpg"] = "JPEG";
    EXPECT_EQ(post(message(R"("photo":[{"file_id":"f1","width":8,"height":6,"file_size":4}],"caption":"look")")).status,
              200u);
    ASSERT_EQ(host.emits().size(), 1u);
    const auto& taken = host.emits()[0].message;
    ASSERT_EQ(taken.parts.size(), 1u);
    EXPECT_EQ(taken.parts[0].mime, "image/jpeg");
    EXPECT_EQ(taken.parts[0].name, "photo.jpg");
    EXPECT_EQ(taken.parts[0].size_bytes, 4u);
    EXPECT_TRUE(taken.parts[0].uri.starts_with("blob:")) << "never Telegram's address: it holds the token";
    EXPECT_EQ(host.blob(taken.parts[0].uri.substr(5)), "JPEG");
    EXPECT_EQ(asked("getFile").at(0).body.at("file_id"), "f1");
}

TEST_F(Telegram, FilesThatCannotBeHadAreNamed) {
    make(kWebhook);
    EXPECT_EQ(post(message(R"("document":{"file_id":"f","file_name":"film.mkv","file_size":20971521},"caption":"big")"))
                  .status,
              200u);
    EXPECT_EQ(host.emits()[0].message.text,
              "big\n[File film.mkv is larger than the 20 MB that Telegram hands to bots]");
    EXPECT_EQ(count("getFile"), 0u);
    script["getFile"] = {refusal(400, "Bad Request: file is too big")};
    EXPECT_EQ(post(message(R"("document":{"file_id":"f","file_name":"b.bin"})", 2, 2)).status, 200u);
    EXPECT_EQ(host.emits()[1].message.text, "[File b.bin is larger than the 20 MB that Telegram hands to bots]");
    script["getFile"] = {ok(R"({"file_path":"../../etc/passwd"})")};
    EXPECT_EQ(post(message(R"("document":{"file_id":"f"})", 3, 3)).status, 200u);
    EXPECT_EQ(host.emits()[2].message.text, "[File document could not be fetched from Telegram]");
}

TEST_F(Telegram, AFileThatDoesNotComeIsTriedThreeTimes) {
    make(kWebhook);  // files is empty: every download is a 404
    const std::string body = message(R"("voice":{"file_id":"f"})");
    EXPECT_EQ(post(body).status, 503u);
    EXPECT_EQ(post(body).status, 503u);
    EXPECT_THAT(host.emits(), IsEmpty());
    EXPECT_EQ(post(body).status, 200u);
    EXPECT_EQ(host.emits()[0].message.text, "[File voice.ogg could not be fetched from Telegram]");
}

// ---- buttons and groups
// ------------------------------------------------------------------------------------------------

TEST_F(Telegram, AButtonIsAnsweredOnceItIsStored) {
    make(kWebhook);
    const std::string press =
        R"({"update_id":5,"callback_query":{"id":"4382","from":{"id":77},"data":"y","message":{"message_id":9,"chat":{"id":77,"type":"private"}}}})";
    script["answerCallbackQuery"] = {refusal(400, "Bad Request: query is too old")};
    EXPECT_EQ(post(press).status, 200u) << "a late answer changes nothing";
    EXPECT_EQ(asked("answerCallbackQuery").at(0).body.at("callback_query_id"), "4382");
    EXPECT_EQ(host.emits()[0].message.kind, Kind::postback);
}

TEST_F(Telegram, GroupsAreToldOnceAndLeft) {
    make(kPolling);
    std::string one = message(R"("text":"hi")", 1, 1);
    std::string two = message(R"("text":"hello?")", 2, 2);
    for (std::string* text : {&one, &two}) {
        text->replace(text->find("\"private\""), 9, "\"supergroup\"");
        text->replace(text->find("\"chat\":{\"id\":77"), 15, "\"chat\":{\"id\":-100");
    }
    script["getUpdates"] = {updates({one, two})};
    EXPECT_TRUE(channel->poll());
    EXPECT_THAT(host.emits(), IsEmpty());
    ASSERT_EQ(count("sendMessage"), 1u);
    EXPECT_EQ(json::serialize(asked("sendMessage")[0].body),
              R"({"chat_id":-100,"text":"I answer in private chats only. Please write to me directly."})");
    EXPECT_EQ(asked("leaveChat").at(0).body.at("chat_id"), -100);
}
