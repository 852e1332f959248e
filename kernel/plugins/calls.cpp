#include "plugins/calls.hpp"

#include "foundation/log.hpp"

namespace usher::plugins {
namespace {

constexpr int kNumberBits = 40;  // operations of one instance; the rest of the 64 is the instance
constexpr std::uint64_t kNumberMask = (std::uint64_t{1} << kNumberBits) - 1;

/// Every instance that ever was, by number; the gone ones as expired pointers until the same shard is asked.
struct Directory {
    std::mutex mutex;
    std::uint64_t last = 0;
    std::map<std::uint64_t, std::weak_ptr<Calls>> instances;
};
Directory& directory() {
    static auto* const all = new Directory();  // plugins' threads may outlive static destruction
    return *all;
}

}  // namespace

std::shared_ptr<Calls> Calls::make(AccountRef account, MetricSink* metrics) {
    std::shared_ptr<Calls> calls(new Calls(std::move(account), metrics));
    Directory& all = directory();
    const std::lock_guard lock(all.mutex);
    calls->instance_ = ++all.last;
    all.instances.emplace(calls->instance_, calls);
    return calls;
}

Calls::~Calls() {
    Directory& all = directory();
    const std::lock_guard lock(all.mutex);
    all.instances.erase(instance_);
}

usher_done Calls::begin(const char* function, std::function<void(Outcome)> finish) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t number = ++last_ & kNumberMask;
    calls_.insert_or_assign(number, Call{function, std::move(finish)});
    return {reinterpret_cast<void*>(static_cast<std::uintptr_t>(instance_ << kNumberBits | number)), &Calls::completed};
}

bool Calls::take(std::uint64_t number, Call& out) {
    const std::lock_guard lock(mutex_);
    auto found = calls_.find(number);
    if (found == calls_.end()) return false;
    out = std::move(found->second);
    calls_.erase(found);
    return true;
}

bool Calls::end(usher_done done, Outcome outcome) {
    Call call{};
    if (!take(reinterpret_cast<std::uintptr_t>(done.ctx) & kNumberMask, call)) return false;
    call.finish(std::move(outcome));
    return true;
}

void Calls::end_all(const Outcome& outcome) {
    std::map<std::uint64_t, Call> left;
    {
        const std::lock_guard lock(mutex_);
        left.swap(calls_);
    }
    for (auto& [number, call] : left) call.finish(outcome);
}

std::size_t Calls::in_flight() const {
    const std::lock_guard lock(mutex_);
    return calls_.size();
}

void Calls::completed(void* ctx, const usher_result* result) noexcept {
    try {
        const std::uint64_t id = reinterpret_cast<std::uintptr_t>(ctx);
        std::shared_ptr<Calls> self;
        {
            Directory& all = directory();
            const std::lock_guard lock(all.mutex);
            auto found = all.instances.find(id >> kNumberBits);
            if (found != all.instances.end()) self = found->second.lock();
        }
        Outcome outcome = read_result(result);  // takes the descriptor over in any case
        if (!self) {
            log::warn("plugins", "an operation was finished after its instance was destroyed; ignored");
            return;
        }
        Call call{};
        if (self->take(id & kNumberMask, call)) {
            call.finish(std::move(outcome));
            return;
        }
        log::warn("plugins", "an operation was finished twice, or after its deadline; ignored",
                  {{"account", self->account_.id}, {"plugin", self->account_.channel}});
        if (self->metrics_) self->metrics_->add(self->account_, "plugin_late_completions_total", 1, {});
    } catch (const std::exception& e) {  // nothing may pass the border; out of memory at the worst
        log::error("plugins", e.what());
    }
}

}  // namespace usher::plugins
