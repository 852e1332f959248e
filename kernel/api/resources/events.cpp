// The feed of events, for programs: everything that happened, in order, from any point that is still kept.
#include "api/resources.hpp"
#include "store/event_rows.hpp"

namespace usher::api {
namespace shape {

struct FeedEvent {
    std::string cursor;  // ?after= it to go on
    std::string type;
    Time at;
    std::optional<ConversationId> conversation_id;
    std::optional<std::string> subject_id;  // of the entry, user, inbox ... that it is about
    json::object data;                      // ids, states, numbers
};
BOOST_DESCRIBE_STRUCT(FeedEvent, (), (cursor, type, at, conversation_id, subject_id, data))

}  // namespace shape

namespace {

/// Before the oldest event that is still kept.
Result<feed::Cursor> beginning(store::Session& sql) {
    feed::Cursor cursor;
    for (const auto& stream : store::read_streams(sql)) {
        cursor.marks[stream.slot] =
            stream.first_kept > 0 ? feed::Mark{0, stream.first_kept - 1} : feed::Mark{stream.epoch, stream.last_seq};
    }
    return cursor;
}

Task<Reply> list_events(Services& s, Call call) {
    auto limit = call.limit();
    if (!limit) co_return limit.error();
    feed::Cursor cursor;
    auto text = call.request.param("after");
    if (!text || text->empty()) text = call.request.param("cursor");
    if (text && !text->empty()) {
        auto given = feed::decode(*text);
        if (!given) co_return invalid("The parameter after is not a cursor of this feed.");
        cursor = std::move(*given);
    } else {
        auto start = co_await s.store.read([](store::Session& sql) { return beginning(sql); });
        if (!start) co_return start.error();
        cursor = std::move(*start);
    }
    auto events = co_await s.feed.read_after(cursor, *limit + 1);
    if (!events) {
        if (!feed::is_reset(events.error())) co_return events.error();
        co_return Error{Errc::conflict,
                        "The feed does not reach back to this cursor any more; start anew without one.",
                        {},
                        std::chrono::milliseconds{0},
                        "cursor_reset"};
    }
    const bool more = events->size() > static_cast<std::size_t>(*limit);
    if (more) events->resize(static_cast<std::size_t>(*limit));
    std::vector<shape::FeedEvent> out;
    for (auto& event : *events) {
        cursor.advance(event.position);
        if (event.space_id && event.space_id != call.who().space_id) continue;
        shape::FeedEvent shown{feed::encode(cursor), event.type,   event.at,
                               std::nullopt,         std::nullopt, std::move(event.data)};
        if (event.conversation_id) shown.conversation_id = event.conversation_id;
        if (event.subject_id != 0) shown.subject_id = std::to_string(event.subject_id);
        out.push_back(std::move(shown));
    }
    std::optional<std::string> next;
    if (more) next = feed::encode(cursor);
    co_return page(out, std::move(next));
}

}  // namespace

void add_events(Api& api, Services& s) {
    api.add({.method = "GET",
             .path = "/events",
             .summary = "The feed of events",
             .tag = "Watching",
             .needs = permission_of(permission::kExportRaw),
             .query = {{"after", "The cursor of the last event that one has; absent: from the oldest that is kept."},
                       {"cursor", "The same: nextCursor of the page before."},
                       {"limit",
                        "Most items of a page.",
                        {{"type", "integer"}, {"minimum", 1}, {"maximum", 200}, {"default", 25}}}},
             .answers = {many<shape::FeedEvent>()},
             .description = "Ids, states and numbers; never text, names or addresses. 409 `cursor_reset` when the "
                            "events after a cursor are gone."},
            [&s](Call call) { return list_events(s, std::move(call)); });
}

}  // namespace usher::api
