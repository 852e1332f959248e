// The server over real sockets: what is served, what is refused, and what happens to who is slow or floods.
#include "http/server.hpp"

#include <gmock/gmock.h>
#include <sys/un.h>

#include <fstream>
#include <latch>
#include <thread>

#include "http/raw_client.hpp"

namespace usher::http {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class ServerTest : public testing::Test {
protected:
    ServerTest() {
        settings_.limits.rate.per_second = 0;
        settings_.upload_folder = testing::TempDir();
        router_->add("GET", "/hello", {}, [](Request) -> Task<Response> { co_return Response::text(200, "hello"); });
        router_->add("POST", "/echo", {.body_limit = 100'000},
                     [](Request request) -> Task<Response> { co_return Response::text(200, std::move(request.body)); });
        router_->add("GET", "/throws", {}, [](Request) -> Task<Response> {
            throw std::runtime_error("secret detail");
            co_return Response();
        });
        router_->add("GET", "/slow", {.timeout = 20ms}, [](Request) -> Task<Response> {
            co_await sleep_for(1h);
            co_return Response::text(200, "too late");
        });
        router_->add("GET", "/big", {}, [](Request) -> Task<Response> {
            static const auto kBig = std::make_shared<const std::string>(32 * 1024 * 1024, 'x');
            co_return Response{.shared_body = kBig};
        });
        router_->add("POST", "/upload", {.body_limit = 10'000'000, .memory_limit = 1000},
                     [](Request request) -> Task<Response> {
                         if (!request.upload)
                             co_return Response::text(200, "memory " + std::to_string(request.body.size()));
                         co_return Response::text(
                             200, "file " + std::to_string(request.upload->size()) + " " +
                                      std::to_string(std::hash<std::string_view>{}(*request.upload->bytes())));
                     });
        router_->add("GET", "/who", {}, [](Request request) -> Task<Response> {
            co_return Response::text(200, request.remote_addr + (request.tls ? " https" : " http"));
        });
        router_->add("GET", "/healthz", {.rate_limited = false},
                     [](Request) -> Task<Response> { co_return Response::text(200, "ok"); });
    }

    std::uint16_t start() {
        server_ = std::make_unique<Server>(settings_);
        listener_.router = router_;
        const auto port = server_->listen(listener_);
        EXPECT_TRUE(port) << port.error().message;
        return *port;
    }

    Settings settings_;
    Listener listener_;
    std::shared_ptr<Router> router_ = std::make_shared<Router>();
    std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
    listener_.headers = {{"X-Content-Type-Options", "nosniff"}};
    RawClient client(start());
    for (int i = 0; i < 3; ++i) {
        const auto response = client.get("/hello");
        EXPECT_EQ(response.status, 200);
        EXPECT_EQ(response.body, "hello");
        EXPECT_EQ(response.header("X-Content-Type-Options"), "nosniff");
        EXPECT_NE(response.header("X-Request-Id"), "");
        EXPECT_THAT(response.header("Date"), EndsWith(" GMT"));
    }
    client.send("GET /hello HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(client.read().header("Connection"), "close");
    EXPECT_TRUE(client.ended());
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
    RawClient client(start());
    std::string all;
    for (int i = 0; i < 20; ++i) {
        const std::string body = "number " + std::to_string(i);
        all += "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        all += "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    }
    client.send(all);
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(client.read().body, "number " + std::to_string(i));
        EXPECT_EQ(client.read().body, "abc");
    }
}

TEST_F(ServerTest, HeadOptionsAndWhatIsNotThere) {
    RawClient client(start());
    client.send("HEAD /hello HTTP/1.1\r\nHost: t\r\n\r\n");
    const auto head = client.read(true);
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.header("Content-Length"), "5");
    client.send("OPTIONS /hello HTTP/1.1\r\nHost: t\r\n\r\n");
    const auto options = client.read();
    EXPECT_EQ(options.status, 204);
    EXPECT_EQ(options.header("Allow"), "GET, HEAD, OPTIONS");
    EXPECT_EQ(options.header("Content-Length"), "");
    EXPECT_EQ(client.get("/nothing").status, 404);
    client.send("DELETE /echo HTTP/1.1\r\nHost: t\r\n\r\n");
    const auto refused = client.read();
    EXPECT_EQ(refused.status, 405);
    EXPECT_EQ(refused.header("Allow"), "POST, OPTIONS");
    EXPECT_EQ(refused.body, "This address does not know DELETE; it knows POST, OPTIONS.\n");
    EXPECT_EQ(client.get("/hello?a=%zz").status, 400);
    EXPECT_EQ(client.get("http://elsewhere/hello").body, "hello");
}

TEST_F(ServerTest, SmugglingIsRefusedAndEndsTheConnection) {
    const auto port = start();
    for (const std::string bad :
         {"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
          "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length : 3\r\n\r\nabc",
          "GET /hello HTTP/1.1\r\nHost: t\r\nX: a\r\n b\r\n\r\n", "GET /hello HTTP/1.1\nHost: t\n\n",
          "GET /hello HTTP/1.1\r\n\r\n", "GET /hello HTTP/1.1\r\nHost: t\r\nHost: u\r\n\r\n",
          "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n",
          "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n"}) {
        RawClient client(port);
        // Behind it stands a request that must never be taken for one.
        client.send(bad + "GET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
        const auto response = client.read();
        EXPECT_EQ(response.status, 400) << bad;
        EXPECT_EQ(response.header("Connection"), "close") << bad;
        EXPECT_THAT(response.body, StartsWith("Malformed request: ")) << bad;
        EXPECT_TRUE(client.ended()) << bad;
    }
}

TEST_F(ServerTest, RefusalsGoThroughTheListenersRenderer) {
    listener_.render_error = [](int status, const Error& error, std::string_view id, const Request* request) {
        return Response::json(status, "{\"message\":\"" + error.message + "\",\"seen\":" +
                                          (request ? "true" : "false") + (id.empty() ? "}" : ",\"id\":1}"));
    };
    RawClient client(start());
    EXPECT_EQ(client.get("/nothing").body,
              "{\"message\":\"There is nothing at this address.\",\"seen\":true,\"id\":1}");
    client.send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(client.read().body,
              "{\"message\":\"Malformed request: the Host header is missing.\",\"seen\":false,\"id\":1}");
}

TEST_F(ServerTest, AHandlerThatThrowsIsA500WithoutItsText) {
    RawClient client(start());
    const auto response = client.get("/throws");
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body, "Something went wrong here.\n");
    EXPECT_EQ(client.get("/hello").status, 200);
}

TEST_F(ServerTest, AHandlerThatTakesTooLongIsCancelled) {
    RawClient client(start());
    const auto response = client.get("/slow");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.header("Retry-After"), "1");
    EXPECT_TRUE(client.ended());
    server_->drain(10s);
    EXPECT_EQ(server_->stats().in_flight, 0u);
}

TEST_F(ServerTest, LimitsOfHeadAndBody) {
    const auto port = start();
    {
        RawClient client(port);
        client.send("GET /hello HTTP/1.1\r\nHost: t\r\nX: " + std::string(40'000, 'x'));
        EXPECT_EQ(client.read().status, 431);
        EXPECT_TRUE(client.ended());
    }
    {
        RawClient client(port);
        std::string many = "GET /hello HTTP/1.1\r\nHost: t\r\n";
        for (int i = 0; i < 101; ++i) many += "X: 1\r\n";
        client.send(many + "\r\n");
        EXPECT_EQ(client.read().body, "Malformed request: more than 100 header fields.\n");
    }
    {
        RawClient client(port);
        client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100001\r\n\r\n");
        const auto response = client.read();
        EXPECT_EQ(response.status, 413);
        EXPECT_EQ(response.body, "The body is longer than 100000 bytes.\n");
    }
    {
        RawClient client(port);
        client.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
        const std::string chunk = "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
        for (int i = 0; i < 20 && client.send(chunk); ++i) continue;
        EXPECT_EQ(client.read().status, 413);
    }
    {
        RawClient client(port);  // a short refused body is read away, and the connection goes on
        client.send("POST /nothing HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello");
        EXPECT_EQ(client.read().status, 404);
        EXPECT_EQ(client.get("/hello").status, 200);
    }
}

TEST_F(ServerTest, AskedToContinueItSaysSoOrRefusesAtOnce) {
    RawClient client(start());
    client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read().status, 100);
    client.send("hello");
    EXPECT_EQ(client.read().body, "hello");
    client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 999999\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read().status, 413);
    EXPECT_TRUE(client.ended());
}

TEST_F(ServerTest, LongBodiesGoToAFileThatGoesWithTheRequest) {
    RawClient client(start());
    const auto post = [&](const std::string& body) {
        client.send("POST /upload HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                    body);
        return client.read().body;
    };
    EXPECT_EQ(post("short"), "memory 5");
    std::string large(3'000'000, 'x');
    for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 7 % 251);
    EXPECT_EQ(post(large), "file 3000000 " + std::to_string(std::hash<std::string>{}(large)));
    server_->drain(10s);
    for (const auto& entry : std::filesystem::directory_iterator(testing::TempDir()))
        EXPECT_THAT(entry.path().filename().string(),
                    testing::Not(StartsWith("usher-upload-" + std::to_string(::getpid()) + "-")));
}

TEST_F(ServerTest, BeforeMayRefuseAndLeaveWhoItIs) {
    const auto guard = std::make_shared<const std::string>("inbox/view");
    router_->add("GET", "/guarded", {.guard = guard}, [](Request request) -> Task<Response> {
        co_return Response::text(200, std::any_cast<std::string>(request.context));
    });
    listener_.before = [](Request& request) -> Task<std::optional<Response>> {
        if (!request.guard) co_return std::nullopt;
        if (request.headers.get("X-API-Key") != "k") co_return Response::text(401, "who are you?");
        request.context = "k for " + *static_cast<const std::string*>(request.guard.get());
        co_return std::nullopt;
    };
    RawClient client(start());
    EXPECT_EQ(client.get("/guarded").status, 401);
    EXPECT_EQ(client.get("/guarded", "X-API-Key: k\r\n").body, "k for inbox/view");
    EXPECT_EQ(client.get("/hello").status, 200);
}

TEST_F(ServerTest, SlowClientsAreEnded) {
    settings_.limits.head_timeout = 40ms;
    settings_.limits.body_timeout = 40ms;
    settings_.limits.idle_timeout = 40ms;
    const auto port = start();
    RawClient quiet(port), half_head(port), half_body(port);
    half_head.send("GET /hello HTTP/1.1\r\nHost");
    half_body.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc");
    EXPECT_TRUE(quiet.ended());
    EXPECT_EQ(half_head.read().status, 408);
    EXPECT_TRUE(half_head.ended());
    EXPECT_EQ(half_body.read().status, 408);
    EXPECT_TRUE(half_body.ended());
}

TEST_F(ServerTest, ABodyThatDripsIsEndedThoughNeverSilent) {
    settings_.limits.body_timeout = 60ms;
    settings_.limits.body_bytes_per_second = 1'000'000;
    RawClient client(start());
    client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 90000\r\n\r\n");
    std::atomic<bool> over{false};
    std::thread drip([&] {  // never all of it, however fast this machine is
        for (int sent = 1; sent < 90'000 && !over && client.send("x"); ++sent) std::this_thread::yield();
    });
    const auto response = client.read();
    over = true;
    drip.join();
    EXPECT_EQ(response.status, 408);
}

TEST_F(ServerTest, AReaderThatTakesNothingIsCut) {
    settings_.limits.write_timeout = 50ms;
    RawClient client(start(), 4096);
    client.send("GET /big HTTP/1.1\r\nHost: t\r\n\r\n");
    while (server_->stats().requests != 1) std::this_thread::yield();
    while (server_->stats().connections != 0) std::this_thread::yield();  // the test's own time limit ends this
    EXPECT_LT(client.read().body.size(), 32u * 1024 * 1024);
}

TEST_F(ServerTest, AFloodFromOneAddressIs429WithRetryAfter) {
    settings_.limits.rate = {.per_second = 0.5, .burst = 3};
    RawClient client(start());
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client.get("/hello").status, 200);
    const auto refused = client.get("/hello");
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.header("Retry-After"), "2");
    EXPECT_EQ(refused.body, "Too many requests from this address.\n");
    EXPECT_EQ(client.get("/nothing").status, 429);
    EXPECT_EQ(client.get("/healthz").status, 200);
    EXPECT_EQ(server_->stats().rate_limited, 2u);
}

TEST_F(ServerTest, TheRateCountsTheClientBehindATrustedProxy) {
    settings_.limits.rate = {.per_second = 0.001, .burst = 1};
    settings_.trusted_proxy = [](std::string_view address) { return address == "127.0.0.1"; };
    RawClient client(start());
    EXPECT_EQ(client.get("/who", "X-Forwarded-For: 127.1.1.1\r\nX-Forwarded-Proto: https\r\n").body, "127.1.1.1 https");
    EXPECT_EQ(client.get("/who", "X-Forwarded-For: 127.1.1.2\r\n").body, "127.1.1.2 http");
    EXPECT_EQ(client.get("/who", "X-Forwarded-For: 127.1.1.1\r\n").status, 429);
}

TEST_F(ServerTest, ConnectionsAreLimitedInTotalAndByAddress) {
    settings_.limits.connections_per_address = 2;
    const auto port = start();
    {
        RawClient one(port), two(port);
        EXPECT_EQ(one.get("/hello").status, 200);
        EXPECT_EQ(two.get("/hello").status, 200);
        RawClient three(port);
        EXPECT_EQ(three.read().status, 429);
        EXPECT_TRUE(three.ended());
    }
    while (server_->stats().connections != 0) std::this_thread::yield();
    RawClient again(port);
    EXPECT_EQ(again.get("/hello").status, 200);

    server_.reset();
    settings_.limits.connections = 1;
    const auto other = start();
    RawClient first(other);
    EXPECT_EQ(first.get("/hello").status, 200);
    RawClient second(other);
    const auto refused = second.read();
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.header("Retry-After"), "5");
}

TEST_F(ServerTest, ATakenPortIsSaidSo) {
    const auto port = start();
    Listener again;
    again.router = router_;
    again.port = port;
    const auto refused = server_->listen(again);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);
    EXPECT_EQ(refused.error().message,
              "127.0.0.1:" + std::to_string(port) + " is taken: another program listens there");
}

TEST_F(ServerTest, AUnixSocketIsAListenerToo) {
    listener_.unix_path =
        std::filesystem::path(testing::TempDir()) / ("usher-http-" + std::to_string(::getpid()) + ".sock");
    start();
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ::sockaddr_un address{};
    address.sun_family = AF_UNIX;
    listener_.unix_path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::connect(fd, reinterpret_cast<::sockaddr*>(&address), sizeof address), 0);
    const std::string request = "GET /who HTTP/1.0\r\n\r\n";
    ASSERT_EQ(::send(fd, request.data(), request.size(), 0), static_cast<::ssize_t>(request.size()));
    std::string answer;
    char chunk[1000];
    for (::ssize_t n; (n = ::recv(fd, chunk, sizeof chunk, 0)) > 0;) answer.append(chunk, static_cast<std::size_t>(n));
    ::close(fd);
    EXPECT_THAT(answer, StartsWith("HTTP/1.0 200 OK"));
    EXPECT_THAT(answer, EndsWith("unix http"));
    const auto taken = server_->listen(listener_);
    ASSERT_FALSE(taken);
    EXPECT_THAT(taken.error().message, HasSubstr(" is taken"));
}

TEST_F(ServerTest, FilesWithARange) {
    const auto path = std::filesystem::path(testing::TempDir()) / ("usher-range-" + std::to_string(::getpid()));
    std::string content(1'000'000, '\0');
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>('a' + i % 23);
    std::ofstream(path, std::ios::binary) << content;
    router_->add("GET", "/file", {}, [path](Request request) -> Task<Response> {
        auto response = file_response(request, path, "video/mp4");
        if (!response) co_return Response::empty(404);
        co_return std::move(*response);
    });
    RawClient client(start());
    EXPECT_EQ(client.get("/file").body, content);
    const auto part = client.get("/file", "Range: bytes=10-19\r\n");
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.header("Content-Range"), "bytes 10-19/1000000");
    EXPECT_EQ(part.body, content.substr(10, 10));
    EXPECT_EQ(client.get("/file", "Range: bytes=-5\r\n").body, content.substr(content.size() - 5));
    EXPECT_EQ(client.get("/file", "Range: bytes=999999-\r\n").body, content.substr(999999));
    EXPECT_EQ(client.get("/file", "Range: bytes=1000000-\r\n").status, 416);
    EXPECT_EQ(client.get("/file", "Range: bytes=1-2,4-5\r\n").status, 200);
    client.send("HEAD /file HTTP/1.1\r\nHost: t\r\n\r\n");
    EXPECT_EQ(client.read(true).header("Content-Length"), "1000000");
    std::filesystem::remove(path);
}

TEST_F(ServerTest, DrainingFinishesWhatIsInFlight) {
    std::latch entered(1);
    Signal go;
    router_->add("GET", "/wait", {}, [&](Request) -> Task<Response> {
        entered.count_down();
        co_await go.wait(1h);
        co_return Response::text(200, "done");
    });
    const auto port = start();
    RawClient idle(port), busy(port);
    EXPECT_EQ(idle.get("/hello").status, 200);
    busy.send("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n");
    entered.wait();
    std::thread draining([&] { server_->drain(20s); });
    EXPECT_TRUE(idle.ended());
    go.set();
    const auto response = busy.read();
    draining.join();
    EXPECT_EQ(response.body, "done");
    EXPECT_EQ(response.header("Connection"), "close");
    EXPECT_EQ(server_->stats().connections, 0u);
    EXPECT_FALSE(RawClient(port).connected());
}

TEST_F(ServerTest, DrainingCutsWhatDoesNotEnd) {
    std::latch entered(1);
    bool cancelled = false;
    router_->add("GET", "/forever", {}, [&](Request) -> Task<Response> {
        entered.count_down();
        cancelled = !co_await sleep_for(1h);
        co_return Response::text(200, "done");
    });
    RawClient client(start());
    client.send("GET /forever HTTP/1.1\r\nHost: t\r\n\r\n");
    entered.wait();
    server_->drain(10ms);
    EXPECT_TRUE(client.ended());
    server_->stop();
    EXPECT_TRUE(cancelled);
}

TEST_F(ServerTest, TellsOfEachExchange) {
    std::mutex mutex;
    std::vector<std::string> seen;
    settings_.finished = [&](const Exchange& exchange) {
        const std::lock_guard lock(mutex);
        seen.push_back(std::string(exchange.method) + " " + std::string(exchange.route) + " " +
                       std::to_string(exchange.status));
    };
    {
        RawClient client(start());
        client.get("/hello");
        client.get("/nothing");
    }
    server_->drain(10s);
    EXPECT_EQ(seen, (std::vector<std::string>{"GET /hello 200", "GET  404"}));
}

}  // namespace
}  // namespace usher::http
