#include "http/head.hpp"

#include <array>
#include <ctime>

#include "foundation/text.hpp"

namespace usher::http {

namespace {

constexpr std::string_view kTokenSigns = "!#$%&'*+-.^_`|~";

bool is_token_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kTokenSigns.find(c) != std::string_view::npos;
}

/// HTAB, visible ASCII, space, and bytes from 0x80 on.
bool is_field_char(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

bool is_digits(std::string_view text) {
    if (text.empty()) return false;
    for (const char c : text)
        if (c < '0' || c > '9') return false;
    return true;
}

std::string_view strip_spaces(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::optional<HeadFault> check_request_line(std::string_view line, bool& http11) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last || line.find(' ', first + 1) != last)
        return HeadFault{400, "the request line must be: method, one space, target, one space, version"};
    if (!is_token(line.substr(0, first)) || first > 32) return HeadFault{400, "the method is malformed"};
    for (const char c : line.substr(first + 1, last - first - 1))
        if (c <= 0x20 || c >= 0x7f) return HeadFault{400, "the request target holds a character outside visible ASCII"};
    const std::string_view version = line.substr(last + 1);
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
        if (version.substr(0, 5) == "HTTP/") return HeadFault{505, "HTTP/1.1 is spoken here"};
        return HeadFault{400, "the version is malformed"};
    }
    http11 = version == "HTTP/1.1";
    return std::nullopt;
}

/// reg-name, IPv4 or [IPv6], with an optional port. An empty value is legal for targets without authority; not here.
bool is_host(std::string_view host) {
    if (host.empty() || host.size() > 260) return false;
    for (const char c : host) {
        const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                          c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
        if (!good) return false;
    }
    return true;
}

}  // namespace

bool is_token(std::string_view text) {
    if (text.empty()) return false;
    for (const char c : text)
        if (!is_token_char(c)) return false;
    return true;
}

std::size_t find_head_end(std::string_view bytes, std::size_t& scanned, bool& broken) {
    std::size_t from = scanned;
    while (true) {
        const auto newline = bytes.find('\n', from);
        if (newline == std::string_view::npos) {
            scanned = bytes.size();
            return std::string_view::npos;
        }
        if (newline == 0 || bytes[newline - 1] != '\r') {
            broken = true;
            return std::string_view::npos;
        }
        if (newline >= 3 && bytes[newline - 2] == '\n') return newline + 1;
        from = newline + 1;
    }
}

std::optional<HeadFault> check_head(std::string_view head, std::size_t header_count_limit) {
    bool http11 = true;
    bool first_line = true;
    std::size_t fields = 0, hosts = 0, lengths = 0, encodings = 0;
    while (true) {
        const auto end = head.find_first_of("\r\n");
        if (end == std::string_view::npos || head[end] == '\n' || end + 1 >= head.size() || head[end + 1] != '\n')
            return HeadFault{400, "a line of the head does not end with CRLF"};
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(end + 2);
        if (first_line) {
            if (auto fault = check_request_line(line, http11)) return fault;
            first_line = false;
            continue;
        }
        if (line.empty()) break;
        if (++fields > header_count_limit)
            return HeadFault{431, "more than " + std::to_string(header_count_limit) + " header fields"};
        if (line.front() == ' ' || line.front() == '\t') return HeadFault{400, "a header is folded over several lines"};
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return HeadFault{400, "a header line has no colon"};
        const std::string_view name = line.substr(0, colon);
        if (!is_token(name)) return HeadFault{400, "a header name is malformed (no space may stand before the colon)"};
        const std::string_view value = strip_spaces(line.substr(colon + 1));
        for (const char c : value)
            if (!is_field_char(c))
                return HeadFault{400, "the header " + std::string(name) + " holds a control character"};
        if (iequals_ascii(name, "Host")) {
            if (++hosts > 1) return HeadFault{400, "more than one Host header"};
            if (!is_host(value)) return HeadFault{400, "the Host header is malformed"};
        } else if (iequals_ascii(name, "Content-Length")) {
            if (++lengths > 1) return HeadFault{400, "more than one Content-Length"};
            if (!is_digits(value) || value.size() > 18) return HeadFault{400, "Content-Length must be plain digits"};
        } else if (iequals_ascii(name, "Transfer-Encoding")) {
            if (++encodings > 1) return HeadFault{400, "more than one Transfer-Encoding"};
            if (!iequals_ascii(value, "chunked"))
                return HeadFault{501, "the only Transfer-Encoding understood here is chunked"};
        }
    }
    if (!head.empty()) return HeadFault{400, "bytes after the end of the head"};
    if (encodings > 0 && lengths > 0) return HeadFault{400, "Content-Length beside Transfer-Encoding"};
    if (encodings > 0 && !http11) return HeadFault{400, "Transfer-Encoding in HTTP/1.0"};
    if (hosts == 0 && http11) return HeadFault{400, "the Host header is missing"};
    return std::nullopt;
}

std::string_view reason_phrase(int status) {
    switch (status) {
        case 100:
            return "Continue";
        case 101:
            return "Switching Protocols";
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 416:
            return "Range Not Satisfiable";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 426:
            return "Upgrade Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "Status";
    }
}

std::string render_head(const Response& response, const Headers& defaults, const Framing& framing,
                        std::string_view date, std::string_view request_id, std::size_t* dropped) {
    std::string out;
    out.reserve(512);
    out += framing.http11 ? "HTTP/1.1 " : "HTTP/1.0 ";
    const int status = response.status >= 100 && response.status <= 599 ? response.status : 500;
    out += std::to_string(status);
    out += ' ';
    out += reason_phrase(status);
    out += "\r\n";
    const auto field = [&](std::string_view name, std::string_view value) {
        const bool ours = iequals_ascii(name, "Content-Length") || iequals_ascii(name, "Transfer-Encoding") ||
                          iequals_ascii(name, "Connection") || iequals_ascii(name, "Date");
        bool good = is_token(name) && !ours;
        for (const char c : value) good = good && is_field_char(c);
        if (!good) {
            if (dropped != nullptr) ++*dropped;
            return;
        }
        out.append(name).append(": ").append(value).append("\r\n");
    };
    for (const auto& [name, value] : response.headers) field(name, value);
    for (const auto& [name, value] : defaults)
        if (!response.headers.has(name)) field(name, value);
    if (!request_id.empty() && !response.headers.has("X-Request-Id")) field("X-Request-Id", request_id);
    out.append("Date: ").append(date).append("\r\n");
    if (framing.content_length) {
        out.append("Content-Length: ").append(std::to_string(*framing.content_length)).append("\r\n");
    }
    if (!framing.keep_alive) {
        out += "Connection: close\r\n";
    } else if (!framing.http11) {
        out += "Connection: keep-alive\r\n";
    }
    out += "\r\n";
    return out;
}

std::string format_http_date(std::int64_t unix_seconds) {
    static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto time = static_cast<std::time_t>(unix_seconds);
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    const auto two = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    return std::string(kDays[static_cast<std::size_t>(parts.tm_wday)]) + ", " + two(parts.tm_mday) + " " +
           kMonths[static_cast<std::size_t>(parts.tm_mon)] + " " + std::to_string(parts.tm_year + 1900) + " " +
           two(parts.tm_hour) + ":" + two(parts.tm_min) + ":" + two(parts.tm_sec) + " GMT";
}

bool has_token(std::string_view list, std::string_view token) {
    for (const std::string_view item : split(list, ','))
        if (iequals_ascii(trim(item), token)) return true;
    return false;
}

}  // namespace usher::http
