#include "http/message.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

#include "foundation/text.hpp"
#include "http/cookies.hpp"
#include "http/uri.hpp"

namespace usher::http {

std::string_view Headers::get(std::string_view name) const {
    for (const auto& [field, value] : fields_)
        if (iequals_ascii(field, name)) return value;
    return {};
}

bool Headers::has(std::string_view name) const {
    for (const auto& field : fields_)
        if (iequals_ascii(field.first, name)) return true;
    return false;
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& [field, value] : fields_)
        if (iequals_ascii(field, name)) values.push_back(value);
    return values;
}

void Headers::set(std::string name, std::string value) {
    remove(name);
    add(std::move(name), std::move(value));
}

std::size_t Headers::remove(std::string_view name) {
    return std::erase_if(fields_, [&](const auto& field) { return iequals_ascii(field.first, name); });
}

UploadedFile::~UploadedFile() {
    if (mapped_ != nullptr) ::munmap(mapped_, size_);
    std::error_code ignored;  // a temporary file that is gone already is what we want
    std::filesystem::remove(path_, ignored);
}

Result<std::string_view> UploadedFile::bytes() const {
    if (size_ == 0) return std::string_view();
    if (mapped_ == nullptr) {
        const int fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
        void* address = fd < 0 ? MAP_FAILED : ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
        const int reason = errno;
        if (fd >= 0) ::close(fd);
        if (address == MAP_FAILED)
            return Error{Errc::unavailable, "upload " + path_.string() + ": " + std::strerror(reason)};
        mapped_ = address;
    }
    return std::string_view(static_cast<const char*>(mapped_), size_);
}

std::optional<std::string_view> Request::param(std::string_view name) const {
    for (const auto& [key, value] : params)
        if (key == name) return value;
    return std::nullopt;
}

std::vector<std::string_view> Request::all_params(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& [key, value] : params)
        if (key == name) values.push_back(value);
    return values;
}

std::string_view Request::path_param(std::string_view name) const {
    for (const auto& [key, value] : path_params)
        if (key == name) return value;
    return {};
}

std::string_view Request::cookie(std::string_view name) const {
    for (const std::string_view header : headers.all("Cookie")) {
        for (std::string_view pair : split(header, ';')) {
            pair = trim(pair);
            const auto equals = pair.find('=');
            if (equals != std::string_view::npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
        }
    }
    return {};
}

Response Response::empty(int status) {
    return {.status = status};
}

Response Response::text(int status, std::string body) {
    return {.status = status, .headers = {{"Content-Type", "text/plain; charset=utf-8"}}, .body = std::move(body)};
}

Response Response::json(int status, std::string body) {
    return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = std::move(body)};
}

Response Response::json(int status, const json::value& body) {
    return json(status, write_json(body));
}

Response Response::redirect(std::string location, int status) {
    return {.status = status, .headers = {{"Location", std::move(location)}}};
}

namespace {

struct Range {
    std::uint64_t first = 0, last = 0;  // both inclusive
};
enum class RangeKind { none, one, unsatisfiable };

bool number(std::string_view text, std::uint64_t& into) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    return error == std::errc() && end == text.data() + text.size();
}

/// RFC 9110 14.2: what is malformed, or more than one range, is ignored.
RangeKind parse_range(std::string_view header, std::uint64_t size, Range& range) {
    if (header.substr(0, 6) != "bytes=" || header.find(',') != std::string_view::npos) return RangeKind::none;
    header = trim(header.substr(6));
    const auto dash = header.find('-');
    if (dash == std::string_view::npos) return RangeKind::none;
    const std::string_view first = header.substr(0, dash), last = header.substr(dash + 1);
    if (first.empty()) {
        std::uint64_t suffix = 0;
        if (!number(last, suffix)) return RangeKind::none;
        if (suffix == 0 || size == 0) return RangeKind::unsatisfiable;
        range = {suffix >= size ? 0 : size - suffix, size - 1};
        return RangeKind::one;
    }
    range.last = UINT64_MAX;
    if (!number(first, range.first)) return RangeKind::none;
    if (!last.empty() && (!number(last, range.last) || range.last < range.first)) return RangeKind::none;
    if (range.first >= size) return RangeKind::unsatisfiable;
    range.last = std::min(range.last, size - 1);
    return RangeKind::one;
}

}  // namespace

Result<Response> file_response(const Request& request, const std::filesystem::path& path, std::string content_type) {
    struct ::stat info {};
    if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return not_found("There is no such file.");
    const auto size = static_cast<std::uint64_t>(info.st_size);
    Response response{.headers = {{"Content-Type", std::move(content_type)}, {"Accept-Ranges", "bytes"}}};
    Range range;
    RangeKind kind = RangeKind::none;
    if (request.method == "GET" && request.headers.has("Range") && !request.headers.has("If-Range"))
        kind = parse_range(request.headers.get("Range"), size, range);
    switch (kind) {
        case RangeKind::none:
            response.file = FileBody{path, 0, size};
            break;
        case RangeKind::one:
            response.status = 206;
            response.headers.add("Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                                      std::to_string(range.last) + "/" + std::to_string(size));
            response.file = FileBody{path, range.first, range.last - range.first + 1};
            break;
        case RangeKind::unsatisfiable:
            response.status = 416;
            response.headers.add("Content-Range", "bytes */" + std::to_string(size));
            break;
    }
    return response;
}

std::string content_disposition(std::string_view kind, std::string_view file_name) {
    std::string plain;
    bool same = true;
    for (const char c : file_name) {
        const auto byte = static_cast<unsigned char>(c);
        const bool safe = byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\' && c != '%' && c != '/';
        plain += safe ? c : '_';
        same = same && safe;
    }
    if (plain.empty()) return std::string(kind);
    std::string out = std::string(kind) + "; filename=\"" + plain + "\"";
    if (!same) out += "; filename*=UTF-8''" + percent_encode(file_name);
    return out;
}

}  // namespace usher::http
