#include "api/visitors.hpp"

#include <mutex>
#include <unordered_map>

#include "api/visitor_hub.hpp"
#include "foundation/crypto.hpp"
#include "foundation/log.hpp"

namespace usher::api {
namespace {

constexpr std::size_t kFrameBytes = 64 * 1024;
constexpr std::size_t kHistoryLimit = 500;
constexpr std::chrono::milliseconds kFrameAgain[] = {std::chrono::milliseconds(200), std::chrono::milliseconds(1'000)};

enum Close : std::uint16_t { normal = 1000, going_away = 1001, no_text = 1007, restart = 1012, try_again = 1013 };

bool is_close_code(std::uint32_t code) {
    return code == 1000 || code == 1001 || code == 1003 || (code >= 1007 && code <= 1014 && code != 1010) ||
           (code >= 3000 && code <= 4999);
}

http::Response refuse(int status, const char* code, const char* message) {
    json::object error;
    error["code"] = code;
    error["message"] = message;
    json::object body;
    body["error"] = std::move(error);
    auto response = http::Response::json(status, json::value(std::move(body)));
    if (status == 429 || status == 503) response.headers.set("Retry-After", "5");
    return response;
}

/// How many sockets there are of each contact, account and address.
class Places final {
public:
    /// False: there are `limit` already.
    bool take(const std::string& key, std::size_t limit) {
        const std::lock_guard lock(mutex_);
        auto& count = counts_[key];
        if (count >= limit) return false;
        ++count;
        return true;
    }
    void leave(const std::string& key) {
        const std::lock_guard lock(mutex_);
        const auto at = counts_.find(key);
        if (at != counts_.end() && --at->second == 0) counts_.erase(at);
    }

private:
    std::mutex mutex_;
    std::unordered_map<std::string, std::size_t> counts_;
};

/// Frames that may come at once; what is over waits its turn.
class Pace final {
public:
    using Clock = std::chrono::steady_clock;
    Pace(double per_second, double burst) : per_second_(per_second), burst_(burst), left_(burst) {}
    Clock::duration next() {
        const auto now = Clock::now();
        left_ = std::min(burst_, left_ + std::chrono::duration<double>(now - at_).count() * per_second_);
        at_ = now;
        left_ -= 1;
        if (left_ >= 0) return Clock::duration::zero();
        return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(-left_ / per_second_));
    }

private:
    double per_second_, burst_, left_;
    Clock::time_point at_ = Clock::now();
};

class Socket;

}  // namespace

struct Visitors::Impl : std::enable_shared_from_this<Visitors::Impl> {
    Impl(store::Store& s, const AttachmentLinks& links, asio::any_io_executor executor, Limits l)
        : store(s), limits(l), tasks(executor) {
        reader = std::make_shared<const VisitorReader>(
            [&links, lifetime = limits.link_lifetime](AttachmentId id) { return links.link(id, lifetime); },
            VisitorReader::Limits{limits.replay_entries, limits.replay_bytes});
        hub = std::make_shared<VisitorHub>(store, reader, std::move(executor), limits.read_again);
    }

    std::shared_ptr<plugins::Instance> instance_of(const std::string& slug) const {
        if (!started || stopping) return nullptr;
        return account(slug);
    }
    std::shared_ptr<Socket> find(const plugins::AccountRef& ref, const std::string& session) const;
    std::vector<std::shared_ptr<Socket>> all() const;
    void look_at_instances() const;
    Task<http::Upgrade> accept(http::Request request, std::string public_url);

    store::Store& store;
    const Limits limits;
    AccountInstance account;  // set before `started`
    std::atomic<bool> started = false, stopping = false;
    Places places;
    mutable std::mutex mutex;
    std::unordered_map<std::string, std::weak_ptr<Socket>> sockets;  // by session; open ones
    std::shared_ptr<const VisitorReader> reader;
    std::shared_ptr<VisitorHub> hub;
    TaskScope tasks;  // last
};

namespace {

/// One visitor's WebSocket. Made before the plugin is asked, so that whatever ends it gives its places back and tells
/// the plugin.
class Socket final : public http::WebSocketSession, public std::enable_shared_from_this<Socket> {
public:
    Socket(std::shared_ptr<Visitors::Impl> impl, std::shared_ptr<plugins::Instance> its)
        : id(crypto::random_token(16)),
          instance(std::move(its)),
          impl_(std::move(impl)),
          pace_(impl_->limits.frames_per_second, impl_->limits.frames_burst) {}
    ~Socket() override { end(); }

    bool take_place(std::string key, std::size_t limit) {
        if (!impl_->places.take(key, limit)) return false;
        places_.push_back(std::move(key));
        return true;
    }
    void admitted(VisitorKey key, const std::string& after) {
        admitted_ = true;
        stream_->key = std::move(key);
        if (after.empty()) return;
        auto cursor = decode_visitor_cursor(after);
        stream_->reset = !cursor;
        if (cursor) stream_->after = std::move(*cursor);
    }

    void on_open(std::shared_ptr<http::WebSocket> socket) override {
        socket_ = stream_->socket = std::move(socket);
        {
            const std::lock_guard lock(impl_->mutex);
            impl_->sockets.emplace(id, weak_from_this());
        }
        impl_->hub->join(stream_);
        if (impl_->stopping) close(going_away, "the server is going away");
    }

    Task<void> on_text(std::string text) override {
        const auto self = shared_from_this();
        if (text.size() > kFrameBytes || text.find('\0') != std::string::npos) {
            close(no_text, "a JSON object of up to 64 KiB was expected");
            co_return;
        }
        const auto wait = pace_.next();
        if (wait > wait.zero()) co_await sleep_for(wait);
        if (!current()) co_return;
        Result<void> done = co_await frame(text);
        // A frame that met a full house is tried again; a message that is never acknowledged is sent again by its
        // client.
        for (const auto pause : kFrameAgain) {
            if (done || done.error().code != Errc::unavailable) break;
            co_await sleep_for(pause);
            if (!current()) co_return;
            done = co_await frame(text);
        }
        if (done) co_return;
        log::info("visitors", "a visitor's frame was not taken",
                  {{"account", instance->account().id}, {"error", done.error().message}});
        const Errc code = done.error().code;
        if (code == Errc::unavailable || code == Errc::timeout || code == Errc::plugin_lost)
            close(try_again, "not now; connect again");
    }

    void on_close(std::uint16_t) override {
        {
            const std::lock_guard lock(impl_->mutex);
            impl_->sockets.erase(id);
        }
        impl_->hub->leave(stream_);
        end();
    }

    void close(std::uint16_t code, std::string reason) {
        if (socket_) socket_->close(code, std::move(reason));
    }
    bool send(const std::string& text) { return socket_ && socket_->send(text); }

    /// Is the instance still its account's? Else the socket is closed: the next one finds the new instance.
    bool current() {
        if (impl_->instance_of(instance->account().id) == instance) return true;
        if (impl_->stopping) {
            close(going_away, "the server is going away");
        } else {
            close(restart, "connect again");
        }
        return false;
    }

    const std::string id;
    const std::shared_ptr<plugins::Instance> instance;

private:
    Task<Result<void>> frame(std::string text) {
        Result<void> out = Error{Errc::internal, "the plugin's frame failed"};
        try {
            out = co_await instance->visitor_frame(id, std::move(text));
        } catch (const std::exception& e) {
            out = Error{Errc::internal, e.what()};
        }
        co_return out;
    }

    void end() {
        if (std::exchange(ended_, true)) return;
        for (const auto& key : places_) impl_->places.leave(key);
        if (!admitted_) return;
        try {
            instance->visitor_closed(id);
        } catch (const std::exception& e) {
            log::error("visitors", "a plugin's closed failed",
                       {{"account", instance->account().id}, {"error", e.what()}});
        }
    }

    const std::shared_ptr<Visitors::Impl> impl_;
    Pace pace_;
    std::vector<std::string> places_;
    bool admitted_ = false, ended_ = false;
    const std::shared_ptr<VisitorSession> stream_ = std::make_shared<VisitorSession>();
    std::shared_ptr<http::WebSocket> socket_;  // set before others can find this
};

}  // namespace

std::shared_ptr<Socket> Visitors::Impl::find(const plugins::AccountRef& ref, const std::string& session) const {
    std::shared_ptr<Socket> out;
    {
        const std::lock_guard lock(mutex);
        const auto at = sockets.find(session);
        if (at != sockets.end()) out = at->second.lock();
    }
    if (out && out->instance->account().id != ref.id) out.reset();
    return out;
}

std::vector<std::shared_ptr<Socket>> Visitors::Impl::all() const {
    std::vector<std::shared_ptr<Socket>> out;
    const std::lock_guard lock(mutex);
    out.reserve(sockets.size());
    for (const auto& [id, weak] : sockets) {
        if (auto socket = weak.lock()) out.push_back(std::move(socket));
    }
    return out;
}

void Visitors::Impl::look_at_instances() const {
    std::unordered_map<std::string, std::shared_ptr<plugins::Instance>> present;
    for (const auto& socket : all()) {
        const std::string& slug = socket->instance->account().id;
        const auto [at, fresh] = present.try_emplace(slug);
        if (fresh) at->second = instance_of(slug);
        if (at->second != socket->instance) socket->current();
    }
}

Task<http::Upgrade> Visitors::Impl::accept(http::Request request, std::string public_url) {
    const std::string slug(request.path_param("account"));
    if (!started || stopping) co_return refuse(503, "unavailable", "The server is not ready.");
    const auto instance = account(slug);
    if (!instance) co_return unknown_account();
    const auto socket = std::make_shared<Socket>(shared_from_this(), instance);
    const AccountKey key = instance->account().key;
    if (!socket->take_place("address " + request.remote_addr, limits.per_address) ||
        !socket->take_place("account " + to_string(key), limits.per_account))
        co_return refuse(429, "too_many_sockets", "There are too many connections; please try again later.");
    std::optional<plugins::VisitorAdmission> admission;
    try {
        admission = co_await instance->visitor_accept(socket->id, to_plugin(request, public_url));
    } catch (const std::exception& e) {
        log::error("visitors", "a plugin's accept failed", {{"account", slug}, {"error", e.what()}});
    }
    if (!admission) co_return refuse(503, "unavailable", "The channel could not take this request.");
    if (!admission->admitted) co_return from_plugin(std::move(admission->refusal));
    auto& scope = admission->scope;
    socket->admitted({key, scope.contact, scope.thread_key}, scope.after);
    if (scope.contact.empty()) {
        log::error("visitors", "a visitor was admitted to a thread without a contact; this is not supported",
                   {{"account", slug}});
        co_return refuse(501, "unsupported", "A visitor needs a contact.");
    }
    if (!socket->take_place("contact " + to_string(key) + ":" + scope.contact, limits.per_contact))
        co_return refuse(429, "too_many_sockets", "There are too many connections; please try again later.");
    co_return http::Accept{socket};
}

Visitors::Visitors(store::Store& store, const AttachmentLinks& links, asio::any_io_executor executor, Limits limits)
    : impl_(std::make_shared<Impl>(store, links, std::move(executor), limits)) {}
Visitors::~Visitors() = default;

void Visitors::start(feed::Feed& feed, AccountInstance account) {
    impl_->account = std::move(account);
    impl_->started = true;
    impl_->hub->start(feed);
    impl_->tasks.spawn("visitors' instances", [impl = impl_]() -> Task<void> {
        while (co_await sleep_for(impl->limits.look_every)) impl->look_at_instances();
    });
}

void Visitors::add_routes(http::Router& router, std::string public_url) {
    router.add_websocket("/channels/{account}/socket", {},
                         [impl = impl_, public_url = std::move(public_url)](http::Request request) {
                             return impl->accept(std::move(request), public_url);
                         });
}

void Visitors::instances_changed() {
    impl_->tasks.spawn("visitors' instances", [impl = impl_]() -> Task<void> {
        impl->look_at_instances();
        co_return;
    });
}

Task<void> Visitors::stop() {
    const auto impl = impl_;
    impl->stopping = true;
    for (const auto& socket : impl->all()) socket->close(going_away, "the server is going away");
    co_await impl->tasks.stop();
    co_await impl->hub->stop();
}

Visitors::Stats Visitors::stats() const {
    const std::lock_guard lock(impl_->mutex);
    return {impl_->sockets.size()};
}

bool Visitors::push(const plugins::AccountRef& account, const std::string& session, const std::string& json) {
    const auto socket = json.size() <= kFrameBytes ? impl_->find(account, session) : nullptr;
    return socket && socket->send(json);
}

bool Visitors::close(const plugins::AccountRef& account, const std::string& session, std::uint32_t code,
                     const std::string& reason) {
    const auto socket = impl_->find(account, session);
    if (!socket) return false;
    socket->close(is_close_code(code) ? static_cast<std::uint16_t>(code) : std::uint16_t{normal}, reason);
    return true;
}

Task<Result<std::string>> Visitors::history(plugins::AccountRef account, std::string contact, std::string thread_key,
                                            std::string after, std::uint32_t limit) {
    const auto impl = impl_;
    if (contact.empty()) co_return Error{Errc::unsupported, "history needs a contact"};
    const std::size_t count = std::clamp<std::size_t>(limit, 1, kHistoryLimit);
    auto read = [reader = impl->reader, key = VisitorKey{account.key, std::move(contact), std::move(thread_key)},
                 after = std::move(after),
                 count](store::Session& sql) { return reader->history(sql, key, after, count); };
    co_return co_await impl->store.read(std::move(read));
}

}  // namespace usher::api
