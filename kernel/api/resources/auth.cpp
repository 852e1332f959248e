// Signing in and out: set-up, login, logout, password, invitations.
#include "api/me.hpp"
#include "api/resources.hpp"
#include "http/cookies.hpp"

namespace usher::api {
namespace shape {

struct AuthState {
    bool setup_needed = false;
};
BOOST_DESCRIBE_STRUCT(AuthState, (), (setup_needed))

struct SetupInput {
    std::string token, name, email, password;
};
BOOST_DESCRIBE_STRUCT(SetupInput, (), (token, name, email, password))

struct LoginInput {
    std::string email, password;
};
BOOST_DESCRIBE_STRUCT(LoginInput, (), (email, password))

struct PasswordInput {
    std::string current, next;
};
BOOST_DESCRIBE_STRUCT(PasswordInput, (), (current, next))

struct Invitation {
    std::string email, name;
    Time expires_at;
};
BOOST_DESCRIBE_STRUCT(Invitation, (), (email, name, expires_at))

struct AcceptInput {
    std::optional<std::string> name;
    std::string password;
};
BOOST_DESCRIBE_STRUCT(AcceptInput, (), (name, password))

}  // namespace shape

namespace {

/// Sets the session's cookie; an empty token takes it away.
Result<http::Response> with_cookie(const Services& s, http::Response response, const http::Request& request,
                                   std::string token, std::chrono::seconds lifetime) {
    http::Cookie cookie;
    cookie.name = kSessionCookie;
    cookie.value = std::move(token);
    cookie.max_age = lifetime;
    cookie.secure = request.tls || s.workspace_url.starts_with("https://");
    auto text = http::render_cookie(cookie);
    if (!text) return text.error();
    response.headers.add("Set-Cookie", std::move(*text));
    return response;
}

Task<Reply> answer_signed_in(Services& s, Call call, Result<access::SignedIn> signed_in) {
    if (!signed_in) co_return signed_in.error();
    auto me = co_await me_of(s, signed_in->caller);
    if (!me) co_return me.error();
    co_return with_cookie(s, ok(*me), call.request, signed_in->token, signed_in->lifetime);
}

Task<Reply> get_state(Services& s, Call) {
    auto needed = co_await s.access.setup_needed();
    if (!needed) co_return needed.error();
    co_return ok(shape::AuthState{*needed});
}

Task<Reply> set_up(Services& s, Call call) {
    auto input = call.input<shape::SetupInput>({"token", "name", "email", "password"});
    if (!input) co_return input.error();
    access::Access::SetUp wish{input->token, input->name, input->email, input->password};
    auto done = co_await s.access.set_up(std::move(wish));
    co_return co_await answer_signed_in(s, std::move(call), std::move(done));
}

Task<Reply> login(Services& s, Call call) {
    auto input = call.input<shape::LoginInput>({"email", "password"});
    if (!input) co_return input.error();
    auto done = co_await s.access.login(input->email, input->password, call.request.remote_addr);
    co_return co_await answer_signed_in(s, std::move(call), std::move(done));
}

Task<Reply> logout(Services& s, Call call) {
    auto done = co_await s.access.logout(call.caller);
    if (!done) co_return done.error();
    co_return with_cookie(s, no_content(), call.request, "", std::chrono::seconds{0});
}

Task<Reply> change_password(Services& s, Call call) {
    auto input = call.input<shape::PasswordInput>({"current", "next"});
    if (!input) co_return input.error();
    auto done = co_await s.access.change_password(call.caller, input->current, input->next, call.request.remote_addr);
    if (!done) co_return done.error();
    co_return no_content();
}

Task<Reply> get_invitation(Services& s, Call call) {
    auto found = co_await s.access.invitation(std::string(call.request.path_param("token")));
    if (!found) co_return found.error();
    co_return ok(shape::Invitation{found->email, found->name, found->expires_at});
}

Task<Reply> accept_invitation(Services& s, Call call) {
    auto input = call.input<shape::AcceptInput>({"password"});
    if (!input) co_return input.error();
    auto done = co_await s.access.accept_invitation(std::string(call.request.path_param("token")), input->name,
                                                    input->password);
    co_return co_await answer_signed_in(s, std::move(call), std::move(done));
}

}  // namespace

void add_auth(Api& api, Services& s) {
    const std::string tag = "Session";
    api.add({.method = "GET",
             .path = "/auth/state",
             .summary = "Is there an administrator yet?",
             .tag = tag,
             .needs = open(),
             .answers = {one<shape::AuthState>()}},
            [&s](Call call) { return get_state(s, std::move(call)); });
    api.add({.method = "POST",
             .path = "/auth/setup",
             .summary = "Make the first administrator, by the one-time link",
             .tag = tag,
             .needs = open(),
             .request = body<shape::SetupInput>({"token", "name", "email", "password"}),
             .answers = {one<shape::Me>()}},
            [&s](Call call) { return set_up(s, std::move(call)); });
    api.add({.method = "POST",
             .path = "/auth/login",
             .summary = "Sign in",
             .tag = tag,
             .needs = open(),
             .request = body<shape::LoginInput>({"email", "password"}),
             .answers = {one<shape::Me>(200, "Signed in; Set-Cookie holds the session.")},
             .description = "Repeated failures are answered 429 with Retry-After. Availability starts as away."},
            [&s](Call call) { return login(s, std::move(call)); });
    api.add({.method = "POST", .path = "/auth/logout", .summary = "Sign out", .tag = tag, .answers = {none()}},
            [&s](Call call) { return logout(s, std::move(call)); });
    api.add({.method = "POST",
             .path = "/auth/password",
             .summary = "Change one's password",
             .tag = tag,
             .request = body<shape::PasswordInput>({"current", "next"}),
             .answers = {none(204, "Changed; one's other sessions have ended.")}},
            [&s](Call call) { return change_password(s, std::move(call)); });
    api.add({.method = "GET",
             .path = "/auth/invitations/{token}",
             .summary = "Whom an invitation is for",
             .tag = tag,
             .needs = open(),
             .answers = {one<shape::Invitation>()}},
            [&s](Call call) { return get_invitation(s, std::move(call)); });
    api.add({.method = "POST",
             .path = "/auth/invitations/{token}",
             .summary = "Accept an invitation: choose a password",
             .tag = tag,
             .needs = open(),
             .request = body<shape::AcceptInput>({"password"}),
             .answers = {one<shape::Me>()}},
            [&s](Call call) { return accept_invitation(s, std::move(call)); });
}

}  // namespace usher::api
