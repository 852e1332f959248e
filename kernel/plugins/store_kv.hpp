#pragma once
/// Plugins' small values in the database: table plugin_kv, one row per instance and key.
#include <functional>

#include "plugins/sinks.hpp"
#include "store/store.hpp"

namespace usher::plugins {

class StoreKv final : public KvStore {
public:
    /// Asked inside put's transaction, before it writes: an error (Errc::fenced) when this node does not own the
    /// instance.
    using Fence = std::function<Result<void>(store::Session& sql, const std::string& instance)>;
    /// `store` outlives this. Without a fence this node owns everything.
    explicit StoreKv(store::Store& store, Fence fence = {});

    Task<Result<std::optional<std::string>>> get(std::string instance, std::string key) override;
    Task<Result<void>> put(std::string instance, std::string key, std::string value) override;
    Task<Result<PutIf>> put_if(std::string instance, std::string key, std::string expected, std::string value) override;

    /// Removes values under keys "expire/<unix seconds>/..." that are over; how many. For a job.
    Task<Result<std::int64_t>> remove_expired(Time now);
    /// All values of an instance that is gone.
    Task<Result<void>> forget(std::string instance);

private:
    store::Store& store_;
    Fence fence_;
};

}  // namespace usher::plugins
