// What a peer may say, how it is kept, and how a mistake is told: messages, events, statuses, contacts, limits.
#include "test_peer.hpp"

using namespace usher::open_channel;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using usher::sdk::Emitted;
using usher::sdk::Failure;
using usher::sdk::FakeInstance;
using usher::sdk::Kind;
using usher::sdk::Message;
using usher::sdk::Result;
using usher::sdk::Status;
namespace json = boost::json;

namespace {

using Inbound = Peer;

// The contract's complete example.
constexpr char kExample[] = R"({
  "id": "shop-msg-000042",
  "contact": {
    "external_id": "customer-77", "name": "김민수", "avatar_url": "https://shop.example.test/a/77.png",
    "locale": "ko-KR", "phone": "+821012345678", "email": "kim@customer.test", "attributes": { "tier": "gold" }
  },
  "conversation": { "external_id": "order-9001", "subject": "주문 9001" },
  "sent_at": "2026-11-20T09:15:29.871Z",
  "content": {
    "type": "text", "text": "배송이 언제 되나요?",
    "attachments": [ { "url": "https://shop.example.test/f/receipt.pdf", "name": "receipt.pdf",
                       "mime_type": "application/pdf", "size": 18342 } ]
  },
  "reply_to": "48219300",
  "metadata": { "page": "/orders/9001" }
})";

std::string message(const std::string& content, const std::string& more = "", const std::string& id = "m-1") {
    return R"({"id":")" + id + R"(","contact":{"external_id":"c-7"},"content":)" + content + more + "}";
}
std::string text(const std::string& value, const std::string& id = "m-1") {
    return message(R"({"type":"text","text":")" + value + "\"}", "", id);
}
std::string event(const std::string& type, const std::string& more = "") {
    return R"({"id":"ev-1","type":")" + type + R"(","contact":{"external_id":"c-7"})" + more + "}";
}

}  // namespace

TEST_F(Inbound, TheContractsExampleArrivesWhole) {
    const auto answer = post("/messages", kExample);
    EXPECT_EQ(answer.status, 202u);
    EXPECT_EQ(answer.body, R"({"id":"48219301","conversation_id":"482000","duplicate":false})");
    ASSERT_EQ(host.emits().size(), 1u);
    const Message& taken = host.emits()[0].message;
    EXPECT_EQ(taken.kind, Kind::text);
    EXPECT_EQ(taken.dedupe_key, "m:shop-msg-000042");
    EXPECT_EQ(taken.remote_id, "shop-msg-000042");
    EXPECT_EQ(taken.thread_key, "order-9001");
    EXPECT_EQ(taken.contact, "customer-77");
    EXPECT_EQ(taken.text, "배송이 언제 되나요?");
    EXPECT_EQ(taken.reply_to_remote_id, "48219300");
    EXPECT_THAT(taken.attrs, ElementsAre(Pair("reply_to_message_id", "48219300")));
    EXPECT_EQ(taken.sent_unix_us, 1'795'166'129'871'000);
    ASSERT_EQ(taken.parts.size(), 1u);
    EXPECT_EQ(taken.parts[0].uri, "https://shop.example.test/f/receipt.pdf");
    EXPECT_EQ(taken.parts[0].mime, "application/pdf");
    EXPECT_EQ(taken.parts[0].name, "receipt.pdf");
    EXPECT_EQ(taken.parts[0].size_bytes, 18342u);
    const auto contact = object_in(taken.contact_json);
    EXPECT_EQ(contact.at("name").as_string(), "김민수");
    EXPECT_EQ(contact.at("phone").as_string(), "+821012345678");
    EXPECT_TRUE(contact.at("attributes").at("tier").at("verified").as_bool()) << "the account's own server signed it";
    const auto content = object_in(taken.content_json);
    EXPECT_EQ(content.at("subject").as_string(), "주문 9001");
    EXPECT_EQ(content.at("metadata").at("page").as_string(), "/orders/9001");
}

TEST_F(Inbound, IsAnsweredOnlyOnceItIsDurable) {
    const auto open = channel->begin_webhook(signed_post("/messages", text("hi")));
    EXPECT_FALSE(open.finished());
    host.run();
    EXPECT_EQ(open.result()->status, 202u);
}

TEST_F(Inbound, TheSameMessageAgainIs200WithTheFirstIds) {
    const auto first = body_of(post("/messages", text("hi")));
    const auto again = post("/messages", text("hi"));
    EXPECT_EQ(again.status, 200u);
    EXPECT_EQ(body_of(again).at("id"), first.at("id"));
    EXPECT_TRUE(body_of(again).at("duplicate").as_bool());
}

TEST_F(Inbound, TheSameIdWithOtherContentIs409) {
    post("/messages", text("hi"));
    const auto answer = post("/messages", text("ho"));
    EXPECT_EQ(answer.status, 409u);
    EXPECT_EQ(error_of(answer), "id_reused");
}

TEST_F(Inbound, IdsThatDifferInCaseAreTwo) {
    EXPECT_EQ(post("/messages", text("hi", "a")).status, 202u);
    EXPECT_EQ(post("/messages", text("hi", "A")).status, 202u);
}

TEST_F(Inbound, WhatCannotBeStoredIs503AndMayComeAgain) {
    host.on_emit = [](const Message&) {
        return Result<Emitted>(Failure{.status = Status::unavailable, .retry_after = std::chrono::milliseconds(3500)});
    };
    const auto answer = post("/messages", text("hi"));
    EXPECT_EQ(answer.status, 503u);
    EXPECT_EQ(error_of(answer), "internal");
    EXPECT_EQ(answer.header("Retry-After"), "4");
}

TEST_F(Inbound, ABlockedContactIs403) {
    host.on_emit = [](const Message&) {
        return Result<Emitted>(Failure{.status = Status::invalid, .reason_code = "contact_blocked"});
    };
    EXPECT_EQ(error_of(post("/messages", text("hi"))), "contact_blocked");
}

TEST_F(Inbound, TypedContentsAreKeptAndReadableAsText) {
    post("/messages",
         message(R"({"type":"location","latitude":52.5,"longitude":13.4,"name":"Office","address":"Main St 1"})", "",
                 "l"));
    post("/messages", message(R"({"type":"location","latitude":52.5,"longitude":13.25})", "", "l2"));
    post("/messages", message(R"({"type":"postback","payload":"BUY","text":"Buy now"})", "", "p"));
    post("/messages",
         message(R"({"type":"contact_card","name":"Kim","phones":["+82"],"emails":["k@x.test"]})", "", "c"));
    post("/messages", message(R"({"type":"custom","json":{"a":[1]},"fallback_text":"A form"})", "", "x"));
    post("/messages", message(R"({"type":"media","attachments":[{"url":"https://x.test/d/a%20b.png?v=1"}]})", "", "m"));
    const auto emits = host.emits();
    ASSERT_EQ(emits.size(), 6u);
    EXPECT_EQ(emits[0].message.text, "Office, Main St 1");
    EXPECT_EQ(object_in(emits[0].message.content_json).at("location").at("latitude").to_number<double>(), 52.5);
    EXPECT_EQ(emits[1].message.text, "52.5, 13.25");
    EXPECT_EQ(emits[2].message.kind, Kind::postback);
    EXPECT_EQ(emits[2].message.text, "Buy now");
    EXPECT_EQ(object_in(emits[2].message.content_json).at("postback").at("payload").as_string(), "BUY");
    EXPECT_EQ(emits[3].message.text, "Kim, +82, k@x.test");
    EXPECT_EQ(object_in(emits[3].message.content_json).at("contacts").as_array().size(), 1u);
    EXPECT_EQ(emits[4].message.text, "A form");
    EXPECT_EQ(emits[5].message.text, "");
    EXPECT_EQ(emits[5].message.parts[0].name, "a b.png");
    EXPECT_EQ(emits[5].message.parts[0].mime, "application/octet-stream");
}

TEST_F(Inbound, EveryFaultIsNamedByItsPathAndChangesNothing) {
    const struct {
        std::string body, field, text;
    } cases[] = {
        {R"({"contact":{"external_id":"c"},"content":{"type":"text","text":"x"}})", "id", "is required"},
        {text("x", "a b"), "id", "visible ASCII"},
        {text("x", std::string(129, 'a')), "id", "the limit is 128"},
        {R"({"id":7,"contact":{"external_id":"c"},"content":{"type":"text","text":"x"}})", "id", "expected a string"},
        {R"({"id":"1","content":{"type":"text","text":"x"}})", "contact", "is required"},
        {R"({"id":"1","contact":{},"content":{"type":"text","text":"x"}})", "contact.external_id", "is required"},
        {R"({"id":"1","contact":{"external_id":""},"content":{"type":"text","text":"x"}})", "contact.external_id",
         "must not be empty"},
        {R"({"id":"1","contact":{"external_id":"c","attributes":{"a":[]}},"content":{"type":"text","text":"x"}})",
         "contact.attributes.a", "expected a string, a number"},
        {R"({"id":"1","contact":{"external_id":"c"}})", "content", "is required"},
        {message(R"({"type":"sticker"})"), "content.type", "is \"sticker\"; expected text, media"},
        {message(R"({"type":"text"})"), "content.text", "is required"},
        {text(std::string(4097, 'x')), "content.text", "has 4097 characters; the limit is 4096"},
        {text("a\\u0000b"), "content.text", "U+0000"},
        {message(R"({"type":"media"})"), "content.attachments", "at least one"},
        {message(R"({"type":"media","attachments":[{}]})"), "content.attachments[0]", "either url or upload_id"},
        {message(R"({"type":"media","attachments":[{"url":"ftp://x.test/a"}]})"), "content.attachments[0].url",
         "https:"},
        {message(R"({"type":"media","attachments":[{"url":"https://x.test/a","size":1e12}]})"),
         "content.attachments[0].size", "expected a number from 0"},
        {message(R"({"type":"media","attachments":[{"upload_id":"nonsense"}]})"), "content.attachments[0].upload_id",
         "not an id that uploads answered"},
        {message(R"({"type":"media","attachments":[1,2,3,4,5,6,7,8,9,10,11]})"), "content.attachments",
         "the limit is 10"},
        {message(R"({"type":"location","latitude":91,"longitude":0})"), "content.latitude", "from -90 to 90"},
        {message(R"({"type":"custom","fallback_text":"x","json":{"a":")" + std::string(17000, 'x') + "\"}}"),
         "content.json", "larger than 16 KiB"},
        {message(R"({"type":"text","text":"x"})", R"(,"sent_at":"yesterday")"), "sent_at", "RFC 3339"},
        {message(R"({"type":"text","text":"x"})", R"(,"metadata":{"a":")" + std::string(5000, 'x') + "\"}"), "metadata",
         "larger than 4 KiB"},
        {message(R"({"type":"text","text":"x"})", R"(,"metadata":[])"), "metadata", "expected an object"},
    };
    for (const auto& one : cases) {
        now_us += 1'000'000;  // the token bucket is not what this is about
        const auto answer = post("/messages", one.body);
        EXPECT_EQ(answer.status, 422u) << one.field;
        EXPECT_EQ(error_of(answer, "field"), one.field);
        EXPECT_THAT(error_of(answer, "message"), HasSubstr(one.text)) << one.field;
    }
    EXPECT_TRUE(host.emits().empty());
}

TEST_F(Inbound, ATextOf4096CharactersOfAnyScriptIsTaken) {
    std::string korean;
    for (int i = 0; i < 4096; ++i) korean += "김";
    EXPECT_EQ(post("/messages", text(korean)).status, 202u);
}

TEST_F(Inbound, WhatIsNoJsonIs400) {
    for (const std::string body : {"", "{", "[]", "\"x\"", "{\"a\":\"\xc3\x28\"}", "{\"a\":\"\\ud800\"}"}) {
        const auto answer = post("/messages", body);
        EXPECT_EQ(answer.status, 400u) << body;
        EXPECT_EQ(error_of(answer), "invalid_json") << body;
    }
    EXPECT_EQ(post("/messages", std::string(40, '[')).status, 400u) << "nested too deeply";
}

TEST_F(Inbound, AnotherContentTypeIs415) {
    auto made = signed_post("/messages", text("hi"));
    made.headers[0].second = "application/x-www-form-urlencoded";
    EXPECT_EQ(ask(made).status, 415u);
    made.headers[0].second = "Application/JSON; charset=utf-8";
    EXPECT_EQ(ask(made).status, 202u);
}

TEST_F(Inbound, UnknownPathsAndMethodsAreToldAfterTheSignature) {
    EXPECT_EQ(ask(request("POST", "/channels/shop1/nothing", "{}")).status, 401u);
    EXPECT_EQ(post("/nothing", "{}").status, 404u);
    const auto answer = ask(sign_request(request("GET", "/channels/shop1/messages")));
    EXPECT_EQ(answer.status, 405u);
    EXPECT_EQ(answer.header("Allow"), "POST");
}

TEST_F(Inbound, ALargeBodyComesAsABlobAndIsCheckedLikeAnother) {
    auto made = signed_post(
        "/messages", message(R"({"type":"text","text":"hi"})", R"(,"padding":")" + std::string(300'000, 'x') + "\""));
    made.body_blob = host.put_blob(made.body);
    made.body.clear();
    EXPECT_EQ(ask(made).status, 202u);
    made.body_blob = host.put_blob("{}");
    EXPECT_EQ(ask(made).status, 401u);
    made.body_blob = host.put_blob(std::string(1'048'577, ' '));
    EXPECT_EQ(ask(made).status, 413u);
    made.body_blob = "no-such-blob";
    EXPECT_EQ(ask(made).status, 503u);
}

TEST_F(Inbound, MoreThanTheRateIs429WithTheTimeToWait) {
    make(R"({"inbound": {"secrets": ["k1:oc-test-secret"], "rate_per_s": 2}})");
    const auto ping = [&] { return ask(sign_request(request("GET", "/channels/shop1/health"))); };
    EXPECT_EQ(ping().status, 200u);
    EXPECT_EQ(ping().status, 200u);
    const auto answer = ping();
    EXPECT_EQ(answer.status, 429u);
    EXPECT_EQ(error_of(answer), "rate_limited");
    EXPECT_EQ(answer.header("Retry-After"), "1");
    now_us += 500'000;
    EXPECT_EQ(ping().status, 200u);
    EXPECT_EQ(ping().status, 429u);
}

TEST_F(Inbound, RequestsWithoutASignatureDoNotUseUpTheRate) {
    make(R"({"inbound": {"secrets": ["k1:oc-test-secret"], "rate_per_s": 1}})");
    for (int i = 0; i < 100; ++i) EXPECT_EQ(ask(request("GET", "/channels/shop1/health")).status, 401u);
    EXPECT_EQ(ask(sign_request(request("GET", "/channels/shop1/health"))).status, 200u);
}

TEST_F(Inbound, EventsBecomeTheirKinds) {
    make(R"({"inbound": {"secrets": ["k1:oc-test-secret"]}, "features": {"edit": true}})");
    const auto tell = [&](const std::string& body, const std::string& id) {
        auto object = object_in(body);
        object["id"] = id;
        return post("/events", json::serialize(object)).status;
    };
    EXPECT_EQ(tell(event("typing.started"), "1"), 202u);
    EXPECT_EQ(tell(event("typing.stopped"), "2"), 202u);
    EXPECT_EQ(tell(event("read", R"(,"message_id":"48219302","at":"2026-11-20T10:16:05+01:00")"), "3"), 202u);
    EXPECT_EQ(tell(event("message.edited", R"(,"message_id":"shop-1","content":{"type":"text","text":"new"})"), "4"),
              202u);
    EXPECT_EQ(tell(event("message.deleted", R"(,"message_id":"shop-1")"), "5"), 202u);
    EXPECT_EQ(tell(R"({"type":"contact.updated","contact":{"external_id":"c-7","name":"Kim","phone":null}})", "6"),
              202u);
    EXPECT_EQ(tell(event("conversation.closed", R"(,"conversation":{"external_id":"order-9001"})"), "7"), 202u);
    const auto emits = host.emits();
    ASSERT_EQ(emits.size(), 7u);
    EXPECT_EQ(emits[0].message.kind, Kind::typing);
    EXPECT_EQ(emits[0].message.content_json, R"({"state":"started"})");
    EXPECT_EQ(emits[1].message.content_json, R"({"state":"stopped"})");
    EXPECT_EQ(emits[2].message.kind, Kind::read);
    EXPECT_EQ(emits[2].message.id, "48219302") << "our id: the peer speaks ours";
    EXPECT_EQ(emits[2].message.dedupe_key, "e:3");
    EXPECT_EQ(emits[2].message.sent_unix_us, 1'795'166'165'000'000);
    EXPECT_EQ(emits[3].message.kind, Kind::edit);
    EXPECT_EQ(emits[3].message.remote_id, "shop-1");
    EXPECT_EQ(emits[3].message.text, "new");
    EXPECT_EQ(emits[4].message.kind, Kind::deleted);
    EXPECT_EQ(emits[5].message.kind, Kind::contact);
    EXPECT_EQ(emits[5].message.contact_json, R"({"name":"Kim","phone":null})");
    EXPECT_EQ(emits[6].message.kind, Kind::closed);
    EXPECT_EQ(emits[6].message.thread_key, "order-9001");
}

TEST_F(Inbound, AnEventTwiceIs200AndAWrongOneIsTold) {
    const std::string read = event("read", R"(,"message_id":"5")");
    EXPECT_EQ(post("/events", read).status, 202u);
    EXPECT_EQ(post("/events", read).status, 200u);
    EXPECT_THAT(error_of(post("/events", event("read")), "field"), "message_id");
    EXPECT_THAT(error_of(post("/events", event("read", R"(,"message_id":"shop-1")")), "message"),
                HasSubstr("one of our messages"));
    EXPECT_THAT(error_of(post("/events", event("message.edited", R"(,"message_id":"x")")), "message"),
                HasSubstr("edit is turned off"));
    EXPECT_THAT(error_of(post("/events", event("poked")), "message"),
                HasSubstr("is \"poked\"; expected typing.started"));
}

TEST_F(Inbound, StatusesAreTakenOneByOne) {
    host.on_emit = [](const Message& receipt) -> std::optional<Result<Emitted>> {
        if (receipt.dedupe_key == "s:late") return Result<Emitted>(Emitted{.ignored = "lower_rank"});
        return std::nullopt;
    };
    const auto answer = post("/statuses", R"({"statuses":[
      {"id":"st-1","message_id":"48219302","status":"delivered","at":"2026-11-20T09:16:05Z"},
      {"id":"st-2","message_id":"48219303","status":"failed","error":{"code":"recipient_blocked","title":"User has blocked us","retryable":false}},
      {"id":"late","message_id":"48219302","status":"sent"},
      {"id":"st-4","message_id":"48219302","status":"exploded"},
      {"id":"st-5","message_id":"shop-1","status":"read"},
      {"id":"st-6","message_id":"48219302","status":"queued"},
      7]})");
    EXPECT_EQ(answer.status, 200u);
    EXPECT_EQ(
        answer.body,
        R"({"accepted":2,"ignored":[{"id":"late","reason":"lower_rank"},{"id":"st-4","reason":"invalid_field: status"},)"
        R"({"id":"st-5","reason":"unknown_message"},{"id":"st-6","reason":"lower_rank"},{"id":"","reason":"invalid_field: id"}]})");
    const auto emits = host.emits();
    ASSERT_EQ(emits.size(), 3u);
    EXPECT_EQ(emits[0].message.kind, Kind::delivered);
    EXPECT_EQ(emits[0].message.id, "48219302");
    EXPECT_EQ(emits[1].message.kind, Kind::failed);
    EXPECT_EQ(emits[1].message.content_json,
              R"({"reason_code":"recipient_blocked","reason_text":"User has blocked us","scope":"message"})");
    const auto again =
        post("/statuses", R"({"statuses":[{"id":"st-1","message_id":"48219302","status":"delivered"}]})");
    EXPECT_EQ(again.body, R"({"accepted":0,"ignored":[{"id":"st-1","reason":"duplicate"}]})");
}

TEST_F(Inbound, StatusesHaveALimitAndAShape) {
    EXPECT_EQ(error_of(post("/statuses", "{}"), "field"), "statuses");
    std::string many;
    for (int i = 0; i < 101; ++i) many += (i == 0 ? "{}" : ",{}");
    EXPECT_THAT(error_of(post("/statuses", "{\"statuses\":[" + many + "]}"), "message"), HasSubstr("the limit is 100"));
}

TEST_F(Inbound, OneStatusThatCannotBeStoredMakesTheCallRepeatable) {
    host.on_emit = [](const Message&) { return Result<Emitted>(Failure{.status = Status::unavailable}); };
    EXPECT_EQ(post("/statuses", R"({"statuses":[{"id":"st-1","message_id":"1","status":"read"}]})").status, 503u);
}

TEST_F(Inbound, AContactIsPutUnderItsDecodedId) {
    const auto put = [&](const std::string& body) {
        return ask(sign_request(request("PUT", "/channels/shop1/contacts/a%2Fb%20%EA%B9%80", body)));
    };
    EXPECT_EQ(put(R"({"name":"Kim"})").body, R"({"external_id":"a/b 김"})");
    now_us += 1'000'000;
    put(R"({"name":"Lee"})");
    now_us += 1'000'000;
    put(R"({"name":"Kim"})");
    const auto emits = host.emits();
    ASSERT_EQ(emits.size(), 3u);
    EXPECT_EQ(emits[0].message.contact, "a/b 김");
    EXPECT_NE(emits[0].message.dedupe_key, emits[2].message.dedupe_key) << "set back later: news again";
    EXPECT_EQ(ask(sign_request(request("PUT", "/channels/shop1/contacts/%ff", "{}"))).status, 422u);
}

TEST(Config, IsCheckedBeyondItsSchema) {
    const struct {
        const char *config, *text;
    } cases[] = {
        {R"({})", "inbound.secrets: expected at least one"},
        {R"({"inbound":{"secrets":["nocolon"]}})", "inbound.secrets[0]: expected \"<key id>:<secret>\""},
        {R"({"inbound":{"secrets":["a:1","a:2"]}})", "inbound.secrets[1]: the key id a stands twice"},
        {R"({"inbound":{"secrets":["a:1"]},"outbound":{"webhook_url":"https://x.test/"}})",
         "outbound.secrets: expected"},
        {R"({"inbound":{"secrets":["a:1"]},"outbound":{"webhook_url":"shop","secrets":["a:1"]}})", "not a URL"},
        {R"({"inbound":{"secrets":["a:1"]},"outbound":{"webhook_url":"ftp://x.test/","secrets":["a:1"]}})",
         "expected https: or http:"},
        {R"({"inbound":{"secrets":["a:1"]},"outbound":{"webhook_url":"https://u:p@x.test/","secrets":["a:1"]}})",
         "must not hold a user"},
        {R"({"inbound":{"secrets":["a:1"]},"outbound":{"webhook_url":"https://x.test/a/../b","secrets":["a:1"]}})",
         "must not have"},
    };
    for (const auto& one : cases) {
        usher::sdk::FakeHost host;
        EXPECT_EQ(FakeInstance(host, usher_plugin_entry_v0, "open", one.config).created(), Status::invalid)
            << one.config;
        ASSERT_FALSE(host.states().empty()) << one.config;
        EXPECT_THAT(host.states()[0].text, HasSubstr(one.text));
    }
}

TEST_F(Inbound, AShortSecretIsWarnedOfAndNeverPrinted) {
    EXPECT_TRUE(host.logged("the secret of key k1 is shorter than 32 bytes"));
    EXPECT_FALSE(host.logged("oc-test-secret"));
}

TEST_F(Inbound, SettingsAreTakenWhileRunningAndWrongOnesChangeNothing) {
    EXPECT_EQ(channel->reload(R"({"inbound":{"secrets":["k3:third"]}})"), Status::ok);
    EXPECT_EQ(ask(sign_request(request("GET", "/channels/shop1/health"), "third")).status, 200u);
    EXPECT_EQ(channel->reload("{}"), Status::invalid);
    EXPECT_EQ(ask(sign_request(request("GET", "/channels/shop1/health"), "third")).status, 200u);
}

TEST(Times, AreReadInEveryRfc3339Form) {
    EXPECT_EQ(parse_time("1970-01-01T00:00:01Z"), 1'000'000);
    EXPECT_EQ(parse_time("1970-01-01t01:00:00.5+01:00"), 500'000);
    EXPECT_EQ(parse_time("1969-12-31T23:00:00-01:00"), 0);
    EXPECT_EQ(parse_time("2024-02-29T00:00:00.1234567Z"), 1'709'164'800'123'456);
    for (const char* wrong : {"", "2023-02-29T00:00:00Z", "2023-01-01", "2023-01-01T00:00:00", "2023-01-01T24:00:00Z",
                              "2023-01-01T00:00:00.Z", "2023-01-01T00:00:00Zx"})
        EXPECT_FALSE(parse_time(wrong)) << wrong;
    EXPECT_EQ(format_time(1'795'166'162'120'000), "2026-11-20T09:16:02.120Z");
}
