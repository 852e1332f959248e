#pragma once
/// The kernel's operations in flight at one instance. A plugin holds only a number for each, so an operation that it
/// finishes twice, late, or after its instance is gone hurts nobody: it is counted, logged and ignored.
#include <usher/plugin.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "plugins/abi.hpp"
#include "plugins/sinks.hpp"

namespace usher::plugins {

inline constexpr std::size_t kOperationLimit = 64;  // in flight, each way

/// Thread-safe.
class Calls final : public std::enable_shared_from_this<Calls> {
public:
    static std::shared_ptr<Calls> make(AccountRef account, MetricSink* metrics);
    ~Calls();

    /// `finish` runs exactly once, on whatever thread ends the operation. `function` is a literal.
    usher_done begin(const char* function, std::function<void(Outcome)> finish);
    /// The host's own end (a refusal, a deadline). False: it was over already.
    bool end(usher_done done, Outcome outcome);
    /// Ends all that are left; later completions are ignored.
    void end_all(const Outcome& outcome);
    std::size_t in_flight() const;

private:
    struct Call {
        const char* function;
        std::function<void(Outcome)> finish;
    };
    Calls(AccountRef account, MetricSink* metrics) : account_(std::move(account)), metrics_(metrics) {}
    static void completed(void* ctx, const usher_result* result) noexcept;
    bool take(std::uint64_t number, Call& out);

    AccountRef account_;
    MetricSink* metrics_;
    std::uint64_t instance_ = 0;  // the upper bits of every number
    mutable std::mutex mutex_;
    std::uint64_t last_ = 0;
    std::map<std::uint64_t, Call> calls_;
};

}  // namespace usher::plugins
