#include "app/options.hpp"

#include <CLI/CLI.hpp>

#include "app/version.hpp"

namespace usher::app {

Parsed parse_options(int argc, char** argv) {
    Parsed out;
    Options& o = out.options;
    CLI::App cli{"Usher: every customer message in shared inboxes, on your own machines.", "usherd"};
    cli.set_version_flag("--version", std::string("usherd ") + kVersion);
    cli.add_option("--config", o.config, "Settings (YAML); several are laid over one another in order");
    cli.add_option("--data", o.data_dir, "Folder of the database, blobs and keys");
    cli.add_option("--port", o.port, "Workspace and API");
    cli.add_option("--public-port", o.public_port, "The public side: /channels/..., attachments");
    cli.add_flag("--demo", o.demo, "Two agents, two inboxes, some history, and a page with the chat widget");
    try {
        cli.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        out.exit_code = cli.exit(e) == 0 ? 0 : 1;
    }
    return out;
}

}  // namespace usher::app
