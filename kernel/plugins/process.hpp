#pragma once
/// Starts usher-plugin-host: descriptor 3 is the link, standard error comes back to the log, nothing else is inherited,
/// neither descriptors nor the environment.
#include <sys/types.h>

#include <string>
#include <vector>

#include "foundation/error.hpp"
#include "plugins/abi.hpp"

namespace usher::plugins {

struct Process {
    pid_t pid = -1;
    Fd link;    // our end of the socketpair
    Fd errors;  // what it writes to standard output and error
};

/// The helper beside the running program.
std::string helper_program();
/// On a thread that lives as long as the child may: the child dies with it.
Result<Process> start_helper(const std::string& program, const std::vector<std::string>& arguments);
/// Takes its status: "was killed by signal 11 (SIGSEGV)". `killed_for`: why we kill it; empty: it closed its link, and
/// has a moment to end by itself.
std::string end_helper(pid_t pid, const std::string& killed_for);

}  // namespace usher::plugins
