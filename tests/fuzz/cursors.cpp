// Cursors come back from clients: one that is taken is one that we wrote.
#include "api/visitor_cursor.hpp"
#include "feed/cursor.hpp"
#include "fuzz.hpp"

using namespace usher;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::view(data, size);
    if (const auto cursor = feed::decode(text)) {
        fuzz::check(feed::encode(*cursor) == text, "a feed cursor has one spelling");
    }
    if (const auto cursor = api::decode_visitor_cursor(text)) {
        fuzz::check(api::encode(*cursor) == text, "a visitor's cursor has one spelling");
    }
    return 0;
}
