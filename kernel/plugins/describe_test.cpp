#include "plugins/describe.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "foundation/json.hpp"
#include "plugins/loader.hpp"
#include "plugins/test_support.hpp"

namespace usher::plugins::test {
namespace {

namespace fs = std::filesystem;

class DescribeLibrary : public testing::Test {
protected:
    DescribeLibrary() {
        folder_ = fs::temp_directory_path() / ("usher-describe-" + std::to_string(::getpid()));
        fs::remove_all(folder_);
    }
    ~DescribeLibrary() override { fs::remove_all(folder_); }
    std::string refusal(const std::string& name) const {
        const std::string path = module_path(name);
        auto described = Descriptions(options_, "").of(path);
        if (described) return "(described)";
        const std::string text = described.error().message;
        return text.starts_with(path + ": ") ? text.substr(path.size() + 2) : text;
    }
    HelperOptions options_;
    fs::path folder_;
};

TEST_F(DescribeLibrary, SaysTheSameAsTheLoader) {
    const auto loaded = load_library(module_path("scripted")).value();
    const auto described = Descriptions(options_, "").of(module_path("scripted")).value();
    ASSERT_EQ(described.plugins.size(), loaded->plugins().size());
    for (std::size_t i = 0; i < described.plugins.size(); ++i) {
        const PluginInfo& there = described.plugins[i];
        const PluginInfo& here = loaded->plugins()[i].info;
        EXPECT_EQ(there.id, here.id);
        EXPECT_EQ(there.kind, here.kind);
        EXPECT_EQ(there.name, here.name);
        EXPECT_EQ(there.version, here.version);
        EXPECT_EQ(there.library, here.library);
        EXPECT_EQ(there.config_schema, here.config_schema);
        EXPECT_EQ(there.capabilities, here.capabilities);
    }
    EXPECT_EQ(described.hash.size(), 64U);
}

/// Every broken library that the loader names, and with its words.
TEST_F(DescribeLibrary, RefusesWhatTheLoaderRefuses) {
    for (const char* name :
         {"bad-no-entry", "bad-major", "bad-minor", "bad-short", "bad-symbol", "bad-null-create", "bad-null-list",
          "bad-count", "bad-kind", "bad-id", "bad-utf8", "bad-schema", "bad-keyword", "bad-capabilities"}) {
        auto loaded = load_library(module_path(name));
        ASSERT_FALSE(loaded) << name;
        EXPECT_EQ(module_path(name) + ": " + refusal(name), loaded.error().message);
    }
    EXPECT_EQ(refusal("is-not-there"), "no such file");
}

TEST_F(DescribeLibrary, SurvivesConstructorsThatDoNot) {
    EXPECT_EQ(refusal("bad-abort"), "does not say what it holds: its process was killed by signal 6 (SIGABRT)");
    EXPECT_EQ(refusal("bad-exit"), "does not say what it holds: its process ended with exit status 3");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_EQ(refusal("bad-crash"), "does not say what it holds: its process was killed by signal 11 (SIGSEGV)");
#endif
    options_.describe = std::chrono::milliseconds(20);
    EXPECT_EQ(refusal("bad-hang"), "does not say what it holds: its process was killed: no answer in 20 ms");
}

TEST_F(DescribeLibrary, IsAskedOncePerFile) {
    const auto first = Descriptions(options_, folder_.string()).of(module_path("plain")).value();
    options_.program = "/nonexistent/usher-plugin-host";
    const auto again = Descriptions(options_, folder_.string()).of(module_path("plain"));
    ASSERT_TRUE(again) << "nobody had to be asked: " << again.error().message;
    EXPECT_EQ(again->plugins[0].id, first.plugins[0].id);
    EXPECT_EQ(Descriptions(options_, folder_.string()).of(module_path("scripted")).error().message,
              module_path("scripted") + ": cannot start /nonexistent/usher-plugin-host: No such file or directory");
    for (const auto& file : fs::directory_iterator(folder_)) std::ofstream(file.path()) << "spoiled";
    options_.program.clear();
    EXPECT_TRUE(Descriptions(options_, folder_.string()).of(module_path("plain")))
        << "what cannot be read is asked anew";
}

}  // namespace
}  // namespace usher::plugins::test
