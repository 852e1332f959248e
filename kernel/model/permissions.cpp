#include "model/permissions.hpp"

#include <algorithm>
#include <map>

namespace usher {
namespace {

PermissionInfo line(std::string id, std::string title, std::string description, bool base = true) {
    const auto first = id.find('/');
    const auto second = id.find('/', first + 1);
    PermissionInfo info{id,  id.substr(first + 1, second - first - 1), std::move(title), std::move(description), true,
                        base};
    if (id == permission::kView) info.needs_seat = false;
    return info;
}

std::vector<PermissionInfo> make_catalogue() {
    const bool free = false;
    return {
        line("inbox/conversations/view", "View conversations", "See the conversations of the inboxes one belongs to.",
             free),
        line("inbox/conversations/work-assigned", "Work on assigned conversations",
             "See and work on conversations assigned to oneself, and see unassigned ones of one's inboxes.", free),
        line("inbox/conversations/manage-all", "Manage all conversations",
             "See and work on every conversation, whoever it is assigned to.", free),
        line("inbox/my-work/reply", "Reply", "Send messages to customers."),
        line("inbox/my-work/note-read", "Read notes", "See internal notes."),
        line("inbox/my-work/note-write", "Write notes", "Add internal notes."),
        line("inbox/my-work/attach", "Attach files", "Send files to customers."),
        line("inbox/my-work/start-conversation", "Start conversations", "Write to a customer first."),
        line("inbox/my-work/download-conversation", "Download conversations", "Download a conversation's transcript."),
        line("inbox/my-work/undo-send", "Undo sending", "Take a message back before it is sent."),
        line("inbox/my-work/schedule-send", "Schedule messages", "Send a message at a later time."),
        line("inbox/my-work/change-status", "Change status", "Snooze, solve, close and reopen conversations."),
        line("inbox/my-work/change-priority", "Change priority", "Change a conversation's priority."),
        line("inbox/my-work/change-topic", "Change subject", "Change a conversation's subject and custom fields."),
        line("inbox/my-work/edit-tags", "Edit tags", "Add and remove a conversation's tags."),
        line("inbox/my-work/use-templates", "Use templates", "Send message templates."),
        line("inbox/my-work/use-macros", "Use macros", "Run macros on a conversation."),
        line("inbox/my-work/copilot", "Use the copilot", "Ask the assistant."),
        line("inbox/all-work/view", "All Work", "Use the All Work view."),
        line("inbox/all-work/views-private", "Private views", "Save views for oneself."),
        line("inbox/all-work/views-global", "Shared views", "Save views for everybody."),
        line("inbox/all-work/bulk-edit", "Bulk edit", "Change many conversations at once."),
        line("inbox/all-work/search-text", "Search text", "Search in message texts."),
        line("inbox/all-work/export", "Export conversations", "Export lists of conversations."),
        line("inbox/assignment/claim", "Claim", "Take an unassigned conversation."),
        line("inbox/assignment/assign-self", "Assign to oneself", "Assign a conversation to oneself."),
        line("inbox/assignment/assign-others", "Assign to others", "Assign conversations to other agents and teams."),
        line("inbox/assignment/take-over", "Take over", "Take a conversation from a colleague."),
        line("inbox/assignment/transfer-agent", "Transfer to an agent", "Hand a conversation to another agent."),
        line("inbox/assignment/transfer-team", "Transfer to a team", "Hand a conversation to a team."),
        line("inbox/assignment/transfer-queue", "Transfer to an inbox", "Move a conversation to another inbox."),
        line("inbox/assignment/change-owner", "Change owner", "Change a contact's owner; open conversations follow."),
        line("inbox/contacts/view", "View contacts", "See contacts and their fields."),
        line("inbox/contacts/edit", "Edit contacts", "Change contacts."),
        line("inbox/contacts/create", "Create contacts", "Add contacts."),
        line("inbox/contacts/import", "Import contacts", "Import contacts from a file."),
        line("inbox/contacts/export", "Export contacts", "Export contacts to a file."),
        line("inbox/contacts/merge", "Merge contacts", "Merge and unmerge contacts."),
        line("inbox/contacts/block", "Block contacts", "Stop a contact's messages."),
        line("inbox/contacts/delete", "Erase contacts", "Erase a contact and what they wrote."),
        line("inbox/contacts/pii-view", "See personal data", "See addresses and numbers unmasked."),
        line("inbox/supervise/agent-status-set", "Set availability", "Change another agent's availability."),
        line("inbox/supervise/monitor", "Monitor", "Watch agents and calls live."),
        line("inbox/supervise/whisper", "Whisper", "Speak to an agent during a call."),
        line("inbox/supervise/force-logout", "Force logout", "End another user's sessions."),
        line("inbox/supervise/capacity-set", "Set capacity", "Change how many conversations an agent holds."),
        line("inbox/setup/channels", "Channels", "Set up channels and accounts.", free),
        line("inbox/setup/senders", "Sender profiles", "Set up sender profiles.", free),
        line("inbox/setup/queues", "Inboxes", "Set up inboxes and their members.", free),
        line("inbox/setup/routes", "Routes", "Set up routes.", free),
        line("inbox/setup/working-hours", "Working hours", "Set up working hours and calendars.", free),
        line("inbox/setup/statuses", "Agent statuses", "Set up named agent statuses.", free),
        line("inbox/setup/sla", "SLA", "Set up service levels.", free),
        line("inbox/setup/escalation", "Escalation", "Set up escalation rules.", free),
        line("inbox/setup/surveys", "Surveys", "Set up satisfaction surveys.", free),
        line("inbox/setup/tags", "Tags", "Set up tags.", free),
        line("inbox/setup/templates", "Templates", "Set up message templates.", free),
        line("inbox/setup/macros", "Macros", "Set up macros.", free),
        line("inbox/setup/automations", "Automations", "Set up automations.", free),
        line("inbox/setup/bots", "Bots", "Set up bots.", free),
        line("inbox/setup/auto-responders", "Auto-responders", "Set up auto-responders.", free),
        line("inbox/setup/forms", "Forms", "Set up forms.", free),
        line("inbox/setup/attributes", "Custom fields", "Set up custom fields.", free),
        line("inbox/setup/plugins", "Plugins", "See and reload plugins.", free),
        line("inbox/setup/webhooks", "Webhooks", "Set up webhooks.", free),
        line("inbox/setup/retention", "Retention", "Set up how long data is kept.", free),
        line("inbox/analytics/live", "Live boards", "Watch the live boards.", free),
        line("inbox/analytics/reports-view", "View reports", "See reports and statistics.", free),
        line("inbox/analytics/reports-create", "Create reports", "Save own reports.", free),
        line("inbox/analytics/reports-schedule", "Schedule reports", "Have reports sent regularly.", free),
        line("inbox/analytics/reports-share", "Share reports", "Share reports with others.", free),
        line("inbox/analytics/export-raw", "Export raw data", "Read the event feed.", free),
        line("inbox/analytics/export-targets", "Export targets", "Set up exporters.", free),
        line("inbox/admin/users", "Users", "Invite, change and deactivate users.", free),
        line("inbox/admin/roles", "Roles", "Create and change roles.", free),
        line("inbox/admin/seats", "Seats", "Give and take seats.", free),
        line("inbox/admin/api-keys", "API keys", "Create and revoke API keys.", free),
        line("inbox/admin/private-networks", "Private networks",
             "Let an account reach peers in private networks, which are refused otherwise.", free),
        line("inbox/admin/audit-view", "Audit", "Read the audit log.", free),
        line("inbox/admin/erasure", "Erasure", "Erase personal data.", free),
        line("inbox/admin/licence", "Licence", "See and change the licence.", free),
        line("inbox/admin/backup", "Backup", "Back up and restore.", free),
    };
}

std::vector<std::string> matching(std::initializer_list<std::string_view> prefixes,
                                  std::initializer_list<std::string_view> without = {}) {
    std::vector<std::string> out;
    for (const auto& info : permission_catalogue()) {
        const auto starts = [&](std::string_view prefix) { return info.id.starts_with(prefix); };
        if (std::any_of(prefixes.begin(), prefixes.end(), starts) &&
            std::none_of(without.begin(), without.end(), starts)) {
            out.push_back(info.id);
        }
    }
    return out;
}

std::vector<RoleInfo> make_roles() {
    // An agent's set is built first, so that a supervisor's contains it by construction (S0-15).
    std::vector<std::string> agent =
        matching({"inbox/conversations/view", "inbox/conversations/work-assigned", "inbox/my-work/",
                  "inbox/all-work/view", "inbox/all-work/views-private", "inbox/all-work/search-text",
                  "inbox/assignment/claim", "inbox/assignment/assign-self", "inbox/assignment/transfer-",
                  "inbox/contacts/view", "inbox/contacts/edit", "inbox/contacts/create"});
    std::vector<std::string> supervisor =
        matching({"inbox/conversations/", "inbox/my-work/", "inbox/all-work/", "inbox/assignment/", "inbox/contacts/",
                  "inbox/supervise/", "inbox/analytics/live", "inbox/analytics/reports-view"});
    return {
        {"administrator", "Administrator",
         "Sets up the installation: everything that the other roles may, and people's rights.", true,
         matching({"inbox/"})},
        {"inbox_setup", "Inbox Setup", "Creates and manages inboxes, routes, automations and settings.", true,
         matching({"inbox/setup/"})},
        {"agent", "Agent", "Works on the conversations assigned to them.", true, std::move(agent)},
        {"analytics", "Analytics", "Watches boards, schedules reports, exchanges data with other systems.", true,
         matching({"inbox/analytics/"})},
        {"supervisor", "Supervisor", "Manages all conversations in all inboxes, whoever they are assigned to.", true,
         std::move(supervisor)},
        {"viewer",
         "Viewer",
         "Sees the conversations of their inboxes and changes nothing; takes no seat.",
         true,
         {std::string(permission::kView), std::string(permission::kNoteRead)}},
    };
}

bool is_base(std::string_view id) {
    return id == permission::kView || id == permission::kWorkAssigned || id == permission::kManageAll;
}

}  // namespace

const std::vector<PermissionInfo>& permission_catalogue() {
    static const std::vector<PermissionInfo> catalogue = make_catalogue();
    return catalogue;
}

std::string_view canonical_permission(std::string_view name) {
    static const std::map<std::string, std::string, std::less<>> aliases{
        {"contact-center/conversations/view", "inbox/conversations/view"},
        {"conversations/my-work/download-conversation", "inbox/my-work/download-conversation"},
        {"conversations/allow-assignment", "inbox/assignment/assign-others"},
    };
    if (const auto alias = aliases.find(name); alias != aliases.end()) return alias->second;
    for (const auto& info : permission_catalogue()) {
        if (info.id == name) return info.id;
    }
    for (const std::string_view prefix : {"contact-center/", "conversations/"}) {
        if (!name.starts_with(prefix)) continue;
        const std::string same = "inbox/" + std::string(name.substr(prefix.size()));
        for (const auto& info : permission_catalogue()) {
            if (info.id == same) return info.id;
        }
    }
    return {};
}

const std::vector<RoleInfo>& default_roles() {
    static const std::vector<RoleInfo> roles = make_roles();
    return roles;
}

const RoleInfo* find_default_role(std::string_view id) {
    for (const auto& role : default_roles()) {
        if (role.id == id) return &role;
    }
    return nullptr;
}

void check_roles(std::span<const std::string> roles, std::string_view path, Faults& faults) {
    bool agent = false, supervisor = false;
    for (std::size_t i = 0; i < roles.size(); ++i) {
        if (!find_default_role(roles[i]))
            detail::fault(faults, pointer(path, i), "there is no role '" + roles[i] + "'");
        agent |= roles[i] == "agent";
        supervisor |= roles[i] == "supervisor";
    }
    if (agent && supervisor) {
        detail::fault(faults, path,
                      "Agent and Supervisor exclude each other: a supervisor may already do what an agent may");
    }
}

PermissionSet effective_permissions(std::span<const std::string> roles, bool seat) {
    PermissionSet all;
    for (const auto& id : roles) {
        if (const auto* role = find_default_role(id)) all.insert(role->permissions.begin(), role->permissions.end());
    }
    const bool base = std::any_of(all.begin(), all.end(), [](const auto& id) { return is_base(id); });
    if (!seat) {
        PermissionSet view;
        if (base) view.insert(std::string(permission::kView));
        return view;
    }
    if (!base) {
        for (const auto& info : permission_catalogue()) {
            if (info.needs_base) all.erase(info.id);
        }
    }
    return all;
}

}  // namespace usher
