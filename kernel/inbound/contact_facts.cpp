#include "inbound/contact_facts.hpp"

#include "foundation/log.hpp"
#include "foundation/text.hpp"

namespace usher::inbound {
namespace {

std::string text_in(const json::object& object, std::string_view name, std::size_t limit) {
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    const auto* text = value ? value->if_string() : nullptr;
    if (!text || text->size() > limit || text->find('\0') != json::string::npos) return {};
    return std::string(trim(std::string_view(text->data(), text->size())));
}

std::string scalar_text(const json::value& value) {
    if (const auto* text = value.if_string()) return std::string(text->data(), text->size());
    if (value.is_bool() || value.is_number()) return write_json(value);
    return {};
}

bool is_null(const json::object& object, const char* name) {
    const auto* value = object.if_contains(name);
    return value && value->is_null();
}

/// `blocked`: they have blocked us. `reachable`: whether we can write to them. The last word counts where both stand.
std::optional<Reachability> reachability_in(const json::object& object) {
    const auto flag = [&](const char* name) -> std::optional<bool> {
        const auto* value = object.if_contains(name);
        if (!value || !value->is_bool()) return std::nullopt;
        return value->get_bool();
    };
    const auto blocked = flag("blocked"), reachable = flag("reachable");
    if (blocked && *blocked) return Reachability::blocked_us;
    if (reachable && !*reachable) return Reachability::unreachable;
    if (blocked || reachable) return Reachability::reachable;
    return std::nullopt;
}

/// What was taken over from channels and still stands as they said it.
class Taken {
public:
    explicit Taken(Contact& contact) : contact_(contact), facts_(contact.channel_facts.value_or(json::object{})) {}
    ~Taken() { contact_.channel_facts = facts_.empty() ? std::nullopt : std::optional(std::move(facts_)); }

    bool is(const std::string& key, const json::value& stands) const {
        const auto* said = facts_.if_contains(key);
        return said && *said == stands;
    }
    bool says(const std::string& key, const std::string& stands) const { return is(key, json::value(stands)); }
    void note(const std::string& key, const std::string& said) { facts_[key] = said; }
    void forget(const std::string& key) { facts_.erase(key); }
    std::vector<std::string> attributes() const {
        std::vector<std::string> out;
        for (const auto& member : facts_) {
            if (member.key().starts_with(kAttribute))
                out.emplace_back(std::string(member.key()).substr(kAttribute.size()));
        }
        return out;
    }
    static std::string attribute(const std::string& key) { return std::string(kAttribute) + key; }

private:
    static constexpr std::string_view kAttribute = "attribute:";
    Contact& contact_;
    json::object facts_;
};

/// A hint: taken over where nothing stood, cleared where it still stands as a channel said it.
void take_hint(Taken& taken, const std::string& name, std::optional<std::string>& stands,
               const std::optional<std::string>& said, const ContactFacts& facts) {
    if (stands && facts.cleared.contains(name) && taken.says(name, *stands)) {
        stands.reset();
        taken.forget(name);
    }
    if (!said || stands) return;
    stands = said;
    taken.note(name, *said);
}

}  // namespace

ContactFacts read_contact_facts(std::string_view contact_json) {
    ContactFacts facts;
    if (contact_json.empty()) return facts;
    const auto parsed = parse_json(contact_json);
    if (!parsed || !parsed->is_object()) {
        log::warn("inbound", "a channel's contact_json is not an object; its hints are left out");
        return facts;
    }
    const auto& object = parsed->get_object();
    facts.name = text_in(object, "name", kNameBytes);
    facts.fallback_name = text_in(object, "fallback_name", kNameBytes);
    if (auto email = text_in(object, "email", 254); email.find('@') != std::string::npos)
        facts.email = std::move(email);
    if (auto phone = text_in(object, "phone", 64); !phone.empty()) facts.phone = std::move(phone);
    for (const char* name : {"name", "email", "phone"}) {
        if (is_null(object, name)) facts.cleared.insert(name);
    }
    facts.reachability = reachability_in(object);
    if (is_null(object, "attributes")) facts.cleared_attributes.insert("*");
    const auto* attributes = object.if_contains("attributes");
    if (!attributes || !attributes->is_object()) return facts;
    for (const auto& [key, value] : attributes->get_object()) {
        const json::object* entry = value.if_object();
        const json::value* inner = entry ? entry->if_contains("value") : &value;
        const json::value* vouched = entry ? entry->if_contains("verified") : nullptr;
        if (value.is_null() || (inner && inner->is_null())) {
            facts.cleared_attributes.insert(std::string(key));
            continue;
        }
        if (!inner || key.size() > 100 || facts.verified.size() + facts.claimed.size() >= 50) continue;
        std::string text = scalar_text(*inner);
        if (text.size() > 1'000) continue;
        const bool verified = vouched && vouched->is_bool() && vouched->get_bool();
        (verified ? facts.verified : facts.claimed).emplace(std::string(key), std::move(text));
    }
    return facts;
}

bool apply_facts(Contact& contact, const ContactFacts& facts, std::string_view address) {
    const Contact before = contact;
    {
        Taken taken(contact);
        const std::string& fallback = facts.fallback_name;
        if (facts.cleared.contains("name") && taken.says("name", contact.name)) {
            contact.name.clear();
            taken.forget("name");
        }
        const bool unnamed = contact.name.empty() || contact.name == address || contact.name == fallback;
        if (unnamed && !facts.name.empty()) {
            contact.name = facts.name;
            taken.note("name", facts.name);
        }
        if (unnamed && facts.name.empty() && !fallback.empty()) contact.name = fallback;
        if (contact.name.empty()) contact.name = std::string(prefix_utf8(address, 120));
        take_hint(taken, "email", contact.email, facts.email, facts);
        take_hint(taken, "phone", contact.phone, facts.phone, facts);
        for (const auto& key : taken.attributes()) {
            if (!facts.cleared_attributes.contains(key) && !facts.cleared_attributes.contains("*")) continue;
            const auto* stands = contact.attributes.if_contains(key);
            if (stands && taken.is(Taken::attribute(key), *stands)) contact.attributes.erase(key);
            taken.forget(Taken::attribute(key));
        }
        for (const auto& [key, value] : facts.verified) {
            contact.attributes[key] = value;
            taken.note(Taken::attribute(key), value);
        }
    }
    contact.search_text = search_text_of(contact);
    return contact.name != before.name || contact.email != before.email || contact.phone != before.phone ||
           contact.attributes != before.attributes || contact.search_text != before.search_text ||
           contact.channel_facts != before.channel_facts;
}

}  // namespace usher::inbound
