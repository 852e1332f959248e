#pragma once
/// What a contact did that is no message: an edit, a deletion, a reaction, the end of the conversation, news of
/// themselves; and what our side wrote outside of Usher. Applied one by one, in order among the messages of its batch.
#include "inbound/arrival.hpp"
#include "plugins/values.hpp"
#include "store/store.hpp"

namespace usher::inbound {

/// Applied as sets by Ingest; everything else but receipts is a change.
bool is_message(plugins::MessageKind kind);

/// Seen before: nothing. Runs on the writer's thread, inside the batch.
Result<plugins::EmitResult> apply_change(store::Write& write, const Arrival& arrival);

}  // namespace usher::inbound
