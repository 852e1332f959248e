#pragma once
/// Permissions: one discrete right per action, the default roles, and what a person may effectively do.
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/describe.hpp"

namespace usher {

/// The names that code asks for; the catalogue has all of them with their meaning. Names may grow, never change.
namespace permission {
inline constexpr std::string_view kView = "inbox/conversations/view";
inline constexpr std::string_view kWorkAssigned = "inbox/conversations/work-assigned";
inline constexpr std::string_view kManageAll = "inbox/conversations/manage-all";
inline constexpr std::string_view kReply = "inbox/my-work/reply";
inline constexpr std::string_view kNoteRead = "inbox/my-work/note-read";
inline constexpr std::string_view kNoteWrite = "inbox/my-work/note-write";
inline constexpr std::string_view kAttach = "inbox/my-work/attach";
inline constexpr std::string_view kStart = "inbox/my-work/start-conversation";
inline constexpr std::string_view kUndo = "inbox/my-work/undo-send";
inline constexpr std::string_view kChangeStatus = "inbox/my-work/change-status";
inline constexpr std::string_view kChangePriority = "inbox/my-work/change-priority";
inline constexpr std::string_view kChangeTopic = "inbox/my-work/change-topic";
inline constexpr std::string_view kEditTags = "inbox/my-work/edit-tags";
inline constexpr std::string_view kClaim = "inbox/assignment/claim";
inline constexpr std::string_view kAssignSelf = "inbox/assignment/assign-self";
inline constexpr std::string_view kAssignOthers = "inbox/assignment/assign-others";
inline constexpr std::string_view kTakeOver = "inbox/assignment/take-over";
inline constexpr std::string_view kTransferAgent = "inbox/assignment/transfer-agent";
inline constexpr std::string_view kTransferQueue = "inbox/assignment/transfer-queue";
inline constexpr std::string_view kChangeOwner = "inbox/assignment/change-owner";
inline constexpr std::string_view kContactsView = "inbox/contacts/view";
inline constexpr std::string_view kContactsEdit = "inbox/contacts/edit";
inline constexpr std::string_view kContactsCreate = "inbox/contacts/create";
inline constexpr std::string_view kContactsBlock = "inbox/contacts/block";
inline constexpr std::string_view kSearchText = "inbox/all-work/search-text";
inline constexpr std::string_view kCapacitySet = "inbox/supervise/capacity-set";
inline constexpr std::string_view kAgentStatusSet = "inbox/supervise/agent-status-set";
inline constexpr std::string_view kSetupChannels = "inbox/setup/channels";
inline constexpr std::string_view kSetupQueues = "inbox/setup/queues";
inline constexpr std::string_view kSetupPlugins = "inbox/setup/plugins";
inline constexpr std::string_view kReportsView = "inbox/analytics/reports-view";
inline constexpr std::string_view kExportRaw = "inbox/analytics/export-raw";
inline constexpr std::string_view kAdminUsers = "inbox/admin/users";
inline constexpr std::string_view kAdminRoles = "inbox/admin/roles";
inline constexpr std::string_view kAdminSeats = "inbox/admin/seats";
inline constexpr std::string_view kAdminApiKeys = "inbox/admin/api-keys";
}  // namespace permission

/// One line of the catalogue (S0-22).
struct PermissionInfo {
    std::string id;
    std::string module;
    std::string title;
    std::string description;
    bool needs_seat = true;
    bool needs_base = false;  // only counts beside one of the three base permissions (S1-23)
};
BOOST_DESCRIBE_STRUCT(PermissionInfo, (), (id, module, title, description, needs_seat, needs_base))

const std::vector<PermissionInfo>& permission_catalogue();
/// The catalogue's spelling of a reference product's name ("conversations/allow-assignment"); empty: unknown.
std::string_view canonical_permission(std::string_view name);

struct RoleInfo {
    std::string id;
    std::string name;
    std::string description;
    bool default_ = true;  // default roles are read-only (S0-23)
    std::vector<std::string> permissions;
};
BOOST_DESCRIBE_STRUCT(RoleInfo, (), (id, name, description, default_, permissions))

/// The five of S0-05 and the administrator, who set the installation up.
const std::vector<RoleInfo>& default_roles();
const RoleInfo* find_default_role(std::string_view id);

/// Faults of a combination: unknown role, Agent together with Supervisor (S0-14). Paths are below `path`.
void check_roles(std::span<const std::string> roles, std::string_view path, Faults& faults);

using PermissionSet = std::set<std::string, std::less<>>;

/// What these roles allow, with or without a seat: the union (S1-37); without a seat only the view (S0-26 to S0-28);
/// starred ones only beside a base permission (S1-23).
PermissionSet effective_permissions(std::span<const std::string> roles, bool seat);

}  // namespace usher
