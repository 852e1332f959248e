// The machine's part of the doctor: folders, disks, ports, clock, limits, permissions.
#include <netdb.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "app/doctor.hpp"
#include "net/client.hpp"

namespace usher::app {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;
constexpr std::uint64_t kTooLittle = 200 * kMiB;
constexpr std::uint64_t kLittle = 2048 * kMiB;
constexpr std::uint64_t kOwnDescriptors = 256;  // database, plugins, logs, outgoing connections

/// The folder, or the nearest one above it that is there: what is made later lies on its disk.
fs::path existing(fs::path path) {
    std::error_code error;
    while (!path.empty() && !fs::exists(path, error) && path != path.parent_path()) path = path.parent_path();
    return path;
}

void examine_folder(const std::string& area, const fs::path& folder, Diagnoses& out) {
    std::error_code error;
    const fs::path there = existing(folder);
    if (!fs::is_directory(there, error)) {
        out.push_back({Health::bad, area, there.string() + " is no folder", "name another one in the configuration"});
        return;
    }
    if (::access(there.c_str(), W_OK | X_OK) != 0) {
        out.push_back({Health::bad, area, there.string() + " cannot be written: " + std::strerror(errno),
                       "give it to the user that Usher runs as (chown), or run this as that user"});
        return;
    }
    struct statvfs disk {};
    if (::statvfs(there.c_str(), &disk) != 0) {
        out.push_back({Health::worth_a_look, area,
                       "the room on " + there.string() + " is not known: " + std::strerror(errno), ""});
        return;
    }
    const std::uint64_t room = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
    const std::string state =
        folder.string() + (there == folder ? "" : " (made at the first start)") + ", " + human_bytes(room) + " free";
    const bool no_inodes = disk.f_files != 0 && disk.f_favail < 1000;
    if (room < kTooLittle || no_inodes) {
        out.push_back({Health::bad, area, state + (no_inodes ? ", no inodes left" : ""),
                       "make room: when the disk is full nothing is accepted any more (nothing accepted is lost)"});
    } else if (room < kLittle) {
        out.push_back({Health::worth_a_look, area, state, "make room soon"});
    } else {
        out.push_back({Health::good, area, state, ""});
    }
}

/// 0: it can be listened on; else errno.
int try_to_listen(const std::string& host, std::uint16_t port) {
    ::addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    ::addrinfo* found = nullptr;
    const char* name = host == "*" || host.empty() ? nullptr : host.c_str();
    if (::getaddrinfo(name, std::to_string(port).c_str(), &hints, &found) != 0) return EADDRNOTAVAIL;
    int result = EADDRNOTAVAIL;
    const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        const int yes = 1;
        ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        result = ::bind(fd, found->ai_addr, found->ai_addrlen) == 0 && ::listen(fd, 1) == 0 ? 0 : errno;
        ::close(fd);
    }
    ::freeaddrinfo(found);
    return result;
}

/// What answers at a port that is taken.
Result<net::Response> ask(const std::string& url) {
    net::Request request;
    request.url = url;
    request.timeout = std::chrono::seconds(5);
    auto anywhere = net::parse_cidrs({"0.0.0.0/0", "::/0"});
    if (!anywhere) return anywhere.error();
    request.allow_cidrs = std::move(*anywhere);
    net::Client client;
    asio::io_context context;
    auto answer = asio::co_spawn(context, client.send(std::move(request)), asio::use_future);
    context.run();
    return answer.get();
}

std::string reach(const config::Listener& listener, bool tls) {
    const bool any = listener.address == "*" || listener.address == "0.0.0.0" || listener.address == "::";
    std::string host = any ? "localhost" : listener.address;
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    return (tls ? "https://" : "http://") + host + ":" + std::to_string(listener.port);
}

void examine_port(const char* name, const config::Listener& listener, bool tls, bool workspace, Diagnoses& out) {
    const std::string where = listener.address + ":" + std::to_string(listener.port) + " (" + name + ")";
    const std::string setting = "listeners." + std::string(name);
    if (listener.port == 0) return;
    const int fault = try_to_listen(listener.address, listener.port);
    if (fault == 0) {
        out.push_back({Health::good, "ports", where + " is free", ""});
    } else if (fault == EACCES) {
        out.push_back({Health::bad, "ports", where + " may not be listened on by this user",
                       "take a port from 1024 up with a proxy in front, or give the unit "
                       "AmbientCapabilities=CAP_NET_BIND_SERVICE"});
    } else if (fault != EADDRINUSE) {
        out.push_back({Health::bad, "ports", where + ": " + std::strerror(fault),
                       "set " + setting + ".address to an address of this machine, or * for all"});
    } else {
        const auto answer = ask(reach(listener, tls) + (workspace ? "/readyz" : "/files/none"));
        const bool usher = answer &&
                           (answer->status == 200 || answer->status == 503 || (!workspace && answer->status == 404)) &&
                           !net::find_header(answer->headers, "X-Request-Id").empty();
        if (usher && answer->status == 503) {
            out.push_back({Health::bad, "ports",
                           where + ": Usher runs there and is not ready: " + answer->body.substr(0, 200),
                           "read its log; mostly the database cannot be reached"});
        } else if (usher) {
            out.push_back({Health::good, "ports", where + ": Usher runs there", ""});
        } else {
            out.push_back({Health::bad, "ports", where + " is taken by another program",
                           "stop that program (ss -ltnp names it), or set " + setting + ".port to a free one"});
        }
    }
}

bool others_may_read(const fs::path& path, bool folder) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return false;
    return (info.st_mode & (folder ? S_IROTH | S_IXOTH : S_IROTH)) != 0;
}

}  // namespace

std::string human_bytes(std::uint64_t bytes) {
    constexpr std::array<const char*, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < kUnits.size()) {
        value /= 1024;
        ++unit;
    }
    char text[32];
    std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
    return text;
}

void examine_folders(const Premises& premises, Diagnoses& out) {
    examine_folder("data folder", premises.data, out);
    examine_folder("blobs", premises.blobs, out);
}

void examine_ports(const Premises& premises, Diagnoses& out) {
    const config::Settings& s = premises.loaded->settings;
    const bool tls = s.listeners.tls.has_value();
    examine_port("workspace", s.listeners.workspace, tls, true, out);
    examine_port("public", s.listeners.public_, tls, false, out);
    const bool outside = !s.public_url.empty() && s.public_url.find("://127.") == std::string::npos &&
                         s.public_url.find("://localhost") == std::string::npos;
    if (outside && !s.public_url.starts_with("https://"))
        out.push_back({Health::worth_a_look, "ports",
                       "public_url is " + s.public_url + ": customers' messages travel in the clear",
                       "serve it over https, by a proxy or listeners.tls"});
}

void examine_clock(Diagnoses& out) {
    ::timex state{};
    const int code = ::adjtimex(&state);
    if (code < 0) {
        out.push_back(
            {Health::worth_a_look, "clock", std::string("its state cannot be asked for: ") + std::strerror(errno), ""});
    } else if (code == TIME_ERROR || (state.status & STA_UNSYNC) != 0) {
        out.push_back(
            {Health::worth_a_look, "clock", "this machine's clock is not synchronised",
             "run chrony or systemd-timesyncd (in a container: on its host): providers refuse signatures of the wrong "
             "time"});
    } else {
        out.push_back({Health::good, "clock", "synchronised", ""});
    }
}

void examine_limits(const Premises& premises, Diagnoses& out) {
    ::rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    const std::uint64_t needed =
        2 * static_cast<std::uint64_t>(premises.loaded->settings.limits.connections) + kOwnDescriptors;
    const std::string allowed = files.rlim_cur == RLIM_INFINITY ? "unlimited" : std::to_string(files.rlim_cur);
    if (files.rlim_cur != RLIM_INFINITY && files.rlim_cur < needed) {
        out.push_back({Health::worth_a_look, "limits",
                       allowed + " open files are allowed here; limits.connections on two listeners may need " +
                           std::to_string(needed),
                       "LimitNOFILE=" + std::to_string(needed) +
                           " in the unit (ulimit -n in a shell), or a lower limits.connections"});
    } else {
        out.push_back({Health::good, "limits",
                       "open files allowed: " + allowed + ", at most needed: " + std::to_string(needed), ""});
    }
}

void examine_permissions(const Premises& premises, Diagnoses& out) {
    const std::size_t before = out.size();
    std::error_code error;
    const auto complain = [&](const fs::path& path, const std::string& what, const std::string& advice) {
        out.push_back({Health::bad, "permissions", path.string() + " " + what, advice});
    };
    const auto chmod = [](const char* mode, const fs::path& path) {
        return "chmod " + std::string(mode) + " " + path.string();
    };
    for (const auto& path : premises.secret_files) {
        if (others_may_read(path, false))
            complain(path, "holds a secret and everybody on this machine may read it", chmod("o-rwx", path));
    }
    const auto& tls = premises.loaded->settings.listeners.tls;
    if (tls && others_may_read(tls->key, false))
        complain(tls->key, "is a private key and everybody on this machine may read it", chmod("o-rwx", tls->key));
    for (const auto& path : premises.config_files) {
        if (premises.secrets_in_yaml && others_may_read(path, false))
            complain(path, "may hold secrets in the clear and everybody on this machine may read it",
                     chmod("o-rwx", path) + ", or bring them in by ${file:PATH} or ${NAME}");
    }
    if (fs::exists(premises.data, error) && others_may_read(premises.data, true))
        complain(premises.data, "holds all messages and everybody on this machine may look into it",
                 chmod("o-rwx", premises.data));
    if (::geteuid() == 0)
        out.push_back({Health::worth_a_look, "permissions",
                       "this runs as root; the daemon needs no more than its own folder",
                       "run it as a user of its own"});
    if (out.size() == before)
        out.push_back({Health::good, "permissions", "secrets are readable by their owner alone", ""});
}

}  // namespace usher::app
