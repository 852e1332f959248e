#pragma once
/// Where things are: the data folder, the plugins and the workspace beside the program.
#include <filesystem>
#include <string>
#include <vector>

#include "foundation/error.hpp"

namespace usher::app {

/// The folder, made (0700) where it was not, and tried by writing into it. Errc::unavailable says why not.
Result<std::filesystem::path> prepare_data_folder(const std::filesystem::path& folder);

/// A relative folder of plugins is looked up beside the program (../plugins of a build, ../lib/usher/plugins of an
/// installation), then in the working folder.
std::filesystem::path look_up(const std::filesystem::path& folder,
                              const std::vector<std::filesystem::path>& beside_program);

/// The first of these that is a folder, seen from the program's own; empty when none is.
std::filesystem::path beside_program(const std::vector<std::filesystem::path>& candidates);

/// The built workspace where nothing else is said: of the package, or of the source tree the program was built from.
std::filesystem::path default_workspace();

}  // namespace usher::app
