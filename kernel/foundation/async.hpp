#pragma once
/// Coroutines as everything here uses them, and the scope that ends what it started.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "foundation/error.hpp"

namespace usher {

namespace asio = boost::asio;

template <class T>
using Task = asio::awaitable<T>;

/// Owns background coroutines: last member of what they use, so that it is destroyed first. `stop` cancels them,
/// refuses new ones and calls `done` when the last has ended; the destructor requires that it was stopped or that its
/// executor no longer runs. An exception out of a task is logged with the task's name; it never vanishes. Thread-safe.
class TaskScope final {
public:
    explicit TaskScope(asio::any_io_executor executor);
    ~TaskScope();
    TaskScope(const TaskScope&) = delete;
    TaskScope& operator=(const TaskScope&) = delete;

    /// Starts `task` on the scope's executor, never within this call. False once stopped.
    bool spawn(std::string name, std::function<Task<void>()> task);
    Task<void> stop();
    std::size_t running() const;
    asio::any_io_executor executor() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

/// Suspends for `delay`; ends early (false) when cancelled.
Task<bool> sleep_for(std::chrono::steady_clock::duration delay);

/// A signal that coroutines of any thread wait for: set() wakes all that wait; wait() returns at once while set, and
/// clears it. A lost wake-up is impossible: a set() before wait() counts. Thread-safe.
class Signal final {
public:
    Signal();
    ~Signal();
    void set();
    /// True: set; false: `timeout` passed or cancelled. One waiter at a time.
    Task<bool> wait(std::chrono::steady_clock::duration timeout);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace usher
