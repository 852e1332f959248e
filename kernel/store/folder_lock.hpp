#pragma once
/// One program per SQLite file: a lock beside it that ends with the process, however that ends.
#include <string>

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

}  // namespace usher::store
