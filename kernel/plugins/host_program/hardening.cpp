#include "plugins/host_program/hardening.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace usher::plugins {
namespace {

constexpr rlim_t kAddressSpace = rlim_t{4} << 30;
constexpr rlim_t kDescriptors = 1024;

void limit(int resource, rlim_t most) {
    rlimit now{};
    if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &now) != 0) return;
    now.rlim_max = std::min(now.rlim_max, most);
    now.rlim_cur = std::min(now.rlim_cur, now.rlim_max);
    ::setrlimit(static_cast<__rlimit_resource_t>(resource), &now);
}

// ---- files ----------------------------------------------------------------------------------------------------------

constexpr std::uint64_t kReadFile = LANDLOCK_ACCESS_FS_READ_FILE, kReadDir = LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kWriteFile = LANDLOCK_ACCESS_FS_WRITE_FILE;
constexpr std::uint64_t kAllOfFirst = (std::uint64_t{1} << 13) - 1;  // what every Landlock knows
constexpr std::uint64_t kRefer = std::uint64_t{1} << 13, kTruncate = std::uint64_t{1} << 14;

/// What a library, TLS and a resolver read.
constexpr const char* kReadable[] = {"/usr",
                                     "/lib",
                                     "/lib64",
                                     "/etc/ld.so.cache",
                                     "/etc/ssl/certs",
                                     "/etc/ssl/openssl.cnf",
                                     "/etc/ca-certificates",
                                     "/etc/resolv.conf",
                                     "/etc/hosts",
                                     "/etc/nsswitch.conf",
                                     "/etc/gai.conf",
                                     "/etc/host.conf",
                                     "/etc/services",
                                     "/etc/protocols",
                                     "/etc/localtime",
                                     "/run/systemd/resolve",
                                     "/dev/urandom",
                                     "/dev/random",
                                     "/proc/self",
                                     "/proc/meminfo",
                                     "/proc/cpuinfo",
                                     "/sys/devices/system/cpu"};

void allow(int rules, const char* path, std::uint64_t access) {
    const int fd = ::open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) return;  // not on this system
    struct stat what {};
    if (::fstat(fd, &what) == 0 && !S_ISDIR(what.st_mode)) access &= ~kReadDir;
    landlock_path_beneath_attr rule{};
    rule.allowed_access = access;
    rule.parent_fd = fd;
    ::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    ::close(fd);
}

bool restrict_files(const std::string& library) {
    const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1) return false;
    landlock_ruleset_attr attributes{};
    attributes.handled_access_fs = kAllOfFirst;
    if (version >= 2) attributes.handled_access_fs |= kRefer;
    if (version >= 3) attributes.handled_access_fs |= kTruncate;
    const int rules =
        static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes.handled_access_fs, 0));
    if (rules < 0) return false;
    for (const char* path : kReadable) allow(rules, path, kReadFile | kReadDir);
    allow(rules, library.c_str(), kReadFile);
    allow(rules, "/dev/null", kReadFile | kWriteFile);
    const bool done = ::syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    ::close(rules);
    return done;
}

// ---- other processes, and the system --------------------------------------------------------------------------------

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif

/// Refused with EPERM whatever their arguments.
constexpr std::uint32_t kRefused[] = {
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kexec_load,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_swapon,
    SYS_swapoff,
    SYS_reboot,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_userfaultfd,
    SYS_open_by_handle_at,
    SYS_unshare,
    SYS_setns,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_tkill,
#ifdef SYS_pidfd_getfd
    SYS_pidfd_getfd,
#endif
#ifdef SYS_pidfd_send_signal
    SYS_pidfd_send_signal,
#endif
#ifdef SYS_process_madvise
    SYS_process_madvise,
#endif
};
/// Allowed for the process itself alone (its id, or 0), by the first argument.
constexpr std::uint32_t kOwnOnly[] = {SYS_kill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_prlimit64};

bool restrict_calls() {
    if (kArchitecture == 0) return false;
    const auto own = static_cast<std::uint32_t>(::getpid());
    constexpr std::uint32_t kRefuse = SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA);
    const auto load = [](std::size_t offset) {
        return sock_filter(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
    };
    const auto equal = [](std::uint32_t value, std::uint8_t yes, std::uint8_t no) {
        return sock_filter(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no));
    };
    const auto end = [](std::uint32_t with) { return sock_filter(BPF_STMT(BPF_RET | BPF_K, with)); };
    std::vector<sock_filter> program{load(offsetof(seccomp_data, arch)), equal(kArchitecture, 1, 0), end(kRefuse),
                                     load(offsetof(seccomp_data, nr))};
    program.push_back(sock_filter(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000U, 0, 1)));  // x32's numbers
    program.push_back(end(kRefuse));
    for (const std::uint32_t number : kRefused) {
        program.push_back(equal(number, 0, 1));
        program.push_back(end(kRefuse));
    }
    for (const std::uint32_t number : kOwnOnly) {
        program.push_back(equal(number, 0, 5));
        program.push_back(load(offsetof(seccomp_data, args)));
        program.push_back(equal(own, 2, 0));
        program.push_back(equal(number == SYS_prlimit64 ? 0 : own, 1, 0));
        program.push_back(end(kRefuse));
        program.push_back(end(SECCOMP_RET_ALLOW));
    }
    program.push_back(end(SECCOMP_RET_ALLOW));
    const sock_fprog whole{static_cast<unsigned short>(program.size()), program.data()};
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &whole) == 0;
}

}  // namespace

std::vector<std::string> harden(const std::string& library) {
    std::vector<std::string> missing;
    const pid_t parent = ::getppid();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(0);  // it died before we asked to be told
    ::prctl(PR_SET_DUMPABLE, 0);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NOFILE, kDescriptors);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they map terabytes
    limit(RLIMIT_AS, kAddressSpace);
#endif
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) missing.emplace_back("no_new_privs");
    if (!restrict_files(library)) missing.emplace_back("Landlock");
    if (!restrict_calls()) missing.emplace_back("seccomp");
    return missing;
}

}  // namespace usher::plugins
