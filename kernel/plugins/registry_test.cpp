#include "plugins/registry.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "foundation/describe.hpp"
#include "plugins/test_support.hpp"

namespace usher::plugins::test {
namespace {

class RegistryTest : public testing::TestWithParam<config::Isolation> {
protected:
    RegistryTest()
        : registry_({.public_url = "https://chat.test", .threads = 4, .drain_deadline = std::chrono::milliseconds(50)},
                    world_.sinks()) {}
    void TearDown() override {
        world_.let_go();
        run(registry_.stop(std::chrono::seconds(10)));
        world_.let_go();
    }
    void load_scripted() {
        const auto loaded = registry_.load_library(module_path("scripted"), GetParam());
        ASSERT_TRUE(loaded) << loaded.error().message;
    }
    static InstanceSpec spec(const std::string& id, std::string_view config = "{}", Kind kind = Kind::channel,
                             const std::string& plugin = "scripted") {
        InstanceSpec out;
        out.ref = {.id = id, .channel = plugin, .kind = kind};
        out.name = id;
        out.config = parse_json(config).value().as_object();
        return out;
    }
    static config::Loaded yaml(const std::string& text) {
        auto result = config::load_text(text, "usher.yaml",
                                        {[](const std::string& name) -> std::optional<std::string> {
                                             if (name == "PORT") return "9000";
                                             return std::nullopt;
                                         },
                                         config::Surroundings::system().read_file});
        for (const auto& fault : result.faults) ADD_FAILURE() << to_string(fault);
        return std::move(result.loaded);
    }
    std::vector<std::string> faults(const config::Loaded& loaded) {
        std::vector<std::string> out;
        for (const auto& fault : registry_.load(loaded)) out.push_back(to_string(fault));
        return out;
    }
    static std::string text_of(const std::optional<InstanceStatus>& status) {
        if (!status) return "(none)";
        return std::string(enum_name(status->state)) + (status->last_error.empty() ? "" : ": " + status->last_error);
    }
    std::string plugins_line() const {
        return "plugin_dirs: [" + std::string(USHER_TEST_PLUGINS) +
               "]\nplugins: [{library: usher-test-scripted.so, isolation: " + std::string(enum_name(GetParam())) +
               "}]\n";
    }

    World world_;
    Registry registry_;
};

Message hello() {
    Message out;
    out.id = "7";
    return out;
}

TEST_P(RegistryTest, StartsWithoutAnyPlugin) {
    EXPECT_TRUE(faults(yaml("plugin_dirs: [/nonexistent]\n")).empty());
    run(registry_.start());
    EXPECT_TRUE(registry_.plugins().empty());
    EXPECT_EQ(registry_.account("website"), nullptr);
    EXPECT_EQ(registry_.strategy("round_robin"), nullptr);
}

TEST_P(RegistryTest, AccountsAreStartedAndFound) {
    load_scripted();
    ASSERT_TRUE(run(registry_.add(spec("shop1"))));
    EXPECT_EQ(text_of(registry_.status(Kind::channel, "shop1")), "stopped");
    run(registry_.start());
    EXPECT_EQ(text_of(registry_.status(Kind::channel, "shop1")), "ready");
    EXPECT_TRUE(run(registry_.account("shop1")->send(hello())).ok);
    ASSERT_TRUE(run(registry_.add(spec("shop2")))) << "at run time it starts at once";
    EXPECT_EQ(text_of(registry_.status(Kind::channel, "shop2")), "ready");
    EXPECT_EQ(registry_.webhook_url("shop2"), "https://chat.test/channels/shop2");
    EXPECT_EQ(registry_.retry("shop2").delays_s, std::vector<int>{7}) << "the plugin's default";
    EXPECT_EQ(world_.states, (std::vector<std::string>{"shop1 ready", "shop2 ready"}));
}

TEST_P(RegistryTest, RefusesWhatIsWrongWithAnAccount) {
    load_scripted();
    EXPECT_EQ(run(registry_.add(spec("shop1", "{}", Kind::channel, "scriptde"))).error().message,
              "no channel plugin with this id is loaded; did you mean scripted?");
    EXPECT_EQ(run(registry_.add(spec("Shop"))).error().message, "/id: expected [a-z0-9-]{1,40}");
    const auto wrong = run(registry_.add(spec("shop1", R"({"prot": 1, "port": 0})")));
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, Errc::validation);
    ASSERT_EQ(wrong.error().details.size(), 2U);
    EXPECT_EQ(wrong.error().details[0].path, "/prot");
    ASSERT_TRUE(run(registry_.add(spec("shop1"))));
    const auto twice = run(registry_.add(spec("shop1")));
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().code, Errc::conflict);
    EXPECT_EQ(twice.error().message, "There is already an account \"shop1\".");
    EXPECT_EQ(run(registry_.remove(Kind::channel, "shop9")).error().code, Errc::not_found);
}

TEST_P(RegistryTest, AnAccountThatDoesNotStartIsFailedAndTheOthersGoOn) {
    load_scripted();
    run(registry_.start());
    EXPECT_TRUE(run(registry_.add(spec("a", R"({"start":"refuse"})"))));
    EXPECT_TRUE(run(registry_.add(spec("b", R"({"create":"refuse"})"))));
    EXPECT_TRUE(run(registry_.add(spec("c", R"({"start":"degraded"})"))));
    EXPECT_EQ(text_of(registry_.status(Kind::channel, "a")), "failed: scripted/a: start: the token was revoked");
    EXPECT_EQ(text_of(registry_.status(Kind::channel, "b")), "failed: the secret is too short");
    EXPECT_EQ(text_of(registry_.status(Kind::channel, "c")), "degraded: the webhook is not registered");
    EXPECT_EQ(registry_.account("b"), nullptr);
    EXPECT_TRUE(run(registry_.account("c")->send(hello())).ok);
    EXPECT_EQ(run(registry_.account("a")->send(hello())).code, Errc::unavailable);
}

TEST_P(RegistryTest, ANewConfigurationIsReloadedInPlace) {
    load_scripted();
    run(registry_.start());
    ASSERT_TRUE(run(registry_.add(spec("shop1"))));
    auto before = registry_.account("shop1");
    ASSERT_TRUE(run(registry_.reconfigure(spec("shop1", R"({"send":"limited"})"))));
    EXPECT_EQ(registry_.account("shop1"), before);
    EXPECT_EQ(world_.count("reloaded"), 1);
    EXPECT_EQ(run(before->send(hello())).code, Errc::rate_limited);
    const auto refused = run(registry_.reconfigure(spec("shop1", R"({"reload":"refuse"})")));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::validation);
    EXPECT_EQ(run(registry_.account("shop1")->send(hello())).code, Errc::rate_limited) << "the old one goes on";
    EXPECT_EQ(registry_.spec(Kind::channel, "shop1")->config.at("send"), "limited");
}

TEST_P(RegistryTest, WithoutReloadANewInstanceTakesOver) {
    load_scripted();
    run(registry_.start());
    ASSERT_TRUE(run(registry_.add(spec("shop1", R"({"reload":"absent"})"))));
    auto before = registry_.account("shop1");
    const auto refused = run(registry_.reconfigure(spec("shop1", R"({"reload":"absent","create":"refuse"})")));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "scripted/shop1: create: the secret is too short");
    EXPECT_EQ(registry_.account("shop1"), before) << "the old one goes on";
    EXPECT_EQ(text_of(registry_.status(Kind::channel, "shop1")), "ready");
    ASSERT_TRUE(run(registry_.reconfigure(spec("shop1", R"({"reload":"absent","send":"limited"})"))));
    EXPECT_NE(registry_.account("shop1"), before);
    EXPECT_EQ(run(registry_.account("shop1")->send(hello())).code, Errc::rate_limited);
    EXPECT_EQ(run(before->send(hello())).code, Errc::unavailable);
    EXPECT_EQ(text_of(registry_.status(Kind::channel, "shop1")), "ready")
        << "the old one's end says nothing of the new";
    EXPECT_EQ(world_.count("destroyed"), 1);
}

TEST_P(RegistryTest, AnExclusiveAccountIsNeverThereTwice) {
    load_scripted();
    run(registry_.start());
    ASSERT_TRUE(run(registry_.add(spec("shop1", R"({"reload":"absent"})", Kind::channel, "exclusive"))));
    ASSERT_TRUE(
        run(registry_.reconfigure(spec("shop1", R"({"reload":"absent","port":1})", Kind::channel, "exclusive"))));
    EXPECT_EQ(world_.states, (std::vector<std::string>{"shop1 ready", "shop1 stopped", "shop1 ready"}));
}

TEST_P(RegistryTest, AnAccountCanBeTurnedOffAndOnAndRemoved) {
    load_scripted();
    run(registry_.start());
    ASSERT_TRUE(run(registry_.add(spec("shop1"))));
    InstanceSpec off = spec("shop1");
    off.enabled = false;
    ASSERT_TRUE(run(registry_.reconfigure(off)));
    EXPECT_EQ(registry_.account("shop1"), nullptr);
    EXPECT_EQ(text_of(registry_.status(Kind::channel, "shop1")), "stopped");
    ASSERT_TRUE(run(registry_.reconfigure(spec("shop1"))));
    EXPECT_TRUE(run(registry_.account("shop1")->send(hello())).ok);
    ASSERT_TRUE(run(registry_.remove(Kind::channel, "shop1")));
    EXPECT_FALSE(registry_.status(Kind::channel, "shop1"));
    EXPECT_EQ(world_.count("destroyed"), 2);
    EXPECT_EQ(world_.count("stopped"), 2) << "stopped before it is destroyed";
}

TEST_P(RegistryTest, ATrialLeavesNothingBehind) {
    load_scripted();
    EXPECT_TRUE(run(registry_.try_out(spec("new"))));
    EXPECT_EQ(run(registry_.try_out(spec("new", R"({"start":"refuse"})"))).error().message,
              "scripted/new: start: the token was revoked");
    EXPECT_EQ(run(registry_.try_out(spec("new", R"({"create":"refuse"})"))).error().message, "the secret is too short");
    EXPECT_FALSE(registry_.status(Kind::channel, "new"));
    EXPECT_TRUE(world_.states.empty());
    EXPECT_EQ(world_.count("started_owner"), 0) << "a trial takes no session from the account that has it";
    EXPECT_EQ(world_.count("created"), world_.count("destroyed"));
}

TEST_P(RegistryTest, SecretsAreNotReturnedAndKept) {
    load_scripted();
    const json::value stored = parse_json(R"({"token": "t", "port": 5})").value();
    std::vector<std::string> secrets;
    EXPECT_EQ(registry_.redact(Kind::channel, "scripted", stored, &secrets), parse_json(R"({"port": 5})").value());
    EXPECT_EQ(secrets, std::vector<std::string>{"/token"});
    EXPECT_EQ(
        registry_.keep_secrets(Kind::channel, "scripted", parse_json(R"({"port": 6})").value(), stored).at("token"),
        "t");
    EXPECT_EQ(registry_.redact(Kind::channel, "unknown", stored), json::object{}) << "nobody knows what is secret";
    EXPECT_EQ(registry_.check_config(Kind::channel, "scripted", json::object{}).value().at("port"), 25);
}

TEST_P(RegistryTest, EmitForFindsTheAccountBehindAnother) {
    load_scripted();
    run(registry_.start());
    ASSERT_TRUE(run(registry_.add(spec("main"))));
    ASSERT_TRUE(run(registry_.add(spec("number-2", R"({"via":"main","routing_keys":["4711"]})"))));
    ASSERT_TRUE(run(registry_.add(spec("stranger", R"({"via":"other","routing_keys":["4712"]})"))));
    HttpRequest request;
    request.path = "/emit-for";
    request.query = "4711";
    EXPECT_EQ(run(registry_.account("main")->webhook(request)).status, 200U);
    EXPECT_EQ(world_.emitted.at(0).first.id, "number-2");
    request.query = "4712";
    EXPECT_EQ(run(registry_.account("main")->webhook(request)).body, "emit_for -3 ");
}

TEST_P(RegistryTest, YamlIsCheckedAgainstThePluginsSchemaAtItsPlace) {
    const auto loaded = yaml(plugins_line() + R"(accounts:
  - id: shop1
    channel: scripted
    config:
      prot: 25
      port: 70000
  - id: shop2
    channel: scriptd
strategies:
  - id: fair
    plugin: nothing-like-it
exporters:
  - id: out
    plugin: scripted_exporter
)");
    EXPECT_EQ(
        faults(loaded),
        (std::vector<std::string>{
            "usher.yaml:7:7: accounts[0].config.prot: unknown key; known here are create, start, send, reload, stop, "
            "destroy, webhook, choose, respond, poll, via, routing_keys, port, token",
            "usher.yaml:8:13: accounts[0].config.port: expected a number from 1 to 65535",
            "usher.yaml:10:14: accounts[1].channel: no channel plugin with this id is loaded; did you mean scripted?",
            "usher.yaml:13:13: strategies[0].plugin: no strategy plugin with this id is loaded; loaded are "
            "scripted_strategy",
            "usher.yaml:15:5: exporters[0].config: folder is missing"}));
}

TEST_P(RegistryTest, LibrariesThatCannotBeLoadedAreNamedAtTheirLine) {
    const auto loaded = yaml("plugin_dirs: [" + std::string(USHER_TEST_PLUGINS) + R"(]
plugins:
  - library: usher-nowhere.so
  - library: usher-test-bad-minor.so
  - library: usher-test-bad-major.so
    isolation: process
)");
    const auto found = faults(loaded);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0],
              "usher.yaml:3:14: plugins[0].library: no such library; looked in " + std::string(USHER_TEST_PLUGINS));
    EXPECT_TRUE(found[1].starts_with("usher.yaml:4:14: plugins[1].library: ")) << found[1];
    EXPECT_NE(found[1].find("is built for plugin ABI 0.2"), std::string::npos) << found[1];
    EXPECT_EQ(found[2], "usher.yaml:5:14: plugins[2].library: " + module_path("bad-major") +
                            ": is built for plugin ABI 1; this Usher knows 0.1");
}

TEST_P(RegistryTest, SpecsComeFromYamlAndFromWhatNeedsNoConfiguration) {
    const auto loaded = yaml(plugins_line() + R"(accounts:
  - id: shop1
    name: Shop
    channel: scripted
    config: {port: "${PORT}"}
    egress: {allow_cidrs: [10.0.0.0/8]}
)");
    ASSERT_TRUE(faults(loaded).empty());
    const auto specs = registry_.specs_of(loaded);
    ASSERT_EQ(specs.size(), 3U) << "the exporter exports nothing unasked";
    EXPECT_EQ(specs[0].name, "Shop");
    EXPECT_EQ(specs[0].config.at("port"), 9000) << "a substitution becomes what the schema wants";
    EXPECT_EQ(specs[0].source, "usher.yaml:4:5");
    EXPECT_EQ(specs[1].ref.kind, Kind::strategy);
    EXPECT_EQ(specs[1].ref.id, "scripted_strategy");
    EXPECT_EQ(specs[2].ref.kind, Kind::responder);
    for (const auto& one : specs) ASSERT_TRUE(run(registry_.add(one)));
    run(registry_.start());
    RouteRequest route;
    route.agents = {{"5", "{}", 0, 0, 0}};
    EXPECT_EQ(run(registry_.strategy("scripted_strategy")->choose(route)).value(), "5");
    EXPECT_EQ(registry_.all(Kind::responder).size(), 1U);
}

TEST_P(RegistryTest, StopEndsEverythingAndRefusesMore) {
    load_scripted();
    run(registry_.start());
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(run(registry_.add(spec("shop" + std::to_string(i)))));
    run(registry_.stop(std::chrono::seconds(10)));
    EXPECT_EQ(world_.count("stopped"), 5);
    EXPECT_EQ(world_.count("destroyed"), 5);
    EXPECT_EQ(run(registry_.add(spec("late"))).error().code, Errc::unavailable);
    EXPECT_EQ(registry_.account("shop1"), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Carriers, RegistryTest,
                         testing::Values(config::Isolation::in_process, config::Isolation::process,
                                         config::Isolation::process_per_account),
                         [](const auto& one) { return std::string(enum_name(one.param)); });

}  // namespace
}  // namespace usher::plugins::test
