#pragma once
/// The inside of Realtime: the hub that passes events on, and one socket. Everything of the hub happens on its strand;
/// a socket's callbacks come on its connection's executor.
#include <boost/asio/strand.hpp>
#include <deque>
#include <map>
#include <mutex>
#include <set>

#include "api/realtime.hpp"
#include "api/realtime_frames.hpp"

namespace usher::api {

class Socket;
using SocketPtr = std::shared_ptr<Socket>;

struct Realtime::Hub final : std::enable_shared_from_this<Realtime::Hub> {
    Hub(asio::any_io_executor executor, access::Access& access, access::Presence& presence, feed::Feed& feed,
        FrameSource& source, Clock& clock, Settings settings);

    void start();
    Task<void> stop();
    void relay(std::string type, VisibilityKey key, json::object data, UserId except);
    /// Any thread.
    void opened(SocketPtr socket);
    void closed(SocketPtr socket);
    Task<void> sweep();  // on the strand
    const auto& strand() const { return strand_; }

    access::Access& access;
    access::Presence& presence;
    feed::Feed& feed;
    FrameSource& source;
    Clock& clock;
    const Settings settings;
    std::function<void(ConversationId, const Principal&)> typing;
    std::atomic<std::size_t> count{0};
    std::mutex users_mutex;
    std::map<UserId, std::size_t> users;  // sockets of each user or key (id_of), counted from the upgrade on

private:
    void subscribe();
    void take(const std::vector<Event>& events);
    void lost();
    /// After events were dropped: whatever they told is forgotten, everybody's rights are read again, all sockets
    /// reset.
    Task<void> start_anew();
    Task<void> pump();
    Task<void> pass_on(std::vector<Event> events);
    /// Is a socket's session still good, and what may its user do now?
    Task<void> refresh(SocketPtr socket);
    /// The same without a word to the client; false: the database is away.
    Task<bool> renew(SocketPtr socket);
    Task<void> refresh_user(UserId user);
    Task<void> refresh_keys();
    Task<void> begin(SocketPtr socket);
    /// False: a reset is needed. `until` is where live frames begin.
    Task<bool> replay(SocketPtr socket, feed::Cursor from, feed::Cursor until);
    Task<void> run_sweeps();

    asio::strand<asio::any_io_executor> strand_;
    std::set<SocketPtr> sockets_;
    std::deque<Event> queue_;
    feed::Cursor cursor_;  // all events up to here have been passed on
    Signal signal_;
    std::unique_ptr<feed::Subscription> subscription_;
    bool stopped_ = false;
    bool dropped_ = false;  // events since cursor_ were dropped: pump() starts anew
    TaskScope tasks_;
};

/// One connection.
class Socket final : public http::WebSocketSession, public std::enable_shared_from_this<Socket> {
public:
    Socket(std::shared_ptr<Realtime::Hub> hub, access::Caller caller, std::optional<std::string> after);
    ~Socket() override;

    void on_open(std::shared_ptr<http::WebSocket> socket) override;
    Task<void> on_text(std::string text) override;
    void on_close(std::uint16_t code) override;

    // ---- the hub's side, on its strand
    access::PrincipalPtr principal() const;
    void set_principal(access::PrincipalPtr principal);
    const access::Caller& caller() const { return caller_; }
    const std::optional<std::string>& after() const { return after_; }
    /// Sends, or keeps while a replay runs.
    void give(Text text);
    void send(Text text);
    void live();
    void close(std::uint16_t code, std::string reason);

private:
    bool too_many();
    Task<void> tell(std::string type, ConversationId conversation);

    std::shared_ptr<Realtime::Hub> hub_;
    const access::Caller caller_;
    const std::optional<std::string> after_;
    std::shared_ptr<http::WebSocket> wire_;
    mutable std::mutex mutex_;
    access::PrincipalPtr principal_;
    bool replaying_ = true;
    std::vector<Text> kept_;
    double allowance_;  // messages that the client may still send now
    std::chrono::steady_clock::time_point counted_;
    std::map<std::pair<std::string, ConversationId>, std::chrono::steady_clock::time_point> told_;
};

}  // namespace usher::api
