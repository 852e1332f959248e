#pragma once
/// Small parts that accounts*.cpp share: what stands in a row's settings, and the rules of an account's
/// own members. Internal to provisioning.
#include "provisioning/accounts.hpp"

namespace usher::provisioning {

/// AccountRow.settings.
struct StoredSettings {
    config::RetrySettings retry;
    config::EgressSettings egress;
};
BOOST_DESCRIBE_STRUCT(StoredSettings, (), (retry, egress))

/// What cannot be read is logged and left out: our own writing, so a fault of this program.
StoredSettings read_settings(const json::object& stored, const std::string& slug);

void check_slug(std::string_view id, Faults& faults);
void check_account_name(std::string_view name, Faults& faults);
/// By the rules that YAML has.
void check_retry(const config::RetrySettings& retry, Faults& faults);

/// Without members that are null, at any depth: null is how a client says "none".
json::object without_nulls(const json::object& from);

/// Secrets and settings go; what names it stays.
void mark_deleted(store::AccountRow& row, Time now);

Error no_account(std::string_view slug);
/// What a plugin says against a configuration belongs to /config.
Error about_config(Error error);
/// Private networks that `after` opens beyond `before` need their permission.
Result<void> may_reach(const Principal& who, const config::EgressSettings& before, const config::EgressSettings& after);

/// Taken for one account, given back at the end.
class Accounts::Turn final {
public:
    Turn(Accounts& all, std::string slug) : all_(all), slug_(std::move(slug)) {}
    ~Turn() {
        const std::lock_guard lock(all_.mutex_);
        all_.busy_.erase(slug_);
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

private:
    Accounts& all_;
    const std::string slug_;
};

}  // namespace usher::provisioning
