// What visitors are told, over the real store and feed: once, whatever happens in between.
#include <random>

#include "api/visitor_cursor.hpp"
#include "api/visitors_fixture.hpp"

namespace usher::api {
namespace {

using namespace std::chrono_literals;
using store::testing::run;
using testing::Client;
using ::testing::ElementsAre;
using testing::FakeSocket;
using ::testing::IsEmpty;

class VisitorsTest : public testing::VisitorsTest {};
USHER_ON_EVERY_DATABASE(VisitorsTest);

TEST_P(VisitorsTest, TheReplayTellsMessagesThatTheVisitorMaySeeAndNothingElse) {
    const auto c = conversation("c1");
    ASSERT_TRUE(write([&](store::Write& w) { return desk::add_note(w, anna(), c.id, "internal"); }));
    outbound(c.id, "held");
    const auto sent = outbound(c.id, "sent", MessageStatus::sent);
    outbound(c.id, "undone", MessageStatus::undone);
    outbound(c.id, "failed", MessageStatus::failed);
    inbound(c.id, "again");
    auto client = connect("c1");
    client.until("ready");
    EXPECT_THAT(client.entries, ElementsAre("hello", "sent", "again"));

    auto second = connect("c1");
    EXPECT_EQ(second.entry(), "hello");
    json::object frame = second.socket->next();
    EXPECT_FALSE(std::string(frame.at("cursor").as_string()).empty());
    frame.erase("cursor");
    EXPECT_EQ(write_canonical_json(frame),
              write_canonical_json(json::object{{"type", "entry"},
                                                {"entry",
                                                 {{"id", to_string(sent.id)},
                                                  {"seq", sent.seq},
                                                  {"direction", "outbound"},
                                                  {"author", {{"type", "agent"}, {"name", "Anna"}}},
                                                  {"text", "sent"},
                                                  {"attachments", json::array{}},
                                                  {"createdAt", format_rfc3339(sent.created_at)},
                                                  {"status", "sent"}}}}));
    frame = second.socket->next();
    EXPECT_EQ(frame.at("entry").at("clientId"), "client-again");
    EXPECT_EQ(frame.at("entry").at("status"), "received");
    EXPECT_EQ(second.socket->next().at("type"), "ready");
}

TEST_P(VisitorsTest, WhatIsHeldIsToldOnceItIsSentThoughALaterOneWasToldBefore) {
    const auto c = conversation("c1");
    auto client = connect("c1");
    client.until("ready");
    const auto held = outbound(c.id, "ours");
    inbound(c.id, "theirs");
    EXPECT_EQ(client.entry(), "theirs");
    set_status(held.id, MessageStatus::sending);
    set_status(held.id, MessageStatus::sent);
    EXPECT_EQ(client.entry(), "ours");
    set_status(held.id, MessageStatus::delivered);
    set_status(held.id, MessageStatus::read);
    inbound(c.id, "last");
    EXPECT_EQ(client.entry(), "last") << "receipts are no news";
}

TEST_P(VisitorsTest, ACursorTakenBeforeAHeldMessageWasSentStillBringsIt) {
    const auto c = conversation("c1");
    auto client = connect("c1");
    client.until("ready");
    const auto first = outbound(c.id, "held");
    const auto second = outbound(c.id, "failed", MessageStatus::failed);
    inbound(c.id, "theirs");
    EXPECT_EQ(client.entry(), "theirs");
    client.leave();
    set_status(first.id, MessageStatus::sent);
    inbound(c.id, "more");
    restart();
    auto again = connect("c1", client.cursor);
    again.until("ready");
    EXPECT_THAT(again.entries, ElementsAre("held", "more"));
    set_status(second.id, MessageStatus::sent);
    EXPECT_EQ(again.entry(), "failed");
    auto nothing = connect("c1", again.cursor);
    nothing.until("ready");
    EXPECT_THAT(nothing.entries, IsEmpty());
}

TEST_P(VisitorsTest, AReadMessageIsToldToWhoIsThereAndToWhoComesBack) {
    const auto c = conversation("c1");
    const auto one = inbound(c.id, "one");
    auto client = connect("c1");
    client.until("ready");
    auto away = connect("c1");
    away.until("ready");
    away.leave();
    const auto two = inbound(c.id, "two");
    EXPECT_EQ(client.entry(), "two");
    read_up_to(c.id, two.seq);
    for (auto* it : {&client}) {
        EXPECT_EQ(it->until("status").at("status"), "read");
        EXPECT_EQ(it->until("status").at("id"), json::value(to_string(one.id)));
        EXPECT_EQ(it->until("status").at("id"), json::value(to_string(two.id)));
    }
    auto back = connect("c1", away.cursor);
    EXPECT_EQ(back.until("status").at("id"), json::value(to_string(timeline(c.id).at(0).id))) << "told, then read";
    EXPECT_THAT(back.entries, ElementsAre("two"));
    EXPECT_EQ(back.until("status").at("id"), json::value(to_string(one.id)));
    back.until("ready");
}

TEST_P(VisitorsTest, ANewVisitorHearsTheirFirstMessageAndTheAnswer) {
    auto client = connect("new");
    client.until("ready");
    EXPECT_THAT(client.entries, IsEmpty());
    auto other = connect("other");
    other.until("ready");
    const auto c = conversation("new");
    outbound(c.id, "welcome", MessageStatus::sent);
    EXPECT_EQ(client.entry(), "hello");
    EXPECT_EQ(client.entry(), "welcome");
    EXPECT_TRUE(other.socket->silent());
}

TEST_P(VisitorsTest, ConversationsOfOneContactFollowEachOtherByTheirNumbers) {
    const auto first = conversation("c1");
    inbound(first.id, "old");
    close(first.id);
    auto client = connect("c1");
    client.until("ready");
    clock().advance(48h);
    const auto second = another(first);
    inbound(second.id, "new");
    const json::object frame = client.until("entry");
    EXPECT_EQ(frame.at("entry").at("text"), "new");
    EXPECT_GT(frame.at("entry").at("seq").as_int64(), 2);
    auto fresh = connect("c1");
    std::vector<std::int64_t> numbers;
    for (int i = 0; i < 3; ++i) numbers.push_back(fresh.until("entry").at("entry").at("seq").as_int64());
    EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
    EXPECT_EQ(numbers.back(), frame.at("entry").at("seq").as_int64()) << "the same on every socket";
    fresh.until("ready");
    // The first one ended two days before: the cursor no longer names it, and nothing of it is told again.
    EXPECT_EQ(decode_visitor_cursor(fresh.cursor)->marks.size(), 1u);
    auto resumed = connect("c1", fresh.cursor);
    resumed.until("ready");
    EXPECT_THAT(resumed.entries, IsEmpty());
    // It goes on after all: what is new there is told, once.
    inbound(first.id, "late");
    EXPECT_EQ(resumed.entry(), "late");
    auto back = connect("c1", fresh.cursor);
    back.until("ready");
    EXPECT_THAT(back.entries, ElementsAre("late"));
}

TEST_P(VisitorsTest, ACursorOfSomebodyElseOrOfNobodyIsReset) {
    conversation("c1");
    const auto theirs = conversation("c2");
    auto other = connect("c2");
    other.until("ready");
    const VisitorCursor ahead{{}, {{theirs.id, 99, 0, {}}}};
    for (const auto& [contact, cursor] : {std::pair<std::string, std::string>{"c1", other.cursor},
                                          {"c1", "bm9uc2Vuc2U"},
                                          {"nobody", other.cursor},
                                          {"c2", encode(ahead)}}) {
        auto client = connect(contact, cursor);
        EXPECT_EQ(client.socket->next().at("type"), "reset") << contact << " " << cursor;
        EXPECT_EQ(client.socket->code(), 1000);
        const auto told = run(visitors_->history(ref(), contact, "", cursor, 10));
        ASSERT_FALSE(told);
        EXPECT_EQ(told.error().reason, "unknown_cursor");
    }
}

TEST_P(VisitorsTest, TheReplayIsBoundedAndACursorFurtherBackIsReset) {
    Visitors::Limits limits;
    limits.replay_entries = 5;
    restart(limits);
    const auto c = conversation("c1");
    auto first = connect("c1");
    first.until("ready");
    first.leave();
    const auto held = outbound(c.id, "held");
    for (int i = 0; i < 6; ++i) inbound(c.id, std::to_string(i));
    auto behind = connect("c1", first.cursor);
    EXPECT_EQ(behind.socket->next().at("type"), "reset");
    auto fresh = connect("c1");
    fresh.until("ready");
    EXPECT_THAT(fresh.entries, ElementsAre("1", "2", "3", "4", "5"));
    set_status(held.id, MessageStatus::sent);
    EXPECT_EQ(fresh.entry(), "held") << "older than what was replayed, but sent only now";
}

TEST_P(VisitorsTest, AChangedMessageIsToldAgain) {
    const auto c = conversation("c1");
    auto client = connect("c1");
    client.until("ready");
    ASSERT_TRUE(write([&](store::Write& w) -> Result<void> {
        auto entry = store::page_before(w.sql(), c.id, 0, 1, true).rows.at(0);
        desk::Change change(w, *store::lock_conversation(w.sql(), c.id));
        entry.text = "hello!";
        store::update_entry(w.sql(), entry);
        change.message_event("message.updated", entry);
        change.commit();
        return {};
    }));
    EXPECT_EQ(client.entry(), "hello!");
}

TEST_P(VisitorsTest, AttachmentsComeWithAnAddressOnceTheyAreThere) {
    const auto c = conversation("c1");
    ASSERT_TRUE(write([&](store::Write& w) -> Result<void> {
        Attachment ready;
        ready.id = {w.next_id()};
        ready.blob_hash = std::string(64, 'a');
        ready.name = "a.png";
        ready.mime_type = "image/png";
        ready.size_bytes = 5;
        ready.shown_inline = true;
        ready.account_id = kAccount;
        ready.conversation_id = c.id;
        Attachment fetching = ready;
        fetching.id = {w.next_id()};
        fetching.state = AttachmentState::fetching;
        fetching.blob_hash.reset();
        w.sql().insert(std::vector<Attachment>{ready, fetching});
        desk::Change change(w, *store::lock_conversation(w.sql(), c.id));
        Entry entry;
        entry.attachment_ids = {ready.id, fetching.id};
        change.add(entry);
        change.commit();
        return {};
    }));
    auto client = connect("c1");
    client.until("entry");
    const auto attachments = client.until("entry").at("entry").at("attachments").as_array();
    ASSERT_EQ(attachments.size(), 2u);
    EXPECT_EQ(attachments[0].at("name"), "a.png");
    EXPECT_EQ(attachments[0].at("mimeType"), "image/png");
    EXPECT_EQ(attachments[0].at("sizeBytes"), 5);
    EXPECT_EQ(attachments[0].at("inline"), true);
    EXPECT_TRUE(std::string(attachments[0].at("url").as_string()).starts_with("https://public.test/files/"));
    EXPECT_EQ(attachments[1].at("url"), "");
}

TEST_P(VisitorsTest, TheHistoryPagesThroughTheSameEntriesAndItsCursorsOpenTheStream) {
    const auto c = conversation("c1");
    outbound(c.id, "held");
    for (int i = 0; i < 4; ++i) inbound(c.id, std::to_string(i));
    std::vector<std::string> texts;
    std::string after;
    while (true) {
        const auto page = history("c1", after, 2);
        for (const auto& entry : page) {
            texts.emplace_back(entry.at("text").as_string());
            after = entry.at("cursor").as_string();
            EXPECT_GT(entry.at("at_unix_us").as_int64(), 0);
        }
        if (page.size() < 2) break;
    }
    EXPECT_THAT(texts, ElementsAre("hello", "0", "1", "2", "3"));
    EXPECT_THAT(history("nobody", "", 10), IsEmpty());
    inbound(c.id, "4");
    auto client = connect("c1", after);
    client.until("ready");
    EXPECT_THAT(client.entries, ElementsAre("4"));
    const auto told = run(visitors_->history(ref(), "", "thread", "", 10));
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error().code, Errc::unsupported);
}

TEST_P(VisitorsTest, AThreadHasAStreamOfItsOwn) {
    const auto c = conversation("c1");
    const auto threaded = another(c, "order-1");
    inbound(threaded.id, "about the order");
    auto upgrade = ask("contact=c1&thread=order-1");
    Client client;
    client.session = std::get<http::Accept>(upgrade).session;
    client.socket = std::make_shared<FakeSocket>(threads_->get_executor());
    client.session->on_open(client.socket);
    client.until("ready");
    EXPECT_THAT(client.entries, ElementsAre("about the order"));
    inbound(c.id, "elsewhere");
    inbound(threaded.id, "more");
    EXPECT_EQ(client.entry(), "more");
    EXPECT_EQ(refused("thread=order-1").status, 501);
}

/// The promise: whatever happens to messages and lines, each visible message is taken exactly once.
TEST_P(VisitorsTest, EveryMessageIsTakenOnceWhateverHappensToTheLine) {
    std::mt19937 random(20261120);
    const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    auto c = conversation("c1");
    std::vector<std::string> taken;
    std::vector<EntryId> ours;
    std::string cursor;
    auto client = connect("c1");
    const auto drain = [&](std::size_t frames) {  // the rest is lost with the line
        for (std::size_t i = 0; i < frames; ++i) {
            const auto frame = client.socket->take();
            if (frame.empty()) break;
            cursor = frame.at("cursor").as_string();
            if (frame.at("type") == "entry") taken.emplace_back(frame.at("entry").at("id").as_string());
        }
    };
    for (int step = 0; step < 120; ++step) {
        switch (pick(8)) {
            case 0:
            case 1:
                inbound(c.id, "theirs " + std::to_string(step));
                break;
            case 2:
            case 3:
                ours.push_back(outbound(c.id, "ours " + std::to_string(step)).id);
                break;
            case 4:
                if (!ours.empty()) {
                    const auto at = ours.begin() + pick(static_cast<int>(ours.size()));
                    const bool fails = pick(3) == 0;
                    set_status(*at, fails ? MessageStatus::failed : MessageStatus::sent);
                    if (!fails) ours.erase(at);
                }
                break;
            case 5:
                ASSERT_TRUE(write([&](store::Write& w) { return desk::add_note(w, supervisor(), c.id, "note"); }));
                break;
            case 6:
                if (pick(4) == 0) {
                    close(c.id);
                    clock().advance(30h);
                    c = another(c);
                }
                break;
            default:
                // The line is lost with what was on its way; some of it was taken.
                client.leave();
                drain(static_cast<std::size_t>(pick(4)));
                if (pick(3) == 0) restart();
                client = connect("c1", cursor);
                break;
        }
    }
    client.leave();
    client = connect("c1", cursor);
    while (true) {
        const auto frame = client.socket->next();
        ASSERT_FALSE(frame.empty());
        if (frame.at("type") == "entry") taken.emplace_back(frame.at("entry").at("id").as_string());
        if (frame.at("type") == "ready") break;
    }
    auto visible = read([](store::Session& sql) {
        return sql.rows<std::int64_t>(
            "SELECT id FROM entry WHERE kind = 0 AND (direction = 0 OR status IN (5, 6, 7)) ORDER BY id");
    });
    std::vector<std::string> expected;
    for (const auto id : visible) expected.push_back(std::to_string(id));
    EXPECT_THAT(taken, ::testing::UnorderedElementsAreArray(expected));
}

}  // namespace
}  // namespace usher::api
