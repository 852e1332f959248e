#include "config/settings.hpp"

#include "config/binding.hpp"
#include "config/check.hpp"
#include "config/json_schema.hpp"
#include "config/json_schema_view.hpp"

namespace usher::config {

json::object effective(const Settings& settings) {
    return detail::Binding<Settings>::write(settings).as_object();
}

Retry effective_retry(const RetrySettings& own, const json::object& capabilities) {
    Retry out;
    auto apply = [&out](const RetrySettings& from) {
        if (from.delays_s && !from.delays_s->empty()) out.delays_s = *from.delays_s;
        if (from.conversation_block_s) out.conversation_block_s = *from.conversation_block_s;
        if (from.breaker) out.breaker = *from.breaker;
        if (from.give_up_s) out.give_up_s = *from.give_up_s;
    };
    // What the plugin declares is held to the same limits as YAML; what breaks them is as if it were not there.
    if (const json::object* declared = detail::object_member(capabilities, "retry")) {
        const json::object& accounts = settings_schema().at("properties").at("accounts").as_object();
        const json::object& schema = accounts.at("items").at("properties").at("retry").as_object();
        if (validate(schema, *declared).empty()) {
            RetrySettings preset;
            detail::Binding<RetrySettings>::read(*declared, preset);
            apply(preset);
        }
    }
    apply(own);
    return out;
}

}  // namespace usher::config
