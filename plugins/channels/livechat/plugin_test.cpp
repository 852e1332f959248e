// The channel through its border: what the kernel and browsers see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <usher/fake_instance.hpp>

#include "crypto.hpp"
#include "tokens.hpp"

using namespace usher::sdk;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace json = boost::json;

namespace {

constexpr const char* kConfig = R"({"allowed_origins": ["https://shop.example"], "title": "Acme </script> help",
    "identity_secret": "0123456789abcdef0123456789abcdef", "attachment_types": ["image/*"], "max_attachment_bytes": 2048})";
const std::string kPng = std::string("\x89PNG\r\n\x1a\n", 8) + std::string(100, 'x');

struct LiveChatPlugin : testing::Test {
    FakeHost host{"web"};
    FakeInstance chat{host, usher_plugin_entry_v0, "livechat", kConfig};

    void SetUp() override { ASSERT_TRUE(chat.start()); }
    void TearDown() override { EXPECT_THAT(host.violations(), IsEmpty()); }

    HttpAnswer ask(std::string method, std::string path, std::string body = "", Pairs headers = {},
                   std::string query = "") {
        const auto answer = chat.webhook({.method = std::move(method),
                                          .path = std::move(path),
                                          .query = std::move(query),
                                          .body = std::move(body),
                                          .headers = std::move(headers)});
        return answer ? *answer : HttpAnswer{.status = 599, .body = answer.failure().error};
    }
    json::value body(const HttpAnswer& answer) { return json::parse(answer.body); }
    std::string session() { return std::string(body(ask("POST", "/session", "{}")).at("token").as_string()); }
    std::string ticket(const std::string& token) {
        return std::string(
            body(ask("POST", "/session", json::serialize(json::value{{"token", token}}))).at("ticket").as_string());
    }
    static Pairs bearer(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }
    Result<Admission> connect(const std::string& name, const std::string& token,
                              const std::string& origin = "https://public.example.test",
                              const std::string& after = "") {
        return chat.accept(name, {.path = "/socket",
                                  .query = "ticket=" + ticket(token) + "&after=" + after,
                                  .headers = {{"Origin", origin}}});
    }
    std::vector<std::string> pushed() {
        std::vector<std::string> all;
        for (const auto& push : host.pushes()) all.push_back(push.session + " " + push.json);
        return all;
    }
};

}  // namespace

TEST_F(LiveChatPlugin, ServesTheLoaderWithTheAccountsSettings) {
    const auto loader = ask("GET", "/widget.js");
    EXPECT_EQ(loader.status, 200u);
    EXPECT_THAT(loader.body, HasSubstr(R"("account":"web")"));
    EXPECT_THAT(loader.body, Not(HasSubstr("__USHER_SETTINGS__")));
    EXPECT_THAT(loader.body, Not(HasSubstr("0123456789abcdef")));
    const auto again = ask("GET", "widget.js", "", {{"If-None-Match", std::string(*loader.header("ETag"))}});
    EXPECT_EQ(again.status, 304u);
    EXPECT_EQ(again.body, "");
}

TEST_F(LiveChatPlugin, TheFrameShowsOnAllowedSitesOnlyAndItsSettingsCannotEndTheScript) {
    const auto frame = ask("GET", "/frame");
    EXPECT_THAT(std::string(*frame.header("Content-Security-Policy")),
                testing::EndsWith("frame-ancestors 'self' https://shop.example"));
    EXPECT_THAT(frame.body, HasSubstr("Acme \\u003c/script> help"));
    EXPECT_THAT(frame.body, Not(HasSubstr("0123456789abcdef")));
    EXPECT_THAT(frame.body, HasSubstr("frame.js?v="));
    const auto script = ask("GET", "/frame.js", "", {{"Accept-Encoding", "gzip, br"}}, "v=abc");
    EXPECT_EQ(script.header("Content-Encoding"), "gzip");
    EXPECT_EQ(script.body.substr(0, 2), "\x1f\x8b");
    EXPECT_THAT(std::string(*script.header("Cache-Control")), HasSubstr("immutable"));
}

TEST_F(LiveChatPlugin, AllNodesSignWithOneSecret) {
    const std::string token = session();
    FakeInstance other{host, usher_plugin_entry_v0, "livechat", kConfig};
    ASSERT_TRUE(other.start(Role::edge));
    const auto answer = other.webhook(
        {.method = "POST", .path = "/messages", .body = R"({"id":"a","text":"hi"})", .headers = bearer(token)});
    EXPECT_EQ(answer->status, 202u) << answer->body;
}

TEST_F(LiveChatPlugin, AMessageIsTakenOnceHoweverOftenItComes) {
    const std::string token = session();
    const auto first = ask("POST", "/messages", R"({"id":"c1","text":"Hello"})", bearer(token));
    EXPECT_EQ(first.status, 202u);
    const auto again = ask("POST", "/messages", R"({"id":"c1","text":"Hello"})", bearer(token));
    EXPECT_EQ(again.status, 200u);
    EXPECT_EQ(body(again).at("id"), body(first).at("id"));
    const auto other = ask("POST", "/messages", R"({"id":"c1","text":"Bye"})", bearer(token));
    EXPECT_EQ(other.status, 409u);
    EXPECT_EQ(ask("POST", "/messages", R"({"id":"c1","text":"Hello"})", bearer(session())).status, 202u)
        << "another visitor";
}

TEST_F(LiveChatPlugin, WithoutATokenOrWithAWrongOneNothingIsTaken) {
    EXPECT_EQ(ask("POST", "/messages", R"({"id":"c1","text":"x"})").status, 401u);
    const auto wrong = ask("POST", "/messages", R"({"id":"c1","text":"x"})", bearer(session() + "x"));
    EXPECT_EQ(wrong.status, 401u);
    EXPECT_EQ(body(wrong).at("error").at("message"), "the token's signature is wrong");
    EXPECT_THAT(host.emits(), IsEmpty());
}

TEST_F(LiveChatPlugin, WhatCouldNotBeStoredIsNotAcknowledged) {
    host.on_emit = [](const Message&) {
        return Result<Emitted>(Failure{.status = Status::unavailable, .error = "full"});
    };
    const auto answer = ask("POST", "/messages", R"({"id":"c1","text":"x"})", bearer(session()));
    EXPECT_EQ(answer.status, 503u);
    EXPECT_EQ(answer.header("Retry-After"), "2");
    ASSERT_TRUE(connect("s1", session()));
    ASSERT_TRUE(chat.frame("s1", R"({"type":"message","id":"c2","text":"x"})"));
    EXPECT_THAT(pushed(), ElementsAre(HasSubstr(R"("type":"nack","code":"unavailable")")));
    EXPECT_THAT(pushed().back(), HasSubstr(R"("retryAfterMs":2000)"));
}

TEST_F(LiveChatPlugin, AProofMakesTheSamePersonEverywhere) {
    const auto claims = R"({"id":"77","name":"Ada","exp":4102444800})";
    const std::string head =
        usher::livechat::to_base64url(R"({"alg":"HS256"})") + "." + usher::livechat::to_base64url(claims);
    const std::string jwt =
        head + "." +
        usher::livechat::to_base64url(usher::livechat::hmac_sha256("0123456789abcdef0123456789abcdef", head));
    const auto answer = ask("POST", "/session", json::serialize(json::value{{"identity", {{"token", jwt}}}}));
    ASSERT_EQ(answer.status, 200u) << answer.body;
    EXPECT_EQ(body(answer).at("visitor"), (json::value{{"id", "user-77"}, {"verified", true}, {"name", "Ada"}}));
    const std::string token(body(answer).at("token").as_string());
    const auto renewed = ask("POST", "/session", json::serialize(json::value{{"token", token}}));
    EXPECT_EQ(body(renewed).at("token"), json::value(token)) << "only a proof lengthens it";
}

TEST_F(LiveChatPlugin, AWrongProofIsAnErrorNeverASilentAnonymousVisitor) {
    const auto answer = ask("POST", "/session", R"({"identity":{"id":"77","hash":"00"}})");
    EXPECT_EQ(answer.status, 401u);
    EXPECT_EQ(body(answer).at("error").at("code"), "identity_refused");
}

TEST_F(LiveChatPlugin, AnAccountMayDemandIdentity) {
    FakeInstance strict{host, usher_plugin_entry_v0, "livechat",
                        R"({"require_identity": true, "identity_secret": "0123456789abcdef0123456789abcdef"})"};
    ASSERT_TRUE(strict.start());
    const auto answer = strict.webhook({.method = "POST", .path = "/session", .body = "{}"});
    EXPECT_EQ(answer->status, 403u);
    EXPECT_THAT(answer->body, HasSubstr("identity_required"));
    FakeInstance broken{host, usher_plugin_entry_v0, "livechat", R"({"require_identity": true})"};
    EXPECT_EQ(broken.created(), Status::invalid);
    EXPECT_TRUE(host.logged("require_identity needs an identity_secret"));
}

TEST_F(LiveChatPlugin, ForeignOriginsAreTurnedAwayAllowedOnesMayRead) {
    const auto foreign = ask("POST", "/session", "{}", {{"Origin", "https://evil.example"}});
    EXPECT_EQ(foreign.status, 403u);
    EXPECT_EQ(foreign.header("Access-Control-Allow-Origin"), std::nullopt);
    const auto site = ask("POST", "/session", "{}", {{"Origin", "https://shop.example"}});
    EXPECT_EQ(site.status, 200u);
    EXPECT_EQ(site.header("Access-Control-Allow-Origin"), "https://shop.example");
    EXPECT_EQ(ask("OPTIONS", "/session", "", {{"Origin", "https://shop.example"}}).status, 204u);
}

TEST_F(LiveChatPlugin, TheSocketTakesTheFramesOriginAndAllowedSitesOnly) {
    const std::string token = session();
    EXPECT_TRUE(connect("s1", token));
    EXPECT_TRUE(connect("s2", token, "https://shop.example"));
    const auto foreign = connect("s3", token, "https://evil.example");
    ASSERT_FALSE(foreign);
    ASSERT_NE(foreign.failure().http, nullptr);
    EXPECT_EQ(foreign.failure().http->status, 403u);
    const auto none = chat.accept("s4", {.path = "/socket", .query = "ticket=" + ticket(token)});
    EXPECT_FALSE(none) << "without an Origin";
    const auto token_as_ticket = chat.accept(
        "s5", {.path = "/socket", .query = "ticket=" + token, .headers = {{"Origin", "https://shop.example"}}});
    EXPECT_EQ(token_as_ticket.failure().http->status, 401u) << "the long-lived token does not belong into an address";
    const auto by_header = chat.accept(
        "s6",
        {.path = "/socket", .headers = {{"Origin", "https://shop.example"}, {"Authorization", "Bearer " + token}}});
    EXPECT_TRUE(by_header);
}

TEST_F(LiveChatPlugin, TheStreamIsTheVisitorsOwnAndResumes) {
    const auto admitted = connect("s1", session(), "https://shop.example", "c%2B7");
    ASSERT_TRUE(admitted);
    EXPECT_THAT(admitted->contact, testing::StartsWith("anon-"));
    EXPECT_EQ(admitted->thread_key, "");
    EXPECT_EQ(admitted->after, "c+7");
}

TEST_F(LiveChatPlugin, AMessageOnTheSocketIsAcknowledgedAfterItIsStored) {
    ASSERT_TRUE(connect("s1", session()));
    ASSERT_TRUE(chat.frame(
        "s1", R"({"type":"message","id":"c1","text":"Hello","page":{"url":"https://shop.example/pricing"}})"));
    ASSERT_EQ(host.emits().size(), 1u);
    EXPECT_EQ(find(host.emits()[0].message.attrs, "url"), "https://shop.example/pricing");
    EXPECT_THAT(pushed(), ElementsAre("s1 {\"type\":\"ack\",\"clientId\":\"c1\",\"id\":\"48219301\"}"));
    ASSERT_TRUE(chat.frame("s1", R"({"type":"message","id":"c1","text":"Hello"})"));
    EXPECT_EQ(pushed().back(), pushed().front()) << "the same answer to the same message";
}

TEST_F(LiveChatPlugin, ABadFrameIsAnsweredAndHurtsNothing) {
    ASSERT_TRUE(connect("s1", session()));
    ASSERT_TRUE(chat.frame("s1", "not json"));
    ASSERT_TRUE(chat.frame("s1", R"({"type":"message","id":"c1","text":""})"));
    ASSERT_TRUE(chat.frame("s1", R"({"type":"ping"})"));
    EXPECT_THAT(pushed(), ElementsAre(HasSubstr(R"("type":"error","code":"bad_frame")"),
                                      HasSubstr(R"("type":"nack","code":"empty")"), "s1 {\"type\":\"pong\"}"));
    EXPECT_THAT(host.emits(), IsEmpty());
}

TEST_F(LiveChatPlugin, AFrameOfASessionFromBeforeAReloadMakesTheClientConnectAgain) {
    ASSERT_TRUE(chat.frame("old", R"({"type":"typing"})"));
    ASSERT_EQ(host.closes().size(), 1u);
    EXPECT_EQ(host.closes()[0].code, 4001u);
}

TEST_F(LiveChatPlugin, TypingAndReadGoBothWaysAndToThatVisitorOnly) {
    const auto ada = connect("s1", session());
    ASSERT_TRUE(connect("s2", session()));
    ASSERT_TRUE(chat.frame("s1", R"({"type":"typing"})"));
    ASSERT_TRUE(chat.frame("s1", R"({"type":"read","id":"55"})"));
    ASSERT_EQ(host.emits().size(), 2u);
    EXPECT_EQ(host.emits()[0].message.kind, Kind::typing);
    EXPECT_EQ(host.emits()[1].message.kind, Kind::read);
    EXPECT_EQ(host.emits()[1].message.id, "55");
    ASSERT_TRUE(chat.send({.kind = Kind::typing,
                           .contact = ada->contact,
                           .author_json = R"({"type":"agent","name":"Nadia","avatar_url":"x"})"}));
    ASSERT_TRUE(chat.send({.kind = Kind::read, .remote_id = ada->contact + ":c1", .contact = ada->contact}));
    ASSERT_TRUE(chat.send({.kind = Kind::closed, .contact = ada->contact}));
    EXPECT_THAT(pushed(), ElementsAre(R"(s1 {"type":"typing","author":{"type":"agent","name":"Nadia"}})",
                                      R"(s1 {"type":"read","clientId":"c1"})", R"(s1 {"type":"closed"})"));
    chat.closed("s1");
    ASSERT_TRUE(chat.send({.kind = Kind::typing, .contact = ada->contact}));
    EXPECT_EQ(pushed().size(), 3u);
}

TEST_F(LiveChatPlugin, AnAgentsMessageIsSentOnceTheKernelShowsIt) {
    const auto receipt = chat.send({.kind = Kind::text, .id = "900", .contact = "anon-1", .text = "Hi"});
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->remote_id, "900");
    EXPECT_THAT(pushed(), IsEmpty());
    EXPECT_EQ(chat.send({.kind = Kind::reaction}).failure().status, Status::unsupported);
}

TEST_F(LiveChatPlugin, AFileIsStoredCheckedAndGoesIntoAMessage) {
    const std::string token = session();
    const auto upload = ask("POST", "/uploads", kPng,
                            {{"Authorization", "Bearer " + token}, {"Content-Type", "text/plain"}}, "name=..%2Fa.png");
    ASSERT_EQ(upload.status, 201u) << upload.body;
    EXPECT_EQ(body(upload).at("mimeType"), "image/png") << "what the bytes say";
    EXPECT_EQ(body(upload).at("name"), "a.png");
    const auto sent =
        ask("POST", "/messages", json::serialize(json::value{{"id", "c1"}, {"uploadIds", {body(upload).at("id")}}}),
            bearer(token));
    ASSERT_EQ(sent.status, 202u) << sent.body;
    const Part part = host.emits().back().message.parts.at(0);
    EXPECT_EQ(host.blob(part.uri.substr(5)), kPng);
    EXPECT_EQ(part.size_bytes, kPng.size());
    const auto stolen =
        ask("POST", "/messages", json::serialize(json::value{{"id", "c1"}, {"uploadIds", {body(upload).at("id")}}}),
            bearer(session()));
    EXPECT_EQ(stolen.status, 422u);
}

TEST_F(LiveChatPlugin, ALargeUploadComesAsABlobAndIsCheckedTheSameWay) {
    const std::string token = session();
    const auto post = [&](const std::string& bytes) {
        return *chat.webhook({.method = "POST",
                              .path = "/uploads",
                              .query = "name=a.png",
                              .body_blob = host.put_blob(bytes),
                              .headers = {{"Authorization", "Bearer " + token}, {"Content-Type", "image/png"}}});
    };
    EXPECT_EQ(post(kPng).status, 201u);
    EXPECT_EQ(post(kPng + std::string(2048, 'x')).status, 413u);
    const auto disguised = post("MZ this is a program");
    EXPECT_EQ(disguised.status, 415u);
    EXPECT_EQ(body(disguised).at("error").at("message"),
              "Files of the type application/vnd.microsoft.portable-executable cannot be sent here, only image/*.");
}

TEST_F(LiveChatPlugin, UploadsNeedATokenAndALimit) {
    EXPECT_EQ(ask("POST", "/uploads", kPng).status, 401u);
    const std::string token = session();
    EXPECT_EQ(ask("POST", "/uploads", std::string(2049, 'x'), bearer(token)).status, 413u);
    EXPECT_EQ(ask("POST", "/uploads", "", bearer(token)).status, 422u);
    EXPECT_EQ(ask("POST", "/uploads", "<svg onload=x>",
                  {{"Authorization", "Bearer " + token}, {"Content-Type", "image/svg+xml"}})
                  .status,
              415u);
}

TEST_F(LiveChatPlugin, PollTellsWhatTheStreamWouldHave) {
    const std::string token = session();
    const auto empty = ask("GET", "/poll", "", bearer(token), "after=");
    EXPECT_EQ(empty.body, R"({"frames":[],"cursor":""})");
    const std::string contact(body(ask("POST", "/session", json::serialize(json::value{{"token", token}})))
                                  .at("visitor")
                                  .at("id")
                                  .as_string());
    host.history[contact + "/"] =
        R"([{"cursor":"c9","id":"5","seq":1,"direction":"outbound","author":{"type":"agent","name":"N"},
        "text":"Hi","attachments":[],"status":"sent","at_unix_us":0}])";
    const auto told = body(ask("GET", "/poll", "", bearer(token), "after=c1"));
    EXPECT_EQ(told.at("cursor"), "c9");
    EXPECT_EQ(told.at("frames").at(0).at("entry").at("text"), "Hi");
}

TEST_F(LiveChatPlugin, UnknownPathsMethodsAndBodiesAreNamed) {
    EXPECT_EQ(ask("GET", "/nothing").status, 404u);
    EXPECT_EQ(ask("GET", "/session").header("Allow"), "POST");
    EXPECT_EQ(body(ask("POST", "/session", "[1]")).at("error").at("code"), "bad_json");
    EXPECT_EQ(body(ask("POST", "/events", R"({"type":"message","id":"a","text":"x"})", bearer(session())))
                  .at("error")
                  .at("message"),
              "messages go to POST messages");
    EXPECT_EQ(ask("GET", "/config").status, 200u);
    EXPECT_THAT(ask("GET", "/config").body, Not(HasSubstr("0123456789abcdef")));
}
