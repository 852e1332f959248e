#include "store/reader_pool.hpp"

#include "foundation/log.hpp"
#include "store/faults.hpp"

namespace usher::store {

namespace {

using std::chrono::steady_clock;
constexpr std::chrono::milliseconds kTryEvery{250};

Error waited_too_long() {
    return {Errc::unavailable, "too many reads are waiting", {}, std::chrono::seconds(1)};
}

Error away() {
    return {Errc::unavailable, "the database cannot be reached", {}, std::chrono::seconds(2)};
}

}  // namespace

ReaderPool::ReaderPool(const Settings& settings, Url url)
    : url_(std::move(url)),
      options_{.read_only = true, .deadline = settings.read_deadline},
      limit_(static_cast<std::size_t>(settings.queue_limit)) {
    running_.resize(static_cast<std::size_t>(std::max(1, settings.reader_threads)));
    for (auto& running : running_) threads_.emplace_back([this, &running] { loop(running); });
    if (url_.dialect != Dialect::sqlite && options_.deadline.count() > 0) watcher_ = std::thread([this] { watch(); });
}

ReaderPool::~ReaderPool() {
    stop();
}

void ReaderPool::enqueue(std::function<void(Session&)> run, std::function<void(Result<void>)> done) {
    std::optional<Error> refusal;
    std::vector<Job> late;
    {
        const std::lock_guard lock(mutex_);
        const auto now = steady_clock::now();
        while (!queue_.empty() && queue_.front().deadline <= now) {
            late.push_back(std::move(queue_.front()));
            queue_.pop_front();
        }
        if (stopping_) {
            refusal = Error{Errc::unavailable, "the store is stopping", {}, std::chrono::seconds(5)};
        } else if (queue_.size() >= limit_) {
            refusal = Error{Errc::unavailable, "too many reads are waiting", {}, std::chrono::seconds(1)};
        } else {
            queue_.push_back({std::move(run), std::move(done), now + options_.deadline});
        }
    }
    for (auto& job : late) job.done(waited_too_long());
    if (refusal) return done(*refusal);
    wake_.notify_one();
}

void ReaderPool::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    watch_.notify_all();
    if (watcher_.joinable()) watcher_.join();
}

void ReaderPool::loop(Running& running) {
    std::unique_ptr<Connection> connection;
    while (true) {
        Job job;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) return;
            job = std::move(queue_.front());
            queue_.pop_front();
        }
        Result<void> result = waited_too_long();
        if (steady_clock::now() < job.deadline) {
            result = away();
            if (may_try()) result = run(connection, running, job.run);
        }
        job.run = nullptr;  // what it captured goes before its caller continues
        job.done(std::move(result));
    }
}

/// Always while the database can be reached; else one now and then.
bool ReaderPool::may_try() {
    if (!unreachable_) return true;
    const std::lock_guard lock(mutex_);
    const auto now = steady_clock::now();
    if (now < try_again_) return false;
    try_again_ = now + kTryEvery;
    return true;
}

/// From now on this connection has twice the deadline of a statement; null: there is nothing to wait for.
void ReaderPool::expect(Running& running, Connection* connection) {
    const std::lock_guard lock(mutex_);
    running = {connection, steady_clock::now() + 2 * options_.deadline};
}

/// Cuts connections whose server says nothing any more: the client libraries would wait for ever.
void ReaderPool::watch() {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
        watch_.wait_for(lock, options_.deadline / 2);
        const auto now = steady_clock::now();
        for (auto& one : running_) {
            if (!one.connection || one.until > now) continue;
            log::warn("store", "a read took too long; its connection is cut");
            one.connection->cut();
            one.connection = nullptr;
        }
    }
}

Result<void> ReaderPool::run(std::unique_ptr<Connection>& connection, Running& running,
                             const std::function<void(Session&)>& f) {
    struct Watched {
        ReaderPool& pool;
        Running& running;
        ~Watched() { pool.expect(running, nullptr); }
    };
    for (int attempt = 1;; ++attempt) {
        const bool fresh = !connection;
        const Watched watched{*this, running};
        try {
            if (!connection) connection = Connection::open(url_, options_);
            if (url_.dialect != Dialect::sqlite) expect(running, connection.get());
            connection->begin();
            f(*connection);
            connection->commit();
            healthy_ = true;
            unreachable_ = false;
            return {};
        } catch (const DatabaseError& e) {
            if (e.fault == DatabaseFault::connection_lost) {
                const bool opened = static_cast<bool>(connection);
                expect(running, nullptr);  // before it goes
                connection.reset();
                if (attempt == 1 && (opened || !fresh)) continue;  // one that cannot be opened is not tried twice
                if (!opened) {
                    const std::lock_guard lock(mutex_);
                    try_again_ = steady_clock::now() + kTryEvery;
                    unreachable_ = true;
                }
                if (healthy_.exchange(false))
                    log::error("store", "the database cannot be reached", {{"error", e.what()}});
            } else if (connection) {
                connection->rollback();
            }
            return to_error(e);
        } catch (const Failure& e) {
            connection->rollback();
            return e.error;
        } catch (const std::exception& e) {
            connection->rollback();
            return Error{Errc::internal, std::string("a read failed: ") + e.what()};
        }
    }
}

}  // namespace usher::store
