#pragma once
/// How a responder is asked: with what it decides by, patiently, and apart from all others.
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "automation/responders.hpp"
#include "desk/border_event.hpp"
#include "model/conversation.hpp"
#include "model/inbox.hpp"

namespace usher::automation {

/// What the events of one reading share.
struct Facts {
    Time now;
    desk::AccountNames accounts;
    std::map<InboxId, std::optional<Inbox>> inboxes;
    std::unordered_map<std::int64_t, Conversation> conversations;
};
Facts read_facts(store::Session& sql, const std::vector<ConversationId>& ids, Time now);
/// Adds what a responder decides by, as it stands now (sdk/ABI.md). False: the conversation is gone.
bool join_facts(store::Session& sql, ConversationId id, Facts& facts, json::object& event);
/// The database is away, and will be back: it did not refuse this.
bool passes(const Error& error);

struct Answer {
    enum class End {
        answered,
        left_out,    // it failed again and again at this one: those behind it flow
        not_running  // it cannot be asked now: ask again later
    };
    End end = End::answered;
    std::string actions;
    std::string error;
};

/// Borrows all; they outlive what it does.
struct Asking {
    store::Store& store;
    plugins::Registry& registry;
    Responders::Options options;

    /// Asks up to `tries` times.
    Task<Answer> ask(std::string responder, std::string event, std::string what) const;
    /// Waits for a database that is away as long as it takes. False: it is there and refuses this.
    Task<bool> save(std::function<Result<void>(store::Write&)> member) const;
};

}  // namespace usher::automation
