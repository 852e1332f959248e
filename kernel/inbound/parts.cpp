#include "inbound/parts.hpp"

#include <algorithm>

#include "foundation/text.hpp"

namespace usher::inbound {
namespace {

bool is_mime(std::string_view text) {
    if (text.empty() || text.size() > 200 || text.find('/') == std::string_view::npos) return false;
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace

std::vector<Attachment> attachments_of(store::Write& write, const Arrival& arrival, ConversationId conversation) {
    std::vector<Attachment> out;
    for (const auto& part : arrival.message.parts) {
        Attachment a;
        a.id = {write.next_id()};
        a.name = std::string(prefix_utf8(part.name.empty() ? "file" : part.name, 250));
        a.mime_type = is_mime(part.mime) ? part.mime : "application/octet-stream";
        a.size_bytes = static_cast<std::int64_t>(part.size_bytes);
        a.account_id = arrival.account.key;
        a.conversation_id = conversation;
        a.created_at = write.now();
        if (part.uri.starts_with("blob:")) {
            a.blob_hash = part.uri.substr(5);
            a.shown_inline = a.mime_type.starts_with("image/") || a.mime_type.starts_with("audio/") ||
                             a.mime_type.starts_with("video/");
        } else {
            a.state = AttachmentState::fetching;
            a.source_url = part.uri;
        }
        out.push_back(std::move(a));
    }
    return out;
}

}  // namespace usher::inbound
