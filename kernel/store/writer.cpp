#include "store/writer.hpp"

#include <algorithm>
#include <climits>

#include "foundation/log.hpp"
#include "store/event_rows.hpp"
#include "store/faults.hpp"

namespace usher::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kBusyTries = 6;    // deadlocks, a full disk: not the members' fault
constexpr int kLostTries = 3;    // connections lost while members run: perhaps a member's fault
constexpr int kAsideAtOnce = 8;  // one-member batches between two ordinary ones
constexpr milliseconds kFirstPause{20};
constexpr milliseconds kLongestPause{2'000};

class BatchWrite final : public Write {
public:
    BatchWrite(Session& sql, IdSource& ids, Time now) : sql_(sql), ids_(ids), now_(now) {}
    Session& sql() override { return sql_; }
    Time now() const override { return now_; }
    std::int64_t next_ids(std::int64_t count) override { return ids_.take(count); }
    void append(Event event) override { events.push_back(std::move(event)); }

    std::vector<Event> events;

private:
    Session& sql_;
    IdSource& ids_;
    Time now_;
};

}  // namespace

struct Writer::Attempt {
    enum class End {
        committed,
        committed_before,  // by an earlier try, whose results stand
        failed,            // a member's doing: halves
        busy,              // nobody's doing: again
        lost,              // the connection, before COMMIT: again
        in_doubt,          // COMMIT was sent and not answered
        more_ids,          // a larger block is there: again
        all_late,          // an earlier COMMIT never happened, and meanwhile everybody's time ran out
        fenced,
    };
    End end = End::failed;
    std::optional<Error> error;
    std::vector<Event> events;
    bool members_ran = false;
};

Writer::Writer(Settings settings, Url url, Clock& clock, std::unique_ptr<Connection> connection, Stream stream)
    : settings_(std::move(settings)),
      url_(std::move(url)),
      clock_(clock),
      connection_(std::move(connection)),
      stream_(stream),
      position_{stream.slot, stream.epoch, stream.last_seq},
      thread_([this] { loop(); }) {}

Writer::~Writer() {
    stop();
}

void Writer::enqueue(Member member) {
    std::optional<Error> refusal;
    {
        const std::lock_guard lock(mutex_);
        if (fenced_) {
            refusal = Error{Errc::fenced, "another node has taken over stream slot " + std::to_string(settings_.slot)};
        } else if (stopping_) {
            refusal = Error{Errc::unavailable, "the store is stopping", {}, std::chrono::seconds(5)};
        } else if (queue_.size() >= static_cast<std::size_t>(settings_.queue_limit)) {
            refusal = Error{Errc::unavailable, "too many writes are waiting", {}, std::chrono::seconds(1)};
        } else {
            member.deadline = steady_clock::now() + settings_.write_deadline;
            queue_.push_back(std::move(member));
        }
    }
    if (refusal) return member.done(*refusal);
    wake_.notify_one();
}

void Writer::stop() {
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_) give_up_at_ = steady_clock::now() + settings_.write_deadline;
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Writer::on_commit(std::function<void(std::span<const Event>)> listener) {
    const std::lock_guard lock(mutex_);
    listener_ = std::move(listener);
}

StreamPosition Writer::position() const {
    const std::lock_guard lock(mutex_);
    return position_;
}

void Writer::loop() {
    while (true) {
        Members members = take();
        if (members.empty() && aside_.empty()) return;
        take_aside(members);
        if (!members.empty()) run_unit(std::move(members));
        for (int i = 0; i < kAsideAtOnce && !aside_.empty(); ++i) {
            Members one;
            one.push_back(std::move(aside_.front()));
            aside_.pop_front();
            const std::string source = one[0].source;
            run_unit(std::move(one));
            if (--waiting_aside_[source] == 0) waiting_aside_.erase(source);
        }
    }
}

/// All that waits, up to the limit. Empty: there is only what was set aside, or the end.
Writer::Members Writer::take() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [&] { return stopping_ || !queue_.empty() || !aside_.empty(); });
    Members out;
    const std::size_t count = std::min(queue_.size(), static_cast<std::size_t>(std::max(1, settings_.batch_limit)));
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        out.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    return out;
}

/// Moves members of quarantined sources, and those behind them from the same source, out of the common batch.
void Writer::take_aside(Members& members) {
    const auto now = clock_.steady();
    std::erase_if(quarantine_, [&](const auto& item) { return item.second <= now; });
    if (quarantine_.empty() && waiting_aside_.empty()) return;
    Members rest;
    for (auto& member : members) {
        if (!member.source.empty() && (quarantine_.contains(member.source) || waiting_aside_.contains(member.source))) {
            ++waiting_aside_[member.source];
            aside_.push_back(std::move(member));
        } else {
            rest.push_back(std::move(member));
        }
    }
    members = std::move(rest);
}

/// Brings these members to their end: committed, or failed, in halves where it must be.
void Writer::run_unit(Members members) {
    bool in_doubt = false;
    Attempt doubtful;
    int busy = 0;
    int lost = 0;
    int refused = 0;  // connections that opened and then took no transaction
    int doubts = 0;   // commits without an answer
    const auto back_off = [&](int round, const Error& error) {
        // Who is in doubt cannot be answered yet, however late it is; who waits behind them can.
        Members nobody;
        Members& may_go = in_doubt ? nobody : members;
        pause(std::min(kFirstPause * (1 << std::min(round, 7)), kLongestPause), may_go);
        expire(may_go, error);
    };
    while (!members.empty()) {
        if (fenced_) {
            return fail(members,
                        {Errc::fenced, "another node has taken over stream slot " + std::to_string(stream_.slot)});
        }
        if (in_doubt && given_up()) {
            return fail(members, {Errc::unknown_outcome, "stopped before the database confirmed the commit"});
        }
        if (!connected(members, in_doubt)) continue;
        Attempt now = attempt(members, in_doubt);
        // Where the claim succeeded, the doubtful try had not committed and never will.
        if (now.members_ran) in_doubt = false;
        switch (now.end) {
            case Attempt::End::committed:
                return committed(members, now);
            case Attempt::End::committed_before:
                return committed(members, doubtful);
            case Attempt::End::all_late:
                return;
            case Attempt::End::fenced:
                log::error("store", "another node has taken over this stream slot; the writer stops",
                           {{"slot", stream_.slot}});
                fenced_ = true;
                if (in_doubt) {
                    return fail(members,
                                {Errc::unknown_outcome, "the slot was taken over before the commit was confirmed"});
                }
                continue;
            case Attempt::End::in_doubt:
                log::warn("store", "a commit was not confirmed; asking the database", {{"error", now.error->message}});
                in_doubt = true;
                connection_.reset();
                if (++doubts > 1) {  // the same again: a disk that fails, a way on which every COMMIT is lost
                    healthy_ = false;
                    back_off(doubts, *now.error);
                }
                doubtful = std::move(now);
                continue;
            case Attempt::End::lost:
                log::warn("store", "the database connection was lost", {{"error", now.error->message}});
                connection_.reset();
                if (now.members_ran) {
                    if (++lost < kLostTries) continue;
                    break;
                }
                if (++refused > 1) {
                    healthy_ = false;
                    back_off(refused, unavailable());
                }
                continue;
            case Attempt::End::more_ids:
                continue;
            case Attempt::End::busy:
                if (++busy < kBusyTries || in_doubt) {
                    back_off(busy, *now.error);
                    continue;
                }
                healthy_ = false;
                break;
            case Attempt::End::failed:
                if (in_doubt) {  // the claim itself failed: nothing to do with the members
                    healthy_ = false;
                    connection_.reset();
                    back_off(INT_MAX, *now.error);
                    continue;
                }
                break;
        }
        if (members.size() == 1) return fail_alone(members, *now.error);
        const auto half = static_cast<std::ptrdiff_t>(members.size() / 2);
        Members first(std::make_move_iterator(members.begin()), std::make_move_iterator(members.begin() + half));
        Members second(std::make_move_iterator(members.begin() + half), std::make_move_iterator(members.end()));
        run_unit(std::move(first));
        return run_unit(std::move(second));
    }
}

/// One try at a transaction.
Writer::Attempt Writer::attempt(Members& members, bool in_doubt) {
    Attempt out;
    bool committing = false;
    try {
        if (ids_.low()) ids_.reserve(*connection_);
        ids_.begin_batch();
        last_now_ = std::max(last_now_, clock_.now());
        connection_->begin();
        switch (claim_batch(*connection_, stream_, in_doubt)) {
            case Claim::ours:
                // Now it is known that nothing of theirs was committed; who is late is told so, and not run again.
                if (in_doubt && expire(members, unavailable()) && members.empty()) {
                    connection_->rollback();
                    out.end = Attempt::End::all_late;
                    return out;
                }
                break;
            case Claim::committed:
                connection_->rollback();
                out.end = Attempt::End::committed_before;
                return out;
            case Claim::fenced:
                connection_->rollback();
                out.end = Attempt::End::fenced;
                return out;
        }
        out.members_ran = true;
        BatchWrite write(*connection_, ids_, last_now_);
        apply(write, members);
        out.events = std::move(write.events);
        std::int64_t seq = stream_.last_seq;
        for (Event& event : out.events) {
            event.position = {stream_.slot, stream_.epoch, ++seq};
            event.at = last_now_;
        }
        insert_events(*connection_, out.events);
        committing = true;
        connection_->commit();
        out.end = Attempt::End::committed;
        return out;
    } catch (const IdSource::Exhausted& e) {
        connection_->rollback();
        out.end = Attempt::End::more_ids;
        try {
            ids_.reserve(*connection_, e.wanted);
        } catch (const DatabaseError& failure) {
            out.error = to_error(failure);
            out.end = failure.fault == DatabaseFault::connection_lost ? Attempt::End::lost : Attempt::End::busy;
        }
        return out;
    } catch (const DatabaseError& e) {
        out.error = to_error(e);
        // Only the database's own refusal of a COMMIT is an answer; a connection or a disk that broke meanwhile is
        // none.
        const bool broke = (e.fault == DatabaseFault::connection_lost || e.fault == DatabaseFault::busy) &&
                           !connection_->commit_refused();
        if (committing && broke) {
            out.end = Attempt::End::in_doubt;
        } else if (e.fault == DatabaseFault::connection_lost) {
            out.end = Attempt::End::lost;
        } else if (e.fault == DatabaseFault::busy) {
            out.end = Attempt::End::busy;
        }
    } catch (const Failure& e) {
        out.error = e.error;
    } catch (const std::exception& e) {
        out.error = Error{Errc::internal, std::string("a write failed: ") + e.what()};
    }
    connection_->rollback();
    return out;
}

void Writer::apply(Write& write, Members& members) {
    std::vector<SetApplier*> appliers;  // in the order in which they first occur
    for (const auto& member : members) {
        if (member.applier && std::find(appliers.begin(), appliers.end(), member.applier) == appliers.end()) {
            appliers.push_back(member.applier);
        }
    }
    for (SetApplier* applier : appliers) {
        std::vector<SetApplier::Input> inputs;
        for (const auto& member : members) {
            if (member.applier == applier) inputs.push_back(member.input);
        }
        auto results = applier->apply(write, inputs);
        if (results.size() != inputs.size()) {
            throw Failure(Error{Errc::internal, "a set of " + std::to_string(inputs.size()) + " writes gave " +
                                                    std::to_string(results.size()) + " results"});
        }
        std::size_t at = 0;
        for (auto& member : members) {
            if (member.applier == applier) member.keep(std::move(results[at++]));
        }
    }
    for (auto& member : members) {
        if (!member.applier) member.run(write);
    }
}

void Writer::committed(Members& members, const Attempt& attempt) {
    healthy_ = true;
    stream_.batch += 1;
    stream_.last_seq += static_cast<std::int64_t>(attempt.events.size());
    std::function<void(std::span<const Event>)> listener;
    {
        const std::lock_guard lock(mutex_);
        position_ = {stream_.slot, stream_.epoch, stream_.last_seq};
        listener = listener_;
    }
    if (listener && !attempt.events.empty()) {
        try {
            listener(attempt.events);
        } catch (const std::exception& e) {
            log::error("store", "publishing a commit failed", {{"error", e.what()}});
        }
    }
    for (auto& member : members) {
        member.run = nullptr;  // what it captured goes before its caller continues
        member.done(Result<void>{});
    }
}

void Writer::fail(Members& members, const Error& error) {
    for (auto& member : members) member.done(error);
    members.clear();
}

void Writer::fail_alone(Members& members, const Error& error) {
    const std::string source = members[0].source;
    log::error("store", "a write failed", {{"error", error.message}, {"source", source}});
    if (error.code == Errc::unavailable) healthy_ = false;
    if (!source.empty()) quarantine_[source] = clock_.steady() + std::chrono::minutes(1);
    fail(members, error);
}

/// Sees to a connection; false when members ran out of time meanwhile (look again who is left).
bool Writer::connected(Members& members, bool in_doubt) {
    milliseconds wait = kFirstPause;
    Members nobody;
    Members& may_go = in_doubt ? nobody : members;  // doubt ends only with the program
    while (!connection_) {
        try {
            connection_ = Connection::open(url_, {});
            log::info("store", "the database is back");
            return true;
        } catch (const DatabaseError& e) {
            if (healthy_.exchange(false)) log::error("store", "the database cannot be reached", {{"error", e.what()}});
        }
        const std::size_t before = may_go.size();
        expire(may_go, unavailable());
        if (may_go.size() != before || (in_doubt && given_up())) return false;
        pause(wait, may_go);
        wait = std::min(wait * 2, kLongestPause);
    }
    return true;
}

/// Whether the program stops and has waited long enough for a database to say what it committed.
bool Writer::given_up() const {
    const std::lock_guard lock(mutex_);
    return stopping_ && steady_clock::now() >= give_up_at_;
}

/// Answers those whose deadline has passed, here and in the queue; true when there were any here.
bool Writer::expire(Members& members, const Error& error) {
    const auto now = steady_clock::now();
    Members late;
    const auto move_late = [&](auto& from) {
        for (auto& member : from) {
            if (member.deadline <= now) late.push_back(std::move(member));
        }
        std::erase_if(from, [](const Member& member) { return !member.done; });
    };
    move_late(members);
    const bool any = !late.empty();
    if (any) healthy_ = false;  // before anybody hears of it
    {
        const std::lock_guard lock(mutex_);
        move_late(queue_);
    }
    fail(late, error);
    return any;
}

/// Waits, but no longer than somebody's deadline.
void Writer::pause(milliseconds longest, const Members& members) {
    auto until = steady_clock::now() + longest;
    std::unique_lock lock(mutex_);
    for (const auto& member : members)
        until = std::min(until, std::max(member.deadline, steady_clock::now() + milliseconds(1)));
    if (!queue_.empty())
        until = std::min(until, std::max(queue_.front().deadline, steady_clock::now() + milliseconds(1)));
    const bool was_stopping = stopping_;
    wake_.wait_until(lock, until, [&] { return stopping_ != was_stopping; });
}

Error Writer::unavailable() {
    return {Errc::unavailable, "the database cannot be reached", {}, std::chrono::seconds(5)};
}

}  // namespace usher::store
