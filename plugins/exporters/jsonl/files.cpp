#include "files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace usher::jsonl {

using sdk::Failure;
using sdk::Fd;
using sdk::Result;
using sdk::Status;

namespace {

constexpr std::string_view kPrefix = "events-";
constexpr std::string_view kSuffix = ".ndjson";

Failure failure(const std::string& what, const std::filesystem::path& path) {
    return {.status = Status::unavailable, .error = what + " " + path.string() + ": " + std::strerror(errno)};
}

/// @returns the size up to and with the last line end at or below `size`
Result<std::uint64_t> whole_lines(int file, std::uint64_t size, const std::filesystem::path& path) {
    std::array<char, 65536> buffer{};
    for (std::uint64_t end = size; end > 0;) {
        const std::uint64_t begin = end > buffer.size() ? end - buffer.size() : 0;
        std::uint64_t have = 0;
        while (begin + have < end) {
            const ssize_t got =
                ::pread(file, buffer.data() + have, end - begin - have, static_cast<off_t>(begin + have));
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) return failure("cannot read", path);
            have += static_cast<std::uint64_t>(got);
        }
        const std::size_t found = std::string_view(buffer.data(), have).rfind('\n');
        if (found != std::string_view::npos) return begin + found + 1;
        end = begin;
    }
    return std::uint64_t{0};
}

}  // namespace

std::filesystem::path Files::path_of(std::uint64_t number) const {
    std::string digits = std::to_string(number);
    if (digits.size() < 8) digits.insert(0, 8 - digits.size(), '0');
    return settings_.folder / (std::string(kPrefix) + digits + std::string(kSuffix));
}

std::vector<std::uint64_t> Files::numbers() const {
    std::vector<std::uint64_t> found;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(settings_.folder, failed)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) continue;
        std::uint64_t number = 0;
        const char* last = name.data() + name.size() - kSuffix.size();
        const auto [end, wrong] = std::from_chars(name.data() + kPrefix.size(), last, number);
        if (wrong == std::errc() && end == last && number > 0) found.push_back(number);
    }
    std::sort(found.begin(), found.end());
    return found;
}

Result<std::uint64_t> Files::open() {
    close();
    std::error_code failed;
    std::filesystem::create_directories(settings_.folder, failed);
    if (failed)
        return Failure{.status = Status::unavailable,
                       .error = "cannot make the folder " + settings_.folder.string() + ": " + failed.message()};
    folder_ = Fd(::open(settings_.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder_) return failure("cannot open the folder", settings_.folder);
    if (::flock(folder_.get(), LOCK_EX | LOCK_NB) != 0) {
        const Failure taken{.status = Status::unavailable,
                            .error = "another exporter writes to " + settings_.folder.string()};
        close();
        return taken;
    }
    const auto present = numbers();
    if (const auto opened = open_file(present.empty() ? 1 : present.back()); !opened) {
        close();
        return opened.failure();
    }
    const auto whole = whole_lines(file_.get(), size_, current());
    if (!whole) return whole.failure();
    const std::uint64_t cut = size_ - *whole;
    if (cut > 0) {
        if (::ftruncate(file_.get(), static_cast<off_t>(*whole)) != 0) return failure("cannot cut", current());
        size_ = *whole;
        if (const auto synced = sync(); !synced) return synced.failure();
    }
    return cut;
}

void Files::close() {
    file_.reset();
    folder_.reset();
    size_ = 0;
}

Result<void> Files::open_file(std::uint64_t number) {
    const auto path = path_of(number);
    Fd opened(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
    struct stat about {};
    if (!opened || ::fstat(opened.get(), &about) != 0) return failure("cannot open", path);
    if (settings_.fsync && ::fsync(folder_.get()) != 0) return failure("cannot sync the folder of", path);
    file_ = std::move(opened);
    number_ = number;
    size_ = static_cast<std::uint64_t>(about.st_size);
    return {};
}

Result<void> Files::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return failure("cannot write to", current());
        bytes.remove_prefix(static_cast<std::size_t>(written));
        size_ += static_cast<std::uint64_t>(written);
    }
    return {};
}

Result<void> Files::sync() {
    if (settings_.fsync && ::fdatasync(file_.get()) != 0) return failure("cannot sync", current());
    return {};
}

Result<void> Files::rotate() {
    if (const auto synced = sync(); !synced) return synced;
    return open_file(number_ + 1);
}

void Files::roll_back(std::uint64_t number, std::uint64_t size) {
    const std::uint64_t newest = number_;
    for (std::uint64_t made = newest; made > number; --made) ::unlink(path_of(made).c_str());
    if (newest != number && !open_file(number)) {
        file_.reset();  // append() opens it again before it writes
        number_ = number;
    }
    if (file_ && ::ftruncate(file_.get(), static_cast<off_t>(size)) != 0) file_.reset();
    size_ = size;
}

Result<void> Files::append(std::string_view lines) {
    if (!folder_) return Failure{.status = Status::unavailable, .error = "the folder is not open"};
    if (!file_) {  // a roll-back went wrong: what is in the file is cut to whole lines again
        if (const auto opened = open(); !opened) return opened.failure();
    }
    const std::uint64_t first_number = number_;
    const std::uint64_t first_size = size_;
    const auto fail = [&](const Failure& why) {
        roll_back(first_number, first_size);
        return Result<void>(why);
    };
    while (!lines.empty()) {
        const std::size_t end = lines.find('\n');
        const std::string_view line = lines.substr(0, end);
        lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
        if (line.empty()) continue;
        if (size_ > 0 && size_ + line.size() + 1 > settings_.max_file_bytes)
            if (const auto rotated = rotate(); !rotated) return fail(rotated.failure());
        if (const auto written = write(std::string(line) + '\n'); !written) return fail(written.failure());
    }
    if (const auto synced = sync(); !synced) return fail(synced.failure());
    prune();
    return {};
}

void Files::prune() {
    if (settings_.max_files == 0) return;
    const auto present = numbers();
    for (std::size_t i = 0; i + settings_.max_files < present.size(); ++i) ::unlink(path_of(present[i]).c_str());
}

}  // namespace usher::jsonl
