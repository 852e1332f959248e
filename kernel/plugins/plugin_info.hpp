#pragma once
/// A plugin as its library describes it.
#include <string>

#include "config/settings.hpp"
#include "foundation/json.hpp"
#include "plugins/values.hpp"

namespace usher::plugins {

/// What a library says of one plugin in it; static data.
struct PluginInfo {
    Kind kind = Kind::channel;
    std::string id, name, vendor, version;
    std::string library;  // path
    std::string build;    // SHA-256 of the file, hex
    config::Isolation isolation = config::Isolation::in_process;
    json::object config_schema;  // passed config::check_schema
    json::object capabilities;   // sdk/ABI.md
};

}  // namespace usher::plugins
