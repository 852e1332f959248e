#pragma once
/// How FakeHost does what it promises. Included by <usher/fake_host.hpp>.
#include <usher/fake_host.hpp>

namespace usher::sdk {

namespace fake {

/// @returns whether bytes are UTF-8 without NUL: no overlong forms, no surrogates, nothing beyond U+10FFFF
inline bool is_text(std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size();) {
        const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
        const unsigned char first = byte(i);
        if (first == 0) return false;
        const std::size_t length = first < 0x80       ? 1
                                   : first >> 5 == 6  ? 2
                                   : first >> 4 == 14 ? 3
                                   : first >> 3 == 30 ? 4
                                                      : 0;
        if (length == 0 || i + length > bytes.size()) return false;
        std::uint32_t point = length == 1 ? first : first & (0x7fu >> length);
        for (std::size_t k = 1; k < length; ++k) {
            if (byte(i + k) >> 6 != 2) return false;
            point = point << 6 | (byte(i + k) & 0x3fu);
        }
        constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
        if (point < kLeast[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
        i += length;
    }
    return true;
}

/// What `conflict` compares (ABI.md).
inline std::string content_of(const Message& m) {
    std::string content = std::to_string(static_cast<std::uint32_t>(m.kind));
    for (const std::string* text :
         {&m.thread_key, &m.remote_id, &m.id, &m.reply_to_remote_id, &m.contact, &m.text, &m.content_json})
        content += '\0' + *text;
    for (const Part& part : m.parts)
        content += '\0' + part.mime + '\0' + part.name + '\0' + part.uri + '\0' + std::to_string(part.size_bytes);
    return content;
}

}  // namespace fake

inline bool FakeHost::run() {
    bool did_anything = false;
    for (;;) {
        Ready one;
        {
            const std::lock_guard lock(mutex_);
            if (ready_.empty()) return did_anything;
            one = std::move(ready_.front());
            ready_.pop_front();
        }
        finish(one);
        did_anything = true;
    }
}

inline void FakeHost::advance(std::chrono::milliseconds by) {
    const std::int64_t until = now_ms_ + by.count();
    run();
    for (;;) {
        usher_done due{};
        {
            const std::lock_guard lock(mutex_);
            const auto first = timers_.begin();
            if (first == timers_.end() || first->first > until) break;
            now_ms_ = std::max(now_ms_, first->first);
            due = first->second;
            timers_.erase(first);
        }
        finish({due, [](BorrowedResult&) {}});
        run();
    }
    now_ms_ = until;
}

inline void FakeHost::cancel_pending() {
    std::deque<Ready> ready;
    std::multimap<std::int64_t, usher_done> timers;
    {
        const std::lock_guard lock(mutex_);
        ready.swap(ready_);
        timers.swap(timers_);
    }
    const Failure cancelled{.status = Status::cancelled, .error = "the instance ends"};
    for (const Ready& one : ready) finish({one.done, [&](BorrowedResult& r) { r.failure(cancelled); }});
    for (const auto& [at, done] : timers) finish({done, [&](BorrowedResult& r) { r.failure(cancelled); }});
}

inline void FakeHost::check_text(std::string_view what, std::string_view text) {
    if (!fake::is_text(text)) violation("emit: " + std::string(what) + " is not UTF-8 without NUL");
}

inline usher_status FakeHost::emit(std::string routing_key, const usher_message& peer, usher_done done) {
    const Message message = Message::copy(peer);
    if (message.dedupe_key.empty() && message.kind != Kind::typing && message.kind != Kind::page_view)
        violation("emit: a dedupe_key is required for this kind");
    check_text("text", message.text);
    check_text("contact", message.contact);
    check_text("content_json", message.content_json);
    check_text("contact_json", message.contact_json);
    Result<Emitted> answer = Emitted{};
    std::optional<Result<Emitted>> scripted = on_emit ? on_emit(message) : std::nullopt;
    {
        const std::lock_guard lock(mutex_);
        emits_.push_back({message, std::move(routing_key)});
        const bool stored = message.kind != Kind::typing && message.kind != Kind::page_view;
        if (scripted) {
            answer = *scripted;
        } else if (const auto seen = seen_.find(message.dedupe_key); stored && seen != seen_.end()) {
            Emitted first = seen->second.second;
            (seen->second.first == fake::content_of(message) ? first.duplicate : first.conflict) = true;
            answer = first;
        } else if (stored) {
            answer->message_id = std::to_string(48219300 + ++last_id_);
            answer->conversation_id = "482000";
            seen_[message.dedupe_key] = {fake::content_of(message), *answer};
        }
    }
    return later(done, [answer](BorrowedResult& r) {
        if (!answer) return r.failure(answer.failure());
        r.field("message_id", answer->message_id);
        r.field("conversation_id", answer->conversation_id);
        if (answer->duplicate) r.field("duplicate", "1");
        if (answer->conflict) r.field("conflict", "1");
        r.field("ignored", answer->ignored);
    });
}

inline Result<HttpAnswer> FakeHost::ask(const usher_http& peer) {
    const HttpRequest request = HttpRequest::copy(peer);
    {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
    }
    if (!on_http) return Failure{.status = Status::unavailable, .error = "the fake host has no on_http"};
    return on_http(request);
}

inline usher_status FakeHost::http(const usher_http& peer, usher_done done) {
    return later(done, [answer = ask(peer)](BorrowedResult& r) {
        if (!answer) return r.failure(answer.failure());
        r.http(*answer);
    });
}

inline usher_status FakeHost::kv_get(usher_str key, usher_done done) {
    return later(done, [this, name = std::string(view(key))](BorrowedResult& r) {
        const auto found = kv.find(name);
        if (found == kv.end()) return r.failure({.status = Status::not_found, .error = "no such key"});
        r.body(found->second);
    });
}

inline usher_status FakeHost::kv_put(usher_str key, usher_str value, usher_done done) {
    return later(done, [this, name = std::string(view(key)), text = std::string(view(value))](BorrowedResult& r) {
        if (!owner) return r.failure({.status = Status::fenced, .error = "not the owner"});
        if (text.size() > 65536) return r.failure({.status = Status::invalid, .error = "value over 64 KiB"});
        kv[name] = text;
    });
}

inline usher_status FakeHost::kv_put_if(usher_str key, usher_str expected, usher_str value, usher_done done) {
    return later(done, [this, name = std::string(view(key)), before = std::string(view(expected)),
                        text = std::string(view(value))](BorrowedResult& r) {
        const auto found = kv.find(name);
        static const std::string kAbsent;
        const std::string& present = found == kv.end() ? kAbsent : found->second;
        if (present != before) return r.failure({.status = Status::conflict, .body = present});
        if (text.empty())
            kv.erase(name);
        else
            kv[name] = text;
    });
}

inline usher_status FakeHost::timer(std::uint32_t delay_ms, usher_done done) {
    if (delay_ms == 0) return later(done, [](BorrowedResult&) {});
    const std::lock_guard lock(mutex_);
    timers_.emplace(now_ms_ + delay_ms, done);
    return USHER_OK;
}

inline void FakeHost::fill_blob(BorrowedResult& result, const std::string& id, std::string& size, std::string& hash) {
    const std::string bytes = blob(id);
    size = std::to_string(bytes.size());
    hash = fake::sha256_hex(bytes);
    result.field("blob", id);
    result.field("size_bytes", size);
    result.field("mime", "application/octet-stream");
    result.field("sha256", hash);
}

inline usher_status FakeHost::blob_fetch(const usher_http& peer, std::uint64_t limit, usher_done done) {
    auto answer = ask(peer);
    std::string id;
    if (answer && answer->status == 200) id = put_blob(answer->body);
    return later(done,
                 [this, answer, id, limit, size = std::string(), hash = std::string()](BorrowedResult& r) mutable {
                     if (!answer) return r.failure(answer.failure());
                     if (answer->body.size() > limit)
                         return r.failure({.status = Status::invalid, .error = "over the limit"});
                     if (!id.empty()) fill_blob(r, id, size, hash);
                     r.http(*answer);
                 });
}

inline usher_status FakeHost::blob_open(usher_str id, usher_done done) {
    return later(done, [path = folder() / std::string(view(id))](BorrowedResult& r) {
        const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (descriptor < 0) return r.failure({.status = Status::not_found, .error = "no such blob"});
        r.fd(descriptor);
    });
}

inline usher_status FakeHost::blob_create(usher_done done) {
    const std::string id = put_blob({});
    return later(done, [id, path = folder() / id](BorrowedResult& r) {
        const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
        if (descriptor < 0) return r.failure({.status = Status::internal, .error = "no draft"});
        r.field("draft", id);
        r.fd(descriptor);
    });
}

inline usher_status FakeHost::blob_seal(usher_str id, usher_done done) {
    return later(done, [this, name = std::string(view(id)), size = std::string(),
                        hash = std::string()](BorrowedResult& r) mutable { fill_blob(r, name, size, hash); });
}

}  // namespace usher::sdk
