// usherctl: the operator's and the plugin author's tool. Exit codes: 0 good, 1 faults were found, 2 could not look.
#include <cstdio>
#include <exception>

#include "app/ctl.hpp"

int main(int argc, char** argv) {
    try {
        return usher::app::run_usherctl(argc, argv);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "usherctl: %s\n", e.what());
        return usher::app::kCannot;
    }
}
