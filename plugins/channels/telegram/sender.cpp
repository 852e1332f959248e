#include "sender.hpp"

#include <algorithm>

#include "text.hpp"
#include "update.hpp"

namespace usher::telegram {

namespace json = boost::json;
using namespace sdk;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kWaitWithin{5'000};  // a pause that Telegram asks for between the parts of one message
constexpr int kPauses = 3;
constexpr milliseconds kMostCallTimeout{60'000};

milliseconds call_timeout(const Message& message) {
    // A little less than the attempt has, so that the answer comes from here.
    const milliseconds whole = message.timeout > milliseconds(0) ? message.timeout : milliseconds(30'000);
    return std::clamp(whole - milliseconds(1'000), milliseconds(1'000), kMostCallTimeout);
}

/// Where what was sent of a message is kept; the same in every attempt, and gone after a week.
std::string progress_key(const Message& message) {
    const std::int64_t day = message.sent_unix_us / 1'000'000 / 86'400;
    return "expire/" + std::to_string((day + 8) * 86'400) + "/sent/" + message.id;
}

}  // namespace

struct Sender::Work {
    Message message;
    std::vector<Step> steps;
    std::size_t at = 0;
    std::vector<std::string> sent;  // remote ids, one per step; "-" for one without
    int pauses = 0;
    Then then;

    Receipt receipt() const {
        Receipt out;
        for (const std::string& id : sent) {
            if (id == "-") continue;
            if (out.remote_id.empty()) {
                out.remote_id = id;
            } else {
                out.more_remote_ids.push_back(id);
            }
        }
        return out;
    }
};

void Sender::send(const Message& message, Then then) const {
    auto planned = plan(message);
    if (auto* failure = std::get_if<Failure>(&planned)) return then(std::move(*failure));
    auto work = std::make_shared<Work>();
    work->message = message;
    work->steps = std::get<std::vector<Step>>(std::move(planned));
    work->then = std::move(then);
    if (work->steps.size() == 1 || message.attempt <= 1) return next(work);
    host_.kv_get(progress_key(message), [this, work](const Result<std::optional<std::string>>& kept) {
        if (!kept) return work->then(Failure{.status = Status::unavailable, .error = kept.failure().error});
        std::string_view rest = *kept ? std::string_view(**kept) : std::string_view();
        while (!rest.empty() && work->sent.size() < work->steps.size()) {
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            work->sent.emplace_back(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        work->at = work->sent.size();
        next(work);
    });
}

void Sender::next(const std::shared_ptr<Work>& work) const {
    if (work->at == work->steps.size()) return work->then(work->receipt());
    const Step& step = work->steps[work->at];
    const auto then = [this, work](const Reply& reply) { answered(work, reply); };
    if (step.file) return api_.upload(step.method, step.parameters, *step.file, call_timeout(work->message), then);
    api_.call(step.method, step.parameters, call_timeout(work->message), then);
}

void Sender::answered(const std::shared_ptr<Work>& work, const Reply& reply) const {
    Step& step = work->steps[work->at];
    if (reply.ok) {
        const json::object* sent = reply.result.if_object();
        const std::int64_t id = sent != nullptr ? integer_in(*sent, "message_id") : 0;
        const json::object* chat = sent != nullptr ? object_in(*sent, "chat") : nullptr;
        // 0: Telegram sends it later, and nobody can point at it.
        work->sent.push_back(id > 0 && chat != nullptr ? remote_id(integer_in(*chat, "id"), id) : "-");
        work->at += 1;
        return next(work);
    }
    // What was refused was not sent: another way may be tried within the attempt.
    if (reply.code == 400 && step.file && !step.file_if_refused.empty() &&
        reply.failure.reason_code != "chat_not_found") {
        step.method = std::exchange(step.file_if_refused, "");
        step.file->name = "document";
        return next(work);
    }
    if (reply.code == 400 && step.parameters.contains("reply_parameters") &&
        reply.description.find("replied") != std::string::npos) {
        step.parameters.erase("reply_parameters");
        return next(work);
    }
    if (reply.code == 429 && work->at > 0 && reply.retry_after <= kWaitWithin && ++work->pauses <= kPauses) {
        return host_.timer(reply.retry_after, [this, work, failure = reply.failure](const Result<void>& waited) {
            if (!waited) return stop(work, failure);
            next(work);
        });
    }
    stop(work, reply.failure);
}

/// Ends an attempt that failed; if parts of the message went out, another attempt has to know.
void Sender::stop(const std::shared_ptr<Work>& work, Failure failure) const {
    if (work->at == 0) return work->then(std::move(failure));
    if (failure.status == Status::unknown_outcome) return work->then(std::move(failure));
    failure.reason_text = "Only the first " + std::to_string(work->at) + " of " + std::to_string(work->steps.size()) +
                          " parts were sent. " + failure.reason_text;
    std::string kept;
    for (const std::string& id : work->sent) kept += id + "\n";
    host_.kv_put(progress_key(work->message), kept, [work, failure = std::move(failure)](const Result<void>& put) {
        if (put) return work->then(failure);
        // Without the note another attempt would send the first parts again: a person has to decide.
        Failure unknown = failure;
        unknown.status = Status::unknown_outcome;
        unknown.error += "; and what was sent could not be noted: " + put.failure().error;
        work->then(std::move(unknown));
    });
}

void Sender::change(const Message& message, std::string_view method, json::object parameters, Then then) const {
    const auto ref = parse_remote_id(message.remote_id);
    if (!ref)
        return then(Failure{.status = Status::invalid,
                            .error = std::string(method) + ": no message of Telegram is named",
                            .reason_code = "not_found",
                            .reason_text = "Telegram does not know this message."});
    parameters["chat_id"] = ref->chat_id;
    parameters["message_id"] = ref->message_id;
    api_.call(method, parameters, call_timeout(message), [then = std::move(then)](const Reply& reply) {
        if (reply.ok || reply.description.find("message is not modified") != std::string::npos) return then(Receipt{});
        then(reply.failure);
    });
}

void Sender::edit(const Message& message, Then then) const {
    if (utf16_length(message.text) > kTextLimit)
        return then(Failure{.status = Status::invalid,
                            .error = "an edited text of more than 4096 characters",
                            .reason_code = "too_long",
                            .reason_text = "Telegram takes at most 4096 characters in an edited message."});
    change(message, "editMessageText", {{"text", message.text}}, std::move(then));
}

void Sender::withdraw(const Message& message, Then then) const {
    change(message, "deleteMessage", {}, std::move(then));
}

/// Lasts up to five seconds on the other side; there is no call that ends it.
void Sender::typing(const Message& message, Then then) const {
    const auto content = parse_json(message.content_json);
    if (content && content->is_object() && text_in(content->get_object(), "state") == "stopped") return then(Receipt{});
    api_.call("sendChatAction", {{"chat_id", message.contact}, {"action", "typing"}}, milliseconds(5'000),
              [then = std::move(then)](const Reply& reply) {
                  if (!reply.ok) return then(reply.failure);
                  then(Receipt{});
              });
}

}  // namespace usher::telegram
