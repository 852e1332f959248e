#pragma once
/// One request on its way through libcurl, hop by hop. On the client's thread only. Internal.
#include <curl/curl.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "net/client.hpp"
#include "net/egress.hpp"

namespace usher::net {

class Transfer final {
public:
    using Done = std::function<void(Result<Response>)>;
    using TimePoint = std::chrono::steady_clock::time_point;

    Transfer(std::uint64_t number, Request request, Url url, const Settings& settings, Done done);
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    std::uint64_t number() const { return number_; }
    TimePoint deadline() const { return deadline_; }
    CURL* easy() const { return easy_; }

    /// Sets the handle up for the next hop. An error when the request cannot be made (a file that is not there).
    Result<void> prepare();
    /// libcurl has ended this hop. True: another hop is to be prepared. False: `done` was told.
    bool ended(CURLcode code);
    /// Ends without libcurl's saying so.
    void fail(Errc code, std::string text);
    /// Failed by the clock while it waited for its turn or ran.
    void expire();

private:
    static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
    static int before_request(void* self, char* peer, char* local, int peer_port, int local_port);
    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t read_body(char* into, std::size_t size, std::size_t count, void* self);

    Result<void> prepare_headers();
    Result<void> prepare_body();
    bool is_safe() const;
    bool follow(std::string_view location);
    void finish(Result<Response> result);
    void release();
    bool redirects() const;
    Error failure(CURLcode code);

    const std::uint64_t number_;
    Request request_;
    Url url_;
    const Settings& settings_;
    Done done_;
    TimePoint deadline_;
    std::vector<Cidr> allow_;

    CURL* easy_ = nullptr;
    curl_slist* fields_ = nullptr;
    curl_mime* form_ = nullptr;
    int body_fd_ = -1;
    char error_[CURL_ERROR_SIZE] = {};

    Response response_;
    std::size_t header_bytes_ = 0;
    int hops_ = 0;
    int requests_in_hop_ = 0;   // libcurl may try again on a fresh connection
    bool sent_before_ = false;  // an earlier hop had an effect
    std::string refusal_;       // of the egress policy
    std::string broken_limit_;  // which limit the response broke
    bool repeat_refused_ = false;
};

}  // namespace usher::net
