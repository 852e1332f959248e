#pragma once
/// What a channel emitted, on its way to the store: checked, hashed, and known again when it comes twice.
#include <optional>
#include <string>
#include <string_view>

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

/// Dedupe for emits that are applied one by one (receipts, edits): nullopt = new, and now recorded with `result`; else
/// what was stored before.
struct SeenBefore {
    std::int64_t result_id = 0;
    bool same_body = true;
};
std::optional<SeenBefore> record_seen(store::Write& write, AccountKey account, std::string_view key_hash,
                                      std::string_view body_hash, std::int64_t result);

}  // namespace usher::inbound
