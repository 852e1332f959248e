#include <gtest/gtest.h>

#include "foundation/clock.hpp"
#include "foundation/crypto.hpp"
#include "foundation/ids.hpp"
#include "foundation/json.hpp"
#include "foundation/text.hpp"

namespace usher {
namespace {

using namespace std::string_literals;

TEST(Clock, ReadsAnyOffsetAndPrecision) {
    EXPECT_EQ(parse_rfc3339("2023-11-14T22:13:20Z")->us, 1'700'000'000'000'000);
    EXPECT_EQ(parse_rfc3339("2023-11-15T00:13:20.1234567+02:00")->us, 1'700'000'000'123'456);
    EXPECT_EQ(format_rfc3339({1'700'000'000'123'456}), "2023-11-14T22:13:20.123456Z");
    for (const char* bad : {"", "2023-11-14", "2023-02-30T00:00:00Z", "2023-11-14T22:13:20", "2023-11-14T22:13:20.Z",
                            "2023-11-14T24:00:00Z", "2023-11-14T22:13:20+2:00", "2023-11-14T22:13:20Zx"}) {
        EXPECT_FALSE(parse_rfc3339(bad)) << bad;
    }
}

TEST(Text, RefusesWhatIsNotUtf8) {
    EXPECT_TRUE(is_utf8("Zoë 김 😀"));
    for (const auto& bad : {"\xC0\x80"s, "\xED\xA0\x80"s, "\xF4\x90\x80\x80"s, "\xE2\x82"s, "\x80"s})
        EXPECT_FALSE(is_utf8(bad));
    EXPECT_EQ(check_text("a\0b"s, 10).error().message, "contains a NUL character");
    EXPECT_EQ(check_text("abc", 2).error().message, "is longer than 2 bytes");
    EXPECT_EQ(prefix_utf8("Zoë!", 3), "Zoë");
}

TEST(Text, FoldsForFinding) {
    EXPECT_EQ(fold("ÄRGER Ωmega ЖУК"), fold("ärger ωMEGA жук"));
}

TEST(Text, Base64UrlIsCanonical) {
    EXPECT_EQ(to_base64url("\xfb\xff"), "-_8");
    EXPECT_EQ(from_base64url("-_8"), "\xfb\xff");
    EXPECT_FALSE(from_base64url("-_9"));  // the same bytes written another way
    EXPECT_FALSE(from_base64url("a"));
    EXPECT_FALSE(from_base64url("ab="));
}

TEST(Text, FindsTheNearestWord) {
    EXPECT_EQ(nearest("workspce", {"store", "workspace"}), "workspace");
    EXPECT_EQ(nearest("zzz", {"store", "workspace"}), "");
}

TEST(Ids, AreDecimalWithoutDecoration) {
    EXPECT_EQ(*parse_id("9223372036854775807"), INT64_MAX);
    for (const char* bad : {"", "0", "-1", "+1", "01", "1 ", "9223372036854775808", "1e3"})
        EXPECT_FALSE(parse_id(bad)) << bad;
}

TEST(Json, RefusesDepthAndDuplicateKeys) {
    EXPECT_EQ(parse_json(R"({"a":1,"b":{"a":2},"a":3})").error().message, "the key \"a\" stands twice in one object");
    EXPECT_EQ(parse_json("[[[1]]]", 2).error().message, "JSON is nested deeper than 2 levels");
    EXPECT_FALSE(parse_json("{} x"));
    EXPECT_FALSE(parse_json(""));
    EXPECT_EQ(write_canonical_json(*parse_json(R"({"b":1,"a":[{"d":1,"c":2}]})")), R"({"a":[{"c":2,"d":1}],"b":1})");
}

TEST(Crypto, KnownAnswers) {
    EXPECT_EQ(crypto::sha256_hex("hello"), "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    EXPECT_EQ(to_hex(crypto::hmac_sha256("key", "The quick brown fox jumps over the lazy dog")),
              "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");  // RFC 2104, as widely published
}

TEST(Crypto, PasswordsAndSecrets) {
    const std::string hash = crypto::hash_password("correct horse");
    EXPECT_TRUE(hash.starts_with("$argon2id$"));
    EXPECT_TRUE(crypto::verify_password(hash, "correct horse"));
    EXPECT_FALSE(crypto::verify_password(hash, "correct horsf"));
    const std::string key = crypto::random_bytes(32);
    std::string sealed = crypto::seal(key, "secret");
    std::string plain;
    EXPECT_TRUE(crypto::open(key, sealed, plain));
    EXPECT_EQ(plain, "secret");
    sealed.back() ^= 1;
    EXPECT_FALSE(crypto::open(key, sealed, plain));
}

}  // namespace
}  // namespace usher
