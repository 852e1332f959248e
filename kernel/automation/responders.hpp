#pragma once
/// Gives conversation events to responder plugins and carries out what they answer, in one transaction with their
/// cursor. After a crash an event may come again; its actions were then not committed. Thread-safe.
#include <memory>

#include "feed/feed.hpp"
#include "foundation/async.hpp"
#include "foundation/clock.hpp"
#include "plugins/registry.hpp"
#include "store/store.hpp"

namespace usher::automation {

class Responders final {
public:
    struct Options {
        int batch_limit = 100;
        int tries = 3;  // then the event is left out, visibly
        std::chrono::milliseconds retry_delay{500};
        std::chrono::milliseconds timer_interval{500};  // how exactly a `wait` ends
    };
    Responders(store::Store& store, feed::Feed& feed, plugins::Registry& registry, Clock& clock,
               asio::any_io_executor executor, Options options);
    ~Responders();
    /// One reader for each responder that runs; a new one begins with now.
    void start();
    Task<void> stop();

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace usher::automation
