#pragma once
/// Uploads: a file that a peer hands over before the message that brings it. Hashed in slices (the signature is over
/// the digest), stored as a blob, remembered in kv for 24 h, and usable by one message only. Runs on the instance's
/// thread.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <usher/plugin.hpp>

#include "inbound.hpp"
#include "times.hpp"

namespace usher::open_channel {

inline constexpr std::uint64_t kUploadBytes = 25ull * 1024 * 1024;

/// A blob's bytes in memory, mapped read-only; or a copy for what came inline.
class Bytes {
public:
    explicit Bytes(std::string inline_bytes) : inline_(std::move(inline_bytes)) {}
    /// @returns nothing when the descriptor cannot be mapped
    static std::shared_ptr<Bytes> map(const sdk::Fd& fd);
    ~Bytes();
    Bytes(const Bytes&) = delete;
    Bytes& operator=(const Bytes&) = delete;
    std::string_view view() const {
        return mapped_ == nullptr ? std::string_view(inline_)
                                  : std::string_view(static_cast<const char*>(mapped_), size_);
    }

private:
    std::string inline_;
    void* mapped_ = nullptr;
    std::size_t size_ = 0;
};

/// The request's body, inline or opened from its blob. `then` gets a problem when it cannot be had.
void load_body(const sdk::Host& host, const sdk::HttpRequest& request,
               std::function<void(Outcome<std::shared_ptr<Bytes>>)> then);

struct FilePart {
    std::string name{}, mime{};
    std::string_view content{};
};
/// Finds the part named "file" in a multipart/form-data body (RFC 7578).
std::optional<FilePart> find_file_part(std::string_view body, std::string_view content_type);
/// The last component of a client's file name; "file" for one that is empty or not text.
std::string clean_file_name(std::string_view name);

/// Takes an admitted upload to its answer: checks the digest, stores, remembers.
/// @param digest  what was signed; empty for a bearer, who signs nothing
void take_upload(const sdk::Host& host, const Clock& clock, const sdk::HttpRequest& request,
                 std::shared_ptr<Bytes> bytes, std::string digest, sdk::Done<sdk::HttpAnswer> done);

/// Puts blobs in place of a draft's upload ids, each claimed for this message. `then` gets the problem, if there is
/// one.
void resolve_uploads(const sdk::Host& host, const Clock& clock, std::shared_ptr<Draft> draft,
                     std::function<void(std::optional<Problem>)> then);

}  // namespace usher::open_channel
