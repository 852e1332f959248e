#pragma once
/// Durations collected, and what is told of them as JSON.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace usher::bench {

using SteadyTime = std::chrono::steady_clock;

inline double seconds_since(SteadyTime::time_point from) {
    return std::chrono::duration<double>(SteadyTime::now() - from).count();
}

class Durations {
public:
    void add(double seconds) { values_.push_back(static_cast<float>(seconds)); }
    std::size_t size() const { return values_.size(); }
    void clear() { values_.clear(); }
    double at(double share) {
        if (values_.empty()) return 0;
        const auto place = static_cast<std::ptrdiff_t>(share * static_cast<double>(values_.size() - 1) + 0.5);
        std::nth_element(values_.begin(), values_.begin() + place, values_.end());
        return static_cast<double>(values_[static_cast<std::size_t>(place)]);
    }

private:
    std::vector<float> values_;
};

/// A flat JSON object, written as it grows.
class Report {
public:
    Report& add(const std::string& name, double value) {
        char text[64];
        std::snprintf(text, sizeof text, "%.9g", value);
        return raw(name, text);
    }
    Report& add(const std::string& name, const std::string& value) {
        std::string text = "\"";
        for (const char c : value) {
            if (c == '"' || c == '\\') text += '\\';
            text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
        }
        return raw(name, text + "\"");
    }
    Report& latencies(const std::string& name, Durations& of) {
        add(name + "_p50_ms", of.at(0.5) * 1000);
        add(name + "_p90_ms", of.at(0.9) * 1000);
        add(name + "_p99_ms", of.at(0.99) * 1000);
        return add(name + "_max_ms", of.at(1) * 1000);
    }
    void print() const {
        std::printf("{%s}\n", members_.c_str());
        std::fflush(stdout);
    }

private:
    Report& raw(const std::string& name, const std::string& value) {
        if (!members_.empty()) members_ += ", ";
        members_ += '"';
        members_ += name;
        members_ += "\": ";
        members_ += value;
        return *this;
    }
    std::string members_;
};

/// Processor time of this program.
inline double own_cpu() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

}  // namespace usher::bench
