#include <gtest/gtest.h>

#include "access/login_limit.hpp"
#include "access/passwords.hpp"
#include "access/presence.hpp"

namespace usher::access {
namespace {

using std::chrono::seconds;

TEST(LoginLimit, AttemptsThatHaveNotEndedCountAsFailed) {
    FakeClock clock;
    LoginLimit limit(clock, {.failures = 3});
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.begin("a", "x"));
    EXPECT_EQ(limit.begin("a", "x").error().code, Errc::rate_limited);
    EXPECT_TRUE(limit.begin("a", "y"));
    EXPECT_TRUE(limit.begin("b", "x"));
}

TEST(LoginLimit, SuccessStartsAnew) {
    FakeClock clock;
    LoginLimit limit(clock, {.failures = 3});
    for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(limit.begin("a", "x"));
        limit.succeeded("a", "x");
    }
}

TEST(LoginLimit, OneAddressCannotTryEverybody) {
    FakeClock clock;
    LoginLimit limit(clock, {.failures = 3, .failures_per_address = 10});
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(limit.begin("a", std::to_string(i)));
    const auto refused = limit.begin("a", "another");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().retry_after, seconds{60});
    clock.advance(seconds{60});
    EXPECT_TRUE(limit.begin("a", "another"));
}

TEST(LoginLimit, StaysBounded) {
    FakeClock clock;
    LoginLimit limit(clock, {.entries_max = 100});
    for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(limit.begin(std::to_string(i), std::to_string(i)));
}

TEST(LoginLimit, AFloodOfOthersLeavesTheNewestCounts) {
    FakeClock clock;
    LoginLimit limit(clock, {.failures = 2, .entries_max = 100});
    for (int i = 0; i < 20; ++i) limit.begin("old" + std::to_string(i), "x" + std::to_string(i));
    clock.advance(seconds{1});
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(limit.begin("guesser", "anna"));
    for (int i = 0; i < 10; ++i) {
        clock.advance(std::chrono::milliseconds{1});
        for (int j = 0; j < 3; ++j) limit.begin("new" + std::to_string(10 * i + j), "y" + std::to_string(10 * i + j));
        EXPECT_FALSE(limit.begin("guesser", "anna")) << i;
    }
}

TEST(LoginLimit, OneAccountCannotBeTriedFromEverywhereButItsOwnerGetsIn) {
    FakeClock clock;
    LoginLimit limit(clock, {.failures = 3, .failures_per_account = 10});
    ASSERT_TRUE(limit.begin("home", "anna"));
    limit.succeeded("home", "anna");
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(limit.begin("bot" + std::to_string(i), "anna"));
    const auto refused = limit.begin("another bot", "anna");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "Too many attempts to sign in. Try again later.");
    EXPECT_TRUE(limit.begin("another bot", "ben"));
    EXPECT_TRUE(limit.begin("home", "anna"));
    clock.advance(seconds{60});
    EXPECT_TRUE(limit.begin("another bot", "anna"));
}

TEST(LoginLimit, AnIPv6NetworkIsOneAddress) {
    FakeClock clock;
    LoginLimit limit(clock, {.failures = 3});
    for (const char* address : {"2001:db8::1", "2001:db8::2", "2001:db8::ffff:1"})
        EXPECT_TRUE(limit.begin(address, "x"));
    EXPECT_FALSE(limit.begin("2001:db8::3", "x"));
    EXPECT_TRUE(limit.begin("2001:db8:0:1::1", "x"));
}

TEST(LoginLimit, WhoIsRefusedFillsNothing) {
    FakeClock clock;
    LoginLimit limit(clock, {.failures = 2, .failures_per_address = 4, .entries_max = 40});
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(limit.begin("guesser", "anna"));
    for (int i = 0; i < 1'000; ++i) limit.begin("flood", "made-up" + std::to_string(i));
    EXPECT_FALSE(limit.begin("guesser", "anna"));
}

TEST(Passwords, HaveAMinimumAndAMaximum) {
    const auto paths = [](std::string_view password) {
        Faults faults;
        check_password(password, "anna@example.test", "/password", faults);
        return faults.size();
    };
    EXPECT_EQ(paths("123456789"), 1u);
    EXPECT_EQ(paths("1234567890"), 0u);
    EXPECT_EQ(paths("\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4"), 1u);  // five characters, ten bytes
    EXPECT_EQ(paths("Anna@Example.test"), 1u);
    EXPECT_EQ(paths(std::string(1'001, 'x')), 1u);
}

TEST(Presence, HoldsForAMinuteAfterTheLastSocket) {
    FakeClock clock;
    Presence presence(clock);
    std::vector<std::pair<UserId, bool>> changes;
    presence.on_change([&](UserId user, bool connected) { changes.emplace_back(user, connected); });
    const UserId anna{1};
    EXPECT_FALSE(presence.connected(anna));
    EXPECT_FALSE(presence.absent_for(anna));
    presence.opened(anna);
    presence.opened(anna);
    presence.closed(anna);
    clock.advance(seconds{600});
    presence.sweep();
    EXPECT_TRUE(presence.connected(anna));
    presence.closed(anna);
    clock.advance(seconds{59});
    presence.sweep();
    EXPECT_TRUE(presence.connected(anna));
    clock.advance(seconds{1});
    presence.sweep();
    presence.sweep();
    EXPECT_FALSE(presence.connected(anna));
    EXPECT_TRUE(presence.connected().empty());
    EXPECT_EQ(presence.absent_for(anna), seconds{60});
    EXPECT_EQ(changes, (std::vector<std::pair<UserId, bool>>{{anna, true}, {anna, false}}));
}

TEST(Presence, TheLongAbsentAreGivenOutOnce) {
    FakeClock clock;
    Presence presence(clock);
    const UserId anna{1};
    presence.opened(anna);
    clock.advance(seconds{1'000});
    EXPECT_TRUE(presence.take_absent(seconds{600}).empty());
    presence.closed(anna);
    clock.advance(seconds{600});
    EXPECT_EQ(presence.take_absent(seconds{600}), std::vector<UserId>{anna});
    EXPECT_TRUE(presence.take_absent(seconds{600}).empty());
    presence.opened(anna);
    presence.closed(anna);
    clock.advance(seconds{600});
    EXPECT_EQ(presence.take_absent(seconds{600}), std::vector<UserId>{anna});
}

}  // namespace
}  // namespace usher::access
