#include "api/visitor_cursor.hpp"

#include <algorithm>

#include "foundation/text.hpp"

namespace usher::api {
namespace {

constexpr std::string_view kVersion = "1";
constexpr std::size_t kLongest = 64 * 1024;

Result<std::int64_t> number(std::string_view text) {
    if (text == "0") return std::int64_t{0};
    return parse_id(text);
}

Result<VisitorMark> mark_of(std::string_view text) {
    const auto fields = split(text, ':');
    if (fields.size() < 3 || fields.size() > 4) return unknown_cursor();
    const auto conversation = parse_id(fields[0]);
    const auto seq = number(fields[1]), read = number(fields[2]);
    if (!conversation || !seq || !read) return unknown_cursor();
    VisitorMark mark{{*conversation}, *seq, *read, {}};
    if (fields.size() == 4) {
        for (const auto part : split(fields[3], ',')) {
            const auto pending = parse_id(part);
            if (!pending || *pending > *seq || (!mark.pending.empty() && *pending <= mark.pending.back()))
                return unknown_cursor();
            mark.pending.push_back(*pending);
        }
    }
    return mark;
}

}  // namespace

Error unknown_cursor() {
    return {Errc::invalid, "The cursor is unknown here.", {}, {}, "unknown_cursor"};
}

VisitorMark* VisitorCursor::find(ConversationId conversation) {
    const auto at =
        std::find_if(marks.begin(), marks.end(), [&](const auto& m) { return m.conversation == conversation; });
    return at == marks.end() ? nullptr : &*at;
}

const VisitorMark* VisitorCursor::find(ConversationId conversation) const {
    return const_cast<VisitorCursor*>(this)->find(conversation);
}

std::string encode(const VisitorCursor& cursor) {
    std::string text = std::string(kVersion) + ";" + std::to_string(cursor.folded.us);
    for (const auto& mark : cursor.marks) {
        text += ";" + to_string(mark.conversation) + ":" + std::to_string(mark.seq) + ":" + std::to_string(mark.read);
        char separator = ':';
        for (const auto seq : mark.pending) {
            text += separator + std::to_string(seq);
            separator = ',';
        }
    }
    return to_base64url(text);
}

Result<VisitorCursor> decode_visitor_cursor(std::string_view text) {
    if (text.size() > kLongest) return unknown_cursor();
    const auto plain = from_base64url(text);
    if (!plain) return unknown_cursor();
    const auto parts = split(*plain, ';');
    if (parts.size() < 2 || parts[0] != kVersion) return unknown_cursor();
    const auto folded = number(parts[1]);
    if (!folded) return unknown_cursor();
    VisitorCursor out{Time{*folded}, {}};
    for (std::size_t i = 2; i < parts.size(); ++i) {
        auto mark = mark_of(parts[i]);
        if (!mark || out.find(mark->conversation)) return unknown_cursor();
        out.marks.push_back(std::move(*mark));
    }
    return out;
}

bool take(VisitorMark& mark, std::int64_t seq, Showing showing) {
    const auto at = std::lower_bound(mark.pending.begin(), mark.pending.end(), seq);
    const bool waited = at != mark.pending.end() && *at == seq;
    if (seq <= mark.seq && !waited) return false;
    mark.seq = std::max(mark.seq, seq);
    if (showing == Showing::pending) {
        if (!waited) mark.pending.insert(at, seq);
        return false;
    }
    if (waited) mark.pending.erase(at);
    return showing == Showing::visible;
}

}  // namespace usher::api
