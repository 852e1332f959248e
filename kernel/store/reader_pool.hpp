#pragma once
/// Threads that read, each with its own connection, opened when first needed.
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
    };
    void loop();
    Result<void> run(std::unique_ptr<Connection>& connection, const std::function<void(Session&)>& f);

    const Url url_;
    const ConnectOptions options_;
    const std::size_t limit_;
    std::atomic<bool> healthy_ = true;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> queue_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace usher::store
