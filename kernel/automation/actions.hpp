#pragma once
/// What responders answer (sdk/ABI.md, Actions), and how it is carried out.
#include <string>
#include <string_view>

#include "model/ids.hpp"
#include "store/store.hpp"

namespace usher::automation {

/// Carries out a responder's actions on a conversation. One that cannot be done is logged and left out; the others
/// count.
/// @returns Errc::invalid when `actions_json` is no list.
Result<void> carry_out(store::Write& write, std::string_view responder, ConversationId conversation,
                       std::string_view actions_json);

}  // namespace usher::automation
