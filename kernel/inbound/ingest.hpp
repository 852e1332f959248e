#pragma once
/// Customers' messages into the store, applied as sets: about ten statements for a batch, whatever its length.
///
/// Seen before? -> identity and contact found or made -> open conversation found or made (two at once make one) ->
/// timeline entries in order -> waiting list and events. Runs on the writer's thread, inside the batch.
#include <string>

#include "model/ids.hpp"
#include "plugins/values.hpp"
#include "store/store.hpp"

namespace usher::inbound {

/// One message, checked and hashed before it was queued.
struct Arrival {
    plugins::AccountRef account;
    plugins::Message message;
    std::string key_hash;      // of dedupe_key's exact bytes
    std::string body_hash;     // of what `conflict` compares (sdk/ABI.md)
    std::string address_hash;  // of the contact's address
};

/// Hashes and checks: UTF-8, NUL and length are refused here, before the queue. Any thread.
Result<Arrival> make_arrival(plugins::AccountRef account, plugins::Message message);

class Ingest final : public store::SetApplier {
public:
    /// In: Arrival, out: plugins::EmitResult.
    std::vector<Result<Output>> apply(store::Write& write, std::span<const Input> inputs) override;
};

/// Dedupe for emits that are applied one by one (receipts, edits): nullopt = new, and now recorded with `result`; else
/// what was stored before.
struct SeenBefore {
    std::int64_t result_id = 0;
    bool same_body = true;
};
std::optional<SeenBefore> record_seen(store::Write& write, AccountKey account, std::string_view key_hash,
                                      std::string_view body_hash, std::int64_t result);

}  // namespace usher::inbound
