#pragma once
/// For a program whose lines belong into the log of another: where they go instead of standard error.
#include <functional>

#include "foundation/log.hpp"

namespace usher::log {

/// Once, before other threads. `to` gets each line of at least `level` with its fields as text; from any thread.
void redirect(Level level, std::function<void(Level, std::string_view area, std::string_view line)> to);

}  // namespace usher::log
