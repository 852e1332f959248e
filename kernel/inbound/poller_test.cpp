#include "inbound/poller.hpp"

#include <gtest/gtest.h>

#include <boost/asio/thread_pool.hpp>

#include "plugins/test_support.hpp"

namespace usher::inbound {
namespace {

using plugins::InstanceSpec;
using plugins::Kind;
using plugins::test::run;
using plugins::test::World;
using std::chrono::milliseconds;

class PollerTest : public testing::Test {
protected:
    PollerTest() : registry_({.public_url = "https://chat.test", .threads = 2}, world_.sinks()) {
        options_.least_gap = milliseconds(1);
        options_.first_delay = milliseconds(1);
        options_.most_delay = milliseconds(4);
        options_.look_again = milliseconds(20);
        const auto loaded =
            registry_.load_library(plugins::test::module_path("scripted"), config::Isolation::in_process);
        EXPECT_TRUE(loaded) << loaded.error().message;
    }
    static InstanceSpec spec(const std::string& poll, const std::string& id = "shop1") {
        InstanceSpec out;
        out.ref = {.id = id, .channel = "scripted", .kind = Kind::channel};
        out.name = id;
        out.config = json::object{{"poll", poll}};
        return out;
    }
    void start(const std::string& poll) {
        ASSERT_TRUE(run(registry_.add(spec(poll))));
        run(registry_.start());
        begin();
    }
    void begin() {
        poller_ = std::make_unique<Poller>(registry_, threads_.get_executor(), options_);
        poller_->start();
    }
    std::string state() {
        const auto status = registry_.status(Kind::channel, "shop1");
        return std::string(enum_name(status->state)) + (status->last_error.empty() ? "" : ": " + status->last_error);
    }
    void stop() {
        if (poller_) run(poller_->stop());
        poller_.reset();
    }
    void TearDown() override {
        world_.let_go();
        stop();
        run(registry_.stop(std::chrono::seconds(10)));
        world_.let_go();
        EXPECT_EQ(world_.count("overlaps"), 0);
        EXPECT_EQ(world_.count("poll_overlaps"), 0);
    }

    World world_;
    plugins::Registry registry_;
    Poller::Options options_;
    asio::thread_pool threads_{1};
    std::unique_ptr<Poller> poller_;
};

TEST_F(PollerTest, RoundsFollowEachOtherAndNeverOverlap) {
    start("plain");
    world_.wait_for_count("polls", 5);
    EXPECT_EQ(state(), "ready");
}

TEST_F(PollerTest, TheCursorMovesOnlyWhenWhatWasPolledIsDurable) {
    world_.hold_emits = true;
    start("cursor");
    world_.wait_for_emits(1);
    EXPECT_EQ(world_.values.count("channel/shop1:cursor"), 0U);
    EXPECT_EQ(world_.count("polls"), 1) << "the next round waits as well";
    world_.answer(plugins::EmitResult{"11", "22", false, false, ""});
    world_.wait_for_emits(2);
    EXPECT_EQ(world_.values.at("channel/shop1:cursor"), "1");
    EXPECT_EQ(world_.emitted[1].second.dedupe_key, "2");
}

TEST_F(PollerTest, ARoundThatEndsEarlyIsHeldUntilItsMessagesAreStored) {
    world_.hold_emits = true;
    start("early");
    world_.wait_for_emits(1);
    EXPECT_EQ(world_.count("polls"), 1);
    world_.answer(plugins::EmitResult{"11", "22", false, false, ""});
    world_.wait_for_count("polls", 2);
}

TEST_F(PollerTest, WhatCouldNotBeStoredIsAFailedRound) {
    world_.hold_emits = true;
    start("early");
    world_.answer(Error{Errc::unavailable, "the database is away"});
    world_.wait_for([](World& world) {
        return std::find(world.states.begin(), world.states.end(),
                         "shop1 degraded: scripted/shop1: poll: what it emitted could not be stored") !=
               world.states.end();
    });
}

TEST_F(PollerTest, AFailureIsShownAndTakenBackByTheNextGoodRound) {
    start("fails_once");
    world_.wait_for([](World& world) { return world.states.size() >= 3; });
    EXPECT_EQ(world_.states[1], "shop1 degraded: scripted/shop1: poll: the provider is down");
    EXPECT_EQ(world_.states[2], "shop1 ready");
    EXPECT_EQ(state(), "ready");
}

TEST_F(PollerTest, FailuresAreRepeatedAndToldOnce) {
    start("fails");
    world_.wait_for_count("polls", 4);
    EXPECT_EQ(state(), "degraded: scripted/shop1: poll: the provider is down");
    EXPECT_EQ(world_.states.size(), 2U) << "ready, then degraded";
}

TEST_F(PollerTest, AFailedAccountRestsUntilItIsConfiguredAnew) {
    start("failed_state");
    world_.wait_for_count("polls", 1);
    world_.wait_for([](World& world) { return world.states.size() >= 2; });
    EXPECT_EQ(state(), "failed: 401: token revoked");
    auto other = spec("plain");
    other.allow_cidrs = {"127.0.0.0/8"};
    ASSERT_TRUE(run(registry_.reconfigure(other)));
    world_.wait_for_count("polls", 3);
    EXPECT_EQ(state(), "ready");
}

TEST_F(PollerTest, WhoDoesNotOwnAnAccountDoesNotPollIt) {
    std::atomic<int> asked{0};
    std::atomic<bool> mine{false};
    options_.owns = [&](const plugins::AccountRef& account) {
        EXPECT_EQ(account.id, "shop1");
        ++asked;
        return mine.load();
    };
    start("plain");
    while (asked.load() < 3) std::this_thread::yield();
    EXPECT_EQ(world_.count("polls"), 0);
    mine = true;
    poller_->wake();
    world_.wait_for_count("polls", 1);
    stop();  // before `mine` goes
}

TEST_F(PollerTest, DisabledAccountsRestAndNewOnesAreFound) {
    run(registry_.start());
    begin();
    ASSERT_TRUE(run(registry_.add(spec("plain"))));
    poller_->wake();
    world_.wait_for_count("polls", 1);
    auto off = spec("plain");
    off.enabled = false;
    ASSERT_TRUE(run(registry_.reconfigure(off)));
    world_.wait_for_count("destroyed", 1);
    const double until_then = world_.count("polls");
    ASSERT_TRUE(run(registry_.reconfigure(spec("plain"))));
    world_.wait_for_count("polls", until_then + 2);
    ASSERT_TRUE(run(registry_.remove(Kind::channel, "shop1")));
}

TEST_F(PollerTest, StoppingDoesNotWaitForTheProvider) {
    start("hold");
    world_.wait_for_count("polls", 1);
    stop();
    run(registry_.stop(std::chrono::seconds(10)));
    EXPECT_EQ(world_.count("stopped"), 1);
    EXPECT_EQ(world_.count("polls"), 1);
}

TEST(DelayAfterRound, HonoursThePluginAndGrowsWithFailures) {
    const Poller::Options options;
    const auto after = [&](Result<milliseconds> round, int took, int failures, double jitter = 0.5) {
        return delay_after_round(round, milliseconds(took), failures, jitter, options).count();
    };
    EXPECT_EQ(after(milliseconds(5'000), 10, 0), 5'000);
    EXPECT_EQ(after(milliseconds(0), 10, 0), 240) << "a plugin that never waits does not spin";
    EXPECT_EQ(after(milliseconds(0), 50'000, 0), 0) << "a long poll that ended goes on at once";
    const Error down{Errc::unavailable, "down"};
    EXPECT_EQ(after(down, 0, 1), 1'000);
    EXPECT_EQ(after(down, 0, 4), 8'000);
    EXPECT_EQ(after(down, 0, 4, 1.0), 9'600);
    EXPECT_EQ(after(down, 0, 1'000'000), 60'000);
    Error limited{Errc::rate_limited, "429"};
    limited.retry_after = milliseconds(14'000);
    EXPECT_EQ(after(limited, 0, 9), 14'000);
}

}  // namespace
}  // namespace usher::inbound
