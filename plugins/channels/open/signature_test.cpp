// Who may write here: the sheet's test vectors, and everything that must not match.
#include "test_peer.hpp"

using namespace usher::open_channel;
using testing::HasSubstr;
using usher::sdk::HttpRequest;

namespace {

using Signature = Peer;
constexpr char kHi[] = R"({"type":"message","text":"hi"})";
constexpr char kHiSignature[] = "7beaa29ce7747cc1aa4d1898fa32f3cf4012fca4831d5a2427acac5fbabab5a3";

HttpRequest with(HttpRequest request, std::string name, std::string value) {
    for (auto& [key, old] : request.headers)
        if (key == name) {
            old = std::move(value);
            return request;
        }
    request.headers.emplace_back(std::move(name), std::move(value));
    return request;
}

}  // namespace

TEST(Vectors, OfTheContractHold) {
    EXPECT_EQ(sign("oc-test-secret", "1700000000", "POST", "/channels/shop1/messages", kHi), kHiSignature);
    EXPECT_EQ(sign("oc-test-secret", "1700000000", "GET", "/channels/shop1/health", ""),
              "412fd435d5322fd2b6569bc1d0bea4d3dfdacbde0e1557e14768bbd8060fa85d");
    const std::string digest = sha256_hex("hello");
    EXPECT_EQ(digest, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    EXPECT_EQ(sign("oc-test-secret", "1700000000", "POST", "/channels/shop1/uploads", digest),
              "bcdbce1b03e1219ef4eedbcad9ae17a406050ddd70d260aea49434a9c7e2b9ed");
}

TEST_F(Signature, AdmitsTheVectorForHealth) {
    const auto answer = ask(sign_request(request("GET", "/channels/shop1/health")));
    EXPECT_EQ(answer.status, 200u);
    EXPECT_EQ(answer.body, R"({"status":"ok","time":"2023-11-14T22:13:20.000Z"})");
}

TEST_F(Signature, AdmitsTheMessageVectorAndThenReadsTheBody) {
    auto made = request("POST", "/channels/shop1/messages", kHi);
    made = with(with(made, "X-Usher-Timestamp", "1700000000"), "X-Usher-Signature", std::string("v1=") + kHiSignature);
    const auto answer = ask(made);
    EXPECT_EQ(answer.status, 422u) << "signed well, but not a message of this contract";
    EXPECT_EQ(error_of(answer, "field"), "id");
}

TEST_F(Signature, CoversMethodPathQueryAndEveryByteOfTheBody) {
    const HttpRequest good = signed_post("/events", R"({"a":1})");
    const auto refused = [&](HttpRequest changed) { return error_of(ask(changed)) == "bad_signature"; };
    EXPECT_EQ(ask(good).status, 422u);
    HttpRequest changed = good;
    changed.method = "PUT";
    EXPECT_TRUE(refused(changed)) << "another method";
    changed = good;
    changed.url = "https://public.example.test/channels/shop1/statuses";
    EXPECT_TRUE(refused(changed)) << "another path";
    changed = good;
    changed.url += "?x=1";
    EXPECT_TRUE(refused(changed)) << "another query";
    changed = good;
    changed.body = R"({"a": 1})";
    EXPECT_TRUE(refused(changed)) << "serialised anew";
    changed = good;
    changed.body += "\n";
    EXPECT_TRUE(refused(changed)) << "a trailing newline";
    EXPECT_EQ(ask(changed).status, 401u);
}

TEST_F(Signature, CoversAQueryThatIsThere) {
    EXPECT_EQ(ask(sign_request(request("GET", "/channels/shop1/health?probe=1"))).status, 200u);
}

TEST_F(Signature, AcceptsOldAndNewSecretWhileOneReplacesTheOther) {
    const auto made = request("GET", "/channels/shop1/health");
    EXPECT_EQ(ask(sign_request(made, "oc-test-secret")).status, 200u);
    EXPECT_EQ(ask(sign_request(made, "oc-test-secret-new")).status, 200u);
    EXPECT_EQ(error_of(ask(sign_request(made, "another"))), "bad_signature");
}

TEST_F(Signature, AcceptsAnyOfSeveralInOneHeader) {
    auto made = sign_request(request("GET", "/channels/shop1/health"));
    const std::string good = made.headers.back().second;
    EXPECT_EQ(ask(with(made, "X-Usher-Signature", "v1=" + std::string(64, '0') + ", " + good)).status, 200u);
    EXPECT_EQ(ask(with(made, "X-Usher-Signature", "v2=abc," + good)).status, 200u);
    EXPECT_EQ(ask(with(made, "X-Usher-Signature", "v2=" + good.substr(3))).status, 401u);
}

TEST_F(Signature, AcceptsNoUpperCaseHex) {
    auto made = sign_request(request("GET", "/channels/shop1/health"));
    std::string upper = made.headers.back().second;
    for (std::size_t i = 3; i < upper.size(); ++i) upper[i] = static_cast<char>(std::toupper(upper[i]));
    EXPECT_EQ(error_of(ask(with(made, "X-Usher-Signature", upper))), "bad_signature");
}

TEST_F(Signature, AllowsTheSkewAndNotASecondMore) {
    const auto made = sign_request(request("GET", "/channels/shop1/health"));
    const std::int64_t signed_at = now_us;
    for (const int off_s : {-300, -299, 299, 300}) {
        now_us = signed_at + off_s * 1'000'000ll;
        EXPECT_EQ(ask(made).status, 200u) << off_s;
    }
    for (const int off_s : {-301, 301}) {
        now_us = signed_at + off_s * 1'000'000ll;
        const auto answer = ask(made);
        EXPECT_EQ(answer.status, 401u) << off_s;
        EXPECT_EQ(error_of(answer), "stale_timestamp") << off_s;
    }
}

TEST_F(Signature, RefusesATimestampThatIsNoNumber) {
    for (const char* timestamp : {"", "-1700000000", "1700000000.5", "1.7e9", "0x6553f100", "99999999999999999999"}) {
        const auto answer =
            ask(with(sign_request(request("GET", "/channels/shop1/health")), "X-Usher-Timestamp", timestamp));
        EXPECT_EQ(error_of(answer), "stale_timestamp") << timestamp;
    }
}

TEST_F(Signature, RefusesARequestWithoutOne) {
    const auto answer = ask(request("GET", "/channels/shop1/health"));
    EXPECT_EQ(answer.status, 401u);
    EXPECT_EQ(error_of(answer), "bad_signature");
    EXPECT_THAT(error_of(answer, "message"), HasSubstr("X-Usher-Signature: expected v1="));
}

TEST_F(Signature, AKeyIdNarrowsTheSecretsAndAnUnknownOneIsSaid) {
    const auto made = sign_request(request("GET", "/channels/shop1/health"));
    EXPECT_EQ(ask(with(made, "X-Usher-Key", "k1")).status, 200u);
    EXPECT_EQ(error_of(ask(with(made, "X-Usher-Key", "k2"))), "bad_signature");
    EXPECT_EQ(error_of(ask(with(made, "X-Usher-Key", "k9"))), "unknown_key");
}

TEST_F(Signature, TheDigestHeaderIsRefusedOutsideUploads) {
    const auto made = with(signed_post("/messages", "{}"), "X-Usher-Content-SHA256", sha256_hex("{}"));
    EXPECT_EQ(ask(made).status, 401u);
    EXPECT_THAT(error_of(ask(made), "message"), HasSubstr("belongs to uploads"));
}

TEST_F(Signature, ATargetWithForeignCharactersIs400BeforeAnythingElse) {
    for (const char* target : {"/channels/shop1/health{", "/channels/shop1/health?a b", "/channels/shop1/health%zz",
                               "/channels/shop1/health#x", "/channels/shop1/h\xc3\xa9", "/channels/shop1/health%4"}) {
        const auto answer = ask(sign_request(request("GET", target)));
        EXPECT_EQ(answer.status, 400u) << target;
        EXPECT_EQ(error_of(answer), "invalid_target") << target;
    }
}

TEST_F(Signature, BearerTokensCountOnlyWhereTheyAreConfigured) {
    const auto made = with(request("GET", "/channels/shop1/health"), "Authorization", "Bearer a-token-of-16-bytes");
    EXPECT_EQ(ask(made).status, 401u);
    make(R"({"inbound": {"bearer_tokens": ["a-token-of-16-bytes"]}})");
    EXPECT_EQ(ask(made).status, 200u);
    EXPECT_EQ(ask(with(made, "Authorization", "Bearer another")).status, 401u);
    EXPECT_EQ(ask(with(made, "Authorization", "Basic a-token-of-16-bytes")).status, 401u);
}

TEST_F(Signature, WithAnIdentitySecretABearerMustProveTheContact) {
    make(R"({"inbound": {"bearer_tokens": ["a-token-of-16-bytes"]}, "identity_secret": "id-secret"})");
    const auto tell = [&](const std::string& identity) {
        const std::string body = R"({"id":"1","contact":{"external_id":"c-7","attributes":{"tier":"gold"})" + identity +
                                 R"(},"content":{"type":"text","text":"hi"}})";
        return ask(
            with(request("POST", "/channels/shop1/messages", body), "Authorization", "Bearer a-token-of-16-bytes"));
    };
    EXPECT_EQ(error_of(tell(""), "field"), "contact.identity");
    EXPECT_EQ(tell(R"(,"identity":"00")").status, 401u);
    EXPECT_TRUE(host.emits().empty());
    EXPECT_EQ(tell(R"(,"identity":")" + hmac_sha256_hex("id-secret", "c-7") + "\"").status, 202u);
    EXPECT_FALSE(object_in(host.emits()[0].message.contact_json)["attributes"].at("tier").at("verified").as_bool())
        << "a browser's claim is not a fact";
    EXPECT_EQ(
        ask(with(request("POST", "/channels/shop1/statuses", "{}"), "Authorization", "Bearer a-token-of-16-bytes"))
            .status,
        401u);
}
