#include "foundation/describe.hpp"

#include <gtest/gtest.h>

namespace usher {
namespace {

enum class Shade { light, dark_blue };
BOOST_DESCRIBE_ENUM(Shade, light, dark_blue)

struct Inner {
    std::int64_t open_limit = 5;
    std::vector<std::string> tags;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (open_limit, tags))

struct ThingTag {};
struct Thing {
    Id<ThingTag> id;
    std::string display_name;
    bool default_ = false;
    std::optional<std::string> note;
    Shade shade = Shade::light;
    Inner inner;
    std::map<std::string, bool> days;
    Time at;
};
BOOST_DESCRIBE_STRUCT(Thing, (), (id, display_name, default_, note, shade, inner, days, at))

Thing thing() {
    return {
        {7}, "Zoë", true, std::nullopt, Shade::dark_blue, {3, {"a", "b"}}, {{"monday", true}}, {1'700'000'000'120'000}};
}

TEST(Describe, WritesCamelCaseAndStringsForIds) {
    EXPECT_EQ(write_json(to_json(thing())),
              R"({"id":"7","displayName":"Zoë","default":true,"note":null,"shade":"dark_blue",)"
              R"("inner":{"openLimit":3,"tags":["a","b"]},"days":{"monday":true},"at":"2023-11-14T22:13:20.120Z"})");
}

TEST(Describe, ReadsBackWhatItWrote) {
    auto again = from_json<Thing>(to_json(thing()));
    ASSERT_TRUE(again);
    EXPECT_EQ(write_json(to_json(*again)), write_json(to_json(thing())));
}

TEST(Describe, ListsEveryFaultWithItsPathAndTheNearestName) {
    auto read = from_json<Thing>(
        *parse_json(R"({"displayNmae":"x","shade":"red","inner":{"openLimit":"3","tags":[1]},"id":5})"));
    ASSERT_FALSE(read);
    const auto& faults = read.error().details;
    ASSERT_EQ(faults.size(), 5u);
    EXPECT_EQ(faults[0].path, "/displayNmae");
    EXPECT_EQ(faults[0].message, "unknown field; did you mean displayName?");
    EXPECT_EQ(faults[1].message, "expected one of light, dark_blue");
    EXPECT_EQ(faults[2].path, "/inner/openLimit");
    EXPECT_EQ(faults[3].path, "/inner/tags/0");
    EXPECT_EQ(faults[4].message, "expected an id (a decimal number in a string)");
}

TEST(Describe, APartialUpdateKeepsWhatIsAbsentAndClearsWhatIsNull) {
    Thing value = thing();
    value.note = "old";
    ASSERT_TRUE(update_from_json(*parse_json(R"({"displayName":"New","note":null})"), value));
    EXPECT_EQ(value.display_name, "New");
    EXPECT_FALSE(value.note);
    EXPECT_TRUE(value.default_);
}

TEST(Describe, NoIdIsNullBothWays) {
    Thing value = thing();
    value.id = {};
    const json::value written = to_json(value);
    EXPECT_TRUE(written.at("id").is_null());
    EXPECT_FALSE(from_json<Thing>(written)->id);
}

TEST(Describe, SchemaNamesTypesAndRefusesMore) {
    const json::object schema = json_schema<Thing>();
    EXPECT_EQ(write_json(schema.at("properties").at("note")), R"({"type":["string","null"]})");
    EXPECT_EQ(write_json(schema.at("properties").at("shade")), R"({"type":"string","enum":["light","dark_blue"]})");
    EXPECT_EQ(schema.at("additionalProperties"), json::value(false));
}

}  // namespace
}  // namespace usher
