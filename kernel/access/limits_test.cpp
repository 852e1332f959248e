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
    for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(limit.begin(std::to_string(i), "x"));
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
