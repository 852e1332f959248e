#include "api/realtime_frames.hpp"

#include <algorithm>

#include "model/event_types.hpp"

namespace usher::api {
namespace {

Text text_of(const json::object& frame) {
    return std::make_shared<const std::string>(write_json(frame));
}

}  // namespace

Text ready_text(const feed::Cursor& cursor) {
    return text_of({{"type", "ready"}, {"cursor", feed::encode(cursor)}});
}

Text reset_text() {
    static const Text text = text_of({{"type", "reset"}});
    return text;
}

Text pong_text() {
    static const Text text = text_of({{"type", "pong"}});
    return text;
}

Text frame_text(const feed::Cursor& cursor, const Event& event, const Frame& frame) {
    return text_of({{"cursor", feed::encode(cursor)},
                    {"type", frame.type},
                    {"at", to_json(event.at)},
                    {"version", frame.version},
                    {"data", frame.data}});
}

Text gone_text(const feed::Cursor& cursor, const Event& event) {
    return text_of({{"cursor", feed::encode(cursor)},
                    {"type", "conversation.gone"},
                    {"at", to_json(event.at)},
                    {"version", 0},
                    {"data", json::object{{"id", to_json(event.conversation_id)}}}});
}

Text relay_text(std::string_view type, const json::object& data) {
    return text_of({{"type", json::string_view(type.data(), type.size())}, {"data", data}});
}

std::optional<VisibilityKey> key_of(const json::object& written) {
    if (written.empty()) return std::nullopt;
    json::object given;
    for (const auto& member : written) {
        if (!member.value().is_null()) given.emplace(member.key(), member.value());  // null: nobody
    }
    auto key = from_json<VisibilityKey>(json::value(std::move(given)));
    if (!key) return VisibilityKey{};  // a key that nobody has: seen by nobody
    return std::move(*key);
}

std::optional<Frame> common_frame(const Event& event) {
    if (event.type != event_type::kAgentAvailability) return std::nullopt;
    const auto* status = event.data.if_contains("status");
    const auto* version = event.data.if_contains("version");
    if (!status) return std::nullopt;
    return Frame{"agent.availability",
                 version && version->is_int64() ? version->as_int64() : 0,
                 {{"userId", std::to_string(event.subject_id)}, {"status", *status}},
                 {}};
}

Outgoing::Outgoing(const Event& event, std::optional<Frame> frame, const feed::Cursor& cursor)
    : event_(event),
      frame_(std::move(frame)),
      cursor_(cursor),
      before_(key_of(event.before)),
      after_(key_of(event.after)) {
    if (!event.conversation_id && (!frame_ || frame_->audience.empty())) frame_ = common_frame(event);
}

Text Outgoing::text_for(const Principal& who) {
    if (event_.space_id && event_.space_id != who.space_id) return nullptr;
    if (!event_.conversation_id) {
        if (!frame_) return nullptr;
        const auto& seen = frame_->audience;
        if (!seen.empty() && std::none_of(seen.begin(), seen.end(), [&](const auto& key) { return may_see(who, key); }))
            return nullptr;
        if (!shown_) shown_ = frame_text(cursor_, event_, *frame_);
        return shown_;
    }
    // Both then and now: the frame shows the conversation as it is now, and it may have gone elsewhere since.
    const bool saw = after_ && may_see(who, *after_);
    const bool sees = saw && (!frame_ || !frame_->present || may_see(who, *frame_->present));
    if (sees) {
        if (!frame_ || (!frame_->permission.empty() && !who.may(frame_->permission))) return nullptr;
        if (!shown_) shown_ = frame_text(cursor_, event_, *frame_);
        return shown_;
    }
    if (!saw && !(before_ && may_see(who, *before_))) return nullptr;
    if (!gone_) gone_ = gone_text(cursor_, event_);
    return gone_;
}

UserId Outgoing::concerned(const Event& event) {
    if (event.type == event_type::kUserRights || event.type == event_type::kUserSessions) return {event.subject_id};
    return {};
}

}  // namespace usher::api
