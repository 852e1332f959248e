#include "foundation/log.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <memory>

#include "foundation/clock.hpp"
#include "foundation/log_level.hpp"
#include "foundation/log_redirect.hpp"

namespace usher::log {
namespace {

std::atomic<Format> g_format{Format::text};
std::atomic<Level> g_level{Level::info};
std::function<void(Level, std::string_view, std::string_view)>* g_redirect = nullptr;

spdlog::level::level_enum spd(Level level) {
    switch (level) {
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warn:
            return spdlog::level::warn;
        case Level::error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

std::string_view name(Level level) {
    switch (level) {
        case Level::debug:
            return "debug";
        case Level::info:
            return "info";
        case Level::warn:
            return "warn";
        case Level::error:
            return "error";
    }
    return "error";
}

std::shared_ptr<spdlog::logger>& logger() {
    static std::shared_ptr<spdlog::logger> instance = [] {
        auto made = std::make_shared<spdlog::logger>("usher", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_pattern("%v");
        made->flush_on(spdlog::level::warn);
        return made;
    }();
    return instance;
}

/// One line stays one line, whatever somebody put into a value.
void append_plain(std::string& out, std::string_view text) {
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        if (u >= 0x20 && u != 0x7f) {
            out += c;
        } else {
            static constexpr char kHex[] = "0123456789abcdef";
            out += "\\x";
            out += kHex[u >> 4];
            out += kHex[u & 15];
        }
    }
}

void append_fields(std::string& out, Fields fields) {
    for (const auto& field : fields) {
        out += ' ';
        out += field.key;
        out += '=';
        append_plain(out, field.value);
    }
}

void append_json(std::string& out, std::string_view text) {
    out += boost::json::serialize(boost::json::string_view(text));
}

}  // namespace

void set_level(Level level) {
    g_level = level;
}

void start(Level level, Format format) {
    g_level = level;
    g_format = format;
    spdlog::init_thread_pool(8192, 1);
    auto made = std::make_shared<spdlog::async_logger>("usher", std::make_shared<spdlog::sinks::stderr_sink_mt>(),
                                                       spdlog::thread_pool(), spdlog::async_overflow_policy::block);
    made->set_pattern("%v");
    made->set_level(spdlog::level::debug);
    made->flush_on(spdlog::level::info);
    logger() = std::move(made);
}

void redirect(Level level, std::function<void(Level, std::string_view, std::string_view)> to) {
    g_level = level;
    g_redirect = new std::function(std::move(to));  // other threads may write until the process ends
}

void flush() {
    logger()->flush();
}

bool enabled(Level level) {
    return level >= g_level.load(std::memory_order_relaxed);
}

void write(Level level, std::string_view area, std::string_view text, Fields fields) {
    if (!enabled(level)) return;
    if (g_redirect) {
        std::string line;
        append_plain(line, text);
        append_fields(line, fields);
        return (*g_redirect)(level, area, line);
    }
    const std::string at = format_rfc3339(SystemClock{}.now());
    std::string line;
    line.reserve(128 + text.size());
    if (g_format.load(std::memory_order_relaxed) == Format::json) {
        line += R"({"at":")" + at + R"(","level":")";
        line += name(level);
        line += R"(","area":)";
        append_json(line, area);
        line += R"(,"text":)";
        append_json(line, text);
        for (const auto& field : fields) {
            line += ',';
            append_json(line, field.key);
            line += ':';
            append_json(line, field.value);
        }
        line += '}';
    } else {
        line += at;
        line += ' ';
        line += name(level);
        line += ' ';
        line += area;
        line += ": ";
        append_plain(line, text);
        append_fields(line, fields);
    }
    logger()->log(spd(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace usher::log
