#pragma once
/// Frames of the desk's events: the conversation and the entry as they are now, read in sets for a whole batch of
/// events.
#include "api/realtime.hpp"
#include "desk/views.hpp"
#include "store/store.hpp"

namespace usher::api {

class DeskFrames final : public FrameSource {
public:
    /// Borrows both.
    DeskFrames(store::Store& store, const desk::Views& views) : store_(store), views_(views) {}
    Task<Result<std::vector<std::optional<Frame>>>> frames(std::vector<Event> events) override;
    Task<Result<std::optional<VisibilityKey>>> visibility(ConversationId id) override;

private:
    store::Store& store_;
    const desk::Views& views_;
};

}  // namespace usher::api
