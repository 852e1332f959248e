#include "desk/rights.hpp"

#include "store/repositories/conversations.hpp"

namespace usher::desk {

Result<Conversation> lock_to_see(store::Write& write, const Principal& who, ConversationId id,
                                 std::string_view permission) {
    auto row = store::lock_conversation(write.sql(), id);
    if (!row || !may_see(who, visibility_key(*row)))
        return not_found("There is no conversation " + to_string(id) + ".");
    if (!permission.empty() && !who.may(permission)) return forbidden(permission);
    return std::move(*row);
}

Result<Conversation> lock_to_work(store::Write& write, const Principal& who, ConversationId id,
                                  std::string_view permission) {
    auto row = lock_to_see(write, who, id, permission);
    if (!row) return row;
    if (auto ok = refuse_viewer(who, row->inbox_id); !ok) return ok.error();
    if (!may_work(who, visibility_key(*row))) {
        if (!who.may(permission::kWorkAssigned) && !who.may(permission::kManageAll))
            return forbidden(permission::kWorkAssigned);
        Error error = forbidden(permission::kManageAll);
        error.message = "This conversation is assigned to somebody else. " + error.message;
        return error;
    }
    return row;
}

Result<void> refuse_viewer(const Principal& who, InboxId inbox) {
    if (!only_views(who, inbox)) return {};
    Error error = forbidden(permission::kManageAll);
    error.message = "Your role in this inbox is viewer. " + error.message;
    return error;
}

Result<void> refuse_closed(const Conversation& c) {
    if (c.status != ConversationStatus::closed) return {};
    return conflict("conversation_closed", "This conversation is closed; set it to active first.");
}

}  // namespace usher::desk
