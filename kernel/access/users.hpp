#pragma once
/// Users: invited, changed, deactivated, given a seat, available or not. Every change of what somebody may see or do
/// raises their rights_version and appends user.rights_changed. Thread-safe.
#include "access/access.hpp"
#include "store/repositories/inboxes.hpp"
#include "store/repositories/settings.hpp"

namespace usher::access {

struct NewUser {
    std::string name;
    std::string email;
    std::vector<std::string> roles;
    std::optional<bool> seat;  // absent: unless Viewer is all they are
};
BOOST_DESCRIBE_STRUCT(NewUser, (), (name, email, roles, seat))

struct UserChange {
    std::optional<std::string> name;
    std::optional<std::vector<std::string>> roles;
    std::optional<bool> active;
    std::optional<std::int64_t> capacity;  // conversations at a time
};
BOOST_DESCRIBE_STRUCT(UserChange, (), (name, roles, active, capacity))

struct InvitedUser {
    User user;
    std::string token;  // one-time; the link is /invitation?token=...
    Time expires_at;
};

class Users final {
public:
    explicit Users(Access& access) : access_(access) {}

    Task<Result<std::vector<User>>> list(SpaceId space, UserId after, int limit);
    Task<Result<User>> get(SpaceId space, UserId user);
    /// Errc::validation lists every fault; Errc::conflict "email_taken". `faults` were found before.
    Task<Result<InvitedUser>> invite(Principal by, NewUser input, std::optional<store::IdempotencyKey> key = {},
                                     Faults faults = {});
    /// A new link for one who lost it, or forgot their password; the old one is void.
    Task<Result<InvitedUser>> invite_again(Principal by, UserId user);
    /// Name, roles and active need inbox/admin/users, capacity inbox/supervise/capacity-set. Errc::conflict
    /// "last_administrator" when nobody could administer any more.
    /// Errc::precondition where `if_match` is not the row's version.
    Task<Result<User>> update(Principal by, UserId user, UserChange change,
                              std::optional<std::int64_t> if_match = std::nullopt);
    Task<Result<User>> set_seat(Principal by, UserId user, bool seat);
    /// One's own, or with inbox/supervise/agent-status-set another's. Away or offline also ends "available" in single
    /// inboxes: who is away is away everywhere.
    Task<Result<User>> set_availability(Principal by, UserId user, Availability status);
    /// The same without anybody asking: the agent was gone for too long. False: they were not available.
    Task<Result<bool>> make_away(UserId user);
    Task<Result<std::vector<store::Membership>>> memberships(UserId user);

private:
    Task<Result<User>> change(Principal by, UserId user, std::function<Result<void>(User&)> change);
    Access& access_;
};

/// Inside a member: sets and tells a user's availability and ends overrides that contradict it. False: nothing changed.
bool set_availability_in(store::Write& write, User& user, Availability status, UserId by);
/// Inside a member: raises the user's rights version and tells. Writes the row.
void raise_rights_in(store::Write& write, User& user, UserId by);

}  // namespace usher::access
