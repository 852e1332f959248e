#include "pages.hpp"

#include "crypto.hpp"
#include "widget_files.hpp"

namespace usher::livechat {
namespace {

constexpr std::string_view kLoaderPlace = "__USHER_SETTINGS__";
constexpr std::string_view kFramePlace = "__SETTINGS__";

std::string with(std::string_view file, std::string_view place, std::string_view text) {
    const auto at = file.find(place);  // build.mjs made sure that it is there once
    return std::string(file.substr(0, at)).append(text).append(file.substr(at + place.size()));
}

/// JSON inside a <script>: no sequence in it can end the element.
std::string in_html(const json::value& value) {
    std::string text;
    for (const char c : json::serialize(value)) {
        if (c == '<')
            text += "\\u003c";
        else
            text += c;
    }
    return text;
}

sdk::HttpAnswer file(std::string_view mime, std::string body, std::string_view caching) {
    return {.status = 200,
            .headers = {{"Content-Type", std::string(mime)},
                        {"Cache-Control", std::string(caching)},
                        {"X-Content-Type-Options", "nosniff"}},
            .body = std::move(body)};
}

sdk::HttpAnswer hashed_file(const sdk::HttpRequest& request, std::string_view mime, std::string_view plain,
                            std::string_view gzip) {
    const bool small = request.header("Accept-Encoding").value_or("").find("gzip") != std::string_view::npos;
    const bool named = request.query.starts_with("v=");  // the frame names it by its hash
    auto answer =
        file(mime, std::string(small ? gzip : plain), named ? "public, max-age=31536000, immutable" : "no-cache");
    answer.headers.emplace_back("Vary", "Accept-Encoding");
    if (small) answer.headers.emplace_back("Content-Encoding", "gzip");
    return answer;
}

}  // namespace

Pages::Pages(const Settings& settings)
    : policy_(settings.frame_policy()),
      settings_(settings.public_settings),
      loader_(with(widget::kWidgetJs, kLoaderPlace, json::serialize(settings.button_settings))),
      loader_tag_('"' + to_hex(hmac_sha256("etag", loader_)).substr(0, 24) + '"') {}

std::optional<sdk::HttpAnswer> Pages::get(std::string_view path, const sdk::HttpRequest& request,
                                          std::int64_t now_ms) const {
    if (path == "widget.js") return loader(request);
    if (path == "frame") return frame(now_ms);
    if (path == "frame.js")
        return hashed_file(request, "text/javascript; charset=utf-8", widget::kFrameJs, widget::kFrameJsGz);
    if (path == "frame.css")
        return hashed_file(request, "text/css; charset=utf-8", widget::kFrameCss, widget::kFrameCssGz);
    return std::nullopt;
}

sdk::HttpAnswer Pages::loader(const sdk::HttpRequest& request) const {
    auto answer = file("text/javascript; charset=utf-8", loader_, "public, max-age=300");
    answer.headers.emplace_back("ETag", loader_tag_);
    answer.headers.emplace_back("Access-Control-Allow-Origin",
                                "*");  // a script that any site may load; no secrets in it
    answer.headers.emplace_back("Cross-Origin-Resource-Policy", "cross-origin");
    if (request.header("If-None-Match") == loader_tag_) {
        answer.status = 304;
        answer.body.clear();
    }
    return answer;
}

sdk::HttpAnswer Pages::frame(std::int64_t now_ms) const {
    json::object settings = settings_;
    settings["now"] = now_ms;
    auto answer =
        file("text/html; charset=utf-8", with(widget::kFrameHtml, kFramePlace, in_html(settings)), "no-cache");
    answer.headers.emplace_back("Content-Security-Policy", policy_);
    answer.headers.emplace_back("Referrer-Policy", "no-referrer");
    answer.headers.emplace_back("Cross-Origin-Resource-Policy", "cross-origin");  // for sites that demand it
    return answer;
}

}  // namespace usher::livechat
