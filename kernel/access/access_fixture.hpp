#pragma once
/// For tests of access and of what stands on it: an installation that has started, and people in it.
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <string>
#include <vector>

#include "access/access.hpp"
#include "access/api_keys.hpp"
#include "access/inboxes.hpp"
#include "access/users.hpp"
#include "store/test_database.hpp"

namespace usher::access::testing {

inline constexpr const char* kAdminEmail = "admin@example.test";
inline constexpr const char* kAdminPassword = "correct horse battery";
inline constexpr const char* kAdminKey = "test-key-0123456789abcdef";

class AccessTest : public store::testing::StoreTest {
protected:
    void SetUp() override;
    void TearDown() override;

    template <class T>
    static T run(Task<T> task) {
        return store::testing::run(std::move(task));
    }
    /// The value; fails the test with the error's text.
    template <class T>
    static T good(Task<Result<T>> task) {
        auto result = run(std::move(task));
        EXPECT_TRUE(result) << (result ? "" : result.error().message);
        return std::move(result).value();
    }
    static void good(Task<Result<void>> task) {
        auto result = run(std::move(task));
        EXPECT_TRUE(result) << (result ? "" : result.error().message);
    }
    /// The error; fails the test when there is none.
    template <class T>
    static Error bad(Task<Result<T>> task) {
        auto result = run(std::move(task));
        if (!result) return result.error();
        ADD_FAILURE() << "expected a refusal";
        return {};
    }

    Access& access() { return *access_; }
    Users& users() { return *users_; }
    ApiKeys& keys() { return *keys_; }
    Inboxes& inboxes() { return *inboxes_; }

    /// Another Access on the same database: the program started again.
    void restart(Presets presets);
    Principal admin();
    /// Invited by the administrator, joined with the password "<name> has a password".
    SignedIn person(const std::string& name, std::vector<std::string> roles, std::optional<bool> seat = std::nullopt);
    Principal principal(UserId user);
    InboxId default_inbox();
    InboxId inbox(const std::string& name);
    void add_member(InboxId inbox, UserId user, MemberRole role = MemberRole::agent);
    /// Types of all events, in order.
    std::vector<std::string> event_types();
    static std::string email_of(const std::string& name);
    static std::string password_of(const std::string& name) { return name + " has a password"; }

private:
    asio::thread_pool threads_{1};
    std::unique_ptr<Access> access_;
    std::unique_ptr<Users> users_;
    std::unique_ptr<ApiKeys> keys_;
    std::unique_ptr<Inboxes> inboxes_;
};

}  // namespace usher::access::testing
