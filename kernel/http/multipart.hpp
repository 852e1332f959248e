#pragma once
/// multipart/form-data (RFC 7578) over bytes that are whole: a body, or an uploaded file mapped. Pure; fuzzed.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/error.hpp"

namespace usher::http {

struct Part {
    std::string name;
    std::string file_name;     // as sent, UTF-8; empty when the part is a field. Never a path to open
    std::string content_type;  // as claimed
    std::string_view body;     // a view into the input
};

/// @errors Errc::unsupported when `content_type` is not multipart/form-data; Errc::invalid when boundary, headers or
/// end are broken, or over `part_limit` parts.
Result<std::vector<Part>> parse_multipart(std::string_view content_type, std::string_view body,
                                          std::size_t part_limit = 64);

}  // namespace usher::http
