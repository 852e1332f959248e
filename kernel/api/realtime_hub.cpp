#include "api/realtime_hub.hpp"

#include <boost/asio/post.hpp>

#include "foundation/log.hpp"
#include "model/event_types.hpp"

namespace usher::api {
namespace {

constexpr std::size_t kAtOnce = 64;  // events that become frames together
constexpr std::chrono::seconds kSweepEvery{5};
constexpr std::chrono::seconds kRetryEvery{1};

/// Runs `f` on the strand; coroutines continue there after every await as it is their executor.
template <class Strand, class F>
void on_strand(const Strand& strand, F f) {
    asio::post(strand, std::move(f));
}

}  // namespace

Realtime::Hub::Hub(asio::any_io_executor executor, access::Access& a, access::Presence& p, feed::Feed& f,
                   FrameSource& s, Clock& c, Settings settings_in)
    : access(a),
      presence(p),
      feed(f),
      source(s),
      clock(c),
      settings(settings_in),
      strand_(asio::make_strand(std::move(executor))),
      tasks_(strand_) {}

void Realtime::Hub::start() {
    cursor_ = feed.position();
    subscribe();
    auto self = shared_from_this();
    tasks_.spawn("realtime", [self] { return self->pump(); });
    tasks_.spawn("realtime: sweep", [self] { return self->run_sweeps(); });
}

void Realtime::Hub::subscribe() {
    std::weak_ptr<Hub> weak = weak_from_this();
    subscription_ = feed.subscribe(
        strand_,
        [weak](const feed::Batch& batch) {
            const auto self = weak.lock();
            if (!self || self->stopped_) return;
            self->take(*batch);
        },
        [weak] {
            if (const auto self = weak.lock()) self->lost();
        });
}

void Realtime::Hub::take(const std::vector<Event>& events) {
    if (queue_.size() + events.size() > settings.queue_limit) {
        queue_.clear();
        dropped_ = true;
    }
    // After a drop the present state is what counts; start_anew() takes its place in the feed.
    for (const Event& event : events) {
        if (!dropped_ && !cursor_.has_seen(event.position)) queue_.push_back(event);
    }
    signal_.set();
}

void Realtime::Hub::lost() {
    if (stopped_) return;
    dropped_ = true;
    queue_.clear();
    subscribe();
    signal_.set();
}

Task<void> Realtime::Hub::start_anew() {
    while (!stopped_) {
        dropped_ = false;
        queue_.clear();
        cursor_ = feed.position();
        access.directory().forget_all();
        bool whole = true;
        const std::vector<SocketPtr> all(sockets_.begin(), sockets_.end());
        for (const auto& socket : all) {
            const bool renewed = co_await renew(socket);
            whole = whole && renewed;
        }
        if (whole && !dropped_) break;
        const bool slept = co_await sleep_for(kRetryEvery);  // until then nobody gets anything by rights that are old
        if (!slept) co_return;
    }
    for (const auto& socket : sockets_) {
        socket->give(reset_text());
        socket->give(ready_text(cursor_));
    }
}

Task<void> Realtime::Hub::stop() {
    auto self = shared_from_this();
    on_strand(strand_, [self] {
        self->stopped_ = true;
        self->subscription_.reset();
        for (const auto& socket : self->sockets_) socket->close(1001, "shutting down");
    });
    co_await tasks_.stop();
}

Task<void> Realtime::Hub::pump() {
    while (!stopped_) {
        if (dropped_) {
            log::warn("realtime", "events came faster than they could be passed on; all sockets start anew");
            co_await start_anew();
            continue;
        }
        if (queue_.empty()) {
            co_await signal_.wait(std::chrono::seconds{30});
            continue;
        }
        std::vector<Event> events;
        while (!queue_.empty() && events.size() < kAtOnce) {
            events.push_back(std::move(queue_.front()));
            queue_.pop_front();
        }
        co_await pass_on(std::move(events));
    }
}

Task<void> Realtime::Hub::pass_on(std::vector<Event> events) {
    access.applied(events);
    std::vector<std::optional<Frame>> frames(events.size());
    if (!sockets_.empty()) {
        auto made = co_await source.frames(events);
        if (made && made->size() == events.size()) {
            frames = std::move(*made);
        } else {
            // The database was away: what these events tell is read anew by everybody.
            log::warn("realtime", "events could not be shown; all sockets start anew",
                      {{"error", made ? std::string("wrong number of frames") : made.error().message}});
            co_await start_anew();
            co_return;
        }
    }
    for (std::size_t i = 0; i < events.size(); ++i) {
        const Event& event = events[i];
        cursor_.advance(event.position);
        const UserId user = Outgoing::concerned(event);
        if (user) {
            co_await refresh_user(user);
        }
        if (event.type == event_type::kApiKeyDeleted || event.type == event_type::kInboxCreated ||
            event.type == event_type::kInboxDeleted) {
            co_await refresh_keys();
        }
        const feed::Cursor at = cursor_;
        Outgoing outgoing(event, std::move(frames[i]), at);
        for (const auto& socket : sockets_) {
            if (auto text = outgoing.text_for(*socket->principal())) socket->give(std::move(text));
        }
    }
}

Task<bool> Realtime::Hub::renew(SocketPtr socket) {
    auto now = co_await access.still(socket->caller());
    if (now) {
        socket->set_principal(*now);
        co_return true;
    }
    if (now.error().code != Errc::unauthorized) co_return false;
    socket->close(4401, "signed out");
    co_return true;
}

Task<void> Realtime::Hub::refresh(SocketPtr socket) {
    const auto before = socket->principal()->rights_version;
    co_await renew(socket);  // the database is away: the next sweep asks again
    if (socket->principal()->rights_version == before) co_return;
    socket->give(reset_text());
    socket->give(ready_text(cursor_));
}

Task<void> Realtime::Hub::refresh_user(UserId user) {
    std::vector<SocketPtr> theirs;
    for (const auto& socket : sockets_) {
        if (socket->principal()->user_id == user) theirs.push_back(socket);
    }
    for (auto& socket : theirs) {
        co_await refresh(std::move(socket));
    }
}

Task<void> Realtime::Hub::refresh_keys() {
    std::vector<SocketPtr> theirs;
    for (const auto& socket : sockets_) {
        if (!socket->caller().by_cookie()) theirs.push_back(socket);
    }
    for (auto& socket : theirs) {
        co_await refresh(std::move(socket));
    }
}

Task<void> Realtime::Hub::sweep() {
    const std::vector<SocketPtr> all(sockets_.begin(), sockets_.end());
    for (const auto& socket : all) {
        if (const UserId user = socket->principal()->user_id) presence.seen(user);
        if (socket->caller().by_cookie()) {
            co_await refresh(socket);
        }
    }
    presence.sweep();
}

Task<void> Realtime::Hub::run_sweeps() {
    while (!stopped_) {
        const bool slept = co_await sleep_for(kSweepEvery);  // named: GCC 12 spoils a co_await within a condition here
        if (!slept) co_return;
        co_await sweep();
    }
}

void Realtime::Hub::opened(SocketPtr socket) {
    presence.opened(socket->principal()->user_id);
    auto self = shared_from_this();
    on_strand(strand_, [self, socket = std::move(socket)] {
        if (self->stopped_) return socket->close(1001, "shutting down");
        self->sockets_.insert(socket);
        self->count = self->sockets_.size();
        self->tasks_.spawn("realtime: replay", [self, socket] { return self->begin(socket); });
    });
}

void Realtime::Hub::closed(SocketPtr socket) {
    presence.closed(socket->principal()->user_id);
    auto self = shared_from_this();
    on_strand(strand_, [self, socket = std::move(socket)] {
        self->sockets_.erase(socket);
        self->count = self->sockets_.size();
    });
}

Task<void> Realtime::Hub::begin(SocketPtr socket) {
    // It is registered: whatever is passed on from here is kept for it. What came before is what it may have missed.
    const feed::Cursor until = cursor_;
    bool whole = true;
    if (socket->after()) {
        auto from = feed::decode(*socket->after());
        if (!from) {
            whole = false;
        } else {
            whole = co_await replay(socket, std::move(*from), until);
        }
    }
    if (!whole) socket->send(reset_text());
    socket->send(ready_text(until));
    socket->live();
}

Task<bool> Realtime::Hub::replay(SocketPtr socket, feed::Cursor cursor, feed::Cursor until) {
    const UserId user = socket->principal()->user_id;
    std::size_t replayed = 0;
    while (true) {
        auto events = co_await feed.read_after(cursor, 200);
        if (!events) co_return false;  // pruned, another history, or the database is away
        const bool last = events->size() < 200;
        std::erase_if(*events, [&](const Event& event) { return !until.has_seen(event.position); });
        replayed += events->size();
        if (replayed > settings.replay_limit) co_return false;
        for (const Event& event : *events) {
            if (user && event.type == event_type::kUserRights && event.subject_id == user.value) co_return false;
        }
        if (!events->empty()) {
            auto frames = co_await source.frames(*events);
            if (!frames || frames->size() != events->size()) co_return false;
            for (std::size_t i = 0; i < events->size(); ++i) {
                cursor.advance((*events)[i].position);
                Outgoing outgoing((*events)[i], std::move((*frames)[i]), cursor);
                if (auto text = outgoing.text_for(*socket->principal())) socket->send(std::move(text));
            }
        }
        if (last || events->empty()) co_return true;
    }
}

void Realtime::Hub::relay(std::string type, VisibilityKey key, json::object data, UserId except) {
    auto self = shared_from_this();
    on_strand(strand_, [self, type = std::move(type), key = std::move(key), data = std::move(data), except] {
        Text text;
        for (const auto& socket : self->sockets_) {
            const auto who = socket->principal();
            if ((except && id_of(*who) == except) || !may_see(*who, key)) continue;
            if (!text) text = relay_text(type, data);
            socket->give(text);
        }
    });
}

}  // namespace usher::api
