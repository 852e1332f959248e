#pragma once
/// Between the C border and values: statuses, the rule for shorter structs, and copies both ways. Nothing else in the
/// kernel touches a borrowed pointer.
#include <usher/plugin.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/values.hpp"

namespace usher::plugins {

inline constexpr std::size_t kBodyLimit = 1024 * 1024;  // of any http body
inline constexpr std::size_t kKvValueLimit = 64 * 1024;
inline constexpr std::size_t kKvKeyLimit = 200;
inline constexpr std::size_t kFrameLimit = 64 * 1024;  // a visitor's JSON, either way

/// A status as Errc and back; one table each, complete.
Errc to_errc(usher_status status);
usher_status to_status(Errc code);
/// "USHER_E_INVALID"; unknown ones read as USHER_E_INTERNAL.
std::string_view status_name(usher_status status);

inline std::string_view view(usher_str text) {
    return text.data ? std::string_view(text.data, text.size) : std::string_view();
}
inline usher_str borrow(std::string_view text) {
    return {text.data(), text.size()};
}
inline std::string copy(usher_str text) {
    return std::string(view(text));
}

/// The peer's struct in our size: what it lacks is zero. T starts with its struct_size.
template <class T>
T whole(const T* peer) {
    T mine;
    std::memset(static_cast<void*>(&mine), 0, sizeof mine);
    if (peer) std::memcpy(static_cast<void*>(&mine), peer, std::min<std::size_t>(peer->struct_size, sizeof mine));
    return mine;
}

/// Closes what it holds.
class Fd {
public:
    explicit Fd(int fd = -1) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Fd();
    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_;
};

/// usher_result as a value. `fd` is shared so that results can be handed around in std::function.
struct Outcome {
    usher_status status = USHER_OK;
    bool lost = false;  // the host says this, not the plugin: it began, and what became of it is not known
    std::uint32_t retry_after_ms = 0;
    std::uint32_t scope = 0;
    std::shared_ptr<Fd> fd;
    std::string error, reason_code, reason_text, body;
    Pairs fields;
    std::optional<HttpResponse> http;

    bool ok() const { return status == USHER_OK; }
    static Outcome failed(usher_status status, std::string error) {
        Outcome out;
        out.status = status;
        out.error = std::move(error);
        return out;
    }
    static Outcome of(const Error& error);
    static Outcome lost_one(usher_status status, std::string error) {
        Outcome out = failed(status, std::move(error));
        out.lost = true;
        return out;
    }
};
BOOST_DESCRIBE_STRUCT(Outcome, (),  // what a carrier sends; the descriptor goes beside it
                      (status, lost, retry_after_ms, scope, error, reason_code, reason_text, body, fields, http))
/// What an outcome that is not ok means to the kernel; `what` leads the text ("open/shop1: send").
Error to_error(const Outcome& outcome, std::string_view what);

/// Copies a plugin's result; texts that are not UTF-8 become a note of that, an oversized body becomes an error.
Outcome read_result(const usher_result* peer);
/// @errors what is wrong with it, for the plugin's author; checked by the limits of sdk/ABI.md
Result<Message> read_emit(const usher_message* peer);
Result<HttpRequest> read_request(const usher_http* peer);

/// A value lent out as its C struct for one call.
class LentResult {
public:
    explicit LentResult(const Outcome& outcome);  // the descriptor goes to the receiver
    const usher_result* get() const { return &c_; }

private:
    std::vector<usher_pair> fields_, headers_;
    usher_http_result http_{};
    usher_result c_{};
};
class LentMessage {
public:
    explicit LentMessage(const Message& message);
    const usher_message* get() const { return &c_; }

private:
    std::vector<usher_part> parts_;
    std::vector<usher_pair> attrs_;
    usher_message c_{};
};
class LentRequest {
public:
    explicit LentRequest(const HttpRequest& request);
    const usher_http* get() const { return &c_; }

private:
    std::vector<usher_pair> headers_;
    std::vector<usher_form> form_;
    usher_http c_{};
};
class LentRoute {
public:
    explicit LentRoute(const RouteRequest& route);
    const usher_route* get() const { return &c_; }

private:
    std::optional<LentMessage> message_;
    std::vector<usher_agent> agents_;
    usher_route c_{};
};

}  // namespace usher::plugins
