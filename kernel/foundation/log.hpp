#pragma once
/// The log, behind a header that costs nothing to include. Text or JSON lines on stderr, written by a thread of its
/// own. Every line may carry fields; `request` and `message` are the ids by which a path is followed. Thread-safe.
#include <initializer_list>
#include <string>
#include <string_view>

namespace usher::log {

enum class Level { debug, info, warn, error };
enum class Format { text, json };

struct Field {
    std::string_view key;
    std::string value;
    Field(std::string_view k, std::string_view v) : key(k), value(v) {}
    Field(std::string_view k, const char* v) : key(k), value(v) {}
    Field(std::string_view k, const std::string& v) : key(k), value(v) {}
    Field(std::string_view k, long long v) : key(k), value(std::to_string(v)) {}
    Field(std::string_view k, long v) : key(k), value(std::to_string(v)) {}
    Field(std::string_view k, int v) : key(k), value(std::to_string(v)) {}
    Field(std::string_view k, unsigned long v) : key(k), value(std::to_string(v)) {}
};
using Fields = std::initializer_list<Field>;

/// Once, before other threads; without it lines go to stderr as text at info.
void start(Level level, Format format);
/// Writes out what is queued. For the end of main and before abort.
void flush();
bool enabled(Level level);

/// `area` is the room that speaks ("store", "plugins/telegram"). No secrets, no message text, no names.
void write(Level level, std::string_view area, std::string_view text, Fields fields = {});
inline void debug(std::string_view area, std::string_view text, Fields f = {}) {
    write(Level::debug, area, text, f);
}
inline void info(std::string_view area, std::string_view text, Fields f = {}) {
    write(Level::info, area, text, f);
}
inline void warn(std::string_view area, std::string_view text, Fields f = {}) {
    write(Level::warn, area, text, f);
}
inline void error(std::string_view area, std::string_view text, Fields f = {}) {
    write(Level::error, area, text, f);
}

}  // namespace usher::log
