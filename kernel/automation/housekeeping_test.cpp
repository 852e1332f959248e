#include "automation/housekeeping.hpp"

#include <boost/asio/thread_pool.hpp>
#include <filesystem>

#include "foundation/crypto.hpp"
#include "store/test_database.hpp"

namespace usher::automation {
namespace {

using namespace std::chrono_literals;
using store::testing::run;

class HousekeepingTest : public store::testing::StoreTest {
protected:
    void SetUp() override {
        StoreTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        blobs::Settings settings;
        settings.folder = folder_;
        blobs_ = *blobs::Blobs::open(settings);
    }
    void TearDown() override {
        blobs_.reset();
        std::filesystem::remove_all(folder_);
        StoreTest::TearDown();
    }
    /// A blob that was sealed so long ago.
    std::string blob(const std::string& bytes, std::chrono::minutes age) {
        const auto hash = run(blobs_->store(bytes))->hash;
        std::filesystem::last_write_time(*blobs_->path_of(hash), std::filesystem::file_time_type::clock::now() - age);
        return hash;
    }
    void attach(std::int64_t id, const std::string& hash, std::optional<std::int64_t> conversation) {
        const Time now = clock().now();
        ASSERT_TRUE(run(store().write([=](store::Write& w) {
            w.sql().exec(
                "INSERT INTO attachment (id, blob_hash, name, mime_type, size_bytes, state, shown_inline, tries, "
                "conversation_id, created_at) VALUES (:id, :hash, 'f', 'text/plain', 1, 0, 0, 0, :conversation, :at)",
                id, hash, conversation, now);
        })));
    }
    std::set<std::string> left() {
        const auto all = *run(blobs_->list("", 100));
        return {all.begin(), all.end()};
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("usher-housekeeping-" + crypto::random_token(8));
    std::unique_ptr<blobs::Blobs> blobs_;
};
USHER_ON_EVERY_DATABASE(HousekeepingTest);

TEST_P(HousekeepingTest, FilesThatNothingNamesGoAfterADay) {
    asio::thread_pool pool(1);
    plugins::StoreKv kv(store());
    Housekeeping keeping(store(), *blobs_, kv, clock(), pool.get_executor());
    int asked = 0;
    keeping.add("others' rows", [&]() -> Task<Result<std::int64_t>> {
        ++asked;
        co_return std::int64_t{7};
    });
    keeping.add("what fails", []() -> Task<Result<std::int64_t>> { co_return Error{Errc::internal, "a test"}; });
    const auto young = blob("refused yesterday evening", 24h + 30min);
    const auto used = blob("in a conversation", 48h);
    const auto uploaded = blob("not attached yet", 48h);
    blob("nobody's", 26h);
    attach(1, used, 5);
    attach(2, uploaded, std::nullopt);
    EXPECT_EQ(run(keeping.round()), 8) << "one file, and seven of others";
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(left(), (std::set<std::string>{young, used, uploaded}));
    clock().advance(25h);
    EXPECT_EQ(run(keeping.round()), 8) << "the upload's row";
    EXPECT_EQ(left(), (std::set<std::string>{young, used}));
}

}  // namespace
}  // namespace usher::automation
