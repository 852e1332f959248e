#pragma once
/// The writer: one thread that takes all that waits into one transaction, and knows after every failure what committed.
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "store/connection.hpp"
#include "store/store.hpp"
#include "store/stream.hpp"

namespace usher::store {

/// One write that waits. `done` is called once, on the writer's thread or that of enqueue(); after a success the
/// member's result lies where `run` (or `keep`) put it.
struct Member {
    std::function<void(Write&)> run;  // a single member; empty for one of a set
    SetApplier* applier = nullptr;
    SetApplier::Input input;
    std::function<void(Result<SetApplier::Output>)> keep;
    std::string source;
    std::function<void(Result<void>)> done;
    std::chrono::steady_clock::time_point deadline;
};

class Writer final {
public:
    Writer(Settings settings, Url url, Clock& clock, std::unique_ptr<Connection> connection, Stream stream);
    ~Writer();

    void enqueue(Member member);
    void stop();
    void on_commit(std::function<void(std::span<const Event>)> listener);
    bool healthy() const { return healthy_ && !fenced_; }
    StreamPosition position() const;

private:
    using Members = std::vector<Member>;
    struct Attempt;

    void loop();
    Members take();
    void take_aside(Members& members);
    void run_unit(Members members);
    Attempt attempt(Members& members, bool in_doubt);
    void apply(Write& write, Members& members);
    void committed(Members& members, const Attempt& attempt);
    void fail(Members& members, const Error& error);
    void fail_alone(Members& members, const Error& error);
    bool connected(Members& members, bool in_doubt);
    bool given_up() const;
    bool expire(Members& members, const Error& error);
    void pause(std::chrono::milliseconds longest, const Members& members);
    static Error unavailable();

    const Settings settings_;
    const Url url_;
    Clock& clock_;
    std::function<void(std::span<const Event>)> listener_;

    // The writer thread's own.
    std::unique_ptr<Connection> connection_;
    Stream stream_;
    IdSource ids_;
    Time last_now_;
    std::map<std::string, std::chrono::steady_clock::time_point> quarantine_;  // source -> until
    std::map<std::string, std::size_t> waiting_aside_;                         // source -> members in aside_
    std::deque<Member> aside_;                                                 // of quarantined sources, in order

    std::atomic<bool> healthy_ = true;
    std::atomic<bool> fenced_ = false;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Member> queue_;
    StreamPosition position_;
    bool stopping_ = false;
    std::chrono::steady_clock::time_point give_up_at_;  // of a commit in doubt; set with stopping_
    std::thread thread_;                                // last: everything else stands before it starts
};

}  // namespace usher::store
