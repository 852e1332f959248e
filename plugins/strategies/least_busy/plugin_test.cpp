#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <usher/fake_instance.hpp>

using namespace usher::sdk;

namespace {

struct LeastBusy : testing::Test {
    FakeHost host;
    FakeInstance strategy{host, usher_plugin_entry_v0, "least_busy"};
    std::string choose(std::vector<Agent> agents) {
        const auto chosen = strategy.choose({.agents = std::move(agents)});
        return chosen ? *chosen : "refused: " + chosen.failure().error;
    }
    void TearDown() override { EXPECT_THAT(host.violations(), testing::IsEmpty()); }
};

}  // namespace

TEST_F(LeastBusy, PicksTheSmallestShareOfCapacityNotTheSmallestCount) {
    EXPECT_EQ(choose({{.id = "1", .open_count = 2, .open_limit = 4}, {.id = "2", .open_count = 3, .open_limit = 10}}),
              "2");
}

TEST_F(LeastBusy, BreaksTiesByWhoWaitedLongest) {
    EXPECT_EQ(choose({{.id = "1", .open_count = 1, .open_limit = 2, .last_assigned_unix_us = 200},
                      {.id = "2", .open_count = 2, .open_limit = 4, .last_assigned_unix_us = 100}}),
              "2");
}

TEST_F(LeastBusy, BreaksTheLastTiesByTheSmallerId) {
    EXPECT_EQ(choose({{.id = "10", .open_limit = 3}, {.id = "9", .open_limit = 5}}), "9");
}

TEST_F(LeastBusy, MeasuresAnUnlimitedAgentByTheWidestLimitOfTheOthers) {
    const Agent unlimited{.id = "1", .open_count = 4, .open_limit = 0};
    EXPECT_EQ(choose({unlimited, {.id = "2", .open_count = 5, .open_limit = 10}}), "1");
    EXPECT_EQ(choose({unlimited, {.id = "2", .open_count = 3, .open_limit = 10}}), "2");
}

TEST_F(LeastBusy, ComparesCountsWhereNobodyHasALimit) {
    EXPECT_EQ(choose({{.id = "1", .open_count = 5}, {.id = "2", .open_count = 4}}), "2");
}

TEST_F(LeastBusy, DoesNotOverflowOnTheLargestNumbers) {
    EXPECT_EQ(choose({{.id = "1", .open_count = UINT32_MAX, .open_limit = UINT32_MAX},
                      {.id = "2", .open_count = UINT32_MAX - 1, .open_limit = UINT32_MAX}}),
              "2");
}

TEST_F(LeastBusy, PicksNobodyWhereThereIsNobody) {
    EXPECT_EQ(choose({}), "");
}
