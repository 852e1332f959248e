#pragma once
/// Files: numbered files of lines in one folder, events-00000001.ndjson and on. A batch is appended whole or not at
/// all, and is on the disk when append() returns. What a crash cut off is taken away at open(). Not thread-safe.
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <usher/fd.hpp>
#include <usher/values.hpp>

namespace usher::jsonl {

class Files {
public:
    struct Settings {
        std::filesystem::path folder;
        std::uint64_t max_file_bytes = 104'857'600;
        std::uint64_t max_files = 0;  ///< 0 = all are kept
        bool fsync = true;
    };
    explicit Files(Settings settings) : settings_(std::move(settings)) {}

    /// Makes and locks the folder, finds the newest file, cuts a line that has no end.
    /// @returns how many bytes were cut; a Failure names path and reason
    sdk::Result<std::uint64_t> open();
    /// Appends lines, each with its end; a last one without gets it. On failure everything is as before.
    sdk::Result<void> append(std::string_view lines);
    void close();
    std::filesystem::path current() const { return path_of(number_); }

private:
    std::filesystem::path path_of(std::uint64_t number) const;
    sdk::Result<void> open_file(std::uint64_t number);
    sdk::Result<void> write(std::string_view bytes);
    sdk::Result<void> sync();
    sdk::Result<void> rotate();
    void roll_back(std::uint64_t number, std::uint64_t size);
    void prune();
    std::vector<std::uint64_t> numbers() const;

    Settings settings_;
    sdk::Fd folder_;  ///< locked while open
    sdk::Fd file_;
    std::uint64_t number_ = 0;
    std::uint64_t size_ = 0;
};

}  // namespace usher::jsonl
