#pragma once
/// One program per SQLite file: a lock beside it that ends with the process, however that ends.
#include <string>
#include <utility>

#include "foundation/error.hpp"

namespace usher::store {

class FolderLock final {
public:
    /// Errc::conflict names the process that has it.
    static Result<FolderLock> take(const std::string& database_file);
    FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    FolderLock& operator=(FolderLock&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~FolderLock();

private:
    explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

/// Makes the file if it is missing, readable by its owner alone: SQLite's own files beside it then follow.
Result<void> make_private_file(const std::string& path);

}  // namespace usher::store
