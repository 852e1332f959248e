#pragma once
/// Hands the event feed to exporter plugins in batches, at least once, each from its own durable cursor. Thread-safe.
#include <memory>

#include "feed/feed.hpp"
#include "foundation/async.hpp"
#include "plugins/registry.hpp"
#include "store/store.hpp"

namespace usher::analytics {

class Exporters final {
public:
    struct Options {
        int batch_limit = 500;
        std::chrono::milliseconds retry_delay{1'000};  // doubled up to a minute while an exporter refuses
    };
    Exporters(store::Store& store, feed::Feed& feed, plugins::Registry& registry, asio::any_io_executor executor,
              Options options);
    ~Exporters();
    /// One reader for each configured exporter. A new exporter begins with the oldest event that is kept.
    void start();
    Task<void> stop();

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace usher::analytics
