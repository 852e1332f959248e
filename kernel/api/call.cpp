#include "api/call.hpp"

#include <algorithm>

#include "foundation/crypto.hpp"

namespace usher::api {
namespace {

bool is_json(std::string_view content_type) {
    return iequals_ascii(trim(content_type.substr(0, content_type.find(';'))), "application/json");
}

std::string as_text(std::int64_t n) {
    return std::to_string(n);
}

}  // namespace

Error Call::no_such(std::string_view name) {
    return not_found("There is nothing with the id '" + std::string(prefix_utf8(name, 60)) + "'.");
}

Error Call::bad_choice(std::string_view name, const std::vector<std::string>& allowed) {
    std::string message = "The parameter " + std::string(name) + " takes one of";
    for (std::size_t i = 0; i < allowed.size(); ++i) message += (i == 0 ? " " : ", ") + allowed[i];
    return invalid(message + ".");
}

void Call::miss(const json::value& body, std::initializer_list<std::string_view> required, Faults& faults) {
    const json::object* object = body.if_object();
    if (!object) return;  // said already
    for (const auto name : required) {
        if (!object->contains({name.data(), name.size()})) {
            usher::detail::fault(faults, pointer("", name), "is missing");
        }
    }
}

Result<int> Call::limit() const {
    const auto text = request.param("limit");
    if (!text) return 25;
    const auto value = parse_id(*text);
    if (!value || *value > 200) return invalid("The parameter limit takes a number from 1 to 200.");
    return static_cast<int>(*value);
}

std::string id_cursor(std::int64_t id) {
    return to_base64url("i" + as_text(id));
}

Result<std::int64_t> Call::cursor() const {
    const auto text = request.param("cursor");
    if (!text || text->empty()) return std::int64_t{0};
    const auto raw = from_base64url(*text);
    if (!raw || raw->empty() || raw->front() != 'i') return invalid("The parameter cursor is not one of this list's.");
    const auto id = parse_id(std::string_view(*raw).substr(1));
    if (!id) return invalid("The parameter cursor is not one of this list's.");
    return *id;
}

Result<std::optional<bool>> Call::query_bool(std::string_view name) const {
    const auto text = request.param(name);
    if (!text || text->empty()) return std::optional<bool>{};
    if (*text == "true") return std::optional<bool>{true};
    if (*text == "false") return std::optional<bool>{false};
    return invalid("The parameter " + std::string(name) + " takes true or false.");
}

Result<json::value> Call::json_body() const {
    if (request.upload) return Error{Errc::too_large, "The body is too long for JSON here."};
    if (request.body.empty() && request.headers.get("Content-Type").empty()) return json::value(json::object{});
    if (!is_json(request.headers.get("Content-Type"))) {
        return Error{Errc::unsupported, "The body must be sent as Content-Type: application/json."};
    }
    if (request.body.empty()) return json::value(json::object{});
    auto value = parse_json(request.body, json_depth_);
    if (!value) return invalid("The body is not JSON: " + value.error().message);
    return value;
}

Result<std::optional<store::IdempotencyKey>> Call::idempotency() const {
    if (!request.headers.has("Idempotency-Key")) return std::optional<store::IdempotencyKey>{};
    const auto key = request.headers.get("Idempotency-Key");
    const bool visible = std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (key.empty() || key.size() > 255 || !visible) {
        return invalid("Idempotency-Key takes 1 to 255 visible ASCII characters.");
    }
    const std::string principal =
        who().user_id ? "user:" + to_string(who().user_id) : "key:" + to_string(who().api_key_id);
    return std::optional<store::IdempotencyKey>{
        {crypto::sha256_hex(principal + '\n' + request.method + '\n' + request.path + '\n' + std::string(key)),
         crypto::sha256_hex(request.body)}};
}

Result<std::optional<std::int64_t>> Call::if_match() const {
    const auto text = trim(request.headers.get("If-Match"));
    if (text.empty() || text == "*") return std::optional<std::int64_t>{};
    if (text.size() > 2 && text.front() == '"' && text.back() == '"') {
        if (auto version = parse_id(text.substr(1, text.size() - 2))) return std::optional<std::int64_t>{*version};
    }
    return invalid("If-Match takes the ETag of the object, like \"3\".");
}

http::Response error_response(const Error& error, std::string_view request_id) {
    return error_response(http_status_of(error.code), error, request_id);
}

http::Response error_response(int status, const Error& error, std::string_view request_id) {
    json::array details;
    for (const auto& detail : error.details) {
        details.push_back(json::object{{"path", detail.path}, {"message", detail.message}});
    }
    const auto code = reason_of(error);
    json::object body{{"code", json::string_view(code.data(), code.size())},
                      {"message", error.message},
                      {"details", std::move(details)},
                      {"requestId", json::string_view(request_id.data(), request_id.size())}};
    auto response = http::Response::json(status, json::object{{"error", std::move(body)}});
    if (status == 429 || status == 503) {
        const auto seconds = (error.retry_after.count() + 999) / 1000;
        response.headers.set("Retry-After", as_text(std::max<std::int64_t>(1, seconds)));
    }
    return response;
}

}  // namespace usher::api
