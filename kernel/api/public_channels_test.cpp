// Providers' requests through a real server, to a channel that the test holds.
#include "api/public_channels.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "api/channel_fixture.hpp"
#include "foundation/crypto.hpp"
#include "http/raw_client.hpp"
#include "http/server.hpp"
#include "store/test_database.hpp"

namespace usher::api {
namespace {

using http::RawClient;
using ::testing::Contains;
using testing::FakeChannel;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

class PublicChannelsTest : public ::testing::Test {
protected:
    PublicChannelsTest() {
        blobs::Settings to;
        to.folder = folder_ / "blobs";
        blobs_ = blobs::Blobs::open(to).value();
        const AccountInstance account = [this](std::string_view slug) -> std::shared_ptr<plugins::Instance> {
            return slug == "shop1" ? channel_ : nullptr;
        };
        add_public_channels(*router_, {.account = account,
                                       .blobs = blobs_.get(),
                                       .public_url = "https://public.test",
                                       .body_limit = 1024 * 1024,
                                       .upload_bytes_per_hour = 600 * 1024});
        router_->add_websocket("/channels/{account}/socket", {}, [](http::Request) -> Task<http::Upgrade> {
            co_return http::Response::text(403, "a visitor");
        });
        http::Settings settings;
        settings.upload_folder = folder_;
        server_ = std::make_unique<http::Server>(settings);
        http::Listener listener;
        listener.router = router_;
        listener.before = public_before(account);
        listener.render_error = public_error;
        listener.headers.add("X-Frame-Options", "DENY");
        listener.headers.add("X-Default", "listener");
        port_ = *server_->listen(listener);
    }
    ~PublicChannelsTest() override {
        server_.reset();
        blobs_.reset();
        std::filesystem::remove_all(folder_);
    }
    http::RawResponse send(const std::string& head, const std::string& body = "") {
        RawClient client(port_);
        std::string text = head + "\r\nHost: public.test\r\n";
        if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        client.send(text + "\r\n");
        client.send(body);
        return client.read(head.starts_with("HEAD"));
    }
    json::value error_of(const http::RawResponse& response) { return parse_json(response.body)->at("error"); }

    std::filesystem::path folder_ = [] {
        auto path = std::filesystem::temp_directory_path() / ("usher-public-" + crypto::random_token(8));
        std::filesystem::create_directories(path);
        return path;
    }();
    std::unique_ptr<blobs::Blobs> blobs_;
    std::shared_ptr<FakeChannel> channel_ = [] {
        auto channel =
            std::make_shared<FakeChannel>(plugins::AccountRef{"shop1", "open", plugins::Kind::channel, {600}, {1}});
        channel->answer.status = 202;
        channel->answer.headers = {{"Content-Type", "text/x-contract"}, {"X-Default", "plugin"}};
        channel->answer.body = "taken";
        return channel;
    }();
    std::shared_ptr<http::Router> router_ = std::make_shared<http::Router>();
    std::unique_ptr<http::Server> server_;
    std::uint16_t port_ = 0;
};

TEST_F(PublicChannelsTest, ThePluginGetsTheRequestExactlyAsItCame) {
    const auto answer = send(
        "PUT /channels/shop1/contacts/a%2Fb?x=1&y=%20 HTTP/1.1\r\nX-Signature: v1=abc\r\nCookie: s=1\r\nX-API-Key: "
        "k\r\n"
        "X-CSRF-Token: t",
        "{\"a\":1}");
    EXPECT_EQ(answer.status, 202);
    EXPECT_EQ(answer.body, "taken");
    ASSERT_THAT(channel_->requests, SizeIs(1));
    const auto& seen = channel_->requests[0];
    EXPECT_EQ(seen.method, "PUT");
    EXPECT_EQ(seen.url, "https://public.test/channels/shop1/contacts/a%2Fb?x=1&y=%20");
    EXPECT_EQ(seen.path, "/contacts/a%2Fb");
    EXPECT_EQ(seen.query, "x=1&y=%20");
    EXPECT_EQ(seen.body, "{\"a\":1}");
    EXPECT_EQ(seen.remote_addr, "127.0.0.1");
    EXPECT_THAT(seen.headers, Contains(Pair("X-Signature", "v1=abc")));
    for (const auto* name : {"Cookie", "X-API-Key", "X-CSRF-Token"})
        EXPECT_THAT(seen.headers, Not(Contains(Key(name))));
}

TEST_F(PublicChannelsTest, EveryMethodReachesThePlugin) {
    for (const std::string method : {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
        EXPECT_EQ(send(method + " /channels/shop1/x HTTP/1.1").status, 202) << method;
        EXPECT_EQ(channel_->requests.back().method, method);
    }
    EXPECT_EQ(send("POST /channels/shop1 HTTP/1.1").status, 202);
    EXPECT_EQ(channel_->requests.back().path, "");
    EXPECT_EQ(send("POST /channels/shop1/socket HTTP/1.1").status, 202) << "only its GET is the visitors'";
    EXPECT_EQ(channel_->requests.back().path, "/socket");
    EXPECT_EQ(send("GET /channels/shop1/socket HTTP/1.1").status, 426);
}

TEST_F(PublicChannelsTest, ThePluginsHeadersWinAndItSetsNoCookies) {
    channel_->answer.headers.emplace_back("Set-Cookie", "a=b");
    const auto answer = send("GET /channels/shop1/frame HTTP/1.1");
    EXPECT_EQ(answer.header("X-Default"), "plugin");
    EXPECT_EQ(answer.header("X-Frame-Options"), "DENY");
    EXPECT_EQ(answer.header("Content-Type"), "text/x-contract");
    EXPECT_THAT(answer.head, Not(HasSubstr("a=b")));
}

TEST_F(PublicChannelsTest, AnUnknownAccountIsAnsweredBeforeItsBodyIsRead) {
    RawClient client(port_);
    client.send("POST /channels/nobody/messages HTTP/1.1\r\nHost: p\r\nContent-Length: 1000000\r\n\r\n");
    const auto answer = client.read();
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(error_of(answer).at("code"), "unknown_account");
    EXPECT_EQ(error_of(answer).at("message"), "There is no such account here.");
    EXPECT_EQ(send("GET /channels/nobody HTTP/1.1").status, 404);
    EXPECT_EQ(error_of(send("GET /elsewhere HTTP/1.1")).at("code"), "not_found");
}

TEST_F(PublicChannelsTest, ALargeBodyReachesThePluginAsABlobAndATooLargeOneNobody) {
    std::string bytes(256 * 1024, 'a');
    EXPECT_EQ(send("POST /channels/shop1/uploads HTTP/1.1", bytes).status, 202);
    EXPECT_EQ(channel_->requests.back().body, bytes);
    EXPECT_THAT(channel_->requests.back().body_blob, IsEmpty());
    bytes += 'b';
    EXPECT_EQ(send("POST /channels/shop1/uploads HTTP/1.1", bytes).status, 202);
    EXPECT_THAT(channel_->requests.back().body, IsEmpty());
    const std::string blob = channel_->requests.back().body_blob;
    EXPECT_EQ(blob, crypto::sha256_hex(bytes));
    EXPECT_EQ(*store::testing::run(blobs_->read(blob, 1'000'000)), bytes);
    const auto refused = send("POST /channels/shop1/uploads HTTP/1.1", std::string(1024 * 1024 + 1, 'c'));
    EXPECT_EQ(refused.status, 413);
    EXPECT_EQ(error_of(refused).at("code"), "too_large");

    channel_->answer.body.clear();
    channel_->answer.body_blob = blob;
    EXPECT_EQ(send("GET /channels/shop1/file HTTP/1.1").body, bytes);
    channel_->answer.body_blob = std::string(64, '0');
    EXPECT_EQ(send("GET /channels/shop1/file HTTP/1.1").status, 500);
}

TEST_F(PublicChannelsTest, ABodyThatTheChannelRefusesLeavesNothing) {
    const auto kept = [&] { return store::testing::run(blobs_->list("", 10))->size(); };
    std::string seen;
    channel_->on_request = [&](const plugins::HttpRequest& request) {
        auto read = store::testing::run(blobs_->read(request.body_blob, 1'000'000));
        seen = read ? *read : read.error().message;
        EXPECT_EQ(kept(), 0u) << "not before the channel has said yes";
    };
    const std::string bytes(300 * 1024, 'x');
    for (int i = 0; i < 4; ++i) {  // more than an hour's bytes, and it does not count
        channel_->answer.status = i % 2 ? 404 : 401;
        EXPECT_EQ(send("POST /channels/shop1/x HTTP/1.1", bytes).status, i % 2 ? 404 : 401);
        EXPECT_EQ(seen, bytes);
    }
    channel_->throws = true;
    EXPECT_EQ(send("POST /channels/shop1/x HTTP/1.1", bytes).status, 503);
    EXPECT_EQ(kept(), 0u);
    EXPECT_EQ(store::testing::run(blobs_->read(crypto::sha256_hex(bytes), 1'000'000)).error().code, Errc::not_found);
}

TEST_F(PublicChannelsTest, AnAddressUploadsOnlySoMuchAnHour) {
    const auto upload = [&](char c) {
        return send("POST /channels/shop1/uploads HTTP/1.1", std::string(320 * 1024, c));
    };
    EXPECT_EQ(upload('a').status, 202);
    EXPECT_EQ(upload('b').status, 202);
    const auto refused = upload('c');
    EXPECT_EQ(refused.status, 429);
    EXPECT_NE(refused.header("Retry-After"), "");
    EXPECT_EQ(error_of(refused).at("code"), "too_many_uploads");
    EXPECT_EQ(error_of(refused).at("message"), "Too much was uploaded from this address; please try again later.");
    EXPECT_EQ(send("POST /channels/shop1/messages HTTP/1.1", "{}").status, 202) << "messages go on";
    EXPECT_THAT(*store::testing::run(blobs_->list("", 10)), SizeIs(2));
}

TEST_F(PublicChannelsTest, AChannelThatFailsIsUnavailableAndTheOthersGoOn) {
    channel_->throws = true;
    const auto answer = send("POST /channels/shop1/messages HTTP/1.1", "{}");
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.header("Retry-After"), "5");
    EXPECT_EQ(error_of(answer).at("code"), "unavailable");
    channel_->throws = false;
    EXPECT_EQ(send("POST /channels/shop1/messages HTTP/1.1", "{}").status, 202);
}

}  // namespace
}  // namespace usher::api
