#pragma once
/// What may cross between the world and a plugin's webhook, and the answer to one whose outcome says nothing of HTTP.
#include <string_view>

#include "plugins/abi.hpp"

namespace usher::plugins {

HttpResponse response_of(const Outcome& outcome);
/// One that may leave the house: checked, without Set-Cookie and what belongs to the connection.
HttpResponse cleaned(HttpResponse response, std::string_view what);
/// Without Cookie, X-API-Key, X-CSRF-Token.
HttpRequest cleaned(HttpRequest request);

}  // namespace usher::plugins
