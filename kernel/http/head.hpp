#pragma once
/// The head of a request, checked more strictly than any parser behind us might, so that two readers never see two
/// different requests; and the head of a response, written so that no value can end its line. Pure; fuzzed.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace usher::http {

/// RFC 9110 5.6.2: what a header name or a method consists of. Not empty.
bool is_token(std::string_view text);

struct HeadFault {
    int status = 400;  // 400, 431, 501, 505
    std::string text;
};

/// Bytes up to and with the empty line; npos while it has not come. Sets `broken` at the first line end that is not
/// CRLF.
std::size_t find_head_end(std::string_view bytes, std::size_t& scanned, bool& broken);

/// Refuses: bare CR or LF, NUL and controls, folded lines, space before the colon, an empty or strange name,
/// Content-Length beside Transfer-Encoding, more than one of either, a length that is not plain digits, an encoding
/// other than chunked, no Host (or two) in HTTP/1.1, versions other than 1.0 and 1.1, too many fields. `head` ends with
/// its empty line.
std::optional<HeadFault> check_head(std::string_view head, std::size_t header_count_limit);

std::string_view reason_phrase(int status);

struct Framing {
    bool http11 = true;
    bool keep_alive = true;
    std::optional<std::uint64_t> content_length{};  // absent: none is written (204, 304, 1xx)
};
/// Status line, the response's own fields, the listener's where the response has none, Date, Content-Length,
/// Connection. Fields with a name that is no token or a value with CR, LF or NUL are left out; so are Content-Length,
/// Transfer-Encoding and Connection of the caller's. `dropped` counts them.
std::string render_head(const Response& response, const Headers& defaults, const Framing& framing,
                        std::string_view date, std::string_view request_id, std::size_t* dropped = nullptr);

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string format_http_date(std::int64_t unix_seconds);

/// Is `token` in a comma-separated list, without case?
bool has_token(std::string_view list, std::string_view token);

}  // namespace usher::http
