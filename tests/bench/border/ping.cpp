#include "ping.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace usher::bench {
namespace {

bool read_all(int fd, char* into, std::size_t size) {
    while (size > 0) {
        const ssize_t got = ::read(fd, into, size);
        if (got <= 0) return false;
        into += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

bool write_all(int fd, const char* from, std::size_t size) {
    while (size > 0) {
        const ssize_t done = ::send(fd, from, size, MSG_NOSIGNAL);
        if (done <= 0) return false;
        from += done;
        size -= static_cast<std::size_t>(done);
    }
    return true;
}

}  // namespace

Ping::Ping(std::size_t request, std::size_t answer) : request_(request, 'q'), answer_(answer, 'a') {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("no socketpair");
    fd_ = ends[0];
    child_ = ::fork();
    if (child_ < 0) throw std::runtime_error("no fork");
    if (child_ == 0) {
        ::close(ends[0]);
        while (read_all(ends[1], request_.data(), request_.size()) &&
               write_all(ends[1], answer_.data(), answer_.size())) {
        }
        ::_exit(0);
    }
    ::close(ends[1]);
}

Ping::~Ping() {
    ::close(fd_);
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
}

void Ping::run(std::size_t count, std::size_t window) {
    std::size_t sent = 0;
    for (std::size_t got = 0; got < count; ++got) {
        for (; sent < count && sent - got < window; ++sent) {
            if (!write_all(fd_, request_.data(), request_.size())) throw std::runtime_error("the other end is gone");
        }
        if (!read_all(fd_, answer_.data(), answer_.size())) throw std::runtime_error("the other end is gone");
    }
}

}  // namespace usher::bench
