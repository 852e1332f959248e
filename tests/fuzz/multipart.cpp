// multipart/form-data: the first line is the Content-Type, the rest the body. Parts lie within the body.
#include "http/multipart.hpp"

#include "fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = usher::fuzz::view(data, size);
    const auto line = bytes.find('\n');
    if (line == std::string_view::npos) return 0;
    const auto body = bytes.substr(line + 1);
    const auto parts = usher::http::parse_multipart(bytes.substr(0, line), body, 16);
    if (!parts) return 0;
    usher::fuzz::check(parts->size() <= 16, "no more parts than allowed");
    for (const auto& part : *parts) {
        usher::fuzz::check(part.body.empty() || (part.body.data() >= body.data() &&
                                                 part.body.data() + part.body.size() <= body.data() + body.size()),
                           "a part is a piece of the body");
    }
    return 0;
}
