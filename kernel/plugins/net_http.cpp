#include "plugins/net_http.hpp"

#include "plugins/abi.hpp"

namespace usher::plugins {
namespace {

std::string_view bare(std::string_view blob) {
    if (blob.starts_with("blob:")) blob.remove_prefix(5);
    return blob;
}

HttpResponse answer_of(net::Response&& from) {
    HttpResponse out;
    out.status = static_cast<std::uint32_t>(from.status);
    out.headers = std::move(from.headers);
    out.body = std::move(from.body);
    return out;
}

/// Where the policy refuses, nothing was written, and the plugin is told so in its own words.
Error told(Error error) {
    if (error.code == Errc::forbidden) error.reason = "egress_refused";
    return error;
}

}  // namespace

Result<net::Request> NetHttp::translate(const std::vector<std::string>& allow_cidrs, HttpRequest request) const {
    auto cidrs = net::parse_cidrs(allow_cidrs);
    if (!cidrs) return cidrs.error();
    net::Request out;
    out.method = request.method.empty() ? "GET" : std::move(request.method);
    out.url = std::move(request.url);
    out.headers = std::move(request.headers);
    out.body = std::move(request.body);
    if (request.timeout_ms != 0) out.timeout = std::chrono::milliseconds(request.timeout_ms);
    out.redirect_limit = static_cast<int>(request.redirect_limit);
    out.response_limit = kBodyLimit;
    out.allow_cidrs = std::move(*cidrs);
    if (!request.body_blob.empty()) {
        auto path = blobs_.path_of(bare(request.body_blob));
        if (!path) return path.error();
        out.body_file = std::move(*path);
    }
    for (auto& field : request.form) {
        net::FormField part{
            std::move(field.name), std::move(field.value), {}, std::move(field.file_name), std::move(field.mime)};
        if (!field.blob.empty()) {
            auto path = blobs_.path_of(bare(field.blob));
            if (!path) return path.error();
            part.file = std::move(*path);
        }
        out.form.push_back(std::move(part));
    }
    return out;
}

Task<Result<HttpResponse>> NetHttp::request(AccountRef, std::vector<std::string> allow_cidrs, HttpRequest request) {
    auto out = translate(allow_cidrs, std::move(request));
    if (!out) co_return out.error();
    auto response = co_await client_.send(std::move(*out));
    if (!response) co_return told(response.error());
    co_return answer_of(std::move(*response));
}

Task<Result<HttpSink::Fetched>> NetHttp::fetch(AccountRef, std::vector<std::string> allow_cidrs, HttpRequest request,
                                               std::uint64_t limit_bytes) {
    auto out = translate(allow_cidrs, std::move(request));
    if (!out) co_return out.error();
    auto draft = co_await blobs_.create(limit_bytes);
    if (!draft) co_return draft.error();
    out->response_limit = static_cast<std::size_t>((*draft)->limit_bytes());
    out->response_fd = (*draft)->fd();
    auto response = co_await client_.send(std::move(*out));
    if (!response) co_return told(response.error());
    Fetched fetched;
    if (response->status >= 200 && response->status <= 299) {
        auto sealed = co_await blobs_.seal(*draft);
        if (!sealed) co_return sealed.error();
        fetched.blob = sealed->hash;
        fetched.sha256 = sealed->hash;
        fetched.mime = sealed->mime;
        fetched.size_bytes = sealed->size;
    }
    fetched.response = answer_of(std::move(*response));
    co_return fetched;
}

}  // namespace usher::plugins
