#include "config/settings.hpp"

#include <gtest/gtest.h>

#include "config/json_schema.hpp"
#include "config/load.hpp"

namespace usher::config {
namespace {

void expect_described(const json::object& schema, const std::string& path) {
    if (const json::value* items = schema.if_contains("items")) expect_described(items->as_object(), path + "[]");
    const json::value* properties = schema.if_contains("properties");
    if (!properties) return;
    for (const auto& property : properties->as_object()) {
        const std::string below = path + "." + std::string(property.key().data(), property.key().size());
        EXPECT_TRUE(property.value().as_object().contains("description")) << below << " has no description";
        expect_described(property.value().as_object(), below);
    }
}

TEST(SettingsSchema, DescribesEveryKey) {
    expect_described(settings_schema(), "");
}

TEST(SettingsSchema, AcceptsItsOwnDefaults) {
    const json::value defaults = apply_defaults(settings_schema(), json::object{});
    EXPECT_EQ(validate(settings_schema(), defaults), std::vector<SchemaFault>{});
    EXPECT_EQ(defaults.at("listeners").at("public").at("port"), 8081);
    EXPECT_FALSE(defaults.as_object().contains("secret_key"));
}

TEST(SettingsSchema, IsDrawableButForWhatPluginsFillIn) {
    for (const auto& fault : check_schema(settings_schema())) {
        EXPECT_TRUE(fault.path.ends_with("/config")) << fault.path << ": " << fault.message;
    }
}

TEST(Settings, AnEmptyFileIsValid) {
    const LoadResult result = load_text("# nothing\n", "empty.yaml");
    ASSERT_TRUE(result.faults.empty()) << to_string(result.faults[0]);
    EXPECT_EQ(result.loaded.settings.listeners.workspace.port, 8080);
    EXPECT_EQ(result.loaded.settings.settings.undo_window_seconds, 5);
    EXPECT_FALSE(result.loaded.settings.plugins);
}

TEST(Settings, SecretsAreNeverWritten) {
    Settings settings;
    settings.secret_key.value = "hush";
    settings.store.url.value = "postgresql://password=hush";
    const std::string text = write_json(to_json(settings));
    EXPECT_EQ(text.find("hush"), std::string::npos) << text;
}

TEST(EffectiveRetry, TakesTheAccountsOverThePluginsOverTheKernels) {
    const json::object capabilities =
        parse_json(R"({"retry": {"delays_s": [1, 2], "breaker": {"failures": 3}, "give_up_s": 60}})")
            .value()
            .as_object();
    RetrySettings own;
    own.give_up_s = 30;
    const Retry retry = effective_retry(own, capabilities);
    EXPECT_EQ(retry.delays_s, (std::vector<int>{1, 2}));
    EXPECT_EQ(retry.breaker, (Breaker{3, 60}));
    EXPECT_EQ(retry.give_up_s, 30);
    EXPECT_EQ(retry.conversation_block_s, 120);
}

TEST(EffectiveRetry, IgnoresAPluginsWrongDefaults) {
    const json::object capabilities = parse_json(R"({"retry": {"delays_s": [-1]}})").value().as_object();
    EXPECT_EQ(effective_retry({}, capabilities), Retry{});
}

}  // namespace
}  // namespace usher::config
