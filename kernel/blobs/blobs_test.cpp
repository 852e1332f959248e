#include "blobs/blobs.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <fstream>

#include "blobs/sniff.hpp"
#include "foundation/crypto.hpp"

namespace usher::blobs {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

template <class T>
T run(Task<T> task) {
    asio::io_context context;
    std::optional<T> result;
    auto body = [&]() -> Task<void> { result.emplace(co_await std::move(task)); };
    asio::co_spawn(context, body(), asio::detached);
    context.run();
    return std::move(*result);
}

class BlobsTest : public testing::Test {
protected:
    BlobsTest() {
        auto opened = Blobs::open(Settings{.folder = folder_, .limit_bytes = 1'000'000});
        if (!opened) throw Failure(opened.error());
        blobs_ = std::move(*opened);
    }
    ~BlobsTest() override { std::filesystem::remove_all(folder_); }
    std::vector<std::string> drafts() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(folder_ / "tmp"))
            names.push_back(entry.path().filename().string());
        return names;
    }

    std::filesystem::path folder_ =
        std::filesystem::path(testing::TempDir()) / ("usher-blobs-" + std::to_string(::getpid()));
    std::unique_ptr<Blobs> blobs_;
};

TEST_F(BlobsTest, ADraftBecomesAFileNamedByItsBytes) {
    auto draft = *run(blobs_->create());
    ASSERT_TRUE(run(blobs_->write(draft, "hello ")));
    ASSERT_TRUE(run(blobs_->write(draft, "world")));
    const auto sealed = run(blobs_->seal(draft));
    ASSERT_TRUE(sealed) << sealed.error().message;
    EXPECT_EQ(sealed->hash, crypto::sha256_hex("hello world"));
    EXPECT_EQ(sealed->size, 11u);
    EXPECT_EQ(sealed->mime, "text/plain");
    EXPECT_EQ(*run(blobs_->read(sealed->hash, 11)), "hello world");
    EXPECT_EQ(*blobs_->path_of(sealed->hash), folder_ / sealed->hash.substr(0, 2) / sealed->hash.substr(2));
    const auto file = *run(blobs_->open(sealed->hash));
    EXPECT_EQ(file->size(), 11u);
    draft.reset();
    EXPECT_TRUE(run(blobs_->open(sealed->hash)));
    EXPECT_THAT(drafts(), IsEmpty());
}

TEST_F(BlobsTest, TheSameBytesAreOneFileAndTheEmptyOneIsAFileToo) {
    const auto one = run(blobs_->store("same"));
    const auto two = run(blobs_->store("same"));
    EXPECT_EQ(one->hash, two->hash);
    EXPECT_EQ(run(blobs_->store(""))->size, 0u);
    EXPECT_EQ(*run(blobs_->read(crypto::sha256_hex(""), 0)), "");
    EXPECT_EQ(run(blobs_->list("", 10))->size(), 2u);
}

TEST_F(BlobsTest, LimitsAreRefusedAndLeaveNothing) {
    EXPECT_EQ(run(blobs_->store(std::string(1'000'001, 'x'))).error().code, Errc::too_large);
    const auto refused = run(blobs_->store("12345", 4));
    EXPECT_EQ(refused.error().message, "the file is longer than 4 bytes");
    auto draft = *run(blobs_->create(4));
    EXPECT_TRUE(run(blobs_->write(draft, "1234")));
    EXPECT_EQ(run(blobs_->write(draft, "5")).error().code, Errc::too_large);
    EXPECT_THAT(run(blobs_->seal(draft)).error().message, HasSubstr("an earlier write to this draft failed"));
    draft.reset();
    EXPECT_THAT(drafts(), IsEmpty());
    EXPECT_THAT(*run(blobs_->list("", 10)), IsEmpty());
    EXPECT_EQ(run(blobs_->read(run(blobs_->store("12345"))->hash, 4)).error().code, Errc::too_large);
}

TEST_F(BlobsTest, AWriterWhoKeepsTheDescriptorCannotChangeASealedBlob) {
    auto draft = *run(blobs_->create(10));
    const int kept = ::dup(draft->fd());
    ASSERT_EQ(::write(kept, "before", 6), 6);
    const auto sealed = run(blobs_->seal(draft));
    ASSERT_TRUE(sealed) << sealed.error().message;
    EXPECT_EQ(sealed->hash, crypto::sha256_hex("before"));
    ASSERT_EQ(::pwrite(kept, "AFTER!", 6, 0), 6);
    EXPECT_EQ(*run(blobs_->read(sealed->hash, 100)), "before");

    auto large = *run(blobs_->create(10));
    ASSERT_EQ(::write(large->fd(), "much too long", 13), 13);
    EXPECT_EQ(run(blobs_->seal(large)).error().code, Errc::too_large);
    ::close(kept);
}

TEST_F(BlobsTest, FromAFileOrAPartOfIt) {
    const auto path = folder_ / "upload";
    std::ofstream(path) << "0123456789";
    EXPECT_EQ(run(blobs_->store_file(path))->hash, crypto::sha256_hex("0123456789"));
    EXPECT_EQ(run(blobs_->store_file(path, 0, 2, 3))->hash, crypto::sha256_hex("234"));
    EXPECT_EQ(run(blobs_->store_file(path, 9)).error().code, Errc::too_large);
    EXPECT_EQ(run(blobs_->store_file(folder_ / "missing")).error().code, Errc::not_found);
}

TEST_F(BlobsTest, WhatIsLentIsReadLikeABlobAndStaysOnlyWhenKept) {
    const auto file = folder_ / "upload";
    std::ofstream(file) << "a body";
    const std::string hash = crypto::sha256_hex("a body");
    {
        auto loan = run(blobs_->lend(file));
        ASSERT_TRUE(loan) << loan.error().message;
        EXPECT_EQ((*loan)->hash(), hash);
        EXPECT_TRUE(blobs_->lent(hash));
        EXPECT_EQ(*run(blobs_->read(hash, 100)), "a body");
        EXPECT_EQ(*blobs_->path_of(hash), file);
        EXPECT_THAT(*run(blobs_->list("", 10)), IsEmpty());
    }
    EXPECT_FALSE(blobs_->lent(hash));
    EXPECT_EQ(run(blobs_->read(hash, 100)).error().code, Errc::not_found);
    EXPECT_TRUE(run(blobs_->keep(hash))) << "nothing to do";
    {
        auto loan = run(blobs_->lend(file));
        const auto again = run(blobs_->lend(file));
        ASSERT_TRUE(run(blobs_->keep(hash)));
        EXPECT_FALSE(blobs_->lent(hash));
        loan->reset();
        std::ofstream(file) << "changed";
        EXPECT_TRUE(run(blobs_->keep(hash))) << "it is there already";
    }
    std::filesystem::remove(file);
    EXPECT_EQ(*run(blobs_->read(hash, 100)), "a body");
    EXPECT_THAT(drafts(), IsEmpty());
    std::ofstream(file) << "longer than that";
    EXPECT_EQ(run(blobs_->lend(file, 6)).error().code, Errc::too_large);
    EXPECT_EQ(run(blobs_->lend(folder_ / "nowhere")).error().code, Errc::not_found);
}

TEST_F(BlobsTest, ADiskThatIsNearlyFullTakesNoFiles) {
    auto opened = Blobs::open(Settings{.folder = folder_ / "full", .min_free_bytes = 1ull << 60});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::unavailable);
    EXPECT_THAT(opened.error().message,
                HasSubstr("MiB of the disk are free; below 1099511627776 MiB no files are taken"));
}

TEST_F(BlobsTest, RemovingLeavesWhatWasJustSealedAgain) {
    const auto hash = run(blobs_->store("x"))->hash;
    EXPECT_FALSE(*run(blobs_->remove(hash, 3600s)));
    const ::timespec old[2] = {{1000, 0}, {1000, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, blobs_->path_of(hash)->c_str(), old, 0), 0);
    run(blobs_->store("x"));
    EXPECT_FALSE(*run(blobs_->remove(hash, 3600s)));
    ASSERT_EQ(::utimensat(AT_FDCWD, blobs_->path_of(hash)->c_str(), old, 0), 0);
    EXPECT_TRUE(*run(blobs_->remove(hash, 3600s)));
    EXPECT_FALSE(*run(blobs_->remove(hash)));
    EXPECT_EQ(run(blobs_->open(hash)).error().code, Errc::not_found);
}

TEST_F(BlobsTest, WhatIsNoHashNeverReachesTheDisk) {
    for (const std::string& bad : {std::string(), std::string("../../etc/passwd"), std::string(64, 'g'),
                                   std::string(64, 'A'), std::string(63, 'a') + "/"}) {
        EXPECT_EQ(run(blobs_->open(bad)).error().code, Errc::invalid) << bad;
        EXPECT_EQ(run(blobs_->remove(bad)).error().code, Errc::invalid) << bad;
        EXPECT_EQ(blobs_->path_of(bad).error().code, Errc::invalid) << bad;
    }
}

TEST_F(BlobsTest, ListsInOrderAndInPieces) {
    std::vector<std::string> all;
    for (int i = 0; i < 40; ++i) all.push_back(run(blobs_->store(std::to_string(i)))->hash);
    std::sort(all.begin(), all.end());
    std::vector<std::string> seen;
    while (true) {
        const auto page = *run(blobs_->list(seen.empty() ? "" : seen.back(), 7));
        if (page.empty()) break;
        seen.insert(seen.end(), page.begin(), page.end());
    }
    EXPECT_EQ(seen, all);
}

TEST_F(BlobsTest, AFullDiskIsUnavailableAndSaysWhere) {
    // A limit on file size stands for a full disk: write() fails the same way half-way through.
    std::signal(SIGXFSZ, SIG_IGN);
    ::rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const ::rlimit small{4096, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    const auto refused = run(blobs_->store(std::string(100'000, 'x')));
    ::setrlimit(RLIMIT_FSIZE, &before);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unavailable);
    EXPECT_THAT(refused.error().message, HasSubstr((folder_ / "tmp").string()));
    EXPECT_THAT(drafts(), IsEmpty());
}

TEST_F(BlobsTest, AFolderThatCannotBeIsSaidAtOnce) {
    std::ofstream(folder_ / "file") << "x";
    const auto refused = Blobs::open(Settings{.folder = folder_ / "file" / "below"});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr((folder_ / "file").string()));
}

TEST_F(BlobsTest, OldDraftsOfACrashGoAtStart) {
    std::ofstream(folder_ / "tmp" / "old") << "x";
    std::ofstream(folder_ / "tmp" / "young") << "x";
    std::filesystem::last_write_time(folder_ / "tmp" / "old", std::filesystem::file_time_type::clock::now() - 48h);
    ASSERT_TRUE(Blobs::open(Settings{.folder = folder_}));
    EXPECT_EQ(drafts(), (std::vector<std::string>{"young"}));
}

TEST(Sniff, ByTheBytesAlone) {
    const auto bytes = [](std::string_view text) { return std::string(text); };
    using std::string_view_literals::operator""sv;
    const std::vector<std::pair<std::string, std::string>> cases = {
        {bytes("\x89PNG\r\n\x1a\n\0\0"sv), "image/png"},
        {bytes("\xff\xd8\xff\xe0\0\x10JFIF"sv), "image/jpeg"},
        {bytes("GIF89a..."), "image/gif"},
        {bytes("RIFF\x10\0\0\0WEBPVP8 "sv), "image/webp"},
        {bytes("RIFF\x10\0\0\0WAVEfmt "sv), "audio/wav"},
        {bytes("\0\0\0\x20"
               "ftypisom\0\0"sv),
         "video/mp4"},
        {bytes("\0\0\0\x20"
               "ftypM4A \0\0"sv),
         "audio/mp4"},
        {bytes("\0\0\0\x20"
               "ftypheic\0\0"sv),
         "image/heic"},
        {bytes("\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm"sv), "video/webm"},
        {bytes("OggS\0\x02........................OpusHead"sv), "audio/ogg"},
        {bytes("ID3\x04"sv), "audio/mpeg"},
        {bytes("\xff\xfb\x90\x64"sv), "audio/mpeg"},
        {bytes("\xff\xf1\x50\x80"sv), "audio/aac"},
        {bytes("%PDF-1.7"), "application/pdf"},
        {bytes("PK\x03\x04\x14\0"sv), "application/zip"},
        {bytes("hello, w\xc3\xb6rld\r\n"), "text/plain"},
        {bytes("<html><script>alert(1)</script>"), "text/plain"},
        {bytes("<svg xmlns='http://www.w3.org/2000/svg'/>"), "text/plain"},
        {bytes("with a\0nul"sv), "application/octet-stream"},
        {bytes("latin-1: \xe4"), "application/octet-stream"},
        {bytes("\x7f"
               "ELF"),
         "application/octet-stream"},
        {bytes("MZ\x90\0"sv), "application/octet-stream"},
        {bytes(""), "application/octet-stream"},
    };
    for (const auto& [head, mime] : cases) EXPECT_EQ(sniff(head), mime) << head;
    std::string cut(4095, 'x');
    cut += "\xc3\xb6";  // a character across the window's edge
    EXPECT_EQ(sniff(cut), "text/plain");
    for (std::size_t size = 0; size < 40; ++size)  // never reads beyond
        for (const auto& [head, mime] : cases) sniff(std::string_view(head).substr(0, size));
    EXPECT_TRUE(is_inline_mime("image/png"));
    EXPECT_FALSE(is_inline_mime("image/svg+xml"));
    EXPECT_FALSE(is_inline_mime("application/pdf"));
}

}  // namespace
}  // namespace usher::blobs
