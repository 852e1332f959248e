// WebSockets, frame by frame, over real sockets.
#include <gmock/gmock.h>

#include <condition_variable>
#include <fstream>
#include <thread>

#include "http/raw_client.hpp"
#include "http/server.hpp"

namespace usher::http {
namespace {

using namespace std::chrono_literals;

/// Echoes; "close" closes with 4000, "throw" throws, "slow" waits for a signal. Remembers what it saw.
class Echo final : public WebSocketSession {
public:
    void on_open(std::shared_ptr<WebSocket> socket) override {
        const std::lock_guard lock(mutex_);
        socket_ = std::move(socket);
        changed_.notify_all();
    }
    Task<void> on_text(std::string text) override {
        if (text == "close") {
            socket()->close(4000, "as you wish");
        } else if (text == "throw") {
            throw std::runtime_error("thrown by a test");
        } else {
            socket()->send(text);
        }
        co_return;
    }
    void on_close(std::uint16_t code) override {
        const std::lock_guard lock(mutex_);
        codes_.push_back(code);
        changed_.notify_all();
    }
    std::shared_ptr<WebSocket> socket() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return socket_ != nullptr; });
        return socket_;
    }
    int close_code() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 20s, [&] { return !codes_.empty(); }) && codes_.size() == 1 ? codes_[0] : -1;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::shared_ptr<WebSocket> socket_;
    std::vector<std::uint16_t> codes_;
};

class WebSocketTest : public testing::Test {
protected:
    WebSocketTest() {
        settings_.websocket.close_timeout = 50ms;  // for clients that do not end their side
        router_->add_websocket("/live", {}, [this](Request request) -> Task<Upgrade> {
            if (request.param("refuse")) co_return Response::text(403, "not you");
            co_return Accept{echo_, std::string(request.param("protocol").value_or(""))};
        });
        router_->add("GET", "/hello", {}, [](Request) -> Task<Response> { co_return Response::text(200, "hello"); });
    }
    std::uint16_t start() {
        server_ = std::make_unique<Server>(settings_);
        Listener listener;
        listener.router = router_;
        return *server_->listen(listener);
    }

    Settings settings_;
    std::shared_ptr<Echo> echo_ = std::make_shared<Echo>();
    std::shared_ptr<Router> router_ = std::make_shared<Router>();
    std::unique_ptr<Server> server_;
};

TEST_F(WebSocketTest, ShakesHandsAndEchoes) {
    RawClient client(start());
    const auto hands = client.upgrade("/live?protocol=usher.1");
    EXPECT_EQ(hands.status, 101);
    EXPECT_EQ(hands.header("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // RFC 6455 1.3
    EXPECT_EQ(hands.header("Sec-WebSocket-Protocol"), "usher.1");
    EXPECT_NE(hands.header("X-Request-Id"), "");
    for (const std::string& text : {std::string("hé"), std::string(), std::string(60'000, 'x')}) {
        client.send(RawClient::frame(1, text));
        const auto frame = client.read_frame();
        EXPECT_EQ(frame.opcode, 1);
        EXPECT_EQ(frame.payload, text);
    }
    EXPECT_EQ(server_->stats().websockets, 1u);
}

TEST_F(WebSocketTest, RefusalsAreOrdinaryResponses) {
    RawClient client(start());
    const auto plain = client.get("/live");
    EXPECT_EQ(plain.status, 426);
    EXPECT_EQ(plain.header("Upgrade"), "websocket");
    EXPECT_EQ(client.upgrade("/live?refuse=1").body, "not you");
    EXPECT_EQ(client.upgrade("/hello").body, "hello");
    client.send(
        "GET /live HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nGET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
    EXPECT_EQ(client.read().status, 400);
    EXPECT_TRUE(client.ended());
}

TEST_F(WebSocketTest, FragmentsBecomeOneMessageWithAPingBetween) {
    RawClient client(start());
    client.upgrade("/live");
    client.send(RawClient::frame(1, "Hel", false));
    client.send(RawClient::frame(9, "are you there?"));
    client.send(RawClient::frame(0, "lo ", false) + RawClient::frame(0, "world", true));
    const auto pong = client.read_frame();
    EXPECT_EQ(pong.opcode, 10);
    EXPECT_EQ(pong.payload, "are you there?");
    EXPECT_EQ(client.read_frame().payload, "Hello world");
}

TEST_F(WebSocketTest, ThePeersCloseIsAnsweredAndTold) {
    RawClient client(start());
    client.upgrade("/live");
    client.send(RawClient::frame(8, std::string("\x03\xe8", 2) + "bye"));
    EXPECT_EQ(client.read_frame().close_code(), 1000);
    EXPECT_TRUE(client.ended());
    EXPECT_EQ(echo_->close_code(), 1000);
    EXPECT_FALSE(echo_->socket()->send("into the void"));
}

TEST_F(WebSocketTest, OurCloseGoesOutAfterWhatIsQueued) {
    RawClient client(start());
    client.upgrade("/live");
    client.send(RawClient::frame(1, "first") + RawClient::frame(1, "close"));
    EXPECT_EQ(client.read_frame().payload, "first");
    const auto close = client.read_frame();
    EXPECT_EQ(close.close_code(), 4000);
    EXPECT_EQ(close.payload.substr(2), "as you wish");
    client.send(RawClient::frame(8, std::string("\x0f\xa0", 2)));
    EXPECT_TRUE(client.ended());
    EXPECT_EQ(echo_->close_code(), 4000);
}

TEST_F(WebSocketTest, APeerThatVanishesIs1006) {
    {
        RawClient client(start());
        client.upgrade("/live");
        echo_->socket();
    }
    EXPECT_EQ(echo_->close_code(), 1006);
}

TEST_F(WebSocketTest, OnlyTextInUtf8WithinTheLimitAndMasked) {
    settings_.websocket.message_bytes = 1000;
    const auto port = start();
    const std::vector<std::pair<std::string, int>> cases = {
        {RawClient::frame(2, "binary"), 1003},
        {RawClient::frame(1, "\xff\xfe"), 1007},
        {RawClient::frame(1, std::string(1001, 'x')), 1009},
        {RawClient::frame(1, std::string(600, 'x'), false) + RawClient::frame(0, std::string(600, 'x')), 1009},
        {RawClient::frame(1, "bare", true, false), 1002},
        {RawClient::frame(3, "unknown opcode"), 1002},
        {RawClient::frame(0, "continues nothing"), 1002},
        {RawClient::frame(1, "throw"), 1011},
    };
    for (const auto& [frames, code] : cases) {
        echo_ = std::make_shared<Echo>();
        RawClient client(port);
        ASSERT_EQ(client.upgrade("/live").status, 101);
        client.send(frames);
        EXPECT_EQ(client.read_frame().close_code(), code);
        client.send(RawClient::frame(8, ""));
        EXPECT_EQ(echo_->close_code(), code);
    }
}

TEST_F(WebSocketTest, ASlowReaderIsClosedWith1013) {
    settings_.websocket.queue_messages = 50;
    RawClient client(start(), 4096);
    client.upgrade("/live");
    const auto socket = echo_->socket();
    const auto text = std::make_shared<const std::string>(60'000, 'x');
    int taken = 0;
    while (socket->send(text)) ++taken;  // far more than the kernel buffers hold
    EXPECT_GE(taken, 50);
    EXPECT_FALSE(socket->send("no more"));
    EXPECT_EQ(echo_->close_code(), 1013);
    RawFrame frame;
    do {
        frame = client.read_frame();
    } while (frame.opcode == 1);  // what was under way; the close frame only if it still fitted
    EXPECT_TRUE(frame.opcode == -1 || frame.close_code() == 1013);
}

TEST_F(WebSocketTest, SilenceIsPingedAndADeadPeerIsCut) {
    settings_.websocket.ping_after = 20ms;
    settings_.websocket.pong_timeout = 40ms;
    const auto port = start();
    RawClient client(port);
    client.upgrade("/live");
    for (int i = 0; i < 3; ++i) {
        const auto ping = client.read_frame();
        ASSERT_EQ(ping.opcode, 9);
        client.send(RawClient::frame(10, ping.payload));
    }
    EXPECT_EQ(client.read_frame().opcode, 9);  // not answered
    EXPECT_EQ(client.read_frame().opcode, -1);
    EXPECT_EQ(echo_->close_code(), 1006);
}

TEST_F(WebSocketTest, DrainingCloses1001) {
    RawClient client(start());
    client.upgrade("/live");
    echo_->socket();
    std::thread draining([&] { server_->drain(20s); });
    EXPECT_EQ(client.read_frame().close_code(), 1001);
    client.send(RawClient::frame(8, std::string("\x03\xe9", 2)));
    draining.join();
    EXPECT_EQ(echo_->close_code(), 1001);
    EXPECT_EQ(server_->stats().connections, 0u);
}

TEST_F(WebSocketTest, ManyThreadsMaySend) {
    RawClient client(start());
    client.upgrade("/live");
    const auto socket = echo_->socket();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 200; ++i) socket->send(std::to_string(t) + " " + std::to_string(i));
        });
    }
    std::vector<int> next(4, 0);
    for (int i = 0; i < 800; ++i) {
        const auto frame = client.read_frame();
        ASSERT_EQ(frame.opcode, 1);
        const int thread = std::stoi(frame.payload.substr(0, 1));
        EXPECT_EQ(std::stoi(frame.payload.substr(2)), next[static_cast<std::size_t>(thread)]++);
    }
    for (auto& thread : threads) thread.join();
}

std::size_t resident_bytes() {
    std::ifstream in("/proc/self/statm");
    std::size_t total = 0, resident = 0;
    in >> total >> resident;
    return resident * 4096;
}

TEST_F(WebSocketTest, AnIdleSocketIsLean) {
    settings_.limits.rate.per_second = 0;
    const auto port = start();
    std::vector<std::unique_ptr<RawClient>> clients;
    const auto open = [&](std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            clients.push_back(std::make_unique<RawClient>(port));
            ASSERT_EQ(clients.back()->upgrade("/live").status, 101);
        }
    };
    open(100);
    const std::size_t before = resident_bytes();
    open(800);
    const double each = static_cast<double>(resident_bytes() - before) / 800;
    RecordProperty("bytes_per_idle_socket", std::to_string(each));
    std::printf("%.0f bytes for an idle socket and its test client\n", each);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LT(each, 12'000);  // 10,000 for the server's side; the rest is the client's
#endif
}

}  // namespace
}  // namespace usher::http
