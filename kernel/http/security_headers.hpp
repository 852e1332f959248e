#pragma once
/// The policy headers of a listener, and the Origin check of an upgrade.
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace usher::http {

struct PolicySettings {
    std::string public_origin{};  // "https://chat.example.com": images and media (attachments) come from there
    bool hsts = false;            // the listener is https
    std::vector<std::string> frame_ancestors{};  // empty: 'none'
};

/// For the workspace and the API: only our own scripts and styles, no frames, nothing sniffed, no referrer. The script
/// policy with its hash stands in the page itself (SvelteKit's meta tag).
Headers workspace_headers(const PolicySettings& settings);
/// For the public side: nothing may run or frame there, but what a response allows by a header of its own.
Headers public_headers(const PolicySettings& settings);

/// The request's Origin is one of `allowed` ("https://desk.example.com", compared without case, default ports dropped)
/// or the Host it was sent to. No Origin at all (not a browser) is false.
bool origin_allowed(const Request& request, const std::vector<std::string>& allowed);

}  // namespace usher::http
