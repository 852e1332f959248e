#pragma once
/// One request out of bytes: head.hpp's checks, then Beast's parser, and its reading of chunked bodies. No sockets:
/// bytes in, values out, so that it can be fuzzed.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/head.hpp"

namespace usher::http {

struct ParsedHead {
    std::string method;
    std::string target;
    Headers headers;
    bool http11 = true;
    bool keep_alive = true;
    bool has_body = false;
    std::optional<std::uint64_t> content_length;  // absent with a chunked body
};

class RequestParser final {
public:
    explicit RequestParser(std::size_t header_count_limit);
    ~RequestParser();

    /// `head` is one head with its empty line (find_head_end). Once.
    std::optional<HeadFault> read_head(std::string_view head, ParsedHead& into);

    struct Step {
        std::size_t consumed = 0;
        bool done = false;
        std::optional<HeadFault> fault{};
    };
    /// Decodes what of `bytes` can be, appending to `out`; not consumed bytes must come again, with more behind them.
    Step read_body(std::string_view bytes, std::string& out);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace usher::http
