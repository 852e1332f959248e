#pragma once
/// Blobs: bytes that do not fit a message (service "usher.blob/1"). They go by descriptor, never through a string.
#include <usher/host.hpp>

#include <charconv>

namespace usher::sdk {

struct Blob {
    std::string id{};
    std::uint64_t size_bytes = 0;
    std::string mime{};    ///< as sniffed
    std::string sha256{};  ///< lower-case hex
    HttpAnswer http{};     ///< of a fetch: status and headers
};

struct BlobDraft {
    Fd fd{};           ///< for writing; close it before seal()
    std::string id{};  ///< what seal() takes
};

class Blobs {
public:
    Blobs(Host host, const usher_blob_host* table) : host_(host), table_(table) {}

    /// Downloads to a blob, at most limit_bytes.
    void fetch(const HttpRequest& request, std::uint64_t limit_bytes, Callback<Blob> callback) const {
        const BorrowedHttp borrowed(request);
        detail::begin<Blob>(host_, "blob.fetch", std::move(callback), &decode_blob, [&](usher_done done) {
            return table_->fetch(host_.raw(), borrowed.get(), limit_bytes, done);
        });
    }
    /// A descriptor for reading; shared as Fd is move only and callbacks are copied.
    void open(std::string_view blob, Callback<std::shared_ptr<Fd>> callback) const {
        detail::begin<std::shared_ptr<Fd>>(host_, "blob.open", std::move(callback), &decode_fd,
                                           [&](usher_done done) { return table_->open(host_.raw(), str(blob), done); });
    }
    void create(std::uint64_t limit_bytes, Callback<std::shared_ptr<BlobDraft>> callback) const {
        detail::begin<std::shared_ptr<BlobDraft>>(
            host_, "blob.create", std::move(callback), &decode_draft,
            [&](usher_done done) { return table_->create(host_.raw(), limit_bytes, done); });
    }
    void seal(std::string_view draft, Callback<Blob> callback) const {
        detail::begin<Blob>(host_, "blob.seal", std::move(callback), &decode_blob,
                            [&](usher_done done) { return table_->seal(host_.raw(), str(draft), done); });
    }

private:
    static Result<Blob> decode_blob(const usher_result& r, Fd&) {
        if (r.status != USHER_OK) return detail::copy_failure(r);
        Blob blob{.id = std::string(detail::field(r, "blob")),
                  .mime = std::string(detail::field(r, "mime")),
                  .sha256 = std::string(detail::field(r, "sha256"))};
        const std::string_view size = detail::field(r, "size_bytes");
        std::from_chars(size.data(), size.data() + size.size(), blob.size_bytes);
        if (r.http != nullptr) blob.http = copy_answer(*r.http);
        return blob;
    }
    static Result<std::shared_ptr<Fd>> decode_fd(const usher_result& r, Fd& fd) {
        if (r.status != USHER_OK) return detail::copy_failure(r);
        if (!fd) return Failure{.error = "blob.open: the host answered without a descriptor"};
        return std::make_shared<Fd>(std::move(fd));
    }
    static Result<std::shared_ptr<BlobDraft>> decode_draft(const usher_result& r, Fd& fd) {
        if (r.status != USHER_OK) return detail::copy_failure(r);
        if (!fd) return Failure{.error = "blob.create: the host answered without a descriptor"};
        auto draft = std::make_shared<BlobDraft>();
        draft->fd = std::move(fd);
        draft->id = detail::field(r, "draft");
        return draft;
    }

    Host host_;
    const usher_blob_host* table_;
};

inline std::optional<Blobs> Host::blobs() const {
    const auto* table = service<usher_blob_host>("usher.blob/1");
    if (table == nullptr || !USHER_FITS(usher_blob_host, table, seal)) return std::nullopt;
    return Blobs(*this, table);
}

}  // namespace usher::sdk
