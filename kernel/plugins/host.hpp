#pragma once
/// What one instance is given: its usher_host, and the services behind it. Host functions come from any thread and
/// return at once; their completions run on the instance's strand, each exactly once, the last ones as
/// USHER_E_CANCELLED.
#include <usher/plugin.h>

#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "foundation/log.hpp"
#include "plugins/abi.hpp"
#include "plugins/calls.hpp"
#include "plugins/sinks.hpp"

namespace usher::plugins {

inline constexpr std::size_t kEmitLimit = 1000;   // not yet stored
inline constexpr std::size_t kTimerLimit = 1000;  // not yet due
inline constexpr std::size_t kLogLinesPerSecond = 200;

using Strand = asio::strand<asio::thread_pool::executor_type>;

/// What an instance is made with, beside its plugin.
struct HostSettings {
    AccountRef account;
    std::string public_url;  // of this account: https://.../channels/<account>
    std::vector<std::string> allow_cidrs;
    Sinks sinks;
    /// Told of every state; may be empty. Comes before sinks.states.
    std::function<void(State, const std::string&)> on_state;
    /// Who names this account as `via` and owns the key; may be empty.
    std::function<std::optional<AccountRef>(const std::string& routing_key)> resolve;
    /// In a helper, where only the kernel can tell: these two go instead of resolve and of the log.
    std::function<Task<Result<EmitResult>>(std::string routing_key, Message message)> emit_for;
    std::function<void(log::Level level, const std::string& line)> on_log;
};

class Host final : public std::enable_shared_from_this<Host> {
public:
    static std::shared_ptr<Host> make(HostSettings settings, asio::thread_pool& pool);

    const usher_host* table() const { return &c_; }
    const AccountRef& account() const { return settings_.account; }
    const Strand& strand() const { return strand_; }
    const Sinks& sinks() const { return settings_.sinks; }

    /// How the host itself sees it (started, failed to start, stopped).
    void set_state(State state, const std::string& text);
    State state() const;
    std::string state_text() const;

    /// On the strand, before destroy(): refuses new calls and ends pending ones as USHER_E_CANCELLED.
    void end();

    /// From here on failed emits are remembered for this watch.
    struct Watch {
        std::uint64_t after = 0;
        bool failed = false;
    };
    std::shared_ptr<Watch> watch_emits();
    /// Calls `done` once every emit begun until now is stored or refused: false when one begun under the watch could
    /// not be stored. Any thread.
    void when_emits_settled(std::shared_ptr<Watch> watch, std::function<void(bool stored)> done);

private:
    enum class Sort { operation, emit, timer };
    struct Pending {
        usher_done done{};
        Sort sort = Sort::operation;
        std::function<void()> cancel;
    };
    struct Settling {
        std::uint64_t until = 0;
        std::shared_ptr<Watch> watch;
        std::function<void(bool)> done;
    };

    Host(HostSettings settings, asio::thread_pool& pool);
    static Host& of(const usher_host* c) { return *static_cast<Host*>(c->self); }
    const void* service(std::string_view id) const;

    /// Registers a call; USHER_OK, or why it is refused.
    usher_status begin(Sort sort, usher_done done, std::uint64_t& id);
    /// Any thread: the completion is posted to the strand.
    void finish(std::uint64_t id, Outcome outcome);
    /// Runs `work` in a coroutine of its own and finishes `id` with what it gives. `stoppable`: end() cancels it.
    void run(std::uint64_t id, std::function<Task<Outcome>()> work, bool stoppable);
    usher_status begin_and_run(usher_done done, std::function<Task<Outcome>()> work, bool stoppable = false);
    usher_status emit(std::optional<std::string> routing_key, const usher_message* message, usher_done done);
    Task<Result<EmitResult>> store(std::optional<std::string> routing_key, std::optional<AccountRef> target,
                                   Message message);
    void emit_finished(std::uint64_t id, bool lost);
    void emit_refused();
    void settle(std::unique_lock<std::mutex>& lock);
    bool may_log();
    void complain(const std::string& text);
    void tell(usher_done done, const Outcome& outcome);

    // usher_host
    static void c_log(const usher_host*, std::uint32_t level, usher_str text);
    static void c_metric(const usher_host*, usher_str name, double delta, const usher_pair* labels, std::size_t count);
    static void c_state(const usher_host*, std::uint32_t state, usher_str text);
    static usher_status c_emit(const usher_host*, const usher_message*, usher_done);
    static usher_status c_emit_for(const usher_host*, usher_str key, const usher_message*, usher_done);
    static usher_status c_http(const usher_host*, const usher_http*, usher_done);
    static usher_status c_kv_get(const usher_host*, usher_str key, usher_done);
    static usher_status c_kv_put(const usher_host*, usher_str key, usher_str value, usher_done);
    static usher_status c_kv_put_if(const usher_host*, usher_str key, usher_str expected, usher_str value, usher_done);
    static usher_status c_timer(const usher_host*, std::uint32_t delay_ms, usher_done);
    static const void* c_service(const usher_host*, usher_str id);
    // usher.blob/1
    static usher_status c_fetch(const usher_host*, const usher_http*, std::uint64_t limit, usher_done);
    static usher_status c_open(const usher_host*, usher_str blob, usher_done);
    static usher_status c_create(const usher_host*, std::uint64_t limit, usher_done);
    static usher_status c_seal(const usher_host*, usher_str draft, usher_done);
    // usher.visitor/1
    static usher_status c_push(const usher_host*, usher_str session, usher_str json);
    static usher_status c_close(const usher_host*, usher_str session, std::uint32_t code, usher_str reason);
    static usher_status c_history(const usher_host*, usher_str contact, usher_str thread, usher_str after,
                                  std::uint32_t limit, usher_done);
    static const usher_blob_host kBlobTable;
    static const usher_visitor_host kVisitorTable;

    HostSettings settings_;
    asio::thread_pool& pool_;
    Strand strand_;
    std::string kv_name_;  // "channel/shop1"
    usher_host c_{};

    mutable std::mutex mutex_;
    bool ended_ = false;
    State state_ = State::stopped;
    std::string state_text_;
    std::uint64_t last_ = 0;
    std::map<std::uint64_t, Pending> pending_;
    std::size_t operations_ = 0, timers_ = 0;
    std::set<std::uint64_t> emits_;  // whose storing is not settled; outlives the pending call when the instance ends
    std::list<std::weak_ptr<Watch>> watches_;
    std::list<Settling> settling_;
    std::chrono::steady_clock::time_point log_second_{};
    std::size_t log_lines_ = 0;
};

}  // namespace usher::plugins
