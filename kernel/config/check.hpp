#pragma once
/// For those who look at a configuration without starting from it: faults of all parts at once, what holds in the end,
/// and what an editor wants to know.
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.hpp"

namespace usher::config {

/// Files laid over one another, not checked yet. One that cannot be read is a fault.
Document read_files(const std::vector<std::filesystem::path>& files,
                    const Surroundings& around = Surroundings::system());

/// A LoadResult with faults that is of use: the top-level keys in `unread` have faults and stand at their defaults in
/// `loaded`, so that the others can be checked further ("" = all of them).
struct Checked {
    LoadResult result;
    std::set<std::string, std::less<>> unread;
};
Checked check_document(Document document);

/// Of the value at `path` alone; nowhere when it does not stand in a file.
Location exactly_at(const SourceMap& sources, std::string_view path);

/// The settings under their YAML keys; a Secret is "***", and null where it is not set. Accounts' and extensions'
/// configs are as they are: their plugins' schemas know their secrets.
json::object effective(const Settings& settings);

/// settings_schema() for editors, as config/usher.schema.json has it: a whole JSON Schema that names itself and, as the
/// subset does, takes no keys but those it names.
json::object editor_schema();

}  // namespace usher::config
