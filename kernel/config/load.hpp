#pragma once
/// Reads usher.yaml: YAML -> JSON with a place for every value -> checked by the settings' schema -> Settings.
///
/// `${NAME}` in a scalar becomes the environment's value, `${NAME:-text}` has a default, `${file:PATH}` is the file's
/// text without its last line break (a relative PATH starts at the YAML file's folder), `$$` is one dollar sign. What a
/// substitution brought is never parsed as YAML and never shown in an error.
///
/// Several files are laid over one another: mappings merge, lists grow at the end, a later scalar wins.
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "config/source_map.hpp"

namespace usher::config {

/// Any YAML as JSON, and where everything stands.
struct Document {
    json::value value;
    SourceMap sources;
    std::set<std::string, std::less<>> substituted;  // pointers of scalars that a substitution made
    std::vector<Diagnostic> faults;                  // duplicate keys, unknown variables, YAML that is none ...
};

/// How substitutions look things up; tests bring their own.
struct Surroundings {
    std::function<std::optional<std::string>(const std::string& name)> environment;
    std::function<Result<std::string>(const std::filesystem::path&)> read_file;
    static Surroundings system();
};

/// `name` is what diagnostics call the file. Never throws; all faults are in the result.
Document parse_yaml(std::string_view text, const std::string& name,
                    const Surroundings& around = Surroundings::system());
/// `over` on top of `base`.
Document overlay(Document base, Document over);

/// Settings, and what is needed to point at a place in them later.
struct Loaded {
    Settings settings;
    SourceMap sources;                               // of the whole document
    std::set<std::string, std::less<>> substituted;  // of the whole document
};

/// Every fault at once, in the order of the file. Empty faults: `loaded` is good.
struct LoadResult {
    Loaded loaded;
    std::vector<Diagnostic> faults;
};
LoadResult load_document(Document document);
LoadResult load_text(std::string_view text, const std::string& name,
                     const Surroundings& around = Surroundings::system());
LoadResult load_files(const std::vector<std::filesystem::path>& files,
                      const Surroundings& around = Surroundings::system());
/// The same as one error, for a start that stops at faults: its message has one line per fault.
Result<Loaded> load(const std::vector<std::filesystem::path>& files);

}  // namespace usher::config
