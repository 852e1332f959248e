#pragma once
/// For tests: SQLite's file system, whose journal can be made to fail while it is written.

namespace usher::store::testing {

/// While one exists, SQLite databases opened anew go through it. One at a time.
class FailingDisk final {
public:
    enum class Fails { never, full, broken };

    FailingDisk();
    ~FailingDisk();
    FailingDisk(const FailingDisk&) = delete;
    FailingDisk& operator=(const FailingDisk&) = delete;

    /// How writes to journals end from now on.
    void set(Fails fails);
    /// Writes that failed.
    int failures() const;
};

}  // namespace usher::store::testing
