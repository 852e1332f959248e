// What is parsed here without sockets: heads, bodies, targets, queries, cookies, forms, routes, limits.
#include <gmock/gmock.h>

#include "http/cookies.hpp"
#include "http/head.hpp"
#include "http/multipart.hpp"
#include "http/rate_limiter.hpp"
#include "http/request_parser.hpp"
#include "http/router.hpp"
#include "http/security_headers.hpp"
#include "http/server.hpp"
#include "http/uri.hpp"

namespace usher::http {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

std::string fault_of(const std::string& head) {
    const auto fault = check_head(head, 10);
    return fault ? std::to_string(fault->status) + " " + fault->text : "";
}
const std::string kStart = "POST /x HTTP/1.1\r\nHost: a\r\n";

TEST(Head, AWellFormedOneIsTaken) {
    EXPECT_EQ(fault_of(kStart + "Content-Length: 3\r\nX-Empty:\r\nX-Tab: a\tb\r\n\r\n"), "");
    EXPECT_EQ(fault_of(kStart + "transfer-encoding: Chunked\r\n\r\n"), "");
    EXPECT_EQ(fault_of("GET / HTTP/1.0\r\n\r\n"), "");
    EXPECT_EQ(fault_of("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"), "");
}

TEST(Head, WhatTwoReadersCouldUnderstandDifferentlyIsRefused) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {kStart + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
         "400 Content-Length beside Transfer-Encoding"},
        {kStart + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", "400 more than one Content-Length"},
        {kStart + "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", "400 more than one Content-Length"},
        {kStart + "Content-Length: 3, 3\r\n\r\n", "400 Content-Length must be plain digits"},
        {kStart + "Content-Length: +3\r\n\r\n", "400 Content-Length must be plain digits"},
        {kStart + "Content-Length: 0x3\r\n\r\n", "400 Content-Length must be plain digits"},
        {kStart + "Content-Length: 9999999999999999999\r\n\r\n", "400 Content-Length must be plain digits"},
        {kStart + "Content-Length:\r\n\r\n", "400 Content-Length must be plain digits"},
        {kStart + "Transfer-Encoding: gzip, chunked\r\n\r\n",
         "501 the only Transfer-Encoding understood here is chunked"},
        {kStart + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
         "400 more than one Transfer-Encoding"},
        {kStart + "Transfer-Encoding: \x0b"
                  "chunked\r\n\r\n",
         "400 the header Transfer-Encoding holds a control character"},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "400 Transfer-Encoding in HTTP/1.0"},
        {kStart + "X-Folded: a\r\n b\r\n\r\n", "400 a header is folded over several lines"},
        {kStart + "Content-Length : 3\r\n\r\n", "400 a header name is malformed (no space may stand before the colon)"},
        {kStart + " X: 1\r\n\r\n", "400 a header is folded over several lines"},
        {kStart + ": 1\r\n\r\n", "400 a header name is malformed (no space may stand before the colon)"},
        {kStart + "X\r\n\r\n", "400 a header line has no colon"},
        {kStart + "X: a\nContent-Length: 3\r\n\r\n", "400 a line of the head does not end with CRLF"},
        {kStart + "X: a\rb\r\n\r\n", "400 a line of the head does not end with CRLF"},
        {kStart + std::string("X: a\0b\r\n\r\n", 10), "400 the header X holds a control character"},
        {"GET / HTTP/1.1\r\n\r\n", "400 the Host header is missing"},
        {kStart + "Host: b\r\n\r\n", "400 more than one Host header"},
        {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400 the Host header is malformed"},
        {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400 the Host header is malformed"},
        {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
         "400 the request line must be: method, one space, target, one space, version"},
        {"GET /\r\nHost: a\r\n\r\n", "400 the request line must be: method, one space, target, one space, version"},
        {"GET /\tx HTTP/1.1\r\nHost: a\r\n\r\n", "400 the request target holds a character outside visible ASCII"},
        {"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", "400 the method is malformed"},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505 HTTP/1.1 is spoken here"},
        {"GET / HTTP/1.12\r\nHost: a\r\n\r\n", "505 HTTP/1.1 is spoken here"},
        {"GET / http/1.1\r\nHost: a\r\n\r\n", "400 the version is malformed"},
    };
    for (const auto& [head, expected] : cases) EXPECT_EQ(fault_of(head), expected) << head;
    std::string many = kStart;
    for (int i = 0; i < 10; ++i) many += "X: 1\r\n";
    EXPECT_EQ(fault_of(many + "\r\n"), "431 more than 10 header fields");
}

TEST(Head, TheEndIsFoundInPiecesAndABareLineFeedIsSeenAtOnce) {
    const std::string head = kStart + "\r\n";
    std::string so_far;
    std::size_t scanned = 0;
    bool broken = false;
    for (std::size_t i = 0; i < head.size(); ++i) {
        so_far += head[i];
        EXPECT_EQ(find_head_end(so_far, scanned, broken), i + 1 == head.size() ? head.size() : std::string::npos);
    }
    EXPECT_FALSE(broken);
    scanned = 0;
    EXPECT_EQ(find_head_end("GET / HTTP/1.1\nHost: a\n\n", scanned, broken), std::string::npos);
    EXPECT_TRUE(broken);
}

TEST(Head, AResponsesValuesCannotEndTheirLine) {
    Response response = Response::text(200, "x");
    response.headers.add("X-Good", "1");
    response.headers.add("X-Bad", "a\r\nSet-Cookie: b");
    response.headers.add("X Bad", "1");
    response.headers.add("Content-Length", "99");
    response.headers.add("Transfer-Encoding", "chunked");
    std::size_t dropped = 0;
    const std::string head = render_head(response, {{"X-Default", "d"}, {"Content-Type", "other"}}, {true, false, 1},
                                         "today", "id-1", &dropped);
    EXPECT_EQ(head,
              "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nX-Good: 1\r\nX-Default: d\r\n"
              "X-Request-Id: id-1\r\nDate: today\r\nContent-Length: 1\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(dropped, 4u);
    EXPECT_EQ(format_http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

/// Gives the body in pieces of `step` bytes; the decoded body, or the fault.
std::string decode(const std::string& body, std::size_t step, const std::string& field = "Transfer-Encoding: chunked") {
    RequestParser parser(10);
    ParsedHead head;
    if (auto fault = parser.read_head(kStart + field + "\r\n\r\n", head)) return fault->text;
    std::string buffer, out;
    for (std::size_t at = 0; at < body.size(); at += step) {
        buffer += body.substr(at, step);
        const auto result = parser.read_body(buffer, out);
        if (result.fault) return "fault: " + result.fault->text;
        buffer.erase(0, result.consumed);
        if (result.done) return out + (buffer.empty() && at + step >= body.size() ? "" : "|rest");
    }
    return out + "|unfinished";
}

TEST(RequestParser, BodiesComeInAnyPieces) {
    for (std::size_t step = 1; step < 40; ++step) {
        EXPECT_EQ(decode("5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n", step), "hello world") << step;
        EXPECT_EQ(decode("hello", step, "Content-Length: 5"), "hello") << step;
    }
    for (std::size_t step = 1; step < 8; ++step) {
        EXPECT_EQ(decode("0\r\n\r\n", step), "") << step;
        EXPECT_EQ(decode("1\r\na\r\n00\r\n\r\n", step), "a") << step;
    }
    EXPECT_EQ(decode("0\r\n\r\nGET / HTTP/1.1", 5), "|rest");
}

TEST(RequestParser, BadChunkingIsRefused) {
    for (const std::string bad :
         {"5 hello\r\n\r\n", "x\r\nhello", "-1\r\nhello", "0x5\r\nhello\r\n\r\n", "5\nhello\n0\n\n",
          "5\r\nhelloX\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "fffffffffffffffff\r\nx",
          "5;a\x01=b\r\nhello\r\n0\r\n\r\n", "5;a\rb\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\nbad trailer\r\n\r\n",
          "+5\r\nhello\r\n0\r\n\r\n"}) {
        for (const std::size_t step : {1u, 3u, 100u})
            EXPECT_THAT(decode(bad, step), HasSubstr("fault: ")) << bad << step;
    }
    EXPECT_EQ(decode("5;" + std::string(2000, 'a'), 100), "fault: a chunk header is too long");
}

TEST(RequestParser, TrailersNeverBecomeHeaders) {
    RequestParser parser(10);
    ParsedHead head;
    ASSERT_FALSE(parser.read_head(kStart + "Transfer-Encoding: chunked\r\n\r\n", head));
    std::string out;
    EXPECT_TRUE(parser.read_body("0\r\nX-API-Key: stolen\r\n\r\n", out).done);
    EXPECT_FALSE(head.headers.has("X-API-Key"));
}

TEST(Target, TakenApart) {
    const auto origin = split_target("/a%2Fb/c?x=1?y");
    EXPECT_EQ(origin->path, "/a%2Fb/c");
    EXPECT_EQ(origin->query, "x=1?y");
    const auto absolute = split_target("http://host:1?q");
    EXPECT_EQ(absolute->authority, "host:1");
    EXPECT_EQ(absolute->path, "/");
    EXPECT_EQ(absolute->query, "q");
    EXPECT_EQ(split_target("/a#b").error().message, "the request target holds a fragment (#)");
    EXPECT_EQ(split_target("a/b").error().message, "the request target must begin with / or be an http address");
    EXPECT_EQ(split_target("http://u@h/").error().message, "the request target has no valid host");
}

TEST(Query, DecodedInOrder) {
    EXPECT_THAT(*parse_query("status=active&status=waiting&q=a+b%26c&empty=&bare"),
                ElementsAre(Pair("status", "active"), Pair("status", "waiting"), Pair("q", "a b&c"), Pair("empty", ""),
                            Pair("bare", "")));
    EXPECT_THAT(parse_query("a=%2").error().message, HasSubstr("broken escape"));
    EXPECT_THAT(parse_query("a=%FF").error().message, HasSubstr("not UTF-8"));
    EXPECT_THAT(parse_query("a=%00").error().message, HasSubstr("NUL"));
    std::string many;
    for (int i = 0; i < 300; ++i) many += "a&";
    EXPECT_THAT(parse_query(many).error().message, HasSubstr("256"));
    EXPECT_EQ(percent_encode("ä b/~"), "%C3%A4%20b%2F~");
}

TEST(Cookies, WrittenAndRead) {
    EXPECT_EQ(*render_cookie({.name = "usher_session", .value = "abc", .max_age = 60s, .secure = true}),
              "usher_session=abc; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Strict");
    EXPECT_THAT(render_cookie({.name = "a", .value = "x;y"}).error().message, HasSubstr("cannot hold"));
    EXPECT_THAT(render_cookie({.name = "a b", .value = "x"}).error().message, HasSubstr("cookie name"));
    Request request;
    request.headers.add("Cookie", "a=1; usher_session=s=t ;b");
    EXPECT_EQ(request.cookie("usher_session"), "s=t");
    EXPECT_EQ(request.cookie("b"), "");
}

TEST(Multipart, FieldsAndFiles) {
    const std::string body =
        "--XX\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhi\r\n--XX\r\n"
        "Content-Disposition: form-data; name=\"file\"; filename=\"a\\\"b%22.png\"\r\nContent-Type: image/png\r\n\r\n"
        "\x89PNG\r\n--XY\r\n\r\n--XX\r\nContent-Disposition: form-data; name=empty\r\n\r\n\r\n--XX--\r\n";
    const auto parts = parse_multipart("multipart/form-data; boundary=XX", body);
    ASSERT_TRUE(parts) << parts.error().message;
    ASSERT_EQ(parts->size(), 3u);
    EXPECT_EQ(parts->at(0).name, "note");
    EXPECT_EQ(parts->at(0).body, "hi");
    EXPECT_EQ(parts->at(1).file_name, "a\"b\".png");
    EXPECT_EQ(parts->at(1).content_type, "image/png");
    EXPECT_EQ(parts->at(1).body, "\x89PNG\r\n--XY\r\n");
    EXPECT_EQ(parts->at(2).body, "");
}

TEST(Multipart, BrokenOnesAreNamed) {
    const auto fault = [](const std::string& body, const std::string& type = "multipart/form-data; boundary=\"X\"") {
        const auto parts = parse_multipart(type, body, 1);
        return parts ? std::string("none") : parts.error().message;
    };
    const std::string field = "--X\r\nContent-Disposition: form-data; name=a\r\n\r\nv\r\n";
    EXPECT_EQ(fault(field + "--X--"), "none");
    EXPECT_EQ(fault("", "text/plain"), "expected multipart/form-data");
    EXPECT_EQ(fault("", "multipart/form-data"), "multipart: the boundary is missing or too long");
    EXPECT_EQ(fault("hello"), "multipart: the first boundary is missing");
    EXPECT_EQ(fault(field), "multipart: the last boundary is missing");
    EXPECT_EQ(fault("--X\r\nContent-Disposition: form-data; name=a\r\n"), "multipart: a part's headers do not end");
    EXPECT_EQ(fault("--X\r\nContent-Type: a\r\n\r\nv\r\n--X--"), "multipart: a part has no name");
    EXPECT_EQ(fault(field + field + "--X--"), "multipart: more than 1 parts");
    EXPECT_EQ(fault("--XY\r\n"), "multipart: a boundary line is malformed");
}

TEST(Router, LiteralsWinOverNamesAndNamesOverTheRest) {
    Router router;
    const auto handler = [](Request) -> Task<Response> { co_return Response::empty(); };
    router.add("GET", "/inboxes", {}, handler);
    router.add("POST", "/inboxes", {}, handler);
    router.add("GET", "/inboxes/{id}", {}, handler);
    router.add("DELETE", "/inboxes/{inbox}", {}, handler);
    router.add("GET", "/inboxes/counts", {}, handler);
    router.add("GET", "/inboxes/{id}/stats", {}, handler);
    router.add("POST", "/channels/{account}/*rest", {}, handler);
    router.add("GET", "/*path", {}, handler);
    router.add("GET", "/", {}, handler);
    const auto pattern = [&](std::string method, std::string path) {
        const auto match = router.match(method, path);
        return match.route == nullptr ? std::string() : match.route->pattern;
    };
    EXPECT_EQ(pattern("GET", "/"), "/");
    EXPECT_EQ(pattern("GET", "/inboxes"), "/inboxes");
    EXPECT_EQ(pattern("HEAD", "/inboxes"), "/inboxes");
    EXPECT_EQ(pattern("GET", "/inboxes/counts"), "/inboxes/counts");
    EXPECT_EQ(pattern("GET", "/inboxes/counts/stats"), "/inboxes/{id}/stats");
    EXPECT_EQ(pattern("GET", "/inboxes/7/unknown"), "/*path");
    EXPECT_EQ(pattern("GET", "/inboxes/"), "/*path");
    EXPECT_THAT(router.match("GET", "/inboxes/a%2Fb").path_params, ElementsAre(Pair("id", "a/b")));
    EXPECT_THAT(router.match("DELETE", "/inboxes/7").path_params, ElementsAre(Pair("inbox", "7")));
    EXPECT_THAT(router.match("POST", "/channels/tele%67ram/web%2Fhook//x%zz").path_params,
                ElementsAre(Pair("account", "telegram"), Pair("rest", "web%2Fhook//x%zz")));
    const auto refused = router.match("PUT", "/inboxes/7");
    EXPECT_EQ(refused.route, nullptr);
    EXPECT_THAT(refused.allow, ElementsAre("DELETE", "GET", "HEAD", "OPTIONS"));
    EXPECT_EQ(router.match("POST", "/channels/x").allow, (std::vector<std::string>{"GET", "HEAD", "OPTIONS"}));
}

TEST(Router, BrokenPathsAndPatterns) {
    Router router;
    const auto handler = [](Request) -> Task<Response> { co_return Response::empty(); };
    router.add("GET", "/a/{id}", {}, handler);
    EXPECT_TRUE(router.match("GET", "/a/%zz").malformed);
    EXPECT_TRUE(router.match("GET", "/a/%00").malformed);
    EXPECT_TRUE(router.match("GET", "/a/%ff").malformed);
    EXPECT_TRUE(router.match("GET", "/b").allow.empty());
    EXPECT_EQ(router.match("GET", "/a/").route, nullptr);
    const auto refusal = [&](std::string pattern) -> std::string {
        try {
            router.add("GET", pattern, {}, handler);
        } catch (const Failure& failure) {
            return failure.what();
        }
        return "taken in";
    };
    EXPECT_EQ(refusal("/a/{other}"), "route /a/{other}: is taken for GET");
    EXPECT_EQ(refusal("/*rest/x"), "route /*rest/x: *rest must be last");
    EXPECT_EQ(refusal("x"), "route x: must begin with /");
    EXPECT_EQ(refusal("/{x"), "route /{x: has a malformed segment");
    EXPECT_EQ(refusal("/{x}/{x}"), "route /{x}/{x}: its parameters need names, each another");
}

TEST(RateLimiter, ABurstThenTheRateAndEachAddressAlone) {
    RateLimiter limiter(10, 2);
    RateLimiter::TimePoint now{};
    EXPECT_FALSE(limiter.take("127.0.0.1", now));
    EXPECT_FALSE(limiter.take("127.0.0.1", now));
    EXPECT_EQ(limiter.take("127.0.0.1", now), 100ms);
    EXPECT_FALSE(limiter.take("127.0.0.2", now));
    now += 100ms;
    EXPECT_FALSE(limiter.take("127.0.0.1", now));
    EXPECT_TRUE(limiter.take("127.0.0.1", now));
    EXPECT_FALSE(RateLimiter(0, 0).take("127.0.0.1", now));
    EXPECT_EQ(rate_key("2001:db8:1:2::1"), rate_key("2001:db8:1:2:ffff::9"));
    EXPECT_NE(rate_key("2001:db8:1:2::1"), rate_key("2001:db8:1:3::1"));
}

TEST(RateLimiter, AnotherRateHoldsFromNowOn) {
    RateLimiter limiter(1, 1);
    RateLimiter::TimePoint now{};
    EXPECT_FALSE(limiter.take("10.0.0.1", now));
    EXPECT_TRUE(limiter.take("10.0.0.1", now));
    limiter.set(10, 3);
    EXPECT_FALSE(limiter.take("10.0.0.1", now + std::chrono::milliseconds(100)));
    EXPECT_FALSE(limiter.take("10.0.0.2", now));
    EXPECT_FALSE(limiter.take("10.0.0.2", now));
    limiter.set(0, 0);
    EXPECT_FALSE(limiter.take("10.0.0.1", now)) << "no limit";
}

TEST(RateLimiter, ForgetsWhoIsQuiet) {
    RateLimiter limiter(10, 2);
    RateLimiter::TimePoint now{};
    for (int i = 0; i < 100'000; ++i) {
        limiter.take("host-" + std::to_string(i), now);
        now += 1ms;
    }
    EXPECT_LT(limiter.size(), 40'000u);
}

TEST(ClientAddress, BelievesTrustedProxiesOnly) {
    const auto trusted = [](std::string_view address) { return address == "127.0.0.1" || address == "127.0.0.2"; };
    EXPECT_EQ(client_address("127.0.0.9", {"1.2.3.4"}, trusted), "127.0.0.9");
    EXPECT_EQ(client_address("127.0.0.1", {"1.2.3.4"}, trusted), "1.2.3.4");
    EXPECT_EQ(client_address("127.0.0.1", {"6.6.6.6, 1.2.3.4,127.0.0.2"}, trusted), "1.2.3.4");
    EXPECT_EQ(client_address("127.0.0.1", {"6.6.6.6", "::1"}, trusted), "::1");
    EXPECT_EQ(client_address("127.0.0.1", {"6.6.6.6, nonsense"}, trusted), "127.0.0.1");
    EXPECT_EQ(client_address("127.0.0.1", {}, trusted), "127.0.0.1");
    EXPECT_EQ(client_address("127.0.0.1", {"1.2.3.4"}, nullptr), "127.0.0.1");
}

TEST(SecurityHeaders, ThePolicyOfEachSide) {
    const Headers workspace = workspace_headers({.public_origin = "https://chat.example.com", .hsts = true});
    const std::string policy(workspace.get("Content-Security-Policy"));
    EXPECT_THAT(policy, HasSubstr("style-src-elem 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob: "
                                  "https://chat.example.com; "));
    EXPECT_THAT(policy, HasSubstr("object-src 'none'; base-uri 'self'"));
    EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
    EXPECT_THAT(policy, Not(HasSubstr("default-src")));  // the page's meta tag names the scripts
    EXPECT_EQ(workspace.get("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(workspace.get("Strict-Transport-Security"), "max-age=31536000");
    EXPECT_THAT(std::string(public_headers({}).get("Content-Security-Policy")), HasSubstr("default-src 'none'"));
}

TEST(SecurityHeaders, AnUpgradesOrigin) {
    Request request;
    EXPECT_FALSE(origin_allowed(request, {"https://desk.example.com"}));
    request.headers.set("Origin", "https://Desk.example.com:443");
    EXPECT_TRUE(origin_allowed(request, {"https://desk.example.com/"}));
    EXPECT_FALSE(origin_allowed(request, {"https://other.example.com"}));
    request.headers.set("Host", "desk.example.com");
    EXPECT_FALSE(origin_allowed(request, {}));
    request.tls = true;
    EXPECT_TRUE(origin_allowed(request, {}));
    request.headers.set("Origin", "null");
    EXPECT_FALSE(origin_allowed(request, {}));
}

TEST(Disposition, HoldsAnyName) {
    EXPECT_EQ(content_disposition("attachment", "a.png"), "attachment; filename=\"a.png\"");
    EXPECT_EQ(content_disposition("attachment", "\"ü\r\n.png"),
              "attachment; filename=\"_____.png\"; filename*=UTF-8''%22%C3%BC%0D%0A.png");
}

}  // namespace
}  // namespace usher::http
