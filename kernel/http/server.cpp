#include "http/server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "foundation/crypto.hpp"
#include "foundation/log.hpp"
#include "http/acceptor.hpp"
#include "http/session.hpp"
#include "http/tls_files.hpp"

namespace usher::http {

namespace {

using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol>;

Result<std::shared_ptr<asio::ssl::context>> load_tls(const Tls& tls) {
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    boost::system::error_code error;
    context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                             asio::ssl::context::no_tlsv1_1 | asio::ssl::context::no_compression,
                         error);
    context->use_certificate_chain_file(tls.certificate_file.string(), error);
    if (error) return Error{Errc::invalid, "TLS certificate " + tls.certificate_file.string() + ": " + error.message()};
    context->use_private_key_file(tls.key_file.string(), asio::ssl::context::pem, error);
    if (error) return Error{Errc::invalid, "TLS key " + tls.key_file.string() + ": " + error.message()};
    if (::SSL_CTX_check_private_key(context->native_handle()) != 1)
        return Error{Errc::invalid,
                     "TLS key " + tls.key_file.string() + " does not belong to " + tls.certificate_file.string()};
    ::SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
    ::SSL_CTX_set_alpn_select_cb(
        context->native_handle(),
        [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in, unsigned in_size, void*) {
            static constexpr unsigned char kHttp11[] = "\x08http/1.1";
            unsigned char* chosen = nullptr;
            const int found = ::SSL_select_next_proto(&chosen, size, kHttp11, sizeof kHttp11 - 1, in, in_size);
            *out = chosen;
            return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
        },
        nullptr);
    return context;
}

/// A listener that accepts, on one thread; its connections go round all of them.
struct Accepting {
    Accepting(asio::io_context& context, const Opened& opened)
        : acceptor(context, asio::generic::stream_protocol(opened.family, 0), opened.fd) {}
    Acceptor acceptor;
    std::shared_ptr<const ListenerState> state;
    std::filesystem::path unix_path;
    std::mutex tls_mutex;
    std::shared_ptr<asio::ssl::context> tls;  // null: plain
};

void log_failure(std::exception_ptr failure, std::string_view what) {
    if (!failure) return;
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& e) {
        log::error("http", what, {{"error", e.what()}});
    }
}

std::chrono::milliseconds tick_of(const Settings& settings) {
    const auto& l = settings.limits;
    const auto& w = settings.websocket;
    const auto least = std::min({l.head_timeout, l.idle_timeout, l.body_timeout, l.write_timeout, w.ping_after,
                                 w.pong_timeout, w.close_timeout});
    return std::clamp<std::chrono::milliseconds>(least / 4, std::chrono::milliseconds(5), std::chrono::seconds(1));
}

}  // namespace

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
    explicit Impl(Settings settings)
        : shared(std::make_shared<Shared>(std::move(settings))), tick(tick_of(shared->settings)) {
        shared->id_prefix = crypto::random_token(6) + "-";
        const int threads = std::max(1, shared->settings.threads);
        for (int i = 0; i < threads; ++i) workers.push_back(std::make_unique<Worker>());
    }

    std::shared_ptr<Shared> shared;
    const std::chrono::milliseconds tick;
    std::vector<std::unique_ptr<Worker>> workers;
    std::mutex mutex;  // guards listeners and stopped
    std::vector<std::shared_ptr<Accepting>> listeners;
    bool stopped = false;
    std::atomic<std::size_t> next_worker{0};

    void run() {
        for (auto& worker : workers) {
            sweep(*worker);
            worker->thread = std::thread([w = worker.get()] {
                while (true) {
                    try {
                        w->context.run();
                        return;
                    } catch (const std::exception& e) {
                        log::error("http", "a handler on a server thread threw", {{"error", e.what()}});
                    }
                }
            });
        }
    }

    void sweep(Worker& worker) {
        worker.sweep.expires_after(tick);
        worker.sweep.async_wait([this, &worker](boost::system::error_code error) {
            if (error) return;
            const auto now = std::chrono::steady_clock::now();
            for (auto at = worker.peers.begin(); at != worker.peers.end();) (*at++)->tick(now);
            sweep(worker);
        });
    }

    /// On every thread, for every connection.
    void each(void (Peer::*what)()) {
        for (auto& worker : workers) {
            asio::post(worker->context, [w = worker.get(), what] {
                for (auto at = w->peers.begin(); at != w->peers.end();) ((*at++)->*what)();
            });
        }
    }

    Task<void> accept_all(std::shared_ptr<Accepting> listening) {
        while (listening->acceptor.is_open()) {
            Worker& worker = *workers[next_worker++ % workers.size()];
            boost::system::error_code error;
            asio::generic::stream_protocol::endpoint peer;
            Socket socket = co_await listening->acceptor.async_accept(worker.context, peer,
                                                                      asio::redirect_error(asio::use_awaitable, error));
            if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) co_return;
            if (error) {
                // Out of descriptors, or a connection that is gone already: go on, but do not spin.
                if (error != asio::error::connection_aborted) {
                    log::warn("http", "accepting failed",
                              {{"listener", listening->state->host_text}, {"error", error.message()}});
                    co_await sleep_for(std::chrono::milliseconds(50));
                }
                continue;
            }
            take(*listening, worker, std::move(socket), address_text(peer.data()));
        }
    }

    void take(Accepting& listening, Worker& worker, Socket socket, std::string address) {
        std::shared_ptr<asio::ssl::context> tls;
        {
            const std::lock_guard lock(listening.tls_mutex);
            tls = listening.tls;
        }
        if (shared->connections >= shared->settings.limits.connections)
            return turn_away(std::move(socket), tls != nullptr, "503 Service Unavailable", "Too many connections.");
        std::string key;
        if (address != "unix" && !shared->trusted(address)) {
            key = rate_key(address);
            const std::lock_guard lock(shared->addresses_mutex);
            auto& count = shared->addresses[key];
            if (count >= shared->settings.limits.connections_per_address) {
                return turn_away(std::move(socket), tls != nullptr, "429 Too Many Requests",
                                 "Too many connections from this address.");
            }
            ++count;
        }
        ++shared->connections;
        if (address != "unix") {
            const int on = 1;
            ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        }
        asio::post(worker.context, [impl = this, &worker, state = listening.state, tls = std::move(tls),
                                    socket = std::move(socket), address = std::move(address),
                                    slot = ConnectionSlot(shared, std::move(key))]() mutable {
            const bool secure = tls != nullptr;
            auto transport = secure ? make_tls(std::move(socket), std::move(tls)) : make_plain(std::move(socket));
            auto session = std::make_shared<Session>(impl->shared, worker, std::move(state), std::move(transport),
                                                     std::move(address), secure, std::move(slot));
            asio::co_spawn(worker.context, Session::run(std::move(session)), [](std::exception_ptr failure) {
                log_failure(failure, "a connection ended by an exception");
            });
        });
    }

    void turn_away(Socket socket, bool tls, std::string_view status, std::string_view text) {
        ++shared->refused;
        boost::system::error_code ignored;  // best effort: the connection ends either way
        if (!tls) {
            const std::string answer = "HTTP/1.1 " + std::string(status) +
                                       "\r\nContent-Type: text/plain\r\nRetry-After: 5\r\nConnection: close\r\n"
                                       "Content-Length: " +
                                       std::to_string(text.size() + 1) + "\r\n\r\n" + std::string(text) + "\n";
            ::send(socket.native_handle(), answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            socket.shutdown(Socket::shutdown_send, ignored);
        }
        socket.close(ignored);
    }

    void close_listeners() {
        std::vector<std::shared_ptr<Accepting>> closing;
        {
            const std::lock_guard lock(mutex);
            closing.swap(listeners);
        }
        for (auto& listening : closing) {
            asio::post(listening->acceptor.get_executor(), [listening] {
                boost::system::error_code ignored;
                listening->acceptor.close(ignored);
                if (!listening->unix_path.empty()) ::unlink(listening->unix_path.c_str());
            });
        }
    }
};

Server::Server(Settings settings) : impl_(std::make_shared<Impl>(std::move(settings))) {
    impl_->run();
}

Server::~Server() {
    drain(std::chrono::milliseconds(0));
    stop();
}

Result<std::uint16_t> Server::listen(Listener listener) {
    if (!listener.router) return invalid("listener " + listener.name + ": has no router");
    std::shared_ptr<asio::ssl::context> tls;
    if (listener.tls) {
        auto loaded = load_tls(*listener.tls);
        if (!loaded) return loaded.error();
        tls = std::move(*loaded);
    }
    auto opened = open_listener(listener);
    if (!opened) return opened.error();
    const std::lock_guard lock(impl_->mutex);
    Worker& worker = *impl_->workers[impl_->listeners.size() % impl_->workers.size()];
    auto listening = std::make_shared<Accepting>(worker.context, *opened);
    listening->unix_path = listener.unix_path;
    listening->tls = std::move(tls);
    auto state = std::make_shared<ListenerState>();
    state->host_text = opened->text;
    state->listener = std::move(listener);
    listening->state = std::move(state);
    impl_->listeners.push_back(listening);
    asio::co_spawn(worker.context, impl_->accept_all(listening),
                   [](std::exception_ptr failure) { log_failure(failure, "a listener ended by an exception"); });
    return opened->port;
}

std::size_t Server::threads() const {
    return impl_->workers.size();
}

asio::any_io_executor Server::executor(std::size_t thread) const {
    return impl_->workers.at(thread)->context.get_executor();
}

std::vector<asio::any_io_executor> Server::executors() const {
    std::vector<asio::any_io_executor> all;
    for (const auto& worker : impl_->workers) all.push_back(worker->context.get_executor());
    return all;
}

void Server::set_rate(RateLimit rate) {
    impl_->shared->limiter.set(rate.per_second, rate.burst);
}

Result<void> check_tls(const Tls& tls) {
    if (auto loaded = load_tls(tls); !loaded) return loaded.error();
    return {};
}

Result<void> Server::reload_certificates() {
    std::vector<std::pair<std::shared_ptr<Accepting>, std::shared_ptr<asio::ssl::context>>> loaded;
    const std::lock_guard lock(impl_->mutex);
    for (const auto& listening : impl_->listeners) {
        if (!listening->state->listener.tls) continue;
        auto context = load_tls(*listening->state->listener.tls);
        if (!context) return context.error();
        loaded.emplace_back(listening, std::move(*context));
    }
    for (auto& [listening, context] : loaded) {
        const std::lock_guard tls_lock(listening->tls_mutex);
        listening->tls = std::move(context);
    }
    return {};
}

void Server::drain(std::chrono::milliseconds deadline) {
    {
        const std::lock_guard lock(impl_->mutex);
        if (impl_->stopped) return;
    }
    impl_->shared->draining = true;
    impl_->close_listeners();
    impl_->each(&Peer::drain);
    const auto idle = [&] { return impl_->shared->connections == 0 && impl_->shared->in_flight == 0; };
    const auto wait_until = [&](SteadyTime end) {
        while (!idle() && std::chrono::steady_clock::now() < end)
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
    };
    wait_until(std::chrono::steady_clock::now() + deadline);
    if (idle()) return;
    impl_->each(&Peer::cut);
    wait_until(std::chrono::steady_clock::now() + std::chrono::seconds(1));
    if (!idle()) {
        log::warn("http", "some requests did not end in time",
                  {{"in_flight", impl_->shared->in_flight.load()}, {"connections", impl_->shared->connections.load()}});
    }
}

bool Server::draining() const {
    return impl_->shared->draining;
}

void Server::stop() {
    {
        const std::lock_guard lock(impl_->mutex);
        if (std::exchange(impl_->stopped, true)) return;
    }
    impl_->shared->files.join();
    for (auto& worker : impl_->workers) worker->context.stop();
    for (auto& worker : impl_->workers)
        if (worker->thread.joinable()) worker->thread.join();
}

Server::Stats Server::stats() const {
    const Shared& s = *impl_->shared;
    return {s.connections, s.websockets, s.in_flight, s.requests, s.refused, s.limited};
}

}  // namespace usher::http
