#include "plugins/host.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "foundation/describe.hpp"
#include "foundation/log.hpp"
#include "foundation/text.hpp"
#include "plugins/guarded.hpp"

namespace usher::plugins {

std::shared_ptr<Host> Host::make(HostSettings settings, asio::thread_pool& pool) {
    return std::shared_ptr<Host>(new Host(std::move(settings), pool));
}

Host::Host(HostSettings settings, asio::thread_pool& pool)
    : settings_(std::move(settings)), pool_(pool), strand_(asio::make_strand(pool.get_executor())) {
    kv_name_ = std::string(enum_name(settings_.account.kind)) + "/" + settings_.account.id;
    c_.struct_size = sizeof c_;
    c_.abi_minor = USHER_ABI_MINOR;
    c_.self = this;
    c_.account = borrow(settings_.account.id);
    c_.public_url = borrow(settings_.public_url);
    c_.log = &c_log;
    c_.metric = &c_metric;
    c_.state = &c_state;
    c_.emit = &c_emit;
    c_.emit_for = &c_emit_for;
    c_.http = &c_http;
    c_.kv_get = &c_kv_get;
    c_.kv_put = &c_kv_put;
    c_.kv_put_if = &c_kv_put_if;
    c_.timer = &c_timer;
    c_.service = &c_service;
}

// ---- calls in flight ------------------------------------------------------------------------------------------------

usher_status Host::begin(Sort sort, usher_done done, std::uint64_t& id) {
    if (!done.fn) return USHER_E_INVALID;
    const std::lock_guard lock(mutex_);
    if (ended_) return USHER_E_CANCELLED;
    if (sort == Sort::operation && operations_ >= kOperationLimit) return USHER_E_UNAVAILABLE;
    if (sort == Sort::timer && timers_ >= kTimerLimit) return USHER_E_UNAVAILABLE;
    if (sort == Sort::emit && emits_.size() >= kEmitLimit) return USHER_E_UNAVAILABLE;
    id = ++last_;
    pending_.emplace(id, Pending{done, sort, {}});
    if (sort == Sort::operation) ++operations_;
    if (sort == Sort::timer) ++timers_;
    if (sort == Sort::emit) emits_.insert(id);
    return USHER_OK;
}

void Host::finish(std::uint64_t id, Outcome outcome) {
    asio::post(strand_, [self = shared_from_this(), id, outcome = std::move(outcome)] {
        usher_done done{};
        {
            const std::lock_guard lock(self->mutex_);
            auto found = self->pending_.find(id);
            if (found == self->pending_.end()) return;  // ended as cancelled before
            done = found->second.done;
            if (found->second.sort == Sort::operation) --self->operations_;
            if (found->second.sort == Sort::timer) --self->timers_;
            self->pending_.erase(found);
        }
        self->tell(done, outcome);
    });
}

/// The end of a call, to the plugin.
void Host::tell(usher_done done, const Outcome& outcome) {
    const LentResult lent(outcome);
    const std::string thrown = thrown_by([&] { done.fn(done.ctx, lent.get()); });
    if (!thrown.empty()) complain("the plugin's done: " + thrown);
}

void Host::run(std::uint64_t id, std::function<Task<Outcome>()> work, bool stoppable) {
    auto own = asio::make_strand(pool_.get_executor());
    auto signal = std::make_shared<asio::cancellation_signal>();
    if (stoppable) {
        const std::lock_guard lock(mutex_);
        if (auto found = pending_.find(id); found != pending_.end()) {
            found->second.cancel = [own, signal] {
                asio::post(own, [signal] { signal->emit(asio::cancellation_type::terminal); });
            };
        }
    }
    // The callable lives in the coroutine's frame for as long as its body runs.
    auto body = [](std::function<Task<Outcome>()> inner) -> Task<Outcome> { co_return co_await inner(); };
    auto finished = [self = shared_from_this(), id, signal](std::exception_ptr failure, Outcome outcome) {
        if (failure) {
            outcome = Outcome::failed(USHER_E_INTERNAL, "the host failed");
            try {
                std::rethrow_exception(failure);
            } catch (const std::exception& e) {
                log::error("plugins", e.what(), {{"account", self->account().id}});
            }
        }
        self->finish(id, std::move(outcome));
    };
    asio::co_spawn(own, body(std::move(work)), asio::bind_cancellation_slot(signal->slot(), std::move(finished)));
}

usher_status Host::begin_and_run(usher_done done, std::function<Task<Outcome>()> work, bool stoppable) {
    std::uint64_t id = 0;
    const usher_status status = begin(Sort::operation, done, id);
    if (status == USHER_OK) run(id, std::move(work), stoppable);
    return status;
}

void Host::end() {
    std::map<std::uint64_t, Pending> left;
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        left.swap(pending_);
        operations_ = timers_ = 0;
    }
    const Outcome cancelled = Outcome::failed(USHER_E_CANCELLED, "the instance ends");
    for (auto& [id, pending] : left) {
        if (pending.cancel) pending.cancel();
        tell(pending.done, cancelled);
    }
}

void Host::complain(const std::string& text) {
    if (may_log()) {
        log::warn("plugins", text, {{"account", account().id}, {"plugin", account().channel}});
    }
}

// ---- emits and what webhooks wait for -------------------------------------------------------------------------------

std::shared_ptr<Host::Watch> Host::watch_emits() {
    auto watch = std::make_shared<Watch>();
    const std::lock_guard lock(mutex_);
    watch->after = last_;
    watches_.remove_if([](const auto& old) { return old.expired(); });
    watches_.push_back(watch);
    return watch;
}

void Host::when_emits_settled(std::shared_ptr<Watch> watch, std::function<void(bool)> done) {
    std::unique_lock lock(mutex_);
    const std::uint64_t until = last_;
    settling_.push_back({until, std::move(watch), std::move(done)});
    settle(lock);
}

/// Calls those who wait for nothing any more; unlocks.
void Host::settle(std::unique_lock<std::mutex>& lock) {
    std::list<Settling> ready;
    for (auto at = settling_.begin(); at != settling_.end();) {
        const auto next = std::next(at);
        if (emits_.empty() || *emits_.begin() > at->until) ready.splice(ready.end(), settling_, at);
        at = next;
    }
    std::vector<bool> stored;
    for (const auto& one : ready) stored.push_back(!one.watch->failed);
    lock.unlock();
    std::size_t i = 0;
    for (auto& one : ready) one.done(stored[i++]);
}

void Host::emit_finished(std::uint64_t id, bool lost) {
    std::unique_lock lock(mutex_);
    emits_.erase(id);
    for (const auto& weak : watches_) {
        if (auto watch = weak.lock(); watch && lost && id > watch->after) watch->failed = true;
    }
    settle(lock);
}

void Host::emit_refused() {
    const std::lock_guard lock(mutex_);
    for (const auto& weak : watches_) {
        if (auto watch = weak.lock()) watch->failed = true;
    }
}

namespace {

/// Was it not stored although the same again might be? What was refused for good is for the plugin to answer.
bool is_lost(const Error& error) {
    switch (error.code) {
        case Errc::invalid:
        case Errc::validation:
        case Errc::forbidden:
        case Errc::not_found:
        case Errc::conflict:
        case Errc::precondition:
        case Errc::too_large:
        case Errc::unsupported:
        case Errc::unauthorized:
            return false;
        default:
            return true;
    }
}

Outcome emitted(const EmitResult& result) {
    Outcome out;
    if (!result.message_id.empty()) out.fields.emplace_back("message_id", result.message_id);
    if (!result.conversation_id.empty()) out.fields.emplace_back("conversation_id", result.conversation_id);
    if (result.duplicate) out.fields.emplace_back("duplicate", "1");
    if (result.conflict) out.fields.emplace_back("conflict", "1");
    if (!result.ignored.empty()) out.fields.emplace_back("ignored", result.ignored);
    return out;
}

}  // namespace

usher_status Host::emit(std::optional<std::string> routing_key, const usher_message* message, usher_done done) {
    auto copied = read_emit(message);
    if (!copied) {
        complain(copied.error().message);
        return USHER_E_INVALID;
    }
    if (!settings_.sinks.emit || account().kind != Kind::channel) return USHER_E_UNSUPPORTED;
    std::optional<AccountRef> target;
    if (!routing_key) {
        target = account();
    } else if (!settings_.emit_for && settings_.resolve) {
        target = settings_.resolve(*routing_key);
    }
    std::uint64_t id = 0;
    if (copied->kind == MessageKind::typing && target) {
        const usher_status status = begin(Sort::timer, done, id);
        if (status != USHER_OK) return status;
        settings_.sinks.emit->typing(std::move(*target), std::move(*copied));
        finish(id, {});
        return USHER_OK;
    }
    const usher_status status = begin(Sort::emit, done, id);
    if (status != USHER_OK) {
        emit_refused();
        return status;
    }
    auto work = [self = shared_from_this(), id, key = std::move(routing_key), target = std::move(target),
                 message = std::move(*copied)]() mutable -> Task<Outcome> {
        std::optional<Result<EmitResult>> result;
        try {
            result.emplace(co_await self->store(std::move(key), std::move(target), std::move(message)));
        } catch (const std::exception& e) {
            result.emplace(Error{Errc::internal, e.what()});
        }
        self->emit_finished(id, !*result && is_lost(result->error()));
        if (!*result) co_return Outcome::of(result->error());
        co_return emitted(**result);
    };
    run(id, std::move(work), false);
    return USHER_OK;
}

Task<Result<EmitResult>> Host::store(std::optional<std::string> routing_key, std::optional<AccountRef> target,
                                     Message message) {
    if (target) co_return co_await settings_.sinks.emit->emit(std::move(*target), std::move(message));
    if (settings_.emit_for) co_return co_await settings_.emit_for(std::move(*routing_key), std::move(message));
    co_return not_found("no account of this plugin names this one as via and owns the key");
}

usher_status Host::c_emit(const usher_host* c, const usher_message* message, usher_done done) {
    return of(c).emit(std::nullopt, message, done);
}

usher_status Host::c_emit_for(const usher_host* c, usher_str key, const usher_message* message, usher_done done) {
    if (!check_text(view(key), kKvKeyLimit)) return USHER_E_INVALID;
    return of(c).emit(copy(key), message, done);
}

// ---- log, metrics, state --------------------------------------------------------------------------------------------

bool Host::may_log() {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (now - log_second_ >= std::chrono::seconds(1)) {
        log_second_ = now;
        log_lines_ = 0;
    }
    return ++log_lines_ <= kLogLinesPerSecond;
}

namespace {

/// One line for the log: UTF-8, no control characters, not endless.
std::string one_line(std::string_view text) {
    if (!is_utf8(text)) return "(a text that is not UTF-8)";
    std::string out(prefix_utf8(text, 2000));
    for (char& c : out) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return out;
}

}  // namespace

void Host::c_log(const usher_host* c, std::uint32_t level, usher_str text) {
    Host& host = of(c);
    const log::Level as = level == USHER_LOG_ERROR  ? log::Level::error
                          : level == USHER_LOG_WARN ? log::Level::warn
                          : level == USHER_LOG_INFO ? log::Level::info
                                                    : log::Level::debug;
    if (!log::enabled(as)) return;
    if (!host.may_log()) {
        if (host.settings_.sinks.metrics)
            host.settings_.sinks.metrics->add(host.account(), "plugin_log_lines_dropped_total", 1, {});
        return;
    }
    if (host.settings_.on_log) return host.settings_.on_log(as, one_line(view(text)));
    log::write(as, "plugins/" + host.account().channel, one_line(view(text)), {{"account", host.account().id}});
}

void Host::c_metric(const usher_host* c, usher_str name, double delta, const usher_pair* labels, std::size_t count) {
    Host& host = of(c);
    MetricSink* sink = host.settings_.sinks.metrics;
    if (!sink) return;
    const std::string_view what = view(name);
    const bool plain = !what.empty() && what.size() <= 100 &&
                       what.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
    if (!plain || count > 8 || (!labels && count != 0)) {
        host.complain("a metric was refused: its name is [a-z0-9_]{1,100} and it has at most 8 labels");
        return;
    }
    Pairs all;
    for (std::size_t i = 0; i < count; ++i)
        all.emplace_back(one_line(view(labels[i].key)), one_line(view(labels[i].value)));
    sink->add(host.account(), std::string(what), delta, all);
}

void Host::c_state(const usher_host* c, std::uint32_t state, usher_str text) {
    if (state > USHER_STATE_FAILED) return;
    of(c).set_state(static_cast<State>(state), one_line(view(text)));
}

void Host::set_state(State state, const std::string& text) {
    {
        const std::lock_guard lock(mutex_);
        if (ended_ && state != State::stopped) return;
        state_ = state;
        state_text_ = text;
    }
    if (settings_.on_state) settings_.on_state(state, text);
    if (settings_.sinks.states) settings_.sinks.states->state(account(), state, text);
}

State Host::state() const {
    const std::lock_guard lock(mutex_);
    return state_;
}

std::string Host::state_text() const {
    const std::lock_guard lock(mutex_);
    return state_text_;
}

// ---- http, kv, timers -----------------------------------------------------------------------------------------------

usher_status Host::c_http(const usher_host* c, const usher_http* request, usher_done done) {
    Host& host = of(c);
    HttpSink* sink = host.settings_.sinks.http;
    if (!sink) return USHER_E_UNSUPPORTED;
    auto copied = read_request(request);
    if (!copied) {
        host.complain(copied.error().message);
        return USHER_E_INVALID;
    }
    auto work = [self = host.shared_from_this(), sink, request = std::move(*copied)]() -> Task<Outcome> {
        auto result = co_await sink->request(self->account(), self->settings_.allow_cidrs, request);
        if (!result) co_return Outcome::of(result.error());
        Outcome out;
        out.http = std::move(*result);
        co_return out;
    };
    return host.begin_and_run(done, std::move(work), true);
}

namespace {

bool is_kv_key(std::string_view key) {
    return !key.empty() && check_text(key, kKvKeyLimit).has_value();
}

}  // namespace

usher_status Host::c_kv_get(const usher_host* c, usher_str key, usher_done done) {
    Host& host = of(c);
    KvStore* kv = host.settings_.sinks.kv;
    if (!kv) return USHER_E_UNSUPPORTED;
    if (!is_kv_key(view(key))) return USHER_E_INVALID;
    auto work = [self = host.shared_from_this(), kv, name = copy(key)]() -> Task<Outcome> {
        auto result = co_await kv->get(self->kv_name_, name);
        if (!result) co_return Outcome::of(result.error());
        if (!*result) co_return Outcome::failed(USHER_E_NOT_FOUND, "no value for this key");
        Outcome out;
        out.body = std::move(**result);
        co_return out;
    };
    return host.begin_and_run(done, std::move(work));
}

usher_status Host::c_kv_put(const usher_host* c, usher_str key, usher_str value, usher_done done) {
    Host& host = of(c);
    KvStore* kv = host.settings_.sinks.kv;
    if (!kv) return USHER_E_UNSUPPORTED;
    if (!is_kv_key(view(key)) || !check_text(view(value), kKvValueLimit)) return USHER_E_INVALID;
    auto work = [self = host.shared_from_this(), kv, name = copy(key), text = copy(value)]() -> Task<Outcome> {
        auto result = co_await kv->put(self->kv_name_, name, text);
        if (!result) co_return Outcome::of(result.error());
        co_return Outcome{};
    };
    return host.begin_and_run(done, std::move(work));
}

usher_status Host::c_kv_put_if(const usher_host* c, usher_str key, usher_str expected, usher_str value,
                               usher_done done) {
    Host& host = of(c);
    KvStore* kv = host.settings_.sinks.kv;
    if (!kv) return USHER_E_UNSUPPORTED;
    if (!is_kv_key(view(key)) || !check_text(view(value), kKvValueLimit) ||
        !check_text(view(expected), kKvValueLimit)) {
        return USHER_E_INVALID;
    }
    auto work = [self = host.shared_from_this(), kv, name = copy(key), old = copy(expected),
                 text = copy(value)]() -> Task<Outcome> {
        auto result = co_await kv->put_if(self->kv_name_, name, old, text);
        if (!result) co_return Outcome::of(result.error());
        Outcome out;
        if (!result->written) {
            out = Outcome::failed(USHER_E_CONFLICT, "the value differs");
            out.body = std::move(result->present);
        }
        co_return out;
    };
    return host.begin_and_run(done, std::move(work));
}

usher_status Host::c_timer(const usher_host* c, std::uint32_t delay_ms, usher_done done) {
    Host& host = of(c);
    std::uint64_t id = 0;
    const usher_status status = host.begin(Sort::timer, done, id);
    if (status != USHER_OK) return status;
    if (delay_ms == 0) {
        host.finish(id, {});
        return USHER_OK;
    }
    auto timer = std::make_shared<asio::steady_timer>(host.strand_);
    auto self = host.shared_from_this();
    {
        const std::lock_guard lock(host.mutex_);
        if (auto found = host.pending_.find(id); found != host.pending_.end()) {
            found->second.cancel = [timer, strand = host.strand_] { asio::post(strand, [timer] { timer->cancel(); }); };
        }
    }
    timer->expires_after(std::chrono::milliseconds(delay_ms));
    timer->async_wait([self, timer, id](boost::system::error_code error) {
        if (!error) self->finish(id, {});
    });
    return USHER_OK;
}

}  // namespace usher::plugins
