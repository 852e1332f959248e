// Accounts made, changed and deleted.
#include "access/access.hpp"
#include "desk/delivery.hpp"
#include "foundation/log.hpp"
#include "foundation/text.hpp"
#include "model/event_types.hpp"
#include "net/cidr.hpp"
#include "provisioning/account_parts.hpp"

namespace usher::provisioning {
namespace {

constexpr int kFailedAtOnce = 100;  // messages that end in one write

Error stands_in_yaml(const store::AccountRow& row) {
    return conflict("provisioned", "The account '" + row.slug + "' stands in the configuration at " + *row.source +
                                       ": edit it there, then send the daemon SIGHUP. Here it is read-only.");
}

Error changed_meanwhile(const store::AccountRow& row) {
    return {Errc::precondition, "The account '" + row.slug + "' was changed meanwhile; load it again."};
}

Error messages_wait(const std::string& slug, std::int64_t count) {
    return conflict("messages_waiting",
                    std::to_string(count) + (count == 1 ? " message waits" : " messages wait") +
                        " to be sent through '" + slug +
                        "'. Let them go first, or delete with waiting=fail: then they end as failed.");
}

Error no_longer_there(std::string_view inbox) {
    return validation("/inboxId", "there is no inbox " + std::string(inbox));
}

Event account_event(std::string_view type, const store::AccountRow& row, UserId by, json::object data) {
    return access::people_event(type, row.space_id, row.id.value, by, std::move(data));
}

json::array changed_members(const AccountDraft& before, const AccountDraft& after) {
    json::array out;
    const json::object was = to_json(before).as_object();
    const json::object now = to_json(after).as_object();
    for (const auto& member : now) {
        if (was.at(member.key()) != member.value()) out.emplace_back(member.key());
    }
    return out;
}

bool inbox_exists(store::Session& sql, SpaceId space, InboxId inbox) {
    return sql.one<InboxId>("SELECT id FROM inbox WHERE id = :id AND space_id = :space", inbox, space).has_value();
}

/// Its secrets and what its plugin kept go with it.
Result<void> delete_row(store::Write& write, store::AccountRow row, UserId by) {
    mark_deleted(row, write.now());
    if (!store::update_account(write.sql(), row)) return changed_meanwhile(row);
    store::forget_plugin_values(write.sql(), "channel/" + row.slug);
    write.append(account_event(event_type::kAccountDeleted, row, by, {{"version", row.version}}));
    return {};
}

/// Of an attempt that was on its way when the instance ended, nobody can say what came.
Result<void> end_message(store::Write& write, EntryId message, bool attempted) {
    if (attempted) {
        return desk::settle_ended(write, message, MessageStatus::unknown, "account_deleted",
                                  "The account was deleted while the message was being sent.");
    }
    return desk::settle_ended(write, message, MessageStatus::failed, "account_deleted",
                              "The account was deleted before the message was sent.");
}

}  // namespace

Task<Result<AccountView>> Accounts::create_now(Principal who, NewAccount input,
                                               std::optional<store::IdempotencyKey> key, Faults faults) {
    check_slug(input.id, faults);
    if (input.draft.name.empty()) input.draft.name = input.id.empty() ? "unnamed" : input.id;  // /id is told already
    input.draft.config = without_nulls(input.draft.config);
    check(input.channel, input.draft, faults);
    if (auto allowed = may_reach(who, {}, input.draft.egress); !allowed) co_return allowed.error();
    auto taken = turn(input.id);
    if (!taken) co_return taken.error();
    struct Made {
        store::AccountRow row;
        bool fresh = true;
    };
    auto work = [this, who, input, key, faults](store::Write& write) -> Result<Made> {
        auto& sql = write.sql();
        auto earlier = store::earlier_result(sql, key, write.now());
        if (!earlier) return earlier.error();
        if (*earlier) {
            auto row = store::find_account(sql, AccountKey{**earlier});
            if (!row || row->deleted_at) return no_account(input.id);
            return Made{std::move(*row), false};
        }
        Faults all = faults;
        if (input.draft.inbox_id && !inbox_exists(sql, who.space_id, *input.draft.inbox_id))
            detail::fault(all, "/inboxId", "there is no inbox " + to_string(*input.draft.inbox_id));
        if (auto ok = access::refuse(std::move(all)); !ok) return ok.error();
        auto row = store::find_account_even_deleted(sql, input.id);
        if (row && !row->deleted_at)
            return conflict("already_exists", "There is already an account '" + input.id + "'.");
        if (row && (row->channel != input.channel || row->space_id != who.space_id)) {
            return conflict("id_was_used", "'" + input.id + "' was an account of the channel " + row->channel +
                                               ", and its conversations still name it; choose another id.");
        }
        const bool again = row.has_value();  // its conversations go on
        if (!again) {
            row.emplace();
            row->id = {write.next_id()};
            row->slug = input.id;
            row->space_id = who.space_id;
            row->channel = input.channel;
            row->created_at = write.now();
        }
        row->deleted_at.reset();
        row->source.reset();
        *row = row_with(std::move(*row), input.draft);
        if (!again) {
            store::insert_account(sql, *row);
        } else if (!store::update_account(sql, *row)) {
            return changed_meanwhile(*row);
        }
        store::remember(write, key, row->id.value);
        write.append(account_event(event_type::kAccountCreated, *row, who.user_id,
                                   {{"version", row->version}, {"enabled", row->enabled}}));
        return Made{std::move(*row), true};
    };
    auto made = co_await store_.write(std::move(work));
    if (!made) co_return made.error();
    if (!made->fresh) co_return view_of(std::move(made->row));
    co_await apply(made->row);
    const auto status = registry_.status(plugins::Kind::channel, input.id);
    if (made->row.enabled && status && !registry_.account(input.id)) {
        // The plugin does not take this configuration at all: nothing came of it.
        const std::string said = status->last_error;
        auto undo = [row = made->row, by = who.user_id](store::Write& write) -> Result<void> {
            return delete_row(write, row, by);
        };
        auto undone = co_await store_.write(std::move(undo));
        co_await apply_stored(input.id);
        if (!undone) co_return undone.error();
        co_return validation("/config", said);
    }
    co_return view_of(std::move(made->row));
}

Task<Result<AccountView>> Accounts::update_now(Principal who, std::string slug, std::optional<std::int64_t> if_match,
                                               Edit edit) {
    auto taken = turn(slug);
    if (!taken) co_return taken.error();
    auto row = co_await row_of(who, slug);
    if (!row) co_return row.error();
    if (row->source) co_return stands_in_yaml(*row);
    if (if_match && *if_match != row->version) co_return changed_meanwhile(*row);
    std::vector<std::string> lost;
    const AccountDraft before = draft_of(*row, &lost);
    AccountDraft after = before;
    Faults faults;
    edit(after, faults);
    const bool new_config = after.config != before.config;
    if (new_config) {
        for (const auto& place : lost) {
            boost::system::error_code none;
            if (!json::value(after.config).find_pointer(place, none)) {
                detail::fault(faults, "/config" + place,
                              "the stored value cannot be opened with the present secret_key; give it again, or null");
            }
        }
        json::value kept = registry_.keep_secrets(plugins::Kind::channel, row->channel, after.config, before.config);
        after.config = without_nulls(kept.as_object());
    }
    if (new_config || (after.enabled && !before.enabled)) {
        check(row->channel, after, faults);
    } else {
        check_account_name(after.name, faults);
        check_retry(after.retry, faults);
        if (auto ranges = net::parse_cidrs(after.egress.allow_cidrs); !ranges)
            detail::fault(faults, "/egress/allowCidrs", ranges.error().message);
    }
    if (auto ok = access::refuse(std::move(faults)); !ok) co_return ok.error();
    if (auto allowed = may_reach(who, before.egress, after.egress); !allowed) co_return allowed.error();
    if (!new_config && !lost.empty() && after.enabled && !before.enabled)
        co_return conflict("secrets_lost", spec_of(*row).error().message);
    auto changed = changed_members(before, after);

    // First on what runs, as it may still refuse.
    const bool there = registry_.spec(plugins::Kind::channel, slug).has_value();
    const auto status = registry_.status(plugins::Kind::channel, slug);
    const bool failed = status && status->state == plugins::State::failed;
    if (changed.empty() && !(failed && after.enabled)) co_return view_of(std::move(*row));
    const bool runs_as_lost = !lost.empty() && !new_config;
    if (!runs_as_lost) {
        plugins::InstanceSpec spec = spec_of(*row, after);
        Result<void> done;
        if (there) {
            done = co_await registry_.reconfigure(std::move(spec));
        } else {
            done = co_await registry_.add(std::move(spec));
            const auto now = registry_.status(plugins::Kind::channel, slug);
            if (done && after.enabled && now && !registry_.account(slug)) {
                done = validation("", now->last_error);
                auto gone = co_await registry_.remove(plugins::Kind::channel, slug);
                if (!gone) log::error("provisioning", gone.error().message, {{"account", slug}});
            }
        }
        if (!done) co_return about_config(done.error());
    }
    if (changed.empty()) co_return view_of(std::move(*row));

    auto work = [this, who, row = *row, after, changed,
                 runs_as_lost](store::Write& write) -> Result<store::AccountRow> {
        if (after.inbox_id && !inbox_exists(write.sql(), who.space_id, *after.inbox_id))
            return no_longer_there(to_string(*after.inbox_id));
        store::AccountRow next = row_with(row, after);
        if (runs_as_lost) next.config = row.config;
        if (!store::update_account(write.sql(), next)) return changed_meanwhile(row);
        write.append(account_event(event_type::kAccountUpdated, next, who.user_id,
                                   {{"version", next.version}, {"changed", changed}}));
        return next;
    };
    auto written = co_await store_.write(std::move(work));
    if (!written) {
        co_await apply_stored(slug);
        co_return written.error();
    }
    if (!runs_as_lost) note_problem(slug, "");
    co_return view_of(std::move(*written));
}

Task<Result<bool>> Accounts::remove_now(Principal who, std::string slug, std::optional<std::int64_t> if_match,
                                        bool fail_waiting) {
    auto taken = turn(slug);
    if (!taken) co_return taken.error();
    auto row = co_await row_of(who, slug);
    if (!row) co_return row.error();
    if (row->source) co_return stands_in_yaml(*row);
    if (if_match && *if_match != row->version) co_return changed_meanwhile(*row);
    if (!fail_waiting) {
        auto count = [id = row->id](store::Session& sql) { return store::count_waiting(sql, id); };
        auto waiting = co_await store_.read(std::move(count));
        if (!waiting) co_return waiting.error();
        if (*waiting > 0) co_return messages_wait(slug, *waiting);
    }
    // Its instance finishes what it does; from here on nothing new comes in or goes out.
    if (registry_.spec(plugins::Kind::channel, slug)) {
        auto stopped = co_await registry_.remove(plugins::Kind::channel, slug);
        if (!stopped) co_return stopped.error();
    }
    for (;;) {
        auto work = [row = *row, by = who.user_id, fail_waiting](store::Write& write) -> Result<bool> {
            auto& sql = write.sql();
            const auto waiting = store::some_waiting(sql, row.id, kFailedAtOnce);
            if (!fail_waiting && !waiting.empty()) return messages_wait(row.slug, store::count_waiting(sql, row.id));
            for (const auto& [message, attempted] : waiting) {
                auto ended = end_message(write, message, attempted);
                if (!ended) throw Failure(ended.error());
            }
            if (!waiting.empty()) return false;
            if (auto deleted = delete_row(write, row, by); !deleted) return deleted.error();
            return true;
        };
        auto done = co_await store_.write(std::move(work));
        if (!done) {
            co_await apply_stored(slug);
            co_return done.error();
        }
        if (*done) break;
    }
    note_problem(slug, "");
    co_return true;
}

}  // namespace usher::provisioning
