#pragma once
/// The entrance of providers: everything below /channels/{account}/ on the public listener goes to that account's
/// channel plugin, as received, and its answer goes back. Answers follow the channel's own contract, not the API's.
///
///   api::add_public_channels(*public_router, {.account = [&](auto slug) { return registry.account(slug); },
///                                             .blobs = &blobs, .public_url = origin, .body_limit = ...});
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "blobs/blobs.hpp"
#include "http/rate_limiter.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "plugins/instance.hpp"

namespace usher::api {

/// The account's running instance; null: unknown or disabled. Any thread, returns at once, asks no database.
using AccountInstance = std::function<std::shared_ptr<plugins::Instance>(std::string_view slug)>;

struct PublicChannels {
    AccountInstance account;
    blobs::Blobs* blobs = nullptr;          // borrowed; outlives the router's last request
    std::string public_url;                 // origin without a trailing slash
    std::size_t body_limit = 100ull << 20;  // of an upload; more is 413
    std::size_t memory_limit =
        256u * 1024;           // a longer body reaches the plugin as a blob, which stays if it says 2xx or emits it
    bool rate_limited = true;  // by the listener's limit per address
    std::uint64_t upload_bytes_per_hour = 0;  // of longer bodies that a plugin took, per address; 0: no limit
};

/// All methods of /channels/{account} and /channels/{account}/*rest. Beside it Visitors::add_routes (visitors.hpp)
/// takes the upgrades of /channels/{account}/socket.
void add_public_channels(http::Router& router, PublicChannels settings);

/// A request as a plugin sees it: without Cookie, X-API-Key and X-CSRF-Token; `path` begins with "/" or is empty. The
/// body is not in it.
plugins::HttpRequest to_plugin(const http::Request& request, const std::string& public_url);
/// A plugin's answer as the listener sends it, without Set-Cookie. A body that is a blob is not in it.
http::Response from_plugin(plugins::HttpResponse response);
/// 404 {"error": {"code": "unknown_account", "message": ...}}
http::Response unknown_account();

/// For the public listener. `public_before` refuses unknown accounts before their body is read; other routes pass.
/// `public_error` writes {"error": {"code", "message"}}: here the API's envelope is nobody's.
http::Before public_before(AccountInstance account);
http::Response public_error(int status, const Error& error, std::string_view id, const http::Request* request);

}  // namespace usher::api
