#include "store/reader_pool.hpp"

#include "foundation/log.hpp"
#include "store/faults.hpp"

namespace usher::store {

ReaderPool::ReaderPool(const Settings& settings, Url url)
    : url_(std::move(url)),
      options_{.read_only = true, .deadline = settings.read_deadline},
      limit_(static_cast<std::size_t>(settings.queue_limit)) {
    for (int i = 0; i < std::max(1, settings.reader_threads); ++i) threads_.emplace_back([this] { loop(); });
}

ReaderPool::~ReaderPool() {
    stop();
}

void ReaderPool::enqueue(std::function<void(Session&)> run, std::function<void(Result<void>)> done) {
    std::optional<Error> refusal;
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) {
            refusal = Error{Errc::unavailable, "the store is stopping", {}, std::chrono::seconds(5)};
        } else if (queue_.size() >= limit_) {
            refusal = Error{Errc::unavailable, "too many reads are waiting", {}, std::chrono::seconds(1)};
        } else {
            queue_.push_back({std::move(run), std::move(done)});
        }
    }
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
}

void ReaderPool::loop() {
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
        auto result = run(connection, job.run);
        job.run = nullptr;  // what it captured goes before its caller continues
        job.done(std::move(result));
    }
}

Result<void> ReaderPool::run(std::unique_ptr<Connection>& connection, const std::function<void(Session&)>& f) {
    for (int attempt = 1;; ++attempt) {
        try {
            if (!connection) connection = Connection::open(url_, options_);
            connection->begin();
            f(*connection);
            connection->commit();
            healthy_ = true;
            return {};
        } catch (const DatabaseError& e) {
            if (e.fault == DatabaseFault::connection_lost) {
                connection.reset();
                if (attempt == 1) continue;
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
