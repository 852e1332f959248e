#include "app/workspace_site.hpp"

#include "api/api.hpp"
#include "app/places.hpp"
#include "foundation/log.hpp"
#include "http/static_files.hpp"

namespace usher::app {

Result<void> add_workspace(http::Router& router, const std::string& configured) {
    for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
        for (const char* path : {"/api/*rest", "/channels/*rest", "/files/*rest"}) {  // the latter two: never here
            router.add(method, path, {}, [](http::Request request) -> Task<http::Response> {
                co_return api::error_response(not_found("There is no such resource."), request.id);
            });
        }
    }
    const std::filesystem::path folder = configured.empty() ? default_workspace() : std::filesystem::path(configured);
    if (folder.empty()) {
        log::warn("app", "the workspace is not built; only the API is served");
        router.add("GET", "/*rest", {}, [](http::Request) -> Task<http::Response> {
            co_return http::Response::text(
                503, "The workspace is not built. packaging/run --build-only builds it; the API is at /api/support.\n");
        });
        return {};
    }
    auto files = http::StaticFiles::load(folder, {.fallback = "index.html"});
    if (!files) return Error{Errc::unavailable, "workspace.folder: " + files.error().message};
    const auto serve = [files = *files](http::Request request) -> Task<http::Response> {
        auto response = files->serve(request, std::string_view(request.path).substr(1));
        if (!response)
            co_return http::Response::text(http_status_of(response.error().code), response.error().message + "\n");
        co_return std::move(*response);
    };
    router.add("GET", "/", {}, serve);
    router.add("GET", "/*rest", {}, serve);
    return {};
}

}  // namespace usher::app
