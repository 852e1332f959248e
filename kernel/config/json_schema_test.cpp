#include "config/json_schema.hpp"

#include <gtest/gtest.h>

namespace usher::config {
namespace {

json::object schema_of(std::string_view properties, std::string_view more = "") {
    std::string text = R"({"type": "object", "properties": )" + std::string(properties);
    if (!more.empty()) text += ", " + std::string(more);
    return parse_json(text + "}").value().as_object();
}

/// "path: message" of each fault.
std::vector<std::string> faults(const json::object& schema, std::string_view value) {
    std::vector<std::string> out;
    for (const auto& fault : validate(schema, parse_json(value).value()))
        out.push_back(fault.path + ": " + fault.message);
    return out;
}
std::vector<std::string> schema_faults(std::string_view schema) {
    std::vector<std::string> out;
    for (const auto& fault : check_schema(parse_json(schema).value())) out.push_back(fault.path + ": " + fault.message);
    return out;
}
using Texts = std::vector<std::string>;

TEST(CheckSchema, AcceptsTheWholeSubset) {
    EXPECT_EQ(schema_faults(R"({
      "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "title": "T", "description": "D",
      "required": ["token"],
      "properties": {
        "token": {"type": "string", "secret": true, "minLength": 1, "maxLength": 200, "pattern": "^[a-z]+$", "order": 1, "group": "Access"},
        "site": {"type": "string", "format": "uri", "examples": ["https://example.com"]},
        "mode": {"enum": ["poll", "webhook"], "default": "poll"},
        "interval_s": {"type": "integer", "minimum": 1, "maximum": 60, "default": 5},
        "share": {"type": "number", "minimum": 0.5},
        "on": {"type": "boolean", "default": true},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 0, "maxItems": 3, "default": ["a"]},
        "people": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
        "auth": {"oneOf": [{"title": "None", "properties": {"kind": {"const": "none"}}},
                           {"properties": {"kind": {"const": "basic"}, "user": {"type": "string"}}, "required": ["kind", "user"]}]}
      },
      "if": {"properties": {"mode": {"const": "webhook"}}, "required": ["mode"]},
      "then": {"required": ["site"], "properties": {"path": {"type": "string"}}}
    })"),
              Texts{});
}

TEST(CheckSchema, RefusesOtherKeywordsByName) {
    EXPECT_EQ(
        schema_faults(R"({"type": "object", "properties": {"a": {"type": "string", "contentEncoding": "base64"}},
                                "patternProperties": {}})"),
        (Texts{"/patternProperties: the keyword patternProperties is not known for object; known are type, title, "
               "description, default, examples, order, group, secret, properties, required, oneOf, if, then, $schema",
               "/properties/a/contentEncoding: the keyword contentEncoding is not known for string; known are type, "
               "title, description, default, examples, order, group, secret, format, pattern, minLength, maxLength, "
               "enum, const"}));
}

TEST(CheckSchema, RefusesWhatCannotBeDrawn) {
    EXPECT_EQ(schema_faults(R"({"type": "string"})"), Texts{": expected type object at the root"});
    EXPECT_EQ(schema_faults(R"({"type": "object"})"), Texts{": properties is missing: an object names its members"});
    EXPECT_EQ(schema_faults(R"([])"), Texts{": expected a schema (an object)"});
    EXPECT_EQ(schema_faults(R"({"type": "object", "properties": {"a": {"type": "null"}}})"),
              Texts{"/properties/a: type is missing or unknown; expected one of string, integer, number, boolean, "
                    "array, object"});
    EXPECT_EQ(schema_faults(R"({"type": "object", "properties": {"a": {"type": "array"}}})"),
              Texts{"/properties/a: items is missing: a list says what it holds"});
    EXPECT_EQ(
        schema_faults(
            R"({"type": "object", "properties": {"a": {"type": "array", "items": {"type": "array", "items": {"type": "string"}}}}})"),
        Texts{"/properties/a/items: a list of lists cannot be drawn; expected scalars or objects"});
    EXPECT_EQ(schema_faults(R"({"type": "object", "properties": {}, "required": ["x"]})"),
              Texts{"/required/0: expected the name of one of the properties"});
    EXPECT_EQ(schema_faults(R"({"type": "object", "properties": {"a": {"type": "string", "format": "hostname"}}})"),
              Texts{"/properties/a/format: expected one of uri, email, date, time, duration, multiline"});
    EXPECT_EQ(
        schema_faults(R"({"type": "object", "properties": {"a": {"type": "integer", "minimum": 5, "maximum": 1}}})"),
        Texts{"/properties/a/minimum: is greater than maximum"});
    EXPECT_EQ(
        schema_faults(R"({"type": "object", "properties": {"a": {"type": "integer", "maximum": 3, "default": 4}}})"),
        Texts{"/properties/a/default: expected at most 3"});
    EXPECT_EQ(
        schema_faults(R"({"type": "object", "properties": {"a": {"type": "string", "secret": true, "default": "x"}}})"),
        Texts{"/properties/a/secret: a secret has neither default nor const: they would be public"});
    EXPECT_EQ(schema_faults(
                  R"({"type": "object", "properties": {"a": {"oneOf": [{"properties": {"x": {"type": "string"}}}]}}})"),
              Texts{"/properties/a/oneOf: expected a property that is const in every branch, to tell them apart"});
    EXPECT_EQ(
        schema_faults(
            R"({"type": "object", "properties": {"a": {"type": "string"}}, "if": {"properties": {"b": {"const": 1}}}})"),
        Texts{": if and then stand together"});
    EXPECT_EQ(schema_faults(R"({"type": "object", "properties": {"a": {"type": "string"}},
                                "if": {"properties": {"b": {"const": 1}}}, "then": {"required": ["a"]}})"),
              Texts{"/if/properties/b: tests a property that is not in properties"});
    const Texts broken =
        schema_faults(R"({"type": "object", "properties": {"a": {"type": "string", "pattern": "("}}})");
    ASSERT_EQ(broken.size(), 1U);
    EXPECT_TRUE(broken[0].starts_with("/properties/a/pattern: is no regular expression: ")) << broken[0];
}

TEST(Validate, NamesTheNearestKnownKey) {
    const auto schema = schema_of(R"({"webhook_url": {"type": "string"}, "timeout_s": {"type": "integer"}})");
    EXPECT_EQ(faults(schema, R"({"webhok_url": "x"})"), Texts{"/webhok_url: unknown key; did you mean webhook_url?"});
    EXPECT_EQ(faults(schema, R"({"zzz": 1})"), Texts{"/zzz: unknown key; known here are webhook_url, timeout_s"});
    EXPECT_TRUE(validate(schema, parse_json(R"({"zzz": 1})").value())[0].at_key);
}

TEST(Validate, SaysWhatWasExpectedAndNeverShowsTheValue) {
    const auto schema = schema_of(
        R"({"s": {"type": "string", "minLength": 1, "maxLength": 3}, "i": {"type": "integer", "minimum": 1, "maximum": 9},
        "n": {"type": "number"}, "b": {"type": "boolean"}, "e": {"enum": ["poll", "push"]}, "l": {"type": "array", "items": {"type": "string"}, "maxItems": 1},
        "o": {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}, "c": {"const": 5}})");
    EXPECT_EQ(faults(schema, R"({"s": 5, "i": "1", "n": true, "b": "true", "e": "pol", "l": "a", "o": [], "c": 6})"),
              (Texts{"/s: expected a text, found a whole number (put it in quotes)",
                     "/i: expected a whole number, found a text", "/n: expected a number, found true or false",
                     "/b: expected true or false, found a text", "/e: expected one of poll, push; did you mean poll?",
                     "/l: expected a list, found a text", "/o: expected an object, found a list", "/c: expected 5"}));
    EXPECT_EQ(faults(schema, R"({"s": "", "i": 0, "l": ["a", 1], "o": {}})"),
              (Texts{"/s: must not be empty", "/i: expected a number from 1 to 9", "/l: expected at most 1 entries",
                     "/l/1: expected a text, found a whole number (put it in quotes)", "/o: x is missing"}));
    EXPECT_EQ(faults(schema, R"({"s": "äöü", "i": 1.0})"), Texts{}) << "lengths count code points; 1.0 is whole";
    EXPECT_EQ(faults(schema, R"({"s": "abcd", "i": 1.5})"),
              (Texts{"/s: expected at most 3 characters", "/i: expected a whole number, found a number"}));
}

TEST(Validate, KnowsTheFormats) {
    const auto schema =
        schema_of(R"({"u": {"type": "string", "format": "uri"}, "m": {"type": "string", "format": "email"},
        "d": {"type": "string", "format": "date"}, "t": {"type": "string", "format": "time"}, "p": {"type": "string", "format": "duration"},
        "x": {"type": "string", "format": "multiline"}})");
    EXPECT_EQ(
        faults(
            schema,
            R"({"u": "https://a.test/b?c", "m": "a@b.test", "d": "2024-02-29", "t": "09:30", "p": "P1DT2H", "x": "a\nb"})"),
        Texts{});
    EXPECT_EQ(faults(schema, R"({"t": "23:59:59+01:00", "p": "PT0.5S", "m": "a@localhost"})"), Texts{});
    EXPECT_EQ(faults(schema, R"({"u": "/relative", "m": "a b@c", "d": "2023-02-29", "t": "25:00", "p": "P"})"),
              (Texts{"/u: expected an address such as https://example.com/path", "/m: expected an e-mail address",
                     "/d: expected a date such as 2026-11-20", "/t: expected a time such as 09:30",
                     "/p: expected a duration such as PT30S or P1D"}));
}

TEST(Validate, SurvivesAPatternThatExplodes) {
    const auto schema = schema_of(R"({"a": {"type": "string", "pattern": "^(a+)+(b+)+c$"}})");
    const std::string long_text = std::string(4'000, 'a') + "!";
    const auto found = validate(schema, json::object{{"a", long_text}});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].path, "/a");
}

TEST(Validate, AppliesThenWhereTheConditionHolds) {
    const auto schema = schema_of(R"({"mode": {"enum": ["poll", "webhook"], "default": "poll"}})",
                                  R"("if": {"properties": {"mode": {"const": "webhook"}}},
                                     "then": {"properties": {"url": {"type": "string"}}, "required": ["url"]})");
    EXPECT_EQ(faults(schema, R"({"mode": "webhook"})"), Texts{": url is missing"});
    EXPECT_EQ(faults(schema, R"({"mode": "webhook", "url": "x"})"), Texts{});
    EXPECT_EQ(faults(schema, R"({"url": "x"})"), Texts{"/url: unknown key; known here are mode"});
}

TEST(Validate, TellsBranchesApartByTheirConst) {
    const auto schema = schema_of(R"({"auth": {"oneOf": [
        {"properties": {"kind": {"const": "none"}}},
        {"properties": {"kind": {"const": "basic"}, "user": {"type": "string"}}, "required": ["kind", "user"]}]}})");
    EXPECT_EQ(faults(schema, R"({"auth": {"kind": "basic", "user": "u"}})"), Texts{});
    EXPECT_EQ(faults(schema, R"({"auth": {"kind": "basic"}})"), Texts{"/auth: user is missing"});
    EXPECT_EQ(faults(schema, R"({"auth": {"kind": "none", "user": "u"}})"),
              Texts{"/auth/user: unknown key; known here are kind"});
    EXPECT_EQ(faults(schema, R"({"auth": {"kind": "digest"}})"), Texts{"/auth/kind: expected one of none, basic"});
    EXPECT_EQ(faults(schema, R"({"auth": {}})"), Texts{"/auth: kind is missing; expected one of none, basic"});
}

TEST(Defaults, FillWhatIsAbsent) {
    const auto schema = schema_of(R"({"a": {"type": "integer", "default": 5}, "s": {"type": "string"},
        "f": {"type": "object", "properties": {"typing": {"type": "boolean", "default": true}, "x": {"type": "string"}}},
        "r": {"type": "object", "properties": {"y": {"type": "integer", "default": 1}, "z": {"type": "string"}}, "required": ["z"]},
        "l": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer", "default": 2}}}}})");
    EXPECT_EQ(write_canonical_json(apply_defaults(schema, parse_json(R"({"l": [{}], "s": null})").value())),
              R"({"a":5,"f":{"typing":true},"l":[{"n":2}]})");
    EXPECT_EQ(write_canonical_json(
                  apply_defaults(schema, parse_json(R"({"a": 1, "r": {"z": "q"}, "f": {"typing": false}})").value())),
              R"({"a":1,"f":{"typing":false},"r":{"y":1,"z":"q"}})");
}

TEST(Secrets, AreRemovedBeforeReturningAndKeptWhenNotSentBack) {
    const auto schema = schema_of(R"({"token": {"type": "string", "secret": true}, "name": {"type": "string"},
        "keys": {"type": "array", "items": {"type": "string", "secret": true}},
        "in": {"type": "object", "properties": {"secret": {"type": "string", "secret": true}, "n": {"type": "integer"}}}})");
    const json::value stored =
        parse_json(R"({"token": "t", "name": "x", "keys": ["k"], "in": {"secret": "s", "n": 1}, "old": "gone"})")
            .value();
    std::vector<std::string> removed;
    const json::value shown = redact(schema, stored, &removed);
    EXPECT_EQ(write_canonical_json(shown), R"({"in":{"n":1},"name":"x"})") << "what the schema does not know goes too";
    EXPECT_EQ(removed, (Texts{"/token", "/keys", "/in/secret"}));
    json::value incoming = parse_json(R"({"name": "y", "token": null, "in": {"n": 2}})").value();
    EXPECT_EQ(write_canonical_json(apply_defaults(schema, keep_secrets(schema, incoming, stored))),
              R"({"in":{"n":2,"secret":"s"},"keys":["k"],"name":"y"})")
        << "null clears";
}

}  // namespace
}  // namespace usher::config
