// HTTPS and secure WebSockets, with a certificate made here.
#include <gmock/gmock.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <fstream>

#include "http/raw_client.hpp"
#include "http/server.hpp"

namespace usher::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Writes a fresh self-signed certificate for `name` and its key.
void write_certificate(const Tls& files, const char* name) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    X509_sign(certificate, key, EVP_sha256());
    std::FILE* out = std::fopen(files.certificate_file.c_str(), "w");
    PEM_write_X509(out, certificate);
    std::fclose(out);
    out = std::fopen(files.key_file.c_str(), "w");
    PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

class TlsClient final {
public:
    explicit TlsClient(std::uint16_t port)
        : raw_(port), context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_)) {
        SSL_set_fd(ssl_, raw_.fd());
        shaken_ = SSL_connect(ssl_) == 1;
    }
    ~TlsClient() {
        SSL_free(ssl_);
        SSL_CTX_free(context_);
    }
    bool shaken() const { return shaken_; }
    void send(const std::string& bytes) { SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())); }
    std::string read_until(const std::string& end) {
        std::string out;
        char chunk[4096];
        while (out.size() < end.size() || out.substr(out.size() - end.size()) != end) {
            const int n = SSL_read(ssl_, chunk, sizeof chunk);
            if (n <= 0) break;
            out.append(chunk, static_cast<std::size_t>(n));
        }
        return out;
    }
    bool ended() {
        char byte;
        return SSL_read(ssl_, &byte, 1) <= 0;
    }
    std::string subject() {
        X509* peer = SSL_get1_peer_certificate(ssl_);
        char text[200];
        X509_NAME_oneline(X509_get_subject_name(peer), text, sizeof text);
        X509_free(peer);
        return text;
    }
    std::string protocol() { return SSL_get_version(ssl_); }

private:
    RawClient raw_;
    SSL_CTX* context_;
    SSL* ssl_;
    bool shaken_;
};

class Echo final : public WebSocketSession {
public:
    void on_open(std::shared_ptr<WebSocket> socket) override { socket_ = std::move(socket); }
    Task<void> on_text(std::string text) override {
        socket_->send("echo " + text);
        co_return;
    }
    void on_close(std::uint16_t) override { socket_.reset(); }

private:
    std::shared_ptr<WebSocket> socket_;
};

class TlsTest : public testing::Test {
protected:
    TlsTest() {
        const std::string base = testing::TempDir() + "/usher-tls-" + std::to_string(::getpid());
        files_ = {base + ".crt", base + ".key"};
        write_certificate(files_, "first");
        router_->add("GET", "/who", {}, [](Request request) -> Task<Response> {
            co_return Response::text(200, request.tls ? "secure" : "bare");
        });
        router_->add("GET", "/big", {}, [](Request) -> Task<Response> {
            co_return Response{.body = std::string(3'000'000, 'x') + "end"};
        });
        router_->add_websocket("/live", {},
                               [](Request) -> Task<Upgrade> { co_return Accept{std::make_shared<Echo>()}; });
        settings_.limits.head_timeout = 200ms;
    }
    ~TlsTest() override {
        std::filesystem::remove(files_.certificate_file);
        std::filesystem::remove(files_.key_file);
    }
    std::uint16_t start() {
        server_ = std::make_unique<Server>(settings_);
        Listener listener;
        listener.router = router_;
        listener.tls = files_;
        const auto port = server_->listen(listener);
        EXPECT_TRUE(port) << port.error().message;
        return *port;
    }

    Settings settings_;
    Tls files_;
    std::shared_ptr<Router> router_ = std::make_shared<Router>();
    std::unique_ptr<Server> server_;
};

TEST_F(TlsTest, RequestsAndLargeAnswers) {
    TlsClient client(start());
    ASSERT_TRUE(client.shaken());
    EXPECT_EQ(client.protocol(), "TLSv1.3");
    for (int i = 0; i < 2; ++i) {
        client.send("GET /who HTTP/1.1\r\nHost: t\r\n\r\n");
        EXPECT_THAT(client.read_until("secure"), HasSubstr("200 OK"));
    }
    client.send("GET /big HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    EXPECT_GT(client.read_until("end").size(), 3'000'000u);
    EXPECT_TRUE(client.ended());
}

TEST_F(TlsTest, AWebSocketOnIt) {
    TlsClient client(start());
    client.send(
        "GET /live HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("101 Switching"));
    client.send(RawClient::frame(1, "hello"));
    EXPECT_EQ(client.read_until("hello"),
              "\x81\x0a"
              "echo hello");
    client.send(RawClient::frame(8, ""));
    EXPECT_EQ(client.read_until(std::string("\x03\xe8")), "\x88\x02\x03\xe8");
    EXPECT_TRUE(client.ended());
}

TEST_F(TlsTest, AClientThatShakesNoHandsIsEnded) {
    const auto port = start();
    RawClient silent(port), plain(port);
    plain.send("GET /who HTTP/1.1\r\nHost: t\r\n\r\n");
    plain.finish_sending();
    while (!plain.ended()) continue;  // an alert, then the end
    EXPECT_TRUE(silent.ended());
}

TEST_F(TlsTest, NewCertificatesAreTakenWithoutARestart) {
    const auto port = start();
    TlsClient before(port);
    EXPECT_EQ(before.subject(), "/CN=first");
    write_certificate(files_, "second");
    ASSERT_TRUE(server_->reload_certificates());
    EXPECT_EQ(TlsClient(port).subject(), "/CN=second");
    before.send("GET /who HTTP/1.1\r\nHost: t\r\n\r\n");
    EXPECT_THAT(before.read_until("secure"), HasSubstr("200 OK"));
    std::ofstream(files_.key_file) << "nonsense";
    const auto refused = server_->reload_certificates();
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("TLS key " + files_.key_file.string()));
    EXPECT_EQ(TlsClient(port).subject(), "/CN=second");
}

TEST_F(TlsTest, MissingAndForeignKeysAreNamed) {
    Server server({});
    Listener listener;
    listener.router = router_;
    listener.tls = Tls{"/nowhere/a.crt", "/nowhere/a.key"};
    EXPECT_THAT(server.listen(listener).error().message, HasSubstr("TLS certificate /nowhere/a.crt: "));
    Tls other{files_.certificate_file.string() + "2", files_.key_file.string() + "2"};
    write_certificate(other, "other");
    listener.tls = Tls{files_.certificate_file, other.key_file};
    EXPECT_THAT(server.listen(listener).error().message, HasSubstr("TLS key " + other.key_file.string()));
    std::filesystem::remove(other.certificate_file);
    std::filesystem::remove(other.key_file);
}

}  // namespace
}  // namespace usher::http
