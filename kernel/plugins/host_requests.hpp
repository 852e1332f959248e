#pragma once
/// The kernel's side of what a plugin in a helper asks for: each frame becomes a call of the instance's own usher_host,
/// with all its checks and limits, as the helper is no more to be believed than the plugin in it.
#include <memory>

#include "plugins/host.hpp"
#include "plugins/link.hpp"

namespace usher::plugins {

/// False: the frame is malformed, or no request.
bool serve_request(Host& host, const std::shared_ptr<Link>& link, const Link::Frame& frame);

}  // namespace usher::plugins
