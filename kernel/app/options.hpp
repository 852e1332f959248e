#pragma once
/// The command line of usherd.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace usher::app {

struct Options {
    std::vector<std::filesystem::path> config;  // laid over one another in order
    std::optional<std::string> data_dir;        // these four override the YAML
    std::optional<std::uint16_t> port;
    std::optional<std::uint16_t> public_port;
    bool demo = false;
};

/// The options, or the code to exit with (0 after --help and --version, 1 after a fault, which is printed).
struct Parsed {
    Options options;
    std::optional<int> exit_code;
};
Parsed parse_options(int argc, char** argv);

}  // namespace usher::app
