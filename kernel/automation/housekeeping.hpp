#pragma once
/// Removes what has had its time: dedupe keys after 30 days, receipts without a message and uploads that nobody
/// attached after 24 hours, files that nothing names after 25, and what others add. In small steps, so that no batch
/// waits long.
#include <functional>
#include <memory>
#include <string>

#include "blobs/blobs.hpp"
#include "foundation/async.hpp"
#include "foundation/clock.hpp"
#include "plugins/store_kv.hpp"
#include "store/store.hpp"

namespace usher::automation {

class Housekeeping final {
public:
    /// Borrows all of them.
    Housekeeping(store::Store& store, blobs::Blobs& blobs, plugins::StoreKv& kv, Clock& clock,
                 asio::any_io_executor executor);
    ~Housekeeping();
    /// Removes what is another part's, in small steps; how many. Before start().
    using Job = std::function<Task<Result<std::int64_t>>()>;
    void add(std::string what, Job job);
    void start();  // a round at once, then every hour
    Task<void> stop();
    /// One round; how many rows went.
    Task<std::int64_t> round();

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace usher::automation
