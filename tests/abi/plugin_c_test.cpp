// The plugin in plain C, loaded from its shared library and driven through the tables.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <usher/fake_instance.hpp>

using namespace usher::sdk;

namespace {

const usher_entry* load() {
    void* library = ::dlopen(PLUGIN_C, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return nullptr;
    return static_cast<const usher_entry*>(::dlsym(library, "usher_plugin_entry_v0"));
}

struct PluginInC : testing::Test {
    const usher_entry* entry = load();
    FakeHost host;
    void SetUp() override { ASSERT_NE(entry, nullptr) << ::dlerror(); }
    void TearDown() override { EXPECT_THAT(host.violations(), testing::IsEmpty()); }
};

}  // namespace

TEST_F(PluginInC, IsDescribedByStaticData) {
    EXPECT_EQ(entry->struct_size, sizeof(usher_entry));
    ASSERT_EQ(entry->descriptor_count, 1u);
    EXPECT_EQ(view(entry->descriptors[0]->id), "c_example");
    EXPECT_EQ(entry->descriptors[0]->kind, static_cast<std::uint32_t>(USHER_CHANNEL));
}

TEST_F(PluginInC, StartsSendsAndStops) {
    FakeInstance echo(host, *entry, "c_example");
    ASSERT_TRUE(echo.start(Role::owner));
    EXPECT_TRUE(host.logged("owner"));
    const auto receipt = echo.send({.id = "4711", .text = "hi"});
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->remote_id, "4711");
    EXPECT_EQ(echo.send({.kind = Kind::typing}).failure().status, Status::unsupported);
    EXPECT_TRUE(echo.stop());
}

TEST_F(PluginInC, AnswersAWebhookOnceItsEmitIsDurable) {
    FakeInstance echo(host, *entry, "c_example");
    const auto answer = echo.begin_webhook({.method = "POST", .remote_addr = "127.0.0.1", .body = "hello"});
    EXPECT_FALSE(answer.finished()) << "the emit is not stored yet";
    host.run();
    ASSERT_TRUE(answer.finished());
    EXPECT_EQ(answer.result()->status, 202u);
    EXPECT_EQ(answer.result()->body, "taken");
    ASSERT_EQ(host.emits().size(), 1u);
    EXPECT_EQ(host.emits()[0].message.text, "hello");
}

TEST_F(PluginInC, PassesAFailedEmitOn) {
    host.on_emit = [](const Message&) { return Result<Emitted>(Failure{.status = Status::unavailable}); };
    FakeInstance echo(host, *entry, "c_example");
    EXPECT_EQ(echo.webhook({.body = "hello"}).failure().status, Status::unavailable);
    EXPECT_EQ(echo.webhook({.body = ""}).failure().status, Status::invalid);
}

TEST_F(PluginInC, RefusesAnIdThatItDoesNotHold) {
    EXPECT_EQ(FakeInstance(host, *entry, "other").created(), Status::not_found);
}
