#pragma once
/// Removes files that nothing names: uploads that were never attached, bodies whose message was never emitted.
#include "blobs/blobs.hpp"
#include "store/store.hpp"

namespace usher::automation {

/// Looks at every blob once, in pieces; how many went. One sealed within 25 hours stays: the names that channels hand
/// out for uploads are good for 24. Ends early, with what it did, when the store or the disk fails.
Task<std::int64_t> sweep_blobs(store::Store& store, blobs::Blobs& blobs);

}  // namespace usher::automation
