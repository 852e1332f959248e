#include "store/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace usher::store {

Result<FolderLock> FolderLock::take(const std::string& database_file) {
    const std::string path = database_file + ".lock";
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return Error{Errc::unavailable, "cannot open " + path + ": " + std::strerror(errno)};
    }
    FolderLock lock(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        char holder[24] = {};
        const auto size = ::pread(descriptor, holder, sizeof holder - 1, 0);
        std::string who = size > 0 ? " (process " + std::string(holder, static_cast<std::size_t>(size)) + ")" : "";
        return Error{Errc::conflict, "another Usher" + who + " is using " + database_file};
    }
    const std::string own = std::to_string(::getpid());
    if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, own.data(), own.size(), 0) < 0) {
        return Error{Errc::unavailable, "cannot write " + path + ": " + std::strerror(errno)};
    }
    return lock;
}

FolderLock::~FolderLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> make_private_file(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return Error{Errc::unavailable, "cannot open " + path + ": " + std::strerror(errno)};
    ::close(descriptor);
    return {};
}

}  // namespace usher::store
