#pragma once
/// The outbox: messages accepted from agents and not yet confirmed by a channel. Thread-safe.
///
/// The only queue and the only retry. Of a conversation one message is on its way at a time, in order; conversations go
/// in parallel. A message may reach the plugin twice with the same id; it never vanishes. After a restart an attempt
/// that was running is repeated where the channel takes an idempotency key, and is `unknown` otherwise.
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "foundation/async.hpp"
#include "foundation/clock.hpp"
#include "model/event.hpp"
#include "plugins/registry.hpp"
#include "store/store.hpp"

namespace usher::outbound {

class Outbox final {
public:
    struct Options {
        std::size_t in_flight_limit = 64;  // per account
        std::chrono::milliseconds send_timeout{30'000};
        /// A signed address of an attachment on the public origin.
        std::function<std::string(AttachmentId, std::chrono::seconds lifetime)> attachment_url;
    };
    Outbox(store::Store& store, plugins::Registry& registry, Clock& clock, asio::any_io_executor executor,
           Options options);
    ~Outbox();

    /// Settles what a crash left in flight, then sends until stopped.
    void start();
    /// Lets attempts that run finish until `deadline`, then leaves them to the next start.
    Task<void> stop(std::chrono::milliseconds deadline);
    /// Looks at committed events: something new to send? Returns at once; any thread.
    void committed(std::span<const Event> events);
    void wake();  // the same when what happened is not known
    /// A colleague types, or has read: once, never queued.
    void typing(ConversationId conversation, bool started, std::string author_name);

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace usher::outbound
