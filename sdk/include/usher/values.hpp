#pragma once
/// The plain values that cross the border, as C++ owns them: statuses, failures, messages, HTTP, candidates.
/// Copies of what plugin.h describes; read it for the meaning of each member. No library but the standard one.
#include <usher/plugin.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace usher::sdk {

enum class Status : std::int32_t {
    ok = USHER_OK,
    invalid = USHER_E_INVALID,
    auth = USHER_E_AUTH,
    not_found = USHER_E_NOT_FOUND,
    rate_limited = USHER_E_RATE_LIMITED,
    unavailable = USHER_E_UNAVAILABLE,
    timeout = USHER_E_TIMEOUT,
    cancelled = USHER_E_CANCELLED,
    unsupported = USHER_E_UNSUPPORTED,
    internal = USHER_E_INTERNAL,
    plugin_lost = USHER_E_PLUGIN_LOST,
    unknown_outcome = USHER_E_UNKNOWN_OUTCOME,
    conflict = USHER_E_CONFLICT,
    fenced = USHER_E_FENCED,
};

/// @returns the status for a C value; one that this header does not know reads as internal (plugin.h)
constexpr Status to_status(usher_status value) {
    return value <= USHER_OK && value >= USHER_E_FENCED ? static_cast<Status>(value) : Status::internal;
}

constexpr std::string_view to_string(Status status) {
    constexpr std::string_view kNames[] = {"ok",          "invalid",         "auth",      "not_found",   "rate_limited",
                                           "unavailable", "timeout",         "cancelled", "unsupported", "internal",
                                           "plugin_lost", "unknown_outcome", "conflict",  "fenced"};
    return kNames[-static_cast<std::int32_t>(to_status(static_cast<usher_status>(status)))];
}

enum class Scope : std::uint32_t {
    message = USHER_SCOPE_MESSAGE,
    contact = USHER_SCOPE_CONTACT,
    account = USHER_SCOPE_ACCOUNT
};
enum class State : std::uint32_t {
    ready = USHER_STATE_READY,
    degraded = USHER_STATE_DEGRADED,
    failed = USHER_STATE_FAILED
};
enum class Role : std::uint32_t { edge = USHER_ROLE_EDGE, owner = USHER_ROLE_OWNER };
enum class Level : std::uint32_t {
    error = USHER_LOG_ERROR,
    warn = USHER_LOG_WARN,
    info = USHER_LOG_INFO,
    debug = USHER_LOG_DEBUG
};
enum class Kind : std::uint32_t {
    text = USHER_MSG_TEXT,
    sent = USHER_MSG_SENT,
    delivered = USHER_MSG_DELIVERED,
    read = USHER_MSG_READ,
    failed = USHER_MSG_FAILED,
    typing = USHER_MSG_TYPING,
    edit = USHER_MSG_EDIT,
    deleted = USHER_MSG_DELETE,
    reaction = USHER_MSG_REACTION,
    postback = USHER_MSG_POSTBACK,
    contact = USHER_MSG_CONTACT,
    page_view = USHER_MSG_PAGE_VIEW,
    echo = USHER_MSG_ECHO,
    closed = USHER_MSG_CLOSED
};

/// A frozen string view, both ways. The view lives as long as what it looks at.
constexpr std::string_view view(usher_str text) {
    return {text.data != nullptr ? text.data : "", text.size};
}
constexpr usher_str str(std::string_view text) {
    return {text.data(), text.size()};
}

/// @returns the peer's struct over zeroes: members that an older peer's shorter struct lacks read as zero
template <class Struct>
Struct whole(const Struct& peer) {
    Struct copy{};
    std::memcpy(&copy, &peer, std::min<std::size_t>(peer.struct_size, sizeof(Struct)));
    return copy;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

inline Pairs copy_pairs(const usher_pair* pairs, std::size_t count) {
    Pairs copy;
    copy.reserve(count);
    for (std::size_t i = 0; i < count; ++i) copy.emplace_back(view(pairs[i].key), view(pairs[i].value));
    return copy;
}

/// @returns the first value of a key, or an empty view; exact bytes
inline std::string_view find(const Pairs& pairs, std::string_view key) {
    for (const auto& [name, value] : pairs)
        if (name == key) return value;
    return {};
}

inline bool same_header(std::string_view left, std::string_view right) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [&](char a, char b) { return lower(a) == lower(b); });
}

/// @returns the first value of a header in any spelling, or nothing when the header is absent
inline std::optional<std::string_view> find_header(const Pairs& headers, std::string_view name) {
    for (const auto& [key, value] : headers)
        if (same_header(key, name)) return value;
    return std::nullopt;
}

/// usher_http_result: the answer to a webhook, or what Host::http got.
struct HttpAnswer {
    std::uint32_t status = 200;
    Pairs headers{};
    std::string body{};
    std::string body_blob{};  ///< a blob's id in place of `body`

    std::optional<std::string_view> header(std::string_view name) const { return find_header(headers, name); }
};

/// Why an operation did not succeed. `error` is for operators, `reason_code` for programs, `reason_text` for the agent.
struct Failure {
    Status status = Status::internal;
    std::string error{};
    std::string reason_code{};
    std::string reason_text{};
    std::chrono::milliseconds retry_after{0};
    Scope scope = Scope::message;
    std::string body{};                        ///< with conflict: the present value
    std::shared_ptr<const HttpAnswer> http{};  ///< a visitor's refusal; a fetch's answer
};

/// A value or a Failure.
template <class T>
class Result {
public:
    Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    Result(Failure failure) : content_(std::in_place_index<1>, std::move(failure)) {}
    explicit operator bool() const { return content_.index() == 0; }
    T& operator*() { return std::get<0>(content_); }
    const T& operator*() const { return std::get<0>(content_); }
    T* operator->() { return &std::get<0>(content_); }
    const T* operator->() const { return &std::get<0>(content_); }
    /// Only where the result is false.
    const Failure& failure() const { return std::get<1>(content_); }

private:
    std::variant<T, Failure> content_;
};

template <>
class Result<void> {
public:
    Result() = default;
    Result(Failure failure) : failure_(std::move(failure)) {}
    explicit operator bool() const { return !failure_; }
    const Failure& failure() const { return failure_.value(); }

private:
    std::optional<Failure> failure_;
};

struct Part {
    std::string mime{}, name{}, uri{}, attrs_json{};
    std::uint64_t size_bytes = 0;
};

/// usher_message, both ways: what a plugin emits and what the kernel sends.
struct Message {
    Kind kind = Kind::text;
    std::string id{}, conversation_id{}, dedupe_key{}, thread_key{}, remote_id{}, reply_to_remote_id{}, contact{};
    std::string text{}, content_json{}, contact_json{}, author_json{};
    std::chrono::milliseconds timeout{0};
    std::uint32_t attempt = 0;
    std::int64_t sent_unix_us = 0;
    std::uint64_t seq = 0;
    std::vector<Part> parts{};
    Pairs attrs{};

    static Message copy(const usher_message& peer) {
        const usher_message m = whole(peer);
        Message message{
            .kind = static_cast<Kind>(m.kind),
            .id = std::string(view(m.id)),
            .conversation_id = std::string(view(m.conversation_id)),
            .dedupe_key = std::string(view(m.dedupe_key)),
            .thread_key = std::string(view(m.thread_key)),
            .remote_id = std::string(view(m.remote_id)),
            .reply_to_remote_id = std::string(view(m.reply_to_remote_id)),
            .contact = std::string(view(m.contact)),
            .text = std::string(view(m.text)),
            .content_json = std::string(view(m.content_json)),
            .contact_json = std::string(view(m.contact_json)),
            .author_json = std::string(view(m.author_json)),
            .timeout = std::chrono::milliseconds(m.timeout_ms),
            .attempt = m.attempt,
            .sent_unix_us = m.sent_unix_us,
            .seq = m.seq,
        };
        for (std::size_t i = 0; i < m.part_count; ++i) {
            const usher_part& part = m.parts[i];
            message.parts.push_back({std::string(view(part.mime)), std::string(view(part.name)),
                                     std::string(view(part.uri)), std::string(view(part.attrs_json)), part.size_bytes});
        }
        message.attrs = copy_pairs(m.attrs, m.attr_count);
        return message;
    }
};
using Outbound = Message;
using Inbound = Message;

struct FormField {
    std::string name{}, file_name{}, mime{}, value{}, blob{};
};

/// usher_http: a webhook's request, or what Host::http is to ask.
struct HttpRequest {
    std::string method = "GET";
    std::string url{};
    std::string path{}, query{}, remote_addr{};  ///< webhook only
    std::string body{}, body_blob{};
    Pairs headers{};
    std::vector<FormField> form{};
    std::chrono::milliseconds timeout{0};  ///< 0 = 30 s
    std::uint32_t redirect_limit = 0;

    std::optional<std::string_view> header(std::string_view name) const { return find_header(headers, name); }

    static HttpRequest copy(const usher_http& peer) {
        const usher_http h = whole(peer);
        HttpRequest request{
            .method = std::string(view(h.method)),
            .url = std::string(view(h.url)),
            .path = std::string(view(h.path)),
            .query = std::string(view(h.query)),
            .remote_addr = std::string(view(h.remote_addr)),
            .body = std::string(view(h.body)),
            .body_blob = std::string(view(h.body_blob)),
            .headers = copy_pairs(h.headers, h.header_count),
            .form = {},
            .timeout = std::chrono::milliseconds(h.timeout_ms),
            .redirect_limit = h.redirect_limit,
        };
        for (std::size_t i = 0; i < h.form_count; ++i) {
            const usher_form& field = h.form[i];
            request.form.push_back({std::string(view(field.name)), std::string(view(field.file_name)),
                                    std::string(view(field.mime)), std::string(view(field.value)),
                                    std::string(view(field.blob))});
        }
        return request;
    }
};

inline HttpAnswer copy_answer(const usher_http_result& peer) {
    const usher_http_result r = whole(peer);
    return {.status = r.http_status,
            .headers = copy_pairs(r.headers, r.header_count),
            .body = std::string(view(r.body)),
            .body_blob = std::string(view(r.body_blob))};
}

/// A candidate of a strategy.
struct Agent {
    std::string id{}, attrs_json{};
    std::uint32_t open_count = 0;
    std::uint32_t open_limit = 0;  ///< 0 = no limit
    std::int64_t last_assigned_unix_us = 0;
};

struct Route {
    std::optional<Message> message{};
    std::vector<Agent> agents{};
    std::string conversation_json{};
    std::chrono::milliseconds timeout{0};

    static Route copy(const usher_route& peer) {
        const usher_route r = whole(peer);
        Route route;
        if (r.message != nullptr) route.message = Message::copy(*r.message);
        for (std::size_t i = 0; i < r.agent_count; ++i) {
            const usher_agent& agent = r.agents[i];
            route.agents.push_back({std::string(view(agent.id)), std::string(view(agent.attrs_json)), agent.open_count,
                                    agent.open_limit, agent.last_assigned_unix_us});
        }
        route.conversation_json = view(r.conversation_json);
        route.timeout = std::chrono::milliseconds(r.timeout_ms);
        return route;
    }
};

/// What a send achieved. Most channels answer one id; a message sent as several parts has more, in order.
struct Receipt {
    std::string remote_id{};
    std::vector<std::string> more_remote_ids{};
};

/// What an emit stored. `ignored` says why a receipt changed nothing (ABI.md).
struct Emitted {
    std::string message_id{}, conversation_id{};
    bool duplicate = false;
    bool conflict = false;
    std::string ignored{};
};

/// A round of polling that went well. The next one begins not before `next_in`; 0 = soon.
struct Polled {
    std::chrono::milliseconds next_in{0};
};

/// A visitor who is let in: whose stream it is and where it goes on.
struct Admission {
    std::string contact{}, thread_key{}, after{}, attrs_json{};
};

}  // namespace usher::sdk
