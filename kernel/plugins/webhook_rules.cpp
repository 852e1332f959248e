#include "plugins/webhook_rules.hpp"

#include "foundation/json.hpp"
#include "foundation/log.hpp"
#include "foundation/text.hpp"

namespace usher::plugins {
namespace {

bool is_token(std::string_view name) {
    if (name.empty()) return false;
    for (const char c : name) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!plain && std::string_view("!#$%&'*+-.^_`|~").find(c) == std::string_view::npos) return false;
    }
    return true;
}

bool is_field_value(std::string_view value) {
    return std::none_of(value.begin(), value.end(),
                        [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::any_of(names.begin(), names.end(), [&](std::string_view one) { return iequals_ascii(name, one); });
}

HttpResponse plain(std::uint32_t status, std::string_view code, std::string_view message) {
    HttpResponse out;
    out.status = status;
    out.headers.emplace_back("Content-Type", "application/json");
    out.body = write_json(json::object{{"error",
                                        {{"code", json::string_view(code.data(), code.size())},
                                         {"message", json::string_view(message.data(), message.size())}}}});
    return out;
}

}  // namespace

HttpRequest cleaned(HttpRequest request) {
    std::erase_if(request.headers, [](const Pair& header) {
        return is_one_of(header.first, {"Cookie", "X-API-Key", "X-CSRF-Token"});
    });
    return request;
}

HttpResponse cleaned(HttpResponse response, std::string_view what) {
    const bool status_ok = response.status >= 200 && response.status <= 599;
    bool headers_ok = true;
    for (const auto& [name, value] : response.headers)
        headers_ok = headers_ok && is_token(name) && is_field_value(value);
    if (!status_ok || !headers_ok) {
        log::error("plugins", std::string(what) + ": its answer is no valid HTTP (" +
                                  (status_ok ? "a header" : "the status") + ")");
        return plain(500, "internal", "The channel gave no valid answer.");
    }
    std::erase_if(response.headers, [](const Pair& header) {
        return is_one_of(header.first, {"Set-Cookie", "Set-Cookie2", "Connection", "Keep-Alive", "Transfer-Encoding",
                                        "Content-Length", "Upgrade", "Trailer"});
    });
    return response;
}

HttpResponse response_of(const Outcome& outcome) {
    if (outcome.ok()) {
        HttpResponse out;
        out.status = 200;
        return out;
    }
    const Errc code = to_errc(outcome.status);
    // What the plugin says to operators stays in the house; the word for programs may go out.
    const Error error{code, "", {}, {}, outcome.reason_code};
    const std::uint32_t status = code == Errc::unsupported ? 404U : static_cast<std::uint32_t>(http_status_of(code));
    const std::string text =
        outcome.reason_text.empty() ? "The channel could not take this request." : outcome.reason_text;
    HttpResponse out = plain(status, reason_of(error), text);
    if (status == 429 || status == 503) {
        const std::uint32_t seconds = outcome.retry_after_ms == 0 ? 5 : (outcome.retry_after_ms + 999) / 1000;
        out.headers.emplace_back("Retry-After", std::to_string(seconds));
    }
    return out;
}

}  // namespace usher::plugins
