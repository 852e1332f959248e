// Lines on the disk: whole batches, rotation, what a crash or a full disk leaves.
#include "files.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>

#include "test_folder.hpp"

using testing::HasSubstr;
using usher::jsonl::Files;

namespace {

struct JsonlFiles : testing::Test {
    TestFolder folder;
    Files::Settings settings(std::uint64_t max_file_bytes = 1'000'000, std::uint64_t max_files = 0) const {
        return {.folder = folder.path, .max_file_bytes = max_file_bytes, .max_files = max_files, .fsync = true};
    }
};

/// Lets no file of this process grow beyond a size, as a full disk would: writes fail with EFBIG.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

private:
    rlimit before_{};
    void (*handler_)(int);
};

}  // namespace

TEST_F(JsonlFiles, AppendAndGoOnAfterARestart) {
    {
        Files files(settings());
        ASSERT_TRUE(files.open());
        ASSERT_TRUE(files.append("{\"a\":1}\n{\"a\":2}\n"));
    }
    Files files(settings());
    EXPECT_EQ(*files.open(), 0u);
    ASSERT_TRUE(files.append("{\"a\":3}"));
    EXPECT_EQ(folder.text(1), "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n") << "a last line without an end gets one";
}

TEST_F(JsonlFiles, CutALineWithoutItsEnd) {
    folder.put(1, "{\"a\":1}\n{\"a\":2}\n{\"a\":");
    Files files(settings());
    EXPECT_EQ(*files.open(), 5u);
    EXPECT_EQ(folder.text(1), "{\"a\":1}\n{\"a\":2}\n");
}

TEST_F(JsonlFiles, CutAFirstLineThatIsLongerThanAnyBuffer) {
    folder.put(1, std::string(200'000, 'x'));
    folder.put(2, "{}\n" + std::string(200'000, 'x'));
    Files files(settings());
    EXPECT_EQ(*files.open(), 200'000u);
    EXPECT_EQ(folder.text(2), "{}\n") << "the newest file is the one that was being written";
    EXPECT_EQ(folder.text(1).size(), 200'000u);
}

TEST_F(JsonlFiles, BeginANewFileBeforeTheSizeWouldBePassed) {
    Files files(settings(16));
    ASSERT_TRUE(files.open());
    ASSERT_TRUE(files.append("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n"));
    EXPECT_EQ(folder.text(1), "{\"a\":1}\n{\"a\":2}\n") << "exactly full";
    EXPECT_EQ(folder.text(2), "{\"a\":3}\n");
    ASSERT_TRUE(files.append("{\"long\":\"" + std::string(50, 'x') + "\"}\n{}\n"));
    EXPECT_EQ(folder.text(3).size(), 62u) << "a line longer than a file has one of its own";
    EXPECT_EQ(folder.text(4), "{}\n");
}

TEST_F(JsonlFiles, RemoveTheOldestBeyondTheNumberKeptAndNothingElse) {
    std::ofstream(folder.path / "notes.txt") << "mine";
    std::ofstream(folder.path / "events-old.ndjson") << "mine too";
    Files files(settings(8, 2));
    ASSERT_TRUE(files.open());
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(files.append("{\"a\":1}\n"));
    EXPECT_EQ(folder.text(3), "(absent)");
    EXPECT_EQ(folder.text(4), "{\"a\":1}\n");
    EXPECT_EQ(folder.text(5), "{\"a\":1}\n");
    EXPECT_EQ(folder.count(), 4u);
}

TEST_F(JsonlFiles, ABatchThatDoesNotFitTheDiskLeavesNothingBehind) {
    Files files(settings());
    ASSERT_TRUE(files.open());
    ASSERT_TRUE(files.append("{\"a\":1}\n"));
    {
        const FileSizeLimit full(100);
        const auto refused = files.append("{\"a\":2}\n{\"x\":\"" + std::string(200, 'x') + "\"}\n");
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.failure().status, usher::sdk::Status::unavailable);
        EXPECT_THAT(refused.failure().error,
                    HasSubstr("cannot write to " + folder.file(1).string() + ": File too large"));
        EXPECT_EQ(folder.text(1), "{\"a\":1}\n");
    }
    ASSERT_TRUE(files.append("{\"a\":2}\n"));
    EXPECT_EQ(folder.text(1), "{\"a\":1}\n{\"a\":2}\n");
}

TEST_F(JsonlFiles, ABatchThatFailsAfterARotationTakesTheNewFilesAwayToo) {
    Files files(settings(16));
    ASSERT_TRUE(files.open());
    ASSERT_TRUE(files.append("{\"a\":1}\n"));
    {
        const FileSizeLimit full(40);
        ASSERT_FALSE(files.append("{\"a\":2}\n{\"a\":3}\n{\"x\":\"" + std::string(100, 'x') + "\"}\n"));
    }
    EXPECT_EQ(folder.text(1), "{\"a\":1}\n");
    EXPECT_EQ(folder.count(), 1u);
    ASSERT_TRUE(files.append("{\"a\":2}\n"));
    EXPECT_EQ(folder.text(1), "{\"a\":1}\n{\"a\":2}\n");
}

TEST_F(JsonlFiles, AFolderHasOneWriter) {
    Files first(settings()), second(settings());
    ASSERT_TRUE(first.open());
    EXPECT_EQ(second.open().failure().error, "another exporter writes to " + folder.path.string());
    first.close();
    EXPECT_TRUE(second.open());
}

TEST_F(JsonlFiles, AFolderThatCannotBeMadeIsNamed) {
    std::ofstream(folder.path / "file") << "x";
    Files files({.folder = folder.path / "file" / "below"});
    EXPECT_THAT(files.open().failure().error,
                HasSubstr("cannot make the folder " + (folder.path / "file" / "below").string()));
    EXPECT_EQ(files.append("{}\n").failure().error, "the folder is not open");
}
