#include "api/metrics.hpp"

#include <cstdio>

namespace usher::api {
namespace {

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\' || c == '"') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

std::string number(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.9g", value);
    return text;
}

}  // namespace

void Metrics::finished(const http::Exchange& exchange) {
    std::string labels = "listener=\"" + escaped(exchange.listener) + "\",method=\"" + escaped(exchange.method) +
                         "\",route=\"" + escaped(exchange.route) + "\",status=\"" + std::to_string(exchange.status) +
                         "\"";
    const std::lock_guard lock(mutex_);
    if (counts_.size() > 5'000 && !counts_.contains(labels)) return;  // methods are what clients invent
    auto& count = counts_[std::move(labels)];
    ++count.exchanges;
    count.microseconds += static_cast<std::uint64_t>(exchange.duration.count());
}

void Metrics::gauge(std::string name, std::string help, std::function<double()> read) {
    const std::lock_guard lock(mutex_);
    gauges_[std::move(name)] = {std::move(help), std::move(read)};
}

void Metrics::family(std::string name, std::string help, Type type, std::function<std::vector<Sample>()> read) {
    const std::lock_guard lock(mutex_);
    families_[std::move(name)] = {std::move(help), type, std::move(read)};
}

std::string Metrics::render() const {
    std::map<std::string, Count> counts;
    std::map<std::string, Gauge> gauges;
    std::map<std::string, Family> families;
    {
        const std::lock_guard lock(mutex_);
        counts = counts_;
        gauges = gauges_;
        families = families_;
    }
    std::string out = "# HELP usher_http_requests_total Requests answered.\n# TYPE usher_http_requests_total counter\n";
    for (const auto& [labels, count] : counts) {
        out += "usher_http_requests_total{" + labels + "} " + std::to_string(count.exchanges) + "\n";
    }
    out +=
        "# HELP usher_http_request_seconds_total Time spent answering.\n# TYPE usher_http_request_seconds_total "
        "counter\n";
    for (const auto& [labels, count] : counts) {
        out += "usher_http_request_seconds_total{" + labels + "} " +
               number(static_cast<double>(count.microseconds) / 1e6) + "\n";
    }
    for (const auto& [name, gauge] : gauges) {
        out += "# HELP " + name + " " + gauge.help + "\n# TYPE " + name + " gauge\n" + name + " " +
               number(gauge.read()) + "\n";
    }
    for (const auto& [name, family] : families) {
        out += "# HELP " + name + " " + family.help + "\n# TYPE " + name +
               (family.type == Type::counter ? " counter\n" : " gauge\n");
        for (const auto& sample : family.read()) {
            std::string labels;
            for (const auto& [label, value] : sample.labels)
                labels += (labels.empty() ? "" : ",") + label + "=\"" + escaped(value) + "\"";
            out += name + "{" + labels + "} " + number(sample.value) + "\n";
        }
    }
    return out;
}

}  // namespace usher::api
