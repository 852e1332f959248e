#include "store/event_rows.hpp"

#include <algorithm>

namespace usher::store {
namespace {

struct EventRow {
    std::int64_t slot = 0;
    std::int64_t seq = 0;
    std::int64_t epoch = 0;
    Time at;
    std::string type;
    SpaceId space_id;
    ConversationId conversation_id;
    std::int64_t subject_id = 0;
    json::object visible_before;
    json::object visible_after;
    json::object data;
};
BOOST_DESCRIBE_STRUCT(EventRow, (),
                      (slot, seq, epoch, at, type, space_id, conversation_id, subject_id, visible_before, visible_after,
                       data))

}  // namespace

template <>
inline constexpr std::string_view kTable<EventRow> = "event";

void insert_events(Session& sql, std::span<const Event> events) {
    std::vector<EventRow> rows;
    rows.reserve(events.size());
    for (const Event& e : events) {
        rows.push_back({e.position.slot, e.position.seq, e.position.epoch, e.at, e.type, e.space_id, e.conversation_id,
                        e.subject_id, e.before, e.after, e.data});
    }
    sql.insert(rows);
}

std::vector<Event> read_events(Session& sql, std::int64_t slot, std::int64_t after_seq, int limit) {
    std::vector<Event> out;
    for (auto& r :
         sql.rows<EventRow>("WHERE slot = :slot AND seq > :seq ORDER BY seq LIMIT :limit", slot, after_seq, limit)) {
        out.push_back({{r.slot, r.epoch, r.seq},
                       r.at,
                       std::move(r.type),
                       r.space_id,
                       r.conversation_id,
                       r.subject_id,
                       std::move(r.visible_before),
                       std::move(r.visible_after),
                       std::move(r.data)});
    }
    return out;
}

std::vector<StreamState> read_streams(Session& sql) {
    using Row =
        std::tuple<std::int64_t, std::int64_t, std::int64_t, std::optional<std::int64_t>, std::optional<std::int64_t>>;
    std::vector<StreamState> out;
    for (const auto& [slot, epoch, last_seq, first, last] :
         sql.rows<Row>("SELECT slot, epoch, last_seq, (SELECT min(seq) FROM event WHERE event.slot = stream.slot), "
                       "(SELECT max(seq) FROM event WHERE event.slot = stream.slot) FROM stream ORDER BY slot")) {
        out.push_back({slot, epoch, std::max(last_seq, last.value_or(0)), first.value_or(0)});
    }
    return out;
}

}  // namespace usher::store
