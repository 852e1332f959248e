#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <usher/fake_instance.hpp>

using namespace usher::sdk;

namespace {

struct Manual : testing::Test {
    FakeHost host;
    FakeInstance strategy{host, usher_plugin_entry_v0, "manual"};
    std::string choose(std::vector<Agent> agents) {
        const auto chosen = strategy.choose({.agents = std::move(agents)});
        return chosen ? *chosen : "refused: " + chosen.failure().error;
    }
    void TearDown() override { EXPECT_THAT(host.violations(), testing::IsEmpty()); }
};

}  // namespace

TEST_F(Manual, PicksNobodyHoweverIdleTheyAre) {
    EXPECT_EQ(choose({{.id = "1", .open_count = 0, .open_limit = 10}, {.id = "2", .open_limit = 10}}), "");
    EXPECT_EQ(choose({}), "");
}
