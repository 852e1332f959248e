#pragma once
/// Realtime: WebSockets of the workspace at /api/support/realtime?after=<cursor>. What happens reaches every socket
/// whose user may see it, by the same rule as REST, built once and shared.
///
/// A socket registers for live frames first, then gets what it missed since its cursor, then `ready`. A cursor that
/// cannot be continued, or from before a change of the user's rights, gets `reset` first. What a user may no longer see
/// arrives as conversation.gone. A change of rights sends `reset`; the end of a session closes its sockets (4401).
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/access.hpp"
#include "access/presence.hpp"
#include "api/api.hpp"
#include "feed/feed.hpp"
#include "http/websocket.hpp"
#include "model/visibility.hpp"

namespace usher::api {

/// What of an event goes to browsers; implemented over the desk's views.
struct Frame {
    std::string type;          // "message.received"
    std::int64_t version = 0;  // of what is newest in it
    json::object data;         // {"conversation": {...}, "entry": {...}}, each whole and as it is now
    std::string permission{};  // who lacks it gets nothing of it (notes); empty: whoever sees the conversation
    std::optional<VisibilityKey> present{};  // the conversation's key now, as `data` tells what it is now
    /// Of an event that is about no single conversation: whoever sees one of these gets it.
    std::vector<VisibilityKey> audience{};
};

class FrameSource {
public:
    virtual ~FrameSource() = default;
    /// One for each event, in order; nullopt: nothing for browsers (also when the conversation is gone).
    virtual Task<Result<std::vector<std::optional<Frame>>>> frames(std::vector<Event> events) = 0;
    /// Who may see a conversation now; nullopt: there is none.
    virtual Task<Result<std::optional<VisibilityKey>>> visibility(ConversationId id) = 0;
};

class Realtime final {
public:
    struct Settings {
        std::size_t replay_limit = 5'000;  // events; more is a reset
        std::size_t buffer_limit = 2'000;  // frames kept for a socket while it replays; more ends it
        std::size_t queue_limit = 20'000;  // events that wait to be passed on; with more all sockets start anew
        std::size_t sockets_per_user = 50;
        double messages_per_s = 20;  // from a client; burst: twice that
    };
    /// Borrows all; they outlive stop(). Work runs on a strand of `executor`.
    Realtime(asio::any_io_executor executor, access::Access& access, access::Presence& presence, feed::Feed& feed,
             FrameSource& source, Clock& clock, Settings settings);
    ~Realtime();

    /// From now on events are passed on. It also calls Access::applied for each, before anything else sees them.
    void start();
    /// Closes all sockets (1001) and ends its work.
    Task<void> stop();

    /// The upgrade of one socket, for Api::add_socket.
    Task<http::Upgrade> accept(Call call);

    /// Sends what is not stored to all who may see the conversation but `except` (id_of): typing, viewing. Any thread;
    /// may be lost.
    void relay(std::string type, VisibilityKey key, json::object data, UserId except = {});
    /// Called when an agent types, beside the relay: for the customer's side. Any thread; quick. Set before start().
    void on_typing(std::function<void(ConversationId, const Principal&)> listener);
    std::size_t sockets() const;

    /// What runs every few seconds: presence, and sessions that have expired. Public for tests.
    Task<void> sweep();

    struct Hub;

private:
    std::shared_ptr<Hub> hub_;
};

/// GET /realtime, and a gauge of its sockets.
void add_realtime(Api& api, Realtime& realtime);

}  // namespace usher::api
