#pragma once
/// The log's level, changed while everything runs.
#include "foundation/log.hpp"

namespace usher::log {

void set_level(Level level);

}  // namespace usher::log
