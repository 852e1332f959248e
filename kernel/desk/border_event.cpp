#include "desk/border_event.hpp"

#include "model/event_types.hpp"

namespace usher::desk {

AccountNames account_names(store::Session& sql) {
    AccountNames out;
    for (auto& [id, slug, channel] :
         sql.rows<std::tuple<std::int64_t, std::string, std::string>>("SELECT id, slug, channel FROM account")) {
        out[id] = {std::move(slug), std::move(channel)};
    }
    return out;
}

std::string event_id(const StreamPosition& p) {
    return std::to_string(p.slot) + "-" + std::to_string(p.epoch) + "-" + std::to_string(p.seq);
}

json::object border_event(const Event& event, const AccountNames& accounts) {
    json::object out{{"v", 1},
                     {"id", event_id(event.position)},
                     {"type", event.type},
                     {"at", event.at.us},
                     {"space_id", to_json(event.space_id)}};
    for (const auto& member : event.data) out[member.key()] = member.value();
    if (auto* conversation = out.if_contains("conversation"); conversation && conversation->is_object()) {
        auto& facts = conversation->get_object();
        std::int64_t key = 0;
        if (const auto* account = facts.if_contains("account_id"); account && account->is_string()) {
            if (auto id = parse_id({account->get_string().data(), account->get_string().size()})) key = *id;
        }
        const auto at = accounts.find(key);
        facts["account_id"] = at == accounts.end() ? json::value(nullptr) : json::value(at->second.slug);
        facts["channel"] = at == accounts.end() ? json::value(nullptr) : json::value(at->second.channel);
    } else if (event.type == event_type::kAgentAvailability) {
        out["user_id"] = std::to_string(event.subject_id);
        if (const auto* status = event.data.if_contains("status")) out["to"] = *status;
    } else if (event.subject_id != 0) {
        out.emplace("subject_id", std::to_string(event.subject_id));
    }
    return out;
}

}  // namespace usher::desk
