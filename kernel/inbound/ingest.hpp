#pragma once
/// Customers' messages into the store, applied as sets: about ten statements for a batch, whatever its length.
///
/// Seen before? -> identity and contact found or made -> open conversation found or made (two at once make one) ->
/// timeline entries in order -> waiting list and events. Changes (an edit, the end of a conversation) are applied one
/// by one between the sets, in the order of arrival for each contact. Runs on the writer's thread, inside the batch.
#include "inbound/arrival.hpp"
#include "store/store.hpp"

namespace usher::inbound {

class Ingest final : public store::SetApplier {
public:
    /// In: Arrival, out: plugins::EmitResult.
    std::vector<Result<Output>> apply(store::Write& write, std::span<const Input> inputs) override;
};

}  // namespace usher::inbound
