// Attachments that channels named by an address, fetched after their message was stored.
#include "inbound/media.hpp"

#include <gmock/gmock.h>

#include <boost/asio/thread_pool.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "desk/desk_fixture.hpp"
#include "inbound/inbound.hpp"
#include "store/repositories/conversations.hpp"
#include "store/repositories/entries.hpp"

namespace usher::inbound {
namespace {

using namespace std::chrono_literals;
using store::testing::run;
using ::testing::ElementsAre;
using ::testing::SizeIs;

/// Answers what the test has put in; remembers what it was asked.
class FakeHttp final : public plugins::HttpSink {
public:
    Task<Result<plugins::HttpResponse>> request(plugins::AccountRef, std::vector<std::string>,
                                                plugins::HttpRequest) override {
        co_return Error{Errc::internal, "not of this test"};
    }
    Task<Result<Fetched>> fetch(plugins::AccountRef account, std::vector<std::string> allow_cidrs,
                                plugins::HttpRequest request, std::uint64_t limit_bytes) override {
        const std::lock_guard lock(mutex_);
        asked.push_back(request);
        cidrs = allow_cidrs;
        limit = limit_bytes;
        slug = account.id;
        Result<Fetched> out = Error{Errc::unavailable, "nobody answers"};
        if (!answers.empty()) {
            out = std::move(answers.front());
            answers.pop_front();
        }
        co_return out;
    }
    static Fetched file(std::string mime, std::uint32_t status = 200) {
        Fetched out;
        out.response.status = status;
        if (status != 200) return out;
        out.blob = std::string(64, 'b');
        out.mime = std::move(mime);
        out.size_bytes = 42;
        return out;
    }
    std::size_t count() {
        const std::lock_guard lock(mutex_);
        return asked.size();
    }

    std::deque<Result<Fetched>> answers;
    std::vector<plugins::HttpRequest> asked;
    std::vector<std::string> cidrs;
    std::uint64_t limit = 0;
    std::string slug;

private:
    std::mutex mutex_;
};

class MediaTest : public desk::testing::DeskTest {
protected:
    void SetUp() override {
        DeskTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        store().on_commit([this](std::span<const Event> events) {
            const std::lock_guard lock(mutex_);
            for (const auto& e : events) types_.push_back(e.type);
            if (media_) media_->committed(events);
            changed_.notify_all();
        });
        start();
    }
    void TearDown() override {
        stop();
        if (!IsSkipped()) store().on_commit({});
        DeskTest::TearDown();
    }
    void start() {
        options_.again_after = 1ms;
        threads_ = std::make_unique<asio::thread_pool>(1);
        auto media = std::make_unique<MediaFetcher>(
            store(), http_,
            [](std::string_view slug) -> std::optional<plugins::InstanceSpec> {
                plugins::InstanceSpec spec;
                spec.ref.id = slug;
                spec.allow_cidrs = {"10.0.0.0/8"};
                return spec;
            },
            threads_->get_executor(), options_);
        const std::lock_guard lock(mutex_);
        media_ = std::move(media);
        media_->start();
    }
    void stop() {
        std::unique_ptr<MediaFetcher> media;
        {
            const std::lock_guard lock(mutex_);
            media = std::move(media_);
        }
        if (!media) return;
        store::testing::run_to_end([&] { return media->stop(); });
        threads_->join();
    }
    /// A message of a customer with a file at an address.
    void receive(const std::string& key) {
        plugins::Message message;
        message.dedupe_key = key;
        message.contact = "c1";
        message.text = "look";
        message.parts = {{"image/png", "a.png", "https://files.test/" + key, "{}", 0}};
        asio::thread_pool pool(1);
        Inbound inbound(store(), pool.get_executor());
        const plugins::AccountRef account{"shop1", "open", plugins::Kind::channel, kAccount, kSpace};
        ASSERT_TRUE(run(inbound.emit(account, message)));
    }
    std::vector<Attachment> attachments() {
        return read([](store::Session& sql) { return sql.rows<Attachment>("ORDER BY id"); });
    }
    /// When an event of this type was committed `count` times.
    bool wait(const std::string& type, int count = 1) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 20s, [&] { return std::count(types_.begin(), types_.end(), type) >= count; });
    }

    FakeHttp http_;
    MediaFetcher::Options options_;
    std::unique_ptr<asio::thread_pool> threads_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> types_;
    std::unique_ptr<MediaFetcher> media_;
};
USHER_ON_EVERY_DATABASE(MediaTest);

TEST_P(MediaTest, AnAddressIsFetchedAfterTheMessageAndTheEntryChanges) {
    http_.answers.push_back(FakeHttp::file("image/jpeg"));
    receive("m1");
    ASSERT_TRUE(wait("message.updated"));
    const auto all = attachments();
    ASSERT_THAT(all, SizeIs(1));
    EXPECT_EQ(all[0].state, AttachmentState::ready);
    EXPECT_EQ(all[0].blob_hash, std::string(64, 'b'));
    EXPECT_EQ(all[0].mime_type, "image/jpeg") << "as the bytes say, not as the channel did";
    EXPECT_EQ(all[0].size_bytes, 42);
    EXPECT_TRUE(all[0].shown_inline);
    const auto entry = timeline(all[0].conversation_id).at(0);
    EXPECT_EQ(entry.version, 2);
    EXPECT_EQ(http_.asked.at(0).url, "https://files.test/m1");
    EXPECT_EQ(http_.asked.at(0).redirect_limit, 3u);
    EXPECT_EQ(http_.asked.at(0).timeout_ms, 30'000u);
    EXPECT_THAT(http_.cidrs, ElementsAre("10.0.0.0/8"));
    EXPECT_EQ(http_.limit, 25u << 20);
    EXPECT_EQ(http_.slug, "shop1");
}

TEST_P(MediaTest, AfterThreeTriesItHasFailedAndCanBeTriedAnew) {
    http_.answers = {Error{Errc::timeout, "slow"}, FakeHttp::file("", 404), Error{Errc::unknown_outcome, "cut"}};
    receive("m1");
    ASSERT_TRUE(wait("message.updated"));
    EXPECT_EQ(http_.count(), 3u);
    const auto id = attachments().at(0).id;
    EXPECT_EQ(attachments().at(0).state, AttachmentState::failed);
    http_.answers = {FakeHttp::file("text/plain")};
    ASSERT_TRUE(run(media_->retry(id)));
    ASSERT_TRUE(wait("message.updated", 3)) << "fetching again, then there";
    EXPECT_EQ(attachments().at(0).state, AttachmentState::ready);
    EXPECT_FALSE(attachments().at(0).shown_inline);
    const auto again = run(media_->retry(id));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().reason, "not_failed");
    EXPECT_EQ(run(media_->retry({999'999})).error().code, Errc::not_found);
}

TEST_P(MediaTest, WhatThePolicyRefusesOrIsTooLargeFailsAtOnce) {
    http_.answers = {Error{Errc::forbidden, "169.254.169.254 is link-local"}};
    receive("m1");
    ASSERT_TRUE(wait("message.updated"));
    EXPECT_EQ(http_.count(), 1u);
    EXPECT_EQ(attachments().at(0).state, AttachmentState::failed);
}

TEST_P(MediaTest, ARestartGoesOnWhereItStood) {
    stop();
    receive("m1");
    receive("m2");
    EXPECT_EQ(http_.count(), 0u);
    http_.answers = {FakeHttp::file("image/png"), FakeHttp::file("image/png")};
    start();
    ASSERT_TRUE(wait("message.updated", 2));
    for (const auto& one : attachments()) EXPECT_EQ(one.state, AttachmentState::ready);
}

}  // namespace
}  // namespace usher::inbound
