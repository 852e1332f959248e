#include "blobs/blobs.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <map>
#include <mutex>

#include "blobs/disk.hpp"
#include "blobs/sniff.hpp"
#include "foundation/log.hpp"

namespace usher::blobs {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kChunk = 256 * 1024;
constexpr auto kStaleDraft = std::chrono::hours(24);

/// Runs `work` (no arguments, no exceptions, a value) on the pool; the coroutine goes on where it was.
template <class F>
auto on_pool(asio::thread_pool& pool, F work) -> Task<std::invoke_result_t<F&>> {
    using T = std::invoke_result_t<F&>;
    auto start = [&pool](auto handler, F todo) {
        auto guard = asio::make_work_guard(asio::get_associated_executor(handler));
        asio::post(pool, [handler = std::move(handler), guard = std::move(guard), todo = std::move(todo)]() mutable {
            T result = todo();
            auto executor = guard.get_executor();
            asio::post(executor, [handler = std::move(handler), result = std::move(result)]() mutable {
                std::move(handler)(std::move(result));
            });
        });
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(T)>(
        std::move(start), asio::use_awaitable, std::move(work));
}

bool is_hash(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Error too_large(std::uint64_t limit) {
    return {Errc::too_large, "the file is longer than " + std::to_string(limit) + " bytes"};
}

}  // namespace

File::~File() {
    if (fd_ >= 0) ::close(fd_);
}

int File::release() {
    return std::exchange(fd_, -1);
}

struct Draft::Impl {
    fs::path path;
    Descriptor file;
    std::uint64_t limit = 0;
    Digest digest;
    bool shared = false;  // somebody else may write, or have written
    bool sealed = false;
    bool broken = false;  // a write failed: what is there is not what was meant
};

Draft::Draft(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Draft::~Draft() {
    if (!impl_->sealed) ::unlink(impl_->path.c_str());
}

int Draft::fd() {
    impl_->shared = true;
    return impl_->file.get();
}

std::uint64_t Draft::limit_bytes() const {
    return impl_->limit;
}

struct Loan::Table {
    struct Row {
        fs::path path;
        bool kept = false;
    };
    mutable std::mutex mutex;
    std::multimap<std::string, Row, std::less<>> rows;  // by hash: the same bytes may come twice at once

    std::optional<fs::path> path_of(std::string_view hash) const {
        const std::lock_guard lock(mutex);
        const auto found = rows.find(hash);
        if (found == rows.end()) return std::nullopt;
        return found->second.path;
    }
};

Loan::Loan(std::shared_ptr<Table> table, std::string hash, fs::path path)
    : table_(std::move(table)), hash_(std::move(hash)), path_(std::move(path)) {
    const std::lock_guard lock(table_->mutex);
    table_->rows.emplace(hash_, Table::Row{path_});
}

Loan::~Loan() {
    const std::lock_guard lock(table_->mutex);
    const auto [from, to] = table_->rows.equal_range(hash_);
    const auto mine = std::find_if(from, to, [&](const auto& row) { return row.second.path == path_; });
    if (mine != to) table_->rows.erase(mine);
}

/// The blocking half; every function on the pool but path_of.
struct Blobs::Impl {
    explicit Impl(Settings s) : settings(std::move(s)), pool(static_cast<std::size_t>(std::max(1, settings.threads))) {}

    const Settings settings;
    std::atomic<std::uint64_t> next{1};
    std::mutex names;  // a removal and a seal of the same bytes do not interleave
    const std::shared_ptr<Loan::Table> loans = std::make_shared<Loan::Table>();
    asio::thread_pool pool;

    fs::path drafts() const { return settings.folder / "tmp"; }

    fs::path path_of(std::string_view hash) const { return settings.folder / hash.substr(0, 2) / hash.substr(2); }

    /// A disk that is nearly full keeps its rest for the database.
    Result<void> check_space() const {
        struct ::statvfs info {};
        if (settings.min_free_bytes == 0) return {};
        if (::statvfs(settings.folder.c_str(), &info) != 0) return disk_error(settings.folder, errno);
        const std::uint64_t free = std::uint64_t{info.f_bavail} * info.f_frsize;
        if (free >= settings.min_free_bytes) return {};
        return Error{Errc::unavailable,
                     settings.folder.string() + ": only " + std::to_string(free >> 20) +
                         " MiB of the disk are free; below " + std::to_string(settings.min_free_bytes >> 20) +
                         " MiB no files are taken",
                     {},
                     std::chrono::seconds(60)};
    }

    Result<std::shared_ptr<Draft>> create(std::uint64_t limit) {
        if (auto space = check_space(); !space) return space.error();
        auto impl = std::make_unique<Draft::Impl>();
        impl->limit = limit == 0 ? settings.limit_bytes : std::min(limit, settings.limit_bytes);
        impl->path = drafts() / (std::to_string(::getpid()) + "-" + std::to_string(next++));
        impl->file = Descriptor(::open(impl->path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
        if (impl->file.get() < 0) {
            const int reason = errno;
            impl->sealed = true;  // there is nothing to remove
            return disk_error(impl->path, reason);
        }
        return std::shared_ptr<Draft>(new Draft(std::move(impl)));
    }

    static Result<void> write(Draft& draft, std::string_view bytes) {
        Draft::Impl& d = *draft.impl_;
        if (d.sealed) return Error{Errc::internal, "a sealed blob was written to"};
        if (d.broken) return Error{Errc::unavailable, "an earlier write to this draft failed"};
        if (d.digest.size() + bytes.size() > d.limit) {
            d.broken = true;
            return too_large(d.limit);
        }
        auto written = write_all(d.file.get(), bytes, d.path);
        if (!written) {
            d.broken = true;
            return written;
        }
        d.digest.add(bytes);
        return {};
    }

    Result<Sealed> seal(std::shared_ptr<Draft> draft) {
        if (draft->impl_->sealed) return Error{Errc::internal, "a blob was sealed twice"};
        if (draft->impl_->broken) return Error{Errc::unavailable, "an earlier write to this draft failed"};
        if (draft->impl_->shared) {
            auto copy = copy_of(draft->impl_->file.get(), draft->impl_->path, draft->impl_->limit, 0, UINT64_MAX);
            if (!copy) return copy.error();
            draft = std::move(*copy);
        }
        Draft::Impl& d = *draft->impl_;
        Sealed sealed{d.digest.hex(), d.digest.size(), std::string(sniff(d.digest.head()))};
        ::futimens(d.file.get(), nullptr);  // the age that remove() looks at begins now
        if (auto synced = sync_file(d.file.get(), d.path); !synced) return synced.error();
        const fs::path place = path_of(sealed.hash);
        {
            const std::lock_guard lock(names);
            const auto made = make_folder(place.parent_path());
            if (!made) return made.error();
            // Over an older one of the same bytes too: so its age begins anew, and a sweeper leaves it alone.
            if (::rename(d.path.c_str(), place.c_str()) != 0) return disk_error(place, errno);
            d.sealed = true;
        }
        if (auto synced = sync_folder(place.parent_path()); !synced) return synced.error();
        // Always, not only by whom made it: another thread's folder may not have reached the disk yet.
        if (auto synced = sync_folder(settings.folder); !synced) return synced.error();
        return sealed;
    }

    Result<std::shared_ptr<Draft>> copy_of(int fd, const fs::path& from, std::uint64_t limit, std::uint64_t offset,
                                           std::uint64_t length) {
        auto draft = create(limit);
        if (!draft) return draft.error();
        std::string chunk(kChunk, '\0');
        while (length > 0) {
            const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(length, kChunk));
            const ::ssize_t got = ::pread(fd, chunk.data(), want, static_cast<::off_t>(offset));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return disk_error(from, errno);
            if (got == 0) break;
            const auto count = static_cast<std::size_t>(got);
            if (auto written = write(**draft, std::string_view(chunk).substr(0, count)); !written)
                return written.error();
            offset += count;
            length -= count;
        }
        return draft;
    }

    Result<std::shared_ptr<Loan>> lend(const fs::path& path, std::uint64_t limit) {
        limit = limit == 0 ? settings.limit_bytes : std::min(limit, settings.limit_bytes);
        const Descriptor from(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (from.get() < 0) return disk_error(path, errno);
        Digest digest;
        std::string chunk(kChunk, '\0');
        for (;;) {
            const ::ssize_t got = ::read(from.get(), chunk.data(), chunk.size());
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return disk_error(path, errno);
            if (got == 0) break;
            digest.add(std::string_view(chunk).substr(0, static_cast<std::size_t>(got)));
            if (digest.size() > limit) return too_large(limit);
        }
        return std::shared_ptr<Loan>(new Loan(loans, digest.hex(), path));
    }

    Result<void> keep(const std::string& hash) {
        Descriptor from;
        fs::path path;
        {
            const std::lock_guard lock(loans->mutex);  // its owner cannot remove it before it is open
            const auto [first, last] = loans->rows.equal_range(hash);
            const auto row = std::find_if(first, last, [](const auto& one) { return !one.second.kept; });
            if (row == last) return {};
            path = row->second.path;
            from = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
            if (from.get() < 0) return disk_error(path, errno);
        }
        auto draft = copy_of(from.get(), path, 0, 0, UINT64_MAX);
        if (!draft) return draft.error();
        auto sealed = seal(std::move(*draft));
        if (!sealed) return sealed.error();
        if (sealed->hash != hash) return Error{Errc::unavailable, path.string() + ": has changed meanwhile"};
        const std::lock_guard lock(loans->mutex);
        const auto [first, last] = loans->rows.equal_range(hash);
        std::for_each(first, last, [](auto& one) { one.second.kept = true; });
        return {};
    }

    Result<std::shared_ptr<File>> open(const std::string& hash) const {
        if (!is_hash(hash)) return invalid("\"" + hash + "\" is no blob: expected 64 hex digits");
        Descriptor fd(::open(path_of(hash).c_str(), O_RDONLY | O_CLOEXEC));
        if (fd.get() < 0 && errno == ENOENT) {
            if (const auto loan = loans->path_of(hash)) fd = Descriptor(::open(loan->c_str(), O_RDONLY | O_CLOEXEC));
        }
        if (fd.get() < 0) {
            if (errno == ENOENT) return not_found("There is no blob " + hash + ".");
            return disk_error(path_of(hash), errno);
        }
        struct ::stat info {};
        if (::fstat(fd.get(), &info) != 0) return disk_error(path_of(hash), errno);
        return std::make_shared<File>(fd.release(), static_cast<std::uint64_t>(info.st_size));
    }

    Result<std::string> read(const std::string& hash, std::uint64_t limit) const {
        auto file = open(hash);
        if (!file) return file.error();
        if ((*file)->size() > limit) return too_large(limit);
        std::string bytes(static_cast<std::size_t>((*file)->size()), '\0');
        std::size_t done = 0;
        while (done < bytes.size()) {
            const ::ssize_t got =
                ::pread((*file)->fd(), bytes.data() + done, bytes.size() - done, static_cast<::off_t>(done));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return disk_error(path_of(hash), errno);
            if (got == 0) return Error{Errc::unavailable, path_of(hash).string() + ": shorter than it was"};
            done += static_cast<std::size_t>(got);
        }
        return bytes;
    }

    Result<bool> remove(const std::string& hash, std::chrono::seconds min_age) {
        if (!is_hash(hash)) return invalid("\"" + hash + "\" is no blob: expected 64 hex digits");
        const fs::path place = path_of(hash);
        const std::lock_guard lock(names);
        struct ::stat info {};
        if (::stat(place.c_str(), &info) != 0) {
            if (errno == ENOENT) return false;
            return disk_error(place, errno);
        }
        const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
        if (min_age.count() > 0 && now - info.st_mtim.tv_sec < min_age.count()) return false;
        if (::unlink(place.c_str()) != 0) return disk_error(place, errno);
        return true;
    }

    Result<std::vector<std::string>> list(const std::string& after, std::size_t limit) const {
        std::vector<std::string> hashes;
        std::error_code failed;
        std::vector<std::string> folders;
        for (fs::directory_iterator at(settings.folder, failed); !failed && at != fs::directory_iterator();
             at.increment(failed)) {
            const std::string name = at->path().filename().string();
            if (name.size() == 2 && name >= after.substr(0, 2)) folders.push_back(name);
        }
        std::sort(folders.begin(), folders.end());
        for (const std::string& folder : folders) {
            if (failed || hashes.size() >= limit) break;
            std::vector<std::string> here;
            for (fs::directory_iterator at(settings.folder / folder, failed); !failed && at != fs::directory_iterator();
                 at.increment(failed)) {
                std::string hash = folder + at->path().filename().string();
                if (is_hash(hash) && hash > after) here.push_back(std::move(hash));
            }
            std::sort(here.begin(), here.end());
            hashes.insert(hashes.end(), here.begin(), here.end());
        }
        if (failed) return Error{Errc::unavailable, settings.folder.string() + ": " + failed.message()};
        if (hashes.size() > limit) hashes.resize(limit);
        return hashes;
    }

    /// Drafts that a crash left behind. Young ones may be another node's.
    void sweep_drafts() const {
        std::error_code failed;
        const auto oldest = fs::file_time_type::clock::now() - kStaleDraft;
        for (fs::directory_iterator at(drafts(), failed); !failed && at != fs::directory_iterator();
             at.increment(failed)) {
            if (fs::last_write_time(at->path(), failed) < oldest && !failed) fs::remove(at->path(), failed);
            failed.clear();  // gone meanwhile: another's work
        }
    }
};

Blobs::Blobs(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Blobs::~Blobs() {
    impl_->pool.join();
}

Result<std::unique_ptr<Blobs>> Blobs::open(Settings settings) {
    std::error_code failed;
    fs::create_directories(settings.folder, failed);
    if (failed) return Error{Errc::unavailable, settings.folder.string() + ": " + failed.message()};
    auto impl = std::make_unique<Impl>(std::move(settings));
    if (auto made = make_folder(impl->drafts()); !made) return made.error();
    auto draft = impl->create(0);  // can we write there? Better said now than at the first attachment
    if (!draft) return draft.error();
    impl->sweep_drafts();
    if (auto synced = sync_folder(impl->settings.folder); !synced) return synced.error();
    return std::unique_ptr<Blobs>(new Blobs(std::move(impl)));
}

// The works are named: GCC 12 destroys the captures of a lambda twice when it is a temporary within the co_await
// expression.

Task<Result<std::shared_ptr<Draft>>> Blobs::create(std::uint64_t limit_bytes) {
    auto work = [impl = impl_.get(), limit_bytes] { return impl->create(limit_bytes); };
    co_return co_await on_pool(impl_->pool, std::move(work));
}

Task<Result<void>> Blobs::write(std::shared_ptr<Draft> draft, std::string bytes) {
    auto work = [draft = std::move(draft), bytes = std::move(bytes)] { return Impl::write(*draft, bytes); };
    co_return co_await on_pool(impl_->pool, std::move(work));
}

Task<Result<Sealed>> Blobs::seal(std::shared_ptr<Draft> draft) {
    auto work = [impl = impl_.get(), draft = std::move(draft)]() mutable { return impl->seal(std::move(draft)); };
    co_return co_await on_pool(impl_->pool, std::move(work));
}

Task<Result<Sealed>> Blobs::store(std::string bytes, std::uint64_t limit_bytes) {
    auto work = [impl = impl_.get(), bytes = std::move(bytes), limit_bytes]() -> Result<Sealed> {
        auto draft = impl->create(limit_bytes);
        if (!draft) return draft.error();
        if (auto written = Impl::write(**draft, bytes); !written) return written.error();
        return impl->seal(std::move(*draft));
    };
    co_return co_await on_pool(impl_->pool, std::move(work));
}

Task<Result<Sealed>> Blobs::store_file(fs::path path, std::uint64_t limit_bytes, std::uint64_t offset,
                                       std::uint64_t length) {
    auto work = [impl = impl_.get(), path = std::move(path), limit_bytes, offset, length]() -> Result<Sealed> {
        const Descriptor from(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (from.get() < 0) return disk_error(path, errno);
        auto draft = impl->copy_of(from.get(), path, limit_bytes, offset, length);
        if (!draft) return draft.error();
        return impl->seal(std::move(*draft));
    };
    co_return co_await on_pool(impl_->pool, std::move(work));
}

Task<Result<std::shared_ptr<File>>> Blobs::open(std::string hash) {
    auto work = [impl = impl_.get(), hash = std::move(hash)] { return impl->open(hash); };
    co_return co_await on_pool(impl_->pool, std::move(work));
}

Task<Result<std::string>> Blobs::read(std::string hash, std::uint64_t limit_bytes) {
    auto work = [impl = impl_.get(), hash = std::move(hash), limit_bytes] { return impl->read(hash, limit_bytes); };
    co_return co_await on_pool(impl_->pool, std::move(work));
}

Task<Result<std::shared_ptr<Loan>>> Blobs::lend(fs::path path, std::uint64_t limit_bytes) {
    auto work = [impl = impl_.get(), path = std::move(path), limit_bytes] { return impl->lend(path, limit_bytes); };
    co_return co_await on_pool(impl_->pool, std::move(work));
}

bool Blobs::lent(std::string_view hash) const {
    const std::lock_guard lock(impl_->loans->mutex);
    const auto [first, last] = impl_->loans->rows.equal_range(hash);
    return std::any_of(first, last, [](const auto& one) { return !one.second.kept; });
}

Task<Result<void>> Blobs::keep(std::string hash) {
    auto work = [impl = impl_.get(), hash = std::move(hash)] { return impl->keep(hash); };
    co_return co_await on_pool(impl_->pool, std::move(work));
}

Task<Result<bool>> Blobs::remove(std::string hash, std::chrono::seconds min_age) {
    auto work = [impl = impl_.get(), hash = std::move(hash), min_age] { return impl->remove(hash, min_age); };
    co_return co_await on_pool(impl_->pool, std::move(work));
}

Result<fs::path> Blobs::path_of(std::string_view hash) const {
    if (!is_hash(hash)) return invalid("\"" + std::string(hash) + "\" is no blob: expected 64 hex digits");
    const fs::path place = impl_->path_of(hash);
    std::error_code ignored;
    const auto loan = impl_->loans->path_of(hash);
    return loan && !fs::exists(place, ignored) ? *loan : place;
}

Task<Result<std::vector<std::string>>> Blobs::list(std::string after, std::size_t limit) {
    auto work = [impl = impl_.get(), after = std::move(after), limit] { return impl->list(after, limit); };
    co_return co_await on_pool(impl_->pool, std::move(work));
}

}  // namespace usher::blobs
