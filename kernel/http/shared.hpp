#pragma once
/// What the parts of the server share: settings, counters, the threads and the connections on each. Internal.
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <list>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "http/rate_limiter.hpp"
#include "http/server.hpp"

namespace usher::http {

using SteadyTime = std::chrono::steady_clock::time_point;

/// One connection, as its thread's sweep sees it. All calls on that thread.
class Peer {
public:
    virtual ~Peer() = default;
    /// Has a deadline passed? At most one tick late.
    virtual void tick(SteadyTime now) = 0;
    /// The server drains: end as soon as nothing is in flight.
    virtual void drain() = 0;
    /// End now.
    virtual void cut() = 0;
};

/// One server thread. Members go in reverse order: the context, and with it every coroutine, first.
struct Worker {
    std::list<Peer*> peers;
    std::thread thread;
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    asio::steady_timer sweep{context};
};

struct Shared {
    explicit Shared(Settings s)
        : settings(std::move(s)), limiter(settings.limits.rate.per_second, settings.limits.rate.burst) {}

    const Settings settings;
    RateLimiter limiter;
    std::atomic<bool> draining{false};
    std::atomic<std::size_t> connections{0}, websockets{0}, in_flight{0};
    std::atomic<std::uint64_t> requests{0}, refused{0}, limited{0}, next_id{1}, next_file{1};
    std::string id_prefix;  // new with every start
    std::mutex addresses_mutex;
    std::unordered_map<std::string, std::size_t> addresses;  // connections by rate_key
    asio::thread_pool files{1};

    bool trusted(std::string_view address) const { return settings.trusted_proxy && settings.trusted_proxy(address); }
};

/// Counts a connection for as long as it lives.
class ConnectionSlot final {
public:
    ConnectionSlot(std::shared_ptr<Shared> shared, std::string key)
        : shared_(std::move(shared)), key_(std::move(key)) {}
    ConnectionSlot(ConnectionSlot&& other) noexcept = default;
    ConnectionSlot& operator=(ConnectionSlot&&) = delete;
    ~ConnectionSlot() {
        if (!shared_) return;
        --shared_->connections;
        if (key_.empty()) return;
        const std::lock_guard lock(shared_->addresses_mutex);
        const auto found = shared_->addresses.find(key_);
        if (found != shared_->addresses.end() && --found->second == 0) shared_->addresses.erase(found);
    }

private:
    std::shared_ptr<Shared> shared_;
    std::string key_;
};

/// A peer's place in its thread's list.
class Place final {
public:
    Place(Worker& worker, Peer* peer) : worker_(worker), at_(worker.peers.insert(worker.peers.end(), peer)) {}
    ~Place() { worker_.peers.erase(at_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

private:
    Worker& worker_;
    std::list<Peer*>::iterator at_;
};

}  // namespace usher::http
