// The resources of people and inboxes, with the shapes that clients expect.
#include "api/api_fixture.hpp"
#include "store/repositories/conversations.hpp"

namespace usher::api {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

class Resources : public testing::ApiTest {
protected:
    std::string made_inbox(const std::string& body) { return post("/inboxes", admin_key(), body).text("/data/id"); }
};
USHER_ON_SQLITE(Resources);

// ---- the session

TEST_P(Resources, LoginGivesACookieOutOfReachOfScripts) {
    const auto answer =
        post("/auth/login", nobody(), R"({"email":"admin@example.test","password":"correct horse battery"})");
    ASSERT_EQ(answer.status, 200);
    const std::string set(answer.headers.get("Set-Cookie"));
    EXPECT_THAT(set, HasSubstr("usher_session="));
    EXPECT_THAT(set, HasSubstr("HttpOnly"));
    EXPECT_THAT(set, HasSubstr("SameSite=Strict"));
    EXPECT_EQ(answer.text("/data/user/email"), "admin@example.test");
    EXPECT_EQ(answer.text("/data/availability/status"), "away");
    EXPECT_EQ(post("/auth/login", nobody(), R"({"email":"admin@example.test","password":"wrong"})").status, 401);
    EXPECT_EQ(post("/auth/login", nobody(), R"({"email":"admin@example.test"})").paths(),
              std::vector<std::string>{"/password"});
}

TEST_P(Resources, RepeatedFailuresAreToldToWait) {
    testing::Answer last;
    for (int i = 0; i < 6; ++i) {
        last = post("/auth/login", nobody(), R"({"email":"admin@example.test","password":"guess"})");
    }
    EXPECT_EQ(last.status, 429);
    EXPECT_FALSE(last.headers.get("Retry-After").empty());
}

TEST_P(Resources, LogoutTakesTheCookieAway) {
    const auto anna = person("Anna", {"agent"});
    const auto out = post("/auth/logout", cookie(anna), "{}");
    EXPECT_EQ(out.status, 204);
    EXPECT_THAT(std::string(out.headers.get("Set-Cookie")), HasSubstr("Max-Age=0"));
    EXPECT_EQ(get("/me", cookie(anna)).status, 401);
}

TEST_P(Resources, MeTellsAPersonAndAKey) {
    const auto anna = person("Anna", {"agent"});
    add_member(default_inbox(), anna.caller.principal->user_id);
    const auto me = get("/me", cookie(anna));
    EXPECT_EQ(me.text("/data/user/name"), "Anna");
    EXPECT_EQ(me.text("/data/csrfToken"), anna.caller.csrf);
    EXPECT_EQ(me.text("/data/inboxes/0/role"), "agent");
    EXPECT_EQ(me.text("/data/undoWindowSeconds"), "5");
    const auto key = get("/me", admin_key());
    EXPECT_EQ(key.text("/data/user/id"), "null");
    EXPECT_EQ(key.text("/data/csrfToken"), "null");
    EXPECT_EQ(put("/me/availability", admin_key(), R"({"status":"away"})").status, 409);
}

TEST_P(Resources, WithoutASeatMeShowsTheViewOnly) {  // proves S0-12 S0-26 S0-28
    const auto anna = person("Anna", {"agent"}, false);
    const auto me = get("/me", cookie(anna));
    EXPECT_EQ(me.text("/data/permissions"), R"(["inbox/conversations/view"])");
    EXPECT_EQ(me.text("/data/user/seat"), "false");
}

TEST_P(Resources, SetUpIsDoneOnce) {
    EXPECT_EQ(get("/auth/state", nobody()).text("/data/setupNeeded"), "false");
    EXPECT_EQ(post("/auth/setup", nobody(),
                   R"({"token":"guess","name":"M","email":"m@example.test","password":"a long password"})")
                  .status,
              409);
}

TEST_P(Resources, AnInvitationIsReadAndAccepted) {  // proves S3-05
    const auto made = post("/users", admin_key(), R"({"name":"Nina","email":"nina@example.test","roles":["agent"]})");
    ASSERT_EQ(made.status, 201);
    EXPECT_EQ(made.text("/data/invited"), "true");
    const std::string url = made.text("/invitation/url");
    EXPECT_THAT(url, HasSubstr("http://desk.example.test/invitation?token="));
    const std::string token = url.substr(url.find('=') + 1);
    EXPECT_EQ(get("/auth/invitations/" + token, nobody()).text("/data/email"), "nina@example.test");
    EXPECT_EQ(post("/auth/invitations/" + token, nobody(), R"({"password":"short"})").paths(),
              std::vector<std::string>{"/password"});
    const auto joined = post("/auth/invitations/" + token, nobody(), R"({"password":"a long password"})");
    EXPECT_EQ(joined.text("/data/user/name"), "Nina");
    EXPECT_EQ(get("/auth/invitations/" + token, nobody()).status, 404);
    EXPECT_EQ(get("/users/" + made.text("/data/id"), admin_key()).text("/data/invited"), "false");
}

// ---- people

TEST_P(Resources, RolesAndPermissionsAreATable) {  // proves S0-05 S0-20 S0-22 S1-20
    const auto roles = get("/roles", admin_key());
    EXPECT_EQ(roles.data().as_array().size(), 6u);
    EXPECT_EQ(roles.text("/data/0/default"), "true");
    EXPECT_EQ(get("/permissions", admin_key()).data().as_array().size(), permission_catalogue().size());
}

TEST_P(Resources, UsersAreChangedAndSeatsTaken) {  // proves S0-13 S0-17
    const auto anna = person("Anna", {"agent"});
    const std::string path = "/users/" + to_string(anna.caller.principal->user_id);
    EXPECT_EQ(call("PATCH", path, admin_key(), R"({"roles":["inbox_setup","analytics"]})").text("/data/roles"),
              R"(["inbox_setup","analytics"])");
    EXPECT_EQ(call("PATCH", path, admin_key(), R"({"roles":["agent","supervisor"]})").status, 422);  // proves S0-14
    EXPECT_EQ(call("PATCH", path, admin_key(), R"({"mail":"x"})").paths(), std::vector<std::string>{"/mail"});
    EXPECT_EQ(put(path + "/seat", admin_key(), R"({"seat":false})").text("/data/seat"), "false");
    EXPECT_EQ(put(path + "/seat", admin_key(), R"({})").status, 422);
    presence().opened(anna.caller.principal->user_id);
    EXPECT_EQ(get(path, admin_key()).text("/data/online"), "true");
    EXPECT_EQ(call("PATCH", path, admin_key(), R"({"active":false})").text("/data/active"), "false");
    EXPECT_EQ(get("/me", cookie(anna)).status, 401);
}

TEST_P(Resources, AKeyIsShownOnce) {
    const auto made = post("/api-keys", admin_key(), R"({"name":"script","roles":["agent"]})");
    ASSERT_EQ(made.status, 201);
    const std::string key = made.text("/data/key");
    EXPECT_THAT(write_json(get("/api-keys", admin_key()).body), Not(HasSubstr(key)));
    EXPECT_EQ(get("/me", with(nobody(), "X-API-Key", key)).status, 200);
    EXPECT_EQ(get("/users", with(nobody(), "X-API-Key", key)).status, 403);
    EXPECT_EQ(call("DELETE", "/api-keys/" + made.text("/data/id"), admin_key()).status, 204);
    EXPECT_EQ(get("/me", with(nobody(), "X-API-Key", key)).status, 401);
}

// ---- inboxes

TEST_P(Resources, AnInboxIsMadeAsTheReferenceDoes) {  // proves S4-02 S4-03 S4-30 S4-36
    const auto made = post("/inboxes", admin_key(),
                           R"({"name":"Website","description":"From the site","email":"support@example.test"})");
    ASSERT_EQ(made.status, 201);
    EXPECT_EQ(made.text("/data/email"), "support@example.test");
    EXPECT_EQ(made.text("/data/isDefault"), "false");
    EXPECT_EQ(get("/inboxes/" + made.text("/data/id"), admin_key()).body, made.body);  // proves S4-29
}

TEST_P(Resources, PutChangesWhatItNamesAndNullClears) {  // proves S4-31
    const std::string path =
        "/inboxes/" + made_inbox(R"({"name":"Sales","description":"stays","assignmentRules":{"type":"manual",
            "onlyAvailable":false}})");
    EXPECT_EQ(put(path, admin_key(), R"({"color":"#112233"})").text("/data/description"), "stays");
    EXPECT_EQ(put(path, admin_key(), R"({"description":null})").text("/data/description"), "null");
    // An object replaces the old one whole; what it leaves out takes its default.
    const auto rules = put(path, admin_key(), R"({"assignmentRules":{"type":"least_busy"}})");
    EXPECT_EQ(rules.text("/data/assignmentRules/onlyAvailable"), "true");
    // What was read can be sent back.
    const json::value read = get(path, admin_key()).data().as_object().at("assignmentRules");
    EXPECT_EQ(put(path, admin_key(), write_json(json::object{{"assignmentRules", read}})).status, 200);
    EXPECT_EQ(put(path, admin_key(), R"({"forwardingAddress":"mine@example.test"})").paths(),
              std::vector<std::string>{"/forwardingAddress"});
}

TEST_P(Resources, FaultsBelowAreNamedByTheirWholePath) {
    const std::string path = "/inboxes/" + to_string(default_inbox());
    EXPECT_EQ(put(path, admin_key(), R"({"assignmentRules":{"type":"roundrobin"}})").paths(),
              std::vector<std::string>{"/assignmentRules/type"});
    EXPECT_THAT(put(path, admin_key(),
                    R"({"workingHours":{"enabled":true,"timezone":"Mars/Olympus","schedule":{"monday":{"start":"25:00",
                    "end":"17:00"},"blursday":null},"holidays":["2026-02-30"]}})")
                    .paths(),
                IsSupersetOf({"/workingHours/timezone", "/workingHours/schedule/monday/start",
                              "/workingHours/schedule/blursday", "/workingHours/holidays/0"}));
    EXPECT_EQ(put(path, admin_key(), R"({"routingRules":[{"condition":{"url":{"contains":"/x"}},"inboxId":"999999"}]})")
                  .paths(),
              std::vector<std::string>{"/routingRules/0/inboxId"});
}

TEST_P(Resources, WorkingHoursComeBackAsTheyWereSent) {  // proves S4-19 S4-20 S4-21 S4-22
    const std::string path = "/inboxes/" + made_inbox(R"({"name":"Hours"})");
    const auto got = put(path, admin_key(),
                         R"({"outsideHoursMessage":"Back on Monday.","workingHours":{"enabled":true,
                         "timezone":"Europe/Paris","schedule":{"monday":{"start":"09:00","end":"18:00"},
                         "sunday":null},"holidays":["2027-01-01","2020-12-25"]}})");
    ASSERT_EQ(got.status, 200);
    EXPECT_EQ(got.text("/data/workingHours/schedule/monday"), R"({"start":"09:00","end":"18:00"})");
    EXPECT_EQ(got.text("/data/workingHours/schedule/sunday"), "null");
    EXPECT_EQ(got.text("/data/outsideHoursMessage"), "Back on Monday.");
}

TEST_P(Resources, MembersAndTheirAvailability) {  // proves S4-15 S4-18 S4-34 S4-35
    const std::string path = "/inboxes/" + made_inbox(R"({"name":"Staffed"})") + "/members";
    const auto anna = person("Anna", {"agent"});
    const std::string id = to_string(anna.caller.principal->user_id);
    const auto made = post(path, admin_key(), R"({"userId":")" + id + R"(","role":"agent"})");
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(made.text("/data/availability"), "away");
    EXPECT_EQ(put(path + "/" + id + "/availability", cookie(anna), R"({"status":"available"})").status, 200);
    EXPECT_EQ(get(path, admin_key()).text("/data/0/availability"), "available");
    EXPECT_EQ(put(path + "/" + id + "/availability", admin_key(), R"({"status":"busy"})").paths(),
              std::vector<std::string>{"/status"});
    EXPECT_THAT(post(path, admin_key(), R"({"userId":"999999999","role":"boss"})").paths(),
                IsSupersetOf({"/userId", "/role"}));
    EXPECT_EQ(call("DELETE", path + "/" + id, admin_key()).status, 204);
    EXPECT_EQ(call("DELETE", path + "/" + id, admin_key()).status, 404);
}

TEST_P(Resources, FiguresHaveTheFixedShape) {  // proves S4-23 S4-24 S4-25
    const std::string path = "/inboxes/" + made_inbox(R"({"name":"Counted"})");
    EXPECT_EQ(write_json(get(path + "/stats", admin_key()).data()),
              R"({"openConversations":0,"unassignedConversations":0,"avgResponseTime":null,"avgResolutionTime":null,)"
              R"("conversationsToday":0,"resolvedToday":0,"csat":null})");
    EXPECT_EQ(write_json(get(path + "/stats/team", admin_key()).data()), R"({"members":[]})");
    const auto analyst = person("Alan", {"analytics"});
    EXPECT_EQ(get(path + "/stats", cookie(analyst)).status, 200);  // proves S0-08
    const auto agent = person("Abel", {"agent"});
    EXPECT_EQ(get(path + "/stats", cookie(agent)).status, 404);
}

TEST_P(Resources, DeletingAsksWhereOpenConversationsGo) {  // proves S4-32
    const std::string path = "/inboxes/" + made_inbox(R"({"name":"Short-lived"})");
    EXPECT_EQ(call("DELETE", path, admin_key()).status, 204);
    EXPECT_EQ(call("DELETE", path, admin_key()).status, 404);
    const auto kept = call("DELETE", "/inboxes/" + to_string(default_inbox()), admin_key());
    EXPECT_EQ(kept.status, 409);
    EXPECT_THAT(kept.text("/error/message"), HasSubstr("default"));
}

TEST_P(Resources, ConversationsMoveBeforeTheirInboxGoes) {
    const std::string id = made_inbox(R"({"name":"Closing down"})");
    const std::string other = made_inbox(R"({"name":"Takes over"})");
    const InboxId from{parse_id(id).value()};
    for (const auto status : {ConversationStatus::active, ConversationStatus::waiting, ConversationStatus::closed}) {
        Conversation row;
        row.space_id = {1};
        row.inbox_id = from;
        row.account_id = {1};
        row.identity_id = {1};
        row.contact_id = {1};
        row.status = status;
        row.created_at = row.updated_at = row.last_activity_at = clock().now();
        good(store().write([row](store::Write& write) -> Result<void> {
            Conversation made = row;
            made.id = {write.next_id()};
            store::insert_conversation(write.sql(), made);
            return {};
        }));
    }
    const auto refused = call("DELETE", "/inboxes/" + id, admin_key());
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(refused.code(), "inbox_not_empty");
    EXPECT_THAT(refused.text("/error/message"), HasSubstr("2 open conversations"));
    EXPECT_EQ(call("DELETE", "/inboxes/" + id + "?moveTo=999999999", admin_key()).paths(),
              std::vector<std::string>{"/moveTo"});
    EXPECT_EQ(call("DELETE", "/inboxes/" + id + "?moveTo=" + id, admin_key()).status, 422);
    EXPECT_EQ(call("DELETE", "/inboxes/" + id + "?moveTo=" + other, admin_key()).status, 204);
    EXPECT_EQ(get("/inboxes/" + other + "/stats", admin_key()).text("/data/openConversations"), "2");
    // Who saw them there and does not see them here is told: each event has the key before and after.
    const auto moved = good(store().read([](store::Session& sql) {
        return sql.rows<std::tuple<std::string, std::string>>(
            "SELECT visible_before, visible_after FROM event WHERE type = 'conversation.routed'");
    }));
    ASSERT_EQ(moved.size(), 3u);
    EXPECT_THAT(std::get<0>(moved[0]), HasSubstr("\"" + id + "\""));
    EXPECT_THAT(std::get<1>(moved[0]), HasSubstr("\"" + other + "\""));
}

TEST_P(Resources, TheFeedIsReadFromItsBeginningAndOn) {
    person("Anna", {"agent"});
    std::vector<std::string> types;
    std::string after;
    while (true) {
        const auto page = get("/events?limit=3" + (after.empty() ? "" : "&after=" + after), admin_key());
        ASSERT_EQ(page.status, 200);
        for (const auto& event : page.data().as_array()) {
            types.emplace_back(event.as_object().at("type").as_string());
            after = event.as_object().at("cursor").as_string().c_str();
        }
        if (page.text("/nextCursor") == "null") break;
    }
    EXPECT_EQ(types, event_types());
    EXPECT_TRUE(get("/events?after=" + after, admin_key()).data().as_array().empty());
    EXPECT_EQ(get("/events?after=nonsense", admin_key()).status, 400);
}

}  // namespace
}  // namespace usher::api
