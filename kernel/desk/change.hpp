#pragma once
/// One change of a conversation: what every command of the desk makes, so that version, capacity, the waiting list and
/// events cannot be forgotten.
///
///   Change change(write, row);
///   change.now.priority = Priority::high;
///   change.event("conversation.priority", 0, {{"from", ...}, {"to", ...}});
///   change.commit();
#include <string>
#include <vector>

#include "model/conversation.hpp"
#include "model/entry.hpp"
#include "model/visibility.hpp"
#include "store/store.hpp"

namespace usher::desk {

struct Actor {
    AuthorType type = AuthorType::system;
    std::int64_t id = 0;
};

class Change {
public:
    /// `row` is locked in this transaction (or was just inserted).
    Change(store::Write& write, Conversation row);

    const Conversation before;
    Conversation now;

    /// Appends an entry: id (unless set), seq and created_at are given here; a message also becomes the list's preview.
    Entry add(Entry entry);
    /// A badge of the timeline: ids and states only.
    Entry badge(Actor actor, json::object event);
    /// Recorded now, written by commit() with the conversation's final version.
    void event(std::string type, std::int64_t subject_id, json::object data = {});
    /// The same with the message's facts; `extra` is merged in.
    void message_event(std::string type, const Entry& entry, json::object extra = {});
    void note_event(const Entry& note);
    /// The list's preview again from the newest message, after that one was undone, edited or deleted.
    void refresh_preview();
    /// Writes the row (version + 1), the assignee's load, the waiting list and the events. Once.
    void commit();
    store::Write& write() { return write_; }

private:
    store::Write& write_;
    std::vector<Event> events_;
};

/// Why a conversation waits for an agent, as strategies are told (sdk/ABI.md). Stored as numbers.
enum class WaitReason : std::int16_t { new_ = 0, reopened = 1, transferred = 2, returned = 3 };
BOOST_DESCRIBE_ENUM(WaitReason, new_, reopened, transferred, returned)
WaitReason wait_reason(const Conversation& before, const Conversation& now);

/// Changes how many conversations a user holds by `delta`.
void change_load(store::Write& write, UserId user, std::int64_t delta);
/// Waits for an agent: open, on us, and nobody's.
bool needs_routing(const Conversation& c);
/// The facts of a conversation and of a message as events carry them: ids, states, numbers.
json::object event_facts(const Conversation& c);
json::object event_facts(const Entry& e);
/// Short text of a message for lists.
std::string preview_of(const Entry& e);

}  // namespace usher::desk
