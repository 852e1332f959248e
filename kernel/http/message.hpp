#pragma once
/// What a handler gets and what it gives: requests and responses as plain values. No library shows through.
#include <any>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/json.hpp"

namespace usher::http {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// Header fields in the order they came; names compare without case, a name may stand several times.
class Headers final {
public:
    Headers() = default;
    Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

    /// The first value; empty view when absent.
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const;
    std::vector<std::string_view> all(std::string_view name) const;
    void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
    /// Replaces every field of that name.
    void set(std::string name, std::string value);
    std::size_t remove(std::string_view name);

    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }
    std::size_t size() const { return fields_.size(); }
    bool empty() const { return fields_.empty(); }

private:
    Pairs fields_;
};

/// A body that was too long for memory, in a temporary file that goes with the last reference.
class UploadedFile final {
public:
    UploadedFile(std::filesystem::path path, std::uint64_t size) : path_(std::move(path)), size_(size) {}
    ~UploadedFile();
    UploadedFile(const UploadedFile&) = delete;
    UploadedFile& operator=(const UploadedFile&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::uint64_t size() const { return size_; }
    /// The bytes, mapped for reading; valid as long as this lives. Not thread-safe.
    Result<std::string_view> bytes() const;

private:
    std::filesystem::path path_;
    std::uint64_t size_;
    mutable void* mapped_ = nullptr;
};

struct Request {
    std::string method;  // "GET"; exactly as received, methods know no case
    std::string target;  // the exact bytes of the request line: for signatures
    std::string path;    // of the target, still percent-encoded
    std::string query;   // of the target, raw, without "?"
    Pairs params;        // the query decoded, in order; "+" is a space
    Pairs path_params;   // by the route's names: {x} decoded, *rest raw
    Headers headers;
    std::string body;                            // whole; empty while `before` runs and when `upload` is set
    std::shared_ptr<const UploadedFile> upload;  // a body over the route's memory_limit
    std::string remote_addr;                     // the client, behind trusted proxies too; "unix" on a Unix socket
    bool tls = false;                            // https, at the trusted proxy or here
    bool websocket = false;                      // asks for a WebSocket upgrade
    std::string id;                              // unique; in logs, errors and the X-Request-Id of the response
    std::string route;                           // the pattern that matched
    std::shared_ptr<const void> guard;           // what the route was registered with
    std::any context;                            // for `before` to leave what handlers need (the principal)

    /// First value of a query parameter; nullopt when absent ("?x" and "?x=" are both present and empty).
    std::optional<std::string_view> param(std::string_view name) const;
    std::vector<std::string_view> all_params(std::string_view name) const;
    /// A path parameter; empty when the route has none of that name.
    std::string_view path_param(std::string_view name) const;
    /// A cookie's value as sent; empty when absent. The first of several.
    std::string_view cookie(std::string_view name) const;
    /// Bytes of the body wherever it is.
    std::uint64_t body_size() const { return upload ? upload->size() : body.size(); }
};

/// Part of a file as body, read while it is sent.
struct FileBody {
    std::filesystem::path path;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

struct Response {
    int status = 200;
    Headers headers{};
    std::string body{};
    std::shared_ptr<const std::string> shared_body{};  // instead of `body`: one text for many
    std::optional<FileBody> file{};                    // instead of both
    bool close = false;                                // end the connection after this response

    static Response empty(int status = 204);
    static Response text(int status, std::string body);
    static Response json(int status, std::string body);
    static Response json(int status, const json::value& body);
    static Response redirect(std::string location, int status = 303);

    Response& with(std::string name, std::string value) & {
        headers.set(std::move(name), std::move(value));
        return *this;
    }
    Response&& with(std::string name, std::string value) && {
        headers.set(std::move(name), std::move(value));
        return std::move(*this);
    }
};

/// A file, whole or the one range that the request asks for (206, 416). Errc::not_found when it cannot be opened.
Result<Response> file_response(const Request& request, const std::filesystem::path& path, std::string content_type);

/// `attachment; filename="..."; filename*=UTF-8''...`: safe for any UTF-8 name (RFC 6266).
std::string content_disposition(std::string_view kind, std::string_view file_name);

}  // namespace usher::http
