#pragma once
/// Where each value of the configuration stands, so that whoever finds a fault later can still point at it.
#include <compare>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/error.hpp"

namespace usher::config {

/// A place in a YAML file; line and column start at 1. An empty file is "nowhere" (a value made by the program).
struct Location {
    std::string file;
    int line = 0;
    int column = 0;
    explicit operator bool() const { return !file.empty(); }
    friend auto operator<=>(const Location&, const Location&) = default;
};
/// "usher.yaml:12:5"; empty for nowhere.
std::string to_string(const Location& location);

/// One fault in the configuration, ready to be shown. It never holds a value that came from a substitution.
struct Diagnostic {
    Location location;
    std::string path;     // JSON pointer: "/accounts/0/config/inbound/secrets"
    std::string message;  // what is wrong and what was expected
    friend auto operator<=>(const Diagnostic&, const Diagnostic&) = default;
};
/// "usher.yaml:12:5: accounts[0].config.port: expected a whole number"; without a location the path leads.
std::string to_string(const Diagnostic& diagnostic);
/// All of them, one per line, as one error.
Error to_error(const std::vector<Diagnostic>& diagnostics);

/// JSON pointers to places. A copy may be kept by anybody; nothing here changes after loading.
class SourceMap {
public:
    void set_value(std::string path, Location location) {
        values_.insert_or_assign(std::move(path), std::move(location));
    }
    void set_key(std::string path, Location location) { keys_.insert_or_assign(std::move(path), std::move(location)); }

    /// Of the value at `path`; for a path that does not stand in a file, of the nearest value around it.
    Location value_at(std::string_view path) const;
    /// Of the key before the value at `path` (for "unknown key"); falls back to value_at.
    Location key_at(std::string_view path) const;
    /// The part below `prefix`, its paths relative to it: what belongs to one account's config.
    SourceMap below(std::string_view prefix) const;
    /// Everything at and below `path` is forgotten and taken from `from`, where it stands at and below `from_path`.
    void replace(std::string_view path, const SourceMap& from, std::string_view from_path);

private:
    std::map<std::string, Location, std::less<>> values_;
    std::map<std::string, Location, std::less<>> keys_;
};

}  // namespace usher::config
