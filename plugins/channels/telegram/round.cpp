// Rounds of polling: by getUpdates where the account polls; where Telegram posts, a look whether it can.
#include <charconv>

#include "channel.hpp"

namespace usher::telegram {

namespace json = boost::json;
using namespace sdk;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr milliseconds kCallTimeout{10'000};
constexpr milliseconds kWebhookCheck{5 * 60'000};
constexpr std::int64_t kCursorLifetime_s = 86'400;  // Telegram keeps updates no longer
constexpr std::int64_t kRecent_s = 15 * 60;
constexpr int kConflicts = 3;  // in a row, then the account has failed
constexpr milliseconds kConflictPause{3'000};
constexpr std::string_view kCursor = "cursor";
constexpr int kBatch = 50;  // updates at most; fewer while answers are too large

/// "<offset> <unix seconds>"; 0 for one that is too old: after a week without updates Telegram's numbers begin
/// anywhere, and a high offset would then confirm what nobody has seen.
std::int64_t read_offset(std::string_view kept, std::int64_t now_s) {
    std::int64_t offset = 0;
    std::int64_t at_s = 0;
    const char* end = kept.data() + kept.size();
    const auto first = std::from_chars(kept.data(), end, offset);
    if (first.ec != std::errc() || first.ptr == end) return 0;
    const auto second = std::from_chars(first.ptr + 1, end, at_s);
    if (second.ec != std::errc() || offset < 0) return 0;
    return now_s - at_s < kCursorLifetime_s && now_s >= at_s ? offset : 0;
}

/// The first update_id in an answer that cannot be read as a whole.
std::optional<std::int64_t> first_update_id(std::string_view body) {
    constexpr std::string_view kName = "\"update_id\":";
    const std::size_t at = body.find(kName);
    if (at == std::string_view::npos) return std::nullopt;
    std::string_view rest = body.substr(at + kName.size());
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    std::int64_t id = 0;
    if (std::from_chars(rest.data(), rest.data() + rest.size(), id).ec != std::errc()) return std::nullopt;
    return id;
}

}  // namespace

void TelegramChannel::poll(PollDone done) {
    if (round_) return done(Failure{.status = Status::unavailable, .error = "the round before is still at work"});
    if (stopping_) return done(Polled{});
    const std::uint64_t number = ++rounds_;
    round_.emplace(Round{.number = number, .done = done});
    set_up([this, number](const std::optional<Failure>& failure) {
        if (!is_current(number)) return;
        if (failure) return end_round(number, *failure);
        if (config_.webhook) return check_webhook(number);
        read_cursor(number);
    });
}

void TelegramChannel::end_round(std::uint64_t number, const Result<Polled>& outcome) {
    if (!is_current(number)) return;
    const PollDone done = round_->done;
    round_.reset();
    done(outcome);
    work_ended();
}

// ---- where Telegram posts
// --------------------------------------------------------------------------------------------

void TelegramChannel::check_webhook(std::uint64_t number) {
    api_.call("getWebhookInfo", json::object(), kCallTimeout, [this, number](const Reply& reply) {
        note(reply);
        if (!reply.ok) return end_round(number, reply.failure);
        const json::object* info = reply.result.if_object();
        if (info == nullptr) return end_round(number, Polled{.next_in = kWebhookCheck});
        if (text_in(*info, "url") != webhook_address()) {
            set_up_ = false;
            return end_round(number, Failure{.status = Status::unavailable,
                                             .error = "another program has changed the bot's webhook; it is set again",
                                             .retry_after = milliseconds(2'000)});
        }
        const std::int64_t waiting = integer_in(*info, "pending_update_count");
        // What failed before we were there passes by itself.
        const std::int64_t failed_at_s = integer_in(*info, "last_error_date");
        if (waiting > 0 && failed_at_s > set_up_at_s_ && unix_s_() - failed_at_s < kRecent_s) {
            return end_round(number, Failure{.status = Status::unavailable,
                                             .error = "Telegram cannot deliver to " + webhook_address() + ": " +
                                                      text_in(*info, "last_error_message") + " (" +
                                                      std::to_string(waiting) + " updates wait)",
                                             .retry_after = seconds(60)});
        }
        end_round(number, Polled{.next_in = kWebhookCheck});
    });
}

// ---- where we ask
// ----------------------------------------------------------------------------------------------------

void TelegramChannel::read_cursor(std::uint64_t number) {
    if (cursor_known_) return ask(number);
    host().kv_get(kCursor, [this, number](const Result<std::optional<std::string>>& kept) {
        if (!is_current(number)) return;
        if (!kept) return end_round(number, kept.failure());
        offset_ = *kept ? read_offset(**kept, unix_s_()) : 0;
        cursor_known_ = true;
        ask(number);
    });
}

void TelegramChannel::ask(std::uint64_t number) {
    if (stopping_) return end_round(number, Polled{});
    round_->waiting = true;
    api_.updates(offset_, limit_, config_.poll_timeout_s, [this, number](const Result<HttpAnswer>& answer) {
        if (!is_current(number)) return;
        round_->waiting = false;
        got(number, answer);
    });
}

void TelegramChannel::got(std::uint64_t number, const Result<HttpAnswer>& answer) {
    // Too much for memory (updates of 4 MiB fit no answer of 1 MiB): fewer at once.
    if (!answer && answer.failure().status == Status::invalid && answer.failure().reason_code.empty() && limit_ > 1) {
        limit_ = std::max(1, limit_ / 4);
        return ask(number);
    }
    if (answer && answer->status == 200 && !parse_json(answer->body)) return unreadable(number, answer->body);
    Reply reply = read_reply(answer, config_.bot_token);
    note(reply);
    if (reply.code == 409) return conflict(number, reply);
    if (!reply.ok) {
        // Asking has no outcome that could be unknown: it is asked again.
        Failure failure = reply.failure;
        if (failure.status == Status::unknown_outcome) failure.status = Status::unavailable;
        return end_round(number, failure);
    }
    conflicts_ = 0;
    const json::array* updates = reply.result.if_array();
    if (updates != nullptr && !updates->empty()) return take_batch(number, *updates);
    offset_ = 0;  // what it named is confirmed; a number that stands for long may be wrong one day (read_offset)
    limit_ = std::min(limit_ * 2, kBatch);
    end_round(number, Polled{});
}

void TelegramChannel::conflict(std::uint64_t number, const Reply& reply) {
    const bool hook = reply.description.find("webhook") != std::string::npos;
    set_up_ = false;
    const std::string words =
        hook ? "409: another program has set a webhook for this bot, so it cannot be polled (" + reply.description +
                   "); stop that program"
             : "409: another program polls this bot (" + reply.description + "); only one may: stop it";
    if (++conflicts_ >= kConflicts) {
        conflicts_ = 0;
        host().state(State::failed, words + ", then restart this account");
    }
    end_round(number, Failure{.status = Status::unavailable, .error = words, .retry_after = kConflictPause});
}

/// One by one, so that what cannot be read is passed over and nothing else.
void TelegramChannel::unreadable(std::uint64_t number, std::string_view body) {
    const auto id = first_update_id(body);
    if (limit_ > 1) {
        limit_ = 1;
        return ask(number);
    }
    if (!id) return end_round(number, Failure{.status = Status::unavailable, .error = "getUpdates: no JSON came back"});
    host().error("update " + std::to_string(*id) + " is no JSON that can be read; it is left out");
    move_cursor(number, *id + 1, std::nullopt);
}

void TelegramChannel::take_batch(std::uint64_t number, const json::array& updates) {
    limit_ = std::min(limit_ * 2, kBatch);
    std::vector<Update> read;
    std::int64_t last = 0;
    for (const json::value& one : updates) {
        auto update = read_update(one, config_.bot_id);
        if (!update) {
            host().warn("something that is no update came from getUpdates; it is left out");
            continue;
        }
        last = std::max(last, update->id);
        read.push_back(std::move(*update));
    }
    if (read.empty())
        return end_round(number,
                         Failure{.status = Status::unavailable, .error = "getUpdates: nothing of it is an update"});
    intake_.take_all(std::move(read), [this, number, last](const std::optional<Intake::Left>& left) {
        if (!left) return move_cursor(number, last + 1, std::nullopt);
        // What stands before it is durable; itself and what follows come again.
        move_cursor(number, left->id,
                    Failure{.status = Status::unavailable,
                            .error = "update " + std::to_string(left->id) + " was not taken: " + left->outcome.why,
                            .retry_after = left->outcome.retry_after});
    });
}

/// Everything below `offset` is durable. The number goes to Telegram with the next round, and to the store now.
void TelegramChannel::move_cursor(std::uint64_t number, std::int64_t offset, std::optional<Failure> failure) {
    offset_ = offset;
    host().kv_put(kCursor, std::to_string(offset) + " " + std::to_string(unix_s_()),
                  [this, number, failure](const Result<void>& put) {
                      if (!put) return end_round(number, put.failure());
                      if (failure) return end_round(number, *failure);
                      end_round(number, Polled{});
                  });
}

}  // namespace usher::telegram
