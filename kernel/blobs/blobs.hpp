#pragma once
/// Large bytes: files named by the SHA-256 of what is in them, FOLDER/ab/cdef.... What seal() answered is on the disk,
/// file and folders synced, so a commit may name it. All disk work is done on threads of its own; callers await.
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/async.hpp"

namespace usher::blobs {

struct Settings {
    std::filesystem::path folder;  // made when absent
    int threads = 2;
    std::uint64_t limit_bytes = 100ull * 1024 * 1024;  // of one blob, where a caller names no smaller one
    std::uint64_t min_free_bytes = 0;                  // the disk's; with less nothing new is taken
};

struct Sealed {
    std::string hash;  // 64 characters of lower-case hex
    std::uint64_t size = 0;
    std::string mime;  // sniffed (blobs/sniff.hpp), never claimed
};

/// An open file. Closes with the last reference.
class File final {
public:
    File(int fd, std::uint64_t size) : fd_(fd), size_(size) {}
    ~File();
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int fd() const { return fd_; }
    std::uint64_t size() const { return size_; }
    /// The descriptor becomes the caller's to close.
    int release();

private:
    int fd_;
    std::uint64_t size_;
};

/// A blob being written. Dropped unsealed, its file goes. One call at a time.
class Draft final {
public:
    ~Draft();
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;
    /// For writers outside (net::Request::response_fd, a plugin): borrowed, or dup() it. What was written through it is
    /// counted at the seal, and seal() copies, so that a writer who keeps it cannot change a sealed blob.
    int fd();
    std::uint64_t limit_bytes() const;

private:
    friend class Blobs;
    struct Impl;
    explicit Draft(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// A file of somebody else's, an upload that may be refused yet: open() and path_of() know it by its hash while this
/// lives. It is no blob until keep().
class Loan final {
public:
    ~Loan();
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    const std::string& hash() const { return hash_; }

private:
    friend class Blobs;
    struct Table;
    Loan(std::shared_ptr<Table> table, std::string hash, std::filesystem::path path);
    std::shared_ptr<Table> table_;
    std::string hash_;
    std::filesystem::path path_;
};

/// Thread-safe. Errors: Errc::unavailable when the disk is full or fails (text says which), Errc::too_large over a
/// limit, Errc::not_found, Errc::invalid for what is no hash.
class Blobs final {
public:
    /// Makes the folders and tries to write there.
    static Result<std::unique_ptr<Blobs>> open(Settings settings);
    ~Blobs();  // finishes what was begun

    /// `limit_bytes` 0: the settings' limit.
    Task<Result<std::shared_ptr<Draft>>> create(std::uint64_t limit_bytes = 0);
    Task<Result<void>> write(std::shared_ptr<Draft> draft, std::string bytes);
    Task<Result<Sealed>> seal(std::shared_ptr<Draft> draft);

    /// create, write and seal in one.
    Task<Result<Sealed>> store(std::string bytes, std::uint64_t limit_bytes = 0);
    /// From a file, or `length` bytes of it from `offset`: an upload, a part of one.
    Task<Result<Sealed>> store_file(std::filesystem::path path, std::uint64_t limit_bytes = 0, std::uint64_t offset = 0,
                                    std::uint64_t length = UINT64_MAX);

    /// Reads the file once and writes nothing.
    Task<Result<std::shared_ptr<Loan>>> lend(std::filesystem::path path, std::uint64_t limit_bytes = 0);
    /// Whether keep() has something to do: a hash lent and not yet kept.
    bool lent(std::string_view hash) const;
    /// Seals what is lent under this hash, before anything durable names it. Nothing to do for others.
    Task<Result<void>> keep(std::string hash);

    Task<Result<std::shared_ptr<File>>> open(std::string hash);
    /// Whole, into memory. Errc::too_large over `limit_bytes`.
    Task<Result<std::string>> read(std::string hash, std::uint64_t limit_bytes);
    /// True when it was there. A blob sealed (again) within `min_age` stays: a new reference may be about to be
    /// committed.
    Task<Result<bool>> remove(std::string hash, std::chrono::seconds min_age = std::chrono::seconds{0});
    /// Where it lies, for http::file_response. Errc::invalid for what is no hash. Does not look.
    Result<std::filesystem::path> path_of(std::string_view hash) const;
    /// Hashes of up to `limit` blobs after `after` in order: for the sweeper.
    Task<Result<std::vector<std::string>>> list(std::string after, std::size_t limit);

private:
    struct Impl;
    explicit Blobs(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace usher::blobs
