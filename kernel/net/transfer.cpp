#include "net/transfer.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "foundation/text.hpp"

namespace usher::net {

namespace {

constexpr std::size_t kErrorBodyLimit = 1024 * 1024;  // of what is no 2xx when the body was to go to a file
constexpr long kIdleConnectionSeconds = 20;  // a connection idle for longer is not used for what must not repeat

bool is_field_name(std::string_view name) {
    if (name.empty()) return false;
    for (const char c : name)
        if (c <= 0x20 || c >= 0x7f || std::string_view("\"(),/:;<=>?@[\\]{}").find(c) != std::string_view::npos)
            return false;
    return true;
}

bool is_ours(std::string_view name) {
    for (const std::string_view ours :
         {"Content-Length", "Transfer-Encoding", "Connection", "Host", "Expect", "TE", "Upgrade"})
        if (iequals_ascii(name, ours)) return true;
    return false;
}

/// What may go along to another origin.
bool is_harmless(std::string_view name) {
    for (const std::string_view good : {"Accept", "Accept-Language", "User-Agent"})
        if (iequals_ascii(name, good)) return true;
    return false;
}

template <class T>
void set(CURL* easy, CURLoption option, T value) {
    curl_easy_setopt(easy, option, value);  // fails only for options that this libcurl does not know
}

}  // namespace

Transfer::Transfer(std::uint64_t number, Request request, Url url, const Settings& settings, Done done)
    : number_(number),
      request_(std::move(request)),
      url_(std::move(url)),
      settings_(settings),
      done_(std::move(done)),
      deadline_(std::chrono::steady_clock::now() + request_.timeout),
      allow_(settings.allow_cidrs) {
    allow_.insert(allow_.end(), request_.allow_cidrs.begin(), request_.allow_cidrs.end());
}

Transfer::~Transfer() {
    release();
    if (easy_ != nullptr) curl_easy_cleanup(easy_);
}

void Transfer::release() {
    if (easy_ != nullptr) curl_easy_reset(easy_);
    curl_slist_free_all(std::exchange(fields_, nullptr));
    curl_mime_free(std::exchange(form_, nullptr));
    if (body_fd_ >= 0) ::close(std::exchange(body_fd_, -1));
}

bool Transfer::is_safe() const {
    return request_.method == "GET" || request_.method == "HEAD" || request_.method == "OPTIONS";
}

Result<void> Transfer::prepare() {
    release();
    if (easy_ == nullptr) easy_ = curl_easy_init();
    response_ = Response();
    header_bytes_ = 0;
    requests_in_hop_ = 0;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
    if (left.count() <= 0) return Error{Errc::timeout, url_.host + ": no time was left"};
    set(easy_, CURLOPT_PRIVATE, this);
    set(easy_, CURLOPT_ERRORBUFFER, error_);
    set(easy_, CURLOPT_NOSIGNAL, 1L);
    set(easy_, CURLOPT_URL, url_.text.c_str());
    set(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy_, CURLOPT_PROXY, "");  // none from the environment
    set(easy_, CURLOPT_NOPROXY, "*");
    set(easy_, CURLOPT_FOLLOWLOCATION, 0L);
    set(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
    set(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min(left, request_.connect_timeout).count()));
    set(easy_, CURLOPT_USERAGENT, settings_.user_agent.c_str());
    if (!settings_.ca_file.empty()) set(easy_, CURLOPT_CAINFO, settings_.ca_file.c_str());
    set(easy_, CURLOPT_OPENSOCKETFUNCTION, &Transfer::open_socket);
    set(easy_, CURLOPT_OPENSOCKETDATA, this);
    set(easy_, CURLOPT_PREREQFUNCTION, &Transfer::before_request);
    set(easy_, CURLOPT_PREREQDATA, this);
    set(easy_, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(easy_, CURLOPT_HEADERDATA, this);
    set(easy_, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(easy_, CURLOPT_WRITEDATA, this);
    if (!is_safe()) set(easy_, CURLOPT_MAXAGE_CONN, kIdleConnectionSeconds);
    if (auto body = prepare_body(); !body) return body;
    return prepare_headers();
}

Result<void> Transfer::prepare_headers() {
    bool has_type = false;
    for (const auto& [name, value] : request_.headers) {
        if (!is_field_name(name)) return invalid("the header name \"" + name + "\" is malformed");
        if (is_ours(name)) return invalid("the header " + name + " is set here; a request must not hold it");
        if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
            return invalid("the header " + name + " holds a line end or NUL");
        has_type = has_type || iequals_ascii(name, "Content-Type");
        // libcurl's way to write an empty value is a semicolon.
        fields_ = curl_slist_append(fields_, (trim(value).empty() ? name + ";" : name + ": " + value).c_str());
    }
    fields_ = curl_slist_append(fields_, "Expect:");
    if (!has_type && request_.form.empty()) fields_ = curl_slist_append(fields_, "Content-Type:");
    set(easy_, CURLOPT_HTTPHEADER, fields_);
    return {};
}

Result<void> Transfer::prepare_body() {
    if (!is_field_name(request_.method)) return invalid("the method \"" + request_.method + "\" is malformed");
    if (!request_.form.empty()) {
        form_ = curl_mime_init(easy_);
        for (const FormField& field : request_.form) {
            curl_mimepart* part = curl_mime_addpart(form_);
            curl_mime_name(part, field.name.c_str());
            if (field.file.empty()) {
                curl_mime_data(part, field.value.data(), field.value.size());
                if (!field.file_name.empty()) curl_mime_filename(part, field.file_name.c_str());
            } else {
                if (curl_mime_filedata(part, field.file.c_str()) != CURLE_OK)
                    return invalid("form field " + field.name + ": " + field.file.string() + " cannot be read");
                curl_mime_filename(part, field.file_name.empty() ? "file" : field.file_name.c_str());
            }
            if (!field.mime.empty()) curl_mime_type(part, field.mime.c_str());
        }
        set(easy_, CURLOPT_MIMEPOST, form_);
    } else if (!request_.body_file.empty()) {
        body_fd_ = ::open(request_.body_file.c_str(), O_RDONLY | O_CLOEXEC);
        struct ::stat info {};
        if (body_fd_ < 0 || ::fstat(body_fd_, &info) != 0)
            return invalid("body " + request_.body_file.string() + ": " + std::strerror(errno));
        set(easy_, CURLOPT_UPLOAD, 1L);
        set(easy_, CURLOPT_READFUNCTION, &Transfer::read_body);
        set(easy_, CURLOPT_READDATA, this);
        set(easy_, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(info.st_size));
    } else if (request_.method == "HEAD") {
        set(easy_, CURLOPT_NOBODY, 1L);
        return {};
    } else if (request_.body.empty() && is_safe()) {
        set(easy_, CURLOPT_HTTPGET, 1L);
    } else {
        set(easy_, CURLOPT_POST, 1L);
        set(easy_, CURLOPT_POSTFIELDS, request_.body.data());
        set(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    }
    set(easy_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    return {};
}

/// Every connection is opened here, whatever name or redirect led to its address: what DNS says between a check and a
/// connect cannot matter.
curl_socket_t Transfer::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
    auto& transfer = *static_cast<Transfer*>(self);
    const auto peer = Address::of(&address->addr);
    Result<void> allowed = peer ? check_egress(*peer, transfer.allow_) : Result<void>(peer.error());
    if (!allowed) {
        transfer.refusal_ = transfer.url_.host + ": " + allowed.error().message;
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// Called when a connection is ready, right before the request is written. A kept connection may have been opened under
/// another request's allow_cidrs, so its address is checked again.
int Transfer::before_request(void* self, char* peer, char*, int, int) {
    auto& transfer = *static_cast<Transfer*>(self);
    const auto address = Address::parse(peer);
    Result<void> allowed = address ? check_egress(*address, transfer.allow_) : Result<void>(address.error());
    if (!allowed) {
        transfer.refusal_ = transfer.url_.host + ": " + allowed.error().message;
        return CURL_PREREQFUNC_ABORT;
    }
    if (transfer.requests_in_hop_ > 0 && !transfer.is_safe()) {
        // libcurl would write it again because a kept connection ended without an answer. The other side may have it.
        transfer.repeat_refused_ = true;
        return CURL_PREREQFUNC_ABORT;
    }
    ++transfer.requests_in_hop_;
    return CURL_PREREQFUNC_OK;
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const std::size_t bytes = size * count;
    std::string_view line(data, bytes);
    transfer.header_bytes_ += bytes;
    if (transfer.header_bytes_ > transfer.settings_.header_limit) {
        transfer.broken_limit_ = "headers are over " + std::to_string(transfer.settings_.header_limit) + " bytes";
        return 0;
    }
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    if (line.substr(0, 5) == "HTTP/") {  // the final response's, after any 1xx
        transfer.response_.headers.clear();
        return bytes;
    }
    const auto colon = line.find(':');
    if (colon != std::string_view::npos)
        transfer.response_.headers.emplace_back(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
    return bytes;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const std::size_t bytes = size * count;
    if (transfer.redirects()) return bytes;  // nobody reads what a redirect says
    long status = 0;
    curl_easy_getinfo(transfer.easy_, CURLINFO_RESPONSE_CODE, &status);
    const bool to_file = transfer.request_.response_fd >= 0 && status >= 200 && status < 300;
    std::size_t limit = transfer.request_.response_limit;
    if (!to_file && transfer.request_.response_fd >= 0) limit = std::min(limit, kErrorBodyLimit);
    if (transfer.response_.body_size + bytes > limit) {
        transfer.broken_limit_ = "body is over " + std::to_string(limit) + " bytes";
        return 0;
    }
    transfer.response_.body_size += bytes;
    if (!to_file) {
        transfer.response_.body.append(data, bytes);
        return bytes;
    }
    std::size_t done = 0;
    while (done < bytes) {
        const ::ssize_t written = ::write(transfer.request_.response_fd, data + done, bytes - done);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            transfer.broken_limit_ = std::string("body could not be stored: ") + std::strerror(errno);
            return 0;
        }
        done += static_cast<std::size_t>(written);
    }
    return bytes;
}

std::size_t Transfer::read_body(char* into, std::size_t size, std::size_t count, void* self) {
    const auto& transfer = *static_cast<Transfer*>(self);
    while (true) {
        const ::ssize_t got = ::read(transfer.body_fd_, into, size * count);
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) return CURL_READFUNC_ABORT;
    }
}

bool Transfer::redirects() const {
    if (request_.redirect_limit <= 0) return false;
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    const bool is = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    return is && !find_header(response_.headers, "Location").empty();
}

bool Transfer::ended(CURLcode code) {
    if (code != CURLE_OK) {
        finish(failure(code));
        return false;
    }
    if (redirects()) return follow(find_header(response_.headers, "Location"));
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    response_.url = url_.text;
    finish(std::move(response_));
    return false;
}

bool Transfer::follow(std::string_view location) {
    if (!is_safe()) sent_before_ = true;
    requests_in_hop_ = 0;
    if (++hops_ > request_.redirect_limit) {
        fail(Errc::unavailable, url_.host + ": more than " + std::to_string(request_.redirect_limit) + " redirects");
        return false;
    }
    auto next = resolve_url(url_, location);
    if (!next) {
        fail(next.error().code, url_.host + ": redirects elsewhere: " + next.error().message);
        return false;
    }
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    const bool has_body = !request_.body.empty() || !request_.body_file.empty() || !request_.form.empty();
    const bool becomes_get =
        status == 303 ? request_.method != "HEAD" : (status == 301 || status == 302) && request_.method == "POST";
    if (becomes_get) {
        request_.method = "GET";
        request_.body.clear();
        request_.body_file.clear();
        request_.form.clear();
        std::erase_if(request_.headers, [](const auto& field) { return iequals_ascii(field.first, "Content-Type"); });
    }
    if (!next->same_origin(url_)) {
        if (has_body && !becomes_get) {
            fail(Errc::forbidden,
                 url_.host + ": redirects a request with a body to " + next->host + ", which is not permitted");
            return false;
        }
        std::erase_if(request_.headers, [](const auto& field) { return !is_harmless(field.first); });
    }
    url_ = std::move(*next);
    return true;
}

Error Transfer::failure(CURLcode code) {
    const std::string why = error_[0] != '\0' ? error_ : curl_easy_strerror(code);
    const std::string text = url_.host + ": " + why;
    if (!refusal_.empty() && requests_in_hop_ == 0) return {Errc::forbidden, refusal_};
    if (repeat_refused_) {
        return {Errc::unknown_outcome,
                url_.host + ": the connection ended after the request was written, without an answer"};
    }
    if (requests_in_hop_ > 0) {
        if (!broken_limit_.empty() && is_safe())
            return {Errc::too_large, url_.host + ": the response's " + broken_limit_};
        if (!broken_limit_.empty()) return {Errc::unknown_outcome, url_.host + ": the response's " + broken_limit_};
        return {Errc::unknown_outcome, text + " (after the request was written)"};
    }
    if (code == CURLE_OPERATION_TIMEDOUT) return {Errc::timeout, text};
    return {Errc::unavailable, text};
}

void Transfer::fail(Errc code, std::string text) {
    finish(Error{requests_in_hop_ > 0 ? Errc::unknown_outcome : code, std::move(text)});
}

void Transfer::expire() {
    fail(Errc::timeout, url_.host + ": no answer within " + std::to_string(request_.timeout.count()) + " ms");
}

void Transfer::finish(Result<Response> result) {
    // What an earlier hop may have done stays done, whatever became of a later one.
    if (!result && sent_before_ && result.error().code != Errc::unknown_outcome)
        result = Error{Errc::unknown_outcome, result.error().message + " (after a redirect)"};
    if (const auto done = std::exchange(done_, nullptr)) done(std::move(result));
}

}  // namespace usher::net
