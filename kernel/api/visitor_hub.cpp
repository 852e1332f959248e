#include "api/visitor_hub.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "foundation/log.hpp"

namespace usher::api {
namespace {

constexpr std::size_t kReplaysAtOnce = 32;
constexpr int kReplayTries = 3;
constexpr std::chrono::milliseconds kLongestPause{5'000};
constexpr std::chrono::hours kIdle{1};
constexpr std::uint16_t kDone = 1000;
constexpr std::uint16_t kTryAgain = 1013;

std::string key_of(AccountKey account, const std::string& contact) {
    return to_string(account) + ":" + contact;
}

const json::value* member(const json::object& object, const char* name) {
    return object.if_contains(name);
}

std::int64_t account_of(const Event& event) {
    const auto* conversation = member(event.data, "conversation");
    const auto* id =
        conversation && conversation->is_object() ? member(conversation->get_object(), "account_id") : nullptr;
    if (!id || !id->is_string()) return 0;
    const auto number = parse_id(std::string_view(id->get_string().data(), id->get_string().size()));
    return number ? *number : 0;
}

std::int64_t seq_of(const Event& event) {
    const auto* message = member(event.data, "message");
    const auto* seq = message && message->is_object() ? member(message->get_object(), "seq") : nullptr;
    return seq && seq->is_int64() ? seq->get_int64() : 0;
}

}  // namespace

VisitorHub::VisitorHub(store::Store& store, std::shared_ptr<const VisitorReader> reader, asio::any_io_executor executor,
                       std::chrono::milliseconds read_again)
    : store_(store),
      reader_(std::move(reader)),
      read_again_(read_again),
      strand_(asio::make_strand(std::move(executor))),
      at_once_(kReplaysAtOnce),
      tasks_(strand_) {}

void VisitorHub::start(feed::Feed& feed) {
    feed_ = &feed;
    tasks_.spawn("visitors' stream", [self = shared_from_this()]() -> Task<void> {
        self->subscribe();
        co_await self->run();
    });
}

Task<void> VisitorHub::stop() {
    auto self = shared_from_this();
    co_await self->tasks_.stop();
    auto forget = [self]() -> Task<void> {
        self->subscription_.reset();
        self->visitors_.clear();
        self->joining_.clear();
        co_return;
    };
    co_await asio::co_spawn(self->strand_, std::move(forget), asio::use_awaitable);
}

void VisitorHub::join(std::shared_ptr<VisitorSession> session) {
    asio::post(strand_, [self = shared_from_this(), session] {
        ++self->accounts_[session->key.account.value];
        self->visitors_[key_of(session->key.account, session->key.contact)].sessions.push_back(session);
        self->joining_.push_back(session);
        self->wake_.set();
    });
}

void VisitorHub::leave(std::shared_ptr<VisitorSession> session) {
    asio::post(strand_, [self = shared_from_this(), session] {
        if (std::exchange(session->stage, VisitorSession::Stage::gone) == VisitorSession::Stage::gone) return;
        const auto account = self->accounts_.find(session->key.account.value);
        if (account != self->accounts_.end() && --account->second == 0) self->accounts_.erase(account);
        const auto found = self->visitors_.find(key_of(session->key.account, session->key.contact));
        if (found == self->visitors_.end()) return;
        std::erase(found->second.sessions, session);
        if (found->second.sessions.empty()) self->visitors_.erase(found);
    });
}

VisitorHub::Visitor* VisitorHub::find(AccountKey account, const std::string& contact) {
    const auto found = visitors_.find(key_of(account, contact));
    return found == visitors_.end() ? nullptr : &found->second;
}

// ---- the feed -------------------------------------------------------------------------------------------------------

void VisitorHub::subscribe() {
    const std::weak_ptr<VisitorHub> weak = weak_from_this();
    const auto on_events = [weak](const feed::Batch& batch) {
        const auto self = weak.lock();
        if (!self) return;
        for (const Event& event : *batch) self->note(event);
        if (!self->dirty_.empty()) self->wake_.set();
    };
    const auto on_lost = [weak] {
        const auto self = weak.lock();
        if (!self) return;
        log::warn("visitors", "fell behind the feed; every session is looked at anew");
        self->subscribe();
        self->dirty_.clear();
        for (auto& [key, visitor] : self->visitors_)
            for (const auto& session : visitor.sessions) self->catch_up(session);
    };
    subscription_ = feed_->subscribe(strand_, on_events, on_lost);
}

void VisitorHub::note(const Event& event) {
    if (!event.conversation_id || !accounts_.contains(account_of(event))) return;
    const bool status = event.type == "message.status", updated = event.type == "message.updated";
    if (!status && !updated && event.type != "message.received" && event.type != "message.blocked" &&
        event.type != "message.created" && event.type != "conversation.read")
        return;
    Dirty& dirty = dirty_[event.conversation_id.value];
    if (status) dirty.seqs.insert(seq_of(event));
    if (updated) dirty.changed.insert(seq_of(event));
}

/// It is read again from its own cursor.
void VisitorHub::catch_up(const std::shared_ptr<VisitorSession>& session) {
    if (session->stage != VisitorSession::Stage::live) return;
    session->stage = VisitorSession::Stage::joining;
    session->after = session->cursor;
    joining_.push_back(session);
    wake_.set();
}

Task<void> VisitorHub::run() {
    auto pause = read_again_;
    while (true) {
        if (joining_.empty() && dirty_.empty()) co_await wake_.wait(kIdle);
        bool fine = true;
        if (!joining_.empty()) fine = co_await replay_some();
        if (fine && !dirty_.empty()) fine = co_await tell_dirty();
        if (fine) {
            pause = read_again_;
            continue;
        }
        co_await sleep_for(pause);
        pause = std::min(pause * 2, kLongestPause);
    }
}

// ---- replay ---------------------------------------------------------------------------------------------------------

Task<bool> VisitorHub::replay_some() {
    struct Wanted {
        VisitorKey key;
        std::optional<VisitorCursor> after;
        bool reset = false;
    };
    using Replays = std::vector<Result<VisitorReader::Replay>>;
    Sessions sessions;
    std::vector<Wanted> wanted;
    while (!joining_.empty() && sessions.size() < at_once_) {
        auto session = std::move(joining_.front());
        joining_.pop_front();
        if (session->stage != VisitorSession::Stage::joining) continue;
        wanted.push_back({session->key, session->after, session->reset});
        sessions.push_back(std::move(session));
    }
    if (sessions.empty()) co_return true;
    auto read = [reader = reader_, wanted = std::move(wanted)](store::Session& sql) {
        Replays out;
        for (const auto& one : wanted) {
            if (one.reset) {
                out.emplace_back(unknown_cursor());
            } else {
                out.push_back(reader->replay(sql, one.key, one.after));
            }
        }
        return out;
    };
    auto replays = co_await store_.read(std::move(read));
    if (!replays) {
        log::warn("visitors", "the messages of visitors cannot be read", {{"error", replays.error().message}});
        at_once_ = 1;  // should one of them be why, it fails alone
        for (auto& session : sessions) {
            if (++session->tries < kReplayTries) {
                joining_.push_back(std::move(session));
            } else {
                session->socket->close(kTryAgain, "unavailable");
            }
        }
        co_return false;
    }
    at_once_ = kReplaysAtOnce;
    for (std::size_t i = 0; i < sessions.size(); ++i) {
        if (sessions[i]->stage == VisitorSession::Stage::joining) replayed(*sessions[i], (*replays)[i]);
    }
    co_return true;
}

void VisitorHub::replayed(VisitorSession& session, Result<VisitorReader::Replay>& replay) {
    if (!replay) {
        session.socket->send(reset_frame());
        session.socket->close(kDone, "connect again without a cursor");
        return;
    }
    session.stage = VisitorSession::Stage::live;
    session.tries = 0;
    session.after.reset();
    session.cursor = std::move(replay->cursor);
    if (auto* visitor = find(session.key.account, session.key.contact)) {
        for (const auto& [id, rank] : replay->ranks) visitor->ranks[id.value] = rank;
    }
    for (auto& frame : replay->frames) session.socket->send(std::move(frame));
    if (!std::exchange(session.told_ready, true)) session.socket->send(ready_frame(session.cursor));
}

// ---- live -----------------------------------------------------------------------------------------------------------

Task<bool> VisitorHub::tell_dirty() {
    DirtyMap dirty = std::exchange(dirty_, {});
    const auto put_back = [&](const Error& error) {
        log::warn("visitors", "what is new for visitors cannot be read", {{"error", error.message}});
        for (auto& [id, one] : dirty) {
            dirty_[id].seqs.merge(one.seqs);
            dirty_[id].changed.merge(one.changed);
        }
    };
    std::vector<std::int64_t> ids;
    for (const auto& [id, one] : dirty) ids.push_back(id);
    auto read_rows = [reader = reader_, ids](store::Session& sql) { return reader->conversations(sql, ids); };
    auto rows = co_await store_.read(std::move(read_rows));
    if (!rows) {
        put_back(rows.error());
        co_return false;
    }
    auto lacks = lacks_of(std::move(*rows), dirty);
    if (lacks.empty()) co_return true;
    auto read_news = [reader = reader_, lacks = std::move(lacks)](store::Session& sql) {
        return reader->news(sql, lacks);
    };
    auto news = co_await store_.read(std::move(read_news));
    if (!news) {
        put_back(news.error());
        co_return false;
    }
    for (const auto& one : *news) tell(one);
    co_return true;
}

/// What the live sessions of each conversation's visitor have not been told, as far as its row and the events say.
std::vector<VisitorReader::Lack> VisitorHub::lacks_of(std::vector<VisitorConversation> rows, const DirtyMap& dirty) {
    std::vector<VisitorReader::Lack> out;
    for (auto& row : rows) {
        Visitor* visitor = find(row.account_id, row.address);
        if (!visitor) continue;
        const Dirty& what = dirty.at(row.id.value);
        VisitorReader::Lack lack;
        lack.after = INT64_MAX;
        std::set<std::int64_t> seqs;
        for (const auto& session : visitor->sessions) {
            auto& cursor = session->cursor;
            if (session->stage != VisitorSession::Stage::live || !in_scope(row, session->key, &cursor)) continue;
            VisitorMark* mark = cursor.find(row.id);
            if (!mark && row.created_at <= cursor.folded) {  // it was over long ago, and goes on
                catch_up(session);
                continue;
            }
            if (!mark) mark = &cursor.marks.emplace_back(VisitorMark{row.id, 0, row.read_seq, {}});
            lack.after = std::min(lack.after, mark->seq);
            lack.read_after = std::min(lack.read_after, mark->read);
            for (const auto seq : what.seqs) {
                if (std::binary_search(mark->pending.begin(), mark->pending.end(), seq)) seqs.insert(seq);
            }
        }
        if (lack.after == INT64_MAX) continue;
        if (lack.after >= row.last_seq && lack.read_after >= row.read_seq && seqs.empty() && what.changed.empty())
            continue;
        lack.seqs.assign(seqs.begin(), seqs.end());
        lack.changed.assign(what.changed.begin(), what.changed.end());
        if (const auto rank = visitor->ranks.find(row.id.value); rank != visitor->ranks.end()) {
            lack.rank_known = true;
            row.rank = rank->second;
        }
        lack.conversation = std::move(row);
        out.push_back(std::move(lack));
    }
    return out;
}

void VisitorHub::tell(const VisitorReader::News& news) {
    const auto& row = news.conversation;
    Visitor* visitor = find(row.account_id, row.address);
    if (!visitor) return;
    visitor->ranks[row.id.value] = row.rank;
    for (const auto& session : visitor->sessions) {
        auto& cursor = session->cursor;
        VisitorMark* mark = session->stage == VisitorSession::Stage::live ? cursor.find(row.id) : nullptr;
        if (!mark) continue;
        for (const auto& entry : news.entries) {
            const bool known = entry.seq <= mark->seq;
            const bool changed = known && entry.showing == Showing::visible &&
                                 std::binary_search(news.changed.begin(), news.changed.end(), entry.seq);
            if (take(*mark, entry.seq, entry.showing) || changed) session->socket->send(entry_frame(cursor, entry));
        }
        for (const auto& read : news.reads) {
            if (read.seq <= mark->read || read.seq > mark->seq) continue;
            mark->read = read.seq;
            session->socket->send(status_frame(cursor, read));
        }
        mark->read = std::max(mark->read, row.read_seq);
    }
}

}  // namespace usher::api
