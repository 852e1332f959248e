#pragma once
/// Before a message is stored, the bodies of requests that it attaches become blobs: what a webhook got is only lent
/// until its plugin takes it (blobs::Blobs::lend).
#include "blobs/blobs.hpp"
#include "plugins/sinks.hpp"

namespace usher::plugins {

/// Thread-safe. A message without such an attachment goes on at once.
class KeepingEmit final : public EmitSink {
public:
    /// Both outlive this.
    KeepingEmit(EmitSink& next, blobs::Blobs& blobs) : next_(next), blobs_(blobs) {}
    Task<Result<EmitResult>> emit(AccountRef account, Message message) override;
    void typing(AccountRef account, Message message) override;

private:
    Task<Result<EmitResult>> keep_and_emit(AccountRef account, Message message, std::vector<std::string> hashes);

    EmitSink& next_;
    blobs::Blobs& blobs_;
};

}  // namespace usher::plugins
