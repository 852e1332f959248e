#pragma once
/// Steps for strategies, responders and exporters.
#include <usher/conformance/steps.hpp>

namespace usher::sdk::conformance {

namespace detail {

inline const char* const kConversation =
    R"({"id":"482000","inbox_id":"3","account_id":"shop1","channel":"open","contact_id":"77","owner_id":null,)"
    R"("previous_assignee_id":null,"status":"active","priority":"normal","required_skills":[],"team_ids":[],)"
    R"("waiting_since_unix_us":1795165529871000,"reason":"new"})";

/// One event of each type that ABI.md lists, and one that a later kernel may send.
inline std::vector<std::string> sample_events(bool joined) {
    std::vector<std::string> out;
    const std::string conversation =
        R"("conversation":{"id":"482000","inbox_id":"3","account_id":"shop1","channel":"open","contact_id":"77",)"
        R"("status":"active","priority":"normal","assignee_id":null,"version":12})";
    const std::string settings =
        R"(,"inbox":{"id":"3","name":"Orders","working_hours":null,"outside_hours_message":"We are back at nine.",)"
        R"("auto_responder":{"enabled":true,"message":"One moment please.","delay_seconds":30,)"
        R"("conditions":{"outside_working_hours":false}}},"open_now":true,"token":"t-1","human_replied_since":false)";
    const char* const kMessage =
        R"(,"message":{"id":"48219301","seq":17,"direction":"inbound","author_type":"contact","author_id":null,"status":"received"})";
    const std::pair<const char*, const char*> types[] = {
        {"conversation.created", ""},
        {"conversation.routed", ""},
        {"conversation.assigned", R"(,"from":null,"to":"5")"},
        {"conversation.unassigned", R"(,"from":"5","to":null)"},
        {"conversation.status", R"(,"from":"active","to":"solved")"},
        {"conversation.tags", R"(,"from":[],"to":["vip"])"},
        {"conversation.priority", R"(,"from":"normal","to":"high")"},
        {"message.received", kMessage},
        {"message.created", kMessage},
        {"message.status", kMessage},
        {"note.created", R"(,"note":{"id":"9","seq":18,"author_id":"5"})"},
        {"agent.availability", R"(,"user_id":"5","from":"away","to":"available")"},
        {"timer", ""},
        {"conversation.of_a_later_kernel", R"(,"unheard":{"of":[1,2,3]})"}};
    int number = 0;
    for (const auto& [type, more] : types) {
        const std::string name(type);
        if (!joined && name == "timer") continue;
        out.push_back(R"({"v":1,"id":"0-1-)" + std::to_string(4711 + number++) + R"(","type":")" + name +
                      R"(","at":1795165529871000,"space_id":"1",)" +
                      (name == "agent.availability" ? R"("conversation":null)" : conversation) + more +
                      (joined ? settings : "") + "}");
    }
    return out;
}

inline void choose_step(const Subject& subject, Report& report) {
    Guest guest(subject, report);
    if (!guest.start()) return;
    const auto agent = [](const char* id, std::uint32_t open, std::uint32_t limit) {
        return Agent{.id = id,
                     .attrs_json = R"({"name":"Nadia","skills":["german"],"team_ids":["1"]})",
                     .open_count = open,
                     .open_limit = limit,
                     .last_assigned_unix_us = 1795165529871000 + open};
    };
    const std::vector<std::pair<const char*, std::vector<Agent>>> cases = {
        {"no candidate", {}},
        {"one candidate", {agent("7", 0, 0)}},
        {"three candidates", {agent("7", 2, 5), agent("8", 0, 5), agent("9", 5, 0)}},
    };
    for (const auto& [name, agents] : cases) {
        for (const bool with_message : {true, false}) {
            Route route{.agents = agents, .conversation_json = kConversation, .timeout = std::chrono::seconds(2)};
            if (with_message) route.message = Message{.text = "Where is my order?"};
            const auto chosen = guest.instance->choose(route);
            if (!chosen) {
                report.error(std::string(name) + ": choose ends as " + told(chosen.failure()),
                             "a candidate's id, or \"\" when it shall be nobody", place::kStrategies);
                continue;
            }
            bool known = chosen->empty();
            for (const auto& one : agents) known = known || one.id == *chosen;
            if (!known)
                report.error(std::string(name) + ": choose answers \"" + *chosen + "\"",
                             "the id of one of the candidates, or \"\"", place::kStrategies);
        }
    }
    guest.stop();
}

inline void respond_step(const Subject& subject, Report& report) {
    Guest guest(subject, report);
    if (!guest.start()) return;
    for (const auto& event : sample_events(true)) {
        const std::string type = event.substr(event.find("\"type\":\"") + 8, 40);
        const std::string name = type.substr(0, type.find('"'));
        const auto first = guest.instance->respond(event);
        if (!first) {
            report.error(name + ": respond ends as " + told(first.failure()),
                         "a JSON array of actions, [] for nothing; also for a type that it does not know",
                         place::kActions);
        } else if (!is_array(*first)) {
            report.error(name + ": respond answers no JSON array", "a JSON array of actions, [] for nothing",
                         place::kActions);
        } else if (name == "conversation.of_a_later_kernel" && is_array(*first) &&
                   first->find('{') != std::string::npos) {
            report.warning("respond acts on an event type that it cannot know", "[] for types it does not know",
                           place::kEvents);
        }
        static_cast<void>(guest.instance->respond(event));  // an event may come again after a crash
    }
    guest.stop();
}

inline void export_step(const Subject& subject, Report& report) {
    Guest guest(subject, report);
    if (!guest.start()) return;
    std::string all, many;
    for (const auto& event : sample_events(false)) all += event + "\n";
    while (many.size() < 200'000) many += all;
    const std::pair<const char*, const std::string*> batches[] = {
        {"one event of each type", &all}, {"the same batch again", &all}, {"200 KB of events", &many}};
    for (const auto& [name, batch] : batches) {
        const auto done = guest.instance->export_batch(*batch);
        if (!done)
            report.warning(
                std::string(name) + ": export_batch ends as " + told(done.failure()) + guest.texts(),
                "USHER_OK: every event is written, types it does not know too; else the kernel brings the batch "
                "again for ever",
                place::kEvents);
    }
    guest.stop();
}

inline void export_pending_step(const Subject& subject, Report& report) {
    Guest guest(subject, report);
    if (!guest.start()) return;
    std::string batch;
    for (const auto& event : sample_events(false)) batch += event + "\n";
    const auto op = guest.instance->begin_export(batch);
    guest.stop();
    static_cast<void>(guest.finish(op, "export_batch, begun before stop,"));
}

}  // namespace detail

inline std::vector<Step> strategy_steps() {
    return {{"choose: none, one and three candidates", detail::choose_step}};
}
inline std::vector<Step> responder_steps() {
    return {{"respond: every type of event, and again", detail::respond_step}};
}
inline std::vector<Step> exporter_steps() {
    return {{"export_batch: every type of event, again, and many", detail::export_step},
            {"export_batch: pending at stop", detail::export_pending_step}};
}

}  // namespace usher::sdk::conformance
