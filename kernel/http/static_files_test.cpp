#include "http/static_files.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

namespace usher::http {
namespace {

using testing::HasSubstr;

class StaticFilesTest : public testing::Test {
protected:
    StaticFilesTest() {
        put("build/index.html", "<html>");
        put("build/index.html.br", "brotli");
        put("build/index.html.gz", "gzip");
        put("build/_app/immutable/start.abc.js", "js");
        put("build/favicon.svg", "svg");
        put("build/lonely.gz", "an archive, not an encoding");
        put("secret.txt", "secret");
        std::filesystem::create_symlink(root_ / "secret.txt", root_ / "build/link.txt");
    }
    ~StaticFilesTest() override { std::filesystem::remove_all(root_); }
    void put(const std::string& name, const std::string& text) {
        std::filesystem::create_directories((root_ / name).parent_path());
        std::ofstream(root_ / name) << text;
    }
    Response get(const std::string& path, Headers headers = {}) {
        Request request{.method = "GET"};
        request.headers = std::move(headers);
        auto response = files_->serve(request, path);
        if (!response) return Response::empty(404);
        return *response;
    }
    static std::string body(const Response& response) { return response.shared_body ? *response.shared_body : ""; }

    std::filesystem::path root_ =
        std::filesystem::path(testing::TempDir()) / ("usher-static-" + std::to_string(::getpid()));
    std::shared_ptr<const StaticFiles> files_;
};

TEST_F(StaticFilesTest, ServesFilesAndTheApplicationForItsPaths) {
    files_ = *StaticFiles::load(root_ / "build", {.fallback = "index.html"});
    for (const std::string path : {"", "/", "index.html", "inbox/mine/42"}) {
        const auto response = get(path);
        EXPECT_EQ(body(response), "<html>") << path;
        EXPECT_EQ(response.headers.get("Content-Type"), "text/html; charset=utf-8");
        EXPECT_EQ(response.headers.get("Cache-Control"), "no-cache");
    }
    const auto chunk = get("_app/immutable/start.abc.js");
    EXPECT_EQ(body(chunk), "js");
    EXPECT_EQ(chunk.headers.get("Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(get("_app/immutable/gone").status, 404);
    EXPECT_EQ(get("gone.js").status, 404);
    EXPECT_EQ(body(get("lonely.gz")), "an archive, not an encoding");
}

TEST_F(StaticFilesTest, TheEncodingThatTheClientTakes) {
    files_ = *StaticFiles::load(root_ / "build");
    const auto with = [&](const std::string& accepted) { return get("index.html", {{"Accept-Encoding", accepted}}); };
    EXPECT_EQ(body(with("gzip, deflate, br")), "brotli");
    EXPECT_EQ(with("br").headers.get("Content-Encoding"), "br");
    EXPECT_EQ(body(with("gzip")), "gzip");
    EXPECT_EQ(body(with("br;q=0, gzip;q=0.5")), "gzip");
    EXPECT_EQ(body(with("*")), "brotli");
    EXPECT_EQ(body(with("identity")), "<html>");
    EXPECT_EQ(with("identity").headers.get("Vary"), "Accept-Encoding");
}

TEST_F(StaticFilesTest, AnETagSavesTheBody) {
    files_ = *StaticFiles::load(root_ / "build");
    const std::string etag(get("favicon.svg").headers.get("ETag"));
    const auto again = get("favicon.svg", {{"If-None-Match", "\"other\", W/" + etag}});
    EXPECT_EQ(again.status, 304);
    EXPECT_EQ(body(again), "");
    EXPECT_EQ(again.headers.get("ETag"), etag);
    EXPECT_EQ(get("favicon.svg", {{"If-None-Match", "\"other\""}}).status, 200);
}

TEST_F(StaticFilesTest, NothingOutsideTheFolder) {
    files_ = *StaticFiles::load(root_ / "build");
    for (const std::string path : {"../secret.txt", "..%2fsecret.txt", "%2e%2e/secret.txt", "link.txt", "/etc/passwd",
                                   "_app/../../secret.txt", "index.html/", "index.html%00"}) {
        EXPECT_EQ(get(path).status, 404) << path;
    }
}

TEST_F(StaticFilesTest, AWrongFolderIsNamed) {
    EXPECT_THAT(StaticFiles::load(root_ / "nowhere").error().message, HasSubstr("nowhere: "));
    EXPECT_THAT(StaticFiles::load(root_ / "build", {.fallback = "200.html"}).error().message,
                HasSubstr("has no 200.html"));
    EXPECT_THAT(StaticFiles::load(root_ / "build", {.limit_bytes = 3}).error().message, HasSubstr("more than 3 bytes"));
}

}  // namespace
}  // namespace usher::http
