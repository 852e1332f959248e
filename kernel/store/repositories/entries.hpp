#pragma once
/// SQL of timeline entries, attachments and the ids that providers know messages by.
#include <optional>
#include <string>
#include <vector>

#include "store/repositories/tables.hpp"

namespace usher::store {

std::optional<Entry> find_entry(Session& sql, EntryId id);
std::optional<Entry> find_entry(Session& sql, ConversationId conversation, EntryId id);
std::vector<Entry> find_entries(Session& sql, const std::vector<EntryId>& ids);
void update_entry(Session& sql, const Entry& row);  // the whole row; the caller holds its conversation's lock

struct EntryPage {
    std::vector<Entry> rows;  // ascending by seq
    bool more = false;        // beyond the page, in its direction
};
/// `before`: the newest entries below it (0: the newest of all). `after`: the oldest above it.
EntryPage page_before(Session& sql, ConversationId conversation, std::int64_t before, int limit, bool with_notes);
EntryPage page_after(Session& sql, ConversationId conversation, std::int64_t after, int limit, bool with_notes);

std::vector<Attachment> find_attachments(Session& sql, const std::vector<AttachmentId>& ids);
void update_attachment(Session& sql, const Attachment& row);

void add_remote(Session& sql, AccountKey account, Direction direction, std::string_view remote_id, EntryId message,
                int part);
std::optional<EntryId> find_by_remote(Session& sql, AccountKey account, Direction direction,
                                      std::string_view remote_id);
/// The first id a provider gave to (or has of) a message; empty: none.
std::string remote_id_of(Session& sql, EntryId message);

}  // namespace usher::store
