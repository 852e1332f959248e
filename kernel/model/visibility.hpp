#pragma once
/// Visibility is data: which conversations a person may see and work on, as a predicate over a conversation's key, with
/// two renderers that a property test proves equal: in memory (here) and SQL (store/repositories/visibility_sql).
#include <algorithm>
#include <set>
#include <vector>

#include "model/conversation.hpp"
#include "model/permissions.hpp"

namespace usher {

/// What of a conversation decides who sees it. Events carry it before and after.
struct VisibilityKey {
    SpaceId space_id;
    InboxId inbox_id;
    UserId assignee_id;
    std::vector<UserId> participant_ids;
};
BOOST_DESCRIBE_STRUCT(VisibilityKey, (), (space_id, inbox_id, assignee_id, participant_ids))

inline VisibilityKey visibility_key(const Conversation& c) {
    return {c.space_id, c.inbox_id, c.assignee_id, c.participant_ids};
}

/// Who looks: a user or an API key, with what they may effectively do.
struct Principal {
    UserId user_id;  // 0 for an API key
    ApiKeyId api_key_id;
    SpaceId space_id;
    std::string name;
    PermissionSet permissions;
    std::set<InboxId> inboxes;        // member of, in any role
    std::set<InboxId> admin_inboxes;  // with the role admin
    std::int64_t rights_version = 0;
    std::set<InboxId> viewer_inboxes{};  // with the role viewer

    bool may(std::string_view permission) const { return permissions.contains(permission); }
};

/// Who it is, among users and API keys alike: ids come from one source.
inline UserId id_of(const Principal& who) {
    return who.user_id ? who.user_id : UserId{who.api_key_id.value};
}

inline bool may_see(const Principal& who, const VisibilityKey& key) {
    if (key.space_id != who.space_id) return false;
    if (who.may(permission::kManageAll)) return true;
    const bool mine = who.user_id && (key.assignee_id == who.user_id ||
                                      std::find(key.participant_ids.begin(), key.participant_ids.end(), who.user_id) !=
                                          key.participant_ids.end());
    const bool member = who.inboxes.contains(key.inbox_id);
    if (who.may(permission::kView) && member) return true;
    if (who.may(permission::kWorkAssigned) && (mine || (member && !key.assignee_id))) return true;
    return false;
}

/// Whose role in its inbox is viewer only reads there, whatever their permissions; who manages all is no viewer.
inline bool only_views(const Principal& who, InboxId inbox) {
    return who.viewer_inboxes.contains(inbox) && !who.may(permission::kManageAll);
}

/// May act on it as the one who handles it: reply, change status. An unassigned one has to be claimed first, which a
/// reply does by itself.
inline bool may_work(const Principal& who, const VisibilityKey& key) {
    if (!may_see(who, key)) return false;
    if (who.may(permission::kManageAll)) return true;
    if (!who.may(permission::kWorkAssigned) || !who.user_id || only_views(who, key.inbox_id)) return false;
    return key.assignee_id == who.user_id || !key.assignee_id ||
           std::find(key.participant_ids.begin(), key.participant_ids.end(), who.user_id) != key.participant_ids.end();
}

}  // namespace usher
