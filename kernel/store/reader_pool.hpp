#pragma once
/// Threads that read, each with its own connection, opened when first needed. While the database is away one read
/// tries it now and then and all others are refused at once; a read that waits or runs too long is given up.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "store/connection.hpp"
#include "store/store.hpp"

namespace usher::store {

class ReaderPool final {
public:
    ReaderPool(const Settings& settings, Url url);
    ~ReaderPool();

    /// `done` is called once, on a reader thread or this one.
    void enqueue(std::function<void(Session&)> run, std::function<void(Result<void>)> done);
    void stop();
    bool healthy() const { return healthy_; }

private:
    struct Job {
        std::function<void(Session&)> run;
        std::function<void(Result<void>)> done;
        std::chrono::steady_clock::time_point deadline;
    };
    /// What a thread is at, for watch().
    struct Running {
        Connection* connection = nullptr;
        std::chrono::steady_clock::time_point until;
    };
    void loop(Running& running);
    void watch();
    bool may_try();
    void expect(Running& running, Connection* connection);
    Result<void> run(std::unique_ptr<Connection>& connection, Running& running, const std::function<void(Session&)>& f);

    const Url url_;
    const ConnectOptions options_;
    const std::size_t limit_;
    std::atomic<bool> healthy_ = true;
    std::atomic<bool> unreachable_ = false;  // no connection could be opened
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> queue_;
    bool stopping_ = false;
    bool stopped_ = false;
    std::chrono::steady_clock::time_point try_again_;  // while unreachable: not before
    std::deque<Running> running_;                      // one of each thread
    std::condition_variable watch_;
    std::vector<std::thread> threads_;
    std::thread watcher_;
};

}  // namespace usher::store
