#pragma once
/// From callbacks to coroutines: waits for one call of a function that anybody may call, from any thread, once or
/// never.
#include <atomic>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>

#include "foundation/async.hpp"

namespace usher::plugins {

namespace detail {

template <class T, class Handler>
struct Waiting : std::enable_shared_from_this<Waiting<T, Handler>> {
    using Executor = asio::associated_executor_t<Handler>;
    explicit Waiting(Handler h)
        : handler(std::move(h)),
          slot(asio::get_associated_cancellation_slot(handler)),
          work(asio::make_work_guard(asio::get_associated_executor(handler))) {}
    Handler handler;
    asio::cancellation_slot slot;
    asio::executor_work_guard<Executor> work;
    std::atomic<bool> delivered{false};

    void deliver(T value) {
        if (delivered.exchange(true)) return;
        asio::post(work.get_executor(), [self = this->shared_from_this(), value = std::move(value)]() mutable {
            if (self->slot.is_connected()) self->slot.clear();
            self->work.reset();
            Handler last = std::move(self->handler);
            std::move(last)(std::move(value));
        });
    }
};

}  // namespace detail

/// Runs `start` with the callback; resumes on the caller's executor with what the callback was given first. A cancelled
/// caller gets `when_cancelled` at once; what comes later is dropped. Give both as variables: GCC 12 spoils aggregates
/// that are made inside a co_await expression.
template <class T>
Task<T> await_callback(std::function<void(std::function<void(T)>)> start, T when_cancelled) {
    auto initiate = [&start, &when_cancelled](auto handler) {
        using Handler = decltype(handler);
        auto waiting = std::make_shared<detail::Waiting<T, Handler>>(std::move(handler));
        if (waiting->slot.is_connected()) {
            waiting->slot.assign([weak = std::weak_ptr(waiting), when_cancelled](asio::cancellation_type) {
                if (auto alive = weak.lock()) alive->deliver(when_cancelled);
            });
        }
        start([waiting](T value) { waiting->deliver(std::move(value)); });
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(T)>(initiate, asio::use_awaitable);
}

}  // namespace usher::plugins
