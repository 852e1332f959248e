#include "api/realtime.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api/realtime_hub.hpp"

namespace usher::api {

Realtime::Realtime(asio::any_io_executor executor, access::Access& access, access::Presence& presence, feed::Feed& feed,
                   FrameSource& source, Clock& clock, Settings settings)
    : hub_(std::make_shared<Hub>(std::move(executor), access, presence, feed, source, clock, settings)) {}

Realtime::~Realtime() = default;

void Realtime::start() {
    hub_->start();
}

Task<void> Realtime::stop() {
    co_await hub_->stop();
}

Task<void> Realtime::sweep() {
    co_await asio::co_spawn(hub_->strand(), hub_->sweep(), asio::use_awaitable);
}

void Realtime::relay(std::string type, VisibilityKey key, json::object data, UserId except) {
    hub_->relay(std::move(type), std::move(key), std::move(data), except);
}

void Realtime::on_typing(std::function<void(ConversationId, const Principal&)> listener) {
    hub_->typing = std::move(listener);
}

std::size_t Realtime::sockets() const {
    return hub_->count;
}

Task<http::Upgrade> Realtime::accept(Call call) {
    std::optional<std::string> after;
    if (const auto given = call.request.param("after"); given && !given->empty()) after = std::string(*given);
    {
        const std::lock_guard lock(hub_->users_mutex);
        const auto mine = hub_->users.find(id_of(call.who()));
        if (mine != hub_->users.end() && mine->second >= hub_->settings.sockets_per_user) {
            Error error{Errc::rate_limited, "Too many connections of this user or API key."};
            error.retry_after = std::chrono::seconds{10};
            co_return error_response(error, call.request.id);
        }
    }
    co_return http::Accept{std::make_shared<Socket>(hub_, std::move(call.caller), std::move(after)), {}};
}

void add_realtime(Api& api, Realtime& realtime) {
    api.add_socket({.method = "",
                    .path = "/realtime",
                    .summary = "What happens, as it happens (WebSocket)",
                    .tag = "Watching",
                    .query = {{"after", "The cursor of the last frame that one has: what was missed comes first."}},
                    .answers = {},
                    .description = "Frames are {cursor, type, at, version, data}; the first is `ready`, after what was "
                                   "missed, or `reset`. With a cookie only from the workspace's Origin."},
                   [&realtime](Call call) { return realtime.accept(std::move(call)); });
    api.metrics().gauge("usher_realtime_sockets", "Open realtime sockets.",
                        [&realtime] { return static_cast<double>(realtime.sockets()); });
}

}  // namespace usher::api
