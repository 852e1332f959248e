#include "api/inbox_moves.hpp"

#include "desk/change.hpp"
#include "store/repositories/conversations.hpp"

namespace usher::api {
namespace {

constexpr int kAtOnce = 50;

Error no_inbox(InboxId id) {
    return not_found("There is no inbox " + to_string(id) + ".");
}

/// May it be deleted, and where do its conversations go?
Result<InboxId> destination(store::Session& sql, const Principal& who, InboxId from, std::optional<InboxId> to) {
    const auto inbox = store::find_inbox(sql, who.space_id, from);
    if (!inbox || !access::may_see_inbox(who, inbox->space_id, from)) return no_inbox(from);
    if (!who.may(permission::kSetupQueues)) return forbidden(permission::kSetupQueues);
    if (inbox->default_key) {
        return conflict("default_inbox", "The default inbox cannot be deleted; make another one the default first.");
    }
    if (to) {
        if (*to == from || !store::find_inbox(sql, who.space_id, *to)) {
            return validation("/moveTo", "expected the id of another inbox");
        }
        return *to;
    }
    if (const auto open = store::count_open_conversations(sql, from); open > 0) {
        Error error = conflict("inbox_not_empty", "This inbox has " + std::to_string(open) +
                                                      " open conversations; say with moveTo which inbox takes them.");
        error.details.push_back({"/openConversations", std::to_string(open)});
        return error;
    }
    const auto fallback = store::find_default_inbox(sql, who.space_id);
    if (!fallback) return Error{Errc::internal, "the space has no default inbox"};
    return fallback->id;
}

/// Moves some; how many.
Result<int> move_some(store::Write& write, const Principal& who, InboxId from, InboxId to) {
    auto& sql = write.sql();
    if (!store::find_inbox(sql, who.space_id, to)) return no_inbox(to);
    int moved = 0;
    for (const auto id : store::some_conversations(sql, from, kAtOnce)) {
        auto row = store::lock_conversation(sql, id);
        if (!row || row->inbox_id != from) continue;
        desk::Change change(write, std::move(*row));
        change.now.inbox_id = to;
        change.badge({who.user_id ? AuthorType::agent : AuthorType::system, who.user_id.value},
                     {{"type", "routed"}, {"from", to_json(from)}, {"to", to_json(to)}});
        change.event("conversation.routed", to.value, {{"from", to_json(from)}, {"inbox_id", to_json(to)}});
        change.commit();
        ++moved;
    }
    return moved;
}

}  // namespace

Task<Result<void>> empty_inbox(Services& s, Principal who, InboxId from, std::optional<InboxId> to) {
    auto look = [who, from, to](store::Session& sql) { return destination(sql, who, from, to); };
    auto target = co_await s.store.read(std::move(look));
    if (!target) co_return target.error();
    while (true) {
        auto work = [who, from, target = *target](store::Write& write) { return move_some(write, who, from, target); };
        auto moved = co_await s.store.write(std::move(work));
        if (!moved) co_return moved.error();
        if (*moved == 0) co_return Result<void>{};
    }
}

}  // namespace usher::api
