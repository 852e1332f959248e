// Text as Telegram counts it.
#include "text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace usher::telegram;
using testing::ElementsAre;

namespace {

std::string joined(const std::vector<std::string>& parts) {
    std::string all;
    for (const auto& part : parts) all += part;
    return all;
}
std::string repeated(std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

}  // namespace

TEST(TelegramText, CountsUtf16Units) {
    EXPECT_EQ(utf16_length(""), 0u);
    EXPECT_EQ(utf16_length("aä한"), 3u);
    EXPECT_EQ(utf16_length("🙂"), 2u);
    EXPECT_EQ(byte_at("🙂a", 2), 4u);
    EXPECT_EQ(byte_at("🙂a", 1), 4u) << "a pair is not torn apart";
    EXPECT_EQ(byte_at("ab", 9), 2u);
}

TEST(TelegramText, ShortTextStaysWhole) {
    EXPECT_THAT(split_text("hello", 4096), ElementsAre("hello"));
    EXPECT_THAT(split_text("", 4096), ElementsAre());
    EXPECT_EQ(split_text(repeated("x", 4096), 4096).size(), 1u);
}

TEST(TelegramText, LongTextIsSplitAtLinesThenWordsThenAnywhere) {
    EXPECT_THAT(split_text("aaaa bbbb\ncccc", 12), ElementsAre("aaaa bbbb\n", "cccc"));
    EXPECT_THAT(split_text("aaaa bbbb cccc", 12), ElementsAre("aaaa bbbb ", "cccc"));
    EXPECT_THAT(split_text("aaaaaaaaaaaaaa", 12), ElementsAre("aaaaaaaaaaaa", "aa"));
    EXPECT_THAT(split_text("a bbbbbbbbbbbbbb", 12), ElementsAre("a bbbbbbbbbb", "bbbb")) << "not for a crumb";
}

TEST(TelegramText, NoPairIsTornAndNothingIsLost) {
    const std::string smileys = "x" + repeated("🙂", 5000);
    const auto parts = split_text(smileys, 4096);
    EXPECT_EQ(parts.size(), 3u);
    for (const auto& part : parts) {
        EXPECT_LE(utf16_length(part), 4096u);
        EXPECT_EQ((part.size() - (part[0] == 'x')) % 4, 0u);
    }
    EXPECT_EQ(joined(parts), smileys);
}

TEST(TelegramText, NulIsReplaced) {
    EXPECT_EQ(without_nul(std::string_view("a\0b", 3)),
              "a\xef\xbf\xbd"
              "b");
    EXPECT_TRUE(is_blank(" \n\t"));
    EXPECT_FALSE(is_blank(" x "));
}
