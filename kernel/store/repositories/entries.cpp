#include "store/repositories/entries.hpp"

#include <algorithm>

#include "foundation/crypto.hpp"
#include "store/repositories/sql_builder.hpp"

namespace usher::store {
namespace {

template <class T>
std::string update_text(std::string_view table) {
    std::string out = "UPDATE " + std::string(table) + " SET ";
    boost::mp11::mp_for_each<detail::members_of<T>>([&](auto d) {
        const std::string name(column_name<decltype(d)>());
        out += name + " = :" + name + ", ";
    });
    out.resize(out.size() - 2);
    return out + " WHERE id = :row_id";
}

template <class T>
void update_row(Session& sql, const T& row) {
    static const std::string text = update_text<T>(kTable<T>);
    auto values = RowOf<T>::values(row);
    values.push_back(bind_value(row.id));
    sql.exec_values(text, values);
}

template <class T, class I>
std::vector<T> find_all(Session& sql, const std::vector<I>& ids) {
    if (ids.empty()) return {};
    std::vector<std::int64_t> numbers;
    for (const auto id : ids) numbers.push_back(id.value);
    std::vector<Value> values;
    const std::string list = in_list("p", numbers, values);
    return sql.rows_values<T>("WHERE id IN (" + list + ")", values);
}

EntryPage page(Session& sql, ConversationId conversation, const char* condition, const char* order, std::int64_t seq,
               int limit, bool with_notes) {
    EntryPage out;
    SqlBuilder text;
    text.add("SELECT " + RowOf<Entry>::columns() + " FROM entry WHERE conversation_id = ").bind(conversation);
    text.add(condition).bind(seq);
    if (!with_notes) text.add(" AND kind <> 1");
    text.add(" AND status <> 10");  // undone: gone from the timeline
    text.add(order).bind(limit + 1);
    out.rows = text.rows<Entry>(sql);
    out.more = out.rows.size() > static_cast<std::size_t>(limit);
    if (out.more) out.rows.pop_back();
    return out;
}

}  // namespace

std::optional<Entry> find_entry(Session& sql, EntryId id) {
    return sql.one<Entry>("WHERE id = :id", id);
}

std::optional<Entry> find_entry(Session& sql, ConversationId conversation, EntryId id) {
    return sql.one<Entry>("WHERE id = :id AND conversation_id = :conversation", id, conversation);
}

std::vector<Entry> find_entries(Session& sql, const std::vector<EntryId>& ids) {
    return find_all<Entry>(sql, ids);
}

void update_entry(Session& sql, const Entry& row) {
    update_row(sql, row);
}

EntryPage page_before(Session& sql, ConversationId conversation, std::int64_t before, int limit, bool with_notes) {
    auto out = page(sql, conversation, " AND seq < ", " ORDER BY seq DESC LIMIT ", before == 0 ? INT64_MAX : before,
                    limit, with_notes);
    std::reverse(out.rows.begin(), out.rows.end());
    return out;
}

EntryPage page_after(Session& sql, ConversationId conversation, std::int64_t after, int limit, bool with_notes) {
    return page(sql, conversation, " AND seq > ", " ORDER BY seq LIMIT ", after, limit, with_notes);
}

std::vector<Attachment> find_attachments(Session& sql, const std::vector<AttachmentId>& ids) {
    return find_all<Attachment>(sql, ids);
}

void update_attachment(Session& sql, const Attachment& row) {
    update_row(sql, row);
}

void add_remote(Session& sql, AccountKey account, Direction direction, std::string_view remote_id, EntryId message,
                int part) {
    const std::vector<std::vector<Value>> row{{account.value, static_cast<std::int64_t>(direction),
                                               crypto::sha256_hex(remote_id), message.value,
                                               static_cast<std::int64_t>(part), std::string(remote_id)}};
    sql.insert_values("message_remote", "account_id, direction, remote_hash, message_id, part, remote_id", row,
                      sql.on_conflict_nothing("account_id, direction, remote_hash", "account_id"));
}

std::optional<EntryId> find_by_remote(Session& sql, AccountKey account, Direction direction,
                                      std::string_view remote_id) {
    return sql.one<EntryId>(
        "SELECT message_id FROM message_remote WHERE account_id = :account AND direction = :direction AND remote_hash "
        "= :hash",
        account, direction, crypto::sha256_hex(remote_id));
}

std::string remote_id_of(Session& sql, EntryId message) {
    return sql
        .one<std::string>("SELECT remote_id FROM message_remote WHERE message_id = :id ORDER BY part LIMIT 1", message)
        .value_or("");
}

}  // namespace usher::store
