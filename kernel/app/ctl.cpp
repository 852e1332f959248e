#include "app/ctl.hpp"

#include <CLI/CLI.hpp>

#include "app/version.hpp"
#include "foundation/log.hpp"

namespace usher::app {

int run_usherctl(int argc, const char* const* argv) {
    CLI::App cli{"usherctl looks after an installation of Usher and helps to write plugins for it.", "usherctl"};
    cli.set_version_flag("--version", std::string("usherctl ") + kVersion);
    cli.require_subcommand(1);
    cli.footer("Exit status: 0 good, 1 something is to be mended, 2 it could not be looked at.");
    Command chosen;
    add_config_commands(cli, chosen);
    add_plugin_commands(cli, chosen);
    add_doctor(cli, chosen);
    try {
        cli.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return cli.exit(e) == 0 ? kGood : kCannot;
    }
    return chosen();
}

void quiet_log() {
    log::start(log::Level::error, log::Format::text);
}

}  // namespace usher::app
