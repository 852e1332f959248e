#pragma once
/// Inboxes and their members: created, changed, deleted, with their events. Thread-safe.
///
/// To see an inbox one belongs to it, or may set up inboxes, manage all conversations or see reports; to change it one
/// may set up inboxes or is its admin (S4-16).
#include "access/access.hpp"
#include "store/repositories/inboxes.hpp"
#include "store/repositories/settings.hpp"

namespace usher::access {

bool may_see_inbox(const Principal& who, SpaceId space, InboxId inbox);
bool may_manage_inbox(const Principal& who, InboxId inbox);
/// Figures: whoever sees reports, and the inbox's own members (S4-17).
bool may_see_stats(const Principal& who, InboxId inbox);

struct NewMember {
    UserId user_id;
    MemberRole role = MemberRole::agent;
};
BOOST_DESCRIBE_STRUCT(NewMember, (), (user_id, role))

class Inboxes final {
public:
    /// `strategy_exists` says whether `assignmentRules.type` names a strategy plugin; the reference's three names
    /// (round_robin, least_busy, manual) are always taken.
    Inboxes(Access& access, std::function<bool(std::string_view)> strategy_exists)
        : access_(access), strategy_exists_(std::move(strategy_exists)) {}

    struct Shown {
        Inbox inbox;
        std::int64_t members = 0;
    };
    /// All that `who` may see, by id.
    Task<Result<std::vector<Shown>>> list(Principal who);
    /// Errc::not_found: absent or not to be seen.
    Task<Result<Shown>> get(Principal who, InboxId id);

    /// Fills in or changes an inbox as the caller wishes and adds what is wrong with the wish; runs inside a member, so
    /// it captures values only.
    using Edit = std::function<void(Inbox&, bool& is_default, Faults&)>;
    Task<Result<Shown>> create(Principal who, Edit edit, std::optional<store::IdempotencyKey> key = {});
    /// `if_match`: Errc::precondition unless it is the present version.
    Task<Result<Shown>> update(Principal who, InboxId id, std::optional<std::int64_t> if_match, Edit edit);
    /// Errc::conflict: the default inbox; one that still has conversations (their owner, the desk, moves them first).
    Task<Result<void>> remove(Principal who, InboxId id);

    // ---- members
    Task<Result<std::vector<store::MemberView>>> members(Principal who, InboxId id);
    /// A member already: their role changes.
    Task<Result<store::MemberView>> add_member(Principal who, InboxId id, NewMember member, Faults faults = {});
    Task<Result<void>> remove_member(Principal who, InboxId id, UserId user);
    /// One's own, or as who manages the inbox or may set others' availability.
    Task<Result<store::MemberView>> set_availability(Principal who, InboxId id, UserId user, Availability status);

    // ---- figures
    Task<Result<store::InboxStats>> stats(Principal who, InboxId id);
    Task<Result<std::vector<store::MemberStats>>> team_stats(Principal who, InboxId id);

private:
    void check_all(store::Session& sql, const Inbox& inbox, Faults& faults) const;
    Access& access_;
    std::function<bool(std::string_view)> strategy_exists_;
};

/// A new inbox row with its forwarding address.
Inbox make_inbox(store::Write& write, SpaceId space, std::string name, std::string_view mail_domain);
/// When the day of `now` began in an IANA time zone (UTC when that is unknown).
Time start_of_day(Time now, const std::string& timezone);

}  // namespace usher::access
