#include "app/reload.hpp"

#include <algorithm>

#include "app/changed_settings.hpp"
#include "app/part_settings.hpp"
#include "foundation/log_level.hpp"

namespace usher::app {
namespace {

bool is_instances(std::string_view path) {
    return path == "/accounts" || path == "/strategies" || path == "/responders" || path == "/exporters";
}

/// "log.level" for "/log/level".
std::string dotted(std::string_view path) {
    std::string out(path.substr(1));
    std::replace(out.begin(), out.end(), '/', '.');
    return out;
}

}  // namespace

Result<void> take_over(const Running& running, config::LoadResult next) {
    if (next.faults.empty()) next.faults = running.registry.load(next.loaded);
    if (!next.faults.empty()) return config::to_error(next.faults);
    config::Settings& now = running.loaded.settings;
    config::Settings& wanted = next.loaded.settings;
    const auto changed = changed_settings(now, wanted);
    auto applied = running.apply_instances(running.registry.specs_of(next.loaded));
    if (!applied) return applied;
    now.accounts = wanted.accounts;
    now.strategies = wanted.strategies;
    now.responders = wanted.responders;
    now.exporters = wanted.exporters;
    if (auto read = running.server.reload_certificates(); !read) {
        log::error("app", "the certificates could not be read again; the old ones stay",
                   {{"error", read.error().message}});
    }
    int taken = 0;
    for (const auto& path : changed) {
        const std::string place = to_string(next.loaded.sources.value_at(path));
        if (path == "/log/level") {
            log::set_level(level_of(wanted.log.level));
            now.log.level = wanted.log.level;
        } else if (path == "/limits/requests_per_s") {
            running.server.set_rate(limits_of(wanted.limits).rate);
            now.limits.requests_per_s = wanted.limits.requests_per_s;
        } else if (!is_instances(path)) {
            log::warn("app", "this setting changed, and needs a restart", {{"setting", dotted(path)}, {"at", place}});
            continue;
        }
        ++taken;
        if (path == "/responders" || path == "/exporters") {
            log::info("app", "this setting changed; those that run follow it now, others need a restart",
                      {{"setting", dotted(path)}, {"at", place}});
            continue;
        }
        log::info("app", "this setting changed, and holds now", {{"setting", dotted(path)}, {"at", place}});
    }
    log::info("app", "the configuration was read again", {{"changed", changed.size()}, {"taken_over", taken}});
    return {};
}

}  // namespace usher::app
