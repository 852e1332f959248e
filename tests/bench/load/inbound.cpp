#include <random>

#include "connection.hpp"
#include "figures.hpp"
#include "loads.hpp"
#include "requests.hpp"

namespace usher::bench {

// --port --accounts a,b --secret --at-once --seconds [--warmup] [--contacts N | 0: a new one each time] [--size bytes]
void inbound(const Options& options) {
    const auto at_once = static_cast<std::size_t>(options.number("at-once", 64));
    const auto contacts = static_cast<std::uint64_t>(options.number("contacts", 10'000));
    const bool once_each = options.number("once-each", 0) != 0;  // every contact one message, in order, and done
    const double warmup = options.real("warmup", 0.5);
    const double seconds = options.real("seconds", 3);
    const auto accounts = options.list("accounts");
    const std::string secret = options.text("secret");
    const std::string run = options.text("run", "r");
    const std::string text(static_cast<std::size_t>(options.number("size", 200)), 'x');
    if (accounts.empty()) throw std::invalid_argument("--accounts names none");

    std::mt19937_64 random(std::random_device{}());
    std::uint64_t next = 0;
    std::uint64_t started = 0;
    std::vector<SteadyTime::time_point> sent(at_once);
    Durations durations;
    std::size_t done = 0, refused = 0;
    std::string first_refusal;
    bool counting = warmup <= 0 || once_each;
    bool stopping = false;

    Loop loop;
    auto connections = connect_all(loop, static_cast<std::uint16_t>(options.number("port", 0)), at_once);
    const std::string salt = std::to_string(random());
    const auto send_one = [&](Connection& on) {
        if (once_each && started >= contacts) return;
        const std::uint64_t who = once_each ? started : contacts == 0 ? next : random() % contacts;
        ++started;
        const std::string& account = accounts[who % accounts.size()];
        const std::string id = run + salt + "-" + std::to_string(next++);
        const std::string contact =
            contacts == 0 ? "new-" + run + salt + "-" + std::to_string(who) : "user-" + std::to_string(who);
        sent[on.number()] = SteadyTime::now();
        on.send(signed_message(account, secret, id, contact, text));
    };
    for (auto& connection : connections) {
        connection->on_response = [&](Connection& on, const Connection::Response& response) {
            if (response.status != 202) {
                ++refused;
                if (first_refusal.empty())
                    first_refusal = std::to_string(response.status) + " " + std::string(response.body);
            }
            if (counting) {
                ++done;
                durations.add(seconds_since(sent[on.number()]));
            }
            if (!stopping) send_one(on);
        };
        connection->on_close = [](Connection&) { throw std::runtime_error("the daemon closed a connection"); };
        send_one(*connection);
    }
    const auto begun = SteadyTime::now();
    if (once_each) {
        while (done < contacts) loop.run_once(100);
    } else {
        while (seconds_since(begun) < warmup) loop.run_once(10);
    }
    counting = true;
    const auto from = once_each ? begun : SteadyTime::now();
    const double cpu = own_cpu();
    while (!once_each && seconds_since(from) < seconds) loop.run_once(10);
    const double took = seconds_since(from);
    stopping = true;
    Report report;
    report.add("messages", static_cast<double>(done)).add("seconds", took);
    report.add("per_s", static_cast<double>(done) / took).latencies("latency", durations);
    report.add("refused", static_cast<double>(refused)).add("first_refusal", first_refusal);
    report.add("client_cpu_us", (own_cpu() - cpu) / static_cast<double>(std::max<std::size_t>(done, 1)) * 1e6);
    report.print();
}

}  // namespace usher::bench
