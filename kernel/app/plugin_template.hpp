#pragma once
/// A new plugin's folder, made from the SDK's templates (sdk/template): text files in which @id@, @Class@ and @kind@
/// stand for the plugin's own.
#include <filesystem>
#include <string>
#include <vector>

#include "foundation/error.hpp"

namespace usher::app {

struct TemplateRequest {
    std::string name;
    std::string kind = "channel";
    std::string folder;  // empty: the name, below the working folder
};
struct MadePlugin {
    std::filesystem::path folder;
    std::vector<std::string> files;  // relative, sorted
};

/// `templates` empty: the SDK's, beside this program or in the source tree it was built from.
/// @errors Errc::invalid: a name that is none, a folder that is not empty, no templates; nothing was written then.
Result<MadePlugin> make_plugin(const TemplateRequest& request, const std::filesystem::path& templates);

}  // namespace usher::app
