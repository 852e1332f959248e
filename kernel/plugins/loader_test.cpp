#include "plugins/loader.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "plugins/abi.hpp"
#include "plugins/test_support.hpp"

namespace usher::plugins::test {
namespace {

std::string refusal(const std::string& name) {
    const std::string path = module_path(name);
    auto loaded = load_library(path);
    if (loaded) return "(loaded)";
    const std::string text = loaded.error().message;
    return text.starts_with(path + ": ") ? text.substr(path.size() + 2) : text;
}

TEST(LoadLibrary, ReadsWhatTheLibrarySays) {
    const auto library = load_library(module_path("scripted")).value();
    ASSERT_EQ(library->plugins().size(), 5U);
    const PluginInfo& info = library->plugins()[0].info;
    EXPECT_EQ(info.id, "scripted");
    EXPECT_EQ(info.kind, Kind::channel);
    EXPECT_EQ(info.version, "0.1.0");
    EXPECT_EQ(info.config_schema.at("properties").at("port").at("default"), 25);
    EXPECT_EQ(info.capabilities.at("retry").at("delays_s"), json::array{7});
}

TEST(LoadLibrary, RefusesWithASentence) {
    EXPECT_EQ(refusal("is-not-there"), "no such file");
    EXPECT_EQ(refusal("bad-no-entry"), "exports no usher_plugin_entry_v0: it is no Usher plugin");
    EXPECT_EQ(refusal("bad-major"), "is built for plugin ABI 1; this Usher knows 0.1");
    EXPECT_EQ(refusal("bad-minor"),
              "is built for plugin ABI 0.2; this Usher takes exactly 0.1: build it with this version's SDK");
    EXPECT_EQ(refusal("bad-short"), "usher_entry says it is 8 bytes long, too short to hold create (expected 32)");
    EXPECT_EQ(refusal("bad-null-create"), "usher_entry.create is NULL");
    EXPECT_EQ(refusal("bad-null-list"), "holds no plugin: usher_entry.descriptors is empty");
    EXPECT_EQ(refusal("bad-count"), "claims 65 plugins; at most 64 are read");
    EXPECT_EQ(refusal("bad-kind"), "plugin org.example.bad: kind 9 is not known; expected 1 (channel) to 4 (exporter)");
    EXPECT_EQ(refusal("bad-id"), "descriptor[0].id is not of the form [a-z][a-z0-9._-]{0,63}");
    EXPECT_EQ(refusal("bad-utf8"), "plugin org.example.bad: name: is not valid UTF-8");
    EXPECT_TRUE(refusal("bad-schema").starts_with("plugin org.example.bad: config_schema is not valid JSON"));
    EXPECT_EQ(refusal("bad-capabilities"), "plugin org.example.bad: capabilities is no JSON object");
    const std::string symbol = refusal("bad-symbol");
    EXPECT_TRUE(symbol.starts_with("cannot be loaded: ")) << symbol;
    EXPECT_NE(symbol.find("undefined symbol: nobody_has_this"), std::string::npos) << symbol;
    auto script = load_library(USHER_TEST_PLUGINS "/../CTestTestfile.cmake");
    ASSERT_FALSE(script);
    EXPECT_NE(script.error().message.find("cannot be loaded: "), std::string::npos) << script.error().message;
}

usher_status no_create(usher_str, const usher_host*, usher_str, const usher_instance**) {
    return USHER_E_INTERNAL;
}

/// An entry with one sound descriptor, for spoiling.
struct Entry {
    usher_descriptor descriptor{};
    const usher_descriptor* list[2] = {&descriptor, &descriptor};
    usher_entry entry{};
    Entry() {
        descriptor.struct_size = sizeof descriptor;
        descriptor.kind = USHER_CHANNEL;
        descriptor.id = borrow("org.example.echo");
        descriptor.version = borrow("1.0");
        entry.struct_size = sizeof entry;
        entry.abi_minor = USHER_ABI_MINOR;
        entry.descriptors = list;
        entry.descriptor_count = 1;
        entry.create = &no_create;
    }
    std::string refusal() const {
        auto checked = check_entry(&entry, "x.so");
        return checked ? "(taken)" : checked.error().message;
    }
};

TEST(CheckEntry, TakesASoundOne) {
    Entry e;
    EXPECT_EQ(e.refusal(), "(taken)");
    e.descriptor.struct_size = offsetof(usher_descriptor, capabilities);
    EXPECT_EQ(e.refusal(), "(taken)") << "an older descriptor lacks the end";
}

TEST(CheckEntry, NamesEveryFault) {
    EXPECT_EQ(check_entry(nullptr, "x.so").error().message, "x.so: its entry is NULL");
    Entry create;
    create.entry.create = nullptr;
    EXPECT_EQ(create.refusal(), "x.so: usher_entry.create is NULL");
    Entry empty;
    empty.entry.descriptor_count = 0;
    EXPECT_EQ(empty.refusal(), "x.so: holds no plugin: usher_entry.descriptors is empty");
    Entry null;
    null.list[0] = nullptr;
    EXPECT_EQ(null.refusal(), "x.so: descriptor[0] is NULL");
    Entry brief;
    brief.descriptor.struct_size = 16;
    EXPECT_EQ(brief.refusal(),
              "x.so: descriptor[0] says it is 16 bytes long, too short to hold config_schema (expected 104)");
    Entry kind;
    kind.descriptor.kind = 9;
    EXPECT_EQ(kind.refusal(),
              "x.so: plugin org.example.echo: kind 9 is not known; expected 1 (channel) to 4 (exporter)");
    Entry id;
    id.descriptor.id = borrow("Echo Channel");
    EXPECT_EQ(id.refusal(), "x.so: descriptor[0].id is not of the form [a-z][a-z0-9._-]{0,63}");
    Entry text;
    text.descriptor.name = borrow("\xff");
    EXPECT_NE(text.refusal().find("plugin org.example.echo: name: "), std::string::npos) << text.refusal();
    Entry twice;
    twice.entry.descriptor_count = 2;
    EXPECT_EQ(twice.refusal(), "x.so: holds two plugins with the id org.example.echo");
    Entry version;
    version.descriptor.version = {};
    EXPECT_EQ(version.refusal(), "x.so: plugin org.example.echo: version is empty");
}

TEST(CheckEntry, RefusesSchemasThatCannotBeDrawn) {
    Entry json;
    json.descriptor.config_schema = borrow("{");
    EXPECT_NE(json.refusal().find("plugin org.example.echo: config_schema is not valid JSON"), std::string::npos)
        << json.refusal();
    Entry keyword;
    keyword.descriptor.config_schema =
        borrow(R"({"type": "object", "properties": {"a": {"type": "string", "contentEncoding": "x"}}})");
    EXPECT_TRUE(
        keyword.refusal().starts_with("x.so: plugin org.example.echo: config_schema/properties/a/contentEncoding: the "
                                      "keyword contentEncoding is not known for string"))
        << keyword.refusal();
    Entry capabilities;
    capabilities.descriptor.capabilities = borrow("[]");
    EXPECT_EQ(capabilities.refusal(), "x.so: plugin org.example.echo: capabilities is no JSON object");
}

}  // namespace
}  // namespace usher::plugins::test
