#include "api/visitor_stream.hpp"

#include <algorithm>
#include <set>

#include "store/repositories/contacts.hpp"
#include "store/repositories/conversations.hpp"
#include "store/repositories/entries.hpp"
#include "store/repositories/sql_builder.hpp"

namespace usher::api {
namespace {

using store::Value;
using Conversations = std::vector<VisitorConversation>;

constexpr std::chrono::hours kFoldAfter{24};
constexpr std::int64_t kNumbersPerConversation = 1'000'000'000;  // JSON's numbers hold nine million times that
constexpr int kPage = 100;
constexpr std::size_t kSet = 128;

constexpr std::string_view kConversations =
    "SELECT c.id, c.account_id, c.identity_id, c.contact_id, c.open_key, c.created_at, c.last_activity_at, c.read_seq, "
    "c.last_seq, i.address FROM conversation c JOIN identity i ON i.id = c.identity_id ";

Showing showing_of(const Entry& entry) {
    using enum MessageStatus;
    if (entry.kind != EntryKind::message) return Showing::never;
    if (entry.direction == Direction::inbound) return Showing::visible;
    switch (entry.status) {
        case sent:
        case delivered:
        case read:
            return Showing::visible;
        case undone:
        case received:
            return Showing::never;
        default:
            return Showing::pending;
    }
}

json::string_view text_of(std::string_view text) {
    return {text.data(), text.size()};
}

std::string_view status_of(const Entry& entry, const VisitorConversation& conversation) {
    if (entry.direction == Direction::outbound) return enum_name(entry.status);
    return entry.seq <= conversation.read_seq ? "read" : "received";
}

bool flag_in(const std::optional<json::object>& content, const char* name) {
    if (!content) return false;
    const auto* value = content->if_contains(name);
    return value && value->is_bool() && value->get_bool();
}

Text frame(std::string_view type, const std::string& cursor, std::string_view rest) {
    std::string out = R"({"type":")";
    out.append(type).append(R"(","cursor":")").append(cursor).append("\"").append(rest).append("}");
    return std::make_shared<const std::string>(std::move(out));
}

}  // namespace

Text entry_frame(const VisitorCursor& cursor, const VisitorEntry& entry) {
    return frame("entry", encode(cursor), ",\"entry\":" + entry.told);
}
Text status_frame(const VisitorCursor& cursor, const VisitorRead& read) {
    return frame("status", encode(cursor), R"(,"id":")" + to_string(read.id) + R"(","status":"read")");
}
Text ready_frame(const VisitorCursor& cursor) {
    return frame("ready", encode(cursor), {});
}
Text reset_frame() {
    return std::make_shared<const std::string>(R"({"type":"reset"})");
}

bool in_scope(const VisitorConversation& conversation, const VisitorKey& key, const VisitorCursor* listed) {
    if (key.thread_key.empty()) return true;
    if (conversation.open_key == store::open_key_of(conversation.identity_id, key.thread_key)) return true;
    return listed && listed->find(conversation.id);  // it was of this thread while it was open
}

/// One call: a session of the store, and what is asked about.
struct VisitorReader::Reading {
    const VisitorReader& reader;
    store::Session& sql;
    Conversations conversations{};  // by rank

    const VisitorConversation* find(ConversationId id) const {
        const auto at =
            std::find_if(conversations.begin(), conversations.end(), [&](const auto& c) { return c.id == id; });
        return at == conversations.end() ? nullptr : &*at;
    }

    void load(const VisitorKey& key, const VisitorCursor* listed) {
        const auto identity = store::find_identity(sql, key.account, key.contact);
        if (!identity) return;
        conversations = sql.rows<VisitorConversation>(
            std::string(kConversations) +
                "WHERE c.contact_id = :contact AND c.identity_id = :identity ORDER BY c.created_at, c.id",
            identity->contact_id, identity->id);
        for (std::size_t i = 0; i < conversations.size(); ++i) conversations[i].rank = static_cast<std::int64_t>(i);
        std::erase_if(conversations, [&](const auto& c) { return !in_scope(c, key, listed); });
    }

    /// `after` with a mark for every conversation that may have news.
    Result<VisitorCursor> start(const VisitorCursor& after) {
        for (const auto& mark : after.marks) {
            const auto* conversation = find(mark.conversation);
            if (!conversation || mark.seq > conversation->last_seq || mark.read > conversation->last_seq)
                return unknown_cursor();
        }
        VisitorCursor out{after.folded, {}};
        for (const auto& c : conversations) {
            if (const auto* mark = after.find(c.id)) {
                out.marks.push_back(*mark);
            } else if (c.created_at > after.folded) {
                out.marks.push_back({c.id, 0, c.read_seq, {}});
            } else if (c.last_activity_at > after.folded) {  // it was over, and went on
                const auto told = sql.one<std::optional<std::int64_t>>(
                    "SELECT MAX(seq) FROM entry WHERE conversation_id = :id AND kind = 0 AND created_at <= :at", c.id,
                    after.folded);
                out.marks.push_back({c.id, told.value_or(std::nullopt).value_or(0), c.read_seq, {}});
            }
        }
        return out;
    }

    /// Messages past the marks, in order, until `entries` of them are visible. False: there are more.
    bool past(const VisitorCursor& from, std::size_t entries, std::size_t bytes, std::vector<Entry>& rows) {
        std::size_t count = 0, size = 0;
        const auto keep = [&](Entry& row) {
            if (showing_of(row) == Showing::visible) {
                if (count == entries || (count > 0 && size + row.text.size() > bytes)) return false;
                ++count;
                size += row.text.size();
            }
            rows.push_back(std::move(row));
            return true;
        };
        for (const auto& c : conversations) {
            const auto* mark = from.find(c.id);
            if (!mark) continue;
            for (auto& row : these(c.id, mark->pending)) {
                if (showing_of(row) != Showing::pending && !keep(row)) return false;
            }
            std::int64_t after = mark->seq;
            while (after < c.last_seq) {
                auto page = sql.rows<Entry>(
                    "WHERE conversation_id = :id AND kind = 0 AND seq > :after ORDER BY seq LIMIT :limit", c.id, after,
                    kPage);
                for (auto& row : page) {
                    after = row.seq;
                    if (!keep(row)) return false;
                }
                if (page.size() < kPage) break;
            }
        }
        return true;
    }

    std::vector<Entry> these(ConversationId conversation, const std::vector<std::int64_t>& seqs) {
        std::vector<Entry> out;
        for (std::size_t at = 0; at < seqs.size(); at += kSet) {
            std::vector<Value> values{conversation.value};
            const auto part = std::span(seqs).subspan(at, std::min(kSet, seqs.size() - at));
            const std::string list = store::in_list("s", part, values);
            auto rows = sql.rows_values<Entry>(
                "WHERE conversation_id = :id AND kind = 0 AND seq IN (" + list + ") ORDER BY seq", values);
            std::move(rows.begin(), rows.end(), std::back_inserter(out));
        }
        return out;
    }

    /// The newest messages that the limits allow, and the cursor just before them.
    VisitorCursor newest(std::vector<Entry>& rows) {
        VisitorCursor out;
        std::size_t count = 0, size = 0;
        bool cut = false;
        for (auto c = conversations.rbegin(); c != conversations.rend(); ++c) {
            VisitorMark mark{c->id, 0, c->read_seq, {}};
            if (cut) mark.seq = c->last_seq;
            std::vector<Entry> mine;
            std::int64_t before = c->last_seq + 1;
            while (!cut && before > 1) {
                auto page = sql.rows<Entry>(
                    "WHERE conversation_id = :id AND kind = 0 AND seq < :before ORDER BY seq DESC LIMIT :limit", c->id,
                    before, kPage);
                for (auto& row : page) {
                    before = row.seq;
                    if (showing_of(row) == Showing::visible) {
                        cut = count == reader.limits_.entries ||
                              (count > 0 && size + row.text.size() > reader.limits_.bytes);
                        if (cut) {
                            mark.seq = row.seq;
                            break;
                        }
                        ++count;
                        size += row.text.size();
                    }
                    mine.push_back(std::move(row));
                }
                if (page.size() < kPage) break;
            }
            if (mark.seq > 0) mark.pending = pending_of(*c, mark.seq);
            out.marks.insert(out.marks.begin(), std::move(mark));
            rows.insert(rows.begin(), std::make_move_iterator(mine.rbegin()), std::make_move_iterator(mine.rend()));
        }
        return out;
    }

    /// Ours that may still be sent.
    std::vector<std::int64_t> pending_of(const VisitorConversation& c, std::int64_t upto) {
        return sql.rows<std::int64_t>(
            "SELECT seq FROM entry WHERE conversation_id = :id AND kind = 0 AND direction = 1 AND status IN (1, 2, 3, "
            "4, 8, 9) AND seq <= :upto ORDER BY seq",
            c.id, upto);
    }

    std::vector<VisitorRead> reads(const VisitorConversation& c, std::int64_t after, std::int64_t upto) {
        std::vector<VisitorRead> out;
        if (after >= upto) return out;
        for (const auto& [id, seq] : sql.rows<std::tuple<EntryId, std::int64_t>>(
                 "SELECT id, seq FROM entry WHERE conversation_id = :id AND kind = 0 AND direction = 0 AND seq > "
                 ":after "
                 "AND seq <= :upto ORDER BY seq DESC LIMIT :limit",
                 c.id, after, upto, static_cast<std::int64_t>(reader.limits_.reads))) {
            out.push_back({c.id, seq, id});
        }
        std::reverse(out.begin(), out.end());
        return out;
    }

    /// Leaves out the conversations that ended long ago and have no rows to tell. `upto`: those of a lower rank only.
    void fold(VisitorCursor& cursor, const std::vector<Entry>& rows, std::int64_t upto) {
        Time newest;
        for (const auto& c : conversations) newest = std::max(newest, c.last_activity_at);
        const Time old = newest - kFoldAfter;
        if (old < cursor.folded) return;
        std::set<ConversationId> busy;
        for (const auto& row : rows) busy.insert(row.conversation_id);
        const auto may_go = [&](const VisitorConversation& c) {
            return c.rank < upto && !c.open_key && c.last_activity_at <= old && !busy.contains(c.id);
        };
        // What is not listed and went on since would be taken for told: there is none, start() has listed it. And what
        // was told past the row as it was read came after it: such a conversation stays.
        for (const auto& c : conversations) {
            const auto* mark = cursor.find(c.id);
            if (mark && mark->pending.empty() && mark->seq <= c.last_seq && may_go(c))
                std::erase_if(cursor.marks, [&](const auto& m) { return m.conversation == c.id; });
        }
        cursor.folded = old;
    }

    // ---- what is told

    json::array attachments(const desk::EntryView& view, bool for_plugin) const {
        json::array out;
        for (const auto& a : view.attachments) {
            json::object one;
            one["id"] = to_string(a.id);
            one["name"] = a.name;
            one[for_plugin ? "mime_type" : "mimeType"] = a.mime_type;
            one[for_plugin ? "size" : "sizeBytes"] = a.size_bytes;
            one["url"] = a.state == AttachmentState::ready ? reader.link_(a.id) : std::string();
            one["inline"] = a.inline_;
            out.push_back(std::move(one));
        }
        return out;
    }

    json::object entry(const Entry& row, const desk::EntryView& view, const VisitorConversation& c,
                       bool for_plugin) const {
        json::object author;
        author["type"] = to_json(view.author.type);
        author["name"] = view.author.name;
        json::object out;
        out["id"] = to_string(row.id);
        out["seq"] = c.rank * kNumbersPerConversation + row.seq;
        out["direction"] = to_json(row.direction);
        out["author"] = std::move(author);
        out["text"] = row.text;
        out["attachments"] = attachments(view, for_plugin);
        if (row.client_key) out[for_plugin ? "client_id" : "clientId"] = *row.client_key;
        if (for_plugin) {
            out["at_unix_us"] = row.created_at.us;
            if (flag_in(row.content, "edited")) out["edited"] = true;
            if (flag_in(row.content, "deleted")) out["deleted"] = true;
        } else {
            out["createdAt"] = format_rfc3339(row.created_at);
        }
        out["status"] = text_of(status_of(row, c));
        return out;
    }

    /// In order of the rows, with names and attachments, a page at a time.
    template <class F>
    void for_each(const std::vector<Entry>& rows, F f) {
        for (std::size_t at = 0; at < rows.size(); at += kPage) {
            const auto end = std::min(rows.size(), at + kPage);
            std::vector<Entry> page(rows.begin() + static_cast<std::ptrdiff_t>(at),
                                    rows.begin() + static_cast<std::ptrdiff_t>(end));
            const auto views = reader.views_.entries(sql, page);
            for (std::size_t i = 0; i < page.size(); ++i) {
                if (const auto* c = find(page[i].conversation_id)) f(page[i], views[i], *c);
            }
        }
    }

    std::vector<VisitorEntry> told(const std::vector<Entry>& rows) {
        std::vector<VisitorEntry> out;
        out.reserve(rows.size());
        for_each(rows, [&](const Entry& row, const desk::EntryView& view, const VisitorConversation& c) {
            VisitorEntry one{row.conversation_id, row.seq, showing_of(row), {}};
            if (one.showing == Showing::visible) one.told = write_json(entry(row, view, c, false));
            out.push_back(std::move(one));
        });
        return out;
    }
};

Result<VisitorReader::Replay> VisitorReader::replay(store::Session& sql, const VisitorKey& key,
                                                    const std::optional<VisitorCursor>& after) const {
    Reading reading{*this, sql};
    reading.load(key, after ? &*after : nullptr);
    Replay out;
    std::vector<Entry> rows;
    if (after) {
        auto start = reading.start(*after);
        if (!start) return start.error();
        out.cursor = std::move(*start);
        if (!reading.past(out.cursor, limits_.entries, limits_.bytes, rows)) return unknown_cursor();
    } else {
        out.cursor = reading.newest(rows);
    }
    reading.fold(out.cursor, rows, INT64_MAX);
    std::vector<VisitorRead> reads;
    for (const auto& c : reading.conversations) {
        const auto* mark = out.cursor.find(c.id);
        if (!mark) continue;
        for (auto& read : reading.reads(c, mark->read, std::min(c.read_seq, mark->seq))) reads.push_back(read);
    }
    for (const auto& one : reading.told(rows)) {
        if (take(*out.cursor.find(one.conversation), one.seq, one.showing))
            out.frames.push_back(entry_frame(out.cursor, one));
    }
    for (const auto& read : reads) {
        out.cursor.find(read.conversation)->read = read.seq;
        out.frames.push_back(status_frame(out.cursor, read));
    }
    for (const auto& c : reading.conversations) {
        if (auto* mark = out.cursor.find(c.id)) mark->read = std::max(mark->read, c.read_seq);
        out.ranks.emplace_back(c.id, c.rank);
    }
    reading.fold(out.cursor, {}, INT64_MAX);  // now that all is told
    return out;
}

Result<std::string> VisitorReader::history(store::Session& sql, const VisitorKey& key, std::string_view after,
                                           std::size_t limit) const {
    VisitorCursor from;
    if (!after.empty()) {
        auto read = decode_visitor_cursor(after);
        if (!read) return read.error();
        from = std::move(*read);
    }
    Reading reading{*this, sql};
    reading.load(key, &from);
    auto start = reading.start(from);
    if (!start) return start.error();
    VisitorCursor cursor = std::move(*start);
    std::vector<Entry> rows;
    const bool all = reading.past(cursor, limit, limits_.bytes, rows);
    std::int64_t known = INT64_MAX;  // beyond the last one there may be more
    if (!all) known = rows.empty() ? 0 : reading.find(rows.back().conversation_id)->rank;
    reading.fold(cursor, rows, known);
    json::array out;
    reading.for_each(rows, [&](const Entry& row, const desk::EntryView& view, const VisitorConversation& c) {
        if (!take(*cursor.find(c.id), row.seq, showing_of(row))) return;
        json::object one = reading.entry(row, view, c, true);
        one["cursor"] = encode(cursor);
        out.push_back(std::move(one));
    });
    return write_json(out);
}

std::vector<VisitorConversation> VisitorReader::conversations(store::Session& sql,
                                                              const std::vector<std::int64_t>& ids) const {
    Conversations out;
    for (std::size_t at = 0; at < ids.size(); at += kSet) {
        std::vector<Value> values;
        const std::string list =
            store::in_list("c", std::span(ids).subspan(at, std::min(kSet, ids.size() - at)), values);
        auto rows =
            sql.rows_values<VisitorConversation>(std::string(kConversations) + "WHERE c.id IN (" + list + ")", values);
        std::move(rows.begin(), rows.end(), std::back_inserter(out));
    }
    return out;
}

std::vector<VisitorReader::News> VisitorReader::news(store::Session& sql, std::vector<Lack> lacks) const {
    Reading reading{*this, sql};
    std::vector<News> out;
    std::unordered_map<std::int64_t, std::size_t> place;
    std::vector<std::array<std::int64_t, 3>> ranges;  // conversation, after, upto
    for (auto& lack : lacks) {
        auto& c = lack.conversation;
        if (!lack.rank_known) {
            c.rank = sql.one<std::int64_t>(
                            "SELECT COUNT(*) FROM conversation WHERE contact_id = :contact AND identity_id = :identity "
                            "AND (created_at < :at OR (created_at = :at AND id < :id))",
                            c.contact_id, c.identity_id, c.created_at, c.id)
                         .value_or(0);
        }
        if (lack.after < c.last_seq) ranges.push_back({c.id.value, lack.after, INT64_MAX});
        for (const auto* seqs : {&lack.seqs, &lack.changed}) {
            for (const auto seq : *seqs) {
                if (seq <= lack.after) ranges.push_back({c.id.value, seq - 1, seq});
            }
        }
        place.emplace(c.id.value, out.size());
        out.push_back({c, {}, std::move(lack.changed), reading.reads(c, lack.read_after, c.read_seq)});
        reading.conversations.push_back(c);
    }
    std::vector<Entry> rows;
    for (std::size_t at = 0; at < ranges.size();) {
        const std::size_t left = ranges.size() - at;
        const std::size_t terms = left <= 1 ? 1 : left <= 8 ? 8 : left <= 32 ? 32 : kSet;
        std::string text = "WHERE kind = 0 AND (";
        std::vector<Value> values;
        for (std::size_t i = 0; i < terms; ++i) {
            const auto& range = ranges[std::min(at + i, ranges.size() - 1)];
            const std::string n = std::to_string(i);
            text += (i == 0 ? "(conversation_id = :c" : " OR (conversation_id = :c") + n + " AND seq > :a" + n +
                    " AND seq <= :u" + n + ")";
            values.insert(values.end(), {Value(range[0]), Value(range[1]), Value(range[2])});
        }
        auto some = sql.rows_values<Entry>(text + ") ORDER BY conversation_id, seq", values);
        std::move(some.begin(), some.end(), std::back_inserter(rows));
        at += terms;
    }
    for (auto& one : reading.told(rows)) out[place.at(one.conversation.value)].entries.push_back(std::move(one));
    for (auto& n : out) {  // one conversation's ranges may have been asked for in several statements
        std::stable_sort(n.entries.begin(), n.entries.end(),
                         [](const auto& a, const auto& b) { return a.seq < b.seq; });
        n.entries.erase(std::unique(n.entries.begin(), n.entries.end(),
                                    [](const auto& a, const auto& b) { return a.seq == b.seq; }),
                        n.entries.end());
    }
    return out;
}

}  // namespace usher::api
