// The kernel's side of the border: operations, their ends, threads and life.
#include <gtest/gtest.h>

#include <thread>

#include "plugins/instance_fixture.hpp"

namespace usher::plugins::test {
namespace {

TEST_P(ScriptedPlugin, SendAnswersWithTheRemoteIds) {
    auto plugin = start();
    const SendResult result = run(plugin->send(text("7")));
    EXPECT_TRUE(result.ok);
    EXPECT_EQ(result.remote_ids, std::vector<std::string>{"remote-7"});
    EXPECT_EQ(world_.count("started_owner"), 1);
}

TEST_P(ScriptedPlugin, ASecondCompletionIsIgnoredAndCounted) {
    auto plugin = start(R"({"send":"twice"})");
    const SendResult result = run(plugin->send(text("7")));
    EXPECT_TRUE(result.ok) << "the first one counts";
    world_.wait_for_count("plugin_late_completions_total", 1);
    EXPECT_TRUE(run(plugin->send(text("8"))).ok) << "and the instance goes on";
}

TEST_P(ScriptedPlugin, MayFinishFromAnotherThread) {
    auto plugin = start(R"({"send":"thread"})");
    EXPECT_EQ(run(plugin->send(text("7"))).remote_ids, std::vector<std::string>{"remote-7"});
}

TEST_P(ScriptedPlugin, WhatItSaysOfAFailureArrivesWhole) {
    auto plugin = start(R"({"send":"limited"})");
    const SendResult result = run(plugin->send(text("7")));
    EXPECT_FALSE(result.ok);
    EXPECT_EQ(result.code, Errc::rate_limited);
    EXPECT_EQ(result.scope, Scope::account);
    EXPECT_EQ(result.retry_after, std::chrono::milliseconds(1500));
    EXPECT_EQ(result.reason_code, "too_fast");
    EXPECT_EQ(result.reason_text, "The provider asks us to slow down.");
    EXPECT_EQ(result.error, "scripted/shop1: send: 429");
}

TEST_P(ScriptedPlugin, ARefusedBeginIsAnAnswer) {
    auto plugin = start(R"({"send":"refuse"})");
    const SendResult result = run(plugin->send(text("7")));
    EXPECT_EQ(result.code, Errc::unsupported);
    EXPECT_EQ(result.error, "scripted/shop1: send: the plugin did not begin it");
}

TEST_P(ScriptedPlugin, ASendWithoutAnAnswerIsOfUnknownOutcome) {
    auto plugin = start(R"({"send":"never"})");
    Message message = text("7");
    message.timeout_ms = 1;
    const SendResult result = run(plugin->send(message));
    EXPECT_EQ(result.code, Errc::unknown_outcome);
    EXPECT_EQ(result.error, "scripted/shop1: send: no answer in 1 ms");
}

TEST_P(ScriptedPlugin, AMalformedResultOfASendIsOfUnknownOutcome) {
    auto plugin = start(R"({"send":"malformed"})");
    const SendResult result = run(plugin->send(text("7")));
    EXPECT_EQ(result.code, Errc::unknown_outcome);
    EXPECT_EQ(result.error, "scripted/shop1: send: the plugin's result is malformed: fields is not UTF-8");
}

TEST_P(ScriptedPlugin, ThePluginsOwnInternalErrorPromisesThatNothingWasSent) {
    auto plugin = start(R"({"send":"internal"})");
    EXPECT_EQ(run(plugin->send(text("7"))).code, Errc::internal);
}

TEST_P(ScriptedPlugin, AShorterResultLacksItsLastMembers) {
    auto plugin = start(R"({"send":"short"})");
    const SendResult result = run(plugin->send(text("7")));
    EXPECT_TRUE(result.ok);
    EXPECT_TRUE(result.remote_ids.empty());
}

TEST_P(ScriptedPlugin, NothingIsCalledBeforeStartOrAfterStop) {
    auto plugin = create("{}").value();
    EXPECT_EQ(run(plugin->send(text("7"))).error, "scripted/shop1: send: the instance is not running");
    EXPECT_EQ(hook(plugin, "/plain-ok").status, 503U);
    ASSERT_TRUE(run(plugin->start(Role::edge)));
    EXPECT_EQ(world_.count("started_edge"), 1);
    EXPECT_TRUE(run(plugin->send(text("7"))).ok);
    ASSERT_TRUE(run(plugin->stop()));
    EXPECT_EQ(run(plugin->send(text("8"))).code, Errc::unavailable);
    ASSERT_TRUE(run(plugin->start(Role::owner))) << "again, in another role";
    EXPECT_TRUE(run(plugin->send(text("9"))).ok);
}

TEST_P(ScriptedPlugin, ARefusedStartSaysWhy) {
    auto plugin = create(R"({"start":"refuse"})").value();
    const auto started = run(plugin->start(Role::owner));
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, Errc::unauthorized);
    EXPECT_EQ(started.error().message, "scripted/shop1: start: the token was revoked");
}

TEST_P(ScriptedPlugin, AStartWithoutAnEndTimesOut) {
    deadlines_.start = std::chrono::milliseconds(1);
    auto plugin = create(R"({"start":"never"})").value();
    EXPECT_EQ(run(plugin->start(Role::owner)).error().message, "scripted/shop1: start: no answer in 1 ms");
}

TEST_P(ScriptedPlugin, ARefusedCreateSaysWhatThePluginSaid) {
    const auto made = create(R"({"create":"refuse"})");
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().message, "scripted/shop1: create: the secret is too short");
    const auto empty = create(R"({"create":"nothing"})");
    ASSERT_FALSE(empty);
    EXPECT_EQ(empty.error().message, "scripted/shop1: create: it said USHER_OK and gave no instance");
}

TEST_P(ScriptedPlugin, ReloadTakesOrRefusesANewConfiguration) {
    auto plugin = start();
    EXPECT_TRUE(run(plugin->reload(R"({"send":"limited"})")));
    EXPECT_EQ(run(plugin->send(text("7"))).code, Errc::rate_limited);
    const auto refused = run(plugin->reload(R"({"reload":"refuse"})"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "scripted/shop1: reload: the plugin refused its configuration");
    EXPECT_EQ(run(plugin->send(text("8"))).code, Errc::rate_limited) << "the old one goes on";
}

TEST_P(ScriptedPlugin, AtMost64OperationsAreInFlight) {
    auto plugin = start(R"({"send":"never"})");
    asio::io_context context;
    std::vector<SendResult> ended;
    for (int i = 0; i < 65; ++i) {
        Message message = text(std::to_string(i));
        asio::co_spawn(context, plugin->send(std::move(message)), [&](std::exception_ptr, SendResult result) {
            ended.push_back(std::move(result));
            if (ended.size() == 1) plugin->destroy_soon();  // lets the others go
        });
    }
    context.run();
    ASSERT_EQ(ended.size(), 65U);
    EXPECT_EQ(ended[0].code, Errc::unavailable);
    EXPECT_EQ(ended[0].error, "scripted/shop1: send: 64 operations are in flight");
    for (std::size_t i = 1; i < ended.size(); ++i) EXPECT_EQ(ended[i].code, Errc::unknown_outcome);
}

TEST_P(ScriptedPlugin, DestroyCancelsWhatItWaitsForBeforeItIsGone) {
    auto plugin = start();
    world_.hold_emits = true;
    EXPECT_EQ(hook(plugin, "/pending").status, 404U);
    world_.wait_for_emits(1);
    world_.wait_for_hanging(1);
    run(plugin->destroy());
    EXPECT_EQ(world_.count("cancelled"), 3) << "a timer, a kv_get and an emit";
    EXPECT_EQ(world_.count("destroyed"), 1);
    world_.let_go();  // their late ends reach nobody
    EXPECT_EQ(run(plugin->send(text("7"))).code, Errc::unavailable);
    run(plugin->destroy());
    EXPECT_EQ(world_.count("destroyed"), 1) << "once";
}

TEST_P(ScriptedPlugin, DestroyEndsPendingSendsAsUnknown) {
    auto plugin = start(R"({"send":"never"})");
    asio::io_context context;
    SendResult result;
    asio::co_spawn(context, plugin->send(text("7")),
                   [&](std::exception_ptr, SendResult ended) { result = std::move(ended); });
    asio::co_spawn(context, plugin->destroy(), [](std::exception_ptr) {});
    context.run();
    // Where destroy overtook the send, it never began.
    EXPECT_TRUE(result.code == Errc::unknown_outcome || result.code == Errc::unavailable);
}

TEST_P(ScriptedPlugin, WhatItFinishesInDestroyCounts) {
    auto plugin = start(R"({"send":"at_destroy"})");
    asio::io_context context;
    SendResult result;
    asio::co_spawn(context, plugin->send(text("7")),
                   [&](std::exception_ptr, SendResult ended) { result = std::move(ended); });
    context.poll();  // the send is on the strand now, before the destroy
    asio::co_spawn(context, plugin->destroy(), [](std::exception_ptr) {});
    context.run();
    EXPECT_EQ(result.code, Errc::cancelled);
    EXPECT_EQ(world_.count("plugin_late_completions_total"), 0);
}

TEST_P(ScriptedPlugin, OneInstanceIsNeverOnTwoThreads) {
    auto plugin = start();
    std::vector<std::thread> callers;
    for (int t = 0; t < 8; ++t) {
        callers.emplace_back([&] {
            for (int i = 0; i < 50; ++i) {
                (void)run(plugin->send(text("x")));
                (void)hook(plugin, "/emit-and-wait", "k");
                (void)hook(plugin, "/post");
                plugin->visitor_closed("s");
            }
        });
    }
    for (auto& caller : callers) caller.join();
    world_.wait_for_count("visitor_closed", 400);
    EXPECT_EQ(world_.count("overlaps"), 0);
}

TEST_P(ScriptedPlugin, ABeginThatHoldsItsThreadIsCounted) {
    deadlines_.slow_begin = std::chrono::milliseconds(0);  // everything is slow
    auto plugin = start();
    EXPECT_GE(world_.count("plugin_slow_begins_total"), 2) << "create and start";
}

TEST_P(ScriptedPlugin, VisitorsAreAdmittedOrRefused) {
    auto plugin = start();
    ASSERT_TRUE(plugin->offers().visitors);
    const VisitorAdmission in = run(plugin->visitor_accept("s1", request("/socket")));
    ASSERT_TRUE(in.admitted);
    EXPECT_EQ(in.scope.contact, "visitor-1");
    EXPECT_EQ(in.scope.after, "c9");
    const VisitorAdmission refused = run(plugin->visitor_accept("s2", request("/socket", "refuse")));
    EXPECT_FALSE(refused.admitted);
    EXPECT_EQ(refused.refusal.status, 403U);
    EXPECT_EQ(refused.refusal.body, "no");
    EXPECT_EQ(run(plugin->visitor_accept("s3", request("/socket", "refuse-plain"))).refusal.status, 401U);
    const VisitorAdmission nobody = run(plugin->visitor_accept("s4", request("/socket", "nobody")));
    EXPECT_FALSE(nobody.admitted) << "without contact and thread_key it would see everything";
    EXPECT_EQ(nobody.refusal.status, 500U);
    EXPECT_TRUE(run(plugin->visitor_frame("s1", R"({"type":"typing"})")));
    EXPECT_EQ(world_.pushed, std::vector<std::string>{R"(s1 {"type":"typing"})"});
    EXPECT_EQ(run(plugin->visitor_frame("gone", "{}")).error().code, Errc::not_found);
}

TEST_P(ScriptedPlugin, AStrategyChoosesAmongTheCandidatesOnly) {
    auto plugin = start("{}", Kind::strategy, "scripted_strategy");
    RouteRequest route;
    route.agents = {{"1", "{}", 3, 5, 0}, {"2", "{}", 1, 5, 0}};
    EXPECT_EQ(run(plugin->choose(route)).value(), "2");
    EXPECT_EQ(run(plugin->choose({})).value(), "");
    auto stranger = start(R"({"choose":"stranger"})", Kind::strategy, "scripted_strategy");
    EXPECT_EQ(run(stranger->choose(route)).error().message,
              "scripted_strategy/shop1: choose: it chose somebody who is no candidate");
    EXPECT_EQ(run(plugin->send(text("7"))).code, Errc::unsupported);
}

TEST_P(ScriptedPlugin, RespondersAndExportersAnswer) {
    auto responder = start("{}", Kind::responder, "scripted_responder");
    EXPECT_EQ(run(responder->respond("{}")).value(), R"([{"type":"note","text":"2"}])");
    auto exporter = start(R"({"folder":"/tmp"})", Kind::exporter, "scripted_exporter");
    EXPECT_TRUE(run(exporter->export_batch("{}\n")));
    EXPECT_EQ(run(exporter->export_batch("")).error().code, Errc::invalid);
    EXPECT_EQ(run(exporter->respond("{}")).error().message, "scripted_exporter/shop1: respond: this is no responder");
}

TEST_P(ScriptedPlugin, APluginInPlainCWorks) {
    auto made = create("{}", Kind::channel, "plain", "plain");
    ASSERT_TRUE(made) << made.error().message;
    ASSERT_TRUE(run((*made)->start(Role::owner)));
    EXPECT_EQ(run((*made)->send(text("7"))).remote_ids, std::vector<std::string>{"echo-7"});
    EXPECT_EQ((*made)->offers().webhook, false);
    EXPECT_EQ(run((*made)->webhook(request("/"))).status, 404U);
    EXPECT_EQ(run((*made)->poll()).error().message, "plain/shop1: poll: the plugin has no poll");
}

INSTANTIATE_TEST_SUITE_P(Carriers, ScriptedPlugin, testing::Values(Carrier::in_process, Carrier::isolated),
                         carrier_name);

}  // namespace
}  // namespace usher::plugins::test
