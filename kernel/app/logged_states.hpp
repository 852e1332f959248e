#pragma once
/// Instances' states go to the log; the API asks the registry.
#include <atomic>

#include "api/visitors.hpp"
#include "foundation/log.hpp"
#include "inbound/poller.hpp"
#include "plugins/sinks.hpp"

namespace usher::app {

/// Visitors of an instance that is replaced connect anew; one that came or changed is polled.
class LoggedStates final : public plugins::StateSink {
public:
    api::Visitors* visitors = nullptr;
    std::atomic<inbound::Poller*> poller{nullptr};
    void state(const plugins::AccountRef& account, plugins::State state, const std::string& text) override {
        const bool good = state == plugins::State::ready || state == plugins::State::stopped;
        log::write(good ? log::Level::info : log::Level::error, "plugins", "the state of an instance",
                   {{"instance", account.id},
                    {"plugin", account.channel},
                    {"state", std::string(enum_name(state))},
                    {"text", text}});
        if (visitors) visitors->instances_changed();
        if (auto* polls = poller.load()) polls->wake();
    }
};

}  // namespace usher::app
