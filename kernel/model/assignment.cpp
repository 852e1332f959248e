#include "model/assignment.hpp"

namespace usher {

Candidates candidates(const AssignmentRules& rules, const std::vector<AgentSnapshot>& members, bool open) {
    Candidates out;
    for (const auto& agent : members) {
        std::string reason;
        if (!open)
            reason = "outside working hours";
        else if (!agent.active)
            reason = "deactivated";
        else if (!agent.seat)
            reason = "no seat";
        else if (agent.role == MemberRole::viewer)
            reason = "viewer";
        else if (!agent.may_work)
            reason = "no permission to work on conversations";
        else if (rules.only_available && agent.availability != Availability::available)
            reason = std::string(enum_name(agent.availability));
        else if (rules.only_available && !agent.connected)
            reason = "not connected";
        else if (agent.open_limit > 0 && agent.open_count >= agent.open_limit)
            reason = "full";
        if (reason.empty())
            out.fit.push_back(agent);
        else
            out.excluded.push_back({agent.id, std::move(reason)});
    }
    return out;
}

bool least_recently_assigned(const AgentSnapshot& a, const AgentSnapshot& b) {
    return a.last_assigned_at != b.last_assigned_at ? a.last_assigned_at < b.last_assigned_at : a.id < b.id;
}

}  // namespace usher
