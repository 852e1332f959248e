#pragma once
/// Customers' WebSockets (usher.visitor/1): the kernel owns the socket, its limits and its cursor, tells each visitor
/// the entries they may see, and hands their frames to the channel's plugin. Frames: plugins/channels/livechat/README.
///
///   api::Visitors visitors(store, links, server.executor(0), {});
///   plugins::Registry registry(options, {..., .visitors = &visitors});
///   visitors.start(feed, [&](auto slug) { return registry.account(slug); });
///   visitors.add_routes(*public_router, public_url);      // beside add_public_channels
///   ...
///   visitors.instances_changed();                         // from the StateSink; it also looks by itself
///   co_await visitors.stop();                             // at drain: closes all with 1001; before feed and store go
///
/// One subscription of the feed serves all sockets: what a commit changed is read once, in sets, and told to the
/// sessions of each contact. Every session has its own VisitorCursor (visitor_stream.hpp), and both the replay and the
/// live stream tell what lies between that cursor and the present state: so nothing is lost or doubled, whatever the
/// order of events, restarts and reconnections.
#include <chrono>
#include <memory>
#include <string>

#include "api/attachment_links.hpp"
#include "api/public_channels.hpp"
#include "feed/feed.hpp"
#include "plugins/sinks.hpp"
#include "store/store.hpp"

namespace usher::api {

/// Thread-safe.
class Visitors final : public plugins::VisitorSink {
public:
    struct Limits {
        std::size_t per_contact = 20;  // sockets at once; more are 429
        std::size_t per_account = 10'000;
        std::size_t per_address = 200;
        std::size_t replay_entries = 500;        // a cursor further back than this is `reset`
        std::size_t replay_bytes = 1024 * 1024;  // of text; the newest that fit
        double frames_per_second = 20;           // from one socket; more wait
        double frames_burst = 60;
        std::chrono::seconds link_lifetime{3600};     // of attachments' addresses
        std::chrono::milliseconds look_every{1'000};  // for instances that were replaced
        std::chrono::milliseconds read_again{250};    // after a failed read of the store; doubles up to 5 s
    };
    struct Stats {
        std::size_t sockets = 0;
    };

    /// Borrows all; works on `executor`.
    Visitors(store::Store& store, const AttachmentLinks& links, asio::any_io_executor executor, Limits limits);
    ~Visitors() override;

    /// Once, when the registry stands; before it no socket is accepted (503).
    void start(feed::Feed& feed, AccountInstance account);
    /// GET /channels/{account}/socket as WebSocket.
    void add_routes(http::Router& router, std::string public_url);
    /// Closes the sockets of instances that are no longer their account's (1012). Returns at once.
    void instances_changed();
    /// Refuses new sockets and closes all with 1001; ends when nothing of this runs any more.
    Task<void> stop();
    Stats stats() const;

    // ---- plugins::VisitorSink
    bool push(const plugins::AccountRef& account, const std::string& session, const std::string& json) override;
    bool close(const plugins::AccountRef& account, const std::string& session, std::uint32_t code,
               const std::string& reason) override;
    /// `limit` is cut to 500. Errc::invalid with reason "unknown_cursor" for an `after` that cannot be continued.
    Task<Result<std::string>> history(plugins::AccountRef account, std::string contact, std::string thread_key,
                                      std::string after, std::uint32_t limit) override;

    struct Impl;

private:
    std::shared_ptr<Impl> impl_;
};

}  // namespace usher::api
