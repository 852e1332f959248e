#pragma once

namespace usher::app {

inline constexpr char kVersion[] = USHER_VERSION;

}  // namespace usher::app
