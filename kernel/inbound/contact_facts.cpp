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
    const auto* attributes = object.if_contains("attributes");
    if (!attributes || !attributes->is_object()) return facts;
    for (const auto& [key, value] : attributes->get_object()) {
        const json::object* entry = value.if_object();
        const json::value* inner = entry ? entry->if_contains("value") : &value;
        const json::value* vouched = entry ? entry->if_contains("verified") : nullptr;
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
    const std::string& fallback = facts.fallback_name;
    const bool unnamed = contact.name.empty() || contact.name == address || contact.name == fallback;
    if (unnamed && !facts.name.empty()) contact.name = facts.name;
    if (unnamed && facts.name.empty() && !fallback.empty()) contact.name = fallback;
    if (contact.name.empty()) contact.name = std::string(prefix_utf8(address, 120));
    if (facts.email && !contact.email) contact.email = facts.email;
    if (facts.phone && !contact.phone) contact.phone = facts.phone;
    for (const auto& [key, value] : facts.verified) contact.attributes[key] = value;
    contact.search_text = search_text_of(contact);
    return contact.name != before.name || contact.email != before.email || contact.phone != before.phone ||
           contact.attributes != before.attributes || contact.search_text != before.search_text;
}

}  // namespace usher::inbound
