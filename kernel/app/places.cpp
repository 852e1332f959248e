#include "app/places.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace usher::app {
namespace fs = std::filesystem;
namespace {

Error cannot(const std::string& what, const fs::path& path, int error) {
    return {Errc::unavailable, what + " " + path.string() + ": " + std::strerror(error)};
}

fs::path program_folder() {
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    return error ? fs::path(".") : self.parent_path();
}

}  // namespace

Result<fs::path> prepare_data_folder(const fs::path& folder) {
    std::error_code error;
    const fs::path absolute = fs::absolute(folder, error);
    fs::create_directories(absolute, error);
    if (error) return cannot("cannot make the data folder", absolute, error.value());
    if (::access(absolute.c_str(), W_OK | X_OK) != 0) return cannot("cannot write to the data folder", absolute, errno);
    const fs::path probe = absolute / ".usher-probe";
    const int fd = ::open(probe.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC | O_TRUNC, 0600);
    if (fd < 0) return cannot("cannot write to the data folder", absolute, errno);
    ::close(fd);
    ::unlink(probe.c_str());
    return absolute;
}

fs::path look_up(const fs::path& folder, const std::vector<fs::path>& beside_program) {
    if (folder.is_absolute()) return folder;
    std::error_code error;
    for (const auto& candidate : beside_program) {
        const fs::path path = program_folder() / candidate;
        if (fs::is_directory(path, error)) return fs::weakly_canonical(path, error);
    }
    return fs::absolute(folder, error);
}

fs::path beside_program(const std::vector<fs::path>& candidates) {
    std::error_code error;
    for (const auto& candidate : candidates) {
        const fs::path path = program_folder() / candidate;
        if (fs::is_directory(path, error)) return fs::weakly_canonical(path, error);
    }
    return {};
}

fs::path default_workspace() {
    std::error_code error;
    for (const char* candidate : {"../share/usher/workspace", "../../../plugins/workspace/build"}) {
        const fs::path path = program_folder() / candidate;
        if (fs::is_regular_file(path / "index.html", error)) return fs::weakly_canonical(path, error);
    }
    return {};
}

}  // namespace usher::app
