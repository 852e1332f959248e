#include "app/part_settings.hpp"

#include "net/cidr.hpp"

namespace usher::app {
namespace {

Availability availability_of(config::LoginStatus status) {
    switch (status) {
        case config::LoginStatus::available:
            return Availability::available;
        case config::LoginStatus::away:
            return Availability::away;
        case config::LoginStatus::offline:
            return Availability::offline;
    }
    return Availability::away;
}

}  // namespace

std::string origin_of(const config::Listener& listener, bool tls) {
    const std::string& address = listener.address;
    std::string host = address == "*" || address == "0.0.0.0" || address == "::" ? "localhost" : address;
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    return (tls ? "https://" : "http://") + host + ":" + std::to_string(listener.port);
}

http::Limits limits_of(const config::Limits& from) {
    http::Limits to;
    to.header_bytes = static_cast<std::size_t>(from.header_bytes);
    to.connections = static_cast<std::size_t>(from.connections);
    to.connections_per_address = static_cast<std::size_t>(from.connections_per_address);
    to.rate = {static_cast<double>(from.requests_per_s), 2.0 * from.requests_per_s};
    to.head_timeout = std::chrono::seconds(from.header_timeout_s);
    to.body_timeout = std::chrono::seconds(from.body_timeout_s);
    to.idle_timeout = std::chrono::seconds(from.idle_timeout_s);
    return to;
}

log::Level level_of(config::LogLevel level) {
    switch (level) {
        case config::LogLevel::debug:
            return log::Level::debug;
        case config::LogLevel::info:
            return log::Level::info;
        case config::LogLevel::warn:
            return log::Level::warn;
        case config::LogLevel::error:
            return log::Level::error;
    }
    return log::Level::info;
}

store::Settings store_settings(const config::Settings& from, const std::filesystem::path& data) {
    store::Settings to;
    to.url = from.store.url.empty() ? "sqlite://" + (data / "usher.db").string() : from.store.url.value;
    to.reader_threads = from.store.reader_threads;
    to.batch_limit = from.store.batch_limit;
    to.queue_limit = from.store.queue_limit;
    to.write_deadline = std::chrono::milliseconds(from.store.write_deadline_ms);
    to.read_deadline = std::chrono::milliseconds(from.store.read_deadline_ms);
    return to;
}

blobs::Settings blob_settings(const config::Settings& from, const std::filesystem::path& data) {
    blobs::Settings to;
    to.folder = from.blobs.folder.empty() ? data / "blobs" : std::filesystem::path(from.blobs.folder);
    to.limit_bytes = static_cast<std::uint64_t>(from.blobs.max_bytes);
    to.min_free_bytes = static_cast<std::uint64_t>(from.blobs.min_free_mb) << 20;
    return to;
}

access::Settings access_settings(const config::Settings& from) {
    access::Settings to;
    to.session_lifetime = std::chrono::hours(from.settings.session_hours);
    to.login_status = availability_of(from.settings.login_status);
    to.login.failures = from.limits.login_failures;
    to.login.window = std::chrono::seconds(from.limits.login_window_s);
    return to;
}

Result<http::Settings> server_settings(const config::Settings& from, const std::filesystem::path& data) {
    http::Settings to;
    to.threads = std::max(1, from.limits.server_threads);
    to.limits = limits_of(from.limits);
    to.websocket.message_bytes = static_cast<std::size_t>(from.limits.frame_bytes);
    to.upload_folder = data / "uploads";
    std::error_code error;
    std::filesystem::create_directories(to.upload_folder, error);
    if (error) return Error{Errc::unavailable, "cannot make " + to.upload_folder.string() + ": " + error.message()};
    auto proxies = net::parse_cidrs(from.trusted_proxies);
    if (!proxies) return Error{Errc::validation, "trusted_proxies: " + proxies.error().message};
    if (!proxies->empty()) {
        to.trusted_proxy = [ranges = *proxies](std::string_view address) { return net::contains(ranges, address); };
    }
    return to;
}

}  // namespace usher::app
