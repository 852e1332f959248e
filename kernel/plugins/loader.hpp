#pragma once
/// Maps a plugin library into this process and checks what it says of itself before anything in it runs (beyond its
/// static constructors). A library that is refused is unmapped; one that is accepted stays mapped until the process
/// ends.
#include <usher/plugin.h>

#include <memory>
#include <string>
#include <vector>

#include "foundation/error.hpp"
#include "plugins/plugin_info.hpp"

namespace usher::plugins {

class Library {
public:
    struct Plugin {
        PluginInfo info;
        const usher_descriptor* descriptor = nullptr;
    };
    virtual ~Library() = default;
    virtual const std::string& path() const = 0;
    virtual const std::vector<Plugin>& plugins() const = 0;
    /// In our size: what the library's own lacks is zero.
    virtual const usher_entry& entry() const = 0;
};

/// @param shown  what messages and PluginInfo::library call it, where it is mapped from a copy
/// @errors Errc::invalid; one sentence for each thing that is wrong, each with the file's name.
Result<std::shared_ptr<const Library>> load_library(const std::string& path, const std::string& shown = {});
/// SHA-256 of a file's bytes, hex. Errc::invalid with the file's name.
Result<std::string> hash_of_file(const std::string& path);

/// The checks alone, for an entry that is already there. `path` leads every message.
Result<std::vector<Library::Plugin>> check_entry(const usher_entry* entry, const std::string& path);

}  // namespace usher::plugins
