#pragma once
/// Away: the auto-responder of an inbox. Once per wait of a conversation it answers for the people who have not.
/// A wait begins with a contact's message and ends when an agent writes or the conversation is solved or closed.
#include <boost/json.hpp>
#include <optional>
#include <string>
#include <usher/plugin.hpp>

namespace usher::away {

/// What the event says about the conversation's inbox, read once.
struct Rules {
    bool enabled = false;
    bool only_outside = false;
    bool open_now = true;
    std::int64_t delay_s = 0;
    std::string message{}, outside_message{};

    static Rules read(const boost::json::object& event);
    /// @returns what to say now, or nothing: turned off, conditions not met, or no text set
    std::optional<std::string> reply() const;
};

class Away final : public sdk::Responder {
public:
    using Responder::Responder;
    void respond(std::string event_json, sdk::Done<std::string> done) override;

private:
    using Answer = sdk::Done<std::string>;

    void begin_wait(const std::string& conversation_id, const std::string& message_id, const Rules& rules,
                    const Answer& done);
    void end_of_delay(const std::string& conversation_id, const std::string& token, bool human_replied,
                      const Rules& rules, const Answer& done);
    void end_wait(const std::string& conversation_id, const Answer& done);
    void forget(const std::string& key, const std::string& value, const Answer& done);
};

}  // namespace usher::away
