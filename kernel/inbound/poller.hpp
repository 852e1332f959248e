#pragma once
/// Asks the channels that have a `poll` for what is new: one loop per account, one round at a time, on the node that
/// owns the account. A plugin says when it wants the next round; one that fails is asked again after a growing delay,
/// and the operator sees why as the account's state. Thread-safe.
///
/// An account that says it has failed is not polled until it says otherwise, or until a new instance takes its place.
#include <chrono>
#include <functional>
#include <memory>

#include "foundation/async.hpp"
#include "plugins/registry.hpp"

namespace usher::inbound {

class Poller final {
public:
    struct Options {
        /// Does this node own the account? Asked before every round; empty: it owns all.
        std::function<bool(const plugins::AccountRef&)> owns{};
        std::chrono::milliseconds least_gap{250};  // between the beginnings of two rounds that went well
        std::chrono::milliseconds first_delay{1'000}, most_delay{60'000};  // after a failure: doubled, +-20 %
        std::chrono::milliseconds look_again{30'000};                      // at what cannot be polled now
    };
    /// The registry outlives the poller.
    Poller(plugins::Registry& registry, asio::any_io_executor executor, Options options);
    ~Poller();
    /// After the registry was started.
    void start();
    /// An instance came, went or changed its state. Returns at once.
    void wake();
    /// Begins no more rounds. What a round in flight does is for the instance's own stop to finish.
    Task<void> stop();

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

/// How long from the end of a round to the beginning of the next. A pure decision.
/// @param failures  rounds that failed in a row, this one included
/// @param jitter    0..1
std::chrono::milliseconds delay_after_round(const Result<std::chrono::milliseconds>& round,
                                            std::chrono::milliseconds took, int failures, double jitter,
                                            const Poller::Options& options);

}  // namespace usher::inbound
