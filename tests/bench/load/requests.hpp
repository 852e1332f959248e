#pragma once
/// Requests as text: signed ones of the open channel, and the API's.
#include <string>
#include <string_view>

namespace usher::bench {

/// A customer's message to an account of the open channel, signed as plugins/channels/open/README.md says.
std::string signed_message(std::string_view account, std::string_view secret, std::string_view id,
                           std::string_view contact, std::string_view text);

/// `headers` are whole lines, each with its CRLF.
std::string request(std::string_view method, std::string_view target, std::string_view headers, std::string_view body);

/// The upgrade to a WebSocket.
std::string upgrade(std::string_view target, std::string_view headers);

/// The value of the first `"name":"..."` in a JSON text whose strings are plain.
std::string_view string_in(std::string_view json, std::string_view name);

}  // namespace usher::bench
