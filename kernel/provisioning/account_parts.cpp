#include "provisioning/account_parts.hpp"

#include "config/json_schema.hpp"
#include "foundation/log.hpp"
#include "foundation/text.hpp"

namespace usher::provisioning {
namespace {

constexpr std::size_t kNameLength = 100;
constexpr std::size_t kSlugLength = 40;

/// "/breaker/probe_s" as the API spells it.
std::string in_camel_case(std::string_view path) {
    std::string out;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] == '_' && i + 1 < path.size()) {
            out += static_cast<char>(std::toupper(static_cast<unsigned char>(path[++i])));
        } else {
            out += path[i];
        }
    }
    return out;
}

const json::object& schema_of_retry() {
    static const json::object schema = [] {
        const json::value all = config::settings_schema();
        boost::system::error_code none;
        const json::value* found = all.find_pointer("/properties/accounts/items/properties/retry", none);
        return found ? found->as_object() : json::object{};
    }();
    return schema;
}

json::value without_nulls_in(const json::value& from) {
    if (const json::object* object = from.if_object()) {
        json::object out;
        for (const auto& member : *object) {
            if (!member.value().is_null()) out.emplace(member.key(), without_nulls_in(member.value()));
        }
        return out;
    }
    if (const json::array* list = from.if_array()) {
        json::array out;
        for (const auto& item : *list) out.push_back(without_nulls_in(item));
        return out;
    }
    return from;
}

}  // namespace

StoredSettings read_settings(const json::object& stored, const std::string& slug) {
    StoredSettings out;
    if (stored.empty()) return out;
    Faults faults;
    read_json(json::value(stored), out, "", faults);
    for (const auto& fault : faults) {
        log::error("provisioning", "an account's stored settings cannot be read",
                   {{"account", slug}, {"at", fault.path}, {"error", fault.message}});
    }
    return out;
}

void check_slug(std::string_view id, Faults& faults) {
    const bool good = !id.empty() && id.size() <= kSlugLength &&
                      id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
    const bool known = std::any_of(faults.begin(), faults.end(), [](const auto& f) { return f.path == "/id"; });
    if (!good && !known) detail::fault(faults, "/id", "expected 1 to 40 of a-z, 0-9 and -");
}

void check_account_name(std::string_view name, Faults& faults) {
    if (auto text = check_text(name, 4 * kNameLength); !text)
        return detail::fault(faults, "/name", text.error().message);
    if (trim(name).empty()) return detail::fault(faults, "/name", "must not be empty");
    if (length_utf8(name) > kNameLength) detail::fault(faults, "/name", "is longer than 100 characters");
}

void check_retry(const config::RetrySettings& retry, Faults& faults) {
    json::object as_yaml;
    if (retry.delays_s) as_yaml["delays_s"] = to_json(*retry.delays_s);
    if (retry.conversation_block_s) as_yaml["conversation_block_s"] = *retry.conversation_block_s;
    if (retry.breaker)
        as_yaml["breaker"] = json::object{{"failures", retry.breaker->failures}, {"probe_s", retry.breaker->probe_s}};
    if (retry.give_up_s) as_yaml["give_up_s"] = *retry.give_up_s;
    for (const auto& fault : config::validate(schema_of_retry(), as_yaml)) {
        detail::fault(faults, "/retry" + in_camel_case(fault.path), fault.message);
    }
}

json::object without_nulls(const json::object& from) {
    return without_nulls_in(from).as_object();
}

void mark_deleted(store::AccountRow& row, Time now) {
    row.deleted_at = now;
    row.enabled = false;
    row.inbox_id = {};
    row.config = {};
    row.settings = {};
    row.source.reset();
}

Error no_account(std::string_view slug) {
    return not_found("There is no account '" + std::string(prefix_utf8(slug, 60)) + "'.");
}

Error about_config(Error error) {
    if (error.code != Errc::validation) return error;
    for (auto& detail : error.details) detail.path = "/config" + detail.path;
    if (error.details.empty()) error.details.push_back({"/config", error.message});
    return error;
}

Result<void> may_reach(const Principal& who, const config::EgressSettings& before,
                       const config::EgressSettings& after) {
    const auto& old = before.allow_cidrs;
    for (const auto& range : after.allow_cidrs) {
        if (std::find(old.begin(), old.end(), range) == old.end() && !who.may(kPrivateNetworks))
            return forbidden(kPrivateNetworks);
    }
    return {};
}

}  // namespace usher::provisioning
