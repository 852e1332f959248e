#pragma once
/// Plugins' blobs (usher.blob/1) over kernel/blobs. A blob's id at the border is its hash.
#include <chrono>
#include <map>
#include <mutex>

#include "blobs/blobs.hpp"
#include "foundation/clock.hpp"
#include "plugins/sinks.hpp"

namespace usher::plugins {

/// Thread-safe. A draft that nobody seals is dropped after an hour; an account has at most 64 of them.
class BlobFiles final : public BlobSink {
public:
    /// Both outlive this.
    BlobFiles(blobs::Blobs& blobs, const Clock& clock) : blobs_(blobs), clock_(clock) {}
    Task<Result<int>> open(AccountRef account, std::string blob) override;
    Task<Result<Draft>> create(AccountRef account, std::uint64_t limit_bytes) override;
    Task<Result<Sealed>> seal(AccountRef account, std::string draft) override;

private:
    struct Kept {
        std::string account;
        std::shared_ptr<blobs::Draft> draft;
        std::chrono::steady_clock::time_point since;
    };
    blobs::Blobs& blobs_;
    const Clock& clock_;
    std::mutex mutex_;
    std::map<std::string, Kept> drafts_;
};

}  // namespace usher::plugins
