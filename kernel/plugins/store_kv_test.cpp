#include "plugins/store_kv.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "plugins/test_support.hpp"

namespace usher::plugins::test {
namespace {

class StoreKvTest : public testing::Test {
protected:
    void SetUp() override {
        folder_ =
            std::filesystem::temp_directory_path() / ("usher-kv-" + std::to_string(::getpid()) + "-" +
                                                      testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::create_directories(folder_);
        store::Settings settings;
        settings.url = "sqlite://" + (folder_ / "usher.db").string();
        auto opened = store::Store::open(settings, clock_);
        ASSERT_TRUE(opened) << opened.error().message;
        store_ = std::move(*opened);
    }
    void TearDown() override {
        if (store_) store_->stop();
        store_.reset();
        std::filesystem::remove_all(folder_);
    }
    FakeClock clock_;
    std::filesystem::path folder_;
    std::unique_ptr<store::Store> store_;
};

TEST_F(StoreKvTest, KeepsWhatWasPut) {
    StoreKv kv(*store_);
    EXPECT_EQ(run(kv.get("channel/a", "cursor")).value(), std::nullopt);
    ASSERT_TRUE(run(kv.put("channel/a", "cursor", "1")));
    ASSERT_TRUE(run(kv.put("channel/a", "cursor", "2")));
    ASSERT_TRUE(run(kv.put("channel/a", "Cursor", "capital"))) << "keys are exact";
    EXPECT_EQ(run(kv.get("channel/a", "cursor")).value(), "2");
    EXPECT_EQ(run(kv.get("channel/b", "cursor")).value(), std::nullopt) << "an instance sees its own alone";
    ASSERT_TRUE(run(kv.put("channel/a", "cursor", "")));
    EXPECT_EQ(run(kv.get("channel/a", "cursor")).value(), std::nullopt) << "empty deletes";
    const std::string large(64 * 1024, 'x');
    ASSERT_TRUE(run(kv.put("channel/a", "large", large)));
    EXPECT_EQ(run(kv.get("channel/a", "large")).value(), large);
}

TEST_F(StoreKvTest, PutIfWritesOverTheExpectedOnly) {
    StoreKv kv(*store_);
    EXPECT_TRUE(run(kv.put_if("channel/a", "k", "", "1"))->written);
    const auto again = run(kv.put_if("channel/a", "k", "", "1")).value();
    EXPECT_FALSE(again.written) << "equal or not: somebody was first";
    EXPECT_EQ(again.present, "1");
    EXPECT_FALSE(run(kv.put_if("channel/a", "k", "0", "2"))->written);
    EXPECT_TRUE(run(kv.put_if("channel/a", "k", "1", "2"))->written);
    EXPECT_TRUE(run(kv.put_if("channel/a", "k", "2", ""))->written);
    EXPECT_EQ(run(kv.get("channel/a", "k")).value(), std::nullopt);
    EXPECT_TRUE(run(kv.put_if("channel/a", "k", "", ""))->written) << "absent, and to stay so";
    EXPECT_EQ(run(kv.put_if("channel/a", "k", "1", "2"))->present, "");
}

TEST_F(StoreKvTest, AFencedNodeWritesNothing) {
    StoreKv kv(*store_, [](store::Session&, const std::string& instance) -> Result<void> {
        return Error{Errc::fenced, instance + " is owned by another node"};
    });
    EXPECT_EQ(run(kv.put("channel/a", "k", "1")).error().code, Errc::fenced);
    EXPECT_EQ(run(kv.get("channel/a", "k")).value(), std::nullopt);
    EXPECT_TRUE(run(kv.put_if("channel/a", "k", "", "1"))->written) << "put_if compares instead, in either role";
}

TEST_F(StoreKvTest, ExpiredAndForgottenValuesGo) {
    StoreKv kv(*store_);
    ASSERT_TRUE(run(kv.put("channel/a", "expire/100/upload", "1")));
    ASSERT_TRUE(run(kv.put("channel/a", "expire/200/upload", "1")));
    ASSERT_TRUE(run(kv.put("channel/a", "expire/soon", "1")));
    EXPECT_EQ(run(kv.remove_expired(Time{150'000'000})).value(), 1);
    EXPECT_EQ(run(kv.get("channel/a", "expire/100/upload")).value(), std::nullopt);
    EXPECT_EQ(run(kv.get("channel/a", "expire/200/upload")).value(), "1");
    ASSERT_TRUE(run(kv.forget("channel/a")));
    EXPECT_EQ(run(kv.get("channel/a", "expire/soon")).value(), std::nullopt);
}

}  // namespace
}  // namespace usher::plugins::test
