#pragma once
/// The browser application on the workspace's listener.
#include <string>

#include "foundation/error.hpp"
#include "http/router.hpp"

namespace usher::app {

/// Serves the built workspace: everything that is no file of it and no API answers with its page. Without one, only the
/// API is served and a page says so. Errc::unavailable when `configured` (the setting workspace.folder) cannot be read.
Result<void> add_workspace(http::Router& router, const std::string& configured);

}  // namespace usher::app
