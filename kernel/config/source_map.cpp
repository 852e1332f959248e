#include "config/source_map.hpp"

namespace usher::config {
namespace {

/// "/accounts/0/config/a~1b" as people write it: accounts[0].config.a/b
std::string readable(std::string_view path) {
    std::string out;
    while (!path.empty()) {
        path.remove_prefix(1);
        const std::size_t end = std::min(path.find('/'), path.size());
        std::string token;
        bool number = end > 0;
        for (std::size_t i = 0; i < end; ++i) {
            number = number && path[i] >= '0' && path[i] <= '9';
            if (path[i] == '~' && i + 1 < end) {
                token += path[++i] == '1' ? '/' : '~';
            } else {
                token += path[i];
            }
        }
        if (number) {
            out += '[' + token + ']';
        } else {
            out += (out.empty() ? "" : ".") + token;
        }
        path.remove_prefix(end);
    }
    return out;
}

template <class Places>
Location nearest_place(const Places& places, std::string_view path) {
    for (;;) {
        if (auto found = places.find(path); found != places.end()) return found->second;
        const std::size_t slash = path.rfind('/');
        if (slash == std::string_view::npos) return {};
        path = path.substr(0, slash);
    }
}

}  // namespace

std::string to_string(const Location& location) {
    if (!location) return {};
    std::string out = location.file;
    if (location.line > 0) out += ':' + std::to_string(location.line) + ':' + std::to_string(location.column);
    return out;
}

std::string to_string(const Diagnostic& diagnostic) {
    std::string out = to_string(diagnostic.location);
    if (const std::string path = readable(diagnostic.path); !path.empty()) out += (out.empty() ? "" : ": ") + path;
    return out + (out.empty() ? "" : ": ") + diagnostic.message;
}

Error to_error(const std::vector<Diagnostic>& diagnostics) {
    Error error{Errc::validation, ""};
    for (const auto& diagnostic : diagnostics) {
        error.message += (error.message.empty() ? "" : "\n") + to_string(diagnostic);
        error.details.push_back({diagnostic.path, diagnostic.message});
    }
    return error;
}

Location SourceMap::value_at(std::string_view path) const {
    return nearest_place(values_, path);
}

Location SourceMap::key_at(std::string_view path) const {
    if (auto found = keys_.find(path); found != keys_.end()) return found->second;
    return value_at(path);
}

SourceMap SourceMap::below(std::string_view prefix) const {
    SourceMap out;
    auto copy = [&](const auto& from, auto& into) {
        for (auto at = from.lower_bound(prefix); at != from.end() && at->first.starts_with(prefix); ++at) {
            const std::string_view rest = std::string_view(at->first).substr(prefix.size());
            if (rest.empty() || rest.front() == '/') into.emplace(rest, at->second);
        }
    };
    copy(values_, out.values_);
    copy(keys_, out.keys_);
    return out;
}

void SourceMap::replace(std::string_view path, const SourceMap& from, std::string_view from_path) {
    const SourceMap part = from.below(from_path);
    const std::string prefix(path);
    auto move_in = [&](auto& into, const auto& source) {
        std::erase_if(
            into, [&](const auto& entry) { return entry.first == prefix || entry.first.starts_with(prefix + "/"); });
        for (const auto& [rest, location] : source) into.insert_or_assign(prefix + rest, location);
    };
    move_in(values_, part.values_);
    move_in(keys_, part.keys_);
}

}  // namespace usher::config
