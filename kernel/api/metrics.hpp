#pragma once
/// A few counters in Prometheus's text form: exchanges by route and status, and gauges that others register.
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "http/server.hpp"

namespace usher::api {

/// Thread-safe.
class Metrics final {
public:
    /// Give it to http::Settings::finished.
    void finished(const http::Exchange& exchange);
    /// `read` is asked at every scrape; it must be quick.
    void gauge(std::string name, std::string help, std::function<double()> read);
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
    mutable std::mutex mutex_;
    std::map<std::string, Count> counts_;  // by labels
    std::map<std::string, Gauge> gauges_;
};

}  // namespace usher::api
