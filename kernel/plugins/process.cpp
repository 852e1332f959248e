#include "plugins/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/dll/runtime_symbol_info.hpp>
#include <cstring>
#include <system_error>

#include "plugins/link.hpp"

namespace usher::plugins {
namespace {

constexpr int kLinkFd = 3;
constexpr int kHigh = 10;    // away from the numbers that the child gets
constexpr int kGrace = 500;  // ms in which one that closed its link ends by itself

std::string system_text(int error) {
    return std::generic_category().message(error);
}

Fd moved_up(const Fd& fd) {
    return Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kHigh));
}

struct Actions {
    posix_spawn_file_actions_t raw{};
    Actions() { ::posix_spawn_file_actions_init(&raw); }
    ~Actions() { ::posix_spawn_file_actions_destroy(&raw); }
    Actions(const Actions&) = delete;
    Actions& operator=(const Actions&) = delete;
};
struct Attributes {
    posix_spawnattr_t raw{};
    Attributes() { ::posix_spawnattr_init(&raw); }
    ~Attributes() { ::posix_spawnattr_destroy(&raw); }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
};

/// What a program needs to run at all; nothing of ours.
std::vector<std::string> environment() {
    std::vector<std::string> out{"PATH=/usr/bin:/bin", "LANG=C.UTF-8"};
    for (const char* name : {"TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"}) {
        if (const char* value = ::getenv(name)) out.push_back(std::string(name) + "=" + value);
    }
    return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (auto& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

}  // namespace

std::string helper_program() {
    try {
        return (boost::dll::program_location().parent_path() / "usher-plugin-host").string();
    } catch (const std::exception&) {
        return "usher-plugin-host";
    }
}

Result<Process> start_helper(const std::string& program, const std::vector<std::string>& arguments) {
    auto ends = Link::pair();
    if (!ends) return ends.error();
    int raw[2];
    if (::pipe2(raw, O_CLOEXEC) != 0) return Error{Errc::unavailable, "no pipe: " + system_text(errno)};
    Process out;
    out.link = std::move(ends->first);
    out.errors = Fd(raw[0]);
    const Fd theirs_low = std::move(ends->second), errors_low(raw[1]);
    const Fd theirs = moved_up(theirs_low), errors = moved_up(errors_low);
    if (!theirs || !errors || ::fcntl(out.errors.get(), F_SETFL, O_NONBLOCK) != 0)
        return Error{Errc::unavailable, "no descriptor: " + system_text(errno)};

    Actions actions;
    ::posix_spawn_file_actions_addopen(&actions.raw, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions.raw, errors.get(), 1);
    ::posix_spawn_file_actions_adddup2(&actions.raw, errors.get(), 2);
    ::posix_spawn_file_actions_adddup2(&actions.raw, theirs.get(), kLinkFd);
    ::posix_spawn_file_actions_addclosefrom_np(&actions.raw, kLinkFd + 1);
    ::posix_spawn_file_actions_addchdir_np(&actions.raw, "/");
    Attributes attributes;
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes.raw, &none);
    ::posix_spawnattr_setsigdefault(&attributes.raw, &all);
    ::posix_spawnattr_setpgroup(&attributes.raw, 0);  // Ctrl-C is for the kernel, which drains
    ::posix_spawnattr_setflags(&attributes.raw, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    std::vector<std::string> words{program};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> variables = environment();
    const int error = ::posix_spawn(&out.pid, program.c_str(), &actions.raw, &attributes.raw, pointers(words).data(),
                                    pointers(variables).data());
    if (error != 0) return Error{Errc::unavailable, "cannot start " + program + ": " + system_text(error)};
    return out;
}

namespace {

/// Waits until the process has ended, but not for long.
void wait_a_little(pid_t pid) {
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (fd < 0) return;
    pollfd one{fd, POLLIN, 0};
    ::poll(&one, 1, kGrace);
    ::close(fd);
}

}  // namespace

std::string end_helper(pid_t pid, const std::string& killed_for) {
    int status = 0;
    if (killed_for.empty()) wait_a_little(pid);
    pid_t got = ::waitpid(pid, &status, WNOHANG);
    const bool alive = got == 0;
    if (got == 0) {
        ::kill(pid, SIGKILL);
        do {
            got = ::waitpid(pid, &status, 0);
        } while (got < 0 && errno == EINTR);
    }
    if (got != pid) return "ended (its status was taken by somebody else)";
    if (WIFEXITED(status)) return "ended with exit status " + std::to_string(WEXITSTATUS(status));
    const int number = WTERMSIG(status);
    if (number == SIGKILL && alive)
        return "was killed: " + (killed_for.empty() ? std::string("it closed its connection") : killed_for);
    const char* name = ::sigabbrev_np(number);
    return "was killed by signal " + std::to_string(number) + (name ? std::string(" (SIG") + name + ")" : "");
}

}  // namespace usher::plugins
