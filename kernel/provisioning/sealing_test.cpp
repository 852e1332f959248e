#include "provisioning/sealing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "foundation/crypto.hpp"
#include "foundation/text.hpp"

namespace usher::provisioning {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

json::object object(std::string_view text) {
    return parse_json(text).value().as_object();
}

const std::string kKey(32, 'k');
const json::object kConfig = object(R"({"token":"s3cret","inbound":{"secrets":["a:1","b:2"],"rate":5},"name":"x"})");

TEST(Sealing, WhatIsSealedOpensAgainAndShowsNothing) {
    const SecretBox box(kKey);
    const json::object stored = box.seal(kConfig, {"/token", "/inbound/secrets"}, AccountKey{7});
    const std::string text = write_json(stored);
    EXPECT_THAT(text, Not(HasSubstr("s3cret")));
    EXPECT_THAT(text, Not(HasSubstr("a:1")));
    EXPECT_THAT(text, HasSubstr(R"("name":"x")"));
    const auto opened = box.unseal(stored, AccountKey{7});
    EXPECT_EQ(opened.config, kConfig);
    EXPECT_TRUE(opened.lost.empty());
}

TEST(Sealing, TheSameValueIsNeverSealedTheSameWay) {
    const SecretBox box(kKey);
    EXPECT_NE(box.seal(kConfig, {"/token"}, AccountKey{7}), box.seal(kConfig, {"/token"}, AccountKey{7}));
}

TEST(Sealing, AnotherKeyOpensNothingAndIsNamed) {
    const json::object stored = SecretBox(kKey).seal(kConfig, {"/token"}, AccountKey{7});
    const SecretBox other(std::string(32, 'o'));
    const auto opened = other.unseal(stored, AccountKey{7});
    EXPECT_THAT(opened.lost, ElementsAre("/token"));
    EXPECT_EQ(opened.sealed_with, SecretBox(kKey).key_id());
    EXPECT_NE(opened.sealed_with, other.key_id());
    EXPECT_FALSE(opened.config.contains("token"));
    EXPECT_EQ(opened.config.at("name"), "x");
}

TEST(Sealing, AValueCopiedToAnotherAccountOrPlaceDoesNotOpen) {
    const SecretBox box(kKey);
    json::object stored = box.seal(kConfig, {"/token"}, AccountKey{7});
    EXPECT_THAT(box.unseal(stored, AccountKey{8}).lost, ElementsAre("/token"));
    stored["name"] = stored.at("token");
    EXPECT_THAT(box.unseal(stored, AccountKey{7}).lost, ElementsAre("/name"));
}

TEST(Sealing, WhatWasChangedDoesNotOpen) {
    const SecretBox box(kKey);
    for (const char* value : {"", "x", "00000000.AAAA", "00000000."}) {
        const json::object stored{{"token", {{"$sealed", value}}}};
        EXPECT_THAT(box.unseal(stored, AccountKey{7}).lost, ElementsAre("/token")) << value;
    }
    std::string sealed(box.seal(kConfig, {"/token"}, AccountKey{7}).at("token").at("$sealed").as_string());
    sealed[sealed.size() - 2] = sealed[sealed.size() - 2] == 'A' ? 'B' : 'A';
    const json::object stored{{"token", {{"$sealed", sealed}}}};
    EXPECT_THAT(box.unseal(stored, AccountKey{7}).lost, ElementsAre("/token"));
}

TEST(Sealing, WithoutSealedNamesThePlaces) {
    const json::object stored = SecretBox(kKey).seal(kConfig, {"/token", "/inbound/secrets"}, AccountKey{7});
    std::vector<std::string> places;
    EXPECT_EQ(without_sealed(stored, &places), object(R"({"inbound":{"rate":5},"name":"x"})"));
    EXPECT_THAT(places, ElementsAre("/token", "/inbound/secrets"));
}

class KeyFile : public ::testing::Test {
protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "usher-key-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    std::filesystem::path file() const { return folder_ / "secret_key"; }
    void write(const std::string& text, mode_t mode = 0600) const {
        std::ofstream(file()) << text;
        ASSERT_EQ(::chmod(file().c_str(), mode), 0);
    }
    std::string refusal() const {
        auto box = SecretBox::open({}, folder_);
        return box ? "(opened)" : box.error().message;
    }
    std::filesystem::path folder_;
};

TEST_F(KeyFile, IsMadeOnceForItsOwnerOnly) {
    const auto first = SecretBox::open({}, folder_);
    ASSERT_TRUE(first) << first.error().message;
    struct stat about {};
    ASSERT_EQ(::stat(file().c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0600u);
    EXPECT_EQ(SecretBox::open({}, folder_)->key_id(), first->key_id());
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1) << "a draft stayed";
}

TEST_F(KeyFile, AConfiguredKeyIsTakenInItsPlace) {
    const auto box = SecretBox::open({to_base64url(kKey)}, folder_);
    ASSERT_TRUE(box) << box.error().message;
    EXPECT_EQ(box->key_id(), SecretBox(kKey).key_id());
    EXPECT_FALSE(std::filesystem::exists(file()));
    EXPECT_EQ(SecretBox::open({"short"}, folder_).error().message,
              "secret_key: expected 32 bytes as base64url, 43 characters");
}

TEST_F(KeyFile, ThatOthersMayReadIsRefused) {
    write(to_base64url(kKey) + "\n", 0640);
    EXPECT_THAT(refusal(), HasSubstr("secret_key: others than its owner may use this file"));
    EXPECT_THAT(refusal(), HasSubstr("chmod 600"));
}

TEST_F(KeyFile, ThatHoldsNoKeyIsRefusedAndKept) {
    for (const char* text : {"", "not a key", "AAAA"}) {
        write(text);
        EXPECT_THAT(refusal(), HasSubstr("not a key: expected 32 bytes as base64url")) << text;
    }
    EXPECT_TRUE(std::filesystem::exists(file()));
}

}  // namespace
}  // namespace usher::provisioning
