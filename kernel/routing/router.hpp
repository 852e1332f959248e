#pragma once
/// Brings waiting conversations to agents: oldest first, whenever one arrives or somebody becomes able. Decisions are
/// pure (model/assignment, the strategy plugin); their effect is one transaction that checks them again. Thread-safe.
#include <functional>
#include <memory>
#include <span>

#include "foundation/async.hpp"
#include "foundation/clock.hpp"
#include "model/event.hpp"
#include "plugins/registry.hpp"
#include "store/store.hpp"

namespace usher::routing {

class Router final {
public:
    struct Options {
        std::function<bool(UserId)> connected;  // has had a socket within 60 s
        std::chrono::milliseconds strategy_timeout{2'000};
        std::chrono::milliseconds retry_interval{5'000};  // looks again even if nothing happened
    };
    Router(store::Store& store, plugins::Registry& registry, Clock& clock, asio::any_io_executor executor,
           Options options);
    ~Router();

    void start();
    Task<void> stop();
    /// Looks at committed events: may somebody be served now? Returns at once; any thread.
    void committed(std::span<const Event> events);
    /// The same for what is no event (an agent's socket came).
    void wake();
    /// One pass over the waiting list; how many were assigned. For tests and for start().
    Task<int> pass();

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace usher::routing
