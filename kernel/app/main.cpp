// usherd: the daemon. Exit codes: 0 after a stop that was asked for, 1 when it could not start.
#include <pthread.h>
#include <sys/prctl.h>

#include <csignal>
#include <cstdio>

#include "app/daemon.hpp"
#include "app/options.hpp"
#include "foundation/log.hpp"

namespace {

/// Blocked in every thread, so that main takes them one after the other.
sigset_t block_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return set;
}

int run(usher::app::Options options) {
    ::prctl(PR_SET_DUMPABLE, 0);  // a plugin's process of the same user may not look into this one
    const sigset_t signals = block_signals();
    usher::app::Daemon daemon(std::move(options));
    if (auto started = daemon.start(); !started) {
        daemon.stop();
        usher::log::flush();
        std::fprintf(stderr, "usherd: %s\n", started.error().message.c_str());
        return 1;
    }
    for (;;) {
        int signal = 0;
        if (sigwait(&signals, &signal) != 0) continue;
        if (signal == SIGHUP) {
            daemon.reload();
            continue;
        }
        usher::log::info("app", "stopping", {{"signal", signal == SIGINT ? "SIGINT" : "SIGTERM"}});
        daemon.stop();
        usher::log::flush();
        return 0;
    }
}

}  // namespace

int main(int argc, char** argv) {
    auto parsed = usher::app::parse_options(argc, argv);
    if (parsed.exit_code) return *parsed.exit_code;
    try {
        return run(std::move(parsed.options));
    } catch (const std::exception& e) {
        usher::log::flush();
        std::fprintf(stderr, "usherd: %s\n", e.what());
        return 1;
    }
}
