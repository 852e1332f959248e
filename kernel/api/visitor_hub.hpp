#pragma once
/// Tells visitors' sessions what they lack: the replay when they come, then what commits change. One subscription of
/// the feed for all; events only say which conversations to look at. Thread-safe; works on a strand of its own.
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "api/visitor_stream.hpp"
#include "feed/feed.hpp"
#include "foundation/async.hpp"
#include "http/websocket.hpp"
#include "store/store.hpp"

namespace usher::api {

/// One visitor's socket, as the hub sees it.
struct VisitorSession {
    VisitorKey key;
    bool reset = false;                  // came with a cursor that nobody knows
    std::optional<VisitorCursor> after;  // to resume at; nullopt: the newest
    std::shared_ptr<http::WebSocket> socket;

    // the hub's
    enum class Stage { joining, live, gone };
    Stage stage = Stage::joining;
    bool told_ready = false;
    int tries = 0;
    VisitorCursor cursor;
};

class VisitorHub final : public std::enable_shared_from_this<VisitorHub> {
public:
    /// Borrows the store. `read_again`: after a read that failed; doubles up to 5 s.
    VisitorHub(store::Store& store, std::shared_ptr<const VisitorReader> reader, asio::any_io_executor executor,
               std::chrono::milliseconds read_again);
    void start(feed::Feed& feed);
    void join(std::shared_ptr<VisitorSession> session);
    void leave(std::shared_ptr<VisitorSession> session);
    /// Nothing is told afterwards. Once.
    Task<void> stop();

private:
    using Sessions = std::vector<std::shared_ptr<VisitorSession>>;
    struct Visitor {
        Sessions sessions;
        std::unordered_map<std::int64_t, std::int64_t> ranks;  // of conversations that are known
    };
    struct Dirty {
        std::set<std::int64_t> seqs;     // messages whose status has changed
        std::set<std::int64_t> changed;  // messages whose content has changed
    };
    using DirtyMap = std::map<std::int64_t, Dirty>;  // by conversation

    void subscribe();
    void note(const Event& event);
    void catch_up(const std::shared_ptr<VisitorSession>& session);
    Task<void> run();
    Task<bool> replay_some();
    void replayed(VisitorSession& session, Result<VisitorReader::Replay>& replay);
    Task<bool> tell_dirty();
    std::vector<VisitorReader::Lack> lacks_of(std::vector<VisitorConversation> rows, const DirtyMap& dirty);
    void tell(const VisitorReader::News& news);
    Visitor* find(AccountKey account, const std::string& contact);

    store::Store& store_;
    const std::shared_ptr<const VisitorReader> reader_;
    const std::chrono::milliseconds read_again_;
    asio::any_io_executor strand_;
    feed::Feed* feed_ = nullptr;
    Signal wake_;

    // on the strand
    std::unique_ptr<feed::Subscription> subscription_;
    std::unordered_map<std::string, Visitor> visitors_;       // by account and contact
    std::unordered_map<std::int64_t, std::size_t> accounts_;  // sessions of each
    std::deque<std::shared_ptr<VisitorSession>> joining_;
    std::size_t at_once_;
    DirtyMap dirty_;

    TaskScope tasks_;  // last
};

}  // namespace usher::api
