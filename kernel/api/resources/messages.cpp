// A conversation's timeline, its messages and its notes.
#include "desk/messages.hpp"
#include "api/desk_services.hpp"
#include "desk/rights.hpp"
#include "store/repositories/conversations.hpp"
#include "store/repositories/entries.hpp"

namespace usher::api {
namespace shape {

struct MessageInput {
    std::string text;
    std::vector<AttachmentId> attachment_ids;
    std::optional<EntryId> reply_to_id;
};
BOOST_DESCRIBE_STRUCT(MessageInput, (), (text, attachment_ids, reply_to_id))
struct NoteInput {
    std::string text;
};
BOOST_DESCRIBE_STRUCT(NoteInput, (), (text))

}  // namespace shape

namespace {

using desk::EntryView;

Result<std::int64_t> seq_of(const Call& call, std::string_view name) {
    const auto text = call.request.param(name);
    if (!text || text->empty()) return std::int64_t{0};
    if (*text == "0") return std::int64_t{0};
    auto value = parse_id(*text);
    if (!value) return invalid("The parameter " + std::string(name) + " is not a seq.");
    return *value;
}

Task<Reply> timeline(DeskServices& s, Call call) {
    auto id = call.id<ConversationId>("id");
    if (!id) co_return id.error();
    auto limit = call.limit();
    if (!limit) co_return limit.error();
    auto before = seq_of(call, "before");
    if (!before) co_return before.error();
    auto after = seq_of(call, "after");
    if (!after) co_return after.error();
    const bool forward = call.request.param("after").has_value();
    if (forward && *before != 0) co_return invalid("before and after exclude each other.");
    struct Page {
        std::vector<EntryView> rows;
        std::optional<std::string> next;
    };
    auto look = [&views = s.views, who = call.caller.principal, id = *id, limit = *limit, before = *before,
                 after = *after, forward](store::Session& sql) -> Result<Page> {
        const auto row = store::find_conversation(sql, id);
        if (!row || !may_see(*who, visibility_key(*row)))
            return not_found("There is no conversation " + to_string(id) + ".");
        const bool notes = who->may(permission::kNoteRead);
        const auto entries = forward ? store::page_after(sql, id, after, limit, notes)
                                     : store::page_before(sql, id, before, limit, notes);
        Page page;
        if (entries.more) page.next = std::to_string(forward ? entries.rows.back().seq : entries.rows.front().seq);
        page.rows = views.entries(sql, entries.rows);
        return page;
    };
    auto found = co_await s.base.store.read(std::move(look));
    if (!found) co_return found.error();
    co_return page(found->rows, std::move(found->next));
}

/// Runs a command that answers an entry. Idempotent where `key` is given.
template <class Command>
Task<Reply> command(DeskServices& s, Call call, int status, std::optional<store::IdempotencyKey> key, Command run) {
    auto id = call.id<ConversationId>("id");
    if (!id) co_return id.error();
    auto work = [&views = s.views, who = call.caller.principal, id = *id, key = std::move(key),
                 run](store::Write& w) -> Result<EntryView> {
        auto earlier = store::earlier_result(w.sql(), key, w.now());
        if (!earlier) return earlier.error();
        if (*earlier) {
            auto seen = desk::lock_to_see(w, *who, id);
            if (!seen) return seen.error();
            auto entry = store::find_entry(w.sql(), id, {**earlier});
            if (!entry) return not_found("The message is gone.");
            return views.entry(w.sql(), *entry);
        }
        auto entry = run(w, *who, id);
        if (!entry) return entry.error();
        store::remember(w, key, entry->id.value);
        return views.entry(w.sql(), *entry);
    };
    auto view = co_await s.base.store.write(std::move(work));
    if (!view) co_return view.error();
    co_return ok(*view, status);
}

Task<Reply> send(DeskServices& s, Call call) {
    auto key = call.idempotency();
    if (!key) co_return key.error();
    auto input = call.input<shape::MessageInput>();
    if (!input) co_return input.error();
    auto id = call.id<ConversationId>("id");
    if (!id) co_return id.error();
    // What the channel takes is asked before the write: it is the plugin's word, not the database's.
    auto look = [id = *id](store::Session& sql) {
        return sql
            .one<std::string>(
                "SELECT a.slug FROM conversation c JOIN account a ON a.id = c.account_id WHERE c.id = :id", id)
            .value_or("");
    };
    auto slug = co_await s.base.store.read(std::move(look));
    if (!slug) co_return slug.error();
    const auto capabilities = s.views.capabilities(*slug);
    desk::Draft draft;
    draft.conversation_id = *id;
    draft.text = std::move(input->text);
    draft.attachment_ids = std::move(input->attachment_ids);
    draft.reply_to_id = input->reply_to_id.value_or(EntryId{});
    draft.hold = std::chrono::seconds(s.base.undo_window_seconds);
    draft.max_text_length = capabilities.max_text_length;
    draft.attachments_allowed = capabilities.attachments;
    auto run = [draft](store::Write& w, const Principal& who, ConversationId) {
        return desk::send_message(w, who, draft);
    };
    co_return co_await command(s, std::move(call), 201, *key, std::move(run));
}

Task<Reply> note(DeskServices& s, Call call) {
    auto key = call.idempotency();
    if (!key) co_return key.error();
    auto input = call.input<shape::NoteInput>({"text"});
    if (!input) co_return input.error();
    auto run = [text = input->text](store::Write& w, const Principal& who, ConversationId id) {
        return desk::add_note(w, who, id, text);
    };
    co_return co_await command(s, std::move(call), 201, *key, std::move(run));
}

using OnMessage = Result<Entry> (*)(store::Write&, const Principal&, ConversationId, EntryId);

Task<Reply> on_message(DeskServices& s, Call call, OnMessage act) {
    auto key = call.idempotency();
    if (!key) co_return key.error();
    auto message = call.id<EntryId>("messageId");
    if (!message) co_return message.error();
    auto run = [act, message = *message](store::Write& w, const Principal& who, ConversationId id) {
        return act(w, who, id, message);
    };
    co_return co_await command(s, std::move(call), 200, *key, std::move(run));
}

}  // namespace

void add_messages(Api& api, DeskServices& s) {
    const std::string tag = "Messages";
    api.add(
        {.method = "GET",
         .path = "/conversations/{id}/timeline",
         .summary = "Messages, notes and events by seq, oldest first within a page; without parameters the newest page",
         .tag = tag,
         .query = {{"before", "Entries below this seq."}, {"after", "Entries above this seq."}, {"limit", "1 to 200."}},
         .answers = {many<EntryView>("`nextCursor` is what `before` (or `after`) takes for the next page.")}},
        [&s](Call call) { return timeline(s, std::move(call)); });
    api.add({.method = "POST",
             .path = "/conversations/{id}/messages",
             .summary = "Write to the customer: held for the undo window, then sent",
             .tag = tag,
             .needs = permission_of(permission::kReply),
             .request = body<shape::MessageInput>(),
             .answers = {one<EntryView>(201)},
             .idempotent = true,
             .description = "An unassigned conversation is claimed in the same step."},
            [&s](Call call) { return send(s, std::move(call)); });
    api.add({.method = "POST",
             .path = "/conversations/{id}/notes",
             .summary = "Add an internal note",
             .tag = tag,
             .needs = permission_of(permission::kNoteWrite),
             .request = body<shape::NoteInput>({"text"}),
             .answers = {one<EntryView>(201)},
             .idempotent = true},
            [&s](Call call) { return note(s, std::move(call)); });
    api.add({.method = "DELETE",
             .path = "/conversations/{id}/messages/{messageId}",
             .summary = "Undo a held message; 409 once it is on its way",
             .tag = tag,
             .needs = permission_of(permission::kUndo),
             .answers = {one<EntryView>()}},
            [&s](Call call) { return on_message(s, std::move(call), &desk::undo_message); });
    api.add({.method = "POST",
             .path = "/conversations/{id}/messages/{messageId}/retry",
             .summary = "Send a failed or unknown message again",
             .tag = tag,
             .needs = permission_of(permission::kReply),
             .answers = {one<EntryView>()},
             .idempotent = true},
            [&s](Call call) { return on_message(s, std::move(call), &desk::retry_message); });
    api.add({.method = "POST",
             .path = "/conversations/{id}/messages/{messageId}/mark-sent",
             .summary = "Settle a message that may have been sent",
             .tag = tag,
             .needs = permission_of(permission::kReply),
             .answers = {one<EntryView>()},
             .idempotent = true},
            [&s](Call call) { return on_message(s, std::move(call), &desk::mark_sent); });
}

}  // namespace usher::api
