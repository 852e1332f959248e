#include "blobs/disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "foundation/text.hpp"

namespace usher::blobs {

namespace {
constexpr std::size_t kHead = 4096;
}

Error disk_error(const std::filesystem::path& where, int reason) {
    if (reason == ENOENT) return {Errc::not_found, where.string() + ": there is no such file"};
    if (reason == ENOSPC || reason == EDQUOT) return {Errc::unavailable, where.string() + ": the disk is full"};
    return {Errc::unavailable, where.string() + ": " + std::strerror(reason)};
}

Descriptor::~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

Result<void> write_all(int fd, std::string_view bytes, const std::filesystem::path& where) {
    while (!bytes.empty()) {
        const ::ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return disk_error(where, errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> sync_file(int fd, const std::filesystem::path& where) {
    if (::fsync(fd) != 0) return disk_error(where, errno);
    return {};
}

Result<void> sync_folder(const std::filesystem::path& folder) {
    const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0) return disk_error(folder, errno);
    return sync_file(fd.get(), folder);
}

Result<bool> make_folder(const std::filesystem::path& folder) {
    if (::mkdir(folder.c_str(), 0750) == 0) return true;
    if (errno == EEXIST) return false;
    return disk_error(folder, errno);
}

Digest::Digest() : context_(EVP_MD_CTX_new()) {
    EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
}

void Digest::add(std::string_view bytes) {
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
    size_ += bytes.size();
    if (head_.size() < kHead) head_ += bytes.substr(0, kHead - head_.size());
}

std::string Digest::hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), raw.data(), &size);
    return to_hex({reinterpret_cast<const char*>(raw.data()), size});
}

}  // namespace usher::blobs
