// Host and Blobs over the fake host: every call there and back, and the refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <usher/fake_host.hpp>
#include <usher/plugin.hpp>

using namespace usher::sdk;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

struct HostTest : testing::Test {
    FakeHost fake{"shop1"};
    Host host{fake.raw()};

    template <class T>
    struct Answer {
        std::optional<Result<T>> got{};
        Callback<T> callback() {
            return [this](const Result<T>& result) { got = result; };
        }
    };
};

}  // namespace

TEST_F(HostTest, KnowsItsAccountAndPublicAddress) {
    EXPECT_EQ(host.account(), "shop1");
    EXPECT_EQ(host.public_url(), "https://public.example.test/channels/shop1");
}

TEST_F(HostTest, AnEmitIsAnsweredLaterNeverInsideTheCall) {
    Answer<Emitted> answer;
    host.emit({.dedupe_key = "m:1", .contact = "c", .text = "hi"}, answer.callback());
    EXPECT_FALSE(answer.got);
    fake.run();
    ASSERT_TRUE(answer.got && *answer.got);
    EXPECT_FALSE((**answer.got).duplicate);
    EXPECT_FALSE((**answer.got).message_id.empty());
}

TEST_F(HostTest, ARepeatedKeyIsADuplicateWithTheFirstIdsAndOtherContentAConflict) {
    Answer<Emitted> first, again, other;
    host.emit({.dedupe_key = "m:1", .text = "hi"}, first.callback());
    host.emit({.dedupe_key = "m:1", .text = "hi"}, again.callback());
    host.emit({.dedupe_key = "m:1", .text = "ho"}, other.callback());
    fake.run();
    EXPECT_TRUE((**again.got).duplicate);
    EXPECT_EQ((**again.got).message_id, (**first.got).message_id);
    EXPECT_TRUE((**other.got).conflict);
}

TEST_F(HostTest, EmitForCarriesItsRoutingKey) {
    Answer<Emitted> answer;
    host.emit_for("+4930", {.dedupe_key = "m:1"}, answer.callback());
    fake.run();
    ASSERT_EQ(fake.emits().size(), 1u);
    EXPECT_EQ(fake.emits()[0].routing_key, "+4930");
}

TEST_F(HostTest, TheFakeNoticesWhatTheBorderForbids) {
    Answer<Emitted> answer;
    host.emit({.text = "no key"}, answer.callback());
    host.emit({.dedupe_key = "m:1", .text = "\xc3\x28"}, answer.callback());
    host.emit({.kind = Kind::typing}, answer.callback());
    fake.run();
    const auto violations = fake.violations();
    ASSERT_EQ(violations.size(), 2u);
    EXPECT_THAT(violations[0], HasSubstr("dedupe_key is required"));
    EXPECT_THAT(violations[1], HasSubstr("text is not UTF-8"));
}

TEST_F(HostTest, HttpAnswersByScriptAndIsRecorded) {
    fake.on_http = [](const HttpRequest& request) {
        return HttpAnswer{.status = 404, .headers = {{"Retry-After", "7"}}, .body = request.body};
    };
    Answer<HttpAnswer> answer;
    host.http({.method = "POST", .url = "https://peer.example.test/x", .body = std::string("a\0b", 3)},
              answer.callback());
    fake.run();
    ASSERT_TRUE(answer.got && *answer.got);
    EXPECT_EQ((**answer.got).status, 404u);
    EXPECT_EQ((**answer.got).header("retry-after"), "7");
    EXPECT_EQ((**answer.got).body, std::string("a\0b", 3));
    ASSERT_EQ(fake.requests().size(), 1u);
    EXPECT_EQ(fake.requests()[0].url, "https://peer.example.test/x");
}

TEST_F(HostTest, KeysAreAbsentPutComparedAndDeleted) {
    Answer<std::optional<std::string>> absent, present;
    Answer<void> put;
    Answer<PutIf> first, stale, removed;
    host.kv_get("cursor", absent.callback());
    host.kv_put("cursor", "10", put.callback());
    host.kv_put_if("cursor", "9", "11", stale.callback());
    host.kv_get("cursor", present.callback());
    host.kv_put_if("other", "", "x", first.callback());
    host.kv_put_if("cursor", "10", "", removed.callback());
    fake.run();
    EXPECT_EQ(**absent.got, std::nullopt);
    EXPECT_TRUE(*put.got);
    EXPECT_FALSE((**stale.got).written);
    EXPECT_EQ((**stale.got).present, "10");
    EXPECT_EQ(**present.got, "10");
    EXPECT_TRUE((**first.got).written);
    EXPECT_TRUE((**removed.got).written);
    EXPECT_FALSE(fake.kv.contains("cursor"));
}

TEST_F(HostTest, AnEdgeMayNotPutButMayCompareAndPut) {
    fake.owner = false;
    Answer<void> put;
    Answer<PutIf> compared;
    host.kv_put("cursor", "10", put.callback());
    host.kv_put_if("cursor", "", "10", compared.callback());
    fake.run();
    EXPECT_EQ(put.got->failure().status, Status::fenced);
    EXPECT_TRUE((**compared.got).written);
}

TEST_F(HostTest, TimersRunInTheirOrder) {
    std::string order;
    host.timer(std::chrono::seconds(2), [&](const Result<void>&) { order += "2"; });
    host.timer(std::chrono::seconds(1), [&](const Result<void>&) {
        order += "1";
        host.timer(std::chrono::milliseconds(500), [&](const Result<void>&) { order += "+"; });
    });
    host.post([&](const Result<void>&) { order += "0"; });
    fake.advance(std::chrono::seconds(3));
    EXPECT_EQ(order, "01+2");
    EXPECT_EQ(fake.timers(), 0u);
}

TEST_F(HostTest, WhereTheHostRefusesTheCallbackHearsItAtOnce) {
    usher_host full = *fake.raw();
    full.emit = [](const usher_host*, const usher_message*, usher_done) {
        return static_cast<usher_status>(USHER_E_UNAVAILABLE);
    };
    Answer<Emitted> answer;
    Host(&full).emit({.dedupe_key = "m:1"}, answer.callback());
    ASSERT_TRUE(answer.got);
    EXPECT_EQ(answer.got->failure().status, Status::unavailable);
    EXPECT_EQ(answer.got->failure().error, "emit: refused by the host");
}

TEST_F(HostTest, ABlobIsWrittenByDescriptorSealedAndReadBack) {
    Answer<Blob> sealed;
    Answer<std::shared_ptr<Fd>> opened;
    const auto blobs = host.blobs();
    ASSERT_TRUE(blobs);
    blobs->create(100, [&](const Result<std::shared_ptr<BlobDraft>>& draft) {
        ASSERT_TRUE(draft);
        ASSERT_EQ(::write((*draft)->fd.get(), "hello", 5), 5);
        (*draft)->fd.reset();
        blobs->seal((*draft)->id, sealed.callback());
    });
    fake.run();
    ASSERT_TRUE(sealed.got && *sealed.got);
    EXPECT_EQ((**sealed.got).size_bytes, 5u);
    EXPECT_EQ((**sealed.got).sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    blobs->open((**sealed.got).id, opened.callback());
    fake.run();
    char read[6] = {};
    ASSERT_EQ(::read((**opened.got)->get(), read, 5), 5);
    EXPECT_STREQ(read, "hello");
}

TEST_F(HostTest, AFetchBecomesABlobWithTheAnswersHead) {
    fake.on_http = [](const HttpRequest&) {
        return HttpAnswer{.status = 200, .headers = {{"ETag", "x"}}, .body = "abc"};
    };
    Answer<Blob> fetched, too_large;
    host.blobs()->fetch({.url = "https://peer.example.test/f"}, 3, fetched.callback());
    host.blobs()->fetch({.url = "https://peer.example.test/f"}, 2, too_large.callback());
    fake.run();
    EXPECT_EQ((**fetched.got).sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ((**fetched.got).http.header("etag"), "x");
    EXPECT_EQ(too_large.got->failure().error, "over the limit");
}

TEST_F(HostTest, AServiceThatTheHostDoesNotHaveIsNothing) {
    fake.offers_services = false;
    EXPECT_FALSE(host.blobs());
    EXPECT_FALSE(host.visitors());
}

TEST_F(HostTest, LogsStatesAndMetricsAreRecorded) {
    host.warn("careful");
    host.state(State::degraded, "slow");
    host.metric("sent", 1, {{"kind", "text"}});
    host.metric("sent", 2);
    EXPECT_TRUE(fake.logged("careful"));
    EXPECT_EQ(fake.states().back().text, "slow");
    EXPECT_EQ(fake.metrics().at("sent"), 3);
    EXPECT_THAT(fake.violations(), IsEmpty());
}
