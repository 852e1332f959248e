// What becomes of an instance whose process ended: it starts again after a while, alone where it may have been the
// cause, and no more when that does not help.
#include <boost/asio/co_spawn.hpp>

#include "foundation/log.hpp"
#include "plugins/registry_impl.hpp"

namespace usher::plugins {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

std::string shown(milliseconds time) {
    if (time.count() % 1000 == 0) return std::to_string(time.count() / 1000) + " s";
    return std::to_string(time.count()) + " ms";
}

}  // namespace

RemoteInstance::Place Registry::Impl::place_for(const std::shared_ptr<Slot>& slot, const Loaded& plugin,
                                                int generation) {
    RemoteInstance::Place place;
    place.helpers = helpers;
    place.library = plugin.info.library;
    std::weak_ptr<Impl> weak = weak_from_this();
    std::weak_ptr<Slot> weak_slot = slot;
    place.lost = [weak, weak_slot, generation](const std::string& how, bool busy) {
        if (auto self = weak.lock()) self->lost(weak_slot, generation, how, busy);
    };
    const std::lock_guard lock(mutex);
    place.suspects = slot->losses.suspects;
    const bool alone = plugin.isolation == config::Isolation::process_per_account;
    slot->losses.own = alone || steady_clock::now() < slot->losses.own_until;
    slot->losses.since = steady_clock::now();
    if (slot->losses.own) place.own = std::to_string(static_cast<int>(slot->spec.ref.kind)) + "/" + slot->spec.ref.id;
    return place;
}

void Registry::Impl::lost(const std::weak_ptr<Slot>& weak, int generation, const std::string& how, bool busy) {
    const auto slot = weak.lock();
    if (!slot) return;
    const HelperOptions& limits = options.helpers;
    const auto now = steady_clock::now();
    milliseconds delay{0};
    AccountRef ref;
    std::string text;
    State state = State::degraded;
    {
        const std::lock_guard lock(mutex);
        if (stopped || slot->generation != generation) return;
        Losses& losses = slot->losses;
        int explained = losses.suspects->take_explained();
        if (losses.own) {
            losses.crashes.push_back(now);
            while (!losses.crashes.empty() && now - losses.crashes.front() > limits.own_for) losses.crashes.pop_front();
            for (; explained > 0 && !losses.crashes.empty(); --explained) losses.crashes.pop_back();
        }
        if (now - losses.since > limits.settled) losses.attempt = 0;
        if (losses.crashes.size() >= static_cast<std::size_t>(limits.crashes)) {
            state = State::failed;
            text = how + "; disabled after " + std::to_string(losses.crashes.size()) +
                   " crashes within an hour: change it, or disable and enable it, to try again";
        } else {
            if (busy) losses.own_until = now + limits.own_for;
            delay = std::min(limits.longest_back_off, limits.back_off * (1 << std::min(losses.attempt++, 16)));
            text = how + "; it starts again in " + shown(delay);
        }
        slot->state = state;
        slot->last_error = text;
        ref = slot->spec.ref;
    }
    if (sinks.metrics) sinks.metrics->add(ref, "plugin_process_losses_total", 1, {});
    if (sinks.states) sinks.states->state(ref, state, text);
    if (state != State::failed) restart_later(slot, generation, delay);
}

void Registry::Impl::restart_later(const std::shared_ptr<Slot>& slot, int generation, milliseconds delay) {
    const std::lock_guard lock(mutex);
    if (stopped) return;
    auto timer = std::make_shared<asio::steady_timer>(pool, delay);
    slot->losses.again = timer;
    std::weak_ptr<Impl> weak = weak_from_this();
    timer->async_wait([weak, slot, generation, timer](boost::system::error_code error) {
        auto self = weak.lock();
        if (error || !self) return;
        asio::co_spawn(self->pool, self->restart(slot, generation), [](std::exception_ptr failure) {
            try {
                if (failure) std::rethrow_exception(failure);
            } catch (const std::exception& e) {
                log::error("plugins", e.what());
            }
        });
    });
}

Task<void> Registry::Impl::restart(std::shared_ptr<Slot> slot, int generation) {
    auto self = shared_from_this();
    InstanceSpec spec;
    json::object config;
    bool wait = false, running = false;
    {
        const std::lock_guard lock(mutex);
        const bool there = slots.contains({slot->spec.ref.kind, slot->spec.ref.id});
        if (stopped || !there || slot->generation != generation || !slot->spec.enabled) co_return;
        wait = slot->busy;  // somebody changes it: by the time that is done it may be another one
        slot->busy = true;
        running = started;
        spec = slot->spec;
        config = slot->config;
    }
    if (wait) {
        restart_later(slot, generation, options.helpers.back_off);
        co_return;
    }
    auto made = co_await create(slot, std::move(spec), std::move(config), generation + 1);
    if (!made) {
        release(slot);
        if (made.error().code == Errc::plugin_lost) {
            lost(slot, generation, made.error().message, true);
        } else {
            set_failed(slot, made.error());
        }
        co_return;
    }
    std::shared_ptr<Instance> old;
    bool late = false;
    {
        const std::lock_guard lock(mutex);
        late = stopped;  // while its process began: nobody would stop this instance any more
        running = started;
        if (!late) {
            old = std::exchange(slot->instance, *made);
            slot->generation = generation + 1;
            slot->state = State::stopped;
            slot->last_error.clear();
            ++slot->losses.restarts;
        }
    }
    if (late) {
        co_await end_instance(std::move(*made));
        release(slot);
        co_return;
    }
    if (running) co_await start_slot(slot);
    release(slot);
}

/// An operator changed it: it gets every chance again.
void Registry::Impl::forget_losses(const std::shared_ptr<Slot>& slot) {
    const std::lock_guard lock(mutex);
    if (slot->losses.again) slot->losses.again->cancel();
    slot->losses.suspects->forget();  // emptied, not replaced: the running instance goes on noting in the same one
    Losses fresh;
    fresh.suspects = slot->losses.suspects;
    fresh.own = slot->losses.own;
    fresh.since = slot->losses.since;
    slot->losses = std::move(fresh);
}

void Registry::Impl::stop_restarts() {
    const std::lock_guard lock(mutex);
    stopped = true;
    for (const auto& [key, slot] : slots) {
        if (slot->losses.again) slot->losses.again->cancel();
    }
}

}  // namespace usher::plugins
