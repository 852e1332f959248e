#pragma once
/// Where durable readers of the feed stand: responders and exporters, by name ("responder:away").
#include <optional>
#include <string>
#include <string_view>

#include "store/session.hpp"

namespace usher::store {

std::optional<std::string> find_feed_cursor(Session& sql, std::string_view name);
void put_feed_cursor(Session& sql, std::string_view name, std::string_view cursor);

}  // namespace usher::store
