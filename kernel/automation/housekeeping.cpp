#include "automation/housekeeping.hpp"

#include "automation/blob_sweep.hpp"
#include "foundation/log.hpp"
#include "store/repositories/entries.hpp"

namespace usher::automation {
namespace {

constexpr int kStep = 200;  // rows of one batch member
constexpr std::chrono::hours kSeenKept{30 * 24};
constexpr std::chrono::hours kShortKept{24};

/// Deletes the oldest kStep rows of `table` that are older, and those of the same moment; how many.
std::int64_t remove_step(store::Session& sql, const std::string& table, Time older_than) {
    const auto oldest = sql.rows<std::int64_t>("SELECT at FROM " + table + " WHERE at < :at ORDER BY at LIMIT :limit",
                                               older_than, kStep);
    if (oldest.empty()) return 0;
    return sql.exec("DELETE FROM " + table + " WHERE at <= :last", oldest.back());
}

}  // namespace

struct Housekeeping::Impl : std::enable_shared_from_this<Housekeeping::Impl> {
    Impl(store::Store& s, blobs::Blobs& b, plugins::StoreKv& k, Clock& c, asio::any_io_executor executor)
        : store(s), blobs(b), kv(k), clock(c), tasks(std::move(executor)) {}
    store::Store& store;
    blobs::Blobs& blobs;
    plugins::StoreKv& kv;
    Clock& clock;
    TaskScope tasks;
    std::vector<std::pair<std::string, Job>> jobs;

    Task<std::int64_t> remove_all(std::string table, std::chrono::hours kept) {
        std::int64_t total = 0;
        for (;;) {
            auto work = [table, older = clock.now() - kept](store::Write& w) {
                return remove_step(w.sql(), table, older);
            };
            auto done = co_await store.write(std::move(work));
            if (!done || *done == 0) co_return total;
            total += *done;
            co_await sleep_for(std::chrono::milliseconds(10));
        }
    }

    /// Uploads that nobody attached; their blobs go when nothing names them any more.
    Task<std::int64_t> remove_uploads() {
        std::int64_t total = 0;
        for (;;) {
            auto work = [older = clock.now() - kShortKept](store::Write& w) {
                auto rows = w.sql().rows<std::tuple<AttachmentId, std::optional<std::string>>>(
                    "SELECT id, blob_hash FROM attachment WHERE conversation_id IS NULL AND created_at < :at ORDER BY "
                    "created_at LIMIT :limit",
                    older, kStep);
                std::vector<std::string> unused;
                for (const auto& [id, hash] : rows) {
                    w.sql().exec("DELETE FROM attachment WHERE id = :id", id);
                    if (hash &&
                        !w.sql().one<std::int64_t>("SELECT id FROM attachment WHERE blob_hash = :hash LIMIT 1", *hash))
                        unused.push_back(*hash);
                }
                return std::pair{rows.size(), unused};
            };
            auto gone = co_await store.write(std::move(work));
            if (!gone || gone->first == 0) co_return total;
            total += static_cast<std::int64_t>(gone->first);
            for (const auto& hash : gone->second) {
                if (auto removed = co_await blobs.remove(hash, kShortKept); !removed) {
                    log::warn("automation", "a file could not be removed",
                              {{"blob", hash}, {"error", removed.error().message}});
                }
            }
        }
    }

    Task<std::int64_t> round() {
        std::int64_t total = co_await remove_all("seen", kSeenKept);
        total += co_await remove_all("pending_receipt", kShortKept);
        total += co_await remove_uploads();
        total += co_await sweep_blobs(store, blobs);
        for (const auto& [name, job] : jobs) {
            auto done = co_await job();
            if (done) total += *done;
            if (!done) log::warn("automation", name + " were not removed", {{"error", done.error().message}});
        }
        auto values = co_await kv.remove_expired(clock.now());
        if (values) total += *values;
        if (!values) log::warn("automation", "plugins' values were not removed", {{"error", values.error().message}});
        if (total > 0) log::info("automation", "what had its time was removed", {{"rows", static_cast<long>(total)}});
        co_return total;
    }

    Task<void> run() {
        auto self = shared_from_this();
        for (;;) {
            co_await round();
            co_await sleep_for(std::chrono::hours(1));
        }
    }
};

Housekeeping::Housekeeping(store::Store& store, blobs::Blobs& blobs, plugins::StoreKv& kv, Clock& clock,
                           asio::any_io_executor executor)
    : impl_(std::make_shared<Impl>(store, blobs, kv, clock, std::move(executor))) {}
Housekeeping::~Housekeeping() = default;
void Housekeeping::add(std::string what, Job job) {
    impl_->jobs.emplace_back(std::move(what), std::move(job));
}
void Housekeeping::start() {
    impl_->tasks.spawn("housekeeping", [impl = impl_]() -> Task<void> { co_await impl->run(); });
}
Task<void> Housekeeping::stop() {
    return impl_->tasks.stop();
}
Task<std::int64_t> Housekeeping::round() {
    return impl_->round();
}

}  // namespace usher::automation
