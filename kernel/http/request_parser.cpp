#include "http/request_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace usher::http {

namespace beast = boost::beast;

namespace {

constexpr std::size_t kChunkHeaderLimit = 256;  // size line with extensions, and each trailer line
// "0", CRLF, CRLF: what is still to come of a chunked body that has not ended is never shorter. Beast 1.81 takes that
// for granted once it has read "0" and CRLF, and ends the process where it is given less (basic_parser.ipp,
// parse_chunk_header).
constexpr std::size_t kLastChunk = 5;

bool has_bare_line_end(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return true;
        if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] != '\n') return true;
    }
    return false;
}

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

}  // namespace

struct RequestParser::Impl final : beast::http::basic_parser<true> {
    using Error = beast::error_code;
    using Text = beast::string_view;

    ParsedHead* head = nullptr;  // while the head is read; after it fields are trailers and are dropped
    std::string* out = nullptr;
    std::size_t count_limit = 0;
    std::size_t trailers = 0;

    void on_request_impl(beast::http::verb, Text method, Text target, int version, Error&) override {
        head->method = view(method);
        head->target = view(target);
        head->http11 = version == 11;
    }
    void on_response_impl(int, Text, int, Error& error) override { error = beast::http::error::bad_method; }
    void on_field_impl(beast::http::field, Text name, Text value, Error& error) override {
        if (head != nullptr) {
            head->headers.add(std::string(view(name)), std::string(view(value)));
        } else if (++trailers > count_limit) {
            error = beast::http::error::header_limit;
        }
    }
    void on_header_impl(Error&) override {}
    void on_body_init_impl(boost::optional<std::uint64_t> const&, Error&) override {}
    std::size_t on_body_impl(Text body, Error&) override {
        out->append(body.data(), body.size());
        return body.size();
    }
    void on_chunk_header_impl(std::uint64_t, Text extensions, Error& error) override {
        if (extensions.size() > kChunkHeaderLimit) error = beast::http::error::bad_chunk_extension;
        for (const char c : extensions)
            if (c < 0x20 || c >= 0x7f) error = beast::http::error::bad_chunk_extension;
    }
    std::size_t on_chunk_body_impl(std::uint64_t, Text body, Error&) override {
        out->append(body.data(), body.size());
        return body.size();
    }
    void on_finish_impl(Error&) override {}
};

RequestParser::RequestParser(std::size_t header_count_limit) : impl_(std::make_unique<Impl>()) {
    impl_->count_limit = header_count_limit;
    impl_->header_limit(UINT32_MAX);  // bounded by whoever collects the head
    impl_->body_limit(boost::none);   // bounded by the route, where the bytes are counted
    impl_->eager(false);
}

RequestParser::~RequestParser() = default;

std::optional<HeadFault> RequestParser::read_head(std::string_view head, ParsedHead& into) {
    if (auto fault = check_head(head, impl_->count_limit)) return fault;
    impl_->head = &into;
    beast::error_code error;
    const std::size_t consumed = impl_->put(boost::asio::const_buffer(head.data(), head.size()), error);
    impl_->head = nullptr;
    if (error) return HeadFault{400, "the head is malformed: " + error.message()};
    if (!impl_->is_header_done() || consumed != head.size()) return HeadFault{400, "the head is malformed"};
    into.keep_alive = impl_->keep_alive();
    into.has_body = !impl_->is_done();
    if (const auto length = impl_->content_length()) into.content_length = *length;
    impl_->eager(true);
    return std::nullopt;
}

RequestParser::Step RequestParser::read_body(std::string_view bytes, std::string& out) {
    impl_->out = &out;
    Step step;
    while (!impl_->is_done() && step.consumed < bytes.size()) {
        beast::error_code error;
        const std::string_view rest = bytes.substr(step.consumed);
        if (impl_->chunked() && rest.size() < kLastChunk) break;
        const std::size_t consumed = impl_->put(boost::asio::const_buffer(rest.data(), rest.size()), error);
        step.consumed += consumed;
        if (error == beast::http::error::need_more) {
            // Data is taken as it comes; what waits for more is a chunk's size line or a trailer.
            const std::string_view waiting = rest.substr(consumed);
            if (has_bare_line_end(waiting))
                step.fault = HeadFault{400, "a line of a chunked body does not end with CRLF"};
            if (waiting.size() > 2 * kChunkHeaderLimit) step.fault = HeadFault{400, "a chunk header is too long"};
            break;
        }
        if (error) {
            step.fault = HeadFault{400, "the body is malformed: " + error.message()};
            break;
        }
        if (consumed == 0) break;
    }
    impl_->out = nullptr;
    step.done = impl_->is_done();
    return step;
}

}  // namespace usher::http
