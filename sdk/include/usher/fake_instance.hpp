#pragma once
/// FakeInstance: one instance of a plugin, driven through the C border as the kernel drives it. An operation runs until
/// it is finished or everything is waiting for the clock; begin_...() leaves it open so that a test can move the clock
/// or end the instance in between. What the border forbids (an answer twice, none at all) lands in host.violations().
#include <usher/fake_host.hpp>
#include <usher/instance.hpp>

#include <condition_variable>

namespace usher::sdk {

/// An operation that was begun. Copies look at the same one.
template <class T>
class FakeOp {
public:
    using Decode = Result<T> (*)(const usher_result&, Fd&);
    struct Shared {
        FakeHost* host;
        std::string name;
        Decode decode;
        std::mutex mutex{};
        std::condition_variable finished{};
        std::optional<Result<T>> outcome{};
        int answers = 0;
    };
    explicit FakeOp(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

    bool finished() const {
        const std::lock_guard lock(shared_->mutex);
        return shared_->outcome.has_value();
    }
    /// The outcome; an operation still open reads as a timeout of this side.
    Result<T> result() const {
        const std::lock_guard lock(shared_->mutex);
        if (!shared_->outcome) return Failure{.status = Status::timeout, .error = shared_->name + " is still open"};
        return *shared_->outcome;
    }
    /// Waits for a plugin that finishes on a thread of its own. @returns whether it has finished
    bool wait_for_thread(std::chrono::milliseconds limit = std::chrono::seconds(20)) const {
        std::unique_lock lock(shared_->mutex);
        return shared_->finished.wait_for(lock, limit, [&] { return shared_->outcome.has_value(); });
    }

    static void finish(void* ctx, const usher_result* peer) {
        Shared& shared = *static_cast<Shared*>(ctx);
        const usher_result r = whole(*peer);
        Fd fd = r.fd > 0 ? Fd(r.fd) : Fd();
        auto outcome = shared.decode(r, fd);
        const std::lock_guard lock(shared.mutex);
        if (++shared.answers > 1) shared.host->violation(shared.name + " was answered twice");
        shared.outcome = std::move(outcome);
        shared.finished.notify_all();
    }

private:
    std::shared_ptr<Shared> shared_;
};

class FakeInstance {
public:
    /// Creates by a library's entry, as the loader does.
    FakeInstance(FakeHost& host, const usher_entry& entry, std::string_view id, std::string_view config_json = "{}")
        : host_(host) {
        created_ = to_status(entry.create(str(id), host.raw(), str(config_json), &c_));
        if (created_ != Status::ok) c_ = nullptr;
    }
    /// Wraps an object of a class directly, with whatever its constructor takes after the Host.
    template <class T, class... Args>
    static FakeInstance of(FakeHost& host, Args&&... args) {
        return FakeInstance(host, (new detail::Adapter<T>(host.raw(), std::forward<Args>(args)...))->c());
    }
    /// Takes over an instance made by hand.
    FakeInstance(FakeHost& host, const usher_instance* c) : host_(host), c_(c) {}
    FakeInstance(const FakeInstance&) = delete;
    FakeInstance& operator=(const FakeInstance&) = delete;
    ~FakeInstance() { destroy(); }

    Status created() const { return created_; }
    const usher_instance* raw() const { return c_; }

    Result<void> start(Role role = Role::owner) {
        return settle(begin<void>("start", &detail::decode_void, [&](usher_done d) {
            return c_->start(c_->self, static_cast<std::uint32_t>(role), d);
        }));
    }
    Result<void> stop() {
        return settle(begin<void>("stop", &detail::decode_void, [&](usher_done d) { return c_->stop(c_->self, d); }));
    }
    Status reload(std::string_view config_json) {
        return c_->reload == nullptr ? Status::unsupported : to_status(c_->reload(c_->self, str(config_json)));
    }
    /// Cancels what the host still has open, then destroys; the destructor does it too.
    void destroy() {
        if (c_ == nullptr) return;
        host_.cancel_pending();
        const usher_instance* ending = std::exchange(c_, nullptr);
        ending->destroy(ending->self);
        host_.cancel_pending();
        for (const auto& unanswered : open_)
            if (!unanswered()) host_.violation("an operation was never answered");
        open_.clear();
    }

    // channel
    FakeOp<Receipt> begin_send(const Message& message) {
        const BorrowedMessage borrowed(message);
        return begin<Receipt>("send", &decode_receipt, [&](usher_done d) {
            const auto* ops = static_cast<const usher_channel*>(c_->ops);
            return ops->send == nullptr ? USHER_E_UNSUPPORTED : ops->send(c_->self, borrowed.get(), d);
        });
    }
    Result<Receipt> send(const Message& message) { return settle(begin_send(message)); }
    FakeOp<HttpAnswer> begin_webhook(const HttpRequest& request) {
        const BorrowedHttp borrowed(request);
        return begin<HttpAnswer>("webhook", &decode_webhook, [&](usher_done d) {
            const auto* ops = static_cast<const usher_channel*>(c_->ops);
            return ops->webhook == nullptr ? USHER_E_UNSUPPORTED : ops->webhook(c_->self, borrowed.get(), d);
        });
    }
    Result<HttpAnswer> webhook(const HttpRequest& request) { return settle(begin_webhook(request)); }
    FakeOp<Polled> begin_poll() {
        return begin<Polled>("poll", &decode_polled, [&](usher_done d) {
            const auto* ops = static_cast<const usher_channel*>(c_->ops);
            return ops->poll == nullptr ? USHER_E_UNSUPPORTED : ops->poll(c_->self, d);
        });
    }
    Result<Polled> poll() { return settle(begin_poll()); }
    FakeOp<void> begin_stop() {
        return begin<void>("stop", &detail::decode_void, [&](usher_done d) { return c_->stop(c_->self, d); });
    }

    // strategy, responder, exporter
    Result<std::string> choose(const Route& route) {
        const BorrowedRoute borrowed(route);
        return settle(begin<std::string>("choose", &detail::decode_body, [&](usher_done d) {
            return static_cast<const usher_strategy*>(c_->ops)->choose(c_->self, borrowed.get(), d);
        }));
    }
    Result<std::string> respond(std::string_view event_json) {
        return settle(begin<std::string>("respond", &detail::decode_body, [&](usher_done d) {
            return static_cast<const usher_responder*>(c_->ops)->respond(c_->self, str(event_json), d);
        }));
    }
    FakeOp<void> begin_export(std::string_view ndjson) {
        return begin<void>("export_batch", &detail::decode_void, [&](usher_done d) {
            return static_cast<const usher_exporter*>(c_->ops)->export_batch(c_->self, str(ndjson), d);
        });
    }
    Result<void> export_batch(std::string_view ndjson) { return settle(begin_export(ndjson)); }

    // visitors
    Result<Admission> accept(std::string_view session, const HttpRequest& request) {
        const BorrowedHttp borrowed(request);
        return settle(begin<Admission>("visitor.accept", &decode_admission, [&](usher_done d) {
            return visitor() == nullptr ? USHER_E_UNSUPPORTED
                                        : visitor()->accept(c_->self, str(session), borrowed.get(), d);
        }));
    }
    Result<void> frame(std::string_view session, std::string_view json) {
        return settle(begin<void>("visitor.frame", &detail::decode_void, [&](usher_done d) {
            return visitor() == nullptr ? USHER_E_UNSUPPORTED : visitor()->frame(c_->self, str(session), str(json), d);
        }));
    }
    void closed(std::string_view session) {
        if (visitor() != nullptr) visitor()->closed(c_->self, str(session));
    }

private:
    template <class T, class Start>
    FakeOp<T> begin(const char* name, typename FakeOp<T>::Decode decode, Start&& start) {
        auto shared = std::make_shared<typename FakeOp<T>::Shared>();
        shared->host = &host_;
        shared->name = name;
        shared->decode = decode;
        const usher_status status = start(usher_done{shared.get(), &FakeOp<T>::finish});
        FakeOp<T> op(shared);
        if (status != USHER_OK) {
            if (op.finished()) host_.violation(std::string(name) + " was refused and answered as well");
            shared->outcome = Failure{.status = to_status(status), .error = std::string(name) + " was refused"};
        }
        open_.push_back([shared, op] { return op.finished(); });  // also keeps `shared` for a late answer
        return op;
    }
    /// Runs until the operation is finished, or only the clock can finish it. Where the host has nothing to do and no
    /// timer is set, a thread of the plugin's own must be at work: it is waited for.
    template <class T>
    Result<T> settle(const FakeOp<T>& op) {
        host_.run();
        for (int i = 0; i < 2000 && host_.timers() == 0 && !op.wait_for_thread(std::chrono::milliseconds(10)); ++i)
            host_.run();
        return op.result();
    }
    const usher_visitor* visitor() const {
        if (c_->service == nullptr) return nullptr;
        return static_cast<const usher_visitor*>(c_->service(c_->self, str("usher.visitor/1")));
    }

    static Result<Receipt> decode_receipt(const usher_result& r, Fd&) {
        if (r.status != USHER_OK) return detail::copy_failure(r);
        Receipt receipt;
        for (std::size_t i = 0; i < r.field_count; ++i) {
            if (view(r.fields[i].key) != "remote_id") continue;
            const std::string id(view(r.fields[i].value));
            if (receipt.remote_id.empty())
                receipt.remote_id = id;
            else
                receipt.more_remote_ids.push_back(id);
        }
        return receipt;
    }
    static Result<HttpAnswer> decode_webhook(const usher_result& r, Fd&) {
        if (r.http != nullptr) return copy_answer(*r.http);
        if (r.status != USHER_OK) return detail::copy_failure(r);
        return HttpAnswer{};
    }
    static Result<Polled> decode_polled(const usher_result& r, Fd&) {
        if (r.status != USHER_OK) return detail::copy_failure(r);
        return Polled{.next_in = std::chrono::milliseconds(r.retry_after_ms)};
    }
    static Result<Admission> decode_admission(const usher_result& r, Fd&) {
        if (r.status != USHER_OK) return detail::copy_failure(r);
        return Admission{.contact = std::string(detail::field(r, "contact")),
                         .thread_key = std::string(detail::field(r, "thread_key")),
                         .after = std::string(detail::field(r, "after")),
                         .attrs_json = std::string(detail::field(r, "attrs_json"))};
    }

    FakeHost& host_;
    const usher_instance* c_ = nullptr;
    Status created_ = Status::ok;
    std::vector<std::function<bool()>> open_;
};

}  // namespace usher::sdk
