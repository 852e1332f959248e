#include "outbound/retry.hpp"

#include <gtest/gtest.h>

namespace usher::outbound {
namespace {

using namespace std::chrono_literals;

Attempt failed(Errc code, plugins::Scope scope = plugins::Scope::message) {
    Attempt a;
    a.result.code = code;
    a.result.scope = scope;
    a.first_attempt_at = a.now = {1'700'000'000'000'000};
    return a;
}

TEST(Retry, FollowsTheScheduleAndItsLastStepRepeats) {
    const config::Retry retry;
    auto a = failed(Errc::unavailable);
    EXPECT_EQ(decide(a, retry).delay, 5s);
    a.attempt = 3;
    EXPECT_EQ(decide(a, retry).delay, 30s);
    a.attempt = 40;
    EXPECT_EQ(decide(a, retry).delay, 60s);
    a.jitter = 0;
    EXPECT_EQ(decide(a, retry).delay, 48s);
}

TEST(Retry, AProvidersWishIsTheLeastDelay) {
    auto a = failed(Errc::rate_limited, plugins::Scope::account);
    a.result.retry_after = 20s;
    const auto v = decide(a, {});
    EXPECT_EQ(v.step, Step::later);
    EXPECT_EQ(v.delay, 20s);
    EXPECT_EQ(v.hold_account, 20s);
}

TEST(Retry, AMessageThatKeepsFailingBlocksItsConversationForTwoMinutes) {
    auto a = failed(Errc::unavailable);
    a.now = a.first_attempt_at + 116s;
    const auto v = decide(a, {});
    EXPECT_EQ(v.step, Step::failed);
    EXPECT_EQ(v.text, "The channel could not be reached for too long.");
}

TEST(Retry, WhileTheWholeAccountIsDownMessagesWait) {
    auto a = failed(Errc::unavailable, plugins::Scope::account);
    a.now = a.first_attempt_at + 10h;
    EXPECT_EQ(decide(a, {}).step, Step::later);
    a.now = a.first_attempt_at + 24h;
    EXPECT_EQ(decide(a, {}).step, Step::failed);
}

TEST(Retry, AnUnknownOutcomeIsRepeatedOnlyWithAnIdempotencyKey) {
    auto a = failed(Errc::unknown_outcome);
    EXPECT_EQ(decide(a, {}).step, Step::unknown);
    a.idempotent_send = true;
    EXPECT_EQ(decide(a, {}).step, Step::later);
    a.now = a.first_attempt_at + 3min;
    EXPECT_EQ(decide(a, {}).step, Step::unknown);
}

TEST(Retry, ARefusalEndsWithTheChannelsSentence) {
    auto a = failed(Errc::invalid);
    a.result.reason_code = "too_long";
    a.result.reason_text = "The text is too long.";
    const auto v = decide(a, {});
    EXPECT_EQ(v.step, Step::failed);
    EXPECT_EQ(v.code, "too_long");
    EXPECT_EQ(v.text, "The text is too long.");
}

TEST(Retry, RefusedCredentialsHoldTheAccount) {
    const auto v = decide(failed(Errc::unauthorized, plugins::Scope::account), {});
    EXPECT_EQ(v.step, Step::later);
    EXPECT_TRUE(v.account_failed);
    EXPECT_EQ(v.hold_account, 60s);
}

}  // namespace
}  // namespace usher::outbound
