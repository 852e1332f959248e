// Attachments: uploaded by their owner, read with the permission of their conversation, fetched from the public origin.
#include "api/desk_services.hpp"
#include "foundation/crypto.hpp"
#include "foundation/text.hpp"
#include "http/multipart.hpp"
#include "store/repositories/conversations.hpp"
#include "store/repositories/entries.hpp"
#include "store/repositories/settings.hpp"

namespace usher::api {
namespace shape {

struct AttachmentLink {
    AttachmentId id;
    std::string name;
    std::string mime_type;
    std::int64_t size_bytes = 0;
    std::string url;
    Time expires_at;
};
BOOST_DESCRIBE_STRUCT(AttachmentLink, (), (id, name, mime_type, size_bytes, url, expires_at))

}  // namespace shape

namespace {

constexpr std::chrono::seconds kLinkLifetime{300};

bool shown_inline(std::string_view mime) {
    return mime.starts_with("image/") || mime.starts_with("audio/") || mime.starts_with("video/");
}

/// A file name as it is shown: the last segment, without what file systems and headers choke on.
std::string clean_name(std::string_view name) {
    const auto slash = name.find_last_of("/\\");
    if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
    std::string out;
    for (const char c : prefix_utf8(name, 200)) {
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) out += c;
    }
    const std::string trimmed(trim(out));
    return trimmed.empty() || trimmed == "." || trimmed == ".." || !is_utf8(trimmed) ? "file" : trimmed;
}

Task<Result<blobs::Sealed>> seal(DeskServices& s, const Call& call, std::string_view body, bool whole) {
    const auto limit = static_cast<std::uint64_t>(s.attachment_limit_bytes);
    if (body.size() > limit)
        co_return Error{Errc::too_large, "A file may have at most " + std::to_string(limit) + " bytes."};
    if (whole && call.request.upload) co_return co_await s.blobs.store_file(call.request.upload->path(), limit);
    co_return co_await s.blobs.store(std::string(body), limit);
}

Task<Reply> upload(DeskServices& s, Call call) {
    auto key = call.idempotency();
    if (!key) co_return key.error();
    std::string_view body = call.request.body;
    if (call.request.upload) {
        auto mapped = call.request.upload->bytes();
        if (!mapped) co_return mapped.error();
        body = *mapped;
    }
    std::string name(call.request.param("name").value_or(""));
    bool whole = true;
    const auto type = call.request.headers.get("Content-Type");
    if (lower_ascii(type.substr(0, 19)) == "multipart/form-data") {
        auto parts = http::parse_multipart(type, body);
        if (!parts) co_return parts.error();
        const auto file = std::find_if(parts->begin(), parts->end(), [](const auto& p) { return p.name == "file"; });
        if (file == parts->end()) co_return validation("/file", "the form has no field of this name");
        if (name.empty()) name = file->file_name;
        body = file->body;
        whole = false;
    }
    if (body.empty()) co_return validation("", "the file is empty");
    auto sealed = co_await seal(s, call, body, whole);
    if (!sealed) co_return sealed.error();
    if (*key) (*key)->body_hash = crypto::sha256_hex(sealed->hash + '\n' + name);  // of what it says, in any form
    auto work = [who = call.caller.principal, sealed = *sealed, name = clean_name(name),
                 key = *key](store::Write& w) -> Result<Attachment> {
        auto earlier = store::earlier_result(w.sql(), key, w.now());
        if (!earlier) return earlier.error();
        if (*earlier) {
            auto rows = store::find_attachments(w.sql(), {{**earlier}});
            if (rows.empty() || rows.front().uploader_id != id_of(*who)) return not_found("The upload is gone.");
            return std::move(rows.front());
        }
        Attachment a;
        a.id = {w.next_id()};
        a.blob_hash = sealed.hash;
        a.name = name;
        a.mime_type = sealed.mime;
        a.size_bytes = static_cast<std::int64_t>(sealed.size);
        a.shown_inline = shown_inline(sealed.mime);
        a.uploader_id = id_of(*who);
        a.created_at = w.now();
        w.sql().exec(
            "INSERT INTO attachment (" + store::RowOf<Attachment>::columns() +
                ") VALUES (:id, :blob, :name, :mime, :size, :state, :shown, :uploader, NULL, NULL, NULL, 0, :at)",
            a.id, a.blob_hash, a.name, a.mime_type, a.size_bytes, a.state, a.shown_inline, a.uploader_id, a.created_at);
        store::remember(w, key, a.id.value);
        return a;
    };
    auto made = co_await s.base.store.write(std::move(work));
    if (!made) co_return made.error();
    co_return created(desk::view_of(*made));
}

Task<Reply> get(DeskServices& s, Call call) {
    auto id = call.id<AttachmentId>("id");
    if (!id) co_return id.error();
    auto look = [who = call.caller.principal, id = *id](store::Session& sql) -> Result<Attachment> {
        const Error absent = not_found("There is no attachment " + to_string(id) + ".");
        auto rows = store::find_attachments(sql, {id});
        if (rows.empty()) return absent;
        Attachment& a = rows.front();
        if (a.conversation_id) {
            const auto conversation = store::find_conversation(sql, a.conversation_id);
            if (!conversation || !may_see(*who, visibility_key(*conversation))) return absent;
        } else if (a.uploader_id != id_of(*who)) {
            return absent;
        }
        if (a.state == AttachmentState::fetching) return conflict("fetching", "The file is still being fetched.");
        if (!a.blob_hash) return conflict("not_fetched", "The file could not be fetched.");
        return std::move(a);
    };
    auto found = co_await s.base.store.read(std::move(look));
    if (!found) co_return found.error();
    co_return ok(shape::AttachmentLink{found->id, found->name, found->mime_type, found->size_bytes,
                                       s.links.link(found->id, kLinkLifetime), s.base.clock.now() + kLinkLifetime});
}

}  // namespace

void add_attachments(Api& api, DeskServices& s) {
    const std::string tag = "Attachments";
    api.add({.method = "POST",
             .path = "/attachments",
             .summary = "Upload a file: the bytes, or multipart/form-data with a field file",
             .tag = tag,
             .needs = permission_of(permission::kAttach),
             .query = {{"name", "The file's name."}},
             .request = {{}, {}, "application/octet-stream"},
             .answers = {one<desk::AttachmentView>(201)},
             .idempotent = true,
             .body_limit = static_cast<std::size_t>(s.attachment_limit_bytes) + 16 * 1024,
             .memory_limit = 256 * 1024,
             .description = "Its owner's alone until attached, for 24 hours; only its owner may attach it."},
            [&s](Call call) { return upload(s, std::move(call)); });
    api.add({.method = "GET",
             .path = "/attachments/{id}",
             .summary = "A signed address of the file, good for 5 minutes",
             .tag = tag,
             .answers = {one<shape::AttachmentLink>()}},
            [&s](Call call) { return get(s, std::move(call)); });
}

}  // namespace usher::api
