#include "http/static_files.hpp"

#include <fstream>
#include <map>
#include <sstream>

#include "foundation/crypto.hpp"
#include "foundation/text.hpp"
#include "http/uri.hpp"

namespace usher::http {

namespace {

struct Body {
    std::shared_ptr<const std::string> bytes;
    std::string etag;
};
struct Asset {
    Body plain, gzip, brotli;
    std::string content_type;
    bool immutable = false;
};

Result<Body> read_body(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    if (in) text << in.rdbuf();
    if (!in || in.bad()) return Error{Errc::unavailable, path.string() + ": cannot be read"};
    auto bytes = std::make_shared<const std::string>(std::move(text).str());
    return Body{bytes, "\"" + crypto::sha256_hex(*bytes).substr(0, 32) + "\""};
}

/// The quality that an Accept-Encoding gives to one coding; absent 0. "*" counts for what is not named.
bool accepts(std::string_view header, std::string_view coding) {
    bool star = false;
    for (const std::string_view item : split(header, ',')) {
        const auto semicolon = item.find(';');
        const std::string_view name = trim(item.substr(0, semicolon));
        bool zero = false;
        if (semicolon != std::string_view::npos) {
            std::string_view quality = trim(item.substr(semicolon + 1));
            if (quality.substr(0, 2) == "q=") {
                quality.remove_prefix(2);
                zero = quality.find_first_not_of("0.") == std::string_view::npos;
            }
        }
        if (iequals_ascii(name, coding)) return !zero;
        if (name == "*") star = !zero;
    }
    return star;
}

bool etag_matches(std::string_view header, std::string_view etag) {
    for (std::string_view item : split(header, ',')) {
        item = trim(item);
        if (item == "*") return true;
        if (item.substr(0, 2) == "W/") item.remove_prefix(2);
        if (item == etag) return true;
    }
    return false;
}

}  // namespace

struct StaticFiles::Impl {
    std::map<std::string, Asset, std::less<>> assets;
    StaticSettings settings;
};

StaticFiles::StaticFiles() : impl_(std::make_unique<Impl>()) {}
StaticFiles::~StaticFiles() = default;

std::string_view content_type_of(std::string_view file_name) {
    static const std::map<std::string_view, std::string_view> kTypes = {
        {"html", "text/html; charset=utf-8"},
        {"js", "text/javascript; charset=utf-8"},
        {"mjs", "text/javascript; charset=utf-8"},
        {"css", "text/css; charset=utf-8"},
        {"json", "application/json"},
        {"map", "application/json"},
        {"webmanifest", "application/manifest+json"},
        {"svg", "image/svg+xml"},
        {"png", "image/png"},
        {"jpg", "image/jpeg"},
        {"jpeg", "image/jpeg"},
        {"gif", "image/gif"},
        {"webp", "image/webp"},
        {"ico", "image/x-icon"},
        {"woff", "font/woff"},
        {"woff2", "font/woff2"},
        {"mp3", "audio/mpeg"},
        {"ogg", "audio/ogg"},
        {"wav", "audio/wav"},
        {"mp4", "video/mp4"},
        {"webm", "video/webm"},
        {"pdf", "application/pdf"},
        {"txt", "text/plain; charset=utf-8"},
        {"xml", "application/xml"},
        {"wasm", "application/wasm"},
    };
    const auto dot = file_name.rfind('.');
    if (dot == std::string_view::npos) return "application/octet-stream";
    const auto found = kTypes.find(std::string_view(lower_ascii(file_name.substr(dot + 1))));
    return found == kTypes.end() ? "application/octet-stream" : found->second;
}

Result<std::shared_ptr<const StaticFiles>> StaticFiles::load(const std::filesystem::path& folder,
                                                             StaticSettings settings) {
    namespace fs = std::filesystem;
    std::error_code failed;
    fs::recursive_directory_iterator walk(folder, failed);
    if (failed) return Error{Errc::unavailable, folder.string() + ": " + failed.message()};
    std::map<std::string, fs::path> files;
    for (; walk != fs::recursive_directory_iterator(); walk.increment(failed)) {
        if (walk->is_regular_file(failed) && !walk->is_symlink(failed))
            files.emplace(walk->path().lexically_relative(folder).generic_string(), walk->path());
        if (failed) return Error{Errc::unavailable, folder.string() + ": " + failed.message()};
    }
    std::shared_ptr<StaticFiles> result(new StaticFiles());
    std::size_t total = 0;
    for (const auto& [name, path] : files) {
        const bool brotli = name.ends_with(".br"), gzip = name.ends_with(".gz");
        const std::string base = brotli || gzip ? name.substr(0, name.size() - 3) : name;
        const bool encoded = (brotli || gzip) && files.contains(base);
        auto body = read_body(path);
        if (!body) return body.error();
        total += body->bytes->size();
        if (total > settings.limit_bytes) {
            return Error{Errc::too_large, folder.string() + ": holds more than " +
                                              std::to_string(settings.limit_bytes) +
                                              " bytes; is this the right folder?"};
        }
        Asset& asset = result->impl_->assets[encoded ? base : name];
        if (encoded) {
            (brotli ? asset.brotli : asset.gzip) = std::move(*body);
            continue;
        }
        asset.plain = std::move(*body);
        asset.content_type = content_type_of(name);
        asset.immutable = !settings.immutable_prefix.empty() && name.starts_with(settings.immutable_prefix);
    }
    if (!settings.fallback.empty() && !result->impl_->assets.contains(settings.fallback))
        return not_found(folder.string() + ": has no " + settings.fallback);
    result->impl_->settings = std::move(settings);
    return std::shared_ptr<const StaticFiles>(std::move(result));
}

Result<Response> StaticFiles::serve(const Request& request, std::string_view raw_path) const {
    const auto& assets = impl_->assets;
    while (!raw_path.empty() && raw_path.front() == '/') raw_path.remove_prefix(1);
    const auto path = percent_decode(raw_path);
    if (!path) return invalid("the path has a broken escape");
    auto found = assets.find(*path);
    if (found == assets.end() && (path->empty() || path->back() == '/')) found = assets.find(*path + "index.html");
    if (found == assets.end() && !impl_->settings.fallback.empty()) {
        const auto slash = path->rfind('/');
        const std::string_view last = std::string_view(*path).substr(slash == std::string::npos ? 0 : slash + 1);
        const bool chunk =
            !impl_->settings.immutable_prefix.empty() && path->starts_with(impl_->settings.immutable_prefix);
        if (!chunk && last.find('.') == std::string_view::npos) found = assets.find(impl_->settings.fallback);
    }
    if (found == assets.end()) return not_found("There is no such file.");

    const Asset& asset = found->second;
    const std::string_view encodings = request.headers.get("Accept-Encoding");
    const Body* body = &asset.plain;
    std::string coding;
    if (asset.brotli.bytes && accepts(encodings, "br")) {
        body = &asset.brotli;
        coding = "br";
    } else if (asset.gzip.bytes && accepts(encodings, "gzip")) {
        body = &asset.gzip;
        coding = "gzip";
    }
    Response response;
    response.headers.add("ETag", body->etag);
    response.headers.add("Cache-Control", asset.immutable ? "public, max-age=31536000, immutable" : "no-cache");
    if (asset.brotli.bytes || asset.gzip.bytes) response.headers.add("Vary", "Accept-Encoding");
    if (etag_matches(request.headers.get("If-None-Match"), body->etag)) {
        response.status = 304;
        return response;
    }
    response.headers.add("Content-Type", asset.content_type);
    if (!coding.empty()) response.headers.add("Content-Encoding", coding);
    response.shared_body = body->bytes;
    return response;
}

std::size_t StaticFiles::count() const {
    return impl_->assets.size();
}

}  // namespace usher::http
