#include "model/conversation.hpp"

namespace usher {

std::vector<ConversationStatus> allowed_next(ConversationStatus from) {
    using enum ConversationStatus;
    switch (from) {
        case unanswered:
            return {active, waiting, solved, closed};
        case active:
            return {waiting, solved, closed};
        case waiting:
            return {active, waiting, solved, closed};  // waiting again: another time to wake up
        case solved:
            return {active, waiting, closed};
        case closed:
            return {active};
    }
    return {};
}

Result<void> check_transition(ConversationStatus from, ConversationStatus to) {
    std::string allowed;
    for (const auto next : allowed_next(from)) {
        if (next == to) return {};
        allowed += (allowed.empty() ? "" : ", ") + std::string(enum_name(next));
    }
    return conflict("status_not_allowed", "A conversation that is " + std::string(enum_name(from)) + " cannot become " +
                                              std::string(enum_name(to)) + "; allowed: " + allowed + ".");
}

ConversationStatus after_inbound(ConversationStatus) {
    return ConversationStatus::active;
}

}  // namespace usher
