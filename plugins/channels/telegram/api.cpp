#include "api.hpp"

#include "update.hpp"

namespace usher::telegram {

namespace json = boost::json;
using namespace sdk;
using std::chrono::milliseconds;

namespace {

Failure failure_of(int code, const std::string& description, milliseconds retry_after) {
    const std::string error = std::to_string(code) + ": " + description;
    const auto has = [&](std::string_view words) { return description.find(words) != std::string::npos; };
    switch (code) {
        case 401:
            return {.status = Status::auth,
                    .error = error,
                    .reason_code = "unauthorized",
                    .reason_text = "Telegram refuses the bot's token.",
                    .scope = Scope::account};
        case 403:
            if (has("deactivated"))
                return {.status = Status::invalid,
                        .error = error,
                        .reason_code = "contact_unreachable",
                        .reason_text = "This Telegram account no longer exists.",
                        .scope = Scope::contact};
            return {.status = Status::invalid,
                    .error = error,
                    .reason_code = "recipient_blocked",
                    .reason_text = "This person has blocked the bot.",
                    .scope = Scope::contact};
        case 404:
        case 421:
            return {.status = Status::auth,
                    .error = error,
                    .reason_code = "misconfigured",
                    .reason_text = "The Telegram account is not set up correctly.",
                    .scope = Scope::account};
        case 409:
            return {.status = Status::unavailable, .error = error, .reason_code = "conflict", .scope = Scope::account};
        case 413:
            return {.status = Status::invalid,
                    .error = error,
                    .reason_code = "too_large",
                    .reason_text = "The file is too large for Telegram."};
        case 429:
            return {.status = Status::rate_limited,
                    .error = error,
                    .reason_code = "rate_limited",
                    .reason_text = "Telegram asks for a pause.",
                    .retry_after = retry_after};
        default:
            break;
    }
    if (code >= 500)
        return {.status = Status::unknown_outcome,
                .error = error,
                .reason_code = "provider_error",
                .reason_text = "Telegram had a fault; the message may have been sent."};
    if (has("chat not found"))
        return {.status = Status::invalid,
                .error = error,
                .reason_code = "chat_not_found",
                .reason_text = "Telegram does not know this chat: the person has to write to the bot first.",
                .scope = Scope::contact};
    return {.status = Status::invalid,
            .error = error,
            .reason_code = "refused",
            .reason_text = "Telegram refused this: " + description};
}

}  // namespace

std::string without_token(std::string text, std::string_view token) {
    if (token.empty()) return text;
    for (std::size_t at = text.find(token); at != std::string::npos; at = text.find(token, at + 3))
        text.replace(at, token.size(), "***");
    return text;
}

Reply read_reply(const Result<HttpAnswer>& answer, std::string_view secret) {
    Reply reply;
    if (!answer) {
        reply.failure = answer.failure();
        reply.failure.error = "Telegram: " + without_token(reply.failure.error, secret);
        reply.failure.reason_text = reply.failure.status == Status::unknown_outcome
                                        ? "Telegram did not answer; the message may have been sent."
                                        : "Telegram cannot be reached.";
        // Nothing was written. Whoever cannot be reached cannot be reached by the account's other messages either; an
        // egress rule that forbids the address is such a case, and passes when the operator mends it.
        if (reply.failure.status != Status::unknown_outcome && reply.failure.status != Status::cancelled) {
            reply.failure.status = Status::unavailable;
            reply.failure.scope = Scope::account;
        }
        return reply;
    }
    const auto parsed = parse_json(answer->body);
    const json::object* body = parsed ? parsed->if_object() : nullptr;
    const bool answered = body != nullptr && body->if_contains("ok") != nullptr;
    if (answered && flag_in(*body, "ok") && answer->status < 300) {
        reply.ok = true;
        if (const json::value* result = body->if_contains("result")) reply.result = *result;
        return reply;
    }
    reply.code = static_cast<int>(answer->status);
    if (!answered) {
        // Some proxy spoke in Telegram's place; who knows what it did before.
        reply.description = "no answer of the Bot API (HTTP " + std::to_string(answer->status) + ")";
        if (answer->status < 300) reply.code = 502;
    } else {
        reply.description = without_token(text_in(*body, "description"), secret).substr(0, 500);
        if (const std::int64_t code = integer_in(*body, "error_code"); code >= 400 && code < 600)
            reply.code = static_cast<int>(code);
        if (const json::object* more = object_in(*body, "parameters")) {
            const std::int64_t seconds = integer_in(*more, "retry_after");
            if (seconds > 0) reply.retry_after = milliseconds(std::min<std::int64_t>(seconds, 86'400) * 1000);
            if (const std::int64_t chat = integer_in(*more, "migrate_to_chat_id"); chat != 0)
                reply.description += " (the chat is now " + std::to_string(chat) + ")";
        }
    }
    if (reply.code == 429 && reply.retry_after == milliseconds(0)) reply.retry_after = milliseconds(1000);
    reply.failure = failure_of(reply.code, reply.description, reply.retry_after);
    return reply;
}

std::string refusal_of_token(const Reply& reply) {
    if (reply.code == 401)
        return "401: Telegram refuses the bot token (" + reply.description +
               "); get the present one from @BotFather and set bot_token";
    if (reply.code == 404 || reply.code == 421)
        return std::to_string(reply.code) + ": this is not a Bot API that knows the token (" + reply.description +
               "); check api_url and bot_token";
    return {};
}

std::string Api::address(std::string_view method) const {
    return config_.api_url + "/bot" + config_.bot_token + "/" + std::string(method);
}

void Api::call(std::string_view method, const json::object& parameters, milliseconds timeout, Then then) const {
    const HttpRequest request{.method = "POST",
                              .url = address(method),
                              .body = json::serialize(parameters),
                              .headers = {{"Content-Type", "application/json"}},
                              .timeout = timeout};
    host_.http(request, [token = config_.bot_token, then = std::move(then)](const Result<HttpAnswer>& answer) {
        then(read_reply(answer, token));
    });
}

void Api::upload(std::string_view method, const json::object& parameters, FormField file, milliseconds timeout,
                 Then then) const {
    HttpRequest request{.method = "POST", .url = address(method), .timeout = timeout};
    for (const auto& [name, value] : parameters) {
        std::string text = value.is_string() ? std::string(value.get_string()) : json::serialize(value);
        request.form.push_back({.name = std::string(name), .value = std::move(text)});
    }
    request.form.push_back(std::move(file));
    host_.http(request, [token = config_.bot_token, then = std::move(then)](const Result<HttpAnswer>& answer) {
        then(read_reply(answer, token));
    });
}

void Api::updates(std::int64_t offset, int limit, int wait_s, std::function<void(Result<HttpAnswer>)> then) const {
    std::string query = "?limit=" + std::to_string(limit) + "&timeout=" + std::to_string(wait_s);
    if (offset != 0) query += "&offset=" + std::to_string(offset);
    query += "&allowed_updates=";
    for (const char c : kAllowedUpdates) {
        constexpr std::string_view kHex = "0123456789ABCDEF";
        const bool plain = (c >= 'a' && c <= 'z') || c == '_';
        if (plain) query.push_back(c);
        if (!plain) query += {'%', kHex[static_cast<unsigned char>(c) >> 4], kHex[static_cast<unsigned char>(c) & 15]};
    }
    const HttpRequest request{
        .method = "GET", .url = address("getUpdates") + query, .timeout = std::chrono::seconds(wait_s + 15)};
    host_.http(request, std::move(then));
}

HttpRequest Api::download(std::string_view file_path) const {
    return {.method = "GET",
            .url = config_.api_url + "/file/bot" + config_.bot_token + "/" + std::string(file_path),
            .timeout = std::chrono::seconds(25)};
}

Failure Api::cleaned(Failure failure) const {
    failure.error = cleaned(std::move(failure.error));
    failure.reason_text = cleaned(std::move(failure.reason_text));
    return failure;
}

}  // namespace usher::telegram
