#pragma once
/// Addresses of attachments on the public origin: signed and expiring, so that they need no session there.
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "blobs/blobs.hpp"
#include "foundation/clock.hpp"
#include "http/router.hpp"
#include "model/entry.hpp"
#include "store/store.hpp"

namespace usher::api {

/// Thread-safe.
class AttachmentLinks final {
public:
    /// `key`: 32 secret bytes that all nodes share. `public_url`: origin without a trailing slash.
    AttachmentLinks(std::string key, std::string public_url, const Clock& clock)
        : key_(std::move(key)), public_url_(std::move(public_url)), clock_(clock) {}

    /// "https://public/files/<id>?exp=<unix seconds>&sig=<hex>"
    std::string link(AttachmentId id, std::chrono::seconds lifetime) const;
    /// Errc::not_found for a signature that does not fit and for one that has expired: nothing is told apart.
    Result<AttachmentId> check(std::string_view id, std::string_view expires, std::string_view signature) const;

private:
    std::string signature(std::string_view id, std::string_view expires) const;
    std::string key_, public_url_;
    const Clock& clock_;
};

/// GET /files/{id} on the public listener: the bytes, as a download, in a sandbox, never sniffed; what the server
/// itself recognised as image, audio or video says its type, everything else is octets.
void add_files(http::Router& router, store::Store& store, blobs::Blobs& blobs, const AttachmentLinks& links);

}  // namespace usher::api
