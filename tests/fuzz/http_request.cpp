// A request as bytes: head, target, query, cookies, body. However the bytes of a body are cut, it is the same body.
#include "foundation/text.hpp"
#include "fuzz.hpp"
#include "http/cookies.hpp"
#include "http/request_parser.hpp"
#include "http/uri.hpp"

using namespace usher;

namespace {

struct Body {
    std::string bytes;
    bool done = false, fault = false;
    std::size_t consumed = 0;
};

/// Feeds `bytes` in pieces of `piece`; what is not consumed comes again with more behind it, as the session does it.
Body read_body(std::string_view head, std::string_view bytes, std::size_t piece) {
    http::RequestParser parser(100);
    http::ParsedHead parsed;
    Body body;
    if (parser.read_head(head, parsed)) return body;
    std::size_t end = 0;
    while (!body.done && !body.fault) {
        if (end == bytes.size()) break;
        end = std::min(bytes.size(), end + piece);
        for (;;) {
            const auto step = parser.read_body(bytes.substr(body.consumed, end - body.consumed), body.bytes);
            body.consumed += step.consumed;
            body.done = step.done;
            body.fault = step.fault.has_value();
            if (body.done || body.fault || step.consumed == 0 || body.consumed == end) break;
        }
    }
    return body;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = fuzz::view(data, size);
    std::size_t scanned = 0;
    bool broken = false;
    const std::size_t end = http::find_head_end(bytes, scanned, broken);
    if (broken || end == std::string_view::npos) return 0;
    const auto head = bytes.substr(0, end);
    if (const auto fault = http::check_head(head, 100)) {
        fuzz::check(fault->status >= 400 && fault->status < 600 && !fault->text.empty(),
                    "a fault has a status and a text");
        return 0;
    }
    http::RequestParser parser(100);
    http::ParsedHead parsed;
    if (parser.read_head(head, parsed)) return 0;
    fuzz::check(http::is_token(parsed.method), "a method is a token");
    for (const auto& [name, value] : parsed.headers) {
        fuzz::check(http::is_token(name), "a header's name is a token");
        fuzz::check(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos, "a value ends no line");
    }
    if (const auto target = http::split_target(parsed.target)) {
        if (const auto query = http::parse_query(target->query)) {
            for (const auto& [name, value] : *query)
                fuzz::check(is_utf8(name) && is_utf8(value) && value.find('\0') == std::string::npos,
                            "a query is text");
        }
        if (const auto path = http::percent_decode(target->path))
            fuzz::check(http::percent_decode(http::percent_encode(*path)) == path, "escaping is undone by unescaping");
    }
    for (const auto& [name, value] : http::parse_cookies(parsed.headers.get("Cookie")))
        (void)http::render_cookie({.name = name, .value = value});
    if (!parsed.has_body || size - end > 65'536) return 0;
    const auto whole = read_body(head, bytes.substr(end), size);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
        const auto cut = read_body(head, bytes.substr(end), piece);
        // A body that never ends may be found out sooner or later.
        fuzz::check(cut.done == whole.done, "cuts do not change whether a body ends");
        if (whole.done)
            fuzz::check(cut.bytes == whole.bytes && cut.consumed == whole.consumed, "cuts do not change a body");
    }
    return 0;
}
