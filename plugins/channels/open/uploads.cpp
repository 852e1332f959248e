#include "uploads.hpp"

#include <openssl/rand.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>

namespace usher::open_channel {

namespace json = boost::json;
using namespace sdk;

namespace {

constexpr std::size_t kSliceBytes = 2 * 1024 * 1024;  // a few milliseconds of SHA-256
constexpr std::int64_t kUsableForS = 24 * 3600;
constexpr std::int64_t kRememberedForS = 31 * 24 * 3600;  // longer than the kernel remembers a message's id

const Problem kTooLarge{.status = 413, .code = "too_large", .message = "a file may have at most 25 MiB"};
const Problem kDigest{
    .status = 401, .code = "bad_signature", .message = "X-Usher-Content-SHA256 is not the digest of the body"};

/// "<expires>-<random>": the key of the kv entry follows from it, and says when the kernel may drop the entry.
std::optional<std::string> key_of(std::string_view upload_id, std::int64_t& expires_s) {
    const auto [end, failed] = std::from_chars(upload_id.data(), upload_id.data() + upload_id.size(), expires_s);
    const std::string_view rest(end, upload_id.data() + upload_id.size());
    if (failed != std::errc() || expires_s < 0 || rest.size() != 33 || rest.front() != '-' ||
        rest.find_first_not_of("0123456789abcdef", 1) != std::string_view::npos)
        return std::nullopt;
    return "expire/" + std::to_string(expires_s + kRememberedForS) + "/upload/" + std::string(upload_id);
}

std::string new_upload_id(std::int64_t expires_s) {
    std::array<unsigned char, 16> random{};
    if (RAND_bytes(random.data(), random.size()) != 1) throw std::runtime_error("no random bytes from OpenSSL");
    std::string id = std::to_string(expires_s) + "-";
    for (const unsigned char byte : random) {
        id.push_back("0123456789abcdef"[byte >> 4]);
        id.push_back("0123456789abcdef"[byte & 15]);
    }
    return id;
}

std::string clean_mime(std::string_view given) {
    return given.empty() || given.size() > 255 || !is_text(given) ? "application/octet-stream" : std::string(given);
}

/// One upload on its way, kept by the callbacks that take it further.
struct Upload : std::enable_shared_from_this<Upload> {
    Upload(Host given, Clock given_clock, std::shared_ptr<Bytes> given_bytes, Done<HttpAnswer> given_done)
        : host(given), clock(std::move(given_clock)), bytes(std::move(given_bytes)), done(std::move(given_done)) {}

    Host host;
    Clock clock;
    std::shared_ptr<Bytes> bytes;
    Done<HttpAnswer> done;
    std::string digest, content_type, file_name, body_blob;
    Sha256 hash;
    std::size_t at = 0;
    FilePart file;
    std::shared_ptr<BlobDraft> draft;

    void refuse(const Problem& problem) { done(answer(problem)); }
    void refuse(const Failure& failure) {
        host.error("upload: " + failure.error);
        refuse(problem_of(failure));
    }
    /// Goes on after a slice, so that other work of this instance gets its turn.
    void again(void (Upload::*step)()) {
        host.post([self = shared_from_this(), step](const Result<void>& posted) {
            if (!posted) return self->refuse(posted.failure());
            (self.get()->*step)();
        });
    }

    void hash_slice() {
        const std::string_view all = bytes->view();
        const std::string_view slice = all.substr(at, kSliceBytes);
        hash.update(slice);
        at += slice.size();
        if (at < all.size()) return again(&Upload::hash_slice);
        const std::string hex = hash.hex();
        if (!digest.empty() && !same_secret(digest, hex)) return refuse(kDigest);
        find_file(hex);
    }

    void find_file(const std::string& hex) {
        if (content_type.starts_with("multipart/form-data")) {
            const auto part = find_file_part(bytes->view(), content_type);
            if (!part)
                return refuse(
                    {.message = "expected a multipart/form-data body with a part named file", .field = "file"});
            file = *part;
        } else {
            file = {.name = clean_file_name(file_name), .mime = clean_mime(content_type), .content = bytes->view()};
        }
        if (file.content.empty()) return refuse({.message = "the file is empty", .field = "file"});
        if (file.content.size() > kUploadBytes) return refuse(kTooLarge);
        if (!body_blob.empty() && file.content.size() == bytes->view().size())  // the body is the file: nothing to copy
            return remember({.id = body_blob, .size_bytes = file.content.size(), .sha256 = hex});
        const auto blobs = host.blobs();
        if (!blobs) return refuse(Failure{.error = "this host has no blobs"});
        blobs->create(kUploadBytes, [self = shared_from_this()](const Result<std::shared_ptr<BlobDraft>>& created) {
            if (!created) return self->refuse(created.failure());
            self->draft = *created;
            self->at = 0;
            self->write_slice();
        });
    }

    void write_slice() {
        std::string_view slice = file.content.substr(at, kSliceBytes);
        while (!slice.empty()) {
            const ssize_t written = ::write(draft->fd.get(), slice.data(), slice.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0)
                return refuse(Failure{.error = std::string("cannot write a blob: ") + std::strerror(errno)});
            slice.remove_prefix(static_cast<std::size_t>(written));
            at += static_cast<std::size_t>(written);
        }
        if (at < file.content.size()) return again(&Upload::write_slice);
        draft->fd.reset();
        host.blobs()->seal(draft->id, [self = shared_from_this()](const Result<Blob>& sealed) {
            if (!sealed) return self->refuse(sealed.failure());
            self->remember(*sealed);
        });
    }

    void remember(const Blob& blob) {
        std::int64_t expires_s = clock.unix_us() / 1'000'000 + kUsableForS;
        const std::string id = new_upload_id(expires_s);
        const json::object entry{{"blob", blob.id},   {"size", blob.size_bytes}, {"mime", file.mime},
                                 {"name", file.name}, {"sha256", blob.sha256},   {"used_by", ""}};
        const json::object taken{{"upload_id", id},
                                 {"sha256", blob.sha256},
                                 {"size", blob.size_bytes},
                                 {"expires_at", format_time(expires_s * 1'000'000)}};
        host.kv_put_if(*key_of(id, expires_s), "", json::serialize(entry),
                       [self = shared_from_this(), taken](const Result<PutIf>& put) {
                           if (!put) return self->refuse(put.failure());
                           if (!put->written) return self->refuse(Failure{.error = "a random upload id came twice"});
                           self->done(json_answer(201, taken));
                       });
    }
};

/// Resolves one upload after the other.
struct Resolving : std::enable_shared_from_this<Resolving> {
    Resolving(Host given, std::int64_t now, std::shared_ptr<Draft> given_draft,
              std::function<void(std::optional<Problem>)> given_then)
        : host(given), now_s(now), draft(std::move(given_draft)), then(std::move(given_then)) {}

    Host host;
    std::int64_t now_s;
    std::shared_ptr<Draft> draft;
    std::function<void(std::optional<Problem>)> then;
    std::size_t next = 0;

    void refuse(std::string message) {
        then(Problem{.message = std::move(message),
                     .field = "content.attachments[" + std::to_string(draft->uploads[next].first) + "].upload_id"});
    }

    void step() {
        if (next == draft->uploads.size()) return then(std::nullopt);
        std::int64_t expires_s = 0;
        const auto key = key_of(draft->uploads[next].second, expires_s);
        if (!key) return refuse("is not an id that uploads answered");
        host.kv_get(
            *key, [self = shared_from_this(), key = *key, expires_s](const Result<std::optional<std::string>>& found) {
                if (!found) return self->then(problem_of(found.failure()));
                if (!*found) return self->refuse("is not known");
                self->claim(key, **found, expires_s);
            });
    }

    void claim(const std::string& key, const std::string& value, std::int64_t expires_s) {
        json::error_code failed;
        json::value parsed = json::parse(value, failed);
        if (failed || !parsed.is_object())
            return then(problem_of(Failure{.error = "kv: " + key + " does not hold an upload"}));
        json::object& entry = parsed.get_object();
        const std::string used_by(json::value_to<std::string>(entry.at("used_by")));
        const std::string& mine = draft->message.dedupe_key;
        if (used_by == mine) return use(entry);  // the same message again, or another part of it
        if (!used_by.empty()) return refuse("was used by another message");
        if (now_s > expires_s) return refuse("has expired");
        entry["used_by"] = mine;
        host.kv_put_if(key, value, json::serialize(entry),
                       [self = shared_from_this(), key, entry, expires_s](const Result<PutIf>& put) {
                           if (!put) return self->then(problem_of(put.failure()));
                           if (!put->written && put->present.empty()) return self->refuse("is not known");
                           if (!put->written) return self->claim(key, put->present, expires_s);  // somebody was faster
                           self->use(entry);
                       });
    }

    void use(const json::object& entry) {
        sdk::Part& part = draft->message.parts[draft->uploads[next].first];
        part.uri = "blob:" + json::value_to<std::string>(entry.at("blob"));
        part.size_bytes = json::value_to<std::uint64_t>(entry.at("size"));
        if (part.mime.empty()) part.mime = json::value_to<std::string>(entry.at("mime"));
        if (part.name.empty()) part.name = json::value_to<std::string>(entry.at("name"));
        ++next;
        step();
    }
};

/// A parameter of a header value: boundary=x, filename="a\"b".
std::optional<std::string> parameter(std::string_view header, std::string_view name) {
    for (std::size_t at = header.find(';'); at != std::string_view::npos;) {
        ++at;
        while (at < header.size() && header[at] == ' ') ++at;
        const std::size_t equals = header.find('=', at);
        if (equals == std::string_view::npos) return std::nullopt;
        const std::string_view key = header.substr(at, equals - at);
        std::string value;
        at = equals + 1;
        if (at < header.size() && header[at] == '"') {
            for (++at; at < header.size() && header[at] != '"'; ++at) {
                if (header[at] == '\\' && at + 1 < header.size()) ++at;
                value.push_back(header[at]);
            }
        } else {
            while (at < header.size() && header[at] != ';' && header[at] != ' ') value.push_back(header[at++]);
        }
        if (same_header(key, name)) return value;
        at = header.find(';', at);
    }
    return std::nullopt;
}

}  // namespace

std::shared_ptr<Bytes> Bytes::map(const Fd& fd) {
    struct stat about {};
    if (::fstat(fd.get(), &about) != 0 || about.st_size < 0) return nullptr;
    auto bytes = std::make_shared<Bytes>(std::string());
    bytes->size_ = static_cast<std::size_t>(about.st_size);
    if (bytes->size_ == 0) return bytes;
    void* mapped = ::mmap(nullptr, bytes->size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (mapped == MAP_FAILED) return nullptr;
    bytes->mapped_ = mapped;
    return bytes;
}

Bytes::~Bytes() {
    if (mapped_ != nullptr) ::munmap(mapped_, size_);
}

void load_body(const Host& host, const HttpRequest& request,
               std::function<void(Outcome<std::shared_ptr<Bytes>>)> then) {
    if (request.body_blob.empty()) return then(std::make_shared<Bytes>(request.body));
    const auto blobs = host.blobs();
    if (!blobs) return then(problem_of(Failure{.error = "this host has no blobs"}));
    blobs->open(request.body_blob, [host, then](const Result<std::shared_ptr<Fd>>& opened) {
        if (!opened) {
            host.error("a webhook's body cannot be opened: " + opened.failure().error);
            return then(problem_of(Failure{.error = opened.failure().error}));
        }
        auto bytes = Bytes::map(**opened);
        if (!bytes) {
            host.error(std::string("a webhook's body cannot be mapped: ") + std::strerror(errno));
            return then(problem_of(Failure{.error = "mmap"}));
        }
        then(std::move(bytes));
    });
}

std::string clean_file_name(std::string_view name) {
    const std::string_view last = name.substr(name.find_last_of("/\\") + 1);
    const std::string decoded = percent_decode(last).value_or("");  // also checks that it is text
    std::string clean;
    for (const char c : decoded.substr(decoded.find_last_of("/\\") + 1))
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) clean.push_back(c);
    if (clean.empty() || clean == "." || clean == ".." || clean.size() > 255) return "file";
    return clean;
}

std::optional<FilePart> find_file_part(std::string_view body, std::string_view content_type) {
    const auto boundary = parameter(content_type, "boundary");
    if (!boundary || boundary->empty() || boundary->size() > 70) return std::nullopt;
    const std::string opening = "--" + *boundary;
    const std::string closing = "\r\n" + opening;
    std::size_t at = body.starts_with(opening) ? 0 : body.find(closing);
    if (at == std::string_view::npos) return std::nullopt;
    if (at != 0) at += 2;
    for (int parts = 0; parts < 100; ++parts) {
        at += opening.size();
        if (body.substr(at, 2) == "--") return std::nullopt;  // the last boundary
        const std::size_t head = body.find("\r\n", at);
        const std::size_t blank = body.find("\r\n\r\n", at);
        if (head == std::string_view::npos || blank == std::string_view::npos || blank - at > 16 * 1024)
            return std::nullopt;
        const std::size_t start = blank + 4;
        const std::size_t end = body.find(closing, blank + 2);
        if (end == std::string_view::npos) return std::nullopt;
        FilePart part{.mime = "application/octet-stream",
                      .content = end < start ? std::string_view() : body.substr(start, end - start)};
        bool wanted = false;
        std::string_view headers = body.substr(head, blank - head);
        while (!headers.empty()) {
            headers.remove_prefix(2);
            const std::size_t line_end = std::min(headers.find("\r\n"), headers.size());
            const std::string_view line = headers.substr(0, line_end);
            headers.remove_prefix(line_end);
            const std::size_t colon = line.find(':');
            if (colon == std::string_view::npos) continue;
            std::string_view value = line.substr(colon + 1);
            while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
            if (same_header(line.substr(0, colon), "Content-Disposition")) {
                wanted = parameter(value, "name") == "file";
                part.name = clean_file_name(parameter(value, "filename").value_or(""));
            } else if (same_header(line.substr(0, colon), "Content-Type")) {
                part.mime = clean_mime(value);
            }
        }
        if (wanted) return part;
        at = end + 2;
    }
    return std::nullopt;
}

void take_upload(const Host& host, const Clock& clock, const HttpRequest& request, std::shared_ptr<Bytes> bytes,
                 std::string digest, Done<HttpAnswer> done) {
    if (bytes->view().size() > kUploadBytes + 64 * 1024) return done(answer(kTooLarge));  // with multipart's own text
    const auto upload = std::make_shared<Upload>(host, clock, std::move(bytes), std::move(done));
    upload->digest = std::move(digest);
    upload->content_type = request.header("Content-Type").value_or("");
    upload->file_name = request.header("X-Usher-Filename").value_or("");
    upload->body_blob = request.body_blob;
    upload->hash_slice();
}

void resolve_uploads(const Host& host, const Clock& clock, std::shared_ptr<Draft> draft,
                     std::function<void(std::optional<Problem>)> then) {
    std::make_shared<Resolving>(host, clock.unix_us() / 1'000'000, std::move(draft), std::move(then))->step();
}

}  // namespace usher::open_channel
