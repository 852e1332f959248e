// A plugin's schema and a configuration held against it: {"schema": .., "value": ..}. Both come from people.
#include "config/json_schema.hpp"

#include "fuzz.hpp"

using namespace usher;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto both = parse_json(fuzz::view(data, size));
    if (!both || !both->is_object()) return 0;
    const auto* schema = both->get_object().if_contains("schema");
    const auto* value = both->get_object().if_contains("value");
    if (!schema || !value) return 0;
    if (!config::check_schema(*schema).empty()) return 0;
    fuzz::check(schema->is_object(), "a schema that passed is an object");
    const auto& rules = schema->get_object();
    auto coerced = *value;
    config::coerce(rules, coerced, {"/a", "/b/0", "/c/d"});
    std::vector<std::string> removed;
    const auto shown = config::redact(rules, *value, &removed);
    (void)config::keep_secrets(rules, shown, *value);
    if (config::validate(rules, *value).empty()) {
        const auto full = config::apply_defaults(rules, *value);
        fuzz::check(config::apply_defaults(rules, full) == full, "defaults are applied once");
        const auto kept = config::keep_secrets(rules, shown, *value);
        fuzz::check(config::redact(rules, kept) == shown, "what was hidden stays hidden");
    }
    return 0;
}
