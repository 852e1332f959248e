#include "http/multipart.hpp"

#include "foundation/text.hpp"
#include "http/uri.hpp"

namespace usher::http {

namespace {

constexpr std::size_t kPartHeaderLimit = 8 * 1024;

/// Parameters of `value; a=b; c="d"`: the one called `name`. A quoted value keeps \" and \\ unescaped; browsers write
/// %22.
std::string parameter(std::string_view value, std::string_view name, bool& present) {
    present = false;
    auto at = value.find(';');
    while (at != std::string_view::npos && at < value.size()) {
        ++at;
        while (at < value.size() && (value[at] == ' ' || value[at] == '\t')) ++at;
        const auto equals = value.find_first_of("=;", at);
        if (equals == std::string_view::npos) return {};
        if (value[equals] == ';') {
            at = equals;
            continue;
        }
        const std::string_view key = trim(value.substr(at, equals - at));
        std::string text;
        at = equals + 1;
        if (at < value.size() && value[at] == '"') {
            for (++at; at < value.size() && value[at] != '"'; ++at) {
                if (value[at] == '\\' && at + 1 < value.size() && (value[at + 1] == '"' || value[at + 1] == '\\')) ++at;
                text += value[at];
            }
            at = value.find(';', at);
        } else {
            const auto end = value.find(';', at);
            text = std::string(trim(value.substr(at, end == std::string_view::npos ? end : end - at)));
            at = end;
        }
        if (iequals_ascii(key, name)) {
            present = true;
            return text;
        }
    }
    return {};
}

std::string unescape_browser(std::string text) {
    for (const auto& [from, to] : {std::pair<std::string_view, char>{"%22", '"'}, {"%0D", '\r'}, {"%0A", '\n'}}) {
        for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + 1))
            text.replace(at, from.size(), 1, to);
    }
    return text;
}

Result<void> read_part_headers(std::string_view head, Part& part) {
    bool form_data = false;
    while (!head.empty()) {
        const auto end = head.find("\r\n");
        const std::string_view line = head.substr(0, end);
        head = end == std::string_view::npos ? std::string_view() : head.substr(end + 2);
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return invalid("multipart: a part has a header without colon");
        const std::string_view name = trim(line.substr(0, colon)), value = trim(line.substr(colon + 1));
        if (iequals_ascii(name, "Content-Disposition")) {
            if (!iequals_ascii(trim(value.substr(0, value.find(';'))), "form-data"))
                return invalid("multipart: a part's Content-Disposition is not form-data");
            bool has_name = false, has_file = false, has_star = false;
            part.name = unescape_browser(parameter(value, "name", has_name));
            part.file_name = unescape_browser(parameter(value, "filename", has_file));
            const std::string star = parameter(value, "filename*", has_star);
            if (has_star && iequals_ascii(std::string_view(star).substr(0, 7), "utf-8''")) {
                if (auto decoded = percent_decode(std::string_view(star).substr(7))) part.file_name = *decoded;
            }
            form_data = has_name;
        } else if (iequals_ascii(name, "Content-Type")) {
            part.content_type = std::string(value);
        } else if (iequals_ascii(name, "Content-Transfer-Encoding") && !iequals_ascii(value, "binary") &&
                   !iequals_ascii(value, "8bit") && !iequals_ascii(value, "7bit")) {
            return invalid("multipart: Content-Transfer-Encoding is not supported");
        }
    }
    if (!form_data) return invalid("multipart: a part has no name");
    for (const std::string* text : {&part.name, &part.file_name}) {
        if (!is_utf8(*text) || text->find('\0') != std::string::npos)
            return invalid("multipart: a part's name is not UTF-8");
    }
    return {};
}

}  // namespace

Result<std::vector<Part>> parse_multipart(std::string_view content_type, std::string_view body,
                                          std::size_t part_limit) {
    if (!iequals_ascii(trim(content_type.substr(0, content_type.find(';'))), "multipart/form-data"))
        return Error{Errc::unsupported, "expected multipart/form-data"};
    bool present = false;
    const std::string boundary = parameter(content_type, "boundary", present);
    if (boundary.empty() || boundary.size() > 70) return invalid("multipart: the boundary is missing or too long");
    const std::string delimiter = "--" + boundary;
    const std::string inner = "\r\n" + delimiter;

    std::size_t at = 0;
    if (body.substr(0, delimiter.size()) != delimiter) {  // a preamble
        at = body.find(inner);
        if (at == std::string_view::npos) return invalid("multipart: the first boundary is missing");
        at += 2;
    }
    std::vector<Part> parts;
    while (true) {
        at += delimiter.size();
        if (body.substr(at, 2) == "--") return parts;
        while (at < body.size() && (body[at] == ' ' || body[at] == '\t')) ++at;
        if (body.substr(at, 2) != "\r\n") return invalid("multipart: a boundary line is malformed");
        at += 2;
        if (parts.size() == part_limit) return invalid("multipart: more than " + std::to_string(part_limit) + " parts");
        Part part;
        std::string_view head;
        if (body.substr(at, 2) == "\r\n") {
            at += 2;
        } else {
            const auto head_end = body.substr(at, kPartHeaderLimit).find("\r\n\r\n");
            if (head_end == std::string_view::npos) return invalid("multipart: a part's headers do not end");
            head = body.substr(at, head_end);
            at += head_end + 4;
        }
        if (auto read = read_part_headers(head, part); !read) return read.error();
        // The CRLF before a boundary belongs to it; an empty part has its boundary right after the headers.
        std::size_t end = body.substr(at - 2, inner.size()) == inner ? at - 2 : body.find(inner, at);
        if (end == std::string_view::npos) return invalid("multipart: the last boundary is missing");
        part.body = end < at ? std::string_view() : body.substr(at, end - at);
        parts.push_back(std::move(part));
        at = end + 2;
    }
}

}  // namespace usher::http
