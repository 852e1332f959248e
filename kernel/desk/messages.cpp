#include "desk/messages.hpp"

#include <algorithm>

#include "desk/assignment.hpp"
#include "desk/contacts.hpp"
#include "desk/rights.hpp"
#include "foundation/text.hpp"
#include "store/repositories/accounts.hpp"
#include "store/repositories/conversations.hpp"
#include "store/repositories/entries.hpp"

namespace usher::desk {
namespace {

Result<void> check_draft(const Draft& draft) {
    Faults faults;
    if (auto text = check_text(draft.text, kMessageBytes); !text) {
        faults.push_back({"/text", text.error().message});
    } else if (draft.max_text_length > 0 && length_utf8(draft.text) > static_cast<std::size_t>(draft.max_text_length)) {
        faults.push_back({"/text", "is longer than the " + std::to_string(draft.max_text_length) +
                                       " characters that this channel takes"});
    }
    if (trim(draft.text).empty() && draft.attachment_ids.empty())
        faults.push_back({"/text", "must not be empty without an attachment"});
    if (draft.attachment_ids.size() > kAttachmentsPerMessage) {
        faults.push_back({"/attachmentIds", "at most " + std::to_string(kAttachmentsPerMessage) + " attachments"});
    }
    if (!draft.attachment_ids.empty() && !draft.attachments_allowed)
        faults.push_back({"/attachmentIds", "this channel takes no attachments"});
    if (faults.empty()) return {};
    return Error{Errc::validation, faults[0].path + ": " + faults[0].message, std::move(faults)};
}

/// Hands the uploader's files to the conversation. Only the uploader may attach, and only once.
Result<void> check_attachments(store::Session& sql, UserId uploader, const std::vector<AttachmentId>& ids) {
    const auto found = store::find_attachments(sql, ids);
    Faults faults;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto at = std::find_if(found.begin(), found.end(), [&](const Attachment& a) { return a.id == ids[i]; });
        const std::string path = pointer("/attachmentIds", i);
        if (at == found.end() || at->uploader_id != uploader || !uploader)
            faults.push_back({path, "there is no such upload of yours"});
        else if (at->conversation_id)
            faults.push_back({path, "is attached already"});
        else if (std::count(ids.begin(), ids.end(), ids[i]) > 1)
            faults.push_back({path, "stands here twice"});
    }
    if (faults.empty()) return {};
    return Error{Errc::validation, faults[0].path + ": " + faults[0].message, std::move(faults)};
}

Result<void> check_reply_to(store::Session& sql, const Draft& draft) {
    if (!draft.reply_to_id) return {};
    const auto target = store::find_entry(sql, draft.conversation_id, draft.reply_to_id);
    if (target && target->kind == EntryKind::message) return {};
    return validation("/replyToId", "there is no such message in this conversation");
}

void queue(store::Write& write, const Conversation& c, const Entry& entry, Time due) {
    write.sql().exec(
        "INSERT INTO outbox (message_id, account_id, conversation_id, seq, out_seq, state, attempt, due_at, "
        "first_attempt_at, created_at)"
        " VALUES (:message, :account, :conversation, :seq, 0, 0, 0, :due, NULL, :created)",
        entry.id, c.account_id, c.id, entry.seq, due, write.now());
}

Entry accept(Change& change, Actor author, const Draft& draft) {
    auto& write = change.write();
    Entry entry;
    entry.id = {write.next_id()};
    entry.direction = Direction::outbound;
    entry.author_type = author.type;
    entry.author_id = author.id;
    entry.text = draft.text;
    entry.attachment_ids = draft.attachment_ids;
    entry.reply_to_id = draft.reply_to_id;
    const bool hold = draft.hold.count() > 0;
    entry.status = hold ? MessageStatus::held : MessageStatus::queued;
    if (hold) entry.held_until = write.now() + draft.hold;
    for (const auto id : draft.attachment_ids) {
        write.sql().exec("UPDATE attachment SET conversation_id = :conversation WHERE id = :id", draft.conversation_id,
                         id);
    }
    entry = change.add(std::move(entry));
    queue(write, change.now, entry, entry.held_until.value_or(write.now()));
    change.message_event("message.created", entry);
    return entry;
}

/// Nothing would ever send it.
Result<void> refuse_deleted_account(store::Session& sql, AccountKey id) {
    const auto account = store::find_account(sql, id);
    if (!account || !account->deleted_at) return {};
    return conflict("account_deleted", "The account '" + account->slug +
                                           "' was deleted; this conversation can be read, but not answered.");
}

/// The message of ours that somebody wants to change, with its conversation locked.
Result<std::pair<Conversation, Entry>> own_message(store::Write& write, const Principal& who,
                                                   ConversationId conversation, EntryId message,
                                                   std::string_view permission) {
    auto row = lock_to_work(write, who, conversation, permission);
    if (!row) return row.error();
    auto entry = store::find_entry(write.sql(), conversation, message);
    if (!entry || entry->kind != EntryKind::message || entry->direction != Direction::outbound) {
        return not_found("There is no message of ours " + to_string(message) + " in this conversation.");
    }
    return std::pair{std::move(*row), std::move(*entry)};
}

void set_status(Change& change, Entry& entry, MessageStatus status) {
    const MessageStatus from = entry.status;
    entry.status = status;
    entry.version += 1;
    store::update_entry(change.write().sql(), entry);
    change.message_event("message.status", entry, {{"from", to_json(from)}, {"to", to_json(status)}});
}

}  // namespace

Result<Entry> send_message(store::Write& write, const Principal& who, const Draft& draft) {
    auto row = lock_to_work(write, who, draft.conversation_id, permission::kReply);
    if (!row) return row.error();
    if (!draft.attachment_ids.empty() && !who.may(permission::kAttach)) return forbidden(permission::kAttach);
    if (auto ok = check_draft(draft); !ok) return ok.error();
    if (auto ok = refuse_closed(*row); !ok) return ok.error();
    if (auto ok = refuse_deleted_account(write.sql(), row->account_id); !ok) return ok.error();
    if (auto ok = check_attachments(write.sql(), id_of(who), draft.attachment_ids); !ok) return ok.error();
    if (auto ok = check_reply_to(write.sql(), draft); !ok) return ok.error();
    const bool claims = !row->assignee_id && who.user_id;
    if (claims && !who.may(permission::kClaim)) return forbidden(permission::kClaim);

    Change change(write, std::move(*row));
    if (claims) assign_in(change, actor_of(who), who.user_id);
    if (change.now.status == ConversationStatus::solved) {
        change.now.status = ConversationStatus::active;
        change.now.resolved_at.reset();
        change.now.resolved_by.reset();
        change.badge(actor_of(who), {{"type", "status_changed"}, {"from", "solved"}, {"to", "active"}});
        change.event("conversation.status", 0, {{"from", "solved"}, {"to", "active"}});
    }
    Entry entry = accept(change, actor_of(who), draft);
    change.commit();
    return entry;
}

Result<Entry> send_message_as(store::Write& write, Actor author, const Draft& draft) {
    auto row = store::lock_conversation(write.sql(), draft.conversation_id);
    if (!row) return not_found("There is no conversation " + to_string(draft.conversation_id) + ".");
    if (auto ok = check_draft(draft); !ok) return ok.error();
    if (auto ok = refuse_closed(*row); !ok) return ok.error();
    if (auto ok = refuse_deleted_account(write.sql(), row->account_id); !ok) return ok.error();
    Change change(write, std::move(*row));
    Entry entry = accept(change, author, draft);
    change.commit();
    return entry;
}

Result<Entry> undo_message(store::Write& write, const Principal& who, ConversationId conversation, EntryId message) {
    auto found = own_message(write, who, conversation, message, permission::kUndo);
    if (!found) return found.error();
    auto& [row, entry] = *found;
    if (entry.author_id != who.user_id.value && !who.may(permission::kManageAll))
        return forbidden(permission::kManageAll);
    auto& sql = write.sql();
    // This one statement decides against the sender, which takes a message by the same means.
    if (sql.exec("UPDATE entry SET status = 10 WHERE id = :id AND status IN (1, 2)", message) == 0) {
        return conflict("already_on_its_way", entry.status == MessageStatus::undone
                                                  ? "This message was undone before."
                                                  : "This message is already on its way.");
    }
    sql.exec("DELETE FROM outbox WHERE message_id = :id", message);
    for (const auto id : entry.attachment_ids)
        sql.exec("UPDATE attachment SET conversation_id = NULL WHERE id = :id", id);
    Change change(write, std::move(row));
    set_status(change, entry, MessageStatus::undone);
    change.refresh_preview();
    change.commit();
    return entry;
}

Result<Entry> retry_message(store::Write& write, const Principal& who, ConversationId conversation, EntryId message) {
    auto found = own_message(write, who, conversation, message, permission::kReply);
    if (!found) return found.error();
    auto& [row, entry] = *found;
    if (entry.status != MessageStatus::failed && entry.status != MessageStatus::unknown) {
        return conflict("not_failed",
                        "Only a message that failed or may not have been sent can be sent again; this one is " +
                            std::string(enum_name(entry.status)) + ".");
    }
    if (auto ok = refuse_closed(row); !ok) return ok.error();
    if (auto ok = refuse_deleted_account(write.sql(), row.account_id); !ok) return ok.error();
    if (write.sql().one<std::int64_t>("SELECT message_id FROM outbox WHERE message_id = :id", message)) {
        return conflict("still_sending", "An attempt to send this message has not ended yet; try again in a moment.");
    }
    set_reachability(write, row.identity_id, Reachability::reachable);  // a person wants it tried
    Change change(write, std::move(row));
    entry.failure_code.reset();
    entry.failure_text.reset();
    set_status(change, entry, MessageStatus::queued);
    queue(write, change.now, entry, write.now());
    change.commit();
    return entry;
}

Result<Entry> mark_sent(store::Write& write, const Principal& who, ConversationId conversation, EntryId message) {
    auto found = own_message(write, who, conversation, message, permission::kReply);
    if (!found) return found.error();
    auto& [row, entry] = *found;
    if (entry.status != MessageStatus::unknown) {
        return conflict("not_unknown", "Only a message that may have been sent can be marked; this one is " +
                                           std::string(enum_name(entry.status)) + ".");
    }
    Change change(write, std::move(row));
    entry.failure_code.reset();
    entry.failure_text.reset();
    set_status(change, entry, MessageStatus::sent);
    change.commit();
    return entry;
}

Result<Entry> add_note(store::Write& write, const Principal& who, ConversationId conversation, std::string text) {
    auto row = lock_to_see(write, who, conversation, permission::kNoteWrite);
    if (!row) return row.error();
    if (auto ok = refuse_viewer(who, row->inbox_id); !ok) return ok.error();
    if (auto ok = check_text(text, kMessageBytes); !ok) return validation("/text", ok.error().message);
    if (trim(text).empty()) return validation("/text", "must not be empty");
    Change change(write, std::move(*row));
    Entry note;
    note.kind = EntryKind::note;
    note.direction = Direction::outbound;
    note.author_type = actor_of(who).type;
    note.author_id = actor_of(who).id;
    note.text = std::move(text);
    note = change.add(std::move(note));
    change.note_event(note);
    change.commit();
    return note;
}

}  // namespace usher::desk
