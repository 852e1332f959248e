#pragma once
/// A bot for the tests: an account with a clock moved by hand, and a Bot API that answers as it is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <deque>
#include <map>
#include <usher/fake_instance.hpp>

#include "channel.hpp"

namespace usher::telegram {

inline constexpr char kToken[] = "123456789:AAE-secret_part";
inline constexpr char kPolling[] = R"({"bot_token": "123456789:AAE-secret_part"})";
inline constexpr char kWebhook[] =
    R"({"bot_token": "123456789:AAE-secret_part", "mode": "webhook", "webhook_secret": "the-secret"})";

/// One call as the Bot API got it.
struct Asked {
    std::string method;
    sdk::HttpRequest request;
    boost::json::object body;  // of a JSON body or a form
};

struct Bot : testing::Test {
    std::int64_t now_s = 1'760'000'000;
    sdk::FakeHost host{"tg"};
    std::optional<sdk::FakeInstance> channel;
    std::map<std::string, std::deque<std::string>> script;  // answers by method; else a good one
    std::deque<Asked> calls;
    std::map<std::string, std::string> files;  // path -> bytes

    void SetUp() override {
        host.on_http = [this](const sdk::HttpRequest& request) { return answer(request); };
    }
    void TearDown() override {
        channel.reset();
        EXPECT_THAT(host.violations(), testing::IsEmpty());
        for (const auto& log : host.logs()) EXPECT_THAT(log.text, testing::Not(testing::HasSubstr("AAE-secret")));
        for (const auto& state : host.states()) EXPECT_THAT(state.text, testing::Not(testing::HasSubstr("AAE-secret")));
    }
    void make(std::string_view config, bool start = true) {
        channel.reset();
        auto* made = new sdk::detail::Adapter<TelegramChannel>(host.raw(), config, [this] { return now_s; });
        channel.emplace(host, made->c());
        if (start) {
            ASSERT_TRUE(channel->start());
        }
    }
    static std::string ok(const std::string& result) { return R"({"ok":true,"result":)" + result + "}"; }
    static std::string refusal(int code, const std::string& description, const std::string& more = "") {
        return R"({"ok":false,"error_code":)" + std::to_string(code) + R"(,"description":")" + description + "\"" +
               (more.empty() ? "" : R"(,"parameters":)" + more) + "}";
    }
    std::string good_answer(const std::string& method) {
        if (method == "getMe") return ok(R"({"id":123456789,"is_bot":true,"username":"shop_help_bot"})");
        if (method == "getUpdates") return ok("[]");
        if (method == "getFile") return ok(R"({"file_path":"photos/file_1.jpg"})");
        if (method == "getWebhookInfo")
            return ok(R"({"url":"https://public.example.test/channels/tg/updates","pending_update_count":0})");
        if (method.starts_with("send") && method != "sendChatAction")
            return ok(R"({"message_id":)" + std::to_string(++last_message_) + R"(,"chat":{"id":77,"type":"private"}})");
        return ok("true");
    }
    /// What is scripted: a body (its error_code is the status), "cut", "refused" (no connection) or "" for a good one.
    sdk::Result<sdk::HttpAnswer> answer(const sdk::HttpRequest& request) {
        const std::string base = "https://api.telegram.org/bot" + std::string(kToken) + "/";
        if (request.url.starts_with("https://api.telegram.org/file/bot")) {
            const auto found = files.find(request.url.substr(request.url.find(kToken) + sizeof kToken));
            if (found == files.end()) return sdk::HttpAnswer{.status = 404};
            return sdk::HttpAnswer{.status = 200, .body = found->second};
        }
        EXPECT_TRUE(request.url.starts_with(base)) << request.url;
        std::string method = request.url.substr(base.size());
        method = method.substr(0, method.find('?'));
        Asked asked{method, request, {}};
        if (!request.body.empty()) asked.body = boost::json::parse(request.body).as_object();
        for (const auto& field : request.form) asked.body[field.name] = field.blob.empty() ? field.value : field.blob;
        calls.push_back(asked);
        std::string body;
        if (auto& waiting = script[method]; !waiting.empty()) {
            body = waiting.front();
            waiting.pop_front();
        }
        if (body.empty()) body = good_answer(method);
        if (body == "cut")
            return sdk::Failure{.status = sdk::Status::unknown_outcome, .error = "cut at " + request.url};
        if (body == "refused")
            return sdk::Failure{.status = sdk::Status::unavailable, .error = "refused at " + request.url};
        if (body == "large") return sdk::Failure{.status = sdk::Status::invalid, .error = "too large"};
        std::uint32_t status = 200;
        if (const auto parsed = parse_json(body); parsed && parsed->is_object()) {
            if (const auto code = integer_in(parsed->get_object(), "error_code"))
                status = static_cast<std::uint32_t>(code);
        }
        return sdk::HttpAnswer{.status = status, .body = body};
    }
    std::vector<Asked> asked(std::string_view method) const {
        std::vector<Asked> found;
        for (const Asked& one : calls)
            if (one.method == method) found.push_back(one);
        return found;
    }
    std::size_t count(std::string_view method) const { return asked(method).size(); }

    sdk::HttpAnswer post(const std::string& body, const std::string& secret = "the-secret") {
        sdk::HttpRequest request{.method = "POST", .path = "/updates", .body = body};
        if (!secret.empty()) request.headers.emplace_back("x-telegram-bot-api-secret-token", secret);
        const auto answered = channel->webhook(request);
        if (answered) return *answered;
        ADD_FAILURE() << answered.failure().error;
        return {.status = 0};
    }
    static sdk::Message text(const std::string& what, const std::string& id = "9") {
        sdk::Message out;
        out.id = id;
        out.contact = "77";
        out.text = what;
        out.attempt = 1;
        out.timeout = std::chrono::seconds(30);
        out.sent_unix_us = 1'760'000'000'000'000;
        return out;
    }

private:
    int last_message_ = 500;
};

/// A message of Ana's in her private chat.
inline std::string message(const std::string& content, int update = 731045521, int id = 1874) {
    return R"({"update_id":)" + std::to_string(update) + R"(,"message":{"message_id":)" + std::to_string(id) +
           R"(,"from":{"id":77,"is_bot":false,"first_name":"Ana","last_name":"Petrova","username":"ana_p","language_code":"en"},)"
           R"("chat":{"id":77,"first_name":"Ana","type":"private"},"date":1760000000,)" +
           content + "}}";
}

}  // namespace usher::telegram
