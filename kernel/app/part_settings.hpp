#pragma once
/// What each part of the daemon is told, made from the operator's settings. Pure, but for making the upload folder.
#include <filesystem>
#include <string>

#include "access/access.hpp"
#include "blobs/blobs.hpp"
#include "config/settings.hpp"
#include "foundation/error.hpp"
#include "foundation/log.hpp"
#include "http/server.hpp"
#include "store/store.hpp"

namespace usher::app {

/// The origin under which a listener is reached from this machine.
std::string origin_of(const config::Listener& listener, bool tls);

log::Level level_of(config::LogLevel level);
http::Limits limits_of(const config::Limits& from);

store::Settings store_settings(const config::Settings& from, const std::filesystem::path& data);
blobs::Settings blob_settings(const config::Settings& from, const std::filesystem::path& data);
access::Settings access_settings(const config::Settings& from);

/// Errc::unavailable when the folder of uploads cannot be made, Errc::validation for `trusted_proxies`.
Result<http::Settings> server_settings(const config::Settings& from, const std::filesystem::path& data);

}  // namespace usher::app
