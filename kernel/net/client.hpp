#pragma once
/// Outgoing HTTP under the egress policy: libcurl on one thread of its own. Every call out of the kernel goes here.
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/async.hpp"
#include "net/cidr.hpp"

namespace usher::net {

using Headers = std::vector<std::pair<std::string, std::string>>;
/// First value, name without case; empty when absent.
std::string_view find_header(const Headers& headers, std::string_view name);

/// A field of a multipart/form-data body: a value, or a file that is streamed.
struct FormField {
    std::string name;
    std::string value{};
    std::filesystem::path file{};  // set: instead of value
    std::string file_name{};       // what the other side is told
    std::string mime{};
};

struct Request {
    std::string method = "GET";
    std::string url;
    Headers headers{};
    std::string body{};
    std::filesystem::path body_file{};                  // set: streamed instead of body
    std::vector<FormField> form{};                      // set: instead of both
    std::chrono::milliseconds timeout{30'000};          // for all of it, redirects included
    std::chrono::milliseconds connect_timeout{10'000};  // DNS, TCP and TLS
    int redirect_limit = 0;  // 0: a 3xx is the answer. Each hop is checked like the first address; at another
                             // origin only harmless headers go along, and never a body
    std::size_t response_limit = 1024 * 1024;  // of the body, bytes
    int response_fd = -1;             // >= 0: a 2xx body is written here instead of memory; borrowed until the answer
    std::vector<Cidr> allow_cidrs{};  // reachable although not public
};

struct Response {
    int status = 0;
    Headers headers{};
    std::string body{};
    std::uint64_t body_size = 0;  // also when it went to response_fd
    std::string url{};            // after redirects
};

struct Settings {
    std::size_t transfers = 256;  // at once; more wait (their timeout runs)
    std::size_t queue = 10'000;   // waiting; more are Errc::unavailable at once
    std::size_t header_limit = 64 * 1024;
    std::filesystem::path ca_file{};  // beside the system's when set: an enterprise's own authority
    std::vector<Cidr> allow_cidrs{};  // for every request; none by default
    std::string user_agent = "Usher";
};

class Client final {
public:
    explicit Client(Settings settings = {});
    ~Client();  // ends what runs as Errc::cancelled (unknown_outcome when written) and joins
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// A Response whatever its status. Thread-safe; resumes on the caller's executor; cancelling ends the transfer.
    /// @errors nothing was written: Errc::unavailable (DNS, connect, TLS), Errc::timeout, Errc::forbidden (policy; says
    /// the
    ///   address), Errc::invalid (the request itself), Errc::cancelled.
    ///   It was written and no whole response came: Errc::unknown_outcome, whatever the cause; for GET and HEAD
    ///   Errc::too_large where the response is over its limit.
    Task<Result<Response>> send(Request request);

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace usher::net
