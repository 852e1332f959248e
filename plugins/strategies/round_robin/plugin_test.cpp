#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <usher/fake_instance.hpp>

using namespace usher::sdk;

namespace {

struct RoundRobin : testing::Test {
    FakeHost host;
    FakeInstance strategy{host, usher_plugin_entry_v0, "round_robin"};
    std::string choose(std::vector<Agent> agents) {
        const auto chosen = strategy.choose({.agents = std::move(agents)});
        return chosen ? *chosen : "refused: " + chosen.failure().error;
    }
    void TearDown() override { EXPECT_THAT(host.violations(), testing::IsEmpty()); }
};

}  // namespace

TEST_F(RoundRobin, PicksWhoWasAssignedLongestAgo) {
    EXPECT_EQ(choose({{.id = "1", .last_assigned_unix_us = 300},
                      {.id = "2", .last_assigned_unix_us = 100},
                      {.id = "3", .last_assigned_unix_us = 200}}),
              "2");
}

TEST_F(RoundRobin, PicksWhoWasNeverAssignedFirst) {
    EXPECT_EQ(choose({{.id = "1", .last_assigned_unix_us = 1}, {.id = "2"}}), "2");
}

TEST_F(RoundRobin, BreaksTiesByTheSmallerId) {
    EXPECT_EQ(choose({{.id = "10"}, {.id = "9"}, {.id = "11"}}), "9") << "ids are numbers: 9 is before 10";
}

TEST_F(RoundRobin, LooksAtTurnsAndNotAtLoad) {
    EXPECT_EQ(choose({{.id = "1", .open_count = 9, .open_limit = 10, .last_assigned_unix_us = 1},
                      {.id = "2", .open_count = 0, .open_limit = 10, .last_assigned_unix_us = 2}}),
              "1");
}

TEST_F(RoundRobin, GoesAllTheWayRound) {
    std::vector<Agent> agents = {{.id = "1"}, {.id = "2"}, {.id = "3"}};
    std::string order;
    for (std::int64_t turn = 1; turn <= 6; ++turn) {
        const std::string chosen = choose(agents);
        order += chosen;
        for (Agent& agent : agents)
            if (agent.id == chosen) agent.last_assigned_unix_us = turn;
    }
    EXPECT_EQ(order, "123123");
}

TEST_F(RoundRobin, PicksNobodyWhereThereIsNobody) {
    EXPECT_EQ(choose({}), "");
}
