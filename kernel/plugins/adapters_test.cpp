// The adapters between plugins and the floors below: blobs by descriptor, HTTP under the egress policy.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "plugins/abi.hpp"
#include "plugins/blob_files.hpp"
#include "plugins/keeping_emit.hpp"
#include "plugins/net_http.hpp"
#include "plugins/test_support.hpp"

namespace usher::plugins::test {
namespace {

class AdaptersTest : public testing::Test {
protected:
    void SetUp() override {
        folder_ =
            std::filesystem::temp_directory_path() / ("usher-adapters-" + std::to_string(::getpid()) + "-" +
                                                      testing::UnitTest::GetInstance()->current_test_info()->name());
        blobs::Settings settings;
        settings.folder = folder_;
        auto opened = blobs::Blobs::open(settings);
        ASSERT_TRUE(opened) << opened.error().message;
        blobs_ = std::move(*opened);
    }
    void TearDown() override {
        blobs_.reset();
        std::filesystem::remove_all(folder_);
    }
    static AccountRef account(const std::string& id) { return {.id = id, .channel = "scripted"}; }

    FakeClock clock_;
    std::filesystem::path folder_;
    std::unique_ptr<blobs::Blobs> blobs_;
};

TEST_F(AdaptersTest, ABlobIsWrittenAndReadThroughDescriptors) {
    BlobFiles files(*blobs_, clock_);
    auto draft = run(files.create(account("a"), 1024));
    ASSERT_TRUE(draft) << draft.error().message;
    {
        const Fd out(draft->fd);
        ASSERT_EQ(::write(out.get(), "hello", 5), 5);
    }
    EXPECT_EQ(run(files.seal(account("b"), draft->id)).error().code, Errc::not_found) << "another account's draft";
    auto sealed = run(files.seal(account("a"), draft->id));
    ASSERT_TRUE(sealed) << sealed.error().message;
    EXPECT_EQ(sealed->size_bytes, 5U);
    EXPECT_EQ(sealed->sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    EXPECT_EQ(run(files.seal(account("a"), draft->id)).error().code, Errc::not_found) << "once";
    auto opened = run(files.open(account("a"), sealed->blob));
    ASSERT_TRUE(opened) << opened.error().message;
    const Fd in(*opened);
    char text[8] = {};
    EXPECT_EQ(::read(in.get(), text, sizeof text), 5);
    EXPECT_STREQ(text, "hello");
}

TEST_F(AdaptersTest, ABodyThatAMessageAttachesIsABlobBeforeItIsStored) {
    struct Taken final : EmitSink {
        explicit Taken(blobs::Blobs& b) : blobs(b) {}
        Task<Result<EmitResult>> emit(AccountRef, Message message) override {
            texts.push_back(message.text);
            auto found = co_await blobs.list("", 10);
            kept = found->size();
            co_return EmitResult{};
        }
        void typing(AccountRef, Message) override { texts.emplace_back("typing"); }
        blobs::Blobs& blobs;
        std::vector<std::string> texts;
        std::size_t kept = 0;
    } taken(*blobs_);
    KeepingEmit keeping(taken, *blobs_);
    const auto upload = folder_ / "upload";
    std::ofstream(upload) << "hello";
    auto loan = *run(blobs_->lend(upload));
    Message message;
    message.text = "one";
    message.parts.push_back({.uri = "https://provider.test/x"});
    ASSERT_TRUE(run(keeping.emit(account("a"), message)));
    EXPECT_EQ(taken.kept, 0u);
    message.text = "two";
    message.parts.push_back({.uri = "blob:" + loan->hash()});
    ASSERT_TRUE(run(keeping.emit(account("a"), message)));
    EXPECT_EQ(taken.kept, 1u);
    std::filesystem::remove(upload);
    std::ofstream(folder_ / "other") << "lost";
    loan = *run(blobs_->lend(folder_ / "other"));
    std::filesystem::remove(folder_ / "other");
    message.parts.back().uri = "blob:" + loan->hash();
    EXPECT_FALSE(run(keeping.emit(account("a"), message))) << "nothing is stored that has no bytes";
    keeping.typing(account("a"), {});
    EXPECT_EQ(taken.texts, (std::vector<std::string>{"one", "two", "typing"}));
}

TEST_F(AdaptersTest, AnAccountHasAtMost64DraftsAndOldOnesGo) {
    BlobFiles files(*blobs_, clock_);
    std::vector<Fd> open;
    for (int i = 0; i < 64; ++i) open.emplace_back(run(files.create(account("a"), 16))->fd);
    EXPECT_EQ(run(files.create(account("a"), 16)).error().message, "64 drafts of this account are not sealed yet");
    clock_.advance(std::chrono::minutes(61));
    auto fresh = run(files.create(account("a"), 16));
    ASSERT_TRUE(fresh);
    const Fd last(fresh->fd);
}

TEST_F(AdaptersTest, PrivateAddressesAreRefusedUnlessTheAccountNamesThem) {
    net::Client client;
    NetHttp http(client, *blobs_);
    HttpRequest request;
    request.method = "GET";
    request.url = "http://127.0.0.1:1/";
    const auto refused = run(http.request(account("a"), {}, request));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::forbidden);
    EXPECT_EQ(refused.error().reason, "egress_refused");
    EXPECT_EQ(to_status(refused.error().code), USHER_E_INVALID);
    const auto allowed = run(http.request(account("a"), {"127.0.0.0/8"}, request));
    ASSERT_FALSE(allowed) << "nobody listens there";
    EXPECT_EQ(allowed.error().code, Errc::unavailable);
    request.body_blob = "blob:no-hash";
    EXPECT_EQ(run(http.request(account("a"), {"127.0.0.0/8"}, request)).error().code, Errc::invalid);
}

}  // namespace
}  // namespace usher::plugins::test
