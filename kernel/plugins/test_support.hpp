#pragma once
/// For the tests beside it: sinks that remember, and a loop that runs coroutines to their end.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>

#include "foundation/describe.hpp"
#include "plugins/await.hpp"
#include "plugins/local_instance.hpp"

namespace usher::plugins::test {

inline std::string module_path(const std::string& name) {
    return std::string(USHER_TEST_PLUGINS) + "/usher-test-" + name + ".so";
}

template <class T>
T run(Task<T> task) {
    asio::io_context context;
    std::optional<T> out;
    std::exception_ptr failed;
    asio::co_spawn(context, std::move(task), [&](std::exception_ptr failure, T value) {
        failed = failure;
        out.emplace(std::move(value));
    });
    context.run();
    if (failed) std::rethrow_exception(failed);
    return std::move(*out);
}
inline void run(Task<void> task) {
    asio::io_context context;
    std::exception_ptr failed;
    asio::co_spawn(context, std::move(task), [&](std::exception_ptr failure) { failed = failure; });
    context.run();
    if (failed) std::rethrow_exception(failed);
}

/// Everything that the plugins say and ask, in one place. Thread-safe; wait_for blocks until it has happened.
class World final : public EmitSink,
                    public KvStore,
                    public VisitorSink,
                    public StateSink,
                    public MetricSink,
                    public HttpSink {
public:
    using Answer = std::function<void(Result<EmitResult>)>;

    Task<Result<EmitResult>> emit(AccountRef account, Message message) override {
        std::function<void(Answer)> begin = [this, account, message](Answer finish) {
            const std::lock_guard lock(mutex_);
            emitted.emplace_back(account, message);
            if (hold_emits) {
                held.push_back(std::move(finish));
            } else {
                finish(emit_answer);
            }
            changed_.notify_all();
        };
        Result<EmitResult> cancelled = Error{Errc::cancelled, "cancelled"};
        co_return co_await await_callback<Result<EmitResult>>(std::move(begin), std::move(cancelled));
    }
    void typing(AccountRef, Message) override { add_to("typing", 1); }

    Task<Result<std::optional<std::string>>> get(std::string instance, std::string key) override {
        using Found = Result<std::optional<std::string>>;
        std::function<void(std::function<void(Found)>)> begin = [this, instance,
                                                                 key](std::function<void(Found)> finish) {
            const std::lock_guard lock(mutex_);
            if (key == "hangs") {
                hanging_.push_back([finish] { finish(Found(std::optional<std::string>())); });
            } else if (auto found = values.find(instance + ":" + key); found != values.end()) {
                finish(Found(std::optional(found->second)));
            } else {
                finish(Found(std::optional<std::string>()));
            }
            changed_.notify_all();
        };
        Found cancelled = Error{Errc::cancelled, "cancelled"};
        co_return co_await await_callback<Found>(std::move(begin), std::move(cancelled));
    }
    Task<Result<void>> put(std::string instance, std::string key, std::string value) override {
        const std::lock_guard lock(mutex_);
        if (fenced) co_return Error{Errc::fenced, "not the owner"};
        values[instance + ":" + key] = value;
        co_return Result<void>();
    }
    Task<Result<PutIf>> put_if(std::string instance, std::string key, std::string expected,
                               std::string value) override {
        const std::lock_guard lock(mutex_);
        std::string& now = values[instance + ":" + key];
        PutIf out{now == expected, now};
        if (out.written) now = value;
        co_return out;
    }

    bool push(const AccountRef&, const std::string& session, const std::string& json) override {
        const std::lock_guard lock(mutex_);
        pushed.push_back(session + " " + json);
        return session != "gone";
    }
    bool close(const AccountRef&, const std::string&, std::uint32_t, const std::string&) override { return true; }
    Task<Result<std::string>> history(AccountRef, std::string, std::string, std::string, std::uint32_t) override {
        co_return std::string("[]");
    }

    void state(const AccountRef& account, State state, const std::string& text) override {
        const std::lock_guard lock(mutex_);
        states.push_back(account.id + " " + std::string(enum_name(state)) + (text.empty() ? "" : ": " + text));
        changed_.notify_all();
    }
    void add(const AccountRef&, const std::string& name, double delta, const Pairs&) override { add_to(name, delta); }

    Task<Result<HttpResponse>> request(AccountRef account, std::vector<std::string> allow_cidrs,
                                       HttpRequest request) override {
        const std::lock_guard lock(mutex_);
        requested.push_back(account.id + " " + request.method + " " + request.url + " " +
                            (allow_cidrs.empty() ? "" : allow_cidrs[0]));
        if (request.url == "https://down.test/") co_return Error{Errc::unavailable, "down.test: connection refused"};
        HttpResponse out;
        out.status = 201;
        out.body = "made";
        co_return out;
    }
    Task<Result<Fetched>> fetch(AccountRef, std::vector<std::string>, HttpRequest, std::uint64_t) override {
        co_return Error{Errc::unsupported, "no downloads here"};
    }

    Sinks sinks() {
        Sinks out;
        out.emit = this;
        out.kv = this;
        out.visitors = this;
        out.states = this;
        out.metrics = this;
        out.http = this;
        return out;
    }

    double count(const std::string& name) {
        const std::lock_guard lock(mutex_);
        return counts_[name];
    }
    /// Blocks until `done` holds; asked again after everything that happens here.
    void wait_for(const std::function<bool(World&)>& done) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return done(*this); });
    }
    void wait_for_count(const std::string& name, double least) {
        wait_for([&](World& world) { return world.counts_[name] >= least; });
    }
    void wait_for_emits(std::size_t least) {
        wait_for([&](World& world) { return world.emitted.size() >= least; });
    }
    void wait_for_hanging(std::size_t least) {
        wait_for([&](World& world) { return world.hanging_.size() >= least; });
    }
    /// Answers the oldest emit that is held back.
    void answer(Result<EmitResult> result) {
        Answer next;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return !held.empty(); });
            next = std::move(held.front());
            held.erase(held.begin());
        }
        next(std::move(result));
    }
    /// Nothing may wait for ever: the pool could not be joined.
    void let_go() {
        std::vector<std::function<void()>> hanging;
        std::vector<Answer> answers;
        {
            const std::lock_guard lock(mutex_);
            hanging.swap(hanging_);
            answers.swap(held);
            hold_emits = false;
        }
        for (const auto& one : hanging) one();
        for (const auto& one : answers) one(Error{Errc::unavailable, "the test ends"});
    }

    std::vector<std::pair<AccountRef, Message>> emitted;
    Result<EmitResult> emit_answer = EmitResult{"11", "22", false, false, ""};
    bool hold_emits = false;
    bool fenced = false;
    std::vector<Answer> held;
    std::map<std::string, std::string> values;
    std::vector<std::string> pushed, states, requested;

private:
    void add_to(const std::string& name, double delta) {
        const std::lock_guard lock(mutex_);
        counts_[name] += delta;
        changed_.notify_all();
    }
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, double> counts_;
    std::vector<std::function<void()>> hanging_;
};

}  // namespace usher::plugins::test
