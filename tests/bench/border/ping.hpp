#pragma once
/// The yardstick: a bare round trip over a socketpair to another process that does nothing but answer.
#include <sys/types.h>

#include <cstddef>
#include <string>

namespace usher::bench {

class Ping {
public:
    /// Forks the other end; it answers every `request` bytes with `answer` bytes.
    Ping(std::size_t request, std::size_t answer);
    ~Ping();
    Ping(const Ping&) = delete;
    Ping& operator=(const Ping&) = delete;

    /// `count` round trips with up to `window` under way at once.
    void run(std::size_t count, std::size_t window);

private:
    std::string request_, answer_;
    int fd_ = -1;
    pid_t child_ = -1;
};

}  // namespace usher::bench
