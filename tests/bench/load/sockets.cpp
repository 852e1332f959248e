#include <ctime>
#include <fstream>
#include <iostream>
#include <sstream>

#include "connection.hpp"
#include "figures.hpp"
#include "loads.hpp"
#include "requests.hpp"

namespace usher::bench {
namespace {

double wall_now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// "2026-11-20T09:16:02.123456Z" as seconds.
double wall_of(std::string_view text) {
    tm parts{};
    double second = 0;
    if (std::sscanf(std::string(text).c_str(), "%d-%d-%dT%d:%d:%lf", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
                    &parts.tm_hour, &parts.tm_min, &second) != 6)
        return 0;
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    return static_cast<double>(timegm(&parts)) + second;
}

/// Open sockets, and the one connection by which events are caused.
class Audience {
public:
    explicit Audience(const Options& options)
        : options_(options),
          publisher_(loop_, static_cast<std::uint16_t>(options.number("publish-port", 0)), 0),
          accounts_(options.list("accounts")) {
        publisher_.on_close = [](Connection&) { throw std::runtime_error("the publisher's connection was closed"); };
        open();
    }

    void obey(const std::string& line) {
        std::istringstream words(line);
        std::string what;
        words >> what;
        if (what == "rounds") {
            std::size_t count = 0;
            words >> count;
            rounds(count);
        } else if (what == "rate") {
            double per_s = 0, seconds = 0;
            words >> per_s >> seconds;
            rate(per_s, seconds);
        } else if (what == "idle") {
            double seconds = 0;
            words >> seconds;
            const auto from = SteadyTime::now();
            while (seconds_since(from) < seconds) loop_.run_once(50);
            Report().add("open", static_cast<double>(open_)).print();
        } else {
            throw std::invalid_argument("unknown command: " + line);
        }
    }

private:
    void open() {
        const auto count = static_cast<std::size_t>(options_.number("sockets", 1'000));
        const auto port = static_cast<std::uint16_t>(options_.number("port", 0));
        const bool greets = options_.number("greets", 1) != 0;  // sends a `ready` of its own
        std::vector<std::string> headers;
        if (std::ifstream file(options_.text("headers")); file) {
            for (std::string line; std::getline(file, line);) {
                for (std::size_t tab; (tab = line.find('\t')) != std::string::npos;) line.replace(tab, 1, "\r\n");
                headers.push_back(line + "\r\n");
            }
        }
        if (headers.empty()) headers.emplace_back();
        const std::string target = options_.text("target");
        const auto from = SteadyTime::now();
        std::size_t upgraded = 0;
        for (std::size_t i = 0; i < count; ++i) {
            auto& socket = *sockets_.emplace_back(std::make_unique<Connection>(loop_, port, i));
            socket.on_response = [&](Connection&, const Connection::Response& response) {
                if (response.status != 101)
                    throw std::runtime_error("upgrade: " + std::to_string(response.status) + " " +
                                             std::string(response.body));
                ++upgraded;
                if (!greets) ++open_;
            };
            socket.on_frame = [this, greets](Connection& on, std::string_view frame) {
                if (greets && string_in(frame, "type") == "ready") {
                    ++open_;
                } else if (on_frame_) {
                    on_frame_(on, frame);
                }
            };
            socket.on_close = [](Connection&) { throw std::runtime_error("the server closed a socket"); };
            socket.send(upgrade(target, headers[i % headers.size()]));
            while (i + 1 - upgraded > 50) loop_.run_once(100);
        }
        while (open_ < count) loop_.run_once(100);
        Report().add("open", static_cast<double>(count)).add("seconds", seconds_since(from)).print();
    }

    /// One event with this text in it.
    void publish(std::size_t number, const std::string& text) {
        if (accounts_.empty()) {
            publisher_.send(request("POST", options_.text("publish-target"), "Content-Type: text/plain\r\n", text));
            return;
        }
        const std::string id = "e" + std::to_string(number) + "-" + salt_;
        const std::string contact = "reader-" + std::to_string(number % accounts_.size());
        publisher_.send(
            signed_message(accounts_[number % accounts_.size()], options_.text("secret"), id, contact, text));
    }

    /// One event at a time, each until every socket has it.
    void rounds(std::size_t count) {
        Durations all, firsts, lasts, spreads;
        std::size_t bytes = 0;
        for (std::size_t round = 0; round < count; ++round) {
            std::string marker = "round-" + std::to_string(++published_) + "-" + salt_ + ".";
            std::vector<bool> has(sockets_.size());
            std::size_t got = 0;
            double first = 0, last = 0;
            const auto from = SteadyTime::now();
            on_frame_ = [&](Connection& on, std::string_view frame) {
                if (has[on.number()] || frame.find(marker) == std::string_view::npos) return;
                has[on.number()] = true;
                last = seconds_since(from);
                if (got++ == 0) first = last;
                all.add(last);
                bytes = frame.size();
            };
            std::string text = marker;
            const auto size = static_cast<std::size_t>(options_.number("size", 200));
            if (text.size() < size) text.append(size - text.size(), 'x');
            publish(published_, text);
            while (got < sockets_.size()) {
                loop_.run_once(100);
                if (seconds_since(from) > 30) throw std::runtime_error("an event did not reach every socket in 30 s");
            }
            firsts.add(first);
            lasts.add(last);
            spreads.add(last - first);
        }
        on_frame_ = nullptr;
        Report report;
        report.add("rounds", static_cast<double>(count)).add("frame_bytes", static_cast<double>(bytes));
        report.latencies("delivery", all).add("first_ms", firsts.at(0.5) * 1000).add("last_ms", lasts.at(0.5) * 1000);
        report.add("spread_ms", spreads.at(0.5) * 1000).print();
    }

    /// So many events a second, each to the sockets that may see it.
    void rate(double per_s, double seconds) {
        struct Event {
            SteadyTime::time_point sent, answered;
        };
        std::vector<Event> events;
        std::size_t answered = 0, frames = 0;
        Durations from_request, from_batch, from_answer;
        const std::string prefix = "\"text\":\"seq-" + salt_ + "-";
        on_frame_ = [&](Connection&, std::string_view frame) {
            if (string_in(frame, "type") != "message.received") return;
            const auto at = frame.find(prefix);
            if (at == std::string_view::npos) return;
            const auto number = static_cast<std::size_t>(std::atol(frame.data() + at + prefix.size()));
            ++frames;
            from_request.add(seconds_since(events[number].sent));
            from_batch.add(wall_now() - wall_of(string_in(frame, "at")));
            const auto answer = events[number].answered;
            from_answer.add(answer == SteadyTime::time_point{} ? 0 : seconds_since(answer));
        };
        const auto from = SteadyTime::now();
        std::vector<std::unique_ptr<Connection>> writers;
        // Several writers, each with one message under way: a customer waits for no other.
        for (std::size_t i = 0; i < 64; ++i)
            writers.push_back(
                std::make_unique<Connection>(loop_, static_cast<std::uint16_t>(options_.number("publish-port", 0)), i));
        std::vector<std::size_t> under_way(writers.size());
        std::vector<std::size_t> free;
        for (auto& writer : writers) {
            free.push_back(writer->number());
            writer->on_response = [&](Connection& on, const Connection::Response& response) {
                if (response.status != 202) throw std::runtime_error("publishing: " + std::string(response.body));
                events[under_way[on.number()]].answered = SteadyTime::now();
                ++answered;
                free.push_back(on.number());
            };
        }
        events.reserve(static_cast<std::size_t>(per_s * seconds) + 1);
        std::size_t late = 0;
        while (seconds_since(from) < seconds) {
            const auto due = static_cast<std::size_t>(seconds_since(from) * per_s);
            while (events.size() < due) {
                if (free.empty()) {
                    ++late;
                    break;
                }
                const std::size_t writer = free.back();
                free.pop_back();
                const std::size_t number = events.size();
                under_way[writer] = number;
                events.push_back({SteadyTime::now(), {}});
                const std::string text = "seq-" + salt_ + "-" + std::to_string(number) + "." + std::string(180, 'x');
                const std::string contact = "reader-" + std::to_string(number % (4 * accounts_.size()));
                writers[writer]->send(signed_message(accounts_[number % accounts_.size()], options_.text("secret"),
                                                     "s" + salt_ + std::to_string(number), contact, text));
            }
            loop_.run_once(1);
        }
        const auto ended = SteadyTime::now();
        while (answered < events.size() || seconds_since(ended) < 0.5) loop_.run_once(10);
        on_frame_ = nullptr;
        salt_ += "+";
        Report report;
        report.add("events", static_cast<double>(events.size())).add("frames", static_cast<double>(frames));
        report.add("per_s", static_cast<double>(events.size()) / seconds).add("late", static_cast<double>(late));
        report.latencies("from_batch", from_batch).latencies("from_request", from_request);
        report.latencies("from_answer", from_answer).print();
    }

    const Options& options_;
    Loop loop_;
    Connection publisher_;
    const std::vector<std::string> accounts_;
    std::vector<std::unique_ptr<Connection>> sockets_;
    std::function<void(Connection&, std::string_view)> on_frame_;
    std::size_t open_ = 0;
    std::size_t published_ = 0;
    std::string salt_ = std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
};

}  // namespace

// --port --target --sockets --headers FILE --publish-port (--accounts --secret | --publish-target) [--greets 0]
void sockets(const Options& options) {
    Audience audience(options);
    for (std::string line; std::getline(std::cin, line) && line != "quit";) audience.obey(line);
}

}  // namespace usher::bench
