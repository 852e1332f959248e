#pragma once
/// Runs blocking disk work on the server's file thread; the coroutine goes on where it was. Internal to this folder.
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>

#include "foundation/async.hpp"

namespace usher::http {

/// `work` takes nothing, throws nothing, and answers a value.
template <class F>
auto offload(asio::thread_pool& pool, F work) -> Task<std::invoke_result_t<F&>> {
    using T = std::invoke_result_t<F&>;
    auto start = [&pool](auto handler, F todo) {
        auto guard = asio::make_work_guard(asio::get_associated_executor(handler));
        asio::post(pool, [handler = std::move(handler), guard = std::move(guard), todo = std::move(todo)]() mutable {
            T result = todo();
            auto executor = guard.get_executor();
            asio::post(executor, [handler = std::move(handler), result = std::move(result)]() mutable {
                std::move(handler)(std::move(result));
            });
        });
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(T)>(
        std::move(start), asio::use_awaitable, std::move(work));
}

}  // namespace usher::http
