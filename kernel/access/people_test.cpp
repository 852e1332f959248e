#include <gmock/gmock.h>

#include "access/access_fixture.hpp"
#include "model/event_types.hpp"

namespace usher::access {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class People : public testing::AccessTest {};
USHER_ON_EVERY_DATABASE(People);

Credentials cookie(const SignedIn& who) {
    return {std::nullopt, who.token};
}
Credentials key(std::string text) {
    return {std::move(text), ""};
}

// ---- start

TEST_P(People, AFirstStartMakesTheDefaultInboxAndALaterOneNothing) {  // proves S1-03
    restart({});
    restart({});
    const auto all = good(inboxes().list(admin()));
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].inbox.name, "Inbox");
    EXPECT_EQ(all[0].inbox.default_key, SpaceId{1});
}

TEST_P(People, PresetsMayComeAtEveryStart) {
    const auto before = admin();
    restart({testing::kAdminEmail, "another long password", testing::kAdminKey});
    EXPECT_EQ(admin().user_id, before.user_id);
    EXPECT_EQ(good(keys().list({1}, {}, 10)).size(), 1u);
    good(access().login(testing::kAdminEmail, testing::kAdminPassword, "127.0.0.1"));  // the first one holds
}

TEST_P(People, AnotherPresetKeyReplacesTheOldOne) {
    restart({"", "", "another-key-of-the-operator"});
    EXPECT_EQ(good(keys().list({1}, {}, 10)).size(), 1u);
    good(access().authenticate(key("another-key-of-the-operator")));
    EXPECT_EQ(bad(access().authenticate(key(testing::kAdminKey))).code, Errc::unauthorized);
}

TEST_P(People, PresetsThatAreNoneAreRefusedByName) {
    EXPECT_THAT(bad(access().start({"nobody", "a long password", ""})).message, HasSubstr("USHER_ADMIN_EMAIL"));
    EXPECT_THAT(bad(access().start({"a@example.test", "short", ""})).message, HasSubstr("USHER_ADMIN_PASSWORD"));
    EXPECT_THAT(bad(access().start({"", "", "short"})).message, HasSubstr("USHER_ADMIN_API_KEY"));
}

TEST_P(People, TheSetUpLinkMakesOneAdministrator) {
    good(store().write([](store::Write& write) -> Result<void> {
        write.sql().exec("DELETE FROM users");
        return {};
    }));
    EXPECT_TRUE(good(access().setup_needed()));
    const auto started = good(access().start({}));
    ASSERT_TRUE(started.setup_token);
    const Access::SetUp wish{*started.setup_token, "Ada", "ada@example.test", "a long password"};
    EXPECT_EQ(bad(access().set_up({"guess", "Ada", "ada@example.test", "a long password"})).code, Errc::unauthorized);
    EXPECT_EQ(bad(access().set_up({wish.token, "", "nobody", "short"})).details.size(), 3u);
    const auto ada = good(access().set_up(wish));
    EXPECT_TRUE(ada.caller.principal->may(permission::kAdminUsers));
    EXPECT_FALSE(good(access().setup_needed()));
    EXPECT_EQ(bad(access().set_up(wish)).code, Errc::conflict);
    EXPECT_FALSE(good(access().start({})).setup_token);
}

// ---- login

TEST_P(People, LoginMakesAway) {  // proves S3-25
    const auto anna = person("Anna", {"agent"});
    const UserId id = anna.caller.principal->user_id;
    good(users().set_availability(principal(id), id, Availability::available));
    good(access().login("  ANNA@example.test ", password_of("Anna"), "127.0.0.1"));
    EXPECT_EQ(good(users().get({1}, id)).availability, Availability::away);
}

TEST_P(People, UnknownUserWrongPasswordAndInactiveUserLookTheSame) {
    const auto anna = person("Anna", {"agent"});
    const Error wrong = bad(access().login(email_of("Anna"), "not her password", "127.0.0.1"));
    const Error nobody = bad(access().login("nobody@example.test", "not her password", "127.0.0.2"));
    good(users().update(admin(), anna.caller.principal->user_id, {std::nullopt, std::nullopt, false}));
    const Error inactive = bad(access().login(email_of("Anna"), password_of("Anna"), "127.0.0.3"));
    EXPECT_EQ(wrong.code, Errc::unauthorized);
    EXPECT_EQ(wrong.message, nobody.message);
    EXPECT_EQ(wrong.message, inactive.message);
}

TEST_P(People, GuessingIsSlowedDownPerAddressAndAccount) {
    person("Gus", {"agent"});
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(bad(access().login(email_of("Gus"), "guess", "10.0.0.1")).code, Errc::unauthorized);
    }
    const Error limited = bad(access().login(email_of("Gus"), password_of("Gus"), "10.0.0.1"));
    EXPECT_EQ(limited.code, Errc::rate_limited);
    EXPECT_GT(limited.retry_after.count(), 0);
    good(access().login(email_of("Gus"), password_of("Gus"), "10.0.0.2"));
    clock().advance(std::chrono::seconds{61});
    good(access().login(email_of("Gus"), password_of("Gus"), "10.0.0.1"));
}

TEST_P(People, LogoutEndsTheSessionAtOnce) {
    const auto anna = person("Anna", {"agent"});
    const auto caller = good(access().authenticate(cookie(anna)));
    good(access().logout(caller));
    EXPECT_EQ(bad(access().authenticate(cookie(anna))).code, Errc::unauthorized);
    EXPECT_EQ(bad(access().still(caller)).code, Errc::unauthorized);
    EXPECT_EQ(good(users().get({1}, caller.principal->user_id)).availability, Availability::offline);
}

TEST_P(People, ASessionEndsFourteenDaysAfterItsLastUse) {
    const auto anna = person("Anna", {"agent"});
    clock().advance(std::chrono::hours{24 * 14 + 1});
    EXPECT_EQ(bad(access().authenticate(cookie(anna))).code, Errc::unauthorized);
}

TEST_P(People, ANewPasswordEndsTheOtherSessions) {
    const auto here = person("Anna", {"agent"});
    const auto there = good(access().login(email_of("Anna"), password_of("Anna"), "127.0.0.1"));
    good(access().authenticate(cookie(there)));
    EXPECT_EQ(bad(access().change_password(here.caller, "wrong", "a new long password", "127.0.0.1")).details[0].path,
              "/current");
    EXPECT_EQ(bad(access().change_password(here.caller, password_of("Anna"), "short", "127.0.0.1")).details[0].path,
              "/next");
    good(access().change_password(here.caller, password_of("Anna"), "a new long password", "127.0.0.1"));
    good(access().authenticate(cookie(here)));
    EXPECT_EQ(bad(access().authenticate(cookie(there))).code, Errc::unauthorized);
    good(access().login(email_of("Anna"), "a new long password", "127.0.0.9"));
}

// ---- invitations and users

TEST_P(People, AnInvitationServesOnceAndForSevenDays) {  // proves S3-05
    const auto made = good(users().invite(admin(), {"Nina", "nina@example.test", {"agent"}, {}}));
    EXPECT_FALSE(made.user.password_hash);
    EXPECT_EQ(good(access().invitation(made.token)).email, "nina@example.test");
    const auto nina = good(access().accept_invitation(made.token, "Nina N.", "a long password"));
    EXPECT_EQ(nina.caller.principal->name, "Nina N.");
    EXPECT_EQ(bad(access().accept_invitation(made.token, {}, "a long password")).code, Errc::not_found);

    const auto late = good(users().invite(admin(), {"Lea", "lea@example.test", {"agent"}, {}}));
    clock().advance(std::chrono::hours{24 * 7 + 1});
    EXPECT_EQ(bad(access().accept_invitation(late.token, {}, "a long password")).code, Errc::not_found);
    const auto again = good(users().invite_again(admin(), late.user.id));
    good(access().accept_invitation(again.token, {}, "a long password"));
}

TEST_P(People, EveryFaultOfANewUserIsListed) {  // proves S0-14 S1-16
    const Error refused = bad(users().invite(admin(), {" ", "nobody", {"agent", "supervisor", "boss"}, {}}));
    std::vector<std::string> paths;
    for (const auto& detail : refused.details) paths.push_back(detail.path);
    EXPECT_THAT(paths, ElementsAre("/name", "/email", "/roles/2", "/roles"));
    EXPECT_EQ(good(users().list({1}, {}, 10)).size(), 1u);
}

TEST_P(People, AnAddressIsOnePersons) {
    person("Anna", {"agent"});
    const Error taken = bad(users().invite(admin(), {"Other", "ANNA@example.test", {"agent"}, {}}));
    EXPECT_EQ(taken.code, Errc::conflict);
    EXPECT_EQ(taken.reason, "email_taken");
}

TEST_P(People, TheSameCallAgainMakesNobodyNew) {
    const NewUser wish{"Ida", "ida@example.test", {"agent"}, {}};
    const store::IdempotencyKey one{std::string(64, 'a'), std::string(64, 'b')};
    const auto first = good(users().invite(admin(), wish, one));
    const auto second = good(users().invite(admin(), wish, one));
    EXPECT_EQ(first.user.id, second.user.id);
    good(access().accept_invitation(second.token, {}, "a long password"));
    const Error other = bad(users().invite(admin(), {"Eva", "eva@example.test", {"agent"}, {}},
                                           store::IdempotencyKey{std::string(64, 'a'), std::string(64, 'c')}));
    EXPECT_EQ(other.reason, "idempotency_key_reused");
    clock().advance(std::chrono::hours{25});
    EXPECT_EQ(bad(users().invite(admin(), wish, one)).reason, "email_taken");  // forgotten after a day
}

TEST_P(People, AViewerTakesNoSeatUnlessGivenOne) {  // proves S0-12 S1-11
    EXPECT_FALSE(good(users().invite(admin(), {"V", "v@example.test", {"viewer"}, {}})).user.seat);
    EXPECT_TRUE(good(users().invite(admin(), {"A", "a@example.test", {"agent"}, {}})).user.seat);
}

TEST_P(People, WithoutASeatAnAgentIsAViewer) {  // proves S0-16 S0-28 S1-25
    const auto anna = person("Anna", {"agent"});
    const UserId id = anna.caller.principal->user_id;
    EXPECT_TRUE(principal(id).may(permission::kReply));
    const auto before = principal(id).rights_version;
    good(users().set_seat(admin(), id, false));
    EXPECT_FALSE(good(access().authenticate(cookie(anna))).principal->may(permission::kReply));
    EXPECT_TRUE(principal(id).may(permission::kView));
    EXPECT_GT(principal(id).rights_version, before);
    EXPECT_THAT(event_types(), Contains(std::string(event_type::kUserRights)));
}

TEST_P(People, WhoIsDeactivatedIsOutAtOnce) {
    const auto otto = person("Otto", {"agent"});
    good(access().authenticate(cookie(otto)));
    good(users().update(admin(), otto.caller.principal->user_id, {std::nullopt, std::nullopt, false}));
    EXPECT_EQ(bad(access().authenticate(cookie(otto))).code, Errc::unauthorized);
    good(users().update(admin(), otto.caller.principal->user_id, {std::nullopt, std::nullopt, true}));
    EXPECT_EQ(bad(access().authenticate(cookie(otto))).code, Errc::unauthorized);  // the session stays ended
}

TEST_P(People, TheLastAdministratorStays) {
    const UserId id = admin().user_id;
    EXPECT_EQ(bad(users().set_seat(admin(), id, false)).reason, "last_administrator");
    EXPECT_EQ(bad(users().update(admin(), id, {{}, std::vector<std::string>{"agent"}, {}})).reason,
              "last_administrator");
    EXPECT_EQ(bad(users().update(admin(), id, {{}, {}, false})).reason, "last_administrator");
    person("Second", {"administrator"});
    good(users().update(admin(), id, {{}, std::vector<std::string>{"agent"}, {}}));
}

TEST_P(People, OthersAvailabilityNeedsItsPermission) {
    const UserId anna = person("Anna", {"agent"}).caller.principal->user_id;
    const UserId ben = person("Ben", {"agent"}).caller.principal->user_id;
    EXPECT_THAT(bad(users().set_availability(principal(anna), ben, Availability::available)).message,
                HasSubstr("inbox/supervise/agent-status-set"));
    good(users().set_availability(admin(), ben, Availability::available));
    EXPECT_TRUE(good(users().make_away(ben)));
    EXPECT_FALSE(good(users().make_away(ben)));
    EXPECT_EQ(good(users().get({1}, ben)).availability, Availability::away);
}

// ---- keys

TEST_P(People, AKeyIsShownOnceAndEndsWithItsDeletion) {  // proves S4-37
    const auto made = good(keys().create(admin(), {"script", {"agent"}}));
    EXPECT_TRUE(made.key.starts_with(made.row.prefix));
    EXPECT_EQ(made.row.key_hash.find(made.key), std::string::npos);
    const auto caller = good(access().authenticate(key(made.key)));
    EXPECT_TRUE(caller.principal->may(permission::kReply));
    EXPECT_TRUE(caller.principal->inboxes.contains(default_inbox()));
    for (const std::string& wrong : {std::string(), made.key + "0", made.key.substr(1), std::string("x")}) {
        EXPECT_EQ(bad(access().authenticate(key(wrong))).code, Errc::unauthorized) << wrong;
    }
    good(keys().remove(admin(), made.row.id));
    EXPECT_EQ(bad(access().authenticate(key(made.key))).code, Errc::unauthorized);
    EXPECT_EQ(bad(keys().remove(admin(), made.row.id)).code, Errc::not_found);
}

TEST_P(People, AWrongKeyIsNotSavedByACookie) {
    const auto anna = person("Anna", {"agent"});
    EXPECT_EQ(bad(access().authenticate({"wrong", anna.token})).code, Errc::unauthorized);
}

TEST_P(People, EventsHoldNoNamesAndNoAddresses) {
    person("Secretive", {"agent"});
    const auto data = good(
        store().read([](store::Session& sql) { return sql.rows<std::string>("SELECT data FROM event ORDER BY seq"); }));
    for (const auto& text : data) {
        EXPECT_THAT(text, Not(HasSubstr("ecretive")));
    }
}

TEST_P(People, CapacityIsSetByWhoMaySetItAndCountsAtOnce) {
    const auto anna = person("Anna", {"agent"});
    const UserId id = anna.caller.principal->user_id;
    const auto sara = person("Sara", {"supervisor"});
    const auto set = [&](const Principal& by, std::int64_t capacity) {
        return run(users().update(by, id, {.capacity = capacity}));
    };
    const auto mine = set(principal(id), 3);
    EXPECT_EQ(mine.error().message, "This needs the permission inbox/supervise/capacity-set.");
    for (const std::int64_t wrong : {0, -1, 1'001}) {
        const auto refused = set(admin(), wrong);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().details.at(0).path, "/capacity");
    }
    const Principal supervisor = principal(sara.caller.principal->user_id);
    const auto before = good(users().get({1}, id));
    const auto done = set(supervisor, 3);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->open_limit, 3);
    EXPECT_EQ(done->version, before.version + 1);
    EXPECT_EQ(done->rights_version, before.rights_version) << "nobody's sockets start anew";
    EXPECT_EQ(good(store().read([id](store::Session& sql) {
                  return *sql.one<std::int64_t>("SELECT open_limit FROM users WHERE id = :id", id);
              })),
              3);
    EXPECT_EQ(set(supervisor, 3)->version, done->version) << "no change";
    EXPECT_EQ(bad(users().update(supervisor, id, {.name = "Ann"})).message,
              "This needs the permission inbox/admin/users.");
}

TEST_P(People, AStaleChangeOfAUserIsRefused) {
    const UserId id = person("Anna", {"agent"}).caller.principal->user_id;
    const auto row = good(users().get({1}, id));
    const auto first = good(users().update(admin(), id, {.name = "Ann"}, row.version));
    const auto stale = bad(users().update(admin(), id, {.name = "Anne"}, row.version));
    EXPECT_EQ(stale.code, Errc::precondition);
    EXPECT_EQ(stale.message, "The user was changed meanwhile: the version is " + std::to_string(first.version) +
                                 ", not " + std::to_string(row.version) + ".");
    EXPECT_EQ(good(users().get({1}, id)).name, "Ann");
}

TEST_P(People, ExpiredThingsAreCleanedUp) {
    const auto anna = person("Anna", {"agent"});
    good(users().invite(admin(), {"Ida", "ida@example.test", {"agent"}, {}}, store::IdempotencyKey{"a", "b"}));
    good(store().write([id = anna.caller.principal->user_id](store::Write& w) {
        for (int i = 0; i < 450; ++i) {  // more than two steps
            w.sql().exec(
                "INSERT INTO login_session (token_hash, user_id, csrf, created_at, last_used_at, expires_at) VALUES "
                "(:hash, :user, '', 0, 0, 1)",
                "t" + std::to_string(i), id);
        }
        return Result<void>{};
    }));
    EXPECT_EQ(good(access().housekeeping()), 450);
    good(access().authenticate({{}, anna.token}));
    clock().advance(std::chrono::hours{24 * 30});
    EXPECT_GE(good(access().housekeeping()), 3);
    const auto left = good(store().read([](store::Session& sql) {
        return *sql.one<std::int64_t>(
            "SELECT (SELECT COUNT(*) FROM login_session) + (SELECT COUNT(*) FROM invitation) "
            "+ (SELECT COUNT(*) FROM idempotency)");
    }));
    EXPECT_EQ(left, 0);
}

}  // namespace
}  // namespace usher::access
