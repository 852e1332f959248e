#pragma once
/// Runs something in a child process and brings its findings back, so that a crash, an exit or a hang is a finding as
/// well. For programs with one thread. Linux.
#include <usher/conformance/report.hpp>

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>

namespace usher::sdk::conformance {

namespace detail {

inline void write_all(int fd, const std::string& bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t count = ::write(fd, bytes.data() + done, bytes.size() - done);
        if (count <= 0) return;
        done += static_cast<std::size_t>(count);
    }
}

/// Fields with their lengths before them: findings hold any text.
inline std::string pack(const std::vector<std::string>& fields) {
    std::string out;
    for (const auto& field : fields) {
        const std::uint64_t size = field.size();
        out.append(reinterpret_cast<const char*>(&size), sizeof size);
        out += field;
    }
    return out;
}
/// What is whole of it: a child that died has written the beginning.
inline std::vector<std::string> unpack(const std::string& bytes) {
    std::vector<std::string> out;
    for (std::size_t at = 0; bytes.size() - at >= sizeof(std::uint64_t);) {
        std::uint64_t size = 0;
        std::memcpy(&size, bytes.data() + at, sizeof size);
        at += sizeof size;
        if (size > bytes.size() - at) break;
        out.push_back(bytes.substr(at, size));
        at += size;
    }
    return out;
}

}  // namespace detail

/// What became of the child.
struct Ending {
    std::vector<std::string> fields{};  ///< what `body` returned; empty when it did not come to its end
    bool whole = false;
    std::string fate{};  ///< "was killed by signal 11 (Segmentation fault)"; empty when whole
};

/// `body` runs in a child and returns texts. What the child prints goes where ours goes.
inline Ending in_child(const std::function<std::vector<std::string>()>& body, std::chrono::milliseconds limit) {
    int ends[2];
    if (::pipe(ends) != 0) return {.fate = std::string("could not be run: pipe: ") + std::strerror(errno)};
    char folder[] = "/tmp/usher-conformance-XXXXXX";  // what the child writes to relative paths goes away again
    const bool own_folder = ::mkdtemp(folder) != nullptr;
    const pid_t child = ::fork();
    if (child < 0) return {.fate = std::string("could not be run: fork: ") + std::strerror(errno)};
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::close(ends[0]);
        if (own_folder && ::chdir(folder) != 0) ::_exit(125);
        std::string result;
        try {
            std::vector<std::string> fields = body();
            fields.emplace_back("whole");
            result = detail::pack(fields);
        } catch (const std::exception& e) {
            result = detail::pack({std::string("exception: ") + e.what()});
        } catch (...) {
            result = detail::pack({"exception: of unknown type"});
        }
        detail::write_all(ends[1], result);
        ::_exit(0);  // the plugin's exit handlers are not what is tried here
    }
    ::close(ends[1]);
    std::string bytes;
    bool late = false;
    const auto end = std::chrono::steady_clock::now() + limit;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        ::pollfd wait{ends[0], POLLIN, 0};
        const int ready = left.count() <= 0 ? 0 : ::poll(&wait, 1, static_cast<int>(left.count()));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) {
            late = true;
            break;
        }
        char buffer[65536];
        const ssize_t count = ::read(ends[0], buffer, sizeof buffer);
        if (count <= 0) break;
        bytes.append(buffer, static_cast<std::size_t>(count));
    }
    ::close(ends[0]);
    if (late) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    std::error_code ignored;
    if (own_folder) std::filesystem::remove_all(folder, ignored);
    Ending ending{.fields = detail::unpack(bytes)};
    if (!ending.fields.empty() && ending.fields.back() == "whole") {
        ending.fields.pop_back();
        ending.whole = true;
    } else if (!ending.fields.empty() && ending.fields.front().starts_with("exception: ")) {
        ending.fate = "threw an " + ending.fields.front();
        ending.fields.clear();
    } else if (late) {
        ending.fate = "did not come to an end within " + std::to_string(limit.count() / 1000) + " s";
    } else if (WIFSIGNALED(status)) {
        ending.fate =
            "was killed by signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) + ")";
    } else {
        ending.fate = "ended its process with exit status " + std::to_string(WEXITSTATUS(status));
    }
    return ending;
}

inline std::vector<std::string> to_fields(const std::vector<Finding>& findings) {
    std::vector<std::string> out;
    for (const Finding& one : findings)
        for (const std::string& field :
             {std::to_string(static_cast<int>(one.severity)), one.step, one.what, one.expected, one.where})
            out.push_back(field);
    return out;
}
inline std::vector<Finding> to_findings(const std::vector<std::string>& fields) {
    std::vector<Finding> out;
    for (std::size_t i = 0; i + 4 < fields.size(); i += 5)
        out.push_back({static_cast<Severity>(std::atoi(fields[i].c_str())), fields[i + 1], fields[i + 2], fields[i + 3],
                       fields[i + 4]});
    return out;
}

/// A step in a child. A child that does not come to its end is the plugin's fault, whatever it found before.
inline std::vector<Finding> run_isolated(const std::string& step, const std::function<void(Report&)>& body,
                                         std::chrono::milliseconds limit) {
    const Ending ending = in_child(
        [&] {
            Report report(step);
            body(report);
            return to_fields(report.findings());
        },
        limit);
    if (ending.whole) return to_findings(ending.fields);
    Report report(step);
    const bool thrown = ending.fate.starts_with("threw");
    report.error("the plugin " + ending.fate,
                 thrown ? "nothing is thrown across the border"
                        : "to answer: nothing crashes, exits, blocks or runs for ever across the border",
                 thrown ? place::kErrors : place::kThreads);
    return report.findings();
}

}  // namespace usher::sdk::conformance
