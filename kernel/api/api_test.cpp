// What holds for every operation: who is asking, what is sent, what is answered.
#include "api/api_fixture.hpp"

namespace usher::api {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

class ApiCore : public testing::ApiTest {};
USHER_ON_SQLITE(ApiCore);

TEST_P(ApiCore, WithoutTheRightKeyNothingIsAnswered) {  // proves S4-37
    for (const auto& [method, path] :
         std::vector<std::pair<std::string, std::string>>{{"GET", "/inboxes"},
                                                          {"POST", "/inboxes"},
                                                          {"GET", "/inboxes/1"},
                                                          {"PUT", "/inboxes/1"},
                                                          {"DELETE", "/inboxes/1"},
                                                          {"GET", "/inboxes/1/members"},
                                                          {"POST", "/inboxes/1/members"},
                                                          {"DELETE", "/inboxes/1/members/1"},
                                                          {"GET", "/inboxes/1/stats"},
                                                          {"GET", "/inboxes/1/stats/team"},
                                                          {"PUT", "/inboxes/1/members/1/availability"},
                                                          {"GET", "/users"},
                                                          {"GET", "/events"}}) {
        EXPECT_EQ(call(method, path, nobody()).status, 401) << method << path;
        for (const char* wrong : {"", "wrong", "TEST-KEY-0123456789ABCDEF"}) {
            const auto answer = call(method, path, with(nobody(), "X-API-Key", wrong), "{}");
            EXPECT_EQ(answer.status, 401) << method << path << wrong;
            EXPECT_EQ(answer.code(), "unauthorized");
        }
    }
}

TEST_P(ApiCore, ARefusalNamesThePermission) {  // proves S0-18 S0-20
    const auto anna = person("Anna", {"agent"});
    for (const auto& [method, path, permission] :
         std::vector<std::array<std::string, 3>>{{"POST", "/inboxes", "inbox/setup/queues"},
                                                 {"GET", "/users", "inbox/admin/users"},
                                                 {"POST", "/api-keys", "inbox/admin/api-keys"},
                                                 {"GET", "/events", "inbox/analytics/export-raw"}}) {
        const auto answer = call(method, path, cookie(anna), "{}");
        EXPECT_EQ(answer.status, 403);
        EXPECT_THAT(answer.text("/error/message"), HasSubstr(permission));
    }
}

TEST_P(ApiCore, AWriteByCookieNeedsItsTokenAndTheRightOrigin) {
    const auto anna = person("Anna", {"agent"});
    const std::string body = R"({"status":"away"})";
    for (const char* token : {"", "00000000000000000000000000000000"}) {
        const auto refused = put("/me/availability", with(cookie(anna), "X-CSRF-Token", token), body);
        EXPECT_EQ(refused.status, 403);
        EXPECT_EQ(refused.code(), "csrf_failed");
    }
    EXPECT_EQ(put("/me/availability", with(cookie(anna), "Origin", "http://evil.example.test"), body).code(),
              "origin_refused");
    EXPECT_EQ(put("/me/availability", with(cookie(anna), "Origin", "http://desk.example.test"), body).status, 200);
    EXPECT_EQ(put("/me/availability", cookie(anna), body).status, 200);
    EXPECT_EQ(get("/me", with(cookie(anna), "X-CSRF-Token", "")).status, 200);  // reading needs none
}

TEST_P(ApiCore, ALoginFromAnotherSiteIsRefused) {
    const auto refused = post("/auth/login", with(nobody(), "Origin", "http://evil.example.test"),
                              R"({"email":"admin@example.test","password":"correct horse battery"})");
    EXPECT_EQ(refused.status, 403);
}

TEST_P(ApiCore, BodiesAreJsonOfBoundedDepth) {
    EXPECT_EQ(post("/inboxes", admin_key(), R"({"name": )").status, 400);
    EXPECT_EQ(post("/inboxes", admin_key(), R"({"name":"a","name":"b"})").status, 400);
    EXPECT_EQ(post("/inboxes", admin_key(), std::string(40, '[') + std::string(40, ']')).status, 400);
    EXPECT_EQ(post("/inboxes", with(admin_key(), "Content-Type", "application/x-www-form-urlencoded"), "name=x").status,
              415);
    EXPECT_EQ(post("/inboxes", admin_key(), "[]").status, 422);
}

TEST_P(ApiCore, EveryFaultIsListedWithItsPathAndNothingChanges) {
    const auto refused = post("/inboxes", admin_key(), R"({"description":7,"color":"blue","colour":"#112233"})");
    EXPECT_EQ(refused.status, 422);
    EXPECT_EQ(refused.code(), "validation_failed");
    EXPECT_THAT(refused.paths(), IsSupersetOf({"/name", "/description", "/color", "/colour"}));
    EXPECT_EQ(get("/inboxes", admin_key()).data().as_array().size(), 1u);
}

TEST_P(ApiCore, AnUnknownIdIsNotFoundAndABadParameterIsSaid) {
    EXPECT_EQ(get("/inboxes/999999999", admin_key()).status, 404);
    EXPECT_EQ(get("/inboxes/not-a-number", admin_key()).status, 404);
    EXPECT_EQ(get("/nothing", admin_key()).status, 404);
    EXPECT_EQ(call("DELETE", "/me", admin_key()).status, 405);
    EXPECT_EQ(get("/inboxes?limit=0", admin_key()).status, 400);
    EXPECT_EQ(get("/inboxes?limit=201", admin_key()).status, 400);
    EXPECT_EQ(get("/inboxes?cursor=nonsense", admin_key()).status, 400);
}

TEST_P(ApiCore, ListsArePagedWithoutLossOrRepeat) {  // proves S4-28
    for (int i = 0; i < 4; ++i) inbox("Page " + std::to_string(i));
    const auto whole = get("/inboxes?limit=200", admin_key());
    json::array paged;
    std::string cursor;
    do {
        const auto page = get("/inboxes?limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor), admin_key());
        EXPECT_LE(page.data().as_array().size(), 2u);
        for (const auto& item : page.data().as_array()) paged.push_back(item);
        cursor = page.text("/nextCursor") == "null" ? "" : page.text("/nextCursor");
    } while (!cursor.empty());
    EXPECT_EQ(json::value(paged), whole.data());
}

TEST_P(ApiCore, TheSamePostIsAnsweredAnewAndAnotherBodyIsAConflict) {
    const auto as = with(admin_key(), "Idempotency-Key", "one");
    const auto first = post("/inboxes", as, R"({"name":"Once"})");
    const auto second = post("/inboxes", as, R"({"name":"Once"})");
    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(second.status, 201);
    EXPECT_EQ(first.body, second.body);
    const auto other = post("/inboxes", as, R"({"name":"Twice"})");
    EXPECT_EQ(other.status, 409);
    EXPECT_EQ(other.code(), "idempotency_key_reused");
    EXPECT_EQ(post("/inboxes", with(admin_key(), "Idempotency-Key", std::string(300, 'x')), "{}").status, 400);
    EXPECT_EQ(get("/inboxes", admin_key()).data().as_array().size(), 2u);
    // Another principal's key of the same text is another key.
    const auto ines = person("Ines", {"inbox_setup"});
    EXPECT_NE(post("/inboxes", with(cookie(ines), "Idempotency-Key", "one"), R"({"name":"Once"})").text("/data/id"),
              first.text("/data/id"));
}

TEST_P(ApiCore, AStaleChangeIsPreconditionFailed) {
    const std::string path = "/inboxes/" + to_string(inbox("Contended"));
    const auto read = get(path, admin_key());
    const std::string tag(read.headers.get("ETag"));
    EXPECT_EQ(tag, "\"1\"");
    EXPECT_EQ(put(path, with(admin_key(), "If-Match", tag), R"({"description":"first"})").status, 200);
    EXPECT_EQ(put(path, with(admin_key(), "If-Match", tag), R"({"description":"second"})").status, 412);
    EXPECT_EQ(put(path, with(admin_key(), "If-Match", "3"), R"({})").status, 400);
    EXPECT_EQ(get(path, admin_key()).text("/data/description"), "first");
}

TEST_P(ApiCore, WhileDrainingOnlyHealthIsAnswered) {
    EXPECT_EQ(get("//readyz", nobody()).status, 200);
    api().drain();
    const auto refused = get("/me", admin_key());
    EXPECT_EQ(refused.status, 503);
    EXPECT_FALSE(refused.headers.get("Retry-After").empty());
    EXPECT_EQ(get("//healthz", nobody()).status, 200);
    EXPECT_EQ(get("//readyz", nobody()).status, 503);
}

TEST_P(ApiCore, WithoutTheDatabaseACallIsToldToComeAgain) {
    store().stop();
    const auto refused = post("/inboxes", admin_key(), R"({"name":"Never"})");
    EXPECT_EQ(refused.status, 503);
    EXPECT_FALSE(refused.headers.get("Retry-After").empty());
}

TEST_P(ApiCore, TheDocumentIsServedToEverybodyAndNamesEveryPermission) {
    const auto document = get("/openapi.json", nobody());
    ASSERT_EQ(document.status, 200);
    EXPECT_EQ(document.text("/openapi"), "3.1.0");
    EXPECT_EQ(document.text("/paths/~1api~1support~1inboxes/post/x-permissions/0"), "inbox/setup/queues");
    EXPECT_EQ(document.text("/components/schemas/Inbox/properties/isDefault/type"), "boolean");
    EXPECT_EQ(document.text("/components/schemas/InboxInput/required"), "(absent)");
    EXPECT_EQ(document.text("/paths/~1api~1support~1auth~1login/post/security"), "[]");
}

TEST_P(ApiCore, ABodyThatIsNotAsDocumentedIsFound) {
    const auto faults = api().document().check_answer(
        "GET", "/api/support/inboxes/{id}/stats/team", 200, "application/json",
        R"({"data":{"members":[{"userId":7,"name":"x","conversationsHandled":1,"avgResponseTime":null,"more":1}]}})");
    EXPECT_THAT(faults, Contains(HasSubstr("/data/members/0/userId")));
    EXPECT_THAT(faults, Contains(HasSubstr("/data/members/0/more")));
    EXPECT_THAT(faults, Contains(HasSubstr("lacks \"csat\"")));
    EXPECT_FALSE(api().document().check_answer("GET", "/api/support/nothing", 200, "", "").empty());
    EXPECT_FALSE(api().document().check_answer("GET", "/api/support/me", 204, "", "").empty());
}

TEST_P(ApiCore, MetricsCountWhatWasAnswered) {
    api().metrics().finished(
        {"api", "GET", "/api/support/me", "r1", "127.0.0.1", 200, std::chrono::microseconds{1500}});
    EXPECT_THAT(api().metrics().render(),
                HasSubstr("usher_http_requests_total{listener=\"api\",method=\"GET\",route=\"/api/support/me\","
                          "status=\"200\"} 1"));
    EXPECT_EQ(get("//metrics", nobody()).status, 200);
}

}  // namespace
}  // namespace usher::api
