#include "model/entry.hpp"

namespace usher {

std::optional<MessageStatus> after_receipt(MessageStatus now, MessageStatus receipt) {
    using enum MessageStatus;
    if (now == received || now == undone || now == held || now == scheduled) return std::nullopt;
    if (receipt == failed) {
        if (now == delivered || now == read || now == failed) return std::nullopt;
        return failed;
    }
    if (rank_of(receipt) == 0 || rank_of(receipt) <= rank_of(now)) return std::nullopt;
    return receipt;
}

}  // namespace usher
