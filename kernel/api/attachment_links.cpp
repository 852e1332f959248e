#include "api/attachment_links.hpp"

#include <charconv>

#include "api/call.hpp"
#include "foundation/crypto.hpp"
#include "foundation/text.hpp"
#include "store/repositories/entries.hpp"

namespace usher::api {

std::string AttachmentLinks::signature(std::string_view id, std::string_view expires) const {
    return to_hex(crypto::hmac_sha256(key_, "file:" + std::string(id) + ":" + std::string(expires)));
}

std::string AttachmentLinks::link(AttachmentId id, std::chrono::seconds lifetime) const {
    const std::string name = to_string(id);
    const std::string expires = std::to_string(clock_.now().us / 1'000'000 + lifetime.count());
    return public_url_ + "/files/" + name + "?exp=" + expires + "&sig=" + signature(name, expires);
}

Result<AttachmentId> AttachmentLinks::check(std::string_view id, std::string_view expires,
                                            std::string_view given) const {
    const Error refused = not_found("There is no such file, or its address has expired.");
    const auto number = parse_id(id);
    if (!number || !crypto::equal_in_constant_time(signature(id, expires), given)) return refused;
    std::int64_t at = 0;
    const auto [end, error] = std::from_chars(expires.data(), expires.data() + expires.size(), at);
    if (error != std::errc{} || end != expires.data() + expires.size() || at * 1'000'000 < clock_.now().us)
        return refused;
    return AttachmentId{*number};
}

namespace {

Task<http::Response> serve(store::Store& store, blobs::Blobs& blobs, const AttachmentLinks& links,
                           http::Request request) {
    const auto refuse = [&request](const Error& error) {
        return http::Response::text(http_status_of(error.code), error.message + "\n");
    };
    auto id =
        links.check(request.path_param("id"), request.param("exp").value_or(""), request.param("sig").value_or(""));
    if (!id) co_return refuse(id.error());
    auto look = [id = *id](store::Session& sql) { return store::find_attachments(sql, {id}); };
    auto found = co_await store.read(std::move(look));
    if (!found) co_return refuse(found.error());
    if (found->empty() || !found->front().blob_hash)
        co_return refuse(not_found("There is no such file, or its address has expired."));
    const Attachment& attachment = found->front();
    auto path = blobs.path_of(*attachment.blob_hash);
    if (!path) co_return refuse(path.error());
    const std::string type = attachment.shown_inline ? attachment.mime_type : "application/octet-stream";
    auto response = http::file_response(request, *path, type);
    if (!response) co_return refuse(response.error());
    response->headers.set("Content-Disposition", http::content_disposition("attachment", attachment.name));
    response->headers.set("X-Content-Type-Options", "nosniff");
    response->headers.set("Content-Security-Policy", "sandbox; default-src 'none'");
    response->headers.set("Cache-Control", "private, max-age=300");
    response->headers.set("Cross-Origin-Resource-Policy", "cross-origin");
    co_return std::move(*response);
}

}  // namespace

void add_files(http::Router& router, store::Store& store, blobs::Blobs& blobs, const AttachmentLinks& links) {
    router.add("GET", "/files/{id}", {}, [&store, &blobs, &links](http::Request request) {
        return serve(store, blobs, links, std::move(request));
    });
}

}  // namespace usher::api
