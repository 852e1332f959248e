#pragma once
/// A few counters in Prometheus's text form: exchanges by route and status, and what others register.
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "http/server.hpp"

namespace usher::api {

/// Thread-safe.
class Metrics final {
public:
    /// Give it to http::Settings::finished.
    void finished(const http::Exchange& exchange);
    /// `read` is asked at every scrape; it must be quick.
    void gauge(std::string name, std::string help, std::function<double()> read);
    /// One value of a family: its labels and what they are now.
    struct Sample {
        std::vector<std::pair<std::string, std::string>> labels;
        double value = 0;
    };
    enum class Type { gauge, counter };
    /// The same for many values told apart by labels, of which `read` gives those that there are now.
    void family(std::string name, std::string help, Type type, std::function<std::vector<Sample>()> read);
    std::string render() const;

private:
    struct Count {
        std::uint64_t exchanges = 0;
        std::uint64_t microseconds = 0;
    };
    struct Gauge {
        std::string help;
        std::function<double()> read;
    };
    struct Family {
        std::string help;
        Type type = Type::gauge;
        std::function<std::vector<Sample>()> read;
    };
    mutable std::mutex mutex_;
    std::map<std::string, Count> counts_;  // by labels
    std::map<std::string, Gauge> gauges_;
    std::map<std::string, Family> families_;
};

}  // namespace usher::api
