// Plugins that misbehave as their configuration says: what the operator reads, and that the others go on.
#include <gtest/gtest.h>

#include <thread>

#include "plugins/instance_fixture.hpp"

namespace usher::plugins::test {
namespace {

/// By either carrier: what a process survives.
class HostilePlugin : public ScriptedPlugin {
protected:
    /// How one send ended that the plugin treats so.
    std::string sent(const std::string& how, Errc code = Errc::unknown_outcome) {
        auto plugin = start(R"({"send":")" + how + "\"}");
        const SendResult result = run(plugin->send(text("7")));
        EXPECT_FALSE(result.ok) << how;
        EXPECT_EQ(result.code, code) << how;
        goes_on();
        return result.error;
    }
    std::string refused(const std::string& how) {
        const auto made = create(R"({"create":")" + how + "\"}");
        goes_on();
        return made ? "(created)" : made.error().message;
    }
    /// Another instance of the same library.
    void goes_on() { EXPECT_TRUE(run(start()->send(text("8"))).ok); }
};

TEST_P(HostilePlugin, WhatItThrowsEndsAtTheBorder) {
    EXPECT_EQ(sent("throw"), "scripted/shop1: send: it threw an exception across the border: send went wrong");
    EXPECT_EQ(sent("throw_something"), "scripted/shop1: send: it threw something across the border");
    EXPECT_EQ(refused("throw"), "scripted/shop1: create: it threw an exception across the border: create went wrong");
    auto plugin = create(R"({"start":"throw"})").value();
    EXPECT_EQ(run(plugin->start(Role::owner)).error().message,
              "scripted/shop1: start: it threw an exception across the border: start went wrong");
    auto leaves = start(R"({"destroy":"throw"})");
    run(leaves->destroy());
    auto after = start(R"({"send":"throw_after"})");
    EXPECT_TRUE(run(after->send(text("7"))).ok) << "what it finished before counts";
    goes_on();
}

TEST_P(HostilePlugin, MalformedResultsAreNamed) {
    EXPECT_EQ(sent("null_result"), "scripted/shop1: send: the plugin completed without a result");
    EXPECT_EQ(sent("many_fields"),
              "scripted/shop1: send: the plugin's result is malformed: fields has more than 256 entries, or is NULL");
    EXPECT_EQ(sent("null_fields"),
              "scripted/shop1: send: the plugin's result is malformed: fields has more than 256 entries, or is NULL");
    EXPECT_EQ(sent("oversized"),
              "scripted/shop1: send: the plugin's result is malformed: fields is longer than 1048576 bytes");
    EXPECT_EQ(sent("unknown_status", Errc::internal), "scripted/shop1: send: USHER_E_INTERNAL");
    auto plugin = start(R"({"send":"zero_size"})");
    EXPECT_TRUE(run(plugin->send(text("7"))).ok) << "a result of no members says USHER_OK";
}

TEST_P(HostilePlugin, TablesThatLackWhatTheyMustHaveAreNamed) {
    EXPECT_EQ(refused("no_start"), "scripted/shop1: create: start, stop or destroy is NULL");
    EXPECT_EQ(refused("short"), "scripted/shop1: create: usher_instance is too short to hold destroy");
    EXPECT_EQ(refused("no_ops"), "scripted/shop1: create: ops is NULL: a channel has a table");
    EXPECT_EQ(refused("no_send"), "scripted/shop1: create: it has neither send nor usher.visitor/1");
}

TEST_P(HostilePlugin, WhatIsFinishedAndRefusedCountsAsFinished) {
    auto plugin = start(R"({"send":"refuse_and_finish"})");
    EXPECT_TRUE(run(plugin->send(text("7"))).ok);
    goes_on();
}

TEST_P(HostilePlugin, TenThreadsMayFinishOneOperation) {
    auto plugin = start(R"({"send":"ten_threads"})");
    EXPECT_TRUE(run(plugin->send(text("7"))).ok) << "the first one counts";
    world_.wait_for_count("plugin_late_completions_total", 9);
    goes_on();
}

TEST_P(HostilePlugin, CompletionsAfterStopAndAfterDestroyHurtNobody) {
    for (const char* how : {"after_stop", "after_destroy"}) {
        auto plugin = start(R"({"send":")" + std::string(how) + "\"}");
        Message message = text("7");
        message.timeout_ms = 1;
        EXPECT_EQ(run(plugin->send(message)).error, "scripted/shop1: send: no answer in 1 ms");
        EXPECT_TRUE(run(plugin->stop()));
        run(plugin->destroy());
        goes_on();
    }
    world_.wait_for_count("plugin_late_completions_total", 1);
}

TEST_P(HostilePlugin, AFloodOfLinesIsCutAndCounted) {
    auto plugin = start();
    EXPECT_EQ(hook(plugin, "/log-flood", "2000").status, 200U);
    EXPECT_GE(world_.count("plugin_log_lines_dropped_total"), 1000);
    goes_on();
}

TEST_P(HostilePlugin, NonsenseForTheHostIsRefusedOrIgnored) {
    auto plugin = start();
    EXPECT_EQ(hook(plugin, "/log-bad").status, 200U);
    EXPECT_EQ(hook(plugin, "/no-done").body, "-1-1") << "nobody could be told the end";
    EXPECT_EQ(plugin->state(), State::stopped) << "a state that does not exist changes nothing";
    goes_on();
}

TEST_P(HostilePlugin, AStopThatNeverEndsIsLeftBehind) {
    deadlines_.stop = std::chrono::milliseconds(1);
    auto plugin = start(R"({"stop":"never"})");
    EXPECT_EQ(run(plugin->stop()).error().message, "scripted/shop1: stop: no answer in 1 ms");
    deadlines_.stop = std::chrono::milliseconds(10'000);
    goes_on();
}

INSTANTIATE_TEST_SUITE_P(Carriers, HostilePlugin, testing::Values(Carrier::in_process, Carrier::isolated),
                         carrier_name);

}  // namespace
}  // namespace usher::plugins::test
