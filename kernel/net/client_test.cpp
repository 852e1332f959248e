// Outgoing HTTP against a server whose every byte the test writes.
#include "net/client.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <latch>
#include <sstream>

#include "net/test_server.hpp"

namespace usher::net {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::uint16_t listen_on(int fd) {
    ::sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(fd, reinterpret_cast<::sockaddr*>(&address), sizeof address);
    ::listen(fd, 0);
    ::socklen_t size = sizeof address;
    ::getsockname(fd, reinterpret_cast<::sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

class ClientTest : public testing::Test {
protected:
    Result<Response> run(Request request) {
        asio::io_context context;
        std::optional<Result<Response>> result;
        auto body = [&]() -> Task<void> { result = co_await client_.send(std::move(request)); };
        asio::co_spawn(context, body(), asio::detached);
        context.run();
        return std::move(*result);
    }
    Request to(const std::string& url) {
        Request request{.url = url};
        request.allow_cidrs = {*Cidr::parse("127.0.0.0/8")};
        return request;
    }
    Request post(const std::string& url, std::string body = "x") {
        Request request = to(url);
        request.method = "POST";
        request.body = std::move(body);
        return request;
    }
    static std::string error_of(const Result<Response>& result, Errc code) {
        if (result) return "status " + std::to_string(result->status);
        EXPECT_EQ(result.error().code, code) << result.error().message;
        return result.error().message;
    }

    Client client_;
};

TEST_F(ClientTest, SendsAndReceives) {
    TestServer server([](const std::string&) { return TestServer::ok("answer", "X-One: 1\r\nx-one: 2\r\n"); });
    Request request = post(server.url("/path?q=1"), std::string("a\0b", 3));
    request.headers = {{"Content-Type", "text/plain"}, {"X-Empty", ""}};
    const auto response = run(std::move(request));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "answer");
    EXPECT_EQ(find_header(response->headers, "X-ONE"), "1");
    const std::string seen = server.requests().at(0);
    EXPECT_THAT(seen, StartsWith("POST /path?q=1 HTTP/1.1\r\n"));
    EXPECT_THAT(
        seen, AllOf(HasSubstr("Content-Type: text/plain\r\n"), HasSubstr("X-Empty:\r\n"),
                    HasSubstr("User-Agent: Usher\r\n"), HasSubstr("Content-Length: 3\r\n"), Not(HasSubstr("Expect"))));
    EXPECT_EQ(seen.substr(seen.size() - 3), std::string("a\0b", 3));
}

TEST_F(ClientTest, AnyMethodAnyStatus) {
    TestServer server([](const std::string& request) {
        if (request.starts_with("HEAD")) return std::string("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n");
        return std::string("HTTP/1.1 503 No\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\nno");
    });
    for (const std::string method : {"GET", "DELETE", "PATCH", "PUT", "HEAD"}) {
        Request request = to(server.url());
        request.method = method;
        const auto response = run(std::move(request));
        ASSERT_TRUE(response) << method << response.error().message;
        EXPECT_EQ(response->status, method == "HEAD" ? 200 : 503);
        EXPECT_THAT(server.requests().back(), StartsWith(method + " / HTTP/1.1"));
        EXPECT_THAT(server.requests().back(), Not(HasSubstr("Content-Type")));
    }
}

TEST_F(ClientTest, LoopbackIsRefusedInEverySpellingAndNothingIsConnected) {
    TestServer server([](const std::string&) { return TestServer::ok("secret"); });
    for (const std::string host : {"127.0.0.1", "localhost", "2130706433", "0177.0.0.1", "0x7f.1", "127.1", "0",
                                   "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"}) {
        const auto result = run({.url = server.url("/", host)});
        EXPECT_THAT(error_of(result, Errc::forbidden), HasSubstr("not permitted")) << host;
    }
    EXPECT_EQ(server.connections(), 0u);
    EXPECT_THAT(error_of(run({.url = "http://169.254.169.254/latest/meta-data"}), Errc::forbidden),
                HasSubstr("metadata services"));
}

TEST_F(ClientTest, AKeptConnectionOfAnAllowedRequestHelpsNoOther) {
    TestServer server([](const std::string&) { return TestServer::ok("ours"); });
    ASSERT_TRUE(run(to(server.url())));
    EXPECT_THAT(error_of(run({.url = server.url()}), Errc::forbidden), HasSubstr("(loopback)"));
    ASSERT_TRUE(run(to(server.url())));
    EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(ClientTest, RedirectsAreAnswersUnlessAskedFor) {
    TestServer server([](const std::string&) { return TestServer::redirect(302, "/next"); });
    const auto response = run(to(server.url()));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 302);
    EXPECT_EQ(response->body, "moved");
    Request endless = to(server.url());
    endless.redirect_limit = 3;
    EXPECT_THAT(error_of(run(std::move(endless)), Errc::unavailable), HasSubstr("more than 3 redirects"));
    EXPECT_EQ(server.requests().size(), 5u);
}

TEST_F(ClientTest, EachHopIsCheckedLikeTheFirst) {
    TestServer inside([](const std::string&) { return TestServer::ok("secret"); });
    std::string target;
    TestServer server([&](const std::string&) { return TestServer::redirect(302, target); });
    for (const std::string host : {"127.0.0.2", "[::1]", "[::ffff:127.0.0.2]", "localhost"}) {
        target = inside.url("/", host);
        Request request = to(server.url());
        request.allow_cidrs = {*Cidr::parse("127.0.0.1/32")};
        request.redirect_limit = 3;
        if (host == "localhost") request.allow_cidrs.clear();
        const auto result = run(std::move(request));
        EXPECT_THAT(error_of(result, Errc::forbidden), HasSubstr("not permitted")) << host;
    }
    target = "file:///etc/passwd";
    Request request = to(server.url());
    request.redirect_limit = 3;
    EXPECT_THAT(error_of(run(std::move(request)), Errc::forbidden), HasSubstr("only http and https"));
    EXPECT_EQ(inside.connections(), 0u);
}

TEST_F(ClientTest, CredentialsStayWithTheirOrigin) {
    TestServer other([](const std::string&) { return TestServer::ok("there"); });
    TestServer server([&](const std::string& request) {
        return request.find(" /same ") != std::string::npos ? TestServer::redirect(302, other.url("/there"))
                                                            : TestServer::redirect(302, "/same");
    });
    Request request = to(server.url("/start"));
    request.redirect_limit = 5;
    request.headers = {{"Authorization", "Bearer s"}, {"X-API-Key", "s"}, {"Cookie", "s"}, {"Accept", "text/plain"}};
    const auto response = run(std::move(request));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "there");
    EXPECT_EQ(response->url, other.url("/there"));
    EXPECT_THAT(server.requests().at(1), AllOf(HasSubstr("Authorization: Bearer s"), HasSubstr("X-API-Key: s")));
    EXPECT_THAT(other.requests().at(0), AllOf(HasSubstr("Accept: text/plain"), Not(HasSubstr("Authorization")),
                                              Not(HasSubstr("X-API-Key")), Not(HasSubstr("Cookie"))));
}

TEST_F(ClientTest, ABodyNeverGoesToAnotherOrigin) {
    TestServer other([](const std::string&) { return TestServer::ok("there"); });
    int status = 307;
    TestServer server([&](const std::string&) { return TestServer::redirect(status, other.url()); });
    Request request = post(server.url());
    request.redirect_limit = 5;
    EXPECT_THAT(error_of(run(request), Errc::unknown_outcome), HasSubstr("redirects a request with a body"));
    EXPECT_EQ(other.connections(), 0u);
    status = 303;
    const auto response = run(request);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_THAT(other.requests().at(0), StartsWith("GET / HTTP/1.1"));
}

TEST_F(ClientTest, NothingWrittenIsUnavailableOrTimeout) {
    int port = 0;
    {
        TestServer gone([](const std::string&) { return std::nullopt; });
        port = gone.port();
    }
    const auto refused = run(post("http://127.0.0.1:" + std::to_string(port) + "/"));
    EXPECT_THAT(error_of(refused, Errc::unavailable), StartsWith("127.0.0.1: "));
    EXPECT_THAT(error_of(run(post("http://name.invalid/")), Errc::unavailable), StartsWith("name.invalid: "));
    const int plain = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto plain_port = listen_on(plain);
    std::thread speaks_no_tls([&] {
        const int peer = ::accept(plain, nullptr, nullptr);
        ::send(peer, "no TLS here\n", 12, MSG_NOSIGNAL);
        ::shutdown(peer, SHUT_WR);
        char hello[4096];
        while (::recv(peer, hello, sizeof hello, 0) > 0) continue;
        ::close(peer);
    });
    EXPECT_THAT(error_of(run(post("https://127.0.0.1:" + std::to_string(plain_port) + "/")), Errc::unavailable),
                StartsWith("127.0.0.1: "));
    speaks_no_tls.join();
    ::close(plain);
    // A listener that accepts nothing: its queue fills, and a connection is never made.
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto slow_port = listen_on(fd);
    ::sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(slow_port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int filler = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::connect(filler, reinterpret_cast<::sockaddr*>(&address), sizeof address);
    Request slow = post("http://127.0.0.1:" + std::to_string(slow_port) + "/");
    slow.connect_timeout = 50ms;
    error_of(run(std::move(slow)), Errc::timeout);
    ::close(filler);
    ::close(fd);
}

TEST_F(ClientTest, WrittenWithoutAWholeAnswerIsUnknown) {
    TestServer silent([](const std::string&) { return std::string(); });
    Request slow = post(silent.url());
    slow.timeout = 100ms;
    EXPECT_THAT(error_of(run(std::move(slow)), Errc::unknown_outcome), HasSubstr("after the request was written"));
    TestServer closes([](const std::string&) { return std::nullopt; });
    error_of(run(post(closes.url())), Errc::unknown_outcome);
    TestServer half([](const std::string&) -> std::optional<std::string> {
        return "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhalf";
    });
    Request part = post(half.url());
    part.timeout = 200ms;
    error_of(run(std::move(part)), Errc::unknown_outcome);
    TestServer garbage([](const std::string&) { return std::string("nonsense\r\n\r\n"); });
    error_of(run(post(garbage.url())), Errc::unknown_outcome);
}

TEST_F(ClientTest, APostIsNeverWrittenTwice) {
    int count = 0;
    TestServer server([&](const std::string&) -> std::optional<std::string> {
        if (++count == 1) return TestServer::ok("first");
        return std::nullopt;  // the kept connection ends with the second request in it
    });
    ASSERT_TRUE(run(post(server.url())));
    const auto second = run(post(server.url()));
    EXPECT_EQ(error_of(second, Errc::unknown_outcome),
              "127.0.0.1: the connection ended after the request was written, without an answer");
    EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(ClientTest, LimitsOfTheResponse) {
    TestServer server([](const std::string& request) {
        if (request.find("/headers") != std::string::npos)
            return TestServer::ok("", "X: " + std::string(70'000, 'x') + "\r\n");
        return TestServer::ok(std::string(5000, 'x'));
    });
    Request large = to(server.url());
    large.response_limit = 4999;
    EXPECT_THAT(error_of(run(large), Errc::too_large), HasSubstr("body is over 4999 bytes"));
    large.method = "POST";
    EXPECT_THAT(error_of(run(large), Errc::unknown_outcome), HasSubstr("body is over 4999 bytes"));
    large.response_limit = 5000;
    EXPECT_TRUE(run(large));
    EXPECT_THAT(error_of(run(to(server.url("/headers"))), Errc::too_large), HasSubstr("headers are over"));
}

TEST_F(ClientTest, BodiesFromAndToFiles) {
    const std::string base = testing::TempDir() + "/usher-net-" + std::to_string(::getpid());
    std::string large(300'000, '\0');
    for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 % 251);
    std::ofstream(base + ".in", std::ios::binary) << large;
    TestServer server([&](const std::string& request) {
        if (request.find(" /404 ") != std::string::npos)
            return std::string("HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\ngone");
        return TestServer::ok(request.substr(request.find("\r\n\r\n") + 4));
    });
    const int fd = ::open((base + ".out").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    Request request = to(server.url("/put"));
    request.method = "PUT";
    request.body_file = base + ".in";
    request.response_fd = fd;
    const auto response = run(request);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "");
    EXPECT_EQ(response->body_size, large.size());
    std::ostringstream stored;
    stored << std::ifstream(base + ".out", std::ios::binary).rdbuf();
    EXPECT_EQ(stored.str(), large);
    request.url = server.url("/404");
    EXPECT_EQ(run(request)->body, "gone");
    request.body_file = base + ".missing";
    EXPECT_THAT(error_of(run(request), Errc::invalid), HasSubstr("No such file"));

    Request form = to(server.url("/form"));
    form.method = "POST";
    form.form = {{.name = "text", .value = "va\0lue"},
                 {.name = "doc", .file = base + ".in", .file_name = "ü.bin", .mime = "a/b"}};
    const auto echoed = run(form);
    ASSERT_TRUE(echoed) << echoed.error().message;
    EXPECT_THAT(echoed->body, AllOf(HasSubstr("name=\"text\"\r\n\r\nva"), HasSubstr("name=\"doc\"; filename=\"ü.bin\""),
                                    HasSubstr("Content-Type: a/b"), HasSubstr(large)));
    ::close(fd);
    for (const std::string end : {".in", ".out"}) std::filesystem::remove(base + end);
}

TEST_F(ClientTest, WhatCannotBeSentIsSaid) {
    const auto fault = [&](Headers headers, std::string method = "GET") {
        Request request = to("http://127.0.0.1:1/");
        request.headers = std::move(headers);
        request.method = std::move(method);
        return error_of(run(std::move(request)), Errc::invalid);
    };
    EXPECT_EQ(fault({{"X", "a\r\nY: b"}}), "the header X holds a line end or NUL");
    EXPECT_EQ(fault({{"X Y", "a"}}), "the header name \"X Y\" is malformed");
    EXPECT_EQ(fault({{"Content-Length", "1"}}), "the header Content-Length is set here; a request must not hold it");
    EXPECT_EQ(fault({}, "GET /x"), "the method \"GET /x\" is malformed");
    EXPECT_EQ(error_of(run({.url = "ftp://example.com/"}), Errc::forbidden),
              "\"ftp\" is not permitted; only http and https addresses are");
}

TEST_F(ClientTest, NoProxyFromTheEnvironment) {
    ::setenv("http_proxy", "http://127.0.0.1:1", 1);
    TestServer server([](const std::string&) { return TestServer::ok("direct"); });
    const auto response = run(to(server.url()));
    ::unsetenv("http_proxy");
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "direct");
}

TEST_F(ClientTest, CancellingAndStoppingEndWhatRuns) {
    std::latch arrived(2);
    TestServer server([&](const std::string&) {
        arrived.count_down();
        return std::string();
    });
    auto client = std::make_unique<Client>();
    asio::io_context context;
    std::vector<Errc> ends;
    auto send = [&](Request request) -> Task<void> {
        const auto result = co_await client->send(std::move(request));
        ends.push_back(result.error().code);
    };
    TaskScope scope(context.get_executor());
    scope.spawn("first", [&]() -> Task<void> { co_await send(post(server.url())); });
    asio::co_spawn(context, send(post(server.url())), asio::detached);
    std::thread stopper([&] {
        arrived.wait();
        asio::co_spawn(context, scope.stop(), asio::detached);
    });
    while (ends.empty()) context.run_one();
    stopper.join();
    client.reset();
    context.run();
    EXPECT_EQ(ends, (std::vector<Errc>{Errc::unknown_outcome, Errc::unknown_outcome}));
}

TEST_F(ClientTest, ManyAtOnceWaitTheirTurn) {
    TestServer server([](const std::string&) { return TestServer::ok("x"); });
    Client narrow({.transfers = 4, .queue = 200});
    asio::io_context context;
    int good = 0, refused = 0;
    auto send = [&](Request request) -> Task<void> {
        const auto result = co_await narrow.send(std::move(request));
        ++(result ? good : refused);
    };
    for (int i = 0; i < 100; ++i) asio::co_spawn(context, send(to(server.url())), asio::detached);
    context.run();
    EXPECT_EQ(good, 100);
    EXPECT_EQ(refused, 0);
}

}  // namespace
}  // namespace usher::net
