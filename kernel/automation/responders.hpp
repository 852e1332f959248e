#pragma once
/// Gives conversation events to responder plugins and carries out what they answer, in one transaction with their
/// cursor. After a crash an event may come again; its actions were then not committed. Each responder is asked apart
/// from the others; the events of one that does not run wait for it, those older than `catch_up` are left out: an
/// answer from yesterday helps nobody. Thread-safe.
#include <memory>
#include <string>
#include <vector>

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
        std::chrono::milliseconds ask_again{1'000};     // one that does not run
        std::chrono::hours catch_up{24};                // events and ends of waits are kept for one that does not run
    };
    /// A responder that cannot be asked: since when its oldest event waits, and why.
    struct Waiting {
        std::string id;
        Time since;
        std::string why;
    };
    Responders(store::Store& store, feed::Feed& feed, plugins::Registry& registry, Clock& clock,
               asio::any_io_executor executor, Options options);
    ~Responders();
    /// One reader for each responder that runs; a new one begins with now.
    void start();
    Task<void> stop();
    std::vector<Waiting> waiting() const;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace usher::automation
