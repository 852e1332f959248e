#pragma once
/// Strategy: picks one agent among the candidates that the kernel's rules allow. Keep it a pure function of the route:
/// recorded periods are replayed through it.
#include <usher/instance.hpp>

namespace usher::sdk {

/// @returns whether `a` waited longer for a conversation than `b`; never assigned is longest, equal times go by id.
/// Ids are decimal numbers, so the shorter is the smaller.
inline bool waited_longer(const Agent& a, const Agent& b) {
    if (a.last_assigned_unix_us != b.last_assigned_unix_us) return a.last_assigned_unix_us < b.last_assigned_unix_us;
    if (a.id.size() != b.id.size()) return a.id.size() < b.id.size();
    return a.id < b.id;
}

class Strategy : public Instance {
public:
    static constexpr std::uint32_t kKind = USHER_STRATEGY;
    using Instance::Instance;

    /// Answers the id of one of route.agents, or "" for nobody now.
    virtual void choose(Route route, Done<std::string> done) = 0;

    template <class T>
    struct Ops {
        static usher_status choose(void* self, const usher_route* route, usher_done done) {
            return detail::Adapter<T>::template run<std::string>(
                self, "choose", done,
                [&](T& object, Done<std::string>& owed) { object.choose(Route::copy(*route), owed); });
        }
        static constexpr usher_strategy kTable = {sizeof(usher_strategy), 0, &Ops::choose};
    };
};

}  // namespace usher::sdk
