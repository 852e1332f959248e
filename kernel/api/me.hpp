#pragma once
/// Me: who is signed in, what they may do and where. Answered by GET /me and by everything that signs in.
#include "api/call.hpp"
#include "api/services.hpp"
#include "api/shapes.hpp"

namespace usher::api {

namespace shape {

struct MeUser {
    std::optional<UserId> id;  // null: an API key
    std::string name;
    std::optional<std::string> email;
    std::vector<std::string> roles;
    bool seat = true;
};
BOOST_DESCRIBE_STRUCT(MeUser, (), (id, name, email, roles, seat))

struct SpaceName {
    SpaceId id;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(SpaceName, (), (id, name))

struct MyInbox {
    InboxId id;
    std::string name;
    MemberRole role = MemberRole::agent;
};
BOOST_DESCRIBE_STRUCT(MyInbox, (), (id, name, role))

struct Me {
    MeUser user;
    SpaceName space;
    std::vector<std::string> permissions;
    std::vector<MyInbox> inboxes;
    AvailabilityState availability;
    std::optional<std::string> csrf_token;  // null with an API key
    std::string public_url;
    std::int64_t undo_window_seconds = 5;
    std::string build;
};
BOOST_DESCRIBE_STRUCT(Me, (),
                      (user, space, permissions, inboxes, availability, csrf_token, public_url, undo_window_seconds,
                       build))

}  // namespace shape

Task<Result<shape::Me>> me_of(Services& services, access::Caller caller);

}  // namespace usher::api
