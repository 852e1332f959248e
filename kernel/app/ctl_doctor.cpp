// usherctl doctor
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>

#include "app/ctl.hpp"
#include "app/ctl_yaml.hpp"
#include "app/doctor.hpp"

namespace usher::app {
namespace {

constexpr std::size_t kAreaWidth = 15;

const char* mark_of(Health health) {
    switch (health) {
        case Health::good:
            return "ok   ";
        case Health::worth_a_look:
            return "look ";
        case Health::bad:
            break;
    }
    return "BAD  ";
}

int doctor(const Options& options, bool as_json) {
    quiet_log();
    const Diagnoses all = examine(options);
    const auto count = [&](Health health) {
        return std::count_if(all.begin(), all.end(), [&](const Diagnosis& one) { return one.health == health; });
    };
    if (as_json) {
        json::array out;
        for (const auto& one : all) {
            const char* health = one.health == Health::good  ? "good"
                                 : one.health == Health::bad ? "bad"
                                                             : "worth_a_look";
            out.push_back({{"health", health}, {"area", one.area}, {"what", one.what}, {"advice", one.advice}});
        }
        std::printf("%s", to_pretty_json(out).c_str());
    } else {
        for (const auto& one : all) {
            std::string area = one.area;
            area.resize(kAreaWidth, ' ');
            std::printf("%s %s%s\n", mark_of(one.health), area.c_str(), one.what.c_str());
            if (!one.advice.empty())
                std::printf("      %*s-> %s\n", static_cast<int>(kAreaWidth), "", one.advice.c_str());
        }
        std::printf("%ld good, %ld worth a look, %ld bad.\n", static_cast<long>(count(Health::good)),
                    static_cast<long>(count(Health::worth_a_look)), static_cast<long>(count(Health::bad)));
    }
    return count(Health::bad) == 0 ? kGood : kFaults;
}

}  // namespace

void add_doctor(CLI::App& cli, Command& chosen) {
    auto options = std::make_shared<Options>();
    auto as_json = std::make_shared<bool>(false);
    auto* command =
        cli.add_subcommand("doctor", "Looks at this installation and says what to do where something is not well");
    command->add_option("--config", options->config, "Settings (YAML) as the daemon gets them");
    command->add_option("--data", options->data_dir, "As the daemon gets it");
    command->add_option("--port", options->port, "As the daemon gets it");
    command->add_option("--public-port", options->public_port, "As the daemon gets it");
    command->add_flag("--json", *as_json, "As JSON");
    command->callback(
        [options, as_json, &chosen] { chosen = [options, as_json] { return doctor(*options, *as_json); }; });
}

}  // namespace usher::app
