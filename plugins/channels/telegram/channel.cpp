#include "channel.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>

namespace usher::telegram {

namespace json = boost::json;
using namespace sdk;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr milliseconds kStartTimeout{5'000};
constexpr milliseconds kCallTimeout{10'000};
constexpr std::size_t kWebhookBytes = 4U << 20;  // Telegram's own cap of an answer is near 4 MiB

HttpAnswer plain(std::uint32_t status, std::string text) {
    return {
        .status = status, .headers = {{"Content-Type", "text/plain; charset=utf-8"}}, .body = std::move(text) + "\n"};
}

/// All of a file that is not larger than the limit.
std::optional<std::string> read_all(int fd, std::size_t limit) {
    std::string bytes;
    char chunk[16'384];
    for (;;) {
        const ssize_t got = ::read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::nullopt;
        if (got == 0) return bytes;
        bytes.append(chunk, static_cast<std::size_t>(got));
        if (bytes.size() > limit) return std::nullopt;
    }
}

}  // namespace

std::function<std::int64_t()> TelegramChannel::system_clock() {
    return
        [] { return std::chrono::duration_cast<seconds>(std::chrono::system_clock::now().time_since_epoch()).count(); };
}

TelegramChannel::TelegramChannel(Host given, std::string_view config_json, std::function<std::int64_t()> unix_s)
    : Channel(given, config_json),
      config_(parse_config(config_json, given.account())),
      unix_s_(std::move(unix_s)),
      api_(given, config_),
      intake_(given, api_, config_),
      sender_(given, api_) {}

// ---- life
// ------------------------------------------------------------------------------------------------------------

void TelegramChannel::start(Role, Done<void> done) {
    stopping_.reset();
    set_up_ = cursor_known_ = unauthorized_ = away_at_start_ = false;
    offset_ = 0;
    api_.call("getMe", json::object(), kStartTimeout, [this, done](const Reply& reply) {
        if (const std::string refused = refusal_of_token(reply); !reply.ok && !refused.empty()) {
            host().state(State::failed, refused);
            return done(Failure{.status = Status::auth, .error = refused});
        }
        if (reply.ok) {
            const json::object* bot = reply.result.if_object();
            host().info("this is the bot @" + (bot != nullptr ? text_in(*bot, "username") : std::string()));
        } else {
            // An outage passes: the rounds of polling set up what is missing.
            away_at_start_ = true;
            host().state(State::degraded, "Telegram cannot be reached yet: " + reply.failure.error);
        }
        done();
    });
}

void TelegramChannel::stop(Done<void> done) {
    if (round_ && round_->waiting) end_round(round_->number, Polled{});  // what it was waiting for comes again
    stopping_ = done;
    work_ended();
}

/// Held by whatever `stop` has to wait for.
std::shared_ptr<void> TelegramChannel::busy() {
    ++at_work_;
    return {nullptr, [this](void*) {
                --at_work_;
                work_ended();
            }};
}

void TelegramChannel::work_ended() {
    if (!stopping_ || at_work_ > 0 || round_) return;
    const Done<void> done = *std::exchange(stopping_, std::nullopt);
    done();
}

std::string TelegramChannel::webhook_address() const {
    return config_.webhook_url.empty() ? std::string(host().public_url()) + "/updates" : config_.webhook_url;
}

/// Tells Telegram how its updates come here. Repeated by every round until it succeeds.
void TelegramChannel::set_up(const Ready& ready) {
    if (set_up_) return ready(std::nullopt);
    if (config_.webhook) return take_webhook(ready);
    leave_webhook(ready);
}

void TelegramChannel::take_webhook(const Ready& ready) {
    const json::object parameters{{"url", webhook_address()},
                                  {"secret_token", config_.webhook_secret},
                                  {"max_connections", config_.max_connections},
                                  {"allowed_updates", *parse_json(kAllowedUpdates)}};
    api_.call("setWebhook", parameters, kCallTimeout, [this, ready](const Reply& reply) {
        note(reply);
        if (!reply.ok) {
            Failure failure = reply.failure;
            if (reply.code == 400) failure.error = "Telegram does not take the webhook's address: " + failure.error;
            return ready(failure);
        }
        set_up_ = true;
        set_up_at_s_ = unix_s_();
        host().info("Telegram posts to " + webhook_address());
        ready(std::nullopt);
    });
}

void TelegramChannel::leave_webhook(const Ready& ready) {
    api_.call("deleteWebhook", {{"drop_pending_updates", false}}, kCallTimeout, [this, ready](const Reply& reply) {
        note(reply);
        if (!reply.ok) return ready(reply.failure);
        set_up_ = true;
        ready(std::nullopt);
    });
}

/// What an answer says of the account as a whole.
void TelegramChannel::note(const Reply& reply) {
    if (reply.ok) {
        const bool refused = std::exchange(unauthorized_, false);
        const bool away = std::exchange(away_at_start_, false);
        if (refused || away) host().state(State::ready, refused ? "Telegram takes the token again" : "");
        return;
    }
    const std::string refused = refusal_of_token(reply);
    if (refused.empty() || std::exchange(unauthorized_, true)) return;
    host().state(State::failed, refused);
}

// ---- out
// -------------------------------------------------------------------------------------------------------------

void TelegramChannel::send(Outbound message, Done<Receipt> done) {
    const auto then = [this, done, held = busy()](const Result<Receipt>& outcome) {
        if (outcome) {
            note(Reply{.ok = true});
        } else {
            const Failure& failure = outcome.failure();
            if (failure.status == Status::auth)
                note(Reply{.code = failure.reason_code == "unauthorized" ? 401 : 404, .description = failure.error});
        }
        done(outcome);
    };
    switch (message.kind) {
        case Kind::text:
            return sender_.send(message, then);
        case Kind::edit:
            return sender_.edit(message, then);
        case Kind::deleted:
            return sender_.withdraw(message, then);
        case Kind::typing:
            return sender_.typing(message, then);
        default:
            return done(Failure{.status = Status::unsupported, .error = "Telegram has nothing of this kind"});
    }
}

// ---- in, by webhook
// --------------------------------------------------------------------------------------------------

void TelegramChannel::webhook(HttpRequest request, Done<HttpAnswer> done) {
    if (!config_.webhook || request.path != "/updates") return done(plain(404, "Nothing is here."));
    if (request.method != "POST") {
        HttpAnswer refused = plain(405, "POST only.");
        refused.headers.emplace_back("Allow", "POST");
        return done(refused);
    }
    const auto secret = request.header("X-Telegram-Bot-Api-Secret-Token");
    if (!secret || !same_secret(*secret, config_.webhook_secret)) {
        host().metric("telegram_bad_secrets_total", 1);
        return done(plain(401, "The secret token is missing or wrong."));
    }
    if (request.body_blob.empty()) return take_posted(request.body, done);
    const auto blobs = host().blobs();
    if (!blobs) return done(Failure{.status = Status::unavailable, .error = "this host has no blobs"});
    blobs->open(request.body_blob, [this, done, held = busy()](const Result<std::shared_ptr<Fd>>& opened) {
        if (!opened) return done(Failure{.status = Status::unavailable, .error = opened.failure().error});
        const auto body = read_all((*opened)->get(), kWebhookBytes);
        if (!body) return done(plain(413, "The update is too large."));
        take_posted(*body, done);
    });
}

void TelegramChannel::take_posted(std::string_view body, const Done<HttpAnswer>& done) {
    auto update = parse_update(body, config_.bot_id);
    if (!update) return done(plain(400, "This is no update."));
    intake_.take(std::move(*update), [this, done, held = busy()](const Intake::Outcome& outcome) {
        if (outcome.taken) return done(HttpAnswer{});  // empty: nothing in it can be taken for a call
        host().warn("an update is to come again: " + outcome.why);
        HttpAnswer later = plain(503, "Not stored; please send it again.");
        const auto wait = std::max<std::int64_t>(1, (outcome.retry_after.count() + 999) / 1000);
        later.headers.emplace_back("Retry-After", std::to_string(wait));
        done(later);
    });
}

}  // namespace usher::telegram
