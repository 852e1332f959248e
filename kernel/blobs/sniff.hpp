#pragma once
/// What bytes are, by themselves: names and claims of senders are never believed. Pure; fuzzed.
#include <string_view>

namespace usher::blobs {

/// By the first bytes (4 KiB suffice): image/png, jpeg, gif, webp, avif, heic; audio/* and video/* of common
/// containers; application/pdf, application/zip; text/plain for UTF-8 without control characters (HTML and SVG too:
/// never a type that a browser runs); else application/octet-stream.
std::string_view sniff(std::string_view head);
/// May be shown inside a page: png, jpeg, gif, webp, audio, video.
bool is_inline_mime(std::string_view mime);

}  // namespace usher::blobs
