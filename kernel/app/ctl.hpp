#pragma once
/// usherctl: what an operator and a plugin's author do from a shell. Every command is a function that adds itself to
/// the command line; the one that was called leaves what is to be run.
#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace usher::app {

/// What usherctl ends with: shells and CI decide by it.
enum Exit : int {
    kGood = 0,    // nothing to complain about
    kFaults = 1,  // it was looked at, and there is something to be mended
    kCannot = 2,  // it could not be looked at: a wrong command line, nobody answers
};

using Command = std::function<int()>;

void add_config_commands(CLI::App& cli, Command& chosen);
void add_plugin_commands(CLI::App& cli, Command& chosen);  // list, new and check
void add_plugin_check(CLI::App& plugin, Command& chosen);
void add_doctor(CLI::App& cli, Command& chosen);

/// For commands that use parts of the daemon: errors alone are logged. Starts a thread; not before a fork.
void quiet_log();

/// The whole program.
int run_usherctl(int argc, const char* const* argv);

}  // namespace usher::app
