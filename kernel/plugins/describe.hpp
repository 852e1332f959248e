#pragma once
/// What a library says of its plugins, read by usher-plugin-host and never by this process: constructors are code.
#include <optional>
#include <vector>

#include "foundation/error.hpp"
#include "plugins/helper_options.hpp"
#include "plugins/plugin_info.hpp"

namespace usher::plugins {

/// Remembers by the file's hash, in a folder where there is one. Blocks for as long as the helper takes.
class Descriptions final {
public:
    Descriptions(HelperOptions options, std::string folder)
        : options_(std::move(options)), folder_(std::move(folder)) {}
    struct Library {
        std::string hash;  // of the file, 64 characters
        std::vector<PluginInfo> plugins;
    };
    /// @errors one sentence for each thing that is wrong, each with the file's name
    Result<Library> of(const std::string& path) const;

private:
    Result<std::vector<PluginInfo>> ask(const std::string& path) const;
    std::optional<std::string> remembered(const std::string& hash) const;
    void remember(const std::string& hash, const std::string& answer) const;

    const HelperOptions options_;
    const std::string folder_;
};

}  // namespace usher::plugins
