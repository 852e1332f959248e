// POST uploads: a visitor's file becomes a blob, and the visitor gets a signed name for it to put into a message. Small
// bodies come as bytes, large ones as a blob already. The type is what the first bytes say, not what the browser says.
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "livechat.hpp"
#include "text.hpp"

namespace usher::livechat {
namespace {

constexpr std::size_t kHead = 512;

/// What the browser declared counts only where the bytes do not say otherwise; what a browser would run is just bytes.
std::string type_of(std::string_view declared, std::string_view head) {
    const std::string claimed = lower(declared.substr(0, declared.find(';')));
    const std::string found = sniff(head);
    if (found == "application/zip" && claimed.starts_with("application/vnd.")) return claimed;  // office documents
    if (!found.empty()) return found;
    const bool plain = claimed.find('/') != std::string::npos && claimed.size() <= 100 && is_text(claimed) &&
                       !claimed.starts_with("image/") && claimed != "text/html" &&
                       claimed.find("xml") == std::string::npos && claimed.find("javascript") == std::string::npos;
    return plain ? claimed : "application/octet-stream";
}

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

json::value told(const Upload& upload, const std::string& id) {
    return {{"id", id}, {"name", upload.name}, {"mimeType", upload.mime}, {"sizeBytes", upload.size_bytes}};
}

std::optional<Refusal> problem_of(const Settings& settings, const Upload& upload) {
    if (upload.size_bytes == 0) return Refusal{422, "empty", "The file is empty."};
    if (upload.size_bytes > settings.max_attachment_bytes)
        return Refusal{413, "too_large",
                       "The file is larger than " + std::to_string(settings.max_attachment_bytes) + " bytes."};
    if (!upload.mime.empty() && !settings.allows_type(upload.name, upload.mime)) {
        std::string allowed;
        for (const std::string& type : settings.attachment_types) allowed += (allowed.empty() ? "" : ", ") + type;
        return Refusal{415, "wrong_type",
                       "Files of the type " + upload.mime + " cannot be sent here, only " + allowed + "."};
    }
    return std::nullopt;
}

}  // namespace

void LiveChat::take_upload(sdk::HttpRequest request, const Answer& answer) {
    const auto visitor = visitor_of(request);
    if (!visitor) return answer(refusal_answer(to_refusal(visitor.failure())));
    if (!settings_.attachments) return answer(refusal_answer({403, "attachments_off", "This chat takes no files."}));
    const auto blobs = host().blobs();
    if (!blobs)
        return answer(refusal_answer({503, "unavailable", "this host keeps no files", std::chrono::seconds(30)}));
    const std::string declared(request.header("Content-Type").value_or(""));
    Upload upload{.contact = visitor->contact, .name = file_name(query_value(request.query, "name"))};

    if (request.body_blob.empty()) {
        upload.size_bytes = request.body.size();
        upload.mime = type_of(declared, std::string_view(request.body).substr(0, kHead));
        if (const auto problem = problem_of(settings_, upload)) return answer(refusal_answer(*problem));
        return store_upload(*blobs, std::move(request.body), std::move(upload), answer);
    }
    upload.blob = request.body_blob;
    blobs->open(
        upload.blob, [this, upload, declared, answer](const sdk::Result<std::shared_ptr<sdk::Fd>>& opened) mutable {
            if (!opened) return answer(refusal_answer(to_refusal(opened.failure())));
            struct stat about {};
            std::array<char, kHead> head{};
            const int fd = (*opened)->get();
            const ssize_t got = ::fstat(fd, &about) == 0 ? ::pread(fd, head.data(), head.size(), 0) : -1;
            if (got < 0)
                return answer(refusal_answer({503, "unavailable", "the file cannot be read", std::chrono::seconds(5)}));
            upload.size_bytes = static_cast<std::uint64_t>(about.st_size);
            upload.mime = type_of(declared, {head.data(), static_cast<std::size_t>(got)});
            if (const auto problem = problem_of(settings_, upload)) return answer(refusal_answer(*problem));
            answer(json_answer(201, told(upload, tokens_.upload(upload, now()))));
        });
}

void LiveChat::store_upload(sdk::Blobs blobs, std::string bytes, Upload upload, const Answer& answer) const {
    const auto failed = [answer](const sdk::Failure& failure) { answer(refusal_answer(to_refusal(failure))); };
    blobs.create(
        settings_.max_attachment_bytes, [this, blobs, bytes = std::move(bytes), upload = std::move(upload), answer,
                                         failed](const sdk::Result<std::shared_ptr<sdk::BlobDraft>>& draft) {
            if (!draft) return failed(draft.failure());
            if (!write_all((*draft)->fd.get(), bytes))
                return answer(
                    refusal_answer({503, "unavailable", "the file could not be written", std::chrono::seconds(5)}));
            (*draft)->fd.reset();
            blobs.seal((*draft)->id, [this, upload, answer, failed](const sdk::Result<sdk::Blob>& blob) {
                if (!blob) return failed(blob.failure());
                Upload stored = upload;
                stored.blob = blob->id;
                answer(json_answer(201, told(stored, tokens_.upload(stored, now()))));
            });
        });
}

}  // namespace usher::livechat
