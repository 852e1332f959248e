#pragma once
/// The operator's settings, read and checked. One path for all who look at them: what `usherctl config check` accepts,
/// the daemon starts with, and both say the same of what they refuse.
#include <set>
#include <string>
#include <vector>

#include "app/options.hpp"
#include "config/check.hpp"

namespace usher::plugins {
class Registry;
}

namespace usher::app {

struct Configuration {
    config::Loaded loaded;                      // with the command line's options over the files
    std::vector<config::Diagnostic> faults;     // in the order of the files
    std::set<std::string, std::less<>> unread;  // config::Checked
    std::string demo_url;                       // with --demo: the origin of its page
};

/// Files, substitutions, schema, what holds between values, and files that they name (TLS, the workspace).
Configuration read_configuration(const Options& options,
                                 const config::Surroundings& around = config::Surroundings::system());
/// Loads the plugins that it names and adds the faults that they find, in order; what has a fault already is left out.
void check_plugins(Configuration& configuration, plugins::Registry& registry);

}  // namespace usher::app
