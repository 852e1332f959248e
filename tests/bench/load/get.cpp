#include "connection.hpp"
#include "figures.hpp"
#include "loads.hpp"
#include "requests.hpp"

namespace usher::bench {

// --port --target --at-once --seconds [--header "Name: value"] [--expect status]
void get(const Options& options) {
    const auto at_once = static_cast<std::size_t>(options.number("at-once", 64));
    const double warmup = options.real("warmup", 0.3);
    const double seconds = options.real("seconds", 3);
    const long expected = options.number("expect", 200);
    std::string headers = options.text("header");
    if (!headers.empty()) headers += "\r\n";
    const std::string bytes = request("GET", options.text("target", "/"), headers, {});

    Durations durations;
    std::vector<SteadyTime::time_point> sent(at_once);
    std::size_t done = 0;
    bool counting = false;
    Loop loop;
    auto connections = connect_all(loop, static_cast<std::uint16_t>(options.number("port", 0)), at_once);
    for (auto& connection : connections) {
        connection->on_response = [&](Connection& on, const Connection::Response& response) {
            if (response.status != expected)
                throw std::runtime_error("GET answered " + std::to_string(response.status) + " " +
                                         std::string(response.body));
            if (counting) {
                ++done;
                durations.add(seconds_since(sent[on.number()]));
            }
            sent[on.number()] = SteadyTime::now();
            on.send(bytes);
        };
        connection->on_close = [](Connection&) { throw std::runtime_error("the server closed a connection"); };
        sent[connection->number()] = SteadyTime::now();
        connection->send(bytes);
    }
    const auto begun = SteadyTime::now();
    while (seconds_since(begun) < warmup) loop.run_once(10);
    counting = true;
    const auto from = SteadyTime::now();
    const double cpu = own_cpu();
    while (seconds_since(from) < seconds) loop.run_once(10);
    const double took = seconds_since(from);
    Report report;
    report.add("requests", static_cast<double>(done)).add("seconds", took);
    report.add("per_s", static_cast<double>(done) / took).latencies("latency", durations);
    report.add("client_cpu_us", (own_cpu() - cpu) / static_cast<double>(std::max<std::size_t>(done, 1)) * 1e6);
    report.print();
}

}  // namespace usher::bench
