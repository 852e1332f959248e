#include "foundation/async.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace usher {
namespace {

using namespace std::chrono_literals;

TEST(TaskScope, StopCancelsWhatRunsAndRefusesMore) {
    asio::io_context context;
    TaskScope scope(context.get_executor());
    bool cancelled = false;
    scope.spawn("sleeper", [&]() -> Task<void> { cancelled = !(co_await sleep_for(1h)); });
    scope.spawn("thrower", []() -> Task<void> {
        co_await sleep_for(0s);
        throw std::runtime_error("seen in the log");
    });
    bool stopped = false;
    asio::co_spawn(
        context,
        [&]() -> Task<void> {
            co_await sleep_for(1ms);
            co_await scope.stop();
            stopped = true;
        },
        asio::detached);
    context.run();
    EXPECT_TRUE(cancelled);
    EXPECT_TRUE(stopped);
    EXPECT_EQ(scope.running(), 0u);
    EXPECT_FALSE(scope.spawn("late", []() -> Task<void> { co_return; }));
}

TEST(TaskScope, NeverRunsATaskWithinSpawn) {
    asio::io_context context;
    TaskScope scope(context.get_executor());
    std::mutex mutex;
    bool ran = false;
    const auto task = [&]() -> Task<void> {
        const std::lock_guard lock(mutex);  // what the spawner holds
        ran = true;
        co_return;
    };
    const auto spawner = [&]() -> Task<void> {
        const std::lock_guard lock(mutex);
        scope.spawn("task", task);
        EXPECT_FALSE(ran);
        co_return;
    };
    asio::co_spawn(context, spawner(), asio::detached);
    context.run();
    EXPECT_TRUE(ran);
}

TEST(Signal, ASetBeforeTheWaitCounts) {
    asio::io_context context;
    Signal signal;
    signal.set();
    std::vector<bool> seen;
    asio::co_spawn(
        context,
        [&]() -> Task<void> {
            seen.push_back(co_await signal.wait(1h));
            seen.push_back(co_await signal.wait(1ms));
            asio::steady_timer later(context, 1ms);
            later.async_wait([&](auto) { signal.set(); });
            seen.push_back(co_await signal.wait(1h));
        },
        asio::detached);
    context.run();
    EXPECT_EQ(seen, (std::vector<bool>{true, false, true}));
}

}  // namespace
}  // namespace usher
