// The exporter as the kernel drives it: start, batches in order, stop, and what it tells when the disk refuses.
#include <gmock/gmock.h>

#include <usher/fake_instance.hpp>

#include "test_folder.hpp"

using namespace usher::sdk;
using testing::HasSubstr;

namespace {

struct Jsonl : testing::Test {
    TestFolder folder;
    FakeHost host;
    std::string config(const std::string& more = "") const {
        return R"({"folder":")" + (folder.path / "out").string() + "\"" + more + "}";
    }
    std::string written() const {
        std::ifstream in(folder.path / "out" / "events-00000001.ndjson", std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void TearDown() override { EXPECT_THAT(host.violations(), testing::IsEmpty()); }
};

}  // namespace

TEST_F(Jsonl, WritesBatchesInTheirOrder) {
    FakeInstance exporter(host, usher_plugin_entry_v0, "jsonl", config());
    ASSERT_TRUE(exporter.start());
    std::vector<FakeOp<void>> batches;
    std::string expected;
    for (int i = 0; i < 50; ++i) {
        const std::string line = "{\"id\":" + std::to_string(i) + "}\n";
        batches.push_back(exporter.begin_export(line));
        expected += line;
    }
    for (const auto& batch : batches) {
        ASSERT_TRUE(batch.wait_for_thread());
        EXPECT_TRUE(batch.result());
    }
    EXPECT_EQ(written(), expected) << "on the disk when the batch is answered";
    EXPECT_TRUE(exporter.stop());
}

TEST_F(Jsonl, StopComesAfterEveryBatchThatWasAccepted) {
    FakeInstance exporter(host, usher_plugin_entry_v0, "jsonl", config());
    ASSERT_TRUE(exporter.start());
    const auto batch = exporter.begin_export("{}\n");
    EXPECT_TRUE(exporter.stop());
    EXPECT_TRUE(batch.finished());
    EXPECT_THAT(exporter.export_batch("{}\n").failure().error, HasSubstr("not open"));
    ASSERT_TRUE(exporter.start()) << "a stop may be followed by a start";
    EXPECT_TRUE(exporter.export_batch("{}\n"));
    EXPECT_EQ(written(), "{}\n{}\n");
}

TEST_F(Jsonl, ABatchQueuedWhenTheInstanceEndsIsStillWrittenAndAnswered) {
    FakeInstance exporter(host, usher_plugin_entry_v0, "jsonl", config());
    ASSERT_TRUE(exporter.start());
    const auto batch = exporter.begin_export("{\"last\":1}\n");
    exporter.destroy();
    EXPECT_TRUE(batch.finished());
    EXPECT_EQ(written(), "{\"last\":1}\n");
}

TEST_F(Jsonl, TellsOfALineThatACrashCut) {
    std::filesystem::create_directories(folder.path / "out");
    std::ofstream(folder.path / "out" / "events-00000001.ndjson") << "{\"a\":1}\n{\"a\"";
    FakeInstance exporter(host, usher_plugin_entry_v0, "jsonl", config());
    ASSERT_TRUE(exporter.start());
    EXPECT_TRUE(host.logged("cut 4 bytes of an unfinished line"));
    EXPECT_TRUE(exporter.export_batch("{\"a\":2}\n"));
    EXPECT_EQ(written(), "{\"a\":1}\n{\"a\":2}\n");
}

TEST_F(Jsonl, DoesNotStartWhereItCannotWrite) {
    std::ofstream(folder.path / "out") << "a file stands in the way";
    FakeInstance exporter(host, usher_plugin_entry_v0, "jsonl", config());
    const auto started = exporter.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.failure().status, Status::unavailable);
    ASSERT_EQ(host.states().size(), 1u);
    EXPECT_EQ(host.states()[0].state, State::failed);
    EXPECT_THAT(host.states()[0].text, HasSubstr((folder.path / "out").string()));
}

TEST_F(Jsonl, AConfigurationWithoutAFolderIsRefused) {
    for (const char* wrong : {"{}", R"({"folder":""})", R"({"folder":"x","max_files":-1})", "[]"}) {
        FakeHost other;
        EXPECT_EQ(FakeInstance(other, usher_plugin_entry_v0, "jsonl", wrong).created(), Status::invalid) << wrong;
    }
}
