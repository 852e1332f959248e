#include "inbound/inbound.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <future>

#include "desk/assignment.hpp"
#include "desk/contacts.hpp"
#include "desk/conversations.hpp"
#include "desk/delivery.hpp"
#include "desk/desk_fixture.hpp"
#include "desk/messages.hpp"
#include "store/repositories/conversations.hpp"
#include "store/repositories/entries.hpp"

namespace usher::inbound {
namespace {

using namespace std::string_literals;
using namespace std::chrono_literals;
using plugins::EmitResult;
using plugins::Message;
using plugins::MessageKind;

class InboundMessages : public desk::testing::DeskTest {
protected:
    plugins::AccountRef account() { return {"shop1", "open", plugins::Kind::channel, kAccount, kSpace}; }
    Message message(std::string key, std::string contact, std::string text) {
        Message m;
        m.dedupe_key = std::move(key);
        m.contact = std::move(contact);
        m.text = std::move(text);
        return m;
    }
    /// All at once, so that they meet in few batches.
    std::vector<Result<EmitResult>> emit_all(std::vector<Message> messages) {
        asio::io_context context;
        Inbound inbound(store(), context.get_executor());
        std::vector<std::optional<Result<EmitResult>>> results(messages.size());
        for (std::size_t i = 0; i < messages.size(); ++i) {
            asio::co_spawn(context, inbound.emit(account(), messages[i]),
                           [&results, i](std::exception_ptr e, Result<EmitResult> r) {
                               if (e) std::rethrow_exception(e);
                               results[i] = std::move(r);
                           });
        }
        context.run();
        std::vector<Result<EmitResult>> out;
        for (auto& r : results) out.push_back(std::move(r.value()));
        return out;
    }
    /// The same in one batch: the writer is held until all of them wait.
    std::vector<Result<EmitResult>> emit_in_one_batch(std::vector<Message> messages) {
        auto& writer = store();
        std::promise<void> began, gate;
        auto held = gate.get_future().share();
        asio::thread_pool holder(1);
        asio::co_spawn(
            holder,
            [&]() -> Task<void> {
                auto hold = [&began, held](store::Write&) {
                    began.set_value();
                    held.wait();
                };
                co_await writer.write(std::move(hold));
            },
            asio::detached);
        began.get_future().wait();
        asio::io_context context;
        Inbound inbound(writer, context.get_executor());
        std::vector<std::optional<Result<EmitResult>>> results(messages.size());
        for (std::size_t i = 0; i < messages.size(); ++i) {
            asio::co_spawn(context, inbound.emit(account(), messages[i]),
                           [&results, i](std::exception_ptr, Result<EmitResult> r) { results[i] = std::move(r); });
        }
        context.poll();
        gate.set_value();
        context.run();
        holder.join();
        std::vector<Result<EmitResult>> out;
        for (auto& r : results) out.push_back(std::move(r.value()));
        return out;
    }
    EmitResult emit(Message m) {
        auto r = emit_all({std::move(m)}).at(0);
        EXPECT_TRUE(r) << (r ? "" : r.error().message);
        return *r;
    }
    std::int64_t count(std::string_view table) {
        return read([=](store::Session& sql) {
            return sql.one<std::int64_t>("SELECT COUNT(*) FROM " + std::string(table)).value_or(-1);
        });
    }
    void close(ConversationId id) {
        auto done = write([=, this](store::Write& w) {
            return desk::set_status(w, supervisor(), id, ConversationStatus::closed, std::nullopt);
        });
        ASSERT_TRUE(done) << done.error().message;
    }
    void set_reopen_days(std::int64_t days) {
        ASSERT_TRUE(write([=](store::Write& w) -> Result<void> {
            w.sql().exec("UPDATE inbox SET reopen_days = :days WHERE id = :id", days, kInbox);
            return {};
        }));
    }
    std::pair<desk::WaitReason, UserId> wait_of(ConversationId id) {
        return read([=](store::Session& sql) {
            const auto row = sql.one<std::tuple<desk::WaitReason, UserId>>(
                "SELECT reason, from_user_id FROM routing_wait WHERE conversation_id = :id", id);
            return std::pair{std::get<0>(row.value()), std::get<1>(row.value())};
        });
    }
    static ConversationId conversation_of(const EmitResult& r) { return {*parse_id(r.conversation_id)}; }
};
USHER_ON_EVERY_DATABASE(InboundMessages);

TEST_P(InboundMessages, TheSameMessageTwentyTimesAtOnceIsStoredOnce) {
    const auto results = emit_all(std::vector<Message>(20, message("m:1", "c", "hi")));
    int first = 0;
    for (const auto& r : results) {
        ASSERT_TRUE(r);
        first += r->duplicate ? 0 : 1;
        EXPECT_EQ(r->message_id, results[0]->message_id);
        EXPECT_EQ(r->conversation_id, results[0]->conversation_id);
        EXPECT_FALSE(r->conflict);
    }
    EXPECT_EQ(first, 1);
    EXPECT_EQ(count("entry"), 1);
}

TEST_P(InboundMessages, TheSameKeyWithOtherContentIsAConflictAndChangesNothing) {
    const auto first = emit(message("m:1", "c", "hi"));
    const auto second = emit(message("m:1", "c", "ho"));
    EXPECT_TRUE(second.conflict);
    EXPECT_FALSE(second.duplicate);
    EXPECT_EQ(second.message_id, first.message_id);
    EXPECT_EQ(count("entry"), 1);
}

TEST_P(InboundMessages, KeysThatDatabasesTakeForEqualAreNot) {
    std::vector<Message> messages;
    for (const auto& key : {"m:a"s, "m:A"s, "m:a "s, "m:\xC3\xA4"s, "m:ae"s, "m:a\0"s, std::string(200, 'x'),
                            std::string(200, 'x') + "y"}) {
        messages.push_back(message(key, "c", "text of " + std::to_string(messages.size())));
    }
    for (const auto& r : emit_all(messages)) {
        ASSERT_TRUE(r) << r.error().message;
        EXPECT_FALSE(r->duplicate || r->conflict);
    }
    EXPECT_EQ(count("entry"), static_cast<std::int64_t>(messages.size()));
}

TEST_P(InboundMessages, AddressesThatDatabasesTakeForEqualAreDifferentContacts) {
    emit_all({message("1", "Anna", "x"), message("2", "anna", "x"), message("3", "anna ", "x")});
    EXPECT_EQ(count("identity"), 3);
    EXPECT_EQ(count("contact"), 3);
    EXPECT_EQ(count("conversation"), 3);
}

TEST_P(InboundMessages, TextBeyond64KiBIsKeptWholeAndNulIsRefusedBeforeTheQueue) {
    const std::string long_text = std::string(70'000, 'x') + "\xF0\x9F\x98\x80 end";
    const auto r = emit(message("1", "c", long_text));
    const auto entry =
        read([=](store::Session& sql) { return *store::find_entry(sql, EntryId{*parse_id(r.message_id)}); });
    EXPECT_EQ(entry.text, long_text);
    const auto refused = emit_all({message("2", "c", "a\0b"s), message("3", "c", "fine")});
    EXPECT_EQ(refused[0].error().message, "text contains a NUL character");
    EXPECT_TRUE(refused[1]);
}

TEST_P(InboundMessages, FirstMessagesAtOnceMakeOneConversationAndKeepTheirOrder) {
    std::vector<Message> messages;
    for (int i = 0; i < 30; ++i) messages.push_back(message("m:" + std::to_string(i), "c", std::to_string(i)));
    const auto results = emit_all(messages);
    EXPECT_EQ(count("conversation"), 1);
    EXPECT_EQ(count("contact"), 1);
    const auto entries = timeline(conversation_of(*results[0]));
    ASSERT_EQ(entries.size(), 30u);
    for (int i = 0; i < 30; ++i) {
        EXPECT_EQ(entries[static_cast<std::size_t>(i)].seq, i + 1);
        EXPECT_EQ(entries[static_cast<std::size_t>(i)].text, std::to_string(i));
    }
    const auto c = reload(conversation_of(*results[0]));
    EXPECT_EQ(c.unread_count, 30);
    EXPECT_EQ(c.last_text, "29");
    EXPECT_TRUE(waits(c.id));
}

// proves S2-44
TEST_P(InboundMessages, AnAnswerMakesAnUnansweredConversationActive) {
    auto begun = write([=, this](store::Write& w) {
        return desk::begin_conversation(w, anna(), {kAccount, {}, "c", ""});
    });
    ASSERT_TRUE(begun);
    const auto r = emit(message("1", "c", "yes please"));
    EXPECT_EQ(conversation_of(r), begun->conversation.id);
    EXPECT_EQ(reload(begun->conversation.id).status, ConversationStatus::active);
    EXPECT_EQ(load_of(kAnna), 1) << "it counted before and counts once";
}

TEST_P(InboundMessages, NobodySettlesAnothersMessages) {
    const auto ada = emit(message("1", "ada", "one"));
    emit(message("2", "eve", "two"));
    const auto reply = [&](std::string text) {
        desk::Draft draft;
        draft.conversation_id = conversation_of(ada);
        draft.text = std::move(text);
        return *write([=, this](store::Write& w) { return desk::send_message(w, supervisor(), draft); });
    };
    const auto first = reply("sent");
    ASSERT_TRUE(*write([=](store::Write& w) { return desk::take_for_sending(w, first.id); }));
    ASSERT_TRUE(write([=](store::Write& w) { return desk::settle_sent(w, first.id, {"r-1"}, MessageStatus::sent); }));
    const auto second = reply("waits");
    const auto receipt = [&](MessageKind kind, const std::string& contact, EntryId id, std::string remote = {}) {
        Message m = message("r:" + contact + to_string(id) + remote, contact, "");
        m.kind = kind;
        m.id = remote.empty() ? to_string(id) : "";
        m.remote_id = std::move(remote);
        return emit(m);
    };
    const auto status = [&](EntryId id) {
        return read([=](store::Session& sql) { return store::find_entry(sql, id)->status; });
    };
    for (const auto& refused :
         {receipt(MessageKind::read, "eve", first.id), receipt(MessageKind::failed, "eve", second.id),
          receipt(MessageKind::read, "nobody", second.id), receipt(MessageKind::read, "eve", first.id, "r-1")}) {
        EXPECT_EQ(refused.ignored, "other_contact");
        EXPECT_EQ(refused.message_id + refused.conversation_id, "") << "nothing is told of it";
    }
    EXPECT_EQ(status(first.id), MessageStatus::sent);
    EXPECT_EQ(status(second.id), MessageStatus::queued);
    EXPECT_EQ(count("outbox"), 1) << "it still goes out";
    EXPECT_EQ(receipt(MessageKind::read, "ada", first.id).ignored, "");
    EXPECT_EQ(status(first.id), MessageStatus::read);
    EXPECT_EQ(receipt(MessageKind::failed, "", second.id).ignored, "") << "the provider's own word names nobody";
    EXPECT_EQ(status(second.id), MessageStatus::failed);
}

TEST_P(InboundMessages, SolvedReopensAndClosedBeginsAnew) {
    const auto first = emit(message("1", "c", "one"));
    const auto id = conversation_of(first);
    ASSERT_TRUE(write([=, this](store::Write& w) {
        return desk::set_status(w, supervisor(), id, ConversationStatus::solved, std::nullopt);
    }));
    EXPECT_FALSE(waits(id));
    EXPECT_EQ(conversation_of(emit(message("2", "c", "two"))), id);
    EXPECT_EQ(reload(id).status, ConversationStatus::active);
    EXPECT_TRUE(waits(id));
    ASSERT_TRUE(write([=, this](store::Write& w) {
        return desk::set_status(w, supervisor(), id, ConversationStatus::closed, std::nullopt);
    }));
    const auto anew = conversation_of(emit(message("3", "c", "three")));
    EXPECT_NE(anew, id);
    EXPECT_EQ(count("contact"), 1);
    auto back = write([=, this](store::Write& w) {
        return desk::set_status(w, supervisor(), id, ConversationStatus::active, std::nullopt);
    });
    EXPECT_EQ(back.error().message, "The contact has a newer open conversation, " + to_string(anew) + ".");
}

TEST_P(InboundMessages, AThreadOfTheChannelIsKeptForItsAnswersAndForOpeningAgain) {
    auto m = message("1", "c", "about the order");
    m.thread_key = "order-7";
    const auto id = conversation_of(emit(m));
    EXPECT_NE(conversation_of(emit(message("2", "c", "something else"))), id);
    EXPECT_EQ(read([=](store::Session& sql) { return store::thread_key_of(sql, id); }), "order-7");
    for (const auto to : {ConversationStatus::closed, ConversationStatus::active}) {
        auto done =
            write([=, this](store::Write& w) { return desk::set_status(w, supervisor(), id, to, std::nullopt); });
        ASSERT_TRUE(done) << done.error().message;
    }
    m.dedupe_key = "3";
    EXPECT_EQ(conversation_of(emit(m)), id);
}

TEST_P(InboundMessages, WhatReopensDoesNotGoBackToSomebodyWhoIsGone) {
    const auto id = conversation_of(emit(message("1", "c", "one")));
    ASSERT_TRUE(write([=, this](store::Write& w) { return desk::claim(w, anna(), id); }));
    const auto solve = [&] {
        ASSERT_TRUE(write([=, this](store::Write& w) {
            return desk::set_status(w, supervisor(), id, ConversationStatus::solved, std::nullopt);
        }));
    };
    solve();
    emit(message("2", "c", "two"));
    EXPECT_EQ(reload(id).assignee_id, kAnna);
    EXPECT_EQ(load_of(kAnna), 1);
    solve();
    ASSERT_TRUE(write([](store::Write& w) -> Result<void> {
        w.sql().exec("UPDATE users SET active = 0 WHERE id = :id", kAnna);
        return {};
    }));
    emit(message("3", "c", "three"));
    EXPECT_FALSE(reload(id).assignee_id);
    EXPECT_TRUE(waits(id));
    EXPECT_EQ(load_of(kAnna), 0);
}

// proves S4-11 S4-12 S4-14
TEST_P(InboundMessages, ANewConversationGoesWhereTheRulesSay) {
    ASSERT_TRUE(write([](store::Write& w) -> Result<void> {
        w.sql().exec(
            "UPDATE inbox SET routing_rules = :rules WHERE id = :id",
            R"([{"condition":{"url":{"contains":"/billing"}},"inboxId":"501"},{"condition":{"userAttribute":{"key":"plan","value":"enterprise"}},"inboxId":"501"}])",
            kInbox);
        return {};
    }));
    auto by_url = message("1", "a", "x");
    by_url.attrs = {{"url", "https://shop.test/Billing/7"}};
    auto vouched = message("2", "b", "x");
    vouched.contact_json = R"({"name":"Bo","attributes":{"plan":{"value":"enterprise","verified":true}}})";
    auto claimed = message("3", "c", "x");
    claimed.contact_json = R"({"attributes":{"plan":{"value":"enterprise","verified":false}}})";
    EXPECT_EQ(reload(conversation_of(emit(by_url))).inbox_id, kOtherInbox);
    EXPECT_EQ(reload(conversation_of(emit(vouched))).inbox_id, kOtherInbox);
    EXPECT_EQ(reload(conversation_of(emit(claimed))).inbox_id, kInbox);
}

TEST_P(InboundMessages, AFallbackNameGivesWayToARealOneAndARealOneStays) {
    const auto name_after = [&](std::string key, std::string facts) {
        auto m = message(std::move(key), "anon-1", "x");
        m.contact_json = std::move(facts);
        const auto id = reload(conversation_of(emit(m))).contact_id;
        return read([=](store::Session& sql) { return store::find_contact(sql, kSpace, id)->name; });
    };
    EXPECT_EQ(name_after("1", R"({"fallback_name":"Visitor on-1"})"), "Visitor on-1");
    EXPECT_EQ(name_after("2", R"({"fallback_name":"Visitor on-1","name":"Ada"})"), "Ada");
    EXPECT_EQ(name_after("3", R"({"fallback_name":"Visitor on-1","name":"Eve"})"), "Ada");
    EXPECT_EQ(name_after("4", R"({"fallback_name":"Visitor on-1"})"), "Ada");
}

TEST_P(InboundMessages, EditsAndDeletionsReachTheContactsOwnMessage) {
    auto m = message("1", "c", "frist");
    m.remote_id = "p-1";
    const auto r = emit(m);
    auto edit = message("1:edit", "c", "first");
    edit.kind = MessageKind::edit;
    edit.remote_id = "p-1";
    emit(edit);
    auto entry = timeline(conversation_of(r)).at(0);
    EXPECT_EQ(entry.text, "first");
    EXPECT_EQ(write_json(*entry.content), R"({"edited":true})");
    const auto id = conversation_of(r);
    ASSERT_TRUE(write([=, this](store::Write& w) { return desk::claim(w, anna(), id); })) << "a badge comes behind it";
    auto gone = message("1:delete", "c", "");
    gone.kind = MessageKind::delete_;
    gone.remote_id = "p-1";
    emit(gone);
    EXPECT_EQ(timeline(id).at(0).text, "");
    EXPECT_EQ(reload(id).last_text, "") << "what the contact deleted stays in no list";
}

TEST_P(InboundMessages, WhatMeetsInOneBatchKeepsItsOrder) {
    const auto change = [&](std::string key, MessageKind kind, std::string remote, std::string text) {
        auto m = message(std::move(key), "c", std::move(text));
        m.kind = kind;
        m.remote_id = std::move(remote);
        return m;
    };
    auto one = message("1", "c", "frist");
    one.remote_id = "p-1";
    auto two = message("2", "c", "secret");
    two.remote_id = "p-2";
    const auto results = emit_in_one_batch(
        {one, message("x:1", "other", "hello"), change("1:edit", MessageKind::edit, "p-1", "first"),
         change("1:like", MessageKind::reaction, "p-1", "+"), two, change("2:gone", MessageKind::delete_, "p-2", ""),
         change("bye", MessageKind::closed, "", ""), message("x:2", "other", "still there?"),
         message("3", "c", "one more thing")});
    for (const auto& r : results) ASSERT_TRUE(r) << r.error().message;
    const auto id = conversation_of(*results[0]);
    EXPECT_EQ(conversation_of(*results[8]), id);
    EXPECT_EQ(reload(id).status, ConversationStatus::active) << "what came after the end opens it again";
    EXPECT_EQ(reload(conversation_of(*results[1])).last_text, "still there?");
    std::vector<std::string> told;
    for (const auto& entry : timeline(id))
        told.push_back(entry.event ? std::string(entry.event->at("type").as_string()) : entry.text);
    EXPECT_EQ(told, (std::vector<std::string>{"first", "reaction", "", "status_changed", "status_changed",
                                              "one more thing"}));
}

TEST_P(InboundMessages, AChangeThatComesTwiceInOneBatchCountsOnce) {
    auto edit = message("1:edit", "c", "first");
    edit.kind = MessageKind::edit;
    edit.remote_id = "p-1";
    auto other = edit;
    other.text = "second";
    auto one = message("1", "c", "frist");
    one.remote_id = "p-1";
    const auto results = emit_in_one_batch({one, edit, edit, other});
    EXPECT_FALSE(results[1]->duplicate);
    EXPECT_TRUE(results[2]->duplicate);
    EXPECT_TRUE(results[3]->conflict) << "the same key with another text changes nothing";
    EXPECT_EQ(timeline(conversation_of(*results[0])).at(0).text, "first");
}

TEST_P(InboundMessages, AnEditThatChangesNothingIsNone) {
    auto m = message("1", "c", "as it is");
    m.remote_id = "p-1";
    const auto id = conversation_of(emit(m));
    auto edit = message("1:edit", "c", "as it is");
    edit.kind = MessageKind::edit;
    edit.remote_id = "p-1";
    EXPECT_EQ(emit(edit).conversation_id, to_string(id));
    EXPECT_FALSE(timeline(id).at(0).content);
}

TEST_P(InboundMessages, AnEchoOfWhatWeSentOurselvesIsNoSecondMessage) {
    const auto id = conversation_of(emit(message("1", "c", "hi")));
    const auto echo = [&](std::string key, std::string remote) {
        auto m = message(std::move(key), "c", "from the app");
        m.kind = MessageKind::echo;
        m.remote_id = std::move(remote);
        return emit(m);
    };
    const auto first = echo("e:1", "p-1");
    EXPECT_EQ(echo("e:2", "p-1").message_id, first.message_id);
    EXPECT_EQ(timeline(id).size(), 2u);
}

// proves S2-43
TEST_P(InboundMessages, AnEchoWithoutAConversationBeginsOneThatNobodyHasAnswered) {
    auto echo = message("e:1", "new", "written on the phone");
    echo.kind = MessageKind::echo;
    echo.remote_id = "p-1";
    echo.contact_json = R"({"name":"Ada"})";
    echo.parts = {{"image/png", "a.png", "blob:" + std::string(64, 'a'), "{}", 12}};
    const auto id = conversation_of(emit(echo));
    const auto c = reload(id);
    EXPECT_EQ(c.status, ConversationStatus::unanswered);
    EXPECT_FALSE(c.assignee_id);
    EXPECT_FALSE(waits(id)) << "nobody waits for us";
    const auto entries = timeline(id);
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].direction, Direction::outbound);
    EXPECT_EQ(entries[0].status, MessageStatus::sent);
    ASSERT_EQ(entries[0].attachment_ids.size(), 1u);
    EXPECT_EQ(
        read([=](store::Session& sql) { return store::find_attachments(sql, entries[0].attachment_ids); }).at(0).name,
        "a.png");
    EXPECT_EQ(conversation_of(emit(message("1", "new", "thanks"))), id);
    EXPECT_EQ(reload(id).status, ConversationStatus::active);
    EXPECT_TRUE(waits(id));
}

TEST_P(InboundMessages, WhatFollowsAClosedConversationIsLinkedToIt) {
    const auto old = conversation_of(emit(message("1", "c", "one")));
    close(old);
    const auto anew = conversation_of(emit(message("2", "c", "two")));
    EXPECT_NE(anew, old);
    EXPECT_EQ(reload(anew).previous_id, old);
    EXPECT_EQ(wait_of(anew).first, desk::WaitReason::new_);
    close(anew);
    auto echo = message("e:1", "c", "from the app");
    echo.kind = MessageKind::echo;
    EXPECT_EQ(reload(conversation_of(emit(echo))).previous_id, anew);
}

TEST_P(InboundMessages, WithinReopenDaysAClosedConversationOpensAgain) {
    set_reopen_days(7);
    const auto id = conversation_of(emit(message("1", "c", "one")));
    ASSERT_TRUE(write([=, this](store::Write& w) { return desk::claim(w, anna(), id); }));
    close(id);
    EXPECT_EQ(load_of(kAnna), 0);
    clock().advance(std::chrono::hours(6 * 24));
    EXPECT_EQ(conversation_of(emit(message("2", "c", "two"))), id);
    auto c = reload(id);
    EXPECT_EQ(c.status, ConversationStatus::active);
    EXPECT_EQ(c.assignee_id, kAnna) << "it comes back to whoever had it";
    EXPECT_FALSE(c.closed_at || c.resolved_at);
    EXPECT_EQ(load_of(kAnna), 1);
    EXPECT_EQ(conversation_of(emit(message("3", "c", "three"))), id) << "it is the open one again";
    close(id);
    clock().advance(std::chrono::hours(8 * 24));
    const auto anew = conversation_of(emit(message("4", "c", "four")));
    EXPECT_NE(anew, id);
    EXPECT_EQ(reload(anew).previous_id, id);
}

TEST_P(InboundMessages, OneThatIsNobodysOpensAgainForTheQueue) {
    set_reopen_days(1);
    const auto id = conversation_of(emit(message("1", "c", "one")));
    close(id);
    EXPECT_FALSE(waits(id));
    emit(message("2", "c", "two"));
    EXPECT_EQ(wait_of(id).first, desk::WaitReason::reopened);
}

TEST_P(InboundMessages, ABlockedContactIsKeptAndDisturbsNobody) {
    const auto id = conversation_of(emit(message("1", "c", "one")));
    const auto contact = reload(id).contact_id;
    const auto block = [&](bool on) {
        return write([=, this](store::Write& w) {
            return desk::edit_contact(w, supervisor(), contact, json::object{{"blocked", on}});
        });
    };
    ASSERT_TRUE(block(true));
    EXPECT_FALSE(waits(id)) << "what waited is done with";
    EXPECT_EQ(reload(id).status, ConversationStatus::solved);
    EXPECT_EQ(conversation_of(emit(message("2", "c", "two"))), id);
    auto c = reload(id);
    EXPECT_EQ(c.status, ConversationStatus::solved);
    EXPECT_EQ(c.last_text, "two");
    EXPECT_EQ(c.unread_count, 1) << "the one from before";
    EXPECT_FALSE(waits(id));
    close(id);
    const auto anew = conversation_of(emit(message("3", "c", "three")));
    EXPECT_NE(anew, id) << "not even within reopenDays";
    EXPECT_EQ(reload(anew).status, ConversationStatus::solved);
    const auto types = read([](store::Session& sql) {
        return sql.rows<std::string>("SELECT type FROM event WHERE type LIKE 'message.%' ORDER BY seq");
    });
    EXPECT_EQ(types, (std::vector<std::string>{"message.received", "message.blocked", "message.blocked"}));
    ASSERT_TRUE(block(false));
    EXPECT_EQ(conversation_of(emit(message("4", "c", "four"))), anew);
    EXPECT_EQ(reload(anew).status, ConversationStatus::active);
    EXPECT_TRUE(waits(anew));
}

TEST_P(InboundMessages, WhoIsReachableIsWhatTheProviderSaysAndAnyMessageProvesIt) {
    emit(message("1", "c", "one"));
    const auto reachability = [&] {
        return read([](store::Session& sql) { return store::find_identity(sql, kAccount, "c")->reachability; });
    };
    const auto news = [&](std::string key, std::string facts) {
        auto m = message(std::move(key), "c", "");
        m.kind = MessageKind::contact;
        m.contact_json = std::move(facts);
        emit(m);
        return reachability();
    };
    EXPECT_EQ(news("n:1", R"({"reachable":false})"), Reachability::unreachable);
    EXPECT_EQ(news("n:2", R"({"name":"Ada"})"), Reachability::unreachable) << "what is absent changes nothing";
    EXPECT_EQ(news("n:3", R"({"blocked":true})"), Reachability::blocked_us);
    EXPECT_EQ(news("n:4", R"({"blocked":false})"), Reachability::reachable);
    EXPECT_EQ(news("n:5", R"({"reachable":false})"), Reachability::unreachable);
    emit(message("2", "c", "two"));
    EXPECT_EQ(reachability(), Reachability::reachable);
}

TEST_P(InboundMessages, NullClearsWhatAChannelSaidAndNothingElse) {
    auto m = message("1", "c", "x");
    m.contact_json =
        R"({"name":"Ada","email":"ada@x.test","phone":"+49151","attributes":{"plan":{"value":"gold","verified":true},"tier":{"value":"1","verified":true}}})";
    const auto contact = reload(conversation_of(emit(m))).contact_id;
    ASSERT_TRUE(write([=, this](store::Write& w) {
        return desk::edit_contact(w, supervisor(), contact, json::object{{"phone", "+49152"}});
    }));
    m.dedupe_key = "2";
    m.contact_json = R"({"name":null,"email":null,"phone":null,"attributes":{"plan":null}})";
    emit(m);
    const auto now = [&] {
        return read([=](store::Session& sql) { return *store::find_contact(sql, kSpace, contact); });
    };
    EXPECT_EQ(now().name, "c");
    EXPECT_FALSE(now().email);
    EXPECT_EQ(now().phone, "+49152") << "a person entered it";
    EXPECT_EQ(write_json(now().attributes), R"({"tier":"1"})");
    m.dedupe_key = "3";
    m.contact_json = R"({"email":"ada@y.test","attributes":null})";
    emit(m);
    EXPECT_EQ(now().email, "ada@y.test");
    EXPECT_TRUE(now().attributes.empty());
}

TEST_P(InboundMessages, APartOfNoKnownAddressIsRefused) {
    auto m = message("1", "c", "look");
    m.parts = {{"image/png", "a.png", "blob:../../etc", "{}", 1}};
    EXPECT_EQ(emit_all({m})[0].error().message, "a part's uri is blob:<id>, https: or http:");
    EXPECT_EQ(count("entry"), 0);
}

}  // namespace
}  // namespace usher::inbound
