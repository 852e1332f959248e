#include "config/load.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "config/json_schema.hpp"

namespace usher::config {
namespace {

Surroundings surroundings(std::map<std::string, std::string> environment,
                          std::map<std::string, std::string> files = {}) {
    Surroundings out;
    out.environment = [environment](const std::string& name) -> std::optional<std::string> {
        auto found = environment.find(name);
        if (found == environment.end()) return std::nullopt;
        return found->second;
    };
    out.read_file = [files](const std::filesystem::path& path) -> Result<std::string> {
        auto found = files.find(path.string());
        if (found == files.end())
            return invalid("the file " + path.string() + " cannot be read: No such file or directory");
        return found->second;
    };
    return out;
}

/// Real YAML files, and secret files that are there.
Surroundings surroundings_with_files(std::map<std::string, std::string> environment) {
    Surroundings out = surroundings(std::move(environment));
    out.read_file = [](const std::filesystem::path& path) -> Result<std::string> {
        if (path.extension() == ".secret") return std::string("k1:from-a-file");
        return Surroundings::system().read_file(path);
    };
    return out;
}

TEST(Yaml, ReadsScalarsByTheCoreSchema) {
    const Document d = parse_yaml(
        "a: 1\nb: -2.5\nc: true\nd: 'true'\ne: ~\nf: yes\ng: 12:30\nh: +821012345678\ni: 0x1f\nj: 1e3\nk: !!str 7\nl: "
        "1.2.3\n",
        "x.yaml");
    ASSERT_TRUE(d.faults.empty());
    const json::value expected = {{"a", 1},       {"b", -2.5},   {"c", true},    {"d", "true"},
                                  {"e", nullptr}, {"f", "yes"},  {"g", "12:30"}, {"h", 821012345678},
                                  {"i", 31},      {"j", 1000.0}, {"k", "7"},     {"l", "1.2.3"}};
    EXPECT_EQ(d.value, expected) << write_json(d.value);
}

TEST(Yaml, WhatIsNotUtf8IsRefusedAtItsLineAndNotRepeated) {
    const Document d = parse_yaml("log: {level: info}\n--\xcd\xf5: x\n", "x.yaml");
    ASSERT_EQ(d.faults.size(), 1u);
    EXPECT_EQ(to_string(d.faults[0]), "x.yaml:2:1: expected UTF-8 text without NUL");
    EXPECT_EQ(to_string(parse_yaml(std::string_view("l\0\0\0", 4), "x.yaml").faults.at(0)),
              "x.yaml:1:1: expected UTF-8 text without NUL");
}

TEST(Yaml, KnowsWhereEveryValueAndKeyStands) {
    const Document d = parse_yaml("accounts:\n  - id: shop\n    config:\n      inbound: {secret: x}\n", "x.yaml");
    EXPECT_EQ(to_string(d.sources.value_at("/accounts/0/config/inbound/secret")), "x.yaml:4:25");
    EXPECT_EQ(to_string(d.sources.key_at("/accounts/0/config/inbound/secret")), "x.yaml:4:17");
    EXPECT_EQ(to_string(d.sources.value_at("/accounts/0/config/outbound/url")), "x.yaml:4:7")
        << "the nearest around it";
    const SourceMap part = d.sources.below("/accounts/0/config");
    EXPECT_EQ(to_string(part.key_at("/inbound")), "x.yaml:4:7");
    EXPECT_EQ(to_string(part.value_at("")), "x.yaml:4:7");
}

TEST(Substitution, TakesVariablesDefaultsAndFiles) {
    const auto around =
        surroundings({{"HOST", "db"}, {"EMPTY", ""}}, {{"/etc/usher/key", "s3cret\n"}, {"/run/abs", "x"}});
    const Document d = parse_yaml(
        "a: ${HOST}\nb: 'x${HOST}y${HOST}'\nc: ${NONE:-preset}\nd: ${EMPTY:-preset}\ne: ${EMPTY}\n"
        "f: ${file:key}\ng: ${file:/run/abs}\nh: 5$$ ${HOST}\ni: $HOST\n",
        "/etc/usher/usher.yaml", around);
    ASSERT_TRUE(d.faults.empty()) << to_string(d.faults[0]);
    const json::value expected = {{"a", "db"},     {"b", "xdbydb"}, {"c", "preset"}, {"d", "preset"}, {"e", ""},
                                  {"f", "s3cret"}, {"g", "x"},      {"h", "5$ db"},  {"i", "$HOST"}};
    EXPECT_EQ(d.value, expected) << write_json(d.value);
    EXPECT_TRUE(d.substituted.contains("/f"));
    EXPECT_FALSE(d.substituted.contains("/i"));
}

TEST(Substitution, IsNeverReadAsYaml) {
    const Document d = parse_yaml("a: ${X}\n", "x.yaml", surroundings({{"X", "{b: [1]}"}}));
    EXPECT_EQ(d.value.at("a"), "{b: [1]}");
}

TEST(Substitution, BecomesWhatTheSchemaWants) {
    const LoadResult result = load_text(
        "listeners: {workspace: {port: \"${PORT}\"}}\naccounts:\n  - {id: \"${ID}\", channel: open, enabled: "
        "\"${ON}\"}\n",
        "x.yaml", surroundings({{"PORT", "9000"}, {"ID", "4711"}, {"ON", "false"}}));
    ASSERT_TRUE(result.faults.empty()) << to_string(result.faults[0]);
    EXPECT_EQ(result.loaded.settings.listeners.workspace.port, 9000);
    EXPECT_EQ(result.loaded.settings.accounts[0].id, "4711");
    EXPECT_FALSE(result.loaded.settings.accounts[0].enabled);
}

TEST(Load, KeepsAPluginsConfigAsItIs) {
    const LoadResult result = load_text(
        "accounts:\n  - id: shop\n    channel: open\n    config: {secrets: [a, b], deep: {camelCase: 1}, none: ~}\n",
        "x.yaml");
    ASSERT_TRUE(result.faults.empty());
    EXPECT_EQ(json::value(result.loaded.settings.accounts[0].config),
              parse_json(R"({"secrets": ["a", "b"], "deep": {"camelCase": 1}, "none": null})").value());
}

TEST(Load, AKeyWithoutAValueKeepsTheDefault) {
    const LoadResult result = load_text("accounts:\n  # none yet\nlog:\n  level:\n", "x.yaml");
    EXPECT_TRUE(result.faults.empty());
    EXPECT_EQ(result.loaded.settings.log.level, LogLevel::info);
}

TEST(Overlay, MergesMappingsAddsToListsAndReplacesScalars) {
    const auto around =
        surroundings({}, {{"a.yaml", "log: {level: info, format: json}\naccounts:\n  - {id: a, channel: x}\n"},
                          {"b.yaml", "log: {level: debug}\naccounts:\n  - {id: b, channel: x}\n"}});
    const LoadResult result = load_files({"a.yaml", "b.yaml"}, around);
    ASSERT_TRUE(result.faults.empty()) << to_string(result.faults[0]);
    const Settings& s = result.loaded.settings;
    EXPECT_EQ(s.log.level, LogLevel::debug);
    EXPECT_EQ(s.log.format, LogFormat::json);
    ASSERT_EQ(s.accounts.size(), 2U);
    EXPECT_EQ(to_string(result.loaded.sources.value_at("/accounts/1/id")), "b.yaml:3:10");
    EXPECT_EQ(to_string(result.loaded.sources.value_at("/log/format")), "a.yaml:1:28");
    EXPECT_EQ(to_string(result.loaded.sources.value_at("/log/level")), "b.yaml:1:14");
}

TEST(Overlay, NamesBothFilesOfADuplicateId) {
    const auto around = surroundings(
        {}, {{"a.yaml", "accounts: [{id: a, channel: x}]\n"}, {"b.yaml", "accounts: [{id: a, channel: x}]\n"}});
    const LoadResult result = load_files({"a.yaml", "b.yaml"}, around);
    ASSERT_EQ(result.faults.size(), 1U);
    EXPECT_EQ(to_string(result.faults[0]),
              "b.yaml:1:17: accounts[1].id: an account has this id already, at a.yaml:1:17");
}

TEST(Load, SaysWhichFileCannotBeRead) {
    auto loaded = load({"/nonexistent/usher.yaml"});
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().message,
              "/nonexistent/usher.yaml: the file /nonexistent/usher.yaml cannot be read: No such file or directory");
}

TEST(Load, ReportsEveryFaultInTheOrderOfTheFile) {
    const LoadResult result = load_text("zebra: 1\nlog: {level: loud}\napple: 2\n", "x.yaml");
    ASSERT_EQ(result.faults.size(), 3U);
    EXPECT_EQ(result.faults[0].location.line, 1);
    EXPECT_EQ(result.faults[1].location.line, 2);
    EXPECT_EQ(result.faults[2].location.line, 3);
}

// ---- the files in config/

TEST(ShippedFiles, TheDefaultSaysWhatHoldsWithoutIt) {
    const LoadResult result = load_files({USHER_CONFIG_FOLDER "/usher.yaml"}, surroundings_with_files({}));
    ASSERT_TRUE(result.faults.empty()) << to_string(result.faults[0]);
    EXPECT_EQ(write_json(to_json(result.loaded.settings)), write_json(to_json(Settings{})));
}

TEST(ShippedFiles, TheDefaultNamesEveryKey) {
    std::ifstream file(USHER_CONFIG_FOLDER "/usher.yaml");
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    const auto expect_named = [&](const auto& self, const json::object& schema) -> void {
        const json::value* items = schema.if_contains("items");
        if (items) self(self, items->as_object());
        const json::value* properties = schema.if_contains("properties");
        if (!properties) return;
        for (const auto& property : properties->as_object()) {
            EXPECT_NE(text.find(std::string(property.key()) + ":"), std::string::npos) << property.key();
            self(self, property.value().as_object());
        }
    };
    expect_named(expect_named, settings_schema());
}

TEST(ShippedFiles, TheExamplesAreValid) {
    const std::string folder = USHER_CONFIG_FOLDER;
    const auto around =
        surroundings_with_files({{"DB_PASSWORD", "p"}, {"SHOP1_SECRET_NEW", "k2:new"}, {"SHOP1_SECRET_OLD", "k1:old"}});
    const LoadResult two = load_files({folder + "/usher.yaml", folder + "/examples/livechat-and-open.yaml"}, around);
    ASSERT_TRUE(two.faults.empty()) << to_string(two.faults[0]);
    ASSERT_EQ(two.loaded.settings.accounts.size(), 2U);
    EXPECT_EQ(two.loaded.settings.accounts[1].config.at("inbound").at("secrets").at(0),
              "k1:a-demo-secret-that-everybody-knows");
    int examples = 0;
    for (const auto& example : std::filesystem::directory_iterator(folder + "/examples")) {
        const LoadResult result = load_files({folder + "/usher.yaml", example.path()}, around);
        for (const auto& fault : result.faults) ADD_FAILURE() << to_string(fault);
        ++examples;
    }
    EXPECT_EQ(examples, 5);
}

/// Every plugin folder's schema can be drawn, and a channel's example.yaml is valid by it.
TEST(ShippedFiles, EveryPluginsSchemaAndEveryChannelsExampleAreValid) {
    Surroundings around = surroundings({});
    around.environment = [](const std::string&) { return std::string("k1:0123456789abcdef0123456789abcdef"); };
    around.read_file = Surroundings::system().read_file;
    int schemas = 0;
    for (const char* kind : {"channels", "strategies", "responders", "exporters"}) {
        for (const auto& folder :
             std::filesystem::directory_iterator(std::string(USHER_CONFIG_FOLDER "/../plugins/") + kind)) {
            auto text = around.read_file(folder.path() / "schema.json");
            if (!text) continue;
            const auto schema = parse_json(*text);
            ASSERT_TRUE(schema) << folder.path() << ": " << schema.error().message;
            for (const auto& fault : check_schema(*schema))
                ADD_FAILURE() << folder.path() << " " << fault.path << ": " << fault.message;
            ++schemas;
            if (std::string_view(kind) != "channels") continue;
            const LoadResult example = load_files({folder.path() / "example.yaml"}, around);
            for (const auto& fault : example.faults) ADD_FAILURE() << to_string(fault);
            for (const auto& account : example.loaded.settings.accounts) {
                for (const auto& fault : validate(schema->as_object(), account.config)) {
                    ADD_FAILURE() << folder.path() << "/example.yaml " << fault.path << ": " << fault.message;
                }
            }
        }
    }
    EXPECT_GE(schemas, 7);
}

}  // namespace
}  // namespace usher::config
