#pragma once
/// The files of a built browser application, read once into memory: nothing that was not there at start can be reached.
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "foundation/error.hpp"
#include "http/message.hpp"

namespace usher::http {

struct StaticSettings {
    std::string fallback{};  // "index.html" or "200.html": for paths without a file; empty: 404
    std::string immutable_prefix =
        "_app/immutable/";                       // hashed names: cached for a year. All else is no-cache with an ETag
    std::size_t limit_bytes = 64 * 1024 * 1024;  // of the folder; more is an error
};

/// Immutable; thread-safe. `x.br` and `x.gz` beside `x` are its encoded forms, not files of their own.
class StaticFiles final {
public:
    static Result<std::shared_ptr<const StaticFiles>> load(const std::filesystem::path& folder,
                                                           StaticSettings settings = {});
    ~StaticFiles();

    /// `raw_path` is below where the folder is mounted ("_app/x.js", "" for the index). GET and HEAD; 304 by
    /// If-None-Match. A path whose last segment has a dot, or below the immutable prefix, never falls back: 404 (a
    /// chunk that is gone). Errc::not_found when there is nothing.
    Result<Response> serve(const Request& request, std::string_view raw_path) const;
    std::size_t count() const;

private:
    StaticFiles();
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// By the name's ending; "application/octet-stream" when unknown.
std::string_view content_type_of(std::string_view file_name);

}  // namespace usher::http
