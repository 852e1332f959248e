#pragma once
/// How plugins' processes are started and watched.
#include <chrono>
#include <string>

namespace usher::plugins {

struct HelperOptions {
    std::string program;  // empty: usher-plugin-host beside the running program
    std::chrono::milliseconds ping{5'000};
    int missed_pings = 3;  // in a row: it is killed
    std::chrono::milliseconds describe{10'000};
    /// A helper keeps deadlines by itself; so much later the kernel no longer waits for it to say so.
    std::chrono::milliseconds slack{1'000};
    std::chrono::milliseconds back_off{1'000}, longest_back_off{60'000};  // doubled from crash to crash
    std::chrono::milliseconds settled{60'000};                            // alive for so long: back_off begins anew
    std::chrono::milliseconds own_for{3'600'000};  // after a crash in the middle of an operation: a process of its own
    int crashes = 3;                               // of its own process in that time: disabled
};

}  // namespace usher::plugins
