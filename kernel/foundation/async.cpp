#include "foundation/async.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <mutex>

#include "foundation/log.hpp"

namespace usher {

struct TaskScope::State {
    explicit State(asio::any_io_executor e) : executor(std::move(e)) {}
    asio::any_io_executor executor;
    mutable std::mutex mutex;
    std::list<asio::cancellation_signal> signals;
    bool stopped = false;
};

TaskScope::TaskScope(asio::any_io_executor executor) : state_(std::make_shared<State>(std::move(executor))) {}
TaskScope::~TaskScope() = default;

bool TaskScope::spawn(std::string name, std::function<Task<void>()> task) {
    auto state = state_;
    std::list<asio::cancellation_signal>::iterator mine;
    {
        const std::lock_guard lock(state->mutex);
        if (state->stopped) return false;
        mine = state->signals.emplace(state->signals.end());
    }
    auto finished = [state, mine, name = std::move(name)](std::exception_ptr failure) {
        if (failure) {
            try {
                std::rethrow_exception(failure);
            } catch (const boost::system::system_error& e) {
                if (e.code() != asio::error::operation_aborted) log::error("task", e.what(), {{"task", name}});
            } catch (const std::exception& e) {
                log::error("task", e.what(), {{"task", name}});
            }
        }
        const std::lock_guard lock(state->mutex);
        state->signals.erase(mine);
    };
    // The wrapper keeps the callable alive for as long as its coroutine runs, and begins on a turn of its own: a caller
    // that is on the executor and holds a lock would else run the task inside spawn().
    auto run = [](std::function<Task<void>()> body) -> Task<void> {
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        co_await body();
    };
    asio::co_spawn(state->executor, run(std::move(task)),
                   asio::bind_cancellation_slot(mine->slot(), std::move(finished)));
    return true;
}

Task<void> TaskScope::stop() {
    auto state = state_;
    {
        const std::lock_guard lock(state->mutex);
        state->stopped = true;
    }
    // Cancellation slots belong to the scope's executor: emit there.
    asio::post(state->executor, [state] {
        const std::lock_guard lock(state->mutex);
        for (auto& signal : state->signals) {
            asio::post(state->executor, [state, &signal] {
                std::unique_lock inner(state->mutex);
                for (auto& live : state->signals) {
                    if (&live == &signal) {
                        inner.unlock();
                        signal.emit(asio::cancellation_type::terminal);
                        return;
                    }
                }
            });
        }
    });
    while (running() != 0) {
        asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(2));
        co_await timer.async_wait(asio::use_awaitable);
    }
}

std::size_t TaskScope::running() const {
    const std::lock_guard lock(state_->mutex);
    return state_->signals.size();
}

asio::any_io_executor TaskScope::executor() const {
    return state_->executor;
}

Task<bool> sleep_for(std::chrono::steady_clock::duration delay) {
    asio::steady_timer timer(co_await asio::this_coro::executor, delay);
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
}

struct Signal::State {
    std::mutex mutex;
    bool set = false;
    std::shared_ptr<asio::steady_timer> waiter;  // touched on its own executor only, but for the pointer
};

Signal::Signal() : state_(std::make_shared<State>()) {}
Signal::~Signal() = default;

void Signal::set() {
    std::shared_ptr<asio::steady_timer> waiter;
    {
        const std::lock_guard lock(state_->mutex);
        state_->set = true;
        waiter = state_->waiter;
    }
    if (waiter) {
        asio::post(waiter->get_executor(), [waiter] { waiter->cancel(); });
    }
}

Task<bool> Signal::wait(std::chrono::steady_clock::duration timeout) {
    auto state = state_;
    auto timer = std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor, timeout);
    {
        const std::lock_guard lock(state->mutex);
        if (state->set) {
            state->set = false;
            co_return true;
        }
        state->waiter = timer;
    }
    boost::system::error_code ignored;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    const std::lock_guard lock(state->mutex);
    state->waiter.reset();
    const bool was = state->set;
    state->set = false;
    co_return was;
}

}  // namespace usher
