#include "app/places.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "foundation/crypto.hpp"

namespace usher::app {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kSecretBytes = 32;

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

Result<std::string> secret_of(const fs::path& file) {
    for (int attempt = 0; attempt < 2; ++attempt) {
        const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            std::string bytes(kSecretBytes + 1, '\0');
            const auto n = ::read(fd, bytes.data(), bytes.size());
            ::close(fd);
            if (n != static_cast<ssize_t>(kSecretBytes)) {
                return Error{Errc::invalid, file.string() +
                                                " does not hold 32 bytes; restore it, or remove it to have a new key "
                                                "made (what it sealed is lost then)"};
            }
            bytes.resize(kSecretBytes);
            return bytes;
        }
        if (errno != ENOENT) return cannot("cannot read", file, errno);
        const std::string made = crypto::random_bytes(kSecretBytes);
        const int out = ::open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
        if (out < 0 && errno == EEXIST) continue;
        if (out < 0) return cannot("cannot write", file, errno);
        const bool whole =
            ::write(out, made.data(), made.size()) == static_cast<ssize_t>(made.size()) && ::fsync(out) == 0;
        const int error = errno;
        ::close(out);
        if (!whole) {
            ::unlink(file.c_str());
            return cannot("cannot write", file, error);
        }
        return made;
    }
    return cannot("cannot read", file, EBUSY);
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

fs::path default_workspace() {
    std::error_code error;
    for (const char* candidate : {"../share/usher/workspace", "../../../plugins/workspace/build"}) {
        const fs::path path = program_folder() / candidate;
        if (fs::is_regular_file(path / "index.html", error)) return fs::weakly_canonical(path, error);
    }
    return {};
}

}  // namespace usher::app
