#include "plugins/abi.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "foundation/json.hpp"
#include "foundation/text.hpp"

namespace usher::plugins {

static_assert(static_cast<std::uint32_t>(MessageKind::text) == USHER_MSG_TEXT);
static_assert(static_cast<std::uint32_t>(MessageKind::failed) == USHER_MSG_FAILED);
static_assert(static_cast<std::uint32_t>(MessageKind::delete_) == USHER_MSG_DELETE);
static_assert(static_cast<std::uint32_t>(MessageKind::closed) == USHER_MSG_CLOSED);
static_assert(static_cast<std::uint32_t>(Kind::exporter) == USHER_EXPORTER);
static_assert(static_cast<std::uint32_t>(Role::owner) == USHER_ROLE_OWNER);
static_assert(static_cast<std::uint32_t>(Scope::account) == USHER_SCOPE_ACCOUNT);
static_assert(static_cast<std::uint32_t>(State::failed) == USHER_STATE_FAILED);

Errc to_errc(usher_status status) {
    switch (status) {
        case USHER_E_INVALID:
            return Errc::invalid;
        case USHER_E_AUTH:
            return Errc::unauthorized;
        case USHER_E_NOT_FOUND:
            return Errc::not_found;
        case USHER_E_RATE_LIMITED:
            return Errc::rate_limited;
        case USHER_E_UNAVAILABLE:
            return Errc::unavailable;
        case USHER_E_TIMEOUT:
            return Errc::timeout;
        case USHER_E_CANCELLED:
            return Errc::cancelled;
        case USHER_E_UNSUPPORTED:
            return Errc::unsupported;
        case USHER_E_PLUGIN_LOST:
            return Errc::plugin_lost;
        case USHER_E_UNKNOWN_OUTCOME:
            return Errc::unknown_outcome;
        case USHER_E_CONFLICT:
            return Errc::conflict;
        case USHER_E_FENCED:
            return Errc::fenced;
        default:
            return Errc::internal;
    }
}

usher_status to_status(Errc code) {
    switch (code) {
        case Errc::invalid:
        case Errc::validation:
        case Errc::forbidden:  // the egress policy, a blocked contact: the same again is wrong again
        case Errc::too_large:
            return USHER_E_INVALID;
        case Errc::unauthorized:
            return USHER_E_AUTH;
        case Errc::not_found:
            return USHER_E_NOT_FOUND;
        case Errc::conflict:
        case Errc::precondition:
            return USHER_E_CONFLICT;
        case Errc::unsupported:
            return USHER_E_UNSUPPORTED;
        case Errc::rate_limited:
            return USHER_E_RATE_LIMITED;
        case Errc::unavailable:
            return USHER_E_UNAVAILABLE;
        case Errc::timeout:
            return USHER_E_TIMEOUT;
        case Errc::cancelled:
            return USHER_E_CANCELLED;
        case Errc::internal:
            return USHER_E_INTERNAL;
        case Errc::plugin_lost:
            return USHER_E_PLUGIN_LOST;
        case Errc::unknown_outcome:
            return USHER_E_UNKNOWN_OUTCOME;
        case Errc::fenced:
            return USHER_E_FENCED;
    }
    return USHER_E_INTERNAL;
}

std::string_view status_name(usher_status status) {
    switch (status) {
        case USHER_OK:
            return "USHER_OK";
        case USHER_E_INVALID:
            return "USHER_E_INVALID";
        case USHER_E_AUTH:
            return "USHER_E_AUTH";
        case USHER_E_NOT_FOUND:
            return "USHER_E_NOT_FOUND";
        case USHER_E_RATE_LIMITED:
            return "USHER_E_RATE_LIMITED";
        case USHER_E_UNAVAILABLE:
            return "USHER_E_UNAVAILABLE";
        case USHER_E_TIMEOUT:
            return "USHER_E_TIMEOUT";
        case USHER_E_CANCELLED:
            return "USHER_E_CANCELLED";
        case USHER_E_UNSUPPORTED:
            return "USHER_E_UNSUPPORTED";
        case USHER_E_PLUGIN_LOST:
            return "USHER_E_PLUGIN_LOST";
        case USHER_E_UNKNOWN_OUTCOME:
            return "USHER_E_UNKNOWN_OUTCOME";
        case USHER_E_CONFLICT:
            return "USHER_E_CONFLICT";
        case USHER_E_FENCED:
            return "USHER_E_FENCED";
        default:
            return "USHER_E_INTERNAL";
    }
}

Fd::~Fd() {
    if (fd_ >= 0) ::close(fd_);
}

Outcome Outcome::of(const Error& error) {
    Outcome out = failed(to_status(error.code), error.message);
    out.retry_after_ms = static_cast<std::uint32_t>(std::clamp<std::int64_t>(error.retry_after.count(), 0, UINT32_MAX));
    out.reason_code = error.reason;
    return out;
}

Error to_error(const Outcome& outcome, std::string_view what) {
    Error error{to_errc(outcome.status), std::string(what)};
    if (!outcome.error.empty()) {
        error.message += ": " + outcome.error;
    } else {
        error.message += ": " + std::string(status_name(outcome.status));
    }
    error.retry_after = std::chrono::milliseconds(outcome.retry_after_ms);
    error.reason = outcome.reason_code;
    return error;
}

namespace {

constexpr std::size_t kTextLimit = 1024 * 1024;  // of a message
constexpr std::size_t kIdLimit = 1024;           // thread_key, remote_id, contact, ...
constexpr std::size_t kKeyLimit = 64 * 1024;     // dedupe_key: only its hash is stored
constexpr std::size_t kContentLimit = 256 * 1024;
constexpr std::size_t kContactLimit = 64 * 1024;
constexpr std::size_t kUriLimit = 8 * 1024;
constexpr std::size_t kPartLimit = 100;
constexpr std::size_t kPairLimit = 256;
constexpr std::size_t kReportLimit = 4 * 1024;  // error, reason_text

/// For people: never an error of its own.
std::string report(usher_str text) {
    const std::string_view all = view(text);
    if (!is_utf8(all) || all.find('\0') != std::string_view::npos) return "(a text that is not UTF-8)";
    std::string out(all.substr(0, kReportLimit));
    while (!is_utf8(out)) out.pop_back();
    return out;
}

/// Copies strings of an input and remembers the first that breaks its rule.
class Taker {
public:
    std::string text(usher_str from, const char* name, std::size_t limit) {
        const std::string_view all = view(from);
        if (!from.data && from.size != 0) return refuse(name, "is NULL with a size");
        if (all.size() > limit) return refuse(name, "is longer than " + std::to_string(limit) + " bytes");
        if (!is_utf8(all)) return refuse(name, "is not UTF-8");
        if (all.find('\0') != std::string_view::npos) return refuse(name, "holds a NUL");
        return std::string(all);
    }
    std::string bytes(usher_str from, const char* name, std::size_t limit) {
        if (!from.data && from.size != 0) return refuse(name, "is NULL with a size");
        if (from.size > limit) return refuse(name, "is longer than " + std::to_string(limit) + " bytes: use a blob");
        return copy(from);
    }
    std::string object(usher_str from, const char* name, std::size_t limit) {
        std::string all = text(from, name, limit);
        if (all.empty()) return all;
        const auto parsed = parse_json(all);
        if (!parsed) return refuse(name, "is " + parsed.error().message);
        if (!parsed->is_object()) return refuse(name, "is no JSON object");
        return all;
    }
    Pairs pairs(const usher_pair* from, std::size_t count, const char* name, std::size_t limit) {
        Pairs out;
        if (count > kPairLimit || (!from && count != 0)) {
            refuse(name, "has more than " + std::to_string(kPairLimit) + " entries, or is NULL");
            return out;
        }
        for (std::size_t i = 0; i < count; ++i) {
            std::string key = text(from[i].key, name, kIdLimit);
            out.emplace_back(std::move(key), text(from[i].value, name, limit));
        }
        return out;
    }
    std::string refuse(const char* name, const std::string& why) {
        if (fault.empty()) fault = std::string(name) + " " + why;
        return {};
    }
    std::string fault;
};

std::vector<usher_pair> lend(const Pairs& pairs) {
    std::vector<usher_pair> out;
    out.reserve(pairs.size());
    for (const auto& [key, value] : pairs) out.push_back({borrow(key), borrow(value)});
    return out;
}

}  // namespace

Outcome read_result(const usher_result* peer) {
    if (!peer) return Outcome::lost_one(USHER_E_INTERNAL, "the plugin completed without a result");
    const usher_result c = whole(peer);
    Outcome out;
    if (c.fd > 0) out.fd = std::make_shared<Fd>(c.fd);
    out.status = c.status == USHER_OK ? USHER_OK : to_status(to_errc(c.status));
    out.retry_after_ms = c.retry_after_ms;
    out.scope = c.scope <= USHER_SCOPE_ACCOUNT ? c.scope : static_cast<std::uint32_t>(USHER_SCOPE_MESSAGE);
    out.error = report(c.error);
    out.reason_code = report(c.reason_code);
    out.reason_text = report(c.reason_text);
    Taker take;
    out.body = take.text(c.body, "body", kBodyLimit);
    out.fields = take.pairs(c.fields, c.field_count, "fields", kBodyLimit);
    if (c.http) {
        const usher_http_result http = whole(c.http);
        HttpResponse& answer = out.http.emplace();
        answer.status = http.http_status;
        answer.headers = take.pairs(http.headers, http.header_count, "http.headers", kKeyLimit);
        answer.body = take.bytes(http.body, "http.body", kBodyLimit);
        answer.body_blob = take.text(http.body_blob, "http.body_blob", kIdLimit);
    }
    // What it did is done; only what it said cannot be used. For a send that is an unknown outcome.
    if (!take.fault.empty())
        return Outcome::lost_one(USHER_E_INTERNAL, "the plugin's result is malformed: " + take.fault);
    return out;
}

Result<Message> read_emit(const usher_message* peer) {
    if (!peer) return invalid("the message is NULL");
    const usher_message c = whole(peer);
    Taker take;
    Message out;
    out.kind = static_cast<MessageKind>(c.kind);
    out.id = take.text(c.id, "id", kIdLimit);
    out.dedupe_key = take.text(c.dedupe_key, "dedupe_key", kKeyLimit);
    out.thread_key = take.text(c.thread_key, "thread_key", kIdLimit);
    out.remote_id = take.text(c.remote_id, "remote_id", kIdLimit);
    out.reply_to_remote_id = take.text(c.reply_to_remote_id, "reply_to_remote_id", kIdLimit);
    out.contact = take.text(c.contact, "contact", kIdLimit);
    out.text = take.text(c.text, "text", kTextLimit);
    out.content_json = take.object(c.content_json, "content_json", kContentLimit);
    out.contact_json = take.object(c.contact_json, "contact_json", kContactLimit);
    out.author_json = take.object(c.author_json, "author_json", kContactLimit);
    out.sent_unix_us = c.sent_unix_us;
    if (c.part_count > kPartLimit || (!c.parts && c.part_count != 0))
        take.refuse("parts", "has more than 100 entries, or is NULL");
    for (std::size_t i = 0; take.fault.empty() && i < c.part_count; ++i) {
        const usher_part& part = c.parts[i];
        out.parts.push_back({take.text(part.mime, "part.mime", kIdLimit), take.text(part.name, "part.name", kIdLimit),
                             take.text(part.uri, "part.uri", kUriLimit),
                             take.object(part.attrs_json, "part.attrs_json", kContactLimit), part.size_bytes});
    }
    out.attrs = take.pairs(c.attrs, c.attr_count, "attrs", kContactLimit);
    if (c.kind == 0) take.refuse("kind", "is 0");
    if (out.dedupe_key.empty() && out.kind != MessageKind::typing && out.kind != MessageKind::page_view) {
        take.refuse("dedupe_key", "is missing");
    }
    if (!take.fault.empty()) return invalid("emit: " + take.fault);
    return out;
}

Result<HttpRequest> read_request(const usher_http* peer) {
    if (!peer) return invalid("the request is NULL");
    const usher_http c = whole(peer);
    Taker take;
    HttpRequest out;
    out.method = take.text(c.method, "method", 32);
    out.url = take.text(c.url, "url", kUriLimit);
    out.body = take.bytes(c.body, "body", kBodyLimit);
    out.body_blob = take.text(c.body_blob, "body_blob", kIdLimit);
    out.headers = take.pairs(c.headers, c.header_count, "headers", kKeyLimit);
    if (c.form_count > kPairLimit || (!c.form && c.form_count != 0))
        take.refuse("form", "has more than 256 entries, or is NULL");
    for (std::size_t i = 0; take.fault.empty() && i < c.form_count; ++i) {
        const usher_form& field = c.form[i];
        out.form.push_back(
            {take.text(field.name, "form.name", kIdLimit), take.text(field.file_name, "form.file_name", kIdLimit),
             take.text(field.mime, "form.mime", kIdLimit), take.bytes(field.value, "form.value", kBodyLimit),
             take.text(field.blob, "form.blob", kIdLimit)});
    }
    out.timeout_ms = c.timeout_ms;
    out.redirect_limit = std::min(c.redirect_limit, 10U);
    if (out.url.empty()) take.refuse("url", "is empty");
    if (!take.fault.empty()) return invalid("http: " + take.fault);
    return out;
}

LentResult::LentResult(const Outcome& outcome) : fields_(lend(outcome.fields)) {
    c_.struct_size = sizeof c_;
    c_.status = outcome.status;
    c_.retry_after_ms = outcome.retry_after_ms;
    c_.scope = outcome.scope;
    if (outcome.fd && *outcome.fd) {
        // 0 means none at the border, so a descriptor 0 gets another number.
        int fd = outcome.fd->release();
        if (fd == 0) {
            const int other = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
            ::close(fd);
            fd = other;
        }
        c_.fd = fd > 0 ? fd : 0;
    }
    c_.error = borrow(outcome.error);
    c_.reason_code = borrow(outcome.reason_code);
    c_.reason_text = borrow(outcome.reason_text);
    c_.body = borrow(outcome.body);
    c_.fields = fields_.data();
    c_.field_count = fields_.size();
    if (outcome.http) {
        headers_ = lend(outcome.http->headers);
        http_.struct_size = sizeof http_;
        http_.http_status = outcome.http->status;
        http_.headers = headers_.data();
        http_.header_count = headers_.size();
        http_.body = borrow(outcome.http->body);
        http_.body_blob = borrow(outcome.http->body_blob);
        c_.http = &http_;
    }
}

LentMessage::LentMessage(const Message& m) : attrs_(lend(m.attrs)) {
    for (const auto& part : m.parts) {
        parts_.push_back(
            {borrow(part.mime), borrow(part.name), borrow(part.uri), borrow(part.attrs_json), part.size_bytes});
    }
    c_.struct_size = sizeof c_;
    c_.kind = static_cast<std::uint32_t>(m.kind);
    c_.timeout_ms = m.timeout_ms;
    c_.attempt = m.attempt;
    c_.id = borrow(m.id);
    c_.conversation_id = borrow(m.conversation_id);
    c_.dedupe_key = borrow(m.dedupe_key);
    c_.thread_key = borrow(m.thread_key);
    c_.remote_id = borrow(m.remote_id);
    c_.reply_to_remote_id = borrow(m.reply_to_remote_id);
    c_.contact = borrow(m.contact);
    c_.text = borrow(m.text);
    c_.content_json = borrow(m.content_json);
    c_.contact_json = borrow(m.contact_json);
    c_.author_json = borrow(m.author_json);
    c_.sent_unix_us = m.sent_unix_us;
    c_.seq = m.seq;
    c_.parts = parts_.data();
    c_.part_count = parts_.size();
    c_.attrs = attrs_.data();
    c_.attr_count = attrs_.size();
}

LentRequest::LentRequest(const HttpRequest& r) : headers_(lend(r.headers)) {
    for (const auto& field : r.form) {
        form_.push_back(
            {borrow(field.name), borrow(field.file_name), borrow(field.mime), borrow(field.value), borrow(field.blob)});
    }
    c_.struct_size = sizeof c_;
    c_.timeout_ms = r.timeout_ms;
    c_.redirect_limit = r.redirect_limit;
    c_.method = borrow(r.method);
    c_.url = borrow(r.url);
    c_.path = borrow(r.path);
    c_.query = borrow(r.query);
    c_.remote_addr = borrow(r.remote_addr);
    c_.body = borrow(r.body);
    c_.body_blob = borrow(r.body_blob);
    c_.headers = headers_.data();
    c_.header_count = headers_.size();
    c_.form = form_.data();
    c_.form_count = form_.size();
}

LentRoute::LentRoute(const RouteRequest& route) {
    for (const auto& agent : route.agents) {
        agents_.push_back({borrow(agent.id), borrow(agent.attrs_json), agent.open_count, agent.open_limit,
                           agent.last_assigned_unix_us});
    }
    if (!route.message.empty()) message_.emplace(route.message.front());
    c_.struct_size = sizeof c_;
    c_.timeout_ms = route.timeout_ms;
    c_.message = message_ ? message_->get() : nullptr;
    c_.agents = agents_.data();
    c_.agent_count = agents_.size();
    c_.conversation_json = borrow(route.conversation_json);
}

}  // namespace usher::plugins
