#pragma once
/// One step of the kit: something that the kernel does to a plugin, and what may not come of it. Steps are independent
/// of each other, so each can run in a process of its own.
#include <usher/conformance/guest.hpp>

#include <functional>

namespace usher::sdk::conformance {

struct Step {
    std::string name;
    std::function<void(const Subject&, Report&)> run;
};

/// Those of the life cycle, then those of the plugin's kind.
std::vector<Step> steps_for(const Subject& subject);

}  // namespace usher::sdk::conformance

#include <usher/conformance/channel.hpp>
#include <usher/conformance/extensions.hpp>
#include <usher/conformance/life_cycle.hpp>

namespace usher::sdk::conformance {

inline std::vector<Step> steps_for(const Subject& subject) {
    std::vector<Step> steps = life_cycle_steps();
    const auto add = [&](std::vector<Step> more) {
        for (Step& step : more) steps.push_back(std::move(step));
    };
    switch (subject.descriptor->kind) {
        case USHER_CHANNEL:
            add(channel_steps());
            break;
        case USHER_STRATEGY:
            add(strategy_steps());
            break;
        case USHER_RESPONDER:
            add(responder_steps());
            break;
        case USHER_EXPORTER:
            add(exporter_steps());
            break;
        default:
            break;
    }
    return steps;
}

}  // namespace usher::sdk::conformance
