#pragma once
/// The loads that main.cpp offers. Each prints one line of JSON; what went wrong is thrown.
#include "options.hpp"

namespace usher::bench {

/// Customers' messages over the open channel, a fixed number of them under way at once.
void inbound(const Options& options);
/// One GET over and over.
void get(const Options& options);
/// Agents' replies by the API, each timed until its message is `sent` on a realtime socket.
void replies(const Options& options);
/// WebSockets that stand open and are sent to: told what to do by lines on standard input.
void sockets(const Options& options);

}  // namespace usher::bench
