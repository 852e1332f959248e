#include "api/public_channels.hpp"

#include "foundation/log.hpp"
#include "foundation/text.hpp"

namespace usher::api {
namespace {

constexpr std::string_view kBelow = "/channels/";
constexpr std::chrono::seconds kRouteTimeout{60};  // an instance has a shorter one of its own
constexpr std::chrono::seconds kRetryAfter{5};

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::any_of(names.begin(), names.end(), [&](std::string_view one) { return iequals_ascii(name, one); });
}

/// The raw path below the account: "" or "/messages".
std::string path_below(std::string_view path) {
    if (!path.starts_with(kBelow)) return {};
    const std::size_t end = path.find('/', kBelow.size());
    return end == std::string_view::npos ? std::string() : std::string(path.substr(end));
}

http::Response refuse(int status, std::string_view code, std::string_view message) {
    json::object error;
    error["code"] = json::string_view(code.data(), code.size());
    error["message"] = json::string_view(message.data(), message.size());
    json::object body;
    body["error"] = std::move(error);
    return http::Response::json(status, json::value(std::move(body)));
}

http::Response unavailable(std::string_view message) {
    return refuse(503, "unavailable", message).with("Retry-After", std::to_string(kRetryAfter.count()));
}

http::Response too_many_bytes(std::chrono::milliseconds wait) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
    return refuse(429, "too_many_uploads", "Too much was uploaded from this address; please try again later.")
        .with("Retry-After", std::to_string(seconds));
}

/// What the kernel itself could not do with a request.
http::Response refuse(const Error& error) {
    if (error.code == Errc::too_large) return refuse(413, "too_large", error.message);
    log::error("api", "a body for a channel was not stored", {{"error", error.message}});
    return unavailable("This could not be stored now; please send it again.");
}

class Entrance final {
public:
    explicit Entrance(PublicChannels settings)
        : settings_(std::move(settings)),
          uploads_(static_cast<double>(settings_.upload_bytes_per_hour) / 3600,
                   static_cast<double>(settings_.upload_bytes_per_hour)) {}

    Task<http::Response> take(http::Request request) const {
        auto instance = settings_.account(request.path_param("account"));
        if (!instance) co_return unknown_account();
        plugins::HttpRequest in = to_plugin(request, settings_.public_url);
        std::shared_ptr<blobs::Loan> loan;
        double bytes = 0;
        if (request.upload) {
            bytes = static_cast<double>(request.upload->size());
            const auto wait = uploads_.take(request.remote_addr, std::chrono::steady_clock::now(), bytes);
            if (wait) co_return too_many_bytes(*wait);
            const std::filesystem::path path = request.upload->path();
            auto lent = co_await settings_.blobs->lend(path, settings_.body_limit);
            if (!lent) co_return refuse(lent.error());
            loan = std::move(*lent);
            in.body_blob = loan->hash();
        } else {
            in.body = std::move(request.body);
        }
        std::optional<plugins::HttpResponse> answer;
        try {
            answer = co_await instance->webhook(std::move(in));
        } catch (const std::exception& e) {
            log::error("api", "a channel's webhook failed",
                       {{"account", instance->account().id}, {"request", request.id}, {"error", e.what()}});
        }
        // What nobody took leaves nothing on the disk, and does not count.
        if (loan && (!answer || answer->status >= 400))
            uploads_.take(request.remote_addr, std::chrono::steady_clock::now(), -bytes);
        if (!answer) co_return unavailable("The channel could not take this request.");
        if (loan && answer->status < 400) {
            auto kept = co_await settings_.blobs->keep(loan->hash());
            if (!kept) co_return refuse(kept.error());
        }
        std::string blob = std::move(answer->body_blob);
        http::Response response = from_plugin(std::move(*answer));
        if (blob.empty()) co_return response;
        co_return co_await with_blob(std::move(response), std::move(blob), request.id);
    }

private:
    Task<http::Response> with_blob(http::Response response, std::string blob, std::string request) const {
        if (blob.starts_with("blob:")) blob.erase(0, 5);
        auto file = co_await settings_.blobs->open(blob);
        auto path = settings_.blobs->path_of(blob);
        if (!file || !path) {
            log::error("api", "a channel answered with a blob that is not there",
                       {{"request", request}, {"error", file ? path.error().message : file.error().message}});
            co_return refuse(500, "internal", "The channel gave no valid answer.");
        }
        response.body.clear();
        response.file = http::FileBody{std::move(*path), 0, (*file)->size()};
        co_return response;
    }

    PublicChannels settings_;
    mutable http::RateLimiter uploads_;  // thread-safe
};

}  // namespace

plugins::HttpRequest to_plugin(const http::Request& request, const std::string& public_url) {
    plugins::HttpRequest out;
    out.method = request.method;
    // A target in absolute form names a host of its own; ours is the public one.
    if (request.target.starts_with('/')) {
        out.url = public_url + request.target;
    } else {
        out.url = public_url + request.path;
        if (!request.query.empty()) out.url += "?" + request.query;
    }
    out.path = path_below(request.path);
    out.query = request.query;
    out.remote_addr = request.remote_addr;
    for (const auto& [name, value] : request.headers) {
        if (!is_one_of(name, {"Cookie", "X-API-Key", "X-CSRF-Token"})) out.headers.emplace_back(name, value);
    }
    return out;
}

http::Response from_plugin(plugins::HttpResponse answer) {
    http::Response out;
    out.status = static_cast<int>(answer.status);
    for (auto& [name, value] : answer.headers) {
        if (!is_one_of(name, {"Set-Cookie", "Set-Cookie2"})) out.headers.add(std::move(name), std::move(value));
    }
    out.body = std::move(answer.body);
    return out;
}

http::Response unknown_account() {
    return refuse(404, "unknown_account", "There is no such account here.");
}

http::Response public_error(int status, const Error& error, std::string_view, const http::Request*) {
    return refuse(status, reason_of(error), error.message);
}

http::Before public_before(AccountInstance account) {
    return [account = std::move(account)](http::Request& request) -> Task<std::optional<http::Response>> {
        std::optional<http::Response> out;
        if (request.route.starts_with("/channels/{account}") && !account(request.path_param("account")))
            out = unknown_account();
        co_return out;
    };
}

void add_public_channels(http::Router& router, PublicChannels settings) {
    http::RouteOptions options;
    options.body_limit = settings.body_limit;
    options.memory_limit = settings.memory_limit;
    options.timeout = kRouteTimeout;
    options.rate_limited = settings.rate_limited;
    const auto entrance = std::make_shared<const Entrance>(std::move(settings));
    const http::Handler handler = [entrance](http::Request request) { return entrance->take(std::move(request)); };
    for (const char* method : {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
        router.add(method, "/channels/{account}", options, handler);
        router.add(method, "/channels/{account}/*rest", options, handler);
        // GET is the visitors' WebSocket (visitors.hpp), and HEAD goes with it.
        if (std::string_view(method) != "GET" && std::string_view(method) != "HEAD")
            router.add(method, "/channels/{account}/socket", options, handler);
    }
}

}  // namespace usher::api
