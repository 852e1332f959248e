/// The load generator of tests/bench: `usher_bench_load inbound|get|replies|sockets --name value ...`, one line of JSON
/// out. One thread, one epoll: it must cost less than what it measures.
#include <cstdio>
#include <exception>
#include <string_view>

#include "loads.hpp"

int main(int count, char** words) {
    using namespace usher::bench;
    try {
        const std::string_view what = count > 1 ? words[1] : "";
        const Options options(count - 2, words + 2);
        if (what == "inbound") {
            inbound(options);
        } else if (what == "get") {
            get(options);
        } else if (what == "replies") {
            replies(options);
        } else if (what == "sockets") {
            sockets(options);
        } else {
            std::fprintf(stderr, "usher_bench_load: expected inbound, get, replies or sockets\n");
            return 2;
        }
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "usher_bench_load: %s\n", e.what());
        return 1;
    }
}
