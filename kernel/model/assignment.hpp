#pragma once
/// Who may take a conversation: candidates as a pure function of a snapshot, with the reason for everybody left out.
#include <string>
#include <vector>

#include "model/inbox.hpp"
#include "model/user.hpp"

namespace usher {

struct AgentSnapshot {
    UserId id;
    std::string name;
    bool active = true;
    bool seat = true;
    bool may_work = true;    // holds work-assigned or manage-all
    bool connected = false;  // has had a socket within 60 s
    MemberRole role = MemberRole::agent;
    Availability availability = Availability::away;  // the membership's override, else the user's
    std::int64_t open_count = 0;
    std::int64_t open_limit = 0;  // 0: none
    Time last_assigned_at;
};

struct Excluded {
    UserId user_id;
    std::string reason;  // "away", "full", "not connected" ...
};
BOOST_DESCRIBE_STRUCT(Excluded, (), (user_id, reason))

struct Candidates {
    std::vector<AgentSnapshot> fit;
    std::vector<Excluded> excluded;
};

/// `open`: within the working hours that count for assignment; outside of them nobody is a candidate.
Candidates candidates(const AssignmentRules& rules, const std::vector<AgentSnapshot>& members, bool open = true);

/// The kernel's own fallback order: least recently assigned, then lowest id.
bool least_recently_assigned(const AgentSnapshot& a, const AgentSnapshot& b);

}  // namespace usher
