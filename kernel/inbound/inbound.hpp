#pragma once
/// Takes what channels emit: what contacts do as sets (ingest), receipts one by one; answers when it is durable.
#include <functional>
#include <memory>
#include <mutex>

#include "foundation/clock.hpp"
#include "inbound/ingest.hpp"
#include "model/visibility.hpp"
#include "plugins/sinks.hpp"
#include "store/store.hpp"

namespace usher::inbound {

/// Somebody types: never stored. The conversation is the contact's open one.
struct Typing {
    ConversationId conversation_id;
    VisibilityKey key;
    ContactId contact_id;
    std::string contact_name;
    bool started = true;
};

/// Thread-safe.
class Inbound final : public plugins::EmitSink {
public:
    using OnTyping = std::function<void(const Typing&)>;
    Inbound(store::Store& store, asio::any_io_executor executor);  // borrows the store
    ~Inbound() override;

    Task<Result<plugins::EmitResult>> emit(plugins::AccountRef account, plugins::Message message) override;
    void typing(plugins::AccountRef account, plugins::Message message) override;
    void on_typing(OnTyping listener);
    Task<void> stop();

private:
    Task<Result<plugins::EmitResult>> receipt(plugins::AccountRef account, plugins::Message message, Arrival arrival);

    store::Store& store_;
    Ingest ingest_;
    std::mutex mutex_;
    std::shared_ptr<const OnTyping> on_typing_;  // channels run before there is one
    TaskScope tasks_;
};

}  // namespace usher::inbound
