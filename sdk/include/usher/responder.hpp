#pragma once
/// Responder: reacts to a conversation's events with actions (ABI.md has both shapes).
#include <usher/instance.hpp>

namespace usher::sdk {

class Responder : public Instance {
public:
    static constexpr std::uint32_t kKind = USHER_RESPONDER;
    using Instance::Instance;

    /// Answers a JSON array of actions. The kernel commits them together with the responder's cursor, so after a crash
    /// an event may come again although its actions were answered: answer it the same way.
    virtual void respond(std::string event_json, Done<std::string> done) = 0;

    template <class T>
    struct Ops {
        static usher_status respond(void* self, usher_str event_json, usher_done done) {
            return detail::Adapter<T>::template run<std::string>(
                self, "respond", done,
                [&](T& object, Done<std::string>& owed) { object.respond(std::string(view(event_json)), owed); });
        }
        static constexpr usher_responder kTable = {sizeof(usher_responder), 0, &Ops::respond};
    };
};

}  // namespace usher::sdk
