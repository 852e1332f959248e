#pragma once
/// What differs between the settings that hold and those that were read again.
#include <string>
#include <vector>

#include "config/settings.hpp"

namespace usher::app {

/// JSON pointers into the YAML, in the order of the settings; a list counts as one.
std::vector<std::string> changed_settings(const config::Settings& now, const config::Settings& next);

}  // namespace usher::app
