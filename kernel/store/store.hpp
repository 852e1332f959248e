#pragma once
/// The store: reads on a pool of threads, writes through one writer in group commits. Thread-safe; awaited from
/// coroutines of any executor, resumed on that executor; nothing here ever blocks the caller's thread.
///
/// A member of a batch is a value with its inputs, never references into a coroutine: it may run more than once (a
/// batch that fails is rolled back and retried in halves) and only its last result counts. It refuses (returns an
/// error) before its first write. Once its batch began it cannot be withdrawn, and a caller that is cancelled still
/// waits for the truth.
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "foundation/async.hpp"
#include "foundation/clock.hpp"
#include "model/event.hpp"
#include "store/session.hpp"

namespace usher::store {

struct Settings {
    std::string
        url;  // "sqlite:///var/lib/usher/usher.db" | "postgresql://host=... dbname=..." | "mysql://host=... db=..."
    int reader_threads = 4;
    int batch_limit = 512;
    int queue_limit = 20'000;  // beyond it a write (or a read) is answered Errc::unavailable at once
    std::chrono::milliseconds write_deadline{10'000};  // while the database is gone; then unavailable, retry_after set
    std::chrono::milliseconds read_deadline{5'000};    // of one read; then Errc::timeout
    std::int64_t slot = 1;                             // the stream that this node writes
};

/// What a member works with, on the writer's thread, inside the batch's transaction.
class Write {
public:
    virtual ~Write() = default;
    virtual Session& sql() = 0;
    virtual Time now() const = 0;                   // one time for the whole batch; never before an earlier batch's
    std::int64_t next_id() { return next_ids(1); }  // from a block reserved in a table
    virtual std::int64_t next_ids(std::int64_t count) = 0;  // the first of `count` consecutive ones
    virtual void append(Event event) = 0;                   // written with the batch, published after the commit
};

/// Applies many inputs of one kind as sets: about five statements a batch instead of seven an input. Lives as long as
/// the store. Inputs come in the order of arrival; results go back in the same order, one for each.
class SetApplier {
public:
    virtual ~SetApplier() = default;
    using Input = std::shared_ptr<const void>;
    using Output = std::shared_ptr<void>;
    virtual std::vector<Result<Output>> apply(Write& write, std::span<const Input> inputs) = 0;
};

namespace detail {

template <class T>
struct AsResultOf {
    using type = Result<T>;
};
template <class T>
struct AsResultOf<Result<T>> {
    using type = Result<T>;
};

template <class R, class F, class Argument>
R call(F& f, Argument& argument) {
    if constexpr (std::is_void_v<std::invoke_result_t<F&, Argument&>>) {
        f(argument);
        return R{};
    } else {
        return R(f(argument));
    }
}

}  // namespace detail

/// What `co_await store.read(f)` gives: f's T as Result<T>, a Result as it is.
template <class T>
using AsResult = typename detail::AsResultOf<T>::type;

class Store {
public:
    /// Opens, checks, migrates and takes a stream slot; blocks. Errors say what and where ("database is newer than this
    /// program").
    static Result<std::unique_ptr<Store>> open(Settings settings, Clock& clock);
    virtual ~Store() = default;

    /// `f(Session&)` returns T or Result<T>; runs in a read transaction on a reader thread, again after a lost
    /// connection.
    template <class F>
    auto read(F f) -> Task<AsResult<std::invoke_result_t<F&, Session&>>> {
        using R = AsResult<std::invoke_result_t<F&, Session&>>;
        auto state = std::make_shared<std::pair<F, std::optional<R>>>(std::move(f), std::nullopt);
        std::function<void(Session&)> run = [state](Session& sql) {
            state->second.emplace(detail::call<R>(state->first, sql));
        };
        const Result<void> done = co_await read_erased(std::move(run));
        if (!done) co_return R(done.error());
        co_return std::move(*state->second);
    }
    /// `f(Write&)` returns T or Result<T>. `source` groups members that come from one place (an account): after one of
    /// them failed alone, that source's members run in one-member batches for a minute.
    template <class F>
    auto write(F f, std::string source = {}) -> Task<AsResult<std::invoke_result_t<F&, Write&>>> {
        using R = AsResult<std::invoke_result_t<F&, Write&>>;
        auto state = std::make_shared<std::pair<F, std::optional<R>>>(std::move(f), std::nullopt);
        std::function<void(Write&)> run = [state](Write& write) {
            state->second.emplace(detail::call<R>(state->first, write));
        };
        const Result<void> done = co_await write_erased(std::move(run), std::move(source));
        if (!done) co_return R(done.error());
        co_return std::move(*state->second);
    }
    /// A member that is applied together with all others of its applier in the batch, before the single ones.
    template <class Out, class In>
    Task<Result<Out>> write_set(SetApplier& applier, In input, std::string source = {}) {
        SetApplier::Input shared = std::make_shared<const In>(std::move(input));
        Result<SetApplier::Output> done = co_await write_set_erased(applier, std::move(shared), std::move(source));
        if (!done) co_return done.error();
        co_return std::move(*static_cast<Out*>(done->get()));
    }

    /// Called on the writer's thread after each commit with its events, in order. Set before the first write.
    virtual void on_commit(std::function<void(std::span<const Event>)> listener) = 0;
    virtual Dialect dialect() const = 0;
    virtual bool healthy() const = 0;             // the last use of the database succeeded
    virtual StreamPosition position() const = 0;  // of the last committed event of this node's slot
    /// Finishes what is queued, then refuses. Called at shutdown, off the database threads, while executors still run.
    virtual void stop() = 0;

protected:
    virtual Task<Result<void>> read_erased(std::function<void(Session&)> run) = 0;
    virtual Task<Result<void>> write_erased(std::function<void(Write&)> run, std::string source) = 0;
    virtual Task<Result<SetApplier::Output>> write_set_erased(SetApplier& applier, SetApplier::Input input,
                                                              std::string source) = 0;
};

}  // namespace usher::store
