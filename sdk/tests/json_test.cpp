#include <gtest/gtest.h>

#include <usher/json.hpp>

namespace usher::sdk {
namespace {

TEST(Json, ReadsWhatIsThereAndNothingElse) {
    const auto json = Json::parse(R"( {"a": {"b": [1, -2.5e1, "x"]}, "t": true, "n": null} )");
    ASSERT_TRUE(json);
    EXPECT_EQ((*json)["a"]["b"].items()[0].integer(), 1);
    EXPECT_EQ((*json)["a"]["b"].items()[1].number(), -25.0);
    EXPECT_EQ((*json)["a"]["b"].items()[2].string(), "x");
    EXPECT_TRUE((*json)["t"].boolean());
    EXPECT_TRUE((*json)["n"].is_null());
    EXPECT_TRUE((*json)["no"]["such"]["member"].is_null());
    EXPECT_EQ((*json)["t"].string("preset"), "preset");
    EXPECT_EQ((*json)["a"]["b"].items()[1].integer(7), 7) << "no whole number";
    EXPECT_EQ(Json::parse("9223372036854775808")->integer(-1), -1) << "beyond 64 bits";
    EXPECT_EQ(json->keys(), (std::vector<std::string>{"a", "t", "n"}));
}

TEST(Json, RefusesWhatIsNone) {
    for (const char* text : {"",
                             " ",
                             "{",
                             "[1,]",
                             "{\"a\" 1}",
                             "{a: 1}",
                             "01",
                             "-",
                             "1.",
                             "1e",
                             "nul",
                             "\"a",
                             "\"\n\"",
                             "\"\\x\"",
                             "\"\\u12\"",
                             "\"\\ud800\"",
                             "\"\\ud800\\u0041\"",
                             "\"\\udc00\"",
                             "1 2",
                             "[]]"})
        EXPECT_FALSE(Json::parse(text)) << text;
    EXPECT_FALSE(Json::parse(std::string(100'000, '[')));
    EXPECT_TRUE(Json::parse(std::string(60, '[') + std::string(60, ']')));
}

TEST(Json, TextsSurviveBothWays) {
    EXPECT_EQ(Json::parse(R"("A\u00e4\ud83d\ude00\n\"\\\/")")->string(), "A\xC3\xA4\xF0\x9F\x98\x80\n\"\\/");
    const std::string text = "quote \" backslash \\ tab \t bell \x07 \xF0\x9F\x98\x80";
    EXPECT_EQ(Json::parse(Json(text).write())->string(), text);
}

TEST(Json, WritesInTheOrderOfItsMembers) {
    const Json json =
        Json::object({{"z", 1}, {"a", Json::array({Json(true), Json(), Json("x")})}, {"o", Json::object({})}});
    EXPECT_EQ(json.write(), R"({"z":1,"a":[true,null,"x"],"o":{}})");
    EXPECT_EQ(Json::parse(json.write())->write(), json.write());
}

}  // namespace
}  // namespace usher::sdk
