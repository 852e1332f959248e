#pragma once
/// What a visitor's frame means for the kernel. Pure: a frame and who sent it in, a message to emit out. The same
/// frames come over the WebSocket and over POST messages and POST events.
#include "settings.hpp"
#include "tokens.hpp"

namespace usher::livechat {

/// What to do with a frame.
struct Intent {
    std::optional<sdk::Inbound> message{};  ///< to emit; nothing: there is nothing to tell the kernel
    std::string client_id{};                ///< of a message: names it in ack and nack
    bool ping = false;
};

/// @param frame  parsed JSON
/// @returns the intent
/// @errors invalid with reason_code (stable, for programs: "bad_frame", "too_long", "bad_upload", "empty", ...) and a
///         sentence; the visitor's app shows it. `body` holds the client id where the frame had a valid one
sdk::Result<Intent> read_frame(const json::value& frame, const Visitor& visitor, const Tokens& tokens, Seconds now);

/// An entry of the kernel's history (ABI.md) as the frame that the visitor's stream would have brought.
json::object entry_frame(const json::object& history_entry);

/// `remote_id` of a visitor's message, which the kernel names when an agent has read it, and back to the client id.
std::string remote_id_of(const Visitor& visitor, std::string_view client_id);
std::string client_id_of(std::string_view remote_id);

}  // namespace usher::livechat
