// The rules of this channel that need no host: tokens, proofs of identity, origins, frames, text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "colour.hpp"
#include "crypto.hpp"
#include "frames.hpp"
#include "identity.hpp"
#include "text.hpp"

using namespace usher::livechat;
using namespace usher::sdk;
using testing::HasSubstr;

namespace {

constexpr Seconds kNow{1'795'165'529};
const std::string kSecret = "0123456789abcdef0123456789abcdef";

std::string jwt(const std::string& header, const std::string& claims, const std::string& secret = kSecret) {
    const std::string head = to_base64url(header) + "." + to_base64url(claims);
    return head + "." + to_base64url(hmac_sha256(secret, head));
}
std::string hs256(const std::string& claims) {
    return jwt(R"({"alg":"HS256","typ":"JWT"})", claims);
}
std::string refusal(const json::value& identity) {
    const auto visitor = prove(identity, kSecret, kNow);
    return visitor ? "accepted" : visitor.failure().error;
}
std::string exp_at(Seconds at) {
    return "\"exp\":" + std::to_string(at.count());
}

}  // namespace

TEST(Crypto, HmacIsThatOfRfc4231) {
    EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Crypto, Base64urlComesBackAndTakesNothingElse) {
    for (const std::string bytes : {"", "f", "fo", "foo", "foob", "\xff\xfe\xfd"})
        EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
    EXPECT_EQ(from_base64url("Zg=="), std::nullopt);
    EXPECT_EQ(from_base64url("a+b/"), std::nullopt);
    EXPECT_EQ(from_base64url("abcde"), std::nullopt);
}

TEST(Tokens, EachPurposeStandsForItselfOnly) {
    const Tokens tokens(kSecret);
    const Visitor ada{.contact = "anon-1"};
    const std::string token = tokens.visitor(ada, kNow);
    EXPECT_EQ(tokens.read_visitor(token, kNow)->contact, "anon-1");
    EXPECT_FALSE(tokens.read_ticket(token, kNow));
    EXPECT_FALSE(tokens.read_visitor(tokens.ticket(ada, kNow), kNow));
    EXPECT_FALSE(tokens.read_visitor("t1" + token.substr(2), kNow)) << "the purpose is signed too";
}

TEST(Tokens, AnotherSecretAChangedByteOrTimeMakesThemWorthless) {
    const Tokens tokens(kSecret);
    std::string token = tokens.visitor({.contact = "anon-1"}, kNow);
    EXPECT_FALSE(Tokens("other").read_visitor(token, kNow));
    EXPECT_EQ(tokens.read_visitor(token, kNow + Tokens::kAnonymousLife).failure().error, "the token has expired");
    token[10] = token[10] == 'A' ? 'B' : 'A';
    EXPECT_EQ(tokens.read_visitor(token, kNow).failure().error, "the token's signature is wrong");
    for (const char* junk : {"", ".", "v1.", "v1..", "v1.e30", "v1.e30.", "\xff\xff"})
        EXPECT_FALSE(tokens.read_visitor(junk, kNow)) << junk;
}

TEST(Identity, ASignedTokenProvesItsClaims) {
    const auto ada =
        prove({{"token",
                hs256("{\"id\":77,\"name\":\"Ada\",\"email\":\"ada@shop.example\",\"attributes\":{\"plan\":\"gold\"}," +
                      exp_at(kNow + Seconds(300)) + "}")}},
              kSecret, kNow);
    ASSERT_TRUE(ada);
    EXPECT_EQ(ada->contact, "user-77");
    EXPECT_TRUE(ada->verified);
    EXPECT_EQ(json::serialize(ada->claims),
              R"({"name":"Ada","email":"ada@shop.example","attributes":{"plan":"gold"}})");
}

TEST(Identity, AWrongTokenIsRefusedAndSaysWhy) {
    const std::string good = "{\"id\":\"77\"," + exp_at(kNow + Seconds(300)) + "}";
    EXPECT_EQ(refusal({{"token", hs256(good)}}), "accepted");
    EXPECT_THAT(refusal({{"token", jwt(R"({"alg":"HS256"})", good, "another secret")}}),
                HasSubstr("signature is wrong"));
    EXPECT_THAT(refusal({{"token", jwt(R"({"alg":"none"})", good)}}), HasSubstr("alg is not HS256"));
    EXPECT_THAT(refusal({{"token", jwt(R"({"alg":"RS256"})", good)}}), HasSubstr("alg is not HS256"));
    EXPECT_THAT(refusal({{"token", hs256(R"({"id":"77"})")}}), HasSubstr("no exp"));
    EXPECT_THAT(refusal({{"token", hs256("{\"id\":\"77\"," + exp_at(kNow - Seconds(61)) + "}")}}),
                HasSubstr("expired"));
    EXPECT_THAT(refusal({{"token", hs256("{" + exp_at(kNow + Seconds(300)) + "}")}}), HasSubstr("names no id"));
    EXPECT_THAT(refusal({{"token", "a.b"}}), HasSubstr("three parts"));
    EXPECT_THAT(refusal({{"token", 7}}), HasSubstr("three parts"));
    EXPECT_THAT(refusal("77"), HasSubstr("expected an object"));
}

TEST(Identity, ThePlainHashProvesTheIdAlone) {
    const std::string hash = to_hex(hmac_sha256(kSecret, "77"));
    const auto ada = prove({{"id", "77"}, {"hash", hash}, {"email", "ada@shop.example"}}, kSecret, kNow);
    ASSERT_TRUE(ada);
    EXPECT_EQ(ada->contact, "user-77");
    EXPECT_TRUE(ada->claims.empty()) << "the hash says nothing about the address";
    EXPECT_THAT(refusal({{"id", "78"}, {"hash", hash}}), HasSubstr("not the HMAC-SHA256"));
    EXPECT_THAT(refusal({{"id", "77"}, {"hash", ""}}), HasSubstr("not the HMAC-SHA256"));
    EXPECT_FALSE(prove({{"id", "77"}, {"hash", to_hex(hmac_sha256("", "77"))}}, "", kNow)) << "no secret, no proof";
}

TEST(Colour, AnyAccentIsMovedToBeReadAGoodOneIsLeftAlone) {
    for (const char* accent : {"#ffff00", "#ffffff", "#000000", "#1f53b8", "#f0a", "#777777"}) {
        const Accent readable = readable_accent(accent);
        EXPECT_GE(contrast(readable.light, "#ffffff"), 4.5) << accent;
        EXPECT_GE(contrast(readable.dark, kInk), 4.5) << accent;
        EXPECT_GE(contrast(readable.dark, "#292d35"), 4.5) << accent;
    }
    EXPECT_EQ(readable_accent("#1f53b8").light, "#1f53b8");
    EXPECT_NEAR(contrast("#000", "#ffffff"), 21, 0.001);
}

TEST(Origins, OnlyTheConfiguredAndThePublicOneMayTalk) {
    const auto settings = Settings::read("web", "https://chat.acme.example:8443/channels/web",
                                         {{"allowed_origins", {"https://shop.example", "https://*.acme.example"}}});
    EXPECT_TRUE(settings.is_own("https://chat.acme.example:8443", ""));
    EXPECT_TRUE(settings.is_own("http://10.0.0.7:8081", "10.0.0.7:8081")) << "another name of ours";
    EXPECT_FALSE(settings.is_own("https://evil.example", "chat.acme.example:8443"));
    EXPECT_FALSE(settings.is_own("", ""));
    EXPECT_TRUE(settings.is_site("https://SHOP.example"));
    EXPECT_TRUE(settings.is_site("https://www.acme.example"));
    for (const char* foreign : {"http://shop.example", "https://shop.example.evil.example", "https://evilacme.example",
                                "https://acme.example", "https://shop.example:444", "null", ""})
        EXPECT_FALSE(settings.is_site(foreign)) << foreign;
    EXPECT_THAT(settings.frame_policy(),
                testing::EndsWith("frame-ancestors 'self' https://shop.example https://*.acme.example"));
    EXPECT_THAT(settings.frame_policy(), HasSubstr("connect-src 'self' wss://chat.acme.example:8443;"));
}

TEST(Text, NamesOfFilesAreMadeHarmless) {
    EXPECT_EQ(file_name("../../etc/passwd"), "passwd");
    EXPECT_EQ(file_name("C:\\a\\b.pdf"), "b.pdf");
    EXPECT_EQ(file_name("a\nb\x7f.txt"), "ab.txt");
    EXPECT_EQ(file_name(""), "file");
    EXPECT_EQ(file_name(".."), "file");
    EXPECT_EQ(file_name("\xff\xfe"), "file");
    EXPECT_EQ(file_name(std::string(300, 'x') + ".pdf"), std::string(196, 'x') + ".pdf");
}

TEST(Text, TimesComeBack) {
    EXPECT_EQ(unix_us("2026-11-20T09:15:29.871Z"), 1'795'166'129'871'000);
    EXPECT_EQ(rfc3339(1'795'166'129'871'000), "2026-11-20T09:15:29.871Z");
    for (const char* bad :
         {"", "yesterday", "2026-13-20T09:15:29Z", "2026-11-20T09:15:29+01:00", "2026-11-20T09:15:29Zx"})
        EXPECT_EQ(unix_us(bad), std::nullopt) << bad;
}

TEST(Text, QueriesAreDecoded) {
    EXPECT_EQ(query_value("a=1&name=Rechnung%20%C3%BC.pdf&x", "name"), "Rechnung ü.pdf");
    EXPECT_EQ(query_value("a=1", "name"), "");
    EXPECT_EQ(query_value("name=a+b%2", "name"), "a b%2");
}

namespace {

struct Frames : testing::Test {
    Tokens tokens{kSecret};
    Visitor ada{.contact = "anon-1"};
    Result<Intent> read(const json::value& frame) { return read_frame(frame, ada, tokens, kNow); }
    std::string code(const json::value& frame) {
        const auto intent = read(frame);
        return intent ? "accepted" : intent.failure().reason_code;
    }
};

}  // namespace

TEST_F(Frames, AMessageCarriesWhatRoutingNeeds) {
    const auto intent = read({{"type", "message"},
                              {"id", "c-1"},
                              {"text", "Hello"},
                              {"page", {{"url", "https://shop.example/pricing"}, {"title", "Pricing"}}},
                              {"visitor", {{"name", "Ada"}, {"attributes", {{"plan", "gold"}, {"nested", {1}}}}}}});
    ASSERT_TRUE(intent);
    EXPECT_EQ(intent->client_id, "c-1");
    EXPECT_EQ(intent->message->dedupe_key, "m:anon-1:c-1");
    EXPECT_EQ(client_id_of(intent->message->remote_id), "c-1");
    EXPECT_EQ(find(intent->message->attrs, "url"), "https://shop.example/pricing");
    EXPECT_EQ(find(intent->message->attrs, "client_id"), "c-1");
    EXPECT_EQ(
        intent->message->contact_json,
        R"({"name":"Ada","attributes":{"plan":{"value":"gold","verified":false}},"fallback_name":"Visitor on-1"})");
}

TEST_F(Frames, SomebodyWithoutANameIsStillToldApart) {
    ada.contact = "anon-00c0ffee";
    const auto intent = read({{"type", "message"}, {"id", "c-1"}, {"text", "Hello"}});
    ASSERT_TRUE(intent);
    EXPECT_EQ(intent->message->contact_json, R"({"fallback_name":"Visitor ffee"})");
}

TEST_F(Frames, WhatIsProvenWinsOverWhatThePageClaims) {
    ada = {.contact = "user-7",
           .verified = true,
           .claims = {{"email", "ada@shop.example"}, {"attributes", {{"plan", "free"}}}}};
    const auto intent =
        read({{"type", "profile"},
              {"visitor", {{"email", "boss@shop.example"}, {"attributes", {{"plan", "enterprise"}, {"cart", 3}}}}}});
    ASSERT_TRUE(intent);
    EXPECT_EQ(json::parse(intent->message->contact_json),
              (json::value{{"email", "ada@shop.example"},
                           {"attributes",
                            {{"plan", {{"value", "free"}, {"verified", true}}},
                             {"cart", {{"value", 3}, {"verified", false}}},
                             {"email", {{"value", "ada@shop.example"}, {"verified", true}}}}}}));
}

TEST_F(Frames, WhatCannotBeAMessageIsRefusedByName) {
    EXPECT_EQ(code({{"type", "message"}, {"text", "x"}}), "bad_frame");
    EXPECT_EQ(code({{"type", "message"}, {"id", "a b"}, {"text", "x"}}), "bad_frame");
    EXPECT_EQ(code({{"type", "message"}, {"id", std::string(65, 'a')}, {"text", "x"}}), "bad_frame");
    EXPECT_EQ(code({{"type", "message"}, {"id", "a"}, {"text", 7}}), "bad_frame");
    EXPECT_EQ(code({{"type", "message"}, {"id", "a"}, {"text", std::string("a\0b", 3)}}), "bad_frame");
    EXPECT_EQ(code({{"type", "message"}, {"id", "a"}, {"text", " \n"}}), "empty");
    EXPECT_EQ(code({{"type", "message"}, {"id", "a"}, {"text", std::string(10'001, 'x')}}), "too_long");
    EXPECT_EQ(code({{"type", "message"}, {"id", "a"}, {"text", std::string(200, '\xc3')}}), "bad_frame");
    EXPECT_EQ(code({{"type", "read"}, {"id", "1 or 1"}}), "bad_frame");
    EXPECT_EQ(code({{"type", "page"}, {"url", "javascript:alert(1)"}}), "bad_frame");
    EXPECT_EQ(code({{"type", "note"}}), "bad_frame");
    EXPECT_EQ(code(json::array{}), "bad_frame");
    EXPECT_EQ(read({{"type", "message"}, {"id", "a"}, {"text", ""}}).failure().body, "a")
        << "the client id, for the nack";
}

TEST_F(Frames, AFileGoesOnlyWithItsOwnVisitor) {
    const Upload file{.contact = "anon-1", .blob = "b7", .name = "a.png", .mime = "image/png", .size_bytes = 9};
    const auto mine = read({{"type", "message"}, {"id", "a"}, {"uploadIds", {tokens.upload(file, kNow)}}});
    ASSERT_TRUE(mine);
    ASSERT_EQ(mine->message->parts.size(), 1u);
    EXPECT_EQ(mine->message->parts[0].uri, "blob:b7");
    EXPECT_EQ(mine->message->parts[0].attrs_json, R"({"inline":true})");
    Upload other = file;
    other.contact = "anon-2";
    EXPECT_EQ(code({{"type", "message"}, {"id", "a"}, {"uploadIds", {tokens.upload(other, kNow)}}}), "bad_upload");
    EXPECT_EQ(code({{"type", "message"}, {"id", "a"}, {"uploadIds", {"b7"}}}), "bad_upload");
    EXPECT_EQ(
        code({{"type", "message"}, {"id", "a"}, {"uploadIds", {tokens.upload(file, kNow - Tokens::kUploadLife)}}}),
        "bad_upload");
}

TEST(History, AnEntryLooksAsOnTheStream) {
    EXPECT_EQ(entry_frame({{"cursor", "c1"},
                           {"id", "5"},
                           {"seq", 2},
                           {"direction", "outbound"},
                           {"author", {{"type", "agent"}, {"name", "Nadia"}}},
                           {"text", "Hi"},
                           {"attachments",
                            {{{"id", "9"}, {"name", "a.png"}, {"mime_type", "image/png"}, {"size", 3}, {"url", "u"}}}},
                           {"status", "sent"},
                           {"at_unix_us", 0}}),
              json::parse(R"({"type":"entry","cursor":"c1","entry":{"id":"5","seq":2,"direction":"outbound",
                  "author":{"type":"agent","name":"Nadia"},"text":"Hi","attachments":[{"id":"9","name":"a.png",
                  "mimeType":"image/png","sizeBytes":3,"url":"u","inline":false}],"status":"sent",
                  "createdAt":"1970-01-01T00:00:00.000Z"}})"));
}
