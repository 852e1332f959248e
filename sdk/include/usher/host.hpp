#pragma once
/// Host: what the kernel offers to an instance (plugin.h, usher_host). A small value, copied freely, valid until the
/// instance is gone. Everything here returns at once, from any thread; a callback runs later on the instance's own
/// thread, exactly once. Only where the host refuses to begin does it run before the call returns, with the refusal.
/// What is pending when an instance ends comes back as `cancelled` before its destructor runs, so `this` may be
/// captured.
#include <usher/borrow.hpp>
#include <usher/fd.hpp>

#include <functional>

namespace usher::sdk {

template <class T>
using Callback = std::function<void(Result<T>)>;

struct PutIf {
    bool written = false;
    std::string present{};  ///< where not written: what stands there
};

class Blobs;
class VisitorHost;

class Host {
public:
    explicit Host(const usher_host* host) : host_(host) {}

    std::string_view account() const { return view(host_->account); }
    /// https://.../channels/<account>: what a provider is given.
    std::string_view public_url() const { return view(host_->public_url); }

    void log(Level level, std::string_view text) const {
        host_->log(host_, static_cast<std::uint32_t>(level), str(text));
    }
    void error(std::string_view text) const { log(Level::error, text); }
    void warn(std::string_view text) const { log(Level::warn, text); }
    void info(std::string_view text) const { log(Level::info, text); }
    void debug(std::string_view text) const { log(Level::debug, text); }
    void metric(std::string_view name, double delta, const Pairs& labels = {}) const {
        const BorrowedPairs borrowed(labels);
        host_->metric(host_, str(name), delta, borrowed.data(), borrowed.size());
    }
    /// How the account is; the text is for people. `failed` stops sends and polls.
    void state(State state, std::string_view text) const {
        host_->state(host_, static_cast<std::uint32_t>(state), str(text));
    }

    /// The callback's success means: durably stored.
    void emit(const Inbound& message, Callback<Emitted> callback) const;
    /// The same for the account that names this one as `via` and owns the key. None: not_found.
    void emit_for(std::string_view routing_key, const Inbound& message, Callback<Emitted> callback) const;
    /// Success = an answer came, whatever its status. timeout and unavailable promise that nothing was written.
    void http(const HttpRequest& request, Callback<HttpAnswer> callback) const;
    void kv_get(std::string_view key, Callback<std::optional<std::string>> callback) const;
    /// Owner only (`fenced` otherwise).
    void kv_put(std::string_view key, std::string_view value, Callback<void> callback) const;
    /// Writes only over `expected` ("" = absent); "" as value deletes. In either role.
    void kv_put_if(std::string_view key, std::string_view expected, std::string_view value,
                   Callback<PutIf> callback) const;
    void timer(std::chrono::milliseconds delay, Callback<void> callback) const;
    /// Runs on the instance's thread, soon.
    void post(Callback<void> callback) const { timer(std::chrono::milliseconds(0), std::move(callback)); }

    /// A service's table, or nullptr where this host (or this table) is too short for it.
    template <class Table>
    const Table* service(std::string_view id) const {
        return static_cast<const Table*>(host_->service(host_, str(id)));
    }
    std::optional<Blobs> blobs() const;           // <usher/blob.hpp>
    std::optional<VisitorHost> visitors() const;  // <usher/visitor.hpp>

    const usher_host* raw() const { return host_; }

private:
    const usher_host* host_;
};

/// Runs a plugin's body at the C border. Nothing thrown gets out; the caller reads a status.
template <class Body>
usher_status guard(const Host& host, std::string_view function, Body&& body) noexcept {
    const auto report = [&](std::string_view what) {
        try {
            host.error(std::string(function) + ": " + std::string(what));
        } catch (...) {  // not even memory for the text
            host.error(function);
        }
    };
    try {
        if constexpr (std::is_void_v<decltype(body())>) {
            body();
            return USHER_OK;
        } else {
            return body();
        }
    } catch (const std::exception& e) {
        report(e.what());
    } catch (...) {
        report("exception of unknown type");
    }
    return USHER_E_INTERNAL;
}

namespace detail {

inline Failure copy_failure(const usher_result& r) {
    Failure failure{.status = to_status(r.status),
                    .error = std::string(view(r.error)),
                    .reason_code = std::string(view(r.reason_code)),
                    .reason_text = std::string(view(r.reason_text)),
                    .retry_after = std::chrono::milliseconds(r.retry_after_ms),
                    .scope = static_cast<Scope>(r.scope),
                    .body = std::string(view(r.body)),
                    .http = nullptr};
    if (r.http != nullptr) failure.http = std::make_shared<const HttpAnswer>(copy_answer(*r.http));
    return failure;
}

/// What is kept while the host works: the callback, and how to read the result.
template <class T>
struct Pending {
    using Decode = Result<T> (*)(const usher_result&, Fd&);
    Host host;
    const char* function;
    Callback<T> callback;
    Decode decode;

    static void finish(void* ctx, const usher_result* peer) {
        const std::unique_ptr<Pending> self(static_cast<Pending*>(ctx));
        const usher_result r = whole(*peer);
        Fd fd = r.fd > 0 ? Fd(r.fd) : Fd();  // ours now; closed unless the decoder takes it
        guard(self->host, self->function, [&] { self->callback(self->decode(r, fd)); });
    }
};

/// Begins a host operation: `start` gets the usher_done and answers whether it began.
template <class T, class Start>
void begin(const Host& host, const char* function, Callback<T> callback, typename Pending<T>::Decode decode,
           Start&& start) {
    auto pending = std::make_unique<Pending<T>>(Pending<T>{host, function, std::move(callback), decode});
    const usher_status status = start(usher_done{pending.get(), &Pending<T>::finish});
    if (status == USHER_OK) {
        pending.release();  // finish() owns it now
        return;
    }
    pending->callback(Failure{.status = to_status(status), .error = std::string(function) + ": refused by the host"});
}

inline std::string_view field(const usher_result& r, std::string_view key) {
    for (std::size_t i = 0; i < r.field_count; ++i)
        if (view(r.fields[i].key) == key) return view(r.fields[i].value);
    return {};
}

inline Result<void> decode_void(const usher_result& r, Fd&) {
    if (r.status != USHER_OK) return copy_failure(r);
    return {};
}

inline Result<Emitted> decode_emitted(const usher_result& r, Fd&) {
    if (r.status != USHER_OK) return copy_failure(r);
    return Emitted{.message_id = std::string(field(r, "message_id")),
                   .conversation_id = std::string(field(r, "conversation_id")),
                   .duplicate = field(r, "duplicate") == "1",
                   .conflict = field(r, "conflict") == "1",
                   .ignored = std::string(field(r, "ignored"))};
}

inline Result<HttpAnswer> decode_http(const usher_result& r, Fd&) {
    if (r.status != USHER_OK) return copy_failure(r);
    if (r.http == nullptr) return Failure{.error = "http: the host answered without a response"};
    return copy_answer(*r.http);
}

inline Result<std::string> decode_body(const usher_result& r, Fd&) {
    if (r.status != USHER_OK) return copy_failure(r);
    return std::string(view(r.body));
}

inline Result<std::optional<std::string>> decode_value(const usher_result& r, Fd&) {
    if (r.status == USHER_E_NOT_FOUND) return std::optional<std::string>();
    if (r.status != USHER_OK) return copy_failure(r);
    return std::optional<std::string>(view(r.body));
}

inline Result<PutIf> decode_put_if(const usher_result& r, Fd&) {
    if (r.status == USHER_E_CONFLICT) return PutIf{.written = false, .present = std::string(view(r.body))};
    if (r.status != USHER_OK) return copy_failure(r);
    return PutIf{.written = true};
}

}  // namespace detail

inline void Host::emit(const Inbound& message, Callback<Emitted> callback) const {
    const BorrowedMessage borrowed(message);
    detail::begin<Emitted>(*this, "emit", std::move(callback), &detail::decode_emitted,
                           [&](usher_done done) { return host_->emit(host_, borrowed.get(), done); });
}

inline void Host::emit_for(std::string_view routing_key, const Inbound& message, Callback<Emitted> callback) const {
    const BorrowedMessage borrowed(message);
    detail::begin<Emitted>(*this, "emit_for", std::move(callback), &detail::decode_emitted, [&](usher_done done) {
        return host_->emit_for(host_, str(routing_key), borrowed.get(), done);
    });
}

inline void Host::http(const HttpRequest& request, Callback<HttpAnswer> callback) const {
    const BorrowedHttp borrowed(request);
    detail::begin<HttpAnswer>(*this, "http", std::move(callback), &detail::decode_http,
                              [&](usher_done done) { return host_->http(host_, borrowed.get(), done); });
}

inline void Host::kv_get(std::string_view key, Callback<std::optional<std::string>> callback) const {
    detail::begin<std::optional<std::string>>(*this, "kv_get", std::move(callback), &detail::decode_value,
                                              [&](usher_done done) { return host_->kv_get(host_, str(key), done); });
}

inline void Host::kv_put(std::string_view key, std::string_view value, Callback<void> callback) const {
    detail::begin<void>(*this, "kv_put", std::move(callback), &detail::decode_void,
                        [&](usher_done done) { return host_->kv_put(host_, str(key), str(value), done); });
}

inline void Host::kv_put_if(std::string_view key, std::string_view expected, std::string_view value,
                            Callback<PutIf> callback) const {
    detail::begin<PutIf>(*this, "kv_put_if", std::move(callback), &detail::decode_put_if, [&](usher_done done) {
        return host_->kv_put_if(host_, str(key), str(expected), str(value), done);
    });
}

inline void Host::timer(std::chrono::milliseconds delay, Callback<void> callback) const {
    detail::begin<void>(*this, "timer", std::move(callback), &detail::decode_void,
                        [&](usher_done done) { return host_->timer(host_, to_ms(delay), done); });
}

}  // namespace usher::sdk
