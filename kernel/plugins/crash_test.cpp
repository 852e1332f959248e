// What no process survives: these plugins run isolated only. What the operator reads, and that the kernel, other
// libraries and other accounts go on.
#include <gtest/gtest.h>

#include <linux/landlock.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

#include "foundation/describe.hpp"
#include "plugins/instance_fixture.hpp"
#include "plugins/registry.hpp"

namespace usher::plugins::test {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
constexpr char kSegfault[] = "ended with exit status 1";  // the sanitizer takes the signal
#elif defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
constexpr char kSegfault[] = "ended with exit status 66";
#else
constexpr bool kSanitized = false;
constexpr char kSegfault[] = "was killed by signal 11 (SIGSEGV)";
#endif

class IsolatedPlugin : public ScriptedPlugin {
protected:
    std::shared_ptr<Instance> neighbour() {
        auto plain = create("{}", Kind::channel, "plain", "plain").value();
        EXPECT_TRUE(run(plain->start(Role::owner)));
        return plain;
    }
};

TEST_P(IsolatedPlugin, ACrashEndsItsOperationsAndNothingElse) {
    auto plain = neighbour();
    const std::pair<const char*, std::string> ways[] = {{"segfault", kSegfault},
                                                        {"abort", "was killed by signal 6 (SIGABRT)"},
                                                        {"exit", "ended with exit status 3"},
                                                        {"throw_on_a_thread", "was killed by signal 6 (SIGABRT)"},
                                                        {"leak", "was killed by signal 6 (SIGABRT)"}};
    for (const auto& [how, end] : ways) {
        if (kSanitized && std::string(how) == "leak") continue;  // without a limit it would take the machine's memory
        auto plugin = start(R"({"send":")" + std::string(how) + "\"}");
        const SendResult result = run(plugin->send(text(how)));
        EXPECT_EQ(result.code, Errc::plugin_lost) << how;
        EXPECT_EQ(result.error, "scripted/shop1: send: its process " + end);
        world_.wait_for([&, &end = end](World& world) {
            return !world.states.empty() && world.states.back() == "lost failed: its process " + end + " (busy)";
        });
        const SendResult after = run(plugin->send(text("8")));
        EXPECT_EQ(after.code, Errc::unavailable) << "nothing was begun";
        EXPECT_EQ(after.error, "scripted/shop1: send: its process " + end);
        EXPECT_EQ(hook(plugin, "/plain-ok").status, 503U) << "the provider comes again";
        EXPECT_TRUE(run(plain->send(text("9"))).ok) << "another library";
    }
}

TEST_P(IsolatedPlugin, ACrashInCreateOrStartIsTold) {
    const auto made = create(R"({"create":"abort"})");
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Errc::plugin_lost);
    EXPECT_EQ(made.error().message, "scripted/shop1: create: its process was killed by signal 6 (SIGABRT)");
    auto plugin = create(R"({"start":"exit"})").value();
    EXPECT_EQ(run(plugin->start(Role::owner)).error().message,
              "scripted/shop1: start: its process ended with exit status 3");
    auto leaves = start(R"({"destroy":"abort"})");
    run(leaves->destroy());
    EXPECT_TRUE(run(start()->send(text("7"))).ok);
}

TEST_P(IsolatedPlugin, OneThatIsKilledFromOutsideIsTold) {
    auto plugin = start();
    ASSERT_GT(plugin->pid(), 1);
    ::kill(plugin->pid(), SIGKILL);
    world_.wait_for([](World& world) {
        return !world.states.empty() &&
               world.states.back() == "lost failed: its process was killed by signal 9 (SIGKILL)";
    });
    EXPECT_EQ(plugin->pid(), 0);
}

TEST_P(IsolatedPlugin, OneThatHoldsItsThreadIsNotWaitedForLongerThanItsDeadline) {
    helper_options_.ping = helper_options_.slack = std::chrono::milliseconds(5);
    deadlines_.stop = std::chrono::milliseconds(5);
    auto plugin = start(R"({"send":"block"})");
    Message message = text("7");
    message.timeout_ms = 1;
    const SendResult result = run(plugin->send(message));
    EXPECT_EQ(result.code, Errc::unknown_outcome);
    EXPECT_TRUE(result.error == "scripted/shop1: send: no answer in time" ||
                result.error == "scripted/shop1: send: its process was killed: it did not answer 3 pings")
        << result.error;
}

TEST_P(IsolatedPlugin, AProcessThatNoLongerAnswersIsKilled) {
    helper_options_.ping = std::chrono::milliseconds(20);
    deadlines_.stop = std::chrono::milliseconds(5);
    std::vector<std::thread> callers;
    std::vector<std::string> errors(4);
    for (std::size_t i = 0; i < errors.size(); ++i) ASSERT_TRUE(create("{}"));
    for (std::size_t i = 0; i < errors.size(); ++i) {
        // Every thread of the helper is held.
        callers.emplace_back(
            [&, i] { errors[i] = run(instances_[i]->reload(R"({"reload":"block"})")).error().message; });
    }
    for (auto& caller : callers) caller.join();
    for (const auto& error : errors)
        EXPECT_EQ(error, "scripted/shop1: reload: its process was killed: it did not answer 3 pings");
}

TEST_P(IsolatedPlugin, AThreadThatCallsTheHostAfterDestroyReachesNobody) {
    auto plain = neighbour();
    auto plugin = start(R"({"destroy":"calls_the_host"})");
    run(plugin->destroy());
    EXPECT_TRUE(run(plain->send(text("7"))).ok);
    EXPECT_TRUE(run(start()->send(text("8"))).ok);
}

TEST_P(IsolatedPlugin, AMessageThatCrashesItThreeTimesIsGivenUp) {
    for (int i = 1; i <= 3; ++i) {
        auto plugin = start();
        Message poison = text("7");
        poison.text = "poison";
        const SendResult result = run(plugin->send(poison));
        EXPECT_EQ(result.code, i < 3 ? Errc::plugin_lost : Errc::internal) << i;
        if (i < 3) continue;
        EXPECT_EQ(result.reason_code, "crashes_plugin");
        EXPECT_EQ(result.reason_text, "The channel failed three times while it sent this message.");
        EXPECT_EQ(result.error, "scripted/shop1: send: its process " + std::string(kSegfault) +
                                    "; given up: its process ended so three times while it sent this message");
    }
    EXPECT_EQ(suspects_->take_explained(), 3);
    EXPECT_TRUE(run(start()->send(text("8"))).ok);
}

TEST_P(IsolatedPlugin, AWebhookThatCrashesItThreeTimesIsRefusedFromThenOn) {
    for (int i = 1; i <= 3; ++i) {
        auto plugin = start();
        EXPECT_EQ(hook(plugin, "/emit", "poison").status, i < 3 ? 503U : 400U) << i;
    }
    auto plugin = start();
    const HttpResponse answer = hook(plugin, "/emit", "poison");
    EXPECT_EQ(answer.status, 400U) << "and it never reaches the plugin again";
    EXPECT_EQ(answer.body, R"({"error":{"code":"crashes_plugin","message":"The channel cannot read this request."}})");
    EXPECT_EQ(hook(plugin, "/emit", "k1").status, 202U);
}

TEST_P(IsolatedPlugin, ItCannotGetOutOfItsProcess) {
    ::setenv("USHER_SECRET_OF_THE_TEST", "s3cret", 1);
    const bool landlock = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1;
    auto plugin = start();
    const std::string tried = hook(plugin, "/escape", std::to_string(::getpid())).body;
    const std::string files = landlock ? "read refused; write refused; " : tried.substr(0, tried.find("kill"));
    EXPECT_EQ(tried, files + "kill refused; ptrace refused; environment refused; files refused; ");
    ::unsetenv("USHER_SECRET_OF_THE_TEST");
}

INSTANTIATE_TEST_SUITE_P(Carriers, IsolatedPlugin, testing::Values(Carrier::isolated), carrier_name);

// ---- what the registry does about it --------------------------------------------------------------------------------

class LostProcesses : public testing::TestWithParam<config::Isolation> {
protected:
    LostProcesses() : registry_(options(), world_.sinks()) {
        const auto loaded = registry_.load_library(module_path("scripted"), GetParam());
        EXPECT_TRUE(loaded) << loaded.error().message;
        run(registry_.start());
    }
    static Registry::Options options() {
        Registry::Options out;
        out.public_url = "https://chat.test";
        out.helpers.back_off = std::chrono::milliseconds(1);
        return out;
    }
    void TearDown() override { run(registry_.stop(std::chrono::seconds(10))); }
    void add(const std::string& id, std::string_view config = "{}") {
        InstanceSpec spec;
        spec.ref = {.id = id, .channel = "scripted"};
        spec.name = id;
        spec.config = parse_json(config).value().as_object();
        const auto added = run(registry_.add(spec));
        ASSERT_TRUE(added) << added.error().message;
    }
    SendResult send(const std::string& id, const std::string& message, const std::string& text = "hi") {
        Message out;
        out.id = message;
        out.text = text;
        return run(registry_.account(id)->send(out));
    }
    std::size_t seen(World& world, const std::string& state) {
        return static_cast<std::size_t>(std::count(world.states.begin(), world.states.end(), state));
    }
    void wait_for_state(const std::string& state, std::size_t times) {
        world_.wait_for([&](World& world) { return seen(world, state) >= times; });
    }

    World world_;
    Registry registry_;
};

TEST_P(LostProcesses, AnInstanceStartsAgainAndSaysSo) {
    add("shop1");
    const int before = registry_.status(Kind::channel, "shop1")->pid;
    ASSERT_GT(before, 1);
    ::kill(before, SIGKILL);
    wait_for_state("shop1 degraded: its process was killed by signal 9 (SIGKILL); it starts again in 1 ms", 1);
    wait_for_state("shop1 ready", 2);
    const auto status = *registry_.status(Kind::channel, "shop1");
    EXPECT_EQ(status.state, State::ready);
    EXPECT_EQ(status.restarts, 1);
    EXPECT_NE(status.pid, before);
    EXPECT_TRUE(send("shop1", "7").ok);
}

TEST_P(LostProcesses, TheOneThatWasBusyComesBackAlone) {
    add("shop1");
    add("shop2");
    EXPECT_EQ(send("shop1", "7", "poison").code, Errc::plugin_lost);
    wait_for_state("shop1 ready", 2);
    if (GetParam() == config::Isolation::process) wait_for_state("shop2 ready", 2);
    EXPECT_NE(registry_.status(Kind::channel, "shop1")->pid, registry_.status(Kind::channel, "shop2")->pid);
    EXPECT_TRUE(send("shop2", "8").ok);
    EXPECT_EQ(send("shop1", "9", "poison").code, Errc::plugin_lost);
    wait_for_state("shop1 ready", 3);
    EXPECT_EQ(registry_.status(Kind::channel, "shop2")->restarts, GetParam() == config::Isolation::process ? 1 : 0);
}

TEST_P(LostProcesses, AMessageThatCrashesItFailsAfterThreeTriesAndTheRestFlow) {
    add("shop1");
    for (std::size_t i = 1; i <= 3; ++i) {
        const SendResult result = send("shop1", "7", "poison");
        EXPECT_EQ(result.code, i < 3 ? Errc::plugin_lost : Errc::internal);
        wait_for_state("shop1 ready", i + 1);
        EXPECT_TRUE(send("shop1", "other " + std::to_string(i)).ok);
    }
    EXPECT_EQ(registry_.status(Kind::channel, "shop1")->state, State::ready) << "the message was at fault";
}

TEST_P(LostProcesses, OneThatKeepsCrashingIsDisabledAndTheOthersGoOn) {
    add("shop2");
    add("shop1", R"({"start":"abort"})");
    const std::string disabled =
        "shop1 failed: its process was killed by signal 6 (SIGABRT); disabled after 3 crashes within an hour: change "
        "it, or disable and enable it, to try again";
    wait_for_state(disabled, 1);
    EXPECT_EQ(registry_.status(Kind::channel, "shop1")->last_error, disabled.substr(14));
    EXPECT_EQ(send("shop1", "7").code, Errc::unavailable);
    world_.wait_for([&](World& world) { return seen(world, "shop2 ready") >= 1; });
    InstanceSpec spec = *registry_.spec(Kind::channel, "shop1");
    spec.config = {};
    // The last try to start it may still be letting go of it.
    Result<void> changed = run(registry_.reconfigure(spec));
    while (!changed && changed.error().reason == "being_changed") changed = run(registry_.reconfigure(spec));
    ASSERT_TRUE(changed) << "an operator gives it another chance: " << changed.error().message;
    EXPECT_TRUE(send("shop1", "8").ok);
}

INSTANTIATE_TEST_SUITE_P(Isolations, LostProcesses,
                         testing::Values(config::Isolation::process, config::Isolation::process_per_account),
                         [](const auto& one) { return std::string(enum_name(one.param)); });

}  // namespace
}  // namespace usher::plugins::test
