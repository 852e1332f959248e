#include "store/repositories/conversations.hpp"

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "foundation/crypto.hpp"
#include "foundation/text.hpp"
#include "store/repositories/sql_builder.hpp"

namespace usher::store {
namespace {

constexpr int kScanLimit = 2'000;  // rows that filters without an index of their own look at for one page
constexpr int kCountCap = 1'000;
constexpr int kOfContact = 500;                // conversations of one contact
constexpr int kContactHits = 200;              // contacts that a search goes on with
constexpr std::int64_t kTextWindow = 200'000;  // newest entries that a search for text looks at

using Place = std::tuple<std::int64_t, std::int64_t>;  // id, last_activity_at

/// One part of a list that an index serves: rows of one inbox or one assignee, maybe of one status.
struct Segment {
    InboxId inbox;                   // 0: by assignee
    std::optional<UserId> assignee;  // 0: nobody
    std::optional<ConversationStatus> status;
    bool participant = false;  // by participation of `assignee`
};

/// All inboxes whose conversations `who` may see whoever holds them, and those of which only the unassigned ones.
struct Reach {
    std::vector<InboxId> whole;
    std::vector<InboxId> unassigned;
    bool own = false;  // what is assigned to or shared with them, wherever it lies
};

Reach reach_of(Session& sql, const Principal& who) {
    Reach reach;
    if (who.may(permission::kManageAll)) {
        reach.whole = sql.rows<InboxId>("SELECT id FROM inbox WHERE space_id = :space ORDER BY id", who.space_id);
        return reach;
    }
    const bool view = who.may(permission::kView);
    const bool work = who.may(permission::kWorkAssigned);
    for (const InboxId inbox : who.inboxes) {
        if (view)
            reach.whole.push_back(inbox);
        else if (work)
            reach.unassigned.push_back(inbox);
    }
    reach.own = work && who.user_id;
    return reach;
}

std::vector<Segment> segments_of(const Reach& reach, const Principal& who, const ConversationFilter& filter) {
    std::vector<Segment> out;
    const auto wanted = [&](InboxId inbox) {
        return filter.inboxes.empty() ||
               std::find(filter.inboxes.begin(), filter.inboxes.end(), inbox) != filter.inboxes.end();
    };
    // The indexes by assignee hold the status before the activity: all of them one by one cost less than a sort.
    static const std::vector<ConversationStatus> kAll{ConversationStatus::unanswered, ConversationStatus::active,
                                                      ConversationStatus::waiting, ConversationStatus::solved,
                                                      ConversationStatus::closed};
    const auto add = [&](Segment segment) {
        const bool by_status = segment.assignee && !segment.participant;
        if (filter.statuses.empty() && !by_status) return out.push_back(segment);
        for (const auto status : filter.statuses.empty() ? kAll : filter.statuses) {
            segment.status = status;
            out.push_back(segment);
        }
    };
    const bool by_own = filter.assignee && *filter.assignee == who.user_id && who.user_id;
    if (by_own && (reach.own || who.may(permission::kManageAll))) {
        add({{}, who.user_id, {}, false});
        return out;
    }
    for (const InboxId inbox : reach.whole) {
        if (wanted(inbox)) add({inbox, filter.assignee, {}, false});
    }
    for (const InboxId inbox : reach.unassigned) {
        if (wanted(inbox) && (!filter.assignee || !*filter.assignee)) add({inbox, UserId{}, {}, false});
    }
    if (reach.own && !filter.assignee) {
        add({{}, who.user_id, {}, false});
        add({{}, who.user_id, {}, true});
    } else if (reach.own && *filter.assignee) {
        add({{}, who.user_id, {}, true});
    }
    return out;
}

/// Filters that no index serves; empty text when there are none.
void add_filters(SqlBuilder& sql, const ConversationFilter& filter) {
    if (!filter.inboxes.empty()) sql.add(" AND inbox_id IN ").bind_list(filter.inboxes);
    if (filter.assignee && *filter.assignee) sql.add(" AND assignee_id = ").bind(*filter.assignee);
    if (filter.assignee && !*filter.assignee) sql.add(" AND assignee_id IS NULL");
    if (filter.unread) sql.add(*filter.unread ? " AND unread_count > 0" : " AND unread_count = 0");
    if (!filter.priorities.empty()) sql.add(" AND priority IN ").bind_list(filter.priorities);
    if (!filter.accounts.empty()) sql.add(" AND account_id IN ").bind_list(filter.accounts);
    if (filter.contact) sql.add(" AND contact_id = ").bind(filter.contact);
    if (!filter.tags.empty()) {
        sql.add(" AND (");
        for (std::size_t i = 0; i < filter.tags.size(); ++i) {
            if (i != 0) sql.add(" OR ");
            sql.add("tags LIKE ").bind(like_anywhere(write_json(to_json(filter.tags[i])))).add(" ESCAPE '!'");
        }
        sql.add(")");
    }
}

bool needs_scan(const ConversationFilter& filter) {
    return filter.unread || !filter.priorities.empty() || !filter.tags.empty() || !filter.accounts.empty();
}

void add_keyset(SqlBuilder& sql, const std::optional<ListPosition>& after) {
    if (!after) return;
    sql.add(" AND last_activity_at <= ").bind(after->at).add(" AND (last_activity_at < ").bind(after->at);
    sql.add(" OR id < ").bind(after->id).add(")");
}

/// Newest activity first.
bool before_in_list(const Place& a, const Place& b) {
    return std::get<1>(a) != std::get<1>(b) ? std::get<1>(a) > std::get<1>(b) : std::get<0>(a) > std::get<0>(b);
}

struct Found {
    std::vector<Place> places;
    std::optional<Place> end;  // how far was looked, where that ended before the list did

    void looked_until(const Place& place) {
        if (!end || before_in_list(place, *end)) end = place;
    }
    void put_in_order() {
        if (end) std::erase_if(places, [&](const Place& place) { return before_in_list(*end, place); });
        std::sort(places.begin(), places.end(), before_in_list);
        places.erase(std::unique(places.begin(), places.end()), places.end());
    }
};

void merge(Found& into, const std::vector<Place>& places) {
    into.places.insert(into.places.end(), places.begin(), places.end());
}

/// A contact's conversations are few: those of all inboxes, whoever may see them.
Found contact_places(Session& sql, const Principal& who, const ConversationFilter& filter, int limit,
                     const std::optional<ListPosition>& after) {
    SqlBuilder text;
    text.add("SELECT id, last_activity_at FROM conversation WHERE space_id = ").bind(who.space_id);
    if (!filter.statuses.empty()) text.add(" AND status IN ").bind_list(filter.statuses);
    add_filters(text, filter);
    add_keyset(text, after);
    const int most = std::max(limit + 1, kOfContact);
    text.add(" ORDER BY last_activity_at DESC, id DESC LIMIT ").bind(most);
    Found found;
    merge(found, text.rows<Place>(sql));
    if (found.places.size() == static_cast<std::size_t>(most)) found.looked_until(found.places.back());
    return found;
}

void add_segment(SqlBuilder& text, const Segment& segment) {
    if (segment.participant) {
        text.add("id IN (SELECT conversation_id FROM participant WHERE user_id = ").bind(*segment.assignee).add(")");
    } else if (segment.inbox) {
        text.add("inbox_id = ").bind(segment.inbox);
        if (segment.assignee && *segment.assignee) text.add(" AND assignee_id = ").bind(*segment.assignee);
        if (segment.assignee && !*segment.assignee) text.add(" AND assignee_id IS NULL");
    } else {
        text.add("assignee_id = ").bind(*segment.assignee);
    }
    if (segment.status) text.add(" AND status = ").bind(*segment.status);
}

Found find_places(Session& sql, const std::vector<Segment>& segments, const ConversationFilter& filter, int limit,
                  const std::optional<ListPosition>& after) {
    constexpr std::string_view kOrder = " ORDER BY last_activity_at DESC, id DESC LIMIT ";
    Found found;
    const bool scan = needs_scan(filter);
    for (const Segment& segment : segments) {
        SqlBuilder text;
        const int inner = scan ? kScanLimit : limit + 1;
        if (scan) text.add("SELECT id, last_activity_at FROM (");
        text.add(scan ? "SELECT * FROM conversation WHERE " : "SELECT id, last_activity_at FROM conversation WHERE ");
        add_segment(text, segment);
        if (!filter.inboxes.empty() && !segment.inbox && !scan) text.add(" AND inbox_id IN ").bind_list(filter.inboxes);
        if (filter.assignee && *filter.assignee && segment.participant && !scan)
            text.add(" AND assignee_id = ").bind(*filter.assignee);
        add_keyset(text, after);
        text.add(kOrder).bind(inner);
        if (scan) {
            text.add(") scanned WHERE 1 = 1");
            add_filters(text, filter);
            text.add(kOrder).bind(limit + 1);
        }
        const auto places = text.rows<Place>(sql);
        merge(found, places);
        if (!scan || places.size() > static_cast<std::size_t>(limit)) continue;
        SqlBuilder last;  // the scan may have ended at its limit: the next page goes on there
        last.add("SELECT id, last_activity_at FROM conversation WHERE ");
        add_segment(last, segment);
        add_keyset(last, after);
        last.add(kOrder).add("1 OFFSET ").bind(kScanLimit - 1);
        for (const Place& place : last.rows<Place>(sql)) found.looked_until(place);
    }
    found.put_in_order();
    return found;
}

/// Conversations whose contact or text holds `search`, newest activity first; bounded in what it looks at.
Found search_places(Session& sql, const Principal& who, const ConversationFilter& filter, int limit,
                    const std::optional<ListPosition>& after) {
    SqlBuilder contacts;
    contacts.add("SELECT id FROM contact WHERE space_id = ").bind(who.space_id);
    contacts.add(" AND search_text LIKE ")
        .bind(like_anywhere(fold(filter.search)))
        .add(" ESCAPE '!' ORDER BY id DESC LIMIT ")
        .bind(kContactHits);
    auto ids = contacts.rows<std::int64_t>(sql);
    SqlBuilder addresses;
    addresses.add("SELECT contact_id FROM identity WHERE address_hash = ").bind(crypto::sha256_hex(filter.search));
    for (const auto id : addresses.rows<std::int64_t>(sql)) ids.push_back(id);

    std::vector<std::int64_t> conversations;
    if (filter.search_text) {
        const auto newest =
            sql.one<std::optional<std::int64_t>>("SELECT MAX(id) FROM entry").value_or(std::nullopt).value_or(0);
        SqlBuilder texts;
        texts.add("SELECT DISTINCT conversation_id FROM (SELECT conversation_id, id FROM entry WHERE id > ")
            .bind(newest - kTextWindow);
        texts.add(who.may(permission::kNoteRead) ? " AND kind < 2" : " AND kind = 0");
        // SQLite's LOWER knows ASCII only, the servers' all letters: either spelling of what is searched may fit.
        texts.add(" AND status <> 10 AND (LOWER(text) LIKE ").bind(like_anywhere(lower_ascii(filter.search)));
        texts.add(" ESCAPE '!' OR LOWER(text) LIKE ").bind(like_anywhere(fold(filter.search)));
        texts.add(" ESCAPE '!') ORDER BY id DESC LIMIT ").bind(kContactHits).add(") hits");
        conversations = texts.rows<std::int64_t>(sql);
    }
    Found found;
    if (ids.empty() && conversations.empty()) return found;
    SqlBuilder text;
    text.add("SELECT id, last_activity_at FROM conversation WHERE space_id = ").bind(who.space_id).add(" AND (");
    if (!ids.empty()) text.add("contact_id IN ").bind_list(ids);
    if (!ids.empty() && !conversations.empty()) text.add(" OR ");
    if (!conversations.empty()) text.add("id IN ").bind_list(conversations);
    text.add(")");
    if (!filter.statuses.empty()) text.add(" AND status IN ").bind_list(filter.statuses);
    add_filters(text, filter);
    add_keyset(text, after);
    text.add(" ORDER BY last_activity_at DESC, id DESC LIMIT ").bind(std::max(limit + 1, kContactHits));
    merge(found, text.rows<Place>(sql));
    return found;
}

}  // namespace

std::string open_key_of(IdentityId identity, std::string_view thread_key) {
    std::string key = to_string(identity);
    if (!thread_key.empty()) key += ":" + crypto::sha256_hex(thread_key);
    return key;
}

std::string thread_key_of(Session& sql, ConversationId id) {
    using Key = std::optional<std::string>;
    return sql.one<Key>("SELECT thread_key FROM conversation WHERE id = :id", id).value_or(Key()).value_or("");
}

void set_thread_key(Session& sql, ConversationId id, std::string_view thread_key) {
    sql.exec("UPDATE conversation SET thread_key = :key WHERE id = :id", thread_key, id);
}

std::optional<Conversation> find_conversation(Session& sql, ConversationId id) {
    return sql.one<Conversation>("WHERE id = :id", id);
}

std::optional<Conversation> lock_conversation(Session& sql, ConversationId id) {
    return sql.one<Conversation>("WHERE id = :id" + std::string(for_update(sql)), id);
}

std::vector<Conversation> find_conversations(Session& sql, const std::vector<ConversationId>& ids) {
    std::vector<Conversation> out;
    if (ids.empty()) return out;
    std::vector<std::int64_t> numbers;
    for (const auto id : ids) numbers.push_back(id.value);
    std::vector<Value> values;
    const std::string list = in_list("p", numbers, values);
    std::unordered_map<std::int64_t, Conversation> found;
    for (auto& row : sql.rows_values<Conversation>("WHERE id IN (" + list + ")", values)) {
        const auto id = row.id.value;
        found.emplace(id, std::move(row));
    }
    for (const auto id : ids) {
        if (const auto at = found.find(id.value); at != found.end()) out.push_back(at->second);
    }
    return out;
}

std::optional<Conversation> lock_open_conversation(Session& sql, std::string_view open_key) {
    return sql.one<Conversation>("WHERE open_key = :key" + std::string(for_update(sql)), open_key);
}

std::optional<Conversation> lock_last_closed(Session& sql, const Conversation& successor, std::string_view thread_key) {
    SqlBuilder text;  // by the contact, whose conversations are indexed
    text.add("SELECT id FROM conversation WHERE contact_id = ").bind(successor.contact_id);
    text.add(" AND identity_id = ").bind(successor.identity_id).add(" AND status = 4 AND id <> ").bind(successor.id);
    if (thread_key.empty()) {
        text.add(" AND thread_key IS NULL");
    } else {
        text.add(" AND thread_key = ").bind(std::string(thread_key));
    }
    text.add(" ORDER BY last_activity_at DESC, id DESC LIMIT 1");
    const auto found = text.rows<ConversationId>(sql);
    return found.empty() ? std::nullopt : lock_conversation(sql, found.front());
}

void insert_conversation(Session& sql, const Conversation& row) {
    sql.insert(row);
}

void update_conversation(Session& sql, const Conversation& row) {
    static const std::string text = [] {
        std::string out = "UPDATE conversation SET ";
        boost::mp11::mp_for_each<detail::members_of<Conversation>>([&](auto d) {
            const std::string name(column_name<decltype(d)>());
            out += name + " = :" + name + ", ";
        });
        out.resize(out.size() - 2);
        return out + " WHERE id = :row_id";
    }();
    auto values = RowOf<Conversation>::values(row);
    values.push_back(bind_value(row.id));
    sql.exec_values(text, values);
}

void update_conversations(Session& sql, std::span<const Conversation> rows) {
    if (rows.empty()) return;
    // An upsert of rows that are known to exist and are locked: the one set-based update that all three databases
    // share.
    std::string tail = sql.dialect() == Dialect::mysql ? "ON DUPLICATE KEY UPDATE " : "ON CONFLICT (id) DO UPDATE SET ";
    boost::mp11::mp_for_each<detail::members_of<Conversation>>([&](auto d) {
        const std::string name(column_name<decltype(d)>());
        if (name == "id") return;
        tail += name + " = " + (sql.dialect() == Dialect::mysql ? "VALUES(" + name + ")" : "excluded." + name) + ", ";
    });
    tail.resize(tail.size() - 2);
    sql.insert(rows, tail);
}

ConversationPage list_conversations(Session& sql, const Principal& who, const ConversationFilter& filter, int limit,
                                    std::optional<ListPosition> after) {
    Found found;
    if (!filter.search.empty()) {
        found = search_places(sql, who, filter, limit, after);
    } else if (filter.contact) {
        found = contact_places(sql, who, filter, limit, after);
    } else {
        found = find_places(sql, segments_of(reach_of(sql, who), who, filter), filter, limit, after);
    }
    ConversationPage page;
    std::vector<ConversationId> ids;
    for (const auto& [id, at] : found.places) ids.push_back({id});
    const std::size_t wanted = static_cast<std::size_t>(limit);
    // What is searched or of a contact is narrowed to what may be seen only here; for lists this is the second line.
    if (filter.search.empty() && !filter.contact && ids.size() > wanted + 1) ids.resize(wanted + 1);
    for (auto& row : find_conversations(sql, ids)) {
        if (!may_see(who, visibility_key(row))) continue;
        if (page.rows.size() == wanted) {
            page.next = ListPosition{page.rows.back().last_activity_at, page.rows.back().id.value};
            break;
        }
        page.rows.push_back(std::move(row));
    }
    if (!page.next && found.end) page.next = ListPosition{Time{std::get<1>(*found.end)}, std::get<0>(*found.end)};
    return page;
}

ConversationCounts count_conversations(Session& sql, const Principal& who) {
    const Reach reach = reach_of(sql, who);
    using Condition = std::function<void(SqlBuilder&)>;
    // A union of what an index serves each: one condition with OR between them would read the whole table.
    const auto count = [&](const std::vector<Condition>& parts) {
        if (parts.empty()) return Count{};
        SqlBuilder text;
        text.add("SELECT COUNT(*), COALESCE(SUM(CASE WHEN unread_count > 0 THEN 1 ELSE 0 END), 0) FROM (");
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (i != 0) text.add(" UNION ");
            text.add("SELECT id, unread_count FROM (SELECT id, unread_count FROM conversation WHERE status < 3 AND ");
            parts[i](text);
            text.add(" LIMIT ").bind(kCountCap).add(") p" + std::to_string(i));
        }
        text.add(" LIMIT ").bind(kCountCap).add(") c");
        const auto row = text.rows<std::tuple<std::int64_t, std::int64_t>>(sql);
        return Count{std::get<0>(row.at(0)), std::get<1>(row.at(0))};
    };
    const Condition mine = [&](SqlBuilder& t) { t.add("assignee_id = ").bind(who.user_id); };
    const Condition shared = [&](SqlBuilder& t) {
        t.add("id IN (SELECT conversation_id FROM participant WHERE user_id = ").bind(who.user_id).add(")");
    };
    const Condition whole = [&](SqlBuilder& t) { t.add("inbox_id IN ").bind_list(reach.whole); };
    const Condition unassigned = [&](SqlBuilder& t) {
        t.add("assignee_id IS NULL AND inbox_id IN ").bind_list(reach.unassigned);
    };
    ConversationCounts out;
    if (who.user_id) out.mine = count({mine});
    std::vector<InboxId> inboxes = reach.whole;
    inboxes.insert(inboxes.end(), reach.unassigned.begin(), reach.unassigned.end());
    const Condition nobodys = [&](SqlBuilder& t) { t.add("assignee_id IS NULL AND inbox_id IN ").bind_list(inboxes); };
    if (!inboxes.empty()) out.unassigned = count({nobodys});
    std::vector<Condition> all;
    if (!reach.whole.empty()) all.push_back(whole);
    if (!reach.unassigned.empty()) all.push_back(unassigned);
    if (reach.own) all.insert(all.end(), {mine, shared});
    out.all = count(all);
    return out;
}

}  // namespace usher::store
