#pragma once
/// What the helper gives up before it maps a plugin, whose constructors are code already: memory and descriptors
/// without end, new privileges, files (Landlock), other processes (seccomp); it dies with its parent.
#include <string>
#include <vector>

namespace usher::plugins {

/// @returns what this system does not offer; everything else is in force
std::vector<std::string> harden(const std::string& library);

}  // namespace usher::plugins
