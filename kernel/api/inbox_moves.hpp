#pragma once
/// Empties an inbox before it is deleted: its conversations go to another inbox, some at a time, so that no batch of
/// the store waits long.
#include "api/services.hpp"

namespace usher::api {

/// Errc::conflict "inbox_not_empty" naming how many are open when `to` is absent; without open ones the finished ones
/// go to the default inbox. Errc::validation when `to` is no other inbox of the space.
Task<Result<void>> empty_inbox(Services& services, Principal who, InboxId from, std::optional<InboxId> to);

}  // namespace usher::api
