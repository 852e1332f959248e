#pragma once
/// The texts that go over a realtime socket, and what decides who gets them. Pure.
#include <memory>
#include <optional>
#include <string>

#include "api/realtime.hpp"

namespace usher::api {

using Text = std::shared_ptr<const std::string>;

Text ready_text(const feed::Cursor& cursor);
Text reset_text();
Text pong_text();
Text frame_text(const feed::Cursor& cursor, const Event& event, const Frame& frame);
Text gone_text(const feed::Cursor& cursor, const Event& event);
/// Without a cursor: it is not stored.
Text relay_text(std::string_view type, const json::object& data);

/// The visibility key of an event; nullopt: it is not about a conversation.
std::optional<VisibilityKey> key_of(const json::object& written);
/// What an event that is not about a conversation gives everybody of its space: agent.availability.
std::optional<Frame> common_frame(const Event& event);

/// One event on its way to many sockets: its texts are made when the first needs them.
class Outgoing final {
public:
    Outgoing(const Event& event, std::optional<Frame> frame, const feed::Cursor& cursor);
    /// What this principal gets of it; null: nothing.
    Text text_for(const Principal& who);
    /// The user whose rights or sessions it changed; 0: nobody's.
    static UserId concerned(const Event& event);

private:
    const Event& event_;
    std::optional<Frame> frame_;
    const feed::Cursor& cursor_;
    std::optional<VisibilityKey> before_, after_;
    Text shown_, gone_;
};

}  // namespace usher::api
