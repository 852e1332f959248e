#include "feed/cursor.hpp"

#include "foundation/ids.hpp"
#include "foundation/text.hpp"

namespace usher::feed {
namespace {

constexpr std::string_view kVersion = "1";
constexpr std::size_t kLongest = 8'192;

Result<std::int64_t> number(std::string_view text) {
    if (text == "0") return std::int64_t{0};
    return parse_id(text);
}

}  // namespace

bool Cursor::has_seen(const StreamPosition& position) const {
    const auto found = marks.find(position.slot);
    return found != marks.end() && position.seq <= found->second.seq;
}

void Cursor::advance(const StreamPosition& position) {
    Mark& mark = marks[position.slot];
    if (position.seq > mark.seq) mark = {position.epoch, position.seq};
}

void Cursor::advance(std::span<const Event> events) {
    for (const Event& event : events) advance(event.position);
}

std::string encode(const Cursor& cursor) {
    std::string text = std::string(kVersion) + ";" + std::to_string(cursor.rights);
    for (const auto& [slot, mark] : cursor.marks) {
        text += ";" + std::to_string(slot) + ":" + std::to_string(mark.epoch) + ":" + std::to_string(mark.seq);
    }
    return to_base64url(text);
}

Result<Cursor> decode(std::string_view text) {
    const Error bad = invalid("cursor: not one that was given out here");
    if (text.size() > kLongest) return bad;
    const auto plain = from_base64url(text);
    if (!plain) return bad;
    const auto parts = split(*plain, ';');
    if (parts.size() < 2 || parts[0] != kVersion) return bad;
    Cursor out;
    const auto rights = number(parts[1]);
    if (!rights) return bad;
    out.rights = *rights;
    for (std::size_t i = 2; i < parts.size(); ++i) {
        const auto fields = split(parts[i], ':');
        if (fields.size() != 3) return bad;
        const auto slot = number(fields[0]), epoch = number(fields[1]), seq = number(fields[2]);
        if (!slot || !epoch || !seq || !out.marks.emplace(*slot, Mark{*epoch, *seq}).second) return bad;
    }
    return out;
}

}  // namespace usher::feed
