#pragma once
/// The system calls below blobs, with errors that say what and where. Blocking: on the blob threads only. Internal.
#include <openssl/evp.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "foundation/error.hpp"

namespace usher::blobs {

/// errno as an Error. Errc::unavailable, Errc::not_found for ENOENT.
Error disk_error(const std::filesystem::path& where, int reason);

/// A descriptor that closes.
class Descriptor final {
public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }

private:
    int fd_;
};

Result<void> write_all(int fd, std::string_view bytes, const std::filesystem::path& where);
Result<void> sync_file(int fd, const std::filesystem::path& where);
Result<void> sync_folder(const std::filesystem::path& folder);
/// True when it was made now.
Result<bool> make_folder(const std::filesystem::path& folder);

/// SHA-256 while bytes go by, and the first of them for sniffing.
class Digest final {
public:
    Digest();
    void add(std::string_view bytes);
    std::string hex();
    std::uint64_t size() const { return size_; }
    std::string_view head() const { return head_; }

private:
    struct Free {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> context_;
    std::uint64_t size_ = 0;
    std::string head_;
};

}  // namespace usher::blobs
