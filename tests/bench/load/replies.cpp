#include <fstream>
#include <random>
#include <unordered_map>

#include "connection.hpp"
#include "figures.hpp"
#include "loads.hpp"
#include "requests.hpp"

namespace usher::bench {
namespace {

constexpr std::string_view kApi = "/api/support";

std::vector<std::string> lines_of(const std::string& file) {
    std::ifstream in(file);
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);) {
        if (!line.empty()) out.push_back(line);
    }
    if (out.empty()) throw std::invalid_argument("--conversations: nothing in " + file);
    return out;
}

/// A message's id and status in a frame, or in the answer that created it.
std::pair<std::string_view, std::string_view> entry_in(std::string_view json, std::string_view key) {
    const auto at = json.find(key);
    if (at == std::string_view::npos) return {};
    return {string_in(json.substr(at), "id"), string_in(json.substr(at), "status")};
}

}  // namespace

// --port --key --conversations FILE --at-once --seconds
void replies(const Options& options) {
    const auto port = static_cast<std::uint16_t>(options.number("port", 0));
    const auto at_once = static_cast<std::size_t>(options.number("at-once", 32));
    const double warmup = options.real("warmup", 1);
    const double seconds = options.real("seconds", 3);
    const auto conversations = lines_of(options.text("conversations"));
    const std::string headers = "X-API-Key: " + options.text("key") + "\r\n";
    const std::string body =
        R"({"text":")" + std::string(static_cast<std::size_t>(options.number("size", 200)), 'x') + "\"}";

    struct Slot {
        SteadyTime::time_point sent;
        std::size_t turn = 0;
    };
    std::vector<Slot> slots(at_once);
    std::unordered_map<std::string, std::size_t> waiting;  // message -> slot
    std::unordered_map<std::string, bool> early;           // sent before the answer was here
    Durations durations, answered;
    std::size_t done = 0;
    bool counting = false;

    Loop loop;
    Connection watch(loop, port, 0);
    bool ready = false;
    auto connections = connect_all(loop, port, at_once);
    const auto send_one = [&](std::size_t number) {
        Slot& slot = slots[number];
        // Every slot has conversations of its own, so that none waits for another's turn in a conversation.
        const std::size_t share = std::max<std::size_t>(1, conversations.size() / at_once);
        const auto& id = conversations[(number * share + slot.turn++ % share) % conversations.size()];
        slot.sent = SteadyTime::now();
        const std::string target = std::string(kApi) + "/conversations/" + id + "/messages";
        connections[number]->send(request("POST", target, headers + "Content-Type: application/json\r\n", body));
    };
    const auto finish = [&](std::size_t number) {
        if (counting) {
            ++done;
            durations.add(seconds_since(slots[number].sent));
        }
        send_one(number);
    };
    watch.on_close = [](Connection&) { throw std::runtime_error("the daemon closed the realtime socket"); };
    watch.on_response = [](Connection&, const Connection::Response& response) {
        if (response.status != 101) throw std::runtime_error("realtime: " + std::string(response.body));
    };
    watch.on_frame = [&](Connection&, std::string_view frame) {
        const auto type = string_in(frame, "type");
        if (type == "ready") ready = true;
        if (type == "reset") throw std::runtime_error("realtime was reset: events came too fast");
        const auto [id, status] = entry_in(frame, "\"entry\":{");
        if (status == "failed" || status == "unknown")
            throw std::runtime_error("a reply ended as " + std::string(status));
        if (status != "sent" || type == "ready") return;
        const auto found = waiting.find(std::string(id));
        if (found == waiting.end()) {
            early[std::string(id)] = true;
            return;
        }
        const std::size_t number = found->second;
        waiting.erase(found);
        finish(number);
    };
    watch.send(upgrade(std::string(kApi) + "/realtime", headers));
    while (!ready) loop.run_once(100);

    for (auto& connection : connections) {
        connection->on_response = [&](Connection& on, const Connection::Response& response) {
            if (response.status != 201)
                throw std::runtime_error("a reply was answered " + std::to_string(response.status) + " " +
                                         std::string(response.body));
            if (counting) answered.add(seconds_since(slots[on.number()].sent));
            const std::string id(entry_in(response.body, "\"data\":{").first);
            if (early.erase(id) > 0) return finish(on.number());
            waiting[id] = on.number();
        };
        connection->on_close = [](Connection&) { throw std::runtime_error("the daemon closed a connection"); };
        send_one(connection->number());
    }
    const auto begun = SteadyTime::now();
    while (seconds_since(begun) < warmup) loop.run_once(10);
    counting = true;
    early.clear();
    const auto from = SteadyTime::now();
    const double cpu = own_cpu();
    while (seconds_since(from) < seconds) loop.run_once(10);
    const double took = seconds_since(from);
    Report report;
    report.add("replies", static_cast<double>(done)).add("seconds", took);
    report.add("per_s", static_cast<double>(done) / took).latencies("latency", durations).latencies("answer", answered);
    report.add("client_cpu_us", (own_cpu() - cpu) / static_cast<double>(std::max<std::size_t>(done, 1)) * 1e6);
    report.print();
}

}  // namespace usher::bench
