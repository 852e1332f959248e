#include "api/desk_frames.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "store/repositories/contacts.hpp"
#include "store/repositories/conversations.hpp"
#include "store/repositories/entries.hpp"

namespace usher::api {
namespace {

bool about_entry(const Event& event) {
    return event.type.starts_with("message.") || event.type == "note.created" || event.type == "entry.created";
}

constexpr int kAudience = 200;  // conversations of one contact, the newest

/// A contact's new name, for all who have a conversation of theirs before them.
std::optional<Frame> contact_frame(store::Session& sql, const Event& event) {
    const auto contact = store::find_contact(sql, event.space_id, ContactId{event.subject_id});
    if (!contact) return std::nullopt;
    Frame frame;
    frame.type = event.type;
    frame.version = contact->version;
    frame.data["contact"] = {{"id", to_json(contact->id)},
                             {"name", contact->name},
                             {"blocked", contact->blocked},
                             {"version", contact->version}};
    for (const auto& row :
         sql.rows<Conversation>("WHERE contact_id = :contact ORDER BY last_activity_at DESC, id DESC LIMIT :limit",
                                contact->id, kAudience)) {
        auto key = visibility_key(row);
        const auto same = [&](const VisibilityKey& k) {
            return k.inbox_id == key.inbox_id && k.assignee_id == key.assignee_id &&
                   k.participant_ids == key.participant_ids;
        };
        if (std::none_of(frame.audience.begin(), frame.audience.end(), same)) frame.audience.push_back(std::move(key));
    }
    if (frame.audience.empty()) return std::nullopt;
    return frame;
}

}  // namespace

Task<Result<std::vector<std::optional<Frame>>>> DeskFrames::frames(std::vector<Event> events) {
    auto look = [&views = views_, events = std::move(events)](store::Session& sql) {
        std::set<ConversationId> conversation_ids;
        std::set<EntryId> entry_ids;
        for (const auto& event : events) {
            if (!event.conversation_id) continue;
            conversation_ids.insert(event.conversation_id);
            if (about_entry(event) && event.subject_id != 0) entry_ids.insert(EntryId{event.subject_id});
        }
        const auto rows = store::find_conversations(sql, {conversation_ids.begin(), conversation_ids.end()});
        std::map<ConversationId, VisibilityKey> keys;
        for (const auto& row : rows) keys.emplace(row.id, visibility_key(row));
        std::map<std::int64_t, std::pair<std::int64_t, json::value>> conversations;  // version and the whole
        for (const auto& view : views.conversations(sql, rows)) {
            conversations.emplace(view.id.value, std::pair{view.version, to_json(view)});
        }
        std::map<std::int64_t, json::value> entries;
        for (const auto& view : views.entries(sql, store::find_entries(sql, {entry_ids.begin(), entry_ids.end()}))) {
            entries.emplace(view.id.value, to_json(view));
        }
        std::vector<std::optional<Frame>> out;
        out.reserve(events.size());
        for (const auto& event : events) {
            if (event.type == "contact.updated") {
                out.push_back(contact_frame(sql, event));
                continue;
            }
            const auto conversation = conversations.find(event.conversation_id.value);
            if (conversation == conversations.end()) {
                out.emplace_back();
                continue;
            }
            Frame frame;
            frame.type = event.type;
            frame.version = conversation->second.first;
            frame.data["conversation"] = conversation->second.second;
            frame.present = keys.at(event.conversation_id);
            if (about_entry(event)) {
                if (const auto entry = entries.find(event.subject_id); entry != entries.end())
                    frame.data["entry"] = entry->second;
            }
            if (event.type == "note.created") frame.permission = std::string(permission::kNoteRead);
            out.emplace_back(std::move(frame));
        }
        return out;
    };
    co_return co_await store_.read(std::move(look));
}

Task<Result<std::optional<VisibilityKey>>> DeskFrames::visibility(ConversationId id) {
    auto look = [id](store::Session& sql) -> std::optional<VisibilityKey> {
        const auto row = store::find_conversation(sql, id);
        if (!row) return std::nullopt;
        return visibility_key(*row);
    };
    co_return co_await store_.read(std::move(look));
}

}  // namespace usher::api
