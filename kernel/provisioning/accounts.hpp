#pragma once
/// Accounts: their rows, their sealed secrets and their running instances, kept together. Every account has a row,
/// which gives it its key. One that stands in YAML takes everything else from there and is read-only here; the others
/// live in the database and are made, changed and deleted through this. Thread-safe.
///
/// A change is tried on the running instance first and written when that took it; when it cannot be written the
/// instance goes back to what the row says. So a refused change has changed nothing.
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "foundation/async.hpp"
#include "model/visibility.hpp"
#include "plugins/registry.hpp"
#include "provisioning/sealing.hpp"
#include "store/repositories/accounts.hpp"
#include "store/repositories/settings.hpp"
#include "store/store.hpp"

namespace usher::provisioning {

/// Opens private networks to an account (egress.allowCidrs): what a network trusts is not every channel admin's to say.
inline constexpr std::string_view kPrivateNetworks = "inbox/admin/private-networks";

/// What a client may write of an account.
struct AccountDraft {
    std::string name;
    std::optional<InboxId> inbox_id;
    bool enabled = true;
    json::object config;  // secrets that are absent keep their value, null clears one
    config::RetrySettings retry;
    config::EgressSettings egress;
};
BOOST_DESCRIBE_STRUCT(AccountDraft, (), (name, inbox_id, enabled, config, retry, egress))

struct NewAccount {
    std::string id;
    std::string channel;
    AccountDraft draft;
};

/// An account as it is shown: nothing in it is secret.
struct AccountView {
    store::AccountRow row;             // config and settings as stored; `config` below is for showing
    json::object config;               // without secrets
    std::vector<std::string> secrets;  // JSON pointers of those that are set
    config::RetrySettings retry;
    config::EgressSettings egress;
    plugins::State state = plugins::State::stopped;
    std::optional<std::string> last_error;
    std::string webhook_url;
};

class Accounts final {
public:
    /// Borrows store and registry. Changes run on `executor` to their end, also when who asked is gone.
    Accounts(store::Store& store, plugins::Registry& registry, asio::any_io_executor executor, SecretBox box,
             SpaceId space);
    /// Before the registry stops.
    Task<void> stop();

    // ---- start
    /// Brings what YAML configures (accounts, strategies, responders, exporters) and the database's accounts into the
    /// registry. Errors name the place in YAML. An account of the database that cannot run is shown as failed.
    Task<Result<void>> start(std::vector<plugins::InstanceSpec> from_yaml);

    /// The same while everything runs: what is new in YAML starts, what changed follows, what is gone stops. An error
    /// changed nothing. What a single instance refuses is logged with its place, and it goes on as it was.
    Task<Result<void>> reload(std::vector<plugins::InstanceSpec> from_yaml);

    // ---- for the API
    Task<Result<std::vector<AccountView>>> list(Principal who);
    Task<Result<AccountView>> get(Principal who, std::string slug);
    Task<Result<AccountView>> create(Principal who, NewAccount input, std::optional<store::IdempotencyKey> key,
                                     Faults faults);
    /// Changes a draft of what is there; faults of the input go to the list.
    using Edit = std::function<void(AccountDraft& draft, Faults& faults)>;
    Task<Result<AccountView>> update(Principal who, std::string slug, std::optional<std::int64_t> if_match, Edit edit);
    /// Stops it and lets it finish what it does. Its conversations stay, readable. Errc::conflict while messages wait
    /// to be sent, unless `fail_waiting`: then they end as failed.
    Task<Result<void>> remove(Principal who, std::string slug, std::optional<std::int64_t> if_match, bool fail_waiting);
    /// Tries the account's configuration, with `config` in its place if given, and keeps nothing. The value is what was
    /// wrong, nullopt: nothing.
    Task<Result<std::optional<std::string>>> test(Principal who, std::string slug, std::optional<json::object> config);
    /// The same for one that is not there yet.
    Task<Result<std::optional<std::string>>> test_new(Principal who, NewAccount input, Faults faults);

private:
    template <class T>
    Task<Result<T>> to_the_end(std::function<Task<Result<T>>()> work);
    Task<Result<AccountView>> create_now(Principal who, NewAccount input, std::optional<store::IdempotencyKey> key,
                                         Faults faults);
    Task<Result<AccountView>> update_now(Principal who, std::string slug, std::optional<std::int64_t> if_match,
                                         Edit edit);
    Task<Result<bool>> reload_now(std::vector<plugins::InstanceSpec> from_yaml);
    Task<Result<bool>> remove_now(Principal who, std::string slug, std::optional<std::int64_t> if_match,
                                  bool fail_waiting);

    /// While it lives, nobody else here changes that account.
    class Turn;
    Result<std::shared_ptr<Turn>> turn(const std::string& slug);

    Task<Result<store::AccountRow>> row_of(Principal who, std::string slug);
    /// What is wrong with a draft, apart from its inbox.
    void check(const std::string& channel, const AccountDraft& draft, Faults& faults) const;
    Result<plugins::InstanceSpec> spec_of(const store::AccountRow& row) const;
    plugins::InstanceSpec spec_of(const store::AccountRow& row, const AccountDraft& draft) const;
    /// The row with the draft in it, its secrets sealed.
    store::AccountRow row_with(store::AccountRow row, const AccountDraft& draft) const;
    AccountDraft draft_of(const store::AccountRow& row, std::vector<std::string>* lost = nullptr) const;
    AccountView view_of(store::AccountRow row) const;
    /// Makes the registry run what the row says; what prevents it is remembered for showing.
    Task<void> apply(store::AccountRow row);
    Task<void> apply_stored(std::string slug);
    Task<Result<std::vector<plugins::InstanceSpec>>> sync(std::vector<plugins::InstanceSpec> specs);
    Task<Result<std::optional<std::string>>> try_out(plugins::InstanceSpec spec);
    void note_problem(const std::string& slug, std::string problem);

    store::Store& store_;
    plugins::Registry& registry_;
    const std::shared_ptr<const SecretBox> box_;
    const SpaceId space_;  // of what YAML configures
    mutable std::mutex mutex_;
    std::set<std::string> busy_;
    std::map<std::string, std::string> problems_;  // why an enabled account has no instance
    TaskScope tasks_;                              // last: nothing it runs outlives what it uses
};

}  // namespace usher::provisioning
