#include "inbound/poller.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <random>

#include "foundation/log.hpp"

namespace usher::inbound {

using plugins::Instance;
using plugins::Kind;
using plugins::State;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds kChangingWait{100};        // an instance that is being replaced
constexpr milliseconds kMostWait{24 * 3600'000};  // whatever a plugin asks for

}  // namespace

milliseconds delay_after_round(const Result<milliseconds>& round, milliseconds took, int failures, double jitter,
                               const Poller::Options& options) {
    if (round) return std::clamp(std::max(*round, options.least_gap - took), milliseconds(0), kMostWait);
    if (round.error().retry_after > milliseconds(0)) return std::min(round.error().retry_after, kMostWait);
    milliseconds delay = options.first_delay;
    for (int i = 1; i < failures && delay < options.most_delay; ++i) delay *= 2;
    delay = std::min(delay, options.most_delay);
    return milliseconds(static_cast<std::int64_t>(static_cast<double>(delay.count()) * (0.8 + 0.4 * jitter)));
}

struct Poller::Impl : std::enable_shared_from_this<Poller::Impl> {
    Impl(plugins::Registry& r, asio::any_io_executor executor, Options o)
        : registry(r), options(std::move(o)), tasks(std::move(executor)) {}

    /// What a loop knows of the instance it polled last.
    struct Memory {
        std::weak_ptr<Instance> instance;
        int failures = 0;
        std::string said;  // what we reported of it; empty: nothing
    };

    plugins::Registry& registry;
    const Options options;
    Signal wake;
    std::mutex mutex;  // of what stands below
    std::map<std::string, std::shared_ptr<Signal>> loops;
    std::mt19937 random{std::random_device{}()};
    bool stopping = false;
    TaskScope tasks;

    bool stopped() {
        const std::lock_guard lock(mutex);
        return stopping;
    }

    /// Begins a loop for every account that can be polled and has none.
    Task<void> watch() {
        auto self = shared_from_this();
        while (!stopped()) {
            for (const auto& status : registry.statuses(Kind::channel)) {
                const auto instance = registry.account(status.ref.id);
                if (instance && instance->offers().poll) begin(status.ref.id);
            }
            co_await wake.wait(options.look_again);
        }
    }

    void begin(const std::string& account) {
        const std::lock_guard lock(mutex);
        if (stopping || loops.contains(account)) return;
        auto signal = std::make_shared<Signal>();
        auto self = shared_from_this();
        const bool spawned = tasks.spawn("poll " + account, [self, account, signal]() -> Task<void> {
            struct Leave {  // also when the loop throws: the next look at the accounts begins another
                std::shared_ptr<Impl> self;
                std::string account;
                ~Leave() {
                    const std::lock_guard ended(self->mutex);
                    self->loops.erase(account);
                }
            };
            const Leave leave{self, account};
            co_await self->run(account, signal);
        });
        if (spawned) loops.emplace(account, std::move(signal));
    }

    Task<void> run(std::string account, std::shared_ptr<Signal> signal) {
        Memory memory;
        while (!stopped()) {
            const auto status = registry.status(Kind::channel, account);
            if (!status) co_return;  // removed
            const auto instance = registry.account(account);
            const auto wait = hindrance(*status, instance);
            if (wait > milliseconds(0)) {
                co_await signal->wait(wait);
                continue;
            }
            if (memory.instance.lock() != instance) memory = Memory{instance, 0, ""};
            const auto began = steady_clock::now();
            auto round = co_await instance->poll();
            if (stopped()) co_return;
            const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - began);
            note(account, instance, round, memory);
            co_await pause(account, instance, *signal, delay_after(round, took, memory));
        }
    }

    /// How long to wait before looking again at an account that is not to be polled now; 0: poll it.
    milliseconds hindrance(const plugins::InstanceStatus& status, const std::shared_ptr<Instance>& instance) const {
        if (status.changing) return kChangingWait;
        const bool runs = instance && status.enabled && status.state != State::failed && status.state != State::stopped;
        if (!runs || !instance->offers().poll) return options.look_again;
        if (options.owns && !options.owns(status.ref)) return options.look_again;
        return milliseconds(0);
    }

    /// Until the delay is over, another instance takes over, or it says that it failed.
    Task<void> pause(const std::string& account, std::shared_ptr<Instance> instance, Signal& signal,
                     milliseconds delay) {
        const auto due = steady_clock::now() + delay;
        while (!stopped()) {
            const auto left = due - steady_clock::now();
            if (left <= steady_clock::duration::zero()) co_return;
            if (registry.account(account) != instance) co_return;
            co_await signal.wait(left);
        }
    }

    milliseconds delay_after(const Result<milliseconds>& round, milliseconds took, const Memory& memory) {
        std::uniform_real_distribution<double> spread(0, 1);
        const std::lock_guard lock(mutex);
        return delay_after_round(round, took, memory.failures, spread(random), options);
    }

    /// A failure becomes the account's state, unless the plugin has said a worse or clearer thing itself; the first
    /// round that goes well takes that back.
    void note(const std::string& account, const std::shared_ptr<Instance>& instance, const Result<milliseconds>& round,
              Memory& memory) {
        const auto status = registry.status(Kind::channel, account);
        if (!status || status->changing) return;
        const bool ours = !memory.said.empty() && status->state == State::degraded && status->last_error == memory.said;
        if (round) {
            memory.failures = 0;
            memory.said.clear();
            if (ours) registry.report(account, instance, State::ready, "");
            return;
        }
        memory.failures += 1;
        const std::string& text = round.error().message;
        if (memory.failures == 1 || text != memory.said)
            log::warn("inbound", "a poll failed; it is repeated", {{"account", account}, {"error", text}});
        if (status->state != State::ready && !ours) return;
        memory.said = text;
        registry.report(account, instance, State::degraded, text);
    }
};

Poller::Poller(plugins::Registry& registry, asio::any_io_executor executor, Options options)
    : impl_(std::make_shared<Impl>(registry, std::move(executor), std::move(options))) {}
Poller::~Poller() = default;

void Poller::start() {
    impl_->tasks.spawn("polls", [impl = impl_]() -> Task<void> { co_await impl->watch(); });
}

void Poller::wake() {
    impl_->wake.set();
    const std::lock_guard lock(impl_->mutex);
    for (const auto& [account, signal] : impl_->loops) signal->set();
}

Task<void> Poller::stop() {
    auto impl = impl_;
    {
        const std::lock_guard lock(impl->mutex);
        impl->stopping = true;
    }
    impl->wake.set();
    co_await impl->tasks.stop();
}

}  // namespace usher::inbound
