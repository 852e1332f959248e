// The host's side of the border: what a plugin asks for, its limits, and what a webhook waits for.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>

#include <thread>

#include "plugins/instance_fixture.hpp"

namespace usher::plugins::test {
namespace {

class HostOfAPlugin : public ScriptedPlugin {};

TEST_P(HostOfAPlugin, EmitAnswersWithTheIds) {
    auto plugin = start();
    EXPECT_EQ(hook(plugin, "/emit-and-wait", "k1").body, "emit 0  message_id=11 conversation_id=22");
    ASSERT_EQ(world_.emitted.size(), 1U);
    EXPECT_EQ(world_.emitted[0].first.id, "shop1");
    EXPECT_EQ(world_.emitted[0].second.dedupe_key, "k1");
    world_.emit_answer = EmitResult{"11", "22", true, false, ""};
    EXPECT_EQ(hook(plugin, "/emit-and-wait", "k1").body, "emit 0  message_id=11 conversation_id=22 duplicate=1");
    world_.emit_answer = EmitResult{"11", "22", false, true, ""};
    EXPECT_EQ(hook(plugin, "/emit-and-wait", "k1").body, "emit 0  message_id=11 conversation_id=22 conflict=1");
}

/// Runs a webhook beside the test; its answer comes when the test lets it.
class Behind {
public:
    Behind(std::shared_ptr<Instance> plugin, HttpRequest request)
        : thread_([this, plugin, request] { answer_ = run(plugin->webhook(request)); }) {}
    HttpResponse answer() {
        thread_.join();
        return answer_;
    }

private:
    HttpResponse answer_;
    std::thread thread_;
};

TEST_P(HostOfAPlugin, A2xxIsHeldBackUntilTheEmitIsDurable) {
    auto plugin = start();
    world_.hold_emits = true;
    Behind webhook(plugin, request("/emit", "k1"));
    world_.wait_for_emits(1);
    // The plugin has answered 202 by now (its strand took the next call); the host has not.
    EXPECT_EQ(hook(plugin, "/bad-path").status, 404U) << "what is no 2xx is not held back";
    world_.answer(EmitResult{"1", "2", false, false, ""});
    const HttpResponse answer = webhook.answer();
    EXPECT_EQ(answer.status, 202U);
    EXPECT_EQ(answer.body, "taken");
}

TEST_P(HostOfAPlugin, A2xxBecomes503WhenAnEmitCouldNotBeStored) {
    auto plugin = start();
    world_.emit_answer = Error{Errc::unavailable, "the database is gone"};
    const HttpResponse answer = hook(plugin, "/emit", "k1");
    EXPECT_EQ(answer.status, 503U);
    EXPECT_EQ(find_header(answer.headers, "retry-after"), "5");
    world_.emit_answer = EmitResult{"1", "2", false, false, ""};
    EXPECT_EQ(hook(plugin, "/emit", "k1").status, 202U) << "the provider's next try";
}

TEST_P(HostOfAPlugin, ARefusedEmitIsThePluginsToAnswer) {
    auto plugin = start();
    world_.emit_answer = Error{Errc::forbidden, "blocked", {}, {}, "contact_blocked"};
    EXPECT_EQ(hook(plugin, "/emit", "k1").status, 202U) << "a provider's retry would change nothing";
}

TEST_P(HostOfAPlugin, A2xxThatIsHeldBackTooLongBecomes503) {
    deadlines_.webhook = std::chrono::milliseconds(1);
    auto plugin = start();
    world_.hold_emits = true;
    EXPECT_EQ(hook(plugin, "/emit", "k1").status, 503U);
}

TEST_P(HostOfAPlugin, AtMost1000EmitsWaitToBeStored) {
    auto plugin = start();
    world_.hold_emits = true;
    Behind webhook(plugin, request("/flood", "1010"));
    world_.wait_for_emits(1000);
    world_.wait_for_count("refused", 10);
    for (int i = 0; i < 1000; ++i) world_.answer(EmitResult{"1", "2", false, false, ""});
    EXPECT_EQ(webhook.answer().status, 503U) << "ten were not taken";
    EXPECT_EQ(world_.count("refused"), 10);
    world_.hold_emits = false;
    EXPECT_EQ(hook(plugin, "/flood", "5").status, 200U);
}

TEST_P(HostOfAPlugin, AtMost64HostOperationsAreInFlight) {
    auto plugin = start();
    EXPECT_EQ(hook(plugin, "/kv-flood").status, 204U);
    world_.wait_for_hanging(64);
    EXPECT_EQ(world_.count("refused"), 6);
    world_.let_go();
    world_.wait_for_count("errors", 64);
    EXPECT_EQ(hook(plugin, "/kv-get", "none").body, "kv_get -3 ");
}

TEST_P(HostOfAPlugin, MalformedEmitsAreRefusedBeforeTheQueue) {
    auto plugin = start();
    for (const char* how : {"utf8", "nul", "json", "nokey"}) {
        EXPECT_EQ(hook(plugin, "/emit-bad", how).body, "refused -1") << how;
    }
    EXPECT_TRUE(world_.emitted.empty());
}

TEST_P(HostOfAPlugin, TypingGoesBesideTheQueueAndNeedsNoKey) {
    auto plugin = start();
    EXPECT_EQ(hook(plugin, "/typing").body, "typing 0 ");
    EXPECT_EQ(world_.count("typing"), 1);
    EXPECT_TRUE(world_.emitted.empty());
}

TEST_P(HostOfAPlugin, EmitForReachesTheAccountThatNamesThisOne) {
    auto plugin = start();
    EXPECT_EQ(hook(plugin, "/emit-for", "number-2").body, "emit_for 0  message_id=11 conversation_id=22");
    EXPECT_EQ(world_.emitted[0].first.id, "shop2");
    EXPECT_EQ(hook(plugin, "/emit-for", "number-3").body, "emit_for -3 ");
}

TEST_P(HostOfAPlugin, ValuesHoldAtMost64KiB) {
    auto plugin = start();
    EXPECT_EQ(hook(plugin, "/kv-put", "65536").body, "kv_put 0 ");
    EXPECT_EQ(hook(plugin, "/kv-put", "65537").body, "refused -1");
    EXPECT_EQ(world_.values["channel/shop1:cursor"].size(), 65536U);
    world_.fenced = true;
    EXPECT_EQ(hook(plugin, "/kv-put", "1").body, "kv_put -13 ");
}

TEST_P(HostOfAPlugin, PutIfTellsWhatStandsThere) {
    auto plugin = start();
    EXPECT_EQ(hook(plugin, "/kv-put-if", "a").body, "kv_put_if 0 ");
    EXPECT_EQ(hook(plugin, "/kv-put-if", "b").body, "kv_put_if -12 a");
    EXPECT_EQ(hook(plugin, "/kv-get", "cursor").body, "kv_get 0 a");
}

TEST_P(HostOfAPlugin, HttpGoesOutUnderTheAccountsRanges) {
    auto plugin = start();
    EXPECT_EQ(hook(plugin, "/http", "https://peer.test/").body, "http 0  http=201 made");
    EXPECT_EQ(world_.requested, std::vector<std::string>{"shop1 POST https://peer.test/ 10.0.0.0/8"});
    EXPECT_EQ(hook(plugin, "/http", "https://down.test/").body, "http -5 ");
    EXPECT_EQ(hook(plugin, "/http", "https://big.test/").body, "refused -1") << "over 1 MiB it has to be a blob";
}

TEST_P(HostOfAPlugin, ServicesAreThereOrAbsent) {
    auto plugin = start();
    EXPECT_EQ(hook(plugin, "/service", "usher.visitor/1").body, "there");
    EXPECT_EQ(hook(plugin, "/service", "usher.blob/1").body, "absent") << "no blobs in this world";
    EXPECT_EQ(hook(plugin, "/service", "usher.net/1").body, "absent");
    EXPECT_EQ(hook(plugin, "/service", "org.example.unknown/1").body, "absent");
}

/// Blobs in memory.
class MemoryBlobs final : public BlobSink {
public:
    Task<Result<int>> open(AccountRef, std::string) override {
        co_return ::open(("/proc/self/fd/" + std::to_string(file_.get())).c_str(), O_RDONLY | O_CLOEXEC);
    }
    Task<Result<Draft>> create(AccountRef, std::uint64_t) override {
        file_ = Fd(::memfd_create("draft", MFD_CLOEXEC));
        Draft out;
        out.fd = ::fcntl(file_.get(), F_DUPFD_CLOEXEC, 3);
        out.id = "draft-1";
        co_return out;
    }
    Task<Result<Sealed>> seal(AccountRef, std::string draft) override {
        if (draft != "draft-1") co_return not_found("there is no such draft");
        Sealed out;
        out.blob = "abc";
        out.size_bytes = 100'000;
        co_return out;
    }

private:
    Fd file_;
};

TEST_P(HostOfAPlugin, BlobsAreWrittenAndReadByDescriptor) {
    MemoryBlobs blobs;
    blobs_ = &blobs;
    auto plugin = start();
    EXPECT_EQ(hook(plugin, "/service", "usher.blob/1").body, "there");
    const HttpResponse answer = hook(plugin, "/blob");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body, "100000 bbbbb");
    run(plugin->destroy());
}

TEST_P(HostOfAPlugin, CookiesAndKeysNeitherComeInNorGoOut) {
    auto plugin = start();
    HttpRequest in = request("/headers");
    in.headers = {{"cookie", "usher_session=1"}, {"X-Api-Key", "k"}, {"X-CSRF-Token", "t"}, {"X-Hub-Signature", "s"}};
    const HttpResponse answer = run(plugin->webhook(in));
    EXPECT_EQ(answer.body, "X-Hub-Signature;");
    EXPECT_EQ(answer.headers, (Pairs{{"X-Kept", "1"}}));
}

TEST_P(HostOfAPlugin, AnAnswerThatIsNoHttpBecomes500) {
    auto plugin = start();
    EXPECT_EQ(hook(plugin, "/bad-header").status, 500U);
    EXPECT_EQ(hook(plugin, "/huge").status, 500U);
    EXPECT_EQ(hook(plugin, "/emit-and-wait", "k").status, 200U) << "and the next one works";
}

TEST_P(HostOfAPlugin, AnswersWithoutHttpGetAStatus) {
    deadlines_.webhook = std::chrono::milliseconds(2000);
    auto plugin = start();
    EXPECT_EQ(hook(plugin, "/plain-ok").status, 200U);
    const HttpResponse limited = hook(plugin, "/limited");
    EXPECT_EQ(limited.status, 429U);
    EXPECT_EQ(find_header(limited.headers, "Retry-After"), "3");
    EXPECT_EQ(limited.body, R"({"error":{"code":"rate_limited","message":"The channel could not take this request."}})")
        << "what is for operators stays in the house";
}

TEST_P(HostOfAPlugin, StatesReachWhoeverListens) {
    auto plugin = start();
    EXPECT_EQ(hook(plugin, "/fail").status, 401U);
    EXPECT_EQ(plugin->state(), State::failed);
    EXPECT_EQ(world_.states, std::vector<std::string>{"shop1 failed: 401: token revoked"});
}

TEST_P(HostOfAPlugin, ATimerOfZeroIsAPost) {
    auto plugin = start();
    EXPECT_EQ(hook(plugin, "/post").body, "timer 0 ");
}

INSTANTIATE_TEST_SUITE_P(Carriers, HostOfAPlugin, testing::Values(Carrier::in_process, Carrier::isolated),
                         carrier_name);

}  // namespace
}  // namespace usher::plugins::test
