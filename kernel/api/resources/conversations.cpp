// Conversations: lists, one, and every command that is not a message.
#include "desk/conversations.hpp"
#include "api/desk_services.hpp"
#include "desk/assignment.hpp"
#include "desk/messages.hpp"
#include "desk/rights.hpp"
#include "foundation/text.hpp"
#include "store/repositories/accounts.hpp"
#include "store/repositories/conversations.hpp"

namespace usher::api {
namespace shape {

struct NewMessage {
    std::string text;
};
BOOST_DESCRIBE_STRUCT(NewMessage, (), (text))
struct NewConversation {
    std::string account_id;  // the slug
    std::string to;          // the customer's address on that account
    std::optional<InboxId> inbox_id;
    std::optional<std::string> contact_name;
    NewMessage message;
};
BOOST_DESCRIBE_STRUCT(NewConversation, (), (account_id, to, inbox_id, contact_name, message))
struct ConversationEdit {
    std::optional<std::string> subject;
    Priority priority = Priority::normal;
    json::object custom_fields;
};
BOOST_DESCRIBE_STRUCT(ConversationEdit, (), (subject, priority, custom_fields))
struct StatusChange {
    ConversationStatus status = ConversationStatus::active;
    std::optional<Time> snooze_until;
};
BOOST_DESCRIBE_STRUCT(StatusChange, (), (status, snooze_until))
struct Tags {
    std::vector<std::string> tags;
};
BOOST_DESCRIBE_STRUCT(Tags, (), (tags))
struct ReadMark {
    std::int64_t seq = 0;
};
BOOST_DESCRIBE_STRUCT(ReadMark, (), (seq))
struct Assignment {
    std::optional<UserId> user_id;
    std::vector<UserId> participant_ids;
};
BOOST_DESCRIBE_STRUCT(Assignment, (), (user_id, participant_ids))
struct Decision {
    Time at;
    json::object decision;
};
BOOST_DESCRIBE_STRUCT(Decision, (), (at, decision))

}  // namespace shape

namespace {

using desk::ConversationView;

/// Runs a command of the desk and answers with the conversation as it is then.
template <class Command>
Task<Reply> command(DeskServices& s, Call call, Command run) {
    auto id = call.id<ConversationId>("id");
    if (!id) co_return id.error();
    auto work = [&views = s.views, who = call.caller.principal, id = *id,
                 run](store::Write& w) -> Result<ConversationView> {
        auto row = run(w, *who, id);
        if (!row) return row.error();
        return views.conversation(w.sql(), *row);
    };
    auto view = co_await s.base.store.write(std::move(work));
    if (!view) co_return view.error();
    co_return ok(*view);
}

/// A cursor of a list by activity: "<microseconds>.<id>" as base64url.
std::string encode(const store::ListPosition& p) {
    return to_base64url(std::to_string(p.at.us) + "." + std::to_string(p.id));
}

Result<std::optional<store::ListPosition>> position_of(const Call& call) {
    const auto text = call.request.param("cursor");
    if (!text || text->empty()) return std::optional<store::ListPosition>{};
    const auto plain = from_base64url(*text);
    const auto parts = plain ? split(*plain, '.') : std::vector<std::string_view>{};
    if (parts.size() == 2) {
        const auto at = parse_id(parts[0]);
        const auto id = parse_id(parts[1]);
        if (at && id) return std::optional(store::ListPosition{Time{*at}, *id});
    }
    return invalid("The parameter cursor is not one that a list answered.");
}

Result<store::ConversationFilter> filter_of(const Call& call) {
    store::ConversationFilter f;
    auto statuses = call.enums<ConversationStatus>("status");
    if (!statuses) return statuses.error();
    f.statuses = std::move(*statuses);
    auto priorities = call.enums<Priority>("priority");
    if (!priorities) return priorities.error();
    f.priorities = std::move(*priorities);
    for (const auto text : call.request.all_params("inboxId")) {
        auto id = parse_id(text);
        if (!id) return invalid("The parameter inboxId is not an id.");
        f.inboxes.push_back({*id});
    }
    if (const auto assignee = call.request.param("assigneeId"); assignee && !assignee->empty()) {
        if (*assignee == "none") {
            f.assignee = UserId{};
        } else if (*assignee == "me") {
            if (!call.who().user_id) return invalid("assigneeId=me needs a user, not an API key.");
            f.assignee = call.who().user_id;
        } else {
            auto id = parse_id(*assignee);
            if (!id) return invalid("The parameter assigneeId is me, none or an id.");
            f.assignee = UserId{*id};
        }
    }
    auto unread = call.query_bool("unread");
    if (!unread) return unread.error();
    f.unread = *unread;
    auto contact = call.query_id<ContactId>("contactId");
    if (!contact) return contact.error();
    if (*contact) f.contact = **contact;
    for (const auto tag : call.request.all_params("tag")) f.tags.emplace_back(tag);
    if (const auto q = call.request.param("q")) {
        if (q->size() > 200) return invalid("The parameter q is longer than 200 bytes.");
        f.search = std::string(trim(*q));
        f.search_text = call.who().may(permission::kSearchText);
    }
    return f;
}

Task<Reply> list(DeskServices& s, Call call) {
    auto limit = call.limit();
    if (!limit) co_return limit.error();
    auto filter = filter_of(call);
    if (!filter) co_return filter.error();
    auto after = position_of(call);
    if (!after) co_return after.error();
    std::vector<std::string> channels;
    for (const auto c : call.request.all_params("channel")) channels.emplace_back(c);
    struct Page {
        std::vector<ConversationView> rows;
        std::optional<std::string> next;
    };
    auto look = [&views = s.views, who = call.caller.principal, filter = *filter, limit = *limit, after = *after,
                 channels](store::Session& sql) mutable {
        Page out;
        if (!channels.empty()) {
            for (const auto& account : store::all_accounts(sql)) {
                if (std::find(channels.begin(), channels.end(), account.channel) != channels.end())
                    filter.accounts.push_back(account.id);
            }
            if (filter.accounts.empty()) return out;
        }
        auto rows = store::list_conversations(sql, *who, filter, limit, after);
        if (rows.next) out.next = encode(*rows.next);
        out.rows = views.conversations(sql, rows.rows);
        return out;
    };
    auto found = co_await s.base.store.read(std::move(look));
    if (!found) co_return found.error();
    co_return page(found->rows, std::move(found->next));
}

Task<Reply> counts(DeskServices& s, Call call) {
    auto look = [who = call.caller.principal](store::Session& sql) { return store::count_conversations(sql, *who); };
    auto found = co_await s.base.store.read(std::move(look));
    if (!found) co_return found.error();
    co_return ok(*found);
}

Task<Reply> get(DeskServices& s, Call call) {
    auto id = call.id<ConversationId>("id");
    if (!id) co_return id.error();
    auto look = [&views = s.views, who = call.caller.principal,
                 id = *id](store::Session& sql) -> Result<ConversationView> {
        auto row = store::find_conversation(sql, id);
        if (!row || !may_see(*who, visibility_key(*row)))
            return not_found("There is no conversation " + to_string(id) + ".");
        return views.conversation(sql, *row);
    };
    auto view = co_await s.base.store.read(std::move(look));
    if (!view) co_return view.error();
    co_return ok(*view);
}

Task<Reply> begin(DeskServices& s, Call call) {
    auto key = call.idempotency();
    if (!key) co_return key.error();
    auto input = call.input<shape::NewConversation>({"accountId", "to", "message"});
    if (!input) co_return input.error();
    struct Made {
        ConversationView view;
        bool created = false;
    };
    const auto capabilities = s.views.capabilities(input->account_id);
    auto work = [&views = s.views, who = call.caller.principal, input = *input, key = *key, capabilities,
                 hold = std::chrono::seconds(s.base.undo_window_seconds)](store::Write& w) -> Result<Made> {
        auto earlier = store::earlier_result(w.sql(), key, w.now());
        if (!earlier) return earlier.error();
        if (*earlier) {
            auto row = store::find_conversation(w.sql(), {std::abs(**earlier)});
            if (!row || !may_see(*who, visibility_key(*row))) return not_found("The conversation is gone.");
            return Made{views.conversation(w.sql(), *row), **earlier > 0};
        }
        const auto account = store::find_account(w.sql(), input.account_id);
        if (!account || account->space_id != who->space_id)
            return validation("/accountId", "there is no account '" + input.account_id + "'");
        if (trim(input.message.text).empty()) return validation("/message/text", "must not be empty");
        if (auto ok = check_text(input.message.text, kMessageBytes); !ok)
            return validation("/message/text", ok.error().message);
        if (capabilities.max_text_length > 0 &&
            length_utf8(input.message.text) > static_cast<std::size_t>(capabilities.max_text_length)) {
            return validation("/message/text", "is longer than the " + std::to_string(capabilities.max_text_length) +
                                                   " characters that this channel takes");
        }
        if (!who->may(permission::kReply)) return forbidden(permission::kReply);
        auto begun = desk::begin_conversation(
            w, *who, {account->id, input.inbox_id.value_or(InboxId{}), input.to, input.contact_name.value_or("")});
        if (!begun) return begun.error();
        desk::Draft draft;
        draft.conversation_id = begun->conversation.id;
        draft.text = input.message.text;
        draft.hold = hold;
        if (auto sent = desk::send_message(w, *who, draft); !sent) {
            // Who may begin may send, so this is one that was there; a new one is not kept without its message.
            if (begun->created) throw Failure(sent.error());
            return sent.error();
        }
        // Negative: it was there before, so that a repeat answers 200 as the first did.
        store::remember(w, key, begun->created ? begun->conversation.id.value : -begun->conversation.id.value);
        return Made{views.conversation(w.sql(), *store::find_conversation(w.sql(), begun->conversation.id)),
                    begun->created};
    };
    auto done = co_await s.base.store.write(std::move(work));
    if (!done) co_return done.error();
    co_return ok(done->view, done->created ? 201 : 200);
}

Task<Reply> change(DeskServices& s, Call call) {
    auto input = call.input<shape::ConversationEdit>();
    if (!input) co_return input.error();
    auto sent = call.json_body();
    if (!sent) co_return sent.error();
    desk::Edit edit;
    const auto& object = sent->as_object();
    if (object.contains("subject")) edit.subject = input->subject;
    if (object.contains("priority")) edit.priority = input->priority;
    if (object.contains("customFields")) edit.attributes = input->custom_fields;
    auto run = [edit](store::Write& w, const Principal& who, ConversationId id) {
        return desk::edit(w, who, id, edit);
    };
    co_return co_await command(s, std::move(call), std::move(run));
}

Task<Reply> set_status(DeskServices& s, Call call) {
    auto input = call.input<shape::StatusChange>({"status"});
    if (!input) co_return input.error();
    auto run = [in = *input](store::Write& w, const Principal& who, ConversationId id) {
        return desk::set_status(w, who, id, in.status, in.snooze_until);
    };
    co_return co_await command(s, std::move(call), std::move(run));
}

Task<Reply> set_tags(DeskServices& s, Call call) {
    auto input = call.input<shape::Tags>({"tags"});
    if (!input) co_return input.error();
    auto run = [tags = input->tags](store::Write& w, const Principal& who, ConversationId id) {
        return desk::set_tags(w, who, id, tags);
    };
    co_return co_await command(s, std::move(call), std::move(run));
}

Task<Reply> mark_read(DeskServices& s, Call call) {
    auto input = call.input<shape::ReadMark>({"seq"});
    if (!input) co_return input.error();
    auto run = [seq = input->seq](store::Write& w, const Principal& who, ConversationId id) {
        return desk::mark_read(w, who, id, seq);
    };
    co_return co_await command(s, std::move(call), std::move(run));
}

Task<Reply> claim(DeskServices& s, Call call) {
    co_return co_await command(s, std::move(call), [](store::Write& w, const Principal& who, ConversationId id) {
        return desk::claim(w, who, id);
    });
}

Task<Reply> assign(DeskServices& s, Call call) {
    auto input = call.input<shape::Assignment>();
    if (!input) co_return input.error();
    auto sent = call.json_body();
    if (!sent) co_return sent.error();
    const bool user = sent->as_object().contains("userId");
    const bool participants = sent->as_object().contains("participantIds");
    if (!user && !participants) co_return validation("", "expected userId, participantIds or both");
    auto run = [in = *input, user, participants](store::Write& w, const Principal& who,
                                                 ConversationId id) -> Result<Conversation> {
        desk::Assignment wish;
        if (participants) wish.participants = in.participant_ids;
        if (user) wish.user = in.user_id.value_or(UserId{});
        return desk::assign(w, who, id, wish);
    };
    co_return co_await command(s, std::move(call), std::move(run));
}

Task<Reply> typing(DeskServices& s, Call call) {
    auto id = call.id<ConversationId>("id");
    if (!id) co_return id.error();
    auto look = [who = call.caller.principal, id = *id](store::Session& sql) -> Result<Conversation> {
        auto found = store::find_conversation(sql, id);
        if (!found || !may_see(*who, visibility_key(*found)))
            return not_found("There is no conversation " + to_string(id) + ".");
        if (!who->may(permission::kReply)) return forbidden(permission::kReply);
        if (!may_work(*who, visibility_key(*found))) return forbidden(permission::kManageAll);
        return std::move(*found);
    };
    auto row = co_await s.base.store.read(std::move(look));
    if (!row) co_return row.error();
    if (s.typing) s.typing(call.who(), *row);
    co_return no_content();
}

Task<Reply> decisions(DeskServices& s, Call call) {
    auto id = call.id<ConversationId>("id");
    if (!id) co_return id.error();
    auto look = [who = call.caller.principal, id = *id](store::Session& sql) -> Result<std::vector<shape::Decision>> {
        auto row = store::find_conversation(sql, id);
        if (!row || !may_see(*who, visibility_key(*row)))
            return not_found("There is no conversation " + to_string(id) + ".");
        std::vector<shape::Decision> out;
        for (auto& [at, decision] : sql.rows<std::tuple<Time, json::object>>(
                 "SELECT at, decision FROM routing_decision WHERE conversation_id = :id ORDER BY id DESC LIMIT 50",
                 id)) {
            out.push_back({at, std::move(decision)});
        }
        return out;
    };
    auto found = co_await s.base.store.read(std::move(look));
    if (!found) co_return found.error();
    co_return page(*found);
}

}  // namespace

void add_conversations(Api& api, DeskServices& s) {
    const std::string tag = "Conversations";
    const auto on = [&](std::string method, std::string path, std::string summary, Body request, auto handler) {
        api.add({.method = std::move(method),
                 .path = "/conversations/{id}" + path,
                 .summary = std::move(summary),
                 .tag = tag,
                 .request = std::move(request),
                 .answers = {one<ConversationView>()}},
                [&s, handler](Call call) { return handler(s, std::move(call)); });
    };
    api.add(
        {.method = "GET",
         .path = "/conversations",
         .summary = "Conversations that one may see, newest activity first",
         .tag = tag,
         .query = paging({{"status", "unanswered, active, waiting, solved or closed.", {{"type", "string"}}, true},
                          {"inboxId", "", {{"type", "string"}}, true},
                          {"assigneeId", "me, none or an id."},
                          {"unread", "true: with unread messages.", {{"type", "boolean"}}},
                          {"priority", "low, normal, high or urgent.", {{"type", "string"}}, true},
                          {"tag", "", {{"type", "string"}}, true},
                          {"channel", "", {{"type", "string"}}, true},
                          {"contactId", ""},
                          {"q", "In the contact's name and addresses, and in texts with inbox/all-work/search-text."}}),
         .answers = {many<ConversationView>()}},
        [&s](Call call) { return list(s, std::move(call)); });
    api.add({.method = "POST",
             .path = "/conversations",
             .summary = "Write to a customer first",
             .tag = tag,
             .needs = permission_of(permission::kStart),
             .request = body<shape::NewConversation>({"accountId", "to", "message"}),
             .answers = {one<ConversationView>(201, "A new conversation, unanswered."),
                         one<ConversationView>(200, "The contact's open one was used.")},
             .idempotent = true},
            [&s](Call call) { return begin(s, std::move(call)); });
    api.add({.method = "GET",
             .path = "/conversations/counts",
             .summary = "How many are open and unread; each figure is capped at 1000",
             .tag = tag,
             .answers = {one<store::ConversationCounts>()}},
            [&s](Call call) { return counts(s, std::move(call)); });
    on("GET", "", "One conversation", {}, get);
    on("PATCH", "", "Change subject, priority, custom fields", body<shape::ConversationEdit>(), change);
    on("PUT", "/status", "Change the status; 409 names what is allowed", body<shape::StatusChange>({"status"}),
       set_status);
    on("PUT", "/tags", "Replace the tags", body<shape::Tags>({"tags"}), set_tags);
    on("POST", "/read", "Mark as read up to an entry", body<shape::ReadMark>({"seq"}), mark_read);
    on("POST", "/claim", "Take an unassigned conversation; 409 says who was faster", {}, claim);
    on("POST", "/assign", "Assign to a user, to nobody (null), and set participants", body<shape::Assignment>(),
       assign);
    api.add({.method = "POST",
             .path = "/conversations/{id}/typing",
             .summary = "One is typing: shown to colleagues and, where the channel can, the customer",
             .tag = tag,
             .needs = permission_of(permission::kReply),
             .answers = {none()}},
            [&s](Call call) { return typing(s, std::move(call)); });
    api.add({.method = "GET",
             .path = "/conversations/{id}/decisions",
             .summary = "Why this agent: the stored routing decisions, newest first",
             .tag = tag,
             .answers = {many<shape::Decision>()}},
            [&s](Call call) { return decisions(s, std::move(call)); });
}

}  // namespace usher::api
