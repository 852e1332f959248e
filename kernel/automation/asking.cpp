#include "automation/asking.hpp"

#include "desk/change.hpp"
#include "foundation/log.hpp"
#include "model/inbox.hpp"
#include "store/repositories/conversations.hpp"

namespace usher::automation {
namespace {

/// An inbox's settings as responders read them: snake_case, weekdays as lists.
json::object inbox_facts(const Inbox& inbox) {
    json::object schedule;
    for (const auto& [day, slots] : inbox.working_hours.schedule) {
        schedule[day] = slots ? to_json(slots->slots) : json::value(nullptr);
    }
    const auto& r = inbox.auto_responder;
    return {{"id", to_json(inbox.id)},
            {"name", inbox.name},
            {"working_hours",
             {{"enabled", inbox.working_hours.enabled},
              {"timezone", inbox.working_hours.timezone},
              {"schedule", std::move(schedule)},
              {"holidays", to_json(inbox.working_hours.holidays)}}},
            {"outside_hours_message", to_json(inbox.outside_hours_message)},
            {"auto_responder",
             {{"enabled", r.enabled},
              {"message", r.message},
              {"delay_seconds", r.delay_seconds},
              {"conditions", {{"outside_working_hours", r.conditions.outside_working_hours}}}}}};
}

const std::optional<Inbox>& inbox_of(store::Session& sql, Facts& facts, InboxId id) {
    const auto [at, missing] = facts.inboxes.try_emplace(id);
    if (!missing) return at->second;
    if (auto found = sql.one<std::tuple<std::string, WorkingHours, std::optional<std::string>, AutoResponder>>(
            "SELECT name, working_hours, outside_hours_message, auto_responder FROM inbox WHERE id = :id", id)) {
        Inbox settings;
        settings.id = id;
        std::tie(settings.name, settings.working_hours, settings.outside_hours_message, settings.auto_responder) =
            std::move(*found);
        at->second = std::move(settings);
    }
    return at->second;
}

}  // namespace

Facts read_facts(store::Session& sql, const std::vector<ConversationId>& ids, Time now) {
    Facts facts{now, desk::account_names(sql), {}, {}};
    for (auto& row : store::find_conversations(sql, ids)) facts.conversations.emplace(row.id.value, std::move(row));
    return facts;
}

bool join_facts(store::Session& sql, ConversationId id, Facts& facts, json::object& event) {
    const auto found = facts.conversations.find(id.value);
    if (found == facts.conversations.end()) return false;
    const Conversation& row = found->second;
    json::object shown = desk::event_facts(row);
    const auto account = facts.accounts.find(row.account_id.value);
    const bool known = account != facts.accounts.end();
    shown["account_id"] = known ? json::value(account->second.slug) : json::value(nullptr);
    shown["channel"] = known ? json::value(account->second.channel) : json::value(nullptr);
    if (row.waiting_since) shown["waiting_since_unix_us"] = row.waiting_since->us;
    event["conversation"] = std::move(shown);
    if (const auto& inbox = inbox_of(sql, facts, row.inbox_id)) {
        event["inbox"] = inbox_facts(*inbox);
        event["open_now"] = is_open_at(inbox->working_hours, facts.now);
    } else {
        event["inbox"] = nullptr;
        event["open_now"] = true;
    }
    return true;
}

bool passes(const Error& error) {
    return error.code == Errc::unavailable || error.code == Errc::timeout || error.code == Errc::fenced;
}

Task<Answer> Asking::ask(std::string responder, std::string event, std::string what) const {
    for (int attempt = 1;; ++attempt) {
        Answer answer;
        const auto instance = registry.find(plugins::Kind::responder, responder);
        if (!instance) {
            answer.end = Answer::End::not_running;
            answer.error = "the responder is not running";
            co_return answer;
        }
        auto actions = co_await instance->respond(event);
        if (actions) {
            answer.actions = std::move(*actions);
            co_return answer;
        }
        answer.error = actions.error().message;
        if (actions.error().code == Errc::unavailable) {
            answer.end = Answer::End::not_running;
            co_return answer;
        }
        const bool last = attempt >= options.tries;
        log::warn("automation",
                  last ? "a responder failed; the event is left out" : "a responder failed; it is asked again",
                  {{"responder", responder}, {"event", what}, {"error", answer.error}});
        if (last) {
            answer.end = Answer::End::left_out;
            co_return answer;
        }
        co_await sleep_for(options.retry_delay * attempt);
    }
}

Task<bool> Asking::save(std::function<Result<void>(store::Write&)> member) const {
    for (;;) {
        auto done = co_await store.write(member);
        if (done) co_return true;
        const bool away = passes(done.error());
        log::warn("automation",
                  away ? "a responder's actions could not be written yet" : "a responder's actions are left out",
                  {{"error", done.error().message}});
        if (!away) co_return false;
        co_await sleep_for(std::chrono::seconds(1));
    }
}

}  // namespace usher::automation
