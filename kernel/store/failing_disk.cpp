#include "store/failing_disk.hpp"

#include <sqlite3.h>

#include <atomic>
#include <map>
#include <mutex>

namespace usher::store::testing {
namespace {

std::atomic<FailingDisk::Fails> g_fails = FailingDisk::Fails::never;
std::atomic<int> g_failures = 0;
std::mutex g_mutex;
std::map<const sqlite3_io_methods*, sqlite3_io_methods> g_copies;  // the real ones -> ours
std::map<const sqlite3_io_methods*, const sqlite3_io_methods*> g_real;
sqlite3_vfs* g_disk = nullptr;
sqlite3_vfs g_vfs;

const sqlite3_io_methods* real_of(const sqlite3_file* file) {
    const std::lock_guard lock(g_mutex);
    return g_real.at(file->pMethods);
}

int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
    switch (g_fails.load()) {
        case FailingDisk::Fails::never:
            break;
        case FailingDisk::Fails::full:
            ++g_failures;
            return SQLITE_FULL;
        case FailingDisk::Fails::broken:
            ++g_failures;
            return SQLITE_IOERR_WRITE;
    }
    return real_of(file)->xWrite(file, bytes, count, at);
}

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    const int rc = g_disk->xOpen(g_disk, name, file, flags, out_flags);
    if (rc != SQLITE_OK || (flags & SQLITE_OPEN_WAL) == 0 || file->pMethods == nullptr) return rc;
    const std::lock_guard lock(g_mutex);
    const auto [copy, made] = g_copies.try_emplace(file->pMethods, *file->pMethods);
    if (made) copy->second.xWrite = write;
    g_real[&copy->second] = copy->first;
    file->pMethods = &copy->second;
    return rc;
}

}  // namespace

FailingDisk::FailingDisk() {
    g_disk = sqlite3_vfs_find(nullptr);
    g_vfs = *g_disk;
    g_vfs.zName = "failing";
    g_vfs.pNext = nullptr;
    g_vfs.xOpen = open;
    set(Fails::never);
    g_failures = 0;
    sqlite3_vfs_register(&g_vfs, 1);
}

FailingDisk::~FailingDisk() {
    set(Fails::never);
    sqlite3_vfs_unregister(&g_vfs);
    sqlite3_vfs_register(g_disk, 1);
}

void FailingDisk::set(Fails fails) {
    g_fails = fails;
}

int FailingDisk::failures() const {
    return g_failures;
}

}  // namespace usher::store::testing
