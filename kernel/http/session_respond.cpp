// The answering half of a session: errors rendered, heads and bodies written.
#include <fcntl.h>
#include <unistd.h>

#include "foundation/log.hpp"
#include "http/session_parts.hpp"

namespace usher::http {

namespace {

constexpr std::size_t kJoinLimit = 16 * 1024;  // a body up to this goes out in one write with its head
constexpr std::size_t kFileChunk = 256 * 1024;

std::string_view date_now() {
    thread_local std::int64_t second = -1;
    thread_local std::string text;
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
    if (now.count() != second) {
        second = now.count();
        text = format_http_date(second);
    }
    return text;
}

/// A descriptor that closes.
struct Descriptor {
    explicit Descriptor(int f) : fd(f) {}
    ~Descriptor() {
        if (fd >= 0) ::close(fd);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int fd;
};

}  // namespace

Response Session::render(int status, Error error, const Incoming& in) {
    Response response;
    const auto& custom = listener_->listener.render_error;
    const Request* request = in.unparsed || in.taken ? nullptr : &in.request;
    if (custom) {
        response = custom(status, error, in.request.id, request);
    } else {
        response = Response::text(status, error.message + "\n");
    }
    if (error.retry_after.count() > 0 && !response.headers.has("Retry-After"))
        response.headers.add("Retry-After", std::to_string((error.retry_after.count() + 999) / 1000));
    return response;
}

void Session::finished(const Incoming& in, int status) {
    const auto& tell = shared_->settings.finished;
    if (!tell) return;
    const auto duration =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - in.started);
    tell(Exchange{listener_->listener.name, in.request.method,
                  in.route == nullptr ? std::string_view() : in.route->pattern, in.request.id,
                  in.request.remote_addr.empty() ? std::string_view(peer_) : in.request.remote_addr, status, duration});
}

Task<Session::Next> Session::respond(Incoming& in, Response response) {
    if (in.silent) co_return Next::close;
    if (response.status < 200) response.status = 500;
    bool keep = in.keep_alive && !response.close;
    if (keep) keep = co_await discard_rest(in);
    if (shared_->draining) keep = false;

    const bool bodyless = response.status == 204 || response.status == 304;
    std::string_view body =
        response.shared_body ? std::string_view(*response.shared_body) : std::string_view(response.body);
    Framing framing{in.head.http11 || in.unparsed, keep, {}};
    if (!bodyless) framing.content_length = response.file ? response.file->length : body.size();
    if (bodyless || in.request.method == "HEAD" || response.file) body = {};

    std::size_t dropped = 0;
    std::string head = render_head(response, listener_->listener.headers, framing, date_now(), in.request.id, &dropped);
    if (dropped != 0)
        log::warn("http", "header fields of a response were left out",
                  {{"request", in.request.id}, {"count", dropped}});
    if (body.size() <= kJoinLimit) {
        head += body;
        body = {};
    }
    bool written = co_await write_all(head, body);
    if (written && response.file && !bodyless && in.request.method != "HEAD")
        written = co_await write_file(*response.file);
    finished(in, response.status);
    if (!written) co_return Next::close;
    if (keep) co_return Next::again;
    // With nothing unread, closing takes nothing back; a client still sends behind a refusal.
    if (in.body_left || in.unparsed || !buffer_.empty()) {
        co_await linger();
    } else {
        allow(std::chrono::seconds(1));
        co_await transport_->shutdown();
    }
    co_return Next::close;
}

/// A client that takes nothing for the write timeout is cut; one that takes a little now and then is served.
Task<bool> Session::write_all(std::string_view first, std::string_view second) {
    while (!first.empty() || !second.empty()) {
        if (cut_) co_return false;
        if (timed_out_) {
            allow(std::chrono::seconds(1));
        } else {
            allow(shared_->settings.limits.write_timeout);
        }
        const IoResult written = co_await transport_->write_some(asio::buffer(first), asio::buffer(second));
        if (written.error) co_return false;
        const std::size_t of_first = std::min(first.size(), written.bytes);
        first.remove_prefix(of_first);
        second.remove_prefix(written.bytes - of_first);
    }
    co_return true;
}

Task<bool> Session::write_file(const FileBody& file) {
    const Descriptor in(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (in.fd < 0) {
        log::error("http", "a file to send is gone", {{"path", file.path.string()}});
        co_return false;
    }
    std::uint64_t at = file.offset;
    const std::uint64_t end = file.offset + file.length;
    while (at < end) {
        allow_forever();
        const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(kFileChunk, end - at));
        auto read = [fd = in.fd, at, want] {
            std::string bytes(want, '\0');
            const ::ssize_t got = ::pread(fd, bytes.data(), want, static_cast<::off_t>(at));
            bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
            return bytes;
        };
        const std::string chunk = co_await offload(shared_->files, read);
        if (chunk.empty()) {
            log::error("http", "a file to send is shorter than it was", {{"path", file.path.string()}});
            co_return false;
        }
        const bool written = co_await write_all(chunk, {});
        if (!written) co_return false;
        at += chunk.size();
    }
    co_return true;
}

}  // namespace usher::http
