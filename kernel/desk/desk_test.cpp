#include "desk/assignment.hpp"
#include "desk/contacts.hpp"
#include "desk/conversations.hpp"
#include "desk/delivery.hpp"
#include "desk/desk_fixture.hpp"
#include "desk/messages.hpp"
#include "desk/views.hpp"
#include "store/repositories/conversations.hpp"
#include "store/repositories/entries.hpp"

namespace usher::desk {
namespace {

using namespace std::chrono_literals;

class Desk : public testing::DeskTest {
protected:
    Result<Entry> send(const Principal& who, ConversationId id, std::string text,
                       std::chrono::microseconds hold = 0us) {
        Draft draft;
        draft.conversation_id = id;
        draft.text = std::move(text);
        draft.hold = hold;
        return write([=](store::Write& w) { return send_message(w, who, draft); });
    }
    Result<std::optional<Taken>> take(EntryId id) {
        return write([=](store::Write& w) { return take_for_sending(w, id); });
    }
    Result<Conversation> status(const Principal& who, ConversationId id, ConversationStatus to) {
        return write([=](store::Write& w) { return set_status(w, who, id, to, std::nullopt); });
    }
    static std::string told(const Error& error) {
        return error.details.empty() ? error.message : error.details[0].path + ": " + error.details[0].message;
    }
    MessageStatus status_of(EntryId id) {
        return read([=](store::Session& sql) { return store::find_entry(sql, id)->status; });
    }
};
USHER_ON_EVERY_DATABASE(Desk);

TEST_P(Desk, AReplyClaimsAnUnassignedConversationAndCountsAsItsAgentsLoad) {
    const auto c = conversation();
    EXPECT_TRUE(waits(c.id));
    auto entry = send(anna(), c.id, "hi", 5s);
    ASSERT_TRUE(entry) << entry.error().message;
    EXPECT_EQ(entry->status, MessageStatus::held);
    const auto now = reload(c.id);
    EXPECT_EQ(now.assignee_id, kAnna);
    EXPECT_EQ(load_of(kAnna), 1);
    EXPECT_FALSE(waits(c.id));
    EXPECT_EQ(now.last_text, "hi");
    auto other = send(ben(), c.id, "me too");
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, Errc::forbidden);
}

// proves S3-24
TEST_P(Desk, OfTwoWhoClaimOneIsFasterAndTheOtherLearnsWho) {
    const auto c = conversation();
    ASSERT_TRUE(write([=, this](store::Write& w) { return claim(w, ben(), c.id); }));
    auto late = write([=, this](store::Write& w) { return claim(w, anna(), c.id); });
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Errc::conflict);
    EXPECT_EQ(late.error().message, "Ben was faster.");
}

// proves S0-11 S1-14
TEST_P(Desk, AViewerAndASeatlessAgentCannotReply) {
    const auto c = conversation();
    const auto viewer = send(principal({704}, {"viewer"}), c.id, "x");
    EXPECT_EQ(viewer.error().code, Errc::forbidden);
    const auto seatless = send(principal(kAnna, {"agent"}, {kInbox}, false), c.id, "x");
    EXPECT_EQ(seatless.error().message, "This needs the permission inbox/my-work/reply.");
    const auto stranger = send(principal({705}, {"agent"}, {kOtherInbox}), c.id, "x");
    EXPECT_EQ(stranger.error().code, Errc::not_found);
}

// proves S2-27
TEST_P(Desk, UndoWinsUntilTheMessageIsTaken) {
    const auto c = conversation();
    auto first = send(anna(), c.id, "oops", 5s);
    auto undone = write([=, this](store::Write& w) { return undo_message(w, anna(), c.id, first->id); });
    ASSERT_TRUE(undone) << undone.error().message;
    EXPECT_EQ(undone->status, MessageStatus::undone);
    EXPECT_EQ(reload(c.id).last_text, "hello");
    EXPECT_FALSE(*take(first->id));

    auto second = send(anna(), c.id, "really", 5s);
    EXPECT_FALSE(*take(second->id)) << "not before its window has passed";
    clock().advance(6s);
    auto taken = take(second->id);
    ASSERT_TRUE(taken && *taken);
    EXPECT_EQ((*taken)->address, "c1");
    EXPECT_EQ((*taken)->row.out_seq, 1);
    EXPECT_TRUE(reload(c.id).first_response_at == second->created_at) << "when it was written, as statistics join it";
    EXPECT_FALSE(reload(c.id).waiting_since);
    auto late = write([=, this](store::Write& w) { return undo_message(w, anna(), c.id, second->id); });
    EXPECT_EQ(late.error().message, "This message is already on its way.");
}

TEST_P(Desk, MessagesOfAConversationGoInOrder) {
    const auto c = conversation();
    auto first = send(anna(), c.id, "1");
    auto second = send(anna(), c.id, "2");
    EXPECT_FALSE(*take(second->id));
    ASSERT_TRUE(*take(first->id));
    ASSERT_TRUE(write([=](store::Write& w) { return settle_sent(w, first->id, {"r-1"}, MessageStatus::sent); }));
    auto taken = take(second->id);
    ASSERT_TRUE(*taken);
    EXPECT_EQ((*taken)->row.out_seq, 2);
}

TEST_P(Desk, ReceiptsMoveForwardOnlyAndEarlyOnesWait) {
    const auto c = conversation();
    auto m = send(anna(), c.id, "1");
    ASSERT_TRUE(*take(m->id));
    const auto receipt = [&](std::string remote, MessageStatus to) {
        auto done = write([=](store::Write& w) {
            return apply_receipt(w, {kAccount, remote, {}, to, std::nullopt, std::nullopt});
        });
        EXPECT_TRUE(done);
        return *done;
    };
    EXPECT_FALSE(receipt("r-1", MessageStatus::delivered).message_id) << "it is not known yet";
    ASSERT_TRUE(write([=](store::Write& w) { return settle_sent(w, m->id, {"r-1"}, MessageStatus::sent); }));
    EXPECT_EQ(status_of(m->id), MessageStatus::delivered);
    EXPECT_EQ(receipt("r-1", MessageStatus::failed).ignored, "after_delivered");
    EXPECT_EQ(receipt("r-1", MessageStatus::sent).ignored, "lower_rank");
    EXPECT_EQ(receipt("r-1", MessageStatus::read).ignored, "");
    EXPECT_EQ(status_of(m->id), MessageStatus::read);
}

TEST_P(Desk, AFailedMessageCanBeSentAgainAndAnUnknownOneSettledByHand) {
    const auto c = conversation();
    auto m = send(anna(), c.id, "1");
    ASSERT_TRUE(*take(m->id));
    ASSERT_TRUE(write([=](store::Write& w) {
        return settle_ended(w, m->id, MessageStatus::failed, "blocked", "The customer blocked us.");
    }));
    auto again = write([=, this](store::Write& w) { return retry_message(w, anna(), c.id, m->id); });
    ASSERT_TRUE(again);
    EXPECT_EQ(again->status, MessageStatus::queued);
    ASSERT_TRUE(*take(m->id));
    ASSERT_TRUE(write([=](store::Write& w) {
        return settle_ended(w, m->id, MessageStatus::unknown, "timeout", "It may have been sent.");
    }));
    ASSERT_TRUE(write([=, this](store::Write& w) { return mark_sent(w, anna(), c.id, m->id); }));
    EXPECT_EQ(status_of(m->id), MessageStatus::sent);
    auto no = write([=, this](store::Write& w) { return retry_message(w, anna(), c.id, m->id); });
    EXPECT_EQ(no.error().code, Errc::conflict);
}

TEST_P(Desk, AReceiptThatSettlesAMessageLeavesNothingInTheOutbox) {
    const auto c = conversation();
    const auto waiting = [&] {
        return read([](store::Session& sql) { return *sql.one<std::int64_t>("SELECT COUNT(*) FROM outbox"); });
    };
    const auto receipt = [&](EntryId id, MessageStatus to) {
        return write([=](store::Write& w) {
            return apply_receipt(w, {kAccount, "", id, to, std::string(300, 'x'), std::nullopt});
        });
    };
    auto first = send(anna(), c.id, "1");
    auto second = send(anna(), c.id, "2");
    ASSERT_TRUE(*take(first->id));
    ASSERT_TRUE(receipt(first->id, MessageStatus::delivered));
    ASSERT_TRUE(write([=](store::Write& w) { return settle_later(w, first->id, w.now()); }));
    EXPECT_EQ(status_of(first->id), MessageStatus::delivered);
    EXPECT_EQ(waiting(), 1) << "the second is free to go";

    ASSERT_TRUE(receipt(second->id, MessageStatus::failed)) << "a code of any length";
    EXPECT_EQ(waiting(), 0);
    EXPECT_EQ(status_of(second->id), MessageStatus::failed);
    EXPECT_FALSE(*take(second->id));

    auto third = send(anna(), c.id, "3");
    ASSERT_TRUE(*take(third->id));
    ASSERT_TRUE(receipt(third->id, MessageStatus::failed));
    auto again = write([=, this](store::Write& w) { return retry_message(w, anna(), c.id, third->id); });
    EXPECT_EQ(again.error().reason, "still_sending");
    ASSERT_TRUE(write([=](store::Write& w) { return settle_later(w, third->id, w.now()); }));
    EXPECT_EQ(waiting(), 0);
    EXPECT_TRUE(write([=, this](store::Write& w) { return retry_message(w, anna(), c.id, third->id); }));
}

TEST_P(Desk, AReplyOpensASolvedConversationAgain) {
    const auto c = conversation();
    ASSERT_TRUE(write([=, this](store::Write& w) { return claim(w, anna(), c.id); }));
    ASSERT_TRUE(status(anna(), c.id, ConversationStatus::solved));
    ASSERT_TRUE(send(anna(), c.id, "one more thing"));
    const auto now = reload(c.id);
    EXPECT_EQ(now.status, ConversationStatus::active);
    EXPECT_FALSE(now.resolved_at || now.resolved_by);
    EXPECT_EQ(load_of(kAnna), 1);
    const auto told = read([=](store::Session& sql) {
        return *sql.one<std::int64_t>(
            "SELECT COUNT(*) FROM event WHERE conversation_id = :id AND type = 'conversation.status'", c.id);
    });
    EXPECT_EQ(told, 2);
}

// proves S2-45 S2-48
TEST_P(Desk, StatusFreesAndTakesCapacityAndClosedTakesNothing) {
    const auto c = conversation();
    ASSERT_TRUE(write([=, this](store::Write& w) { return claim(w, anna(), c.id); }));
    EXPECT_EQ(load_of(kAnna), 1);
    ASSERT_TRUE(status(anna(), c.id, ConversationStatus::waiting));
    EXPECT_EQ(load_of(kAnna), 0);
    ASSERT_TRUE(status(anna(), c.id, ConversationStatus::active));
    EXPECT_EQ(load_of(kAnna), 1);
    ASSERT_TRUE(status(anna(), c.id, ConversationStatus::closed));
    EXPECT_EQ(load_of(kAnna), 0);
    EXPECT_FALSE(reload(c.id).open_key);
    EXPECT_EQ(send(anna(), c.id, "x").error().message, "This conversation is closed; set it to active first.");
    EXPECT_EQ(status(anna(), c.id, ConversationStatus::unanswered).error().code, Errc::conflict);
    ASSERT_TRUE(status(anna(), c.id, ConversationStatus::active));
    EXPECT_EQ(reload(c.id).open_key, c.open_key);
}

// proves S2-31
TEST_P(Desk, TagsAreNormalisedAndFaultsAreNamed) {
    const auto c = conversation();
    auto done = write([=, this](store::Write& w) { return set_tags(w, anna(), c.id, {"vip", " refund ", "vip"}); });
    ASSERT_TRUE(done);
    EXPECT_EQ(done->tags, (std::vector<std::string>{"refund", "vip"}));
    auto bad = write([=, this](store::Write& w) { return set_tags(w, anna(), c.id, {"ok", " "}); });
    EXPECT_EQ(bad.error().details.at(0).path, "/tags/1");
}

TEST_P(Desk, OnlyTheAssigneeMarksRead) {
    const auto c = conversation();
    ASSERT_TRUE(write([=, this](store::Write& w) { return claim(w, anna(), c.id); }));
    auto looked = write([=, this](store::Write& w) { return mark_read(w, supervisor(), c.id, 99); });
    EXPECT_EQ(looked->unread_count, 1);
    auto read_it = write([=, this](store::Write& w) { return mark_read(w, anna(), c.id, 99); });
    EXPECT_EQ(read_it->unread_count, 0);
    EXPECT_EQ(read_it->read_seq, reload(c.id).last_seq);
}

// proves S2-43 S3-40
TEST_P(Desk, WeWriteFirstAndTheOpenConversationIsUsedAgain) {
    const auto begin = [&] {
        return write([=, this](store::Write& w) {
            return begin_conversation(w, anna(), {kAccount, {}, "new-customer", "Nora"});
        });
    };
    auto first = begin();
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_TRUE(first->created);
    EXPECT_EQ(first->conversation.status, ConversationStatus::unanswered);
    EXPECT_EQ(first->conversation.inbox_id, kInbox);
    EXPECT_FALSE(waits(first->conversation.id));
    auto second = begin();
    EXPECT_FALSE(second->created);
    EXPECT_EQ(second->conversation.id, first->conversation.id);
}

TEST_P(Desk, AViewerOfAnInboxOnlyReadsThereWhateverTheirRole) {
    const auto c = conversation();
    Principal vera = principal(kAnna, {"agent"});
    vera.viewer_inboxes = {kInbox};
    const auto refuses = [&](const Error& error) {
        EXPECT_EQ(error.code, Errc::forbidden);
        EXPECT_EQ(error.message,
                  "Your role in this inbox is viewer. This needs the permission inbox/conversations/manage-all.");
    };
    refuses(send(vera, c.id, "x").error());
    refuses(write([=](store::Write& w) { return claim(w, vera, c.id); }).error());
    refuses(write([=](store::Write& w) { return add_note(w, vera, c.id, "x"); }).error());
    refuses(status(vera, c.id, ConversationStatus::closed).error());
    refuses(write([=](store::Write& w) { return set_tags(w, vera, c.id, {"x"}); }).error());
    refuses(write([=](store::Write& w) { return assign(w, vera, c.id, {.user = vera.user_id}); }).error());
    EXPECT_EQ(write([=](store::Write& w) { return mark_read(w, vera, c.id, 1); })->read_seq, 0);
    EXPECT_EQ(reload(c.id).version, c.version);
    const auto begun = write([=](store::Write& w) {
        return begin_conversation(w, vera, {kAccount, kInbox, "another", ""});
    });
    EXPECT_EQ(told(begun.error()), "/inboxId: your role in this inbox is viewer");
    vera.permissions = supervisor().permissions;
    EXPECT_TRUE(send(vera, c.id, "who manages all is no viewer"));
}

TEST_P(Desk, NobodyAssignsToAViewerOfTheInbox) {
    const auto c = conversation();
    ASSERT_TRUE(write([](store::Write& w) {
        w.sql().exec("UPDATE inbox_member SET role = 2 WHERE user_id = :id AND inbox_id = :inbox", kBen, kInbox);
    }));
    const auto refused = write([=, this](store::Write& w) { return assign(w, supervisor(), c.id, {.user = kBen}); });
    EXPECT_EQ(told(refused.error()), "/userId: this user is a viewer of the conversation's inbox");
}

TEST_P(Desk, AssigneeAndParticipantsChangeTogetherOrNotAtAll) {
    const auto c = conversation();
    const auto refused = write([=, this](store::Write& w) {
        return assign(w, supervisor(), c.id, {.user = UserId{999}, .participants = std::vector<UserId>{kAnna}});
    });
    EXPECT_EQ(refused.error().details.at(0).path, "/userId");
    EXPECT_EQ(reload(c.id).version, c.version);
    const auto both = write([=, this](store::Write& w) {
        return assign(w, supervisor(), c.id, {.user = kBen, .participants = std::vector<UserId>{kAnna, kAnna}});
    });
    ASSERT_TRUE(both) << both.error().message;
    EXPECT_EQ(both->participant_ids, std::vector<UserId>{kAnna});
    EXPECT_EQ(both->version, c.version + 1) << "one change";
}

TEST_P(Desk, AConversationBeginsOnlyInAnInboxOfOnesOwn) {
    Principal who = principal(kAnna, {"agent"}, {kInbox});
    std::erase_if(who.permissions, [](const auto& p) { return p == permission::kTransferQueue; });
    const auto begin = [&](InboxId inbox, const Principal& p) {
        return write([=](store::Write& w) {
            return begin_conversation(w, p, {kAccount, inbox, "to" + to_string(inbox), ""});
        });
    };
    EXPECT_EQ(told(begin(kOtherInbox, who).error()), "/inboxId: you are no member of this inbox");
    EXPECT_TRUE(begin(kInbox, who));
    EXPECT_TRUE(begin(kOtherInbox, anna())) << "who may move it there may begin it there";
    std::erase_if(who.permissions, [](const auto& p) { return p == permission::kWorkAssigned; });
    EXPECT_EQ(begin(kInbox, who).error().message, "This needs the permission inbox/conversations/work-assigned.");
}

TEST_P(Desk, AnEditWithoutAChangeIsNone) {
    const auto c = conversation();
    const auto events = [&] {
        return read([](store::Session& sql) { return *sql.one<std::int64_t>("SELECT COUNT(*) FROM event"); });
    };
    Edit edit_to;
    edit_to.subject = std::optional<std::string>("A parcel");
    edit_to.priority = c.priority;
    edit_to.attributes = json::object{{"order", 7}};
    const auto change = [&] {
        return *write([=, this](store::Write& w) { return edit(w, supervisor(), c.id, edit_to); });
    };
    const auto first = change();
    EXPECT_EQ(first.version, c.version + 1);
    const auto before = events();
    EXPECT_EQ(change().version, first.version);
    EXPECT_EQ(events(), before);
}

TEST_P(Desk, WhatRoutingDecidedIsLookedAtAgain) {
    const auto c = conversation();
    const auto route = [&](const RoutingTerms& terms) {
        return *write([=](store::Write& w) { return assign_by_routing(w, c.id, kAnna, terms, {{"how", "test"}}); });
    };
    const auto sql = [&](std::string text) { ASSERT_TRUE(write([=](store::Write& w) { w.sql().exec(text, kAnna); })); };
    EXPECT_FALSE(route({kOtherInbox, true, false, false})) << "it went to another inbox";
    sql("UPDATE users SET availability = 1 WHERE id = :id");
    EXPECT_FALSE(route({kInbox, true, true, true})) << "she turned away";
    sql("UPDATE inbox_member SET role = 2 WHERE user_id = :id");
    EXPECT_FALSE(route({kInbox, true, true, false})) << "she became a viewer";
    sql("DELETE FROM inbox_member WHERE user_id = :id");
    EXPECT_FALSE(route({kInbox, true, true, false})) << "she is no member";
    EXPECT_FALSE(reload(c.id).assignee_id);
    EXPECT_TRUE(waits(c.id));
    EXPECT_TRUE(route({kInbox, false, false, false})) << "an owner need not be one";
    EXPECT_EQ(reload(c.id).assignee_id, kAnna);
}

TEST_P(Desk, TheLastPlaceOfAnAgentIsTakenOnce) {
    add_user({710}, "Carl", {"agent"}, 1);
    const auto one = conversation("c1"), two = conversation("c2");
    const auto route = [&](ConversationId id) {
        return *write([=](store::Write& w) {
            return assign_by_routing(w, id, {710}, {kInbox, true, false, false}, {{"how", "test"}});
        });
    };
    EXPECT_TRUE(route(one.id));
    EXPECT_FALSE(route(two.id));
    EXPECT_FALSE(route(one.id)) << "it waits no more";
    EXPECT_EQ(load_of({710}), 1);
    EXPECT_TRUE(waits(two.id));
}

TEST_P(Desk, ALimitCountsAtOnceAndZeroIsNone) {
    add_user({710}, "Carl", {"agent"}, 0);
    const auto limit = [&](std::int64_t to) {
        ASSERT_TRUE(write([=](store::Write& w) -> Result<void> {
            w.sql().exec("UPDATE users SET open_limit = :to WHERE id = 710", to);
            return {};
        }));
    };
    const auto route = [&](ConversationId id) {
        return *write([=](store::Write& w) {
            return assign_by_routing(w, id, {710}, {kInbox, true, false, false}, {{"how", "test"}});
        });
    };
    EXPECT_TRUE(route(conversation("c1").id));
    EXPECT_TRUE(route(conversation("c2").id)) << "no limit";
    const auto third = conversation("c3");
    limit(2);
    EXPECT_FALSE(route(third.id));
    limit(3);
    EXPECT_TRUE(route(third.id));
}

TEST_P(Desk, OnlyWhoMayBlockBlocks) {
    const auto c = conversation();
    const auto block = [&](const Principal& who) {
        return write(
            [=](store::Write& w) { return edit_contact(w, who, c.contact_id, *parse_json(R"({"blocked":true})")); });
    };
    EXPECT_EQ(block(anna()).error().message, "This needs the permission inbox/contacts/block.");
    EXPECT_TRUE(waits(c.id));
    auto done = block(supervisor());
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_TRUE(done->blocked);
    EXPECT_FALSE(waits(c.id));
}

TEST_P(Desk, WhatGoesToSomebodyUnreachableFailsAtOnceUntilAPersonTriesAgain) {
    const auto c = conversation();
    ASSERT_TRUE(write([=](store::Write& w) -> Result<void> {
        set_reachability(w, c.identity_id, Reachability::blocked_us);
        return {};
    }));
    const auto sent = send(anna(), c.id, "hi");
    ASSERT_TRUE(sent);
    EXPECT_FALSE(take(sent->id)->has_value()) << "the channel is not asked";
    const auto failed = read([=](store::Session& sql) { return *store::find_entry(sql, sent->id); });
    EXPECT_EQ(failed.status, MessageStatus::failed);
    EXPECT_EQ(failed.failure_code, "recipient_blocked");
    EXPECT_EQ(failed.failure_text,
              "This contact has blocked us on this channel. They are reachable again once they write.");
    ASSERT_TRUE(write([=, this](store::Write& w) { return retry_message(w, anna(), c.id, sent->id); }));
    ASSERT_TRUE(take(sent->id)->has_value()) << "a person wants it tried";
    ASSERT_TRUE(write([=](store::Write& w) {
        return settle_ended(w, sent->id, MessageStatus::failed, "contact_unreachable", "Gone.");
    }));
    const auto identity = read([=](store::Session& sql) { return *store::find_identity(sql, kAccount, "c1"); });
    EXPECT_EQ(identity.reachability, Reachability::unreachable);
    const auto shown = read([=](store::Session& sql) {
        return Views({}).contacts(sql, {*store::find_contact(sql, kSpace, c.contact_id)}).at(0);
    });
    EXPECT_EQ(shown.identities.at(0).reachability, Reachability::unreachable);
}

TEST_P(Desk, ThatWeClosedGoesToTheCustomerBehindOurMessages) {
    const auto c = conversation();
    const auto last = send(anna(), c.id, "bye");
    ASSERT_TRUE(status(anna(), c.id, ConversationStatus::closed));
    const auto rows = read([](store::Session& sql) {
        return sql.rows<std::tuple<EntryId, OutboxKind>>("SELECT message_id, kind FROM outbox ORDER BY seq");
    });
    ASSERT_EQ(rows.size(), 2u);
    const auto [news, kind] = rows[1];
    EXPECT_EQ(kind, OutboxKind::closed);
    EXPECT_FALSE(take(news)->has_value()) << "in order";
    ASSERT_TRUE(take(last->id)->has_value());
    ASSERT_TRUE(write([=](store::Write& w) { return settle_sent(w, last->id, {"r-1"}, MessageStatus::sent); }));
    auto taken = take(news);
    ASSERT_TRUE(taken->has_value());
    EXPECT_EQ((*taken)->address, "c1");
    EXPECT_EQ((*taken)->author_name, "Anna");
    EXPECT_EQ((*taken)->row.out_seq, 2);
    ASSERT_TRUE(write([=](store::Write& w) { return settle_later(w, news, w.now()); }));
    ASSERT_TRUE(take(news)->has_value()) << "again, as a message would be";
    ASSERT_TRUE(
        write([=](store::Write& w) { return settle_ended(w, news, MessageStatus::failed, "unsupported", "No."); }));
    EXPECT_EQ(read([](store::Session& sql) { return *sql.one<std::int64_t>("SELECT COUNT(*) FROM outbox"); }), 0);
    EXPECT_FALSE(read([=](store::Session& sql) { return store::find_entry(sql, news)->failure_code; }));
}

TEST_P(Desk, WhySomebodyWaitsIsKept) {
    const auto reason = [&](ConversationId id) {
        return read([=](store::Session& sql) {
            const auto row = sql.one<std::tuple<WaitReason, UserId>>(
                "SELECT reason, from_user_id FROM routing_wait WHERE conversation_id = :id", id);
            return row.value();
        });
    };
    const auto c = conversation();
    EXPECT_EQ(reason(c.id), std::tuple(WaitReason::new_, UserId{}));
    ASSERT_TRUE(write([=, this](store::Write& w) { return claim(w, anna(), c.id); }));
    ASSERT_TRUE(write([=, this](store::Write& w) { return assign(w, anna(), c.id, {.user = UserId{}}); }));
    EXPECT_EQ(reason(c.id), std::tuple(WaitReason::returned, kAnna));
    ASSERT_TRUE(write([=, this](store::Write& w) { return claim(w, ben(), c.id); }));
    ASSERT_TRUE(write([=, this](store::Write& w) { return move_to_inbox_as(w, {}, c.id, kOtherInbox); }));
    EXPECT_EQ(reason(c.id), std::tuple(WaitReason::transferred, kBen));
    ASSERT_TRUE(status(supervisor(), c.id, ConversationStatus::solved));
    ASSERT_TRUE(status(supervisor(), c.id, ConversationStatus::active));
    EXPECT_EQ(reason(c.id), std::tuple(WaitReason::reopened, UserId{}));
}

// proves S2-28 S2-29 S3-31
TEST_P(Desk, ContactsAreCreatedAndEditedInPart) {
    ContactInput input;
    input.name = "Zoë";
    input.email = "zoe@x.test";
    auto made = write([=, this](store::Write& w) { return create_contact(w, anna(), input); });
    ASSERT_TRUE(made) << made.error().message;
    auto edited = write([=, this](store::Write& w) {
        return edit_contact(w, anna(), made->id, *parse_json(R"({"phone":"+49 1","email":null})"));
    });
    ASSERT_TRUE(edited);
    EXPECT_EQ(edited->name, "Zoë");
    EXPECT_FALSE(edited->email);
    EXPECT_EQ(edited->version, 2);
    auto bad = write([=, this](store::Write& w) {
        return edit_contact(w, anna(), made->id, *parse_json(R"({"nmae":"x","name":""})"));
    });
    EXPECT_EQ(bad.error().details.at(0).message, "unknown field; did you mean name?");
    auto owner = write(
        [=, this](store::Write& w) { return edit_contact(w, anna(), made->id, *parse_json(R"({"ownerId":"702"})")); });
    EXPECT_EQ(owner.error().code, Errc::forbidden);
}

// proves S2-33 S2-35 S2-38 S2-39 S2-40 S2-41
TEST_P(Desk, ListsShowWhatMayBeSeenNewestFirstAndPageWithoutGaps) {
    std::vector<Conversation> all;
    for (int i = 0; i < 7; ++i) {
        clock().advance(1s);
        all.push_back(conversation("c" + std::to_string(i)));
    }
    ASSERT_TRUE(write([=, this](store::Write& w) { return claim(w, anna(), all[2].id); }));
    ASSERT_TRUE(status(anna(), all[2].id, ConversationStatus::closed));
    const auto list = [&](Principal who, store::ConversationFilter filter, int limit = 50) {
        std::vector<std::int64_t> ids;
        std::optional<store::ListPosition> after;
        do {
            auto page =
                read([=](store::Session& sql) { return store::list_conversations(sql, who, filter, limit, after); });
            for (const auto& row : page.rows) ids.push_back(row.id.value);
            after = page.next;
        } while (after);
        return ids;
    };
    std::vector<std::int64_t> newest_first;
    for (int i = 6; i >= 0; --i) newest_first.push_back(all[static_cast<std::size_t>(i)].id.value);
    EXPECT_EQ(list(supervisor(), {}, 2), newest_first);
    EXPECT_EQ(list(anna(), {}, 3), newest_first);
    EXPECT_TRUE(list(principal({705}, {"agent"}, {kOtherInbox}), {}).empty());
    store::ConversationFilter closed;
    closed.statuses = {ConversationStatus::closed};
    EXPECT_EQ(list(anna(), closed), std::vector<std::int64_t>{all[2].id.value});
    store::ConversationFilter mine;
    mine.assignee = kAnna;
    EXPECT_EQ(list(anna(), mine), std::vector<std::int64_t>{all[2].id.value});
    store::ConversationFilter nobody;
    nobody.assignee = UserId{};
    EXPECT_EQ(list(anna(), nobody).size(), 6u);
    store::ConversationFilter named;
    named.search = "CUSTOMER C4";
    EXPECT_EQ(list(anna(), named), std::vector<std::int64_t>{all[4].id.value});
    store::ConversationFilter text;
    text.search = "Hello";
    text.search_text = true;
    EXPECT_EQ(list(anna(), text).size(), 7u);
    store::ConversationFilter read_ones;
    read_ones.unread = false;
    EXPECT_TRUE(list(anna(), read_ones).empty());
    const auto counts = read([=, this](store::Session& sql) { return store::count_conversations(sql, anna()); });
    EXPECT_EQ(counts.unassigned.open, 6);
    EXPECT_EQ(counts.mine.open, 0);
}

TEST_P(Desk, AMoveToAnotherInboxSaysItsName) {
    const auto c = conversation();
    const auto work = [=](store::Write& w) { return move_to_inbox_as(w, {AuthorType::system, 0}, c.id, kOtherInbox); };
    ASSERT_TRUE(write(work));
    const Views views([](std::string_view) { return json::object{}; });
    const auto entries =
        read([=](store::Session& sql) { return views.entries(sql, store::page_before(sql, c.id, 0, 10, true).rows); });
    EXPECT_EQ(write_json(to_json(entries.back()).at("event").at("inboxName")), "\"Billing\"");
}

TEST_P(Desk, ViewsJoinNamesAndLeaveOutWhatIsOfAnotherKind) {
    const auto c = conversation();
    ASSERT_TRUE(send(anna(), c.id, "hi"));
    const Views views([](std::string_view) { return json::object{{"attachments", true}, {"max_text_length", 4096}}; });
    const auto view =
        read([=, this](store::Session& sql) { return views.conversation(sql, *store::find_conversation(sql, c.id)); });
    EXPECT_EQ(view.contact.name, "Customer c1");
    EXPECT_EQ(view.account_id, "shop1");
    EXPECT_EQ(view.assignee_name, "Anna");
    EXPECT_EQ(view.capabilities.max_text_length, 4096);
    const auto entries =
        read([=](store::Session& sql) { return views.entries(sql, store::page_before(sql, c.id, 0, 10, true).rows); });
    ASSERT_EQ(entries.size(), 3u);
    EXPECT_EQ(entries[0].author.name, "Customer c1");
    EXPECT_EQ(write_json(to_json(entries[1]).at("event").at("type")), "\"assigned\"");
    EXPECT_EQ(write_json(to_json(entries[1]).at("event").at("userName")), "\"Anna\"");
    EXPECT_FALSE(to_json(entries[1]).as_object().contains("text"));
    EXPECT_EQ(entries[2].author.name, "Anna");
}

}  // namespace
}  // namespace usher::desk
