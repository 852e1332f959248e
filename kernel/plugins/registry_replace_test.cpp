// A library's file is another build: its instances move, and nothing that is under way is lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "plugins/registry.hpp"
#include "plugins/test_support.hpp"

namespace usher::plugins::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Replacement : public testing::Test {
protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "usher-replace-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
        install();
        Registry::Options options;
        options.public_url = "https://chat.test";
        options.builds_folder = (folder_ / "builds").string();
        registry_ = std::make_unique<Registry>(options, world_.sinks());
        const auto loaded = registry_->load_library(file(), config::Isolation::in_process);
        ASSERT_TRUE(loaded) << loaded.error().message;
        run(registry_->start());
    }
    void TearDown() override {
        world_.let_go();
        run(registry_->stop(std::chrono::seconds(10)));
        world_.let_go();
        registry_.reset();
        std::filesystem::remove_all(folder_);
    }
    std::string file() const { return (folder_ / "plugin.so").string(); }
    /// A build of its own: bytes after the end of an ELF file are nobody's.
    void install(const std::string& from = "scripted", const std::string& tail = "") {
        const auto draft = folder_ / "draft";
        std::filesystem::copy_file(module_path(from), draft, std::filesystem::copy_options::overwrite_existing);
        std::ofstream(draft, std::ios::app | std::ios::binary) << tail;
        std::filesystem::rename(draft, file());
    }
    InstanceSpec spec(const std::string& id, std::string_view config = "{}", const std::string& plugin = "scripted") {
        InstanceSpec out;
        out.ref = {.id = id, .channel = plugin, .kind = Kind::channel};
        out.name = id;
        out.config = parse_json(config).value().as_object();
        return out;
    }
    void add(const std::string& id, std::string_view config = "{}", const std::string& plugin = "scripted") {
        ASSERT_TRUE(run(registry_->add(spec(id, config, plugin))));
    }
    Result<Registry::Reloaded> reload() { return run(registry_->reload(Kind::channel, "scripted")); }
    std::string state(const std::string& id) {
        const auto status = registry_->status(Kind::channel, id);
        return status ? std::string(enum_name(status->state)) : "(none)";
    }
    HttpResponse hook(const std::string& id, const std::string& path) {
        HttpRequest request;
        request.method = "POST";
        request.path = path;
        request.query = "key-1";
        return run(registry_->account(id)->webhook(request));
    }
    std::string build() { return registry_->plugin(Kind::channel, "scripted")->build; }

    std::filesystem::path folder_;
    World world_;
    std::unique_ptr<Registry> registry_;
};

TEST_F(Replacement, TheSameFileIsLeftAlone) {
    add("shop");
    const auto done = reload();
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_FALSE(done->replaced);
    EXPECT_EQ(world_.count("created"), 1);
    EXPECT_EQ(run(registry_->reload(Kind::channel, "scriptde")).error().code, Errc::not_found);
}

TEST_F(Replacement, EveryInstanceMovesToTheNewBuild) {
    add("shop");
    add("exclusive-one", "{}", "exclusive");
    InstanceSpec off = spec("off");
    off.enabled = false;
    ASSERT_TRUE(run(registry_->add(off)));
    const std::string before = build();
    install("scripted", "next");
    const auto done = reload();
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_TRUE(done->replaced);
    EXPECT_THAT(done->failed, IsEmpty());
    EXPECT_NE(build(), before);
    EXPECT_EQ(registry_->plugin(Kind::channel, "scripted")->library, file());
    EXPECT_EQ(world_.count("destroyed"), 2);
    EXPECT_EQ(world_.count("started_owner"), 4);
    for (const char* id : {"shop", "exclusive-one"}) {
        EXPECT_EQ(state(id), "ready");
        EXPECT_EQ(registry_->status(Kind::channel, id)->restarts, 0);
        EXPECT_EQ(hook(id, "/plain-ok").status, 200);
    }
    EXPECT_EQ(state("off"), "stopped");
}

TEST_F(Replacement, WhatIsUnderWayEndsInTheOldBuild) {
    add("shop");
    world_.hold_emits = true;
    auto answer = std::async(std::launch::async, [this] { return hook("shop", "/emit"); });
    world_.wait_for_emits(1);
    install("scripted", "next");
    auto reloading = std::async(std::launch::async, [this] { return reload(); });
    world_.wait_for_count("started_owner", 2);  // the new one runs while the old one waits for its message
    world_.answer(world_.emit_answer);
    EXPECT_EQ(answer.get().status, 202) << "stored, so it may be said";
    EXPECT_TRUE(reloading.get()->replaced);
    EXPECT_EQ(world_.count("destroyed"), 1);
    EXPECT_EQ(world_.count("cancelled"), 0);
}

TEST_F(Replacement, AFileThatIsNoPluginChangesNothing) {
    add("shop");
    std::ofstream(folder_ / "draft") << "not a library";
    std::filesystem::rename(folder_ / "draft", file());
    const auto garbage = reload();
    ASSERT_FALSE(garbage);
    EXPECT_EQ(garbage.error().code, Errc::validation);
    EXPECT_THAT(garbage.error().message, HasSubstr(file() + ": cannot be loaded"));
    install("bad-minor");
    EXPECT_THAT(reload().error().message, HasSubstr("is built for plugin ABI 0."));
    std::filesystem::remove(file());
    EXPECT_THAT(reload().error().message, HasSubstr("cannot be read"));
    EXPECT_EQ(state("shop"), "ready");
    EXPECT_EQ(world_.count("created"), 1);
}

TEST_F(Replacement, ABuildWithoutThePluginOfAnAccountIsRefused) {
    add("shop");
    install("plain");
    const auto refused = reload();
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("the new build has no channel scripted, which account shop needs"));
    EXPECT_TRUE(registry_->plugin(Kind::channel, "scripted"));
    EXPECT_EQ(hook("shop", "/plain-ok").status, 200);
}

TEST_F(Replacement, OneThatDoesNotStartAnewGoesOnInTheOldBuild) {
    add("shop", R"({"start":"refuse"})");
    EXPECT_EQ(state("shop"), "failed");
    install("scripted", "next");
    const auto done = reload();
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_THAT(done->failed, ::testing::ElementsAre(HasSubstr("account shop: scripted/shop: start")));
    EXPECT_EQ(state("shop"), "failed");
    EXPECT_THAT(registry_->status(Kind::channel, "shop")->last_error, HasSubstr("the token was revoked"));
}

}  // namespace
}  // namespace usher::plugins::test
