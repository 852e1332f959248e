#pragma once
/// The files of a message as rows: blobs that are there already, and addresses that the kernel fetches later.
#include <vector>

#include "inbound/arrival.hpp"
#include "model/entry.hpp"

namespace usher::inbound {

/// Not inserted yet. Runs on the writer's thread.
std::vector<Attachment> attachments_of(store::Write& write, const Arrival& arrival, ConversationId conversation);

}  // namespace usher::inbound
