#include "plugins/host_program/remote_sinks.hpp"

#include <charconv>

#include "plugins/await.hpp"

namespace usher::plugins {

using wire::Op;

namespace {

Error error_of(const Outcome& outcome) {
    Error error{to_errc(outcome.status), outcome.error};
    error.retry_after = std::chrono::milliseconds(outcome.retry_after_ms);
    error.reason = outcome.reason_code;
    return error;
}

std::uint64_t number(std::string_view text) {
    std::uint64_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

EmitResult emitted(const Outcome& outcome) {
    EmitResult out;
    out.message_id = find(outcome.fields, "message_id");
    out.conversation_id = find(outcome.fields, "conversation_id");
    out.duplicate = find(outcome.fields, "duplicate") == "1";
    out.conflict = find(outcome.fields, "conflict") == "1";
    out.ignored = find(outcome.fields, "ignored");
    return out;
}

template <class Blob>
Blob blob_of(const Outcome& outcome) {
    Blob out;
    out.blob = find(outcome.fields, "blob");
    out.mime = find(outcome.fields, "mime");
    out.sha256 = find(outcome.fields, "sha256");
    out.size_bytes = number(find(outcome.fields, "size_bytes"));
    return out;
}

}  // namespace

Task<Outcome> Requests::ask(std::string frame) {
    auto self = shared_from_this();
    std::function<void(std::function<void(Outcome)>)> begin =
        [self, frame = std::move(frame)](std::function<void(Outcome)> finish) mutable {
            std::uint64_t call = 0;
            {
                const std::lock_guard lock(self->mutex_);
                call = ++self->last_;
                self->pending_.emplace(call, std::move(finish));
            }
            std::memcpy(frame.data() + offsetof(wire::Head, call), &call, sizeof call);
            self->link_->send(std::move(frame));
        };
    Outcome cancelled = Outcome::failed(USHER_E_CANCELLED, "cancelled");
    co_return co_await await_callback<Outcome>(std::move(begin), std::move(cancelled));
}

void Requests::answered(const Link::Frame& frame) {
    std::function<void(Outcome)> finish;
    {
        const std::lock_guard lock(mutex_);
        auto found = pending_.find(frame.head.call);
        if (found == pending_.end()) return;
        finish = std::move(found->second);
        pending_.erase(found);
    }
    Outcome outcome;
    if (!wire::read(frame.body, outcome)) outcome = Outcome::failed(USHER_E_INTERNAL, "an answer that cannot be read");
    outcome.fd = frame.fd;
    finish(std::move(outcome));
}

Task<Result<EmitResult>> RemoteSinks::emit(AccountRef, Message message) {
    const Outcome outcome = co_await requests_->ask(frame(Op::emit, message));
    if (!outcome.ok()) co_return error_of(outcome);
    co_return emitted(outcome);
}

Task<Result<EmitResult>> RemoteSinks::emit_for(std::string routing_key, Message message) {
    const Outcome outcome = co_await requests_->ask(frame(Op::emit_for, routing_key, message));
    if (!outcome.ok()) co_return error_of(outcome);
    co_return emitted(outcome);
}

void RemoteSinks::typing(AccountRef, Message message) {
    requests_->tell(frame(Op::emit, message));
}

Task<Result<std::optional<std::string>>> RemoteSinks::get(std::string, std::string key) {
    Outcome outcome = co_await requests_->ask(frame(Op::kv_get, key));
    std::optional<std::string> value;
    if (outcome.status == USHER_E_NOT_FOUND) co_return value;
    if (!outcome.ok()) co_return error_of(outcome);
    value = std::move(outcome.body);
    co_return value;
}

Task<Result<void>> RemoteSinks::put(std::string, std::string key, std::string value) {
    const Outcome outcome = co_await requests_->ask(frame(Op::kv_put, key, value));
    if (!outcome.ok()) co_return error_of(outcome);
    co_return Result<void>();
}

Task<Result<KvStore::PutIf>> RemoteSinks::put_if(std::string, std::string key, std::string expected,
                                                 std::string value) {
    Outcome outcome = co_await requests_->ask(frame(Op::kv_put_if, key, expected, value));
    PutIf out;
    out.written = outcome.ok();
    out.present = std::move(outcome.body);
    if (!out.written && outcome.status != USHER_E_CONFLICT) co_return error_of(outcome);
    co_return out;
}

// ---- visitors -------------------------------------------------------------------------------------------------------

void RemoteSinks::opened(const std::string& session) {
    const std::lock_guard lock(mutex_);
    sessions_.insert(session);
}

void RemoteSinks::shut(const std::string& session) {
    const std::lock_guard lock(mutex_);
    sessions_.erase(session);
}

bool RemoteSinks::is_open(const std::string& session) {
    const std::lock_guard lock(mutex_);
    return sessions_.contains(session);
}

bool RemoteSinks::push(const AccountRef&, const std::string& session, const std::string& json) {
    if (!is_open(session)) return false;
    requests_->tell(frame(Op::push, session, json));
    return true;
}

bool RemoteSinks::close(const AccountRef&, const std::string& session, std::uint32_t code, const std::string& reason) {
    if (!is_open(session)) return false;
    requests_->tell(frame(Op::close, session, code, reason));
    return true;
}

Task<Result<std::string>> RemoteSinks::history(AccountRef, std::string contact, std::string thread_key,
                                               std::string after, std::uint32_t limit) {
    Outcome outcome = co_await requests_->ask(frame(Op::history, contact, thread_key, after, limit));
    if (!outcome.ok()) co_return error_of(outcome);
    co_return std::move(outcome.body);
}

// ---- what is only told ----------------------------------------------------------------------------------------------

void RemoteSinks::state(const AccountRef&, State state, const std::string& text) {
    requests_->tell(frame(Op::state, static_cast<std::uint32_t>(state), text));
}

void RemoteSinks::add(const AccountRef&, const std::string& name, double delta, const Pairs& labels) {
    requests_->tell(frame(Op::metric, name, delta, labels));
}

void RemoteSinks::write_log(log::Level level, const std::string& line) {
    const std::uint32_t number = level == log::Level::error  ? USHER_LOG_ERROR
                                 : level == log::Level::warn ? USHER_LOG_WARN
                                 : level == log::Level::info ? USHER_LOG_INFO
                                                             : USHER_LOG_DEBUG;
    requests_->tell(frame(Op::log, number, line));
}

// ---- http and blobs -------------------------------------------------------------------------------------------------

Task<Result<HttpResponse>> RemoteSinks::request(AccountRef, std::vector<std::string>, HttpRequest request) {
    Outcome outcome = co_await requests_->ask(frame(Op::http, request));
    if (!outcome.ok()) co_return error_of(outcome);
    HttpResponse out;
    if (outcome.http) out = std::move(*outcome.http);
    co_return out;
}

Task<Result<HttpSink::Fetched>> RemoteSinks::fetch(AccountRef, std::vector<std::string>, HttpRequest request,
                                                   std::uint64_t limit_bytes) {
    Outcome outcome = co_await requests_->ask(frame(Op::fetch, request, limit_bytes));
    if (!outcome.ok()) co_return error_of(outcome);
    auto out = blob_of<Fetched>(outcome);
    if (outcome.http) out.response = std::move(*outcome.http);
    co_return out;
}

Task<Result<int>> RemoteSinks::open(AccountRef, std::string blob) {
    const Outcome outcome = co_await requests_->ask(frame(Op::blob_open, blob));
    if (!outcome.ok()) co_return error_of(outcome);
    if (!outcome.fd) co_return Error{Errc::internal, "no descriptor came with the blob"};
    co_return outcome.fd->release();
}

Task<Result<BlobSink::Draft>> RemoteSinks::create(AccountRef, std::uint64_t limit_bytes) {
    const Outcome outcome = co_await requests_->ask(frame(Op::blob_create, limit_bytes));
    if (!outcome.ok()) co_return error_of(outcome);
    if (!outcome.fd) co_return Error{Errc::internal, "no descriptor came with the draft"};
    Draft out;
    out.fd = outcome.fd->release();
    out.id = find(outcome.fields, "draft");
    co_return out;
}

Task<Result<BlobSink::Sealed>> RemoteSinks::seal(AccountRef, std::string draft) {
    const Outcome outcome = co_await requests_->ask(frame(Op::blob_seal, draft));
    if (!outcome.ok()) co_return error_of(outcome);
    co_return blob_of<Sealed>(outcome);
}

}  // namespace usher::plugins
