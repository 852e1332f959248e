#include "api/realtime.hpp"

#include <condition_variable>
#include <future>

#include "api/api_fixture.hpp"
#include "api/realtime_frames.hpp"

namespace usher::api {
namespace {

using testing::As;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

/// A connection that keeps what it was given.
class Wire final : public http::WebSocket {
public:
    explicit Wire(asio::any_io_executor executor) : executor_(std::move(executor)) {}
    bool send(std::shared_ptr<const std::string> text) override {
        const std::lock_guard lock(mutex_);
        if (closed_) return false;
        json::value frame = parse_json(*text).value();
        // What signing in said may be passed on just after a socket came, or just before.
        if (frame.at("type") == "agent.availability" && frame.at("data").at("status") == "away") return true;
        frames_.push_back(std::move(frame));
        changed_.notify_all();
        return true;
    }
    void close(std::uint16_t code, std::string) override {
        const std::lock_guard lock(mutex_);
        if (!closed_) closed_ = code;
        changed_.notify_all();
    }
    std::size_t queued() const override { return 0; }
    asio::any_io_executor executor() const override { return executor_; }

    /// Types so far, once there are `count` frames.
    std::vector<std::string> types(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds{20}, [&] { return frames_.size() >= count; });
        std::vector<std::string> out;
        for (const auto& frame : frames_) out.emplace_back(frame.as_object().at("type").as_string());
        return out;
    }
    json::object frame(std::size_t at) {
        types(at + 1);
        const std::lock_guard lock(mutex_);
        return at < frames_.size() ? frames_[at].as_object() : json::object{};
    }
    std::string cursor() {
        const std::lock_guard lock(mutex_);
        for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) {
            if (const auto* cursor = frame->as_object().if_contains("cursor")) return cursor->as_string().c_str();
        }
        return "";
    }
    std::uint16_t closed() {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds{20}, [&] { return closed_.has_value(); });
        return closed_.value_or(0);
    }

private:
    asio::any_io_executor executor_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<json::value> frames_;
    std::optional<std::uint16_t> closed_;
};

/// A frame for every event about a conversation; the conversation 900 stands in the inbox that a test says.
class Source final : public FrameSource {
public:
    VisibilityKey key;
    std::optional<VisibilityKey> present;  // where it stands when frames are made
    std::atomic<bool> held = false;        // the next frames wait for `gate`, ...
    std::atomic<bool> fails = false;       // ... or are not to be had, once
    Signal gate;
    std::promise<void> waits;
    Task<Result<std::vector<std::optional<Frame>>>> frames(std::vector<Event> events) override {
        std::vector<std::optional<Frame>> out;
        if (held.exchange(false)) {
            waits.set_value();
            co_await gate.wait(std::chrono::seconds{20});
        } else if (fails.exchange(false)) {
            co_return Error{Errc::unavailable, "the database cannot be reached"};
        }
        for (const auto& event : events) {
            if (!event.conversation_id || event.type == "conversation.silent") {
                out.emplace_back();
            } else {
                json::object data{{"conversation", json::object{{"id", to_json(event.conversation_id)}}}};
                out.push_back(Frame{event.type, event.subject_id, std::move(data), {}, present});
            }
        }
        co_return out;
    }
    Task<Result<std::optional<VisibilityKey>>> visibility(ConversationId id) override {
        std::optional<VisibilityKey> found;
        if (id.value == 900) found = key;
        co_return found;
    }
};

class RealtimeTest : public testing::ApiTest {
protected:
    void more() override {
        realtime_ = std::make_unique<Realtime>(threads_.get_executor(), access(), presence(), feed(), source_, clock(),
                                               Realtime::Settings{.queue_limit = 8});
        add_realtime(api(), *realtime_);
        realtime_->start();
    }
    void TearDown() override {
        for (auto& [wire, session] : open_) session->on_close(1000);
        open_.clear();
        if (realtime_) {
            run([](Realtime& realtime) -> Task<bool> {
                co_await realtime.stop();
                co_return true;
            }(*realtime_));
        }
        threads_.join();
        ApiTest::TearDown();
    }

    std::shared_ptr<Wire> connect(const As& as, const std::string& after = "") {
        auto sent = request("GET", "/realtime" + (after.empty() ? "" : "?after=" + after), as);
        const auto caller = good(access().authenticate(credentials_of(sent)));
        auto upgrade = run(realtime_->accept(Call(std::move(sent), caller, 32)));
        auto wire = std::make_shared<Wire>(threads_.get_executor());
        auto session = std::get<http::Accept>(upgrade).session;
        session->on_open(wire);
        open_.emplace_back(wire, session);
        return wire;
    }
    /// What the client of the last connection says.
    void say(std::size_t connection, std::string text) {
        run([](std::shared_ptr<http::WebSocketSession> session, std::string said) -> Task<bool> {
            co_await session->on_text(std::move(said));
            co_return true;
        }(open_[connection].second, std::move(text)));
    }
    void happens(std::string type, std::optional<InboxId> before, InboxId after, std::int64_t version = 1) {
        Event event;
        event.type = std::move(type);
        event.space_id = {1};
        event.conversation_id = {900};
        event.subject_id = version;
        const auto key = [](InboxId inbox) { return to_json(VisibilityKey{{1}, inbox, {}, {}}).as_object(); };
        if (before) event.before = key(*before);
        event.after = key(after);
        good(store().write([event](store::Write& write) -> Result<void> {
            write.append(event);
            return {};
        }));
    }

    Source source_;
    asio::thread_pool threads_{2};
    std::unique_ptr<Realtime> realtime_;
    std::vector<std::pair<std::shared_ptr<Wire>, std::shared_ptr<http::WebSocketSession>>> open_;
};
USHER_ON_SQLITE(RealtimeTest);

TEST_P(RealtimeTest, WhatOneMayNotSeeDoesNotCome) {  // proves S0-10
    const InboxId mine = inbox("Mine"), other = inbox("Other");
    const auto anna = person("Anna", {"agent"});
    add_member(mine, anna.caller.principal->user_id);
    const auto wire = connect(cookie(anna));
    EXPECT_THAT(wire->types(1), ElementsAre("ready"));
    happens("message.received", {}, other);
    happens("message.received", {}, mine, 7);
    EXPECT_THAT(wire->types(2), ElementsAre("ready", "message.received"));
    EXPECT_EQ(wire->frame(1).at("version").as_int64(), 7);
    EXPECT_TRUE(wire->frame(1).contains("cursor"));
    happens("conversation.assigned", mine, other);
    happens("conversation.assigned", other, mine);
    EXPECT_THAT(wire->types(4), ElementsAre("ready", "message.received", "conversation.gone", "conversation.assigned"));
    EXPECT_EQ(wire->frame(2).at("data").as_object().at("id").as_string(), "900");
}

TEST_P(RealtimeTest, WhatWasMissedComesBeforeReady) {
    const InboxId mine = default_inbox();
    const auto first = connect(admin_key());
    first->types(1);
    happens("message.received", {}, mine, 1);
    first->types(2);
    const std::string cursor = first->cursor();
    happens("message.received", {}, mine, 2);
    happens("conversation.silent", mine, mine, 3);
    happens("message.created", mine, mine, 4);
    EXPECT_THAT(first->types(4), ElementsAre("ready", "message.received", "message.received", "message.created"));
    const auto again = connect(admin_key(), cursor);
    EXPECT_THAT(again->types(3), ElementsAre("message.received", "message.created", "ready"));
    happens("message.status", mine, mine, 5);
    EXPECT_THAT(again->types(4), ElementsAre("message.received", "message.created", "ready", "message.status"));
}

TEST_P(RealtimeTest, WhatHasGoneElsewhereSinceIsGoneAndNotShown) {
    const InboxId mine = inbox("Mine"), other = inbox("Other");
    const auto anna = person("Anna", {"agent"});
    add_member(mine, anna.caller.principal->user_id);
    const auto first = connect(cookie(anna));
    first->types(1);
    happens("message.received", {}, mine, 1);
    first->types(2);
    const std::string cursor = first->cursor();
    open_[0].second->on_close(1006);
    happens("message.received", mine, mine, 2);  // then it is moved away and the customer writes again
    source_.present = VisibilityKey{{1}, other, {}, {}};
    const auto again = connect(cookie(anna), cursor);
    const auto types = again->types(2);  // replayed before it is ready, or brought after, as the event was on its way
    ASSERT_THAT(types, UnorderedElementsAre("conversation.gone", "ready"));
    EXPECT_EQ(write_json(again->frame(types[0] == "ready" ? 1 : 0).at("data")), R"({"id":"900"})");
    const auto all = connect(admin_key(), cursor);
    EXPECT_THAT(all->types(2), UnorderedElementsAre("message.received", "ready"));
}

TEST_P(RealtimeTest, AQueueThatOverflowsResetsAndLeavesNoOldRights) {
    const InboxId mine = inbox("Mine");
    const auto anna = person("Anna", {"agent"});
    const UserId id = anna.caller.principal->user_id;
    add_member(mine, id);
    const auto hers = connect(cookie(anna)), all = connect(admin_key());
    for (const auto& wire : {hers, all}) wire->types(1);
    source_.held = true;
    happens("message.received", {}, mine, 1);
    source_.waits.get_future().wait();
    good(inboxes().remove_member(admin(), mine, id));
    for (int i = 2; i < 20; ++i) happens("message.received", mine, mine, i);
    source_.gate.set();
    EXPECT_THAT(all->types(4), ElementsAre("ready", "message.received", "reset", "ready"));
    hers->types(4);
    happens("message.received", mine, mine, 20);
    EXPECT_EQ(all->frame(4).at("version").as_int64(), 20);
    say(0, R"({"type":"ping"})");
    EXPECT_THAT(hers->types(5), ElementsAre("ready", "message.received", "reset", "ready", "pong"));
}

TEST_P(RealtimeTest, EventsThatCannotBeShownResetAndLeaveNoOldRights) {
    const InboxId mine = inbox("Mine");
    const auto anna = person("Anna", {"agent"});
    const UserId id = anna.caller.principal->user_id;
    add_member(mine, id);
    const auto hers = connect(cookie(anna)), all = connect(admin_key());
    for (const auto& wire : {hers, all}) wire->types(1);
    source_.held = true;
    happens("message.received", {}, mine, 1);
    source_.waits.get_future().wait();
    source_.fails = true;
    good(inboxes().remove_member(admin(), mine, id));
    source_.gate.set();
    EXPECT_THAT(all->types(4), ElementsAre("ready", "message.received", "reset", "ready"));
    hers->types(4);
    happens("message.received", mine, mine, 20);
    EXPECT_EQ(all->frame(4).at("version").as_int64(), 20);
    say(0, R"({"type":"ping"})");
    EXPECT_THAT(hers->types(5), ElementsAre("ready", "message.received", "reset", "ready", "pong"));
}

TEST_P(RealtimeTest, ACursorThatMeansNothingResets) {
    for (const char* cursor : {"nonsense", "AAAA", "0"}) {
        EXPECT_THAT(connect(admin_key(), cursor)->types(2), ElementsAre("reset", "ready")) << cursor;
    }
}

TEST_P(RealtimeTest, AChangeOfRightsResetsNowAndLater) {  // proves S0-18
    const auto anna = person("Anna", {"agent"});
    const auto wire = connect(cookie(anna));
    wire->types(1);
    const std::string cursor = wire->cursor();
    good(users().set_seat(admin(), anna.caller.principal->user_id, false));
    EXPECT_THAT(wire->types(3), ElementsAre("ready", "reset", "ready"));
    EXPECT_THAT(connect(cookie(anna), cursor)->types(2), ElementsAre("reset", "ready"));
    EXPECT_THAT(connect(cookie(anna), wire->cursor())->types(1), ElementsAre("ready"));
}

TEST_P(RealtimeTest, AMembershipCountsFromItsEventOn) {
    const InboxId later = inbox("Later");
    const auto anna = person("Anna", {"agent"});
    const auto wire = connect(cookie(anna));
    wire->types(1);
    happens("message.received", {}, later);
    add_member(later, anna.caller.principal->user_id);
    happens("message.received", {}, later);
    EXPECT_THAT(wire->types(4), ElementsAre("ready", "reset", "ready", "message.received"));
}

TEST_P(RealtimeTest, AnEndedSessionClosesItsSocketAndNoOther) {
    const auto here = person("Anna", {"agent"});
    const auto there = good(access().login(email_of("Anna"), password_of("Anna"), "127.0.0.1"));
    const auto one = connect(cookie(here)), two = connect(cookie(there));
    one->types(1);
    two->types(1);
    good(access().logout(here.caller));
    EXPECT_EQ(one->closed(), 4401);
    say(1, R"({"type":"ping"})");
    EXPECT_EQ(two->types(2).back(), "pong");
}

TEST_P(RealtimeTest, ADeletedKeyClosesItsSocket) {
    const auto made = good(keys().create(admin(), {"script", {"supervisor"}}));
    const auto wire = connect(with(nobody(), "X-API-Key", made.key));
    wire->types(1);
    good(keys().remove(admin(), made.row.id));
    EXPECT_EQ(wire->closed(), 4401);
}

TEST_P(RealtimeTest, AnExpiredSessionIsFoundByTheSweep) {
    const auto anna = person("Anna", {"agent"});
    const auto wire = connect(cookie(anna));
    wire->types(1);
    clock().advance(std::chrono::hours{24 * 15});
    run([](Realtime& realtime) -> Task<bool> {
        co_await realtime.sweep();
        co_return true;
    }(*realtime_));
    EXPECT_EQ(wire->closed(), 4401);
}

TEST_P(RealtimeTest, TypingReachesOthersWhoMaySee) {
    const InboxId mine = inbox("Mine");
    const auto anna = person("Anna", {"agent"}), ben = person("Ben", {"agent"}), eve = person("Eve", {"agent"});
    add_member(mine, anna.caller.principal->user_id);
    add_member(mine, ben.caller.principal->user_id);
    source_.key = {{1}, mine, {}, {}};
    const auto a = connect(cookie(anna)), b = connect(cookie(ben)), e = connect(cookie(eve));
    for (const auto& wire : {a, b, e}) wire->types(1);
    say(2, R"({"type":"typing","conversationId":"900"})");
    say(0, R"({"type":"typing","conversationId":"900"})");
    say(0, R"({"type":"typing","conversationId":"900"})");  // not again so soon
    say(0, R"({"type":"viewing","conversationId":"900"})");
    EXPECT_THAT(b->types(3), ElementsAre("ready", "typing", "viewing"));
    const auto frame = b->frame(1);
    EXPECT_FALSE(frame.contains("cursor"));
    EXPECT_EQ(frame.at("data").as_object().at("author").as_object().at("name").as_string(), "Anna");
    for (std::size_t i : {0u, 2u}) say(i, R"({"type":"ping"})");
    EXPECT_THAT(a->types(2), ElementsAre("ready", "pong"));
    EXPECT_THAT(e->types(2), ElementsAre("ready", "pong"));
}

TEST_P(RealtimeTest, KeysAreCountedApartAndTypingComesNotBack) {
    const auto one = good(keys().create(admin(), {"one", {"supervisor"}}));
    const auto two = good(keys().create(admin(), {"two", {"supervisor"}}));
    source_.key = {{1}, default_inbox(), {}, {}};
    const auto connect_many = [&](const std::string& key) {
        for (std::size_t i = 0; i < Realtime::Settings{}.sockets_per_user; ++i)
            connect(with(nobody(), "X-API-Key", key))->types(1);
    };
    connect_many(one.key);
    const auto others = connect(with(nobody(), "X-API-Key", two.key));
    others->types(1);
    auto sent = request("GET", "/realtime", with(nobody(), "X-API-Key", one.key));
    const auto caller = good(access().authenticate(credentials_of(sent)));
    const auto refused = run(realtime_->accept(Call(std::move(sent), caller, 32)));
    ASSERT_TRUE(std::holds_alternative<http::Response>(refused)) << "one key takes no more than its own";
    EXPECT_EQ(std::get<http::Response>(refused).status, 429);
    say(0, R"({"type":"viewing","conversationId":"900"})");
    EXPECT_THAT(others->types(2), ElementsAre("ready", "viewing"));
    say(0, R"({"type":"ping"})");
    EXPECT_THAT(open_[0].first->types(2), ElementsAre("ready", "pong"));
}

TEST_P(RealtimeTest, AvailabilityIsToldToEverybodyHere) {
    const auto anna = person("Anna", {"agent"});
    const auto wire = connect(admin_key());
    wire->types(1);
    good(users().set_availability(admin(), anna.caller.principal->user_id, Availability::available));
    EXPECT_EQ(wire->types(2).back(), "agent.availability");
    EXPECT_EQ(wire->frame(1).at("data").as_object().at("status").as_string(), "available");
}

TEST_P(RealtimeTest, ASocketMakesPresent) {
    const auto anna = person("Anna", {"agent"});
    const UserId id = anna.caller.principal->user_id;
    EXPECT_FALSE(presence().connected(id));
    connect(cookie(anna))->types(1);
    EXPECT_TRUE(presence().connected(id));
    open_[0].second->on_close(1006);
    open_.clear();
    EXPECT_TRUE(presence().connected(id));
    clock().advance(access::kPresenceKept);
    EXPECT_FALSE(presence().connected(id));
}

TEST_P(RealtimeTest, NonsenseAndFloodsEndTheConnection) {
    const auto odd = connect(admin_key()), flood = connect(admin_key());
    say(0, "not json");
    EXPECT_EQ(odd->closed(), 1008);
    for (int i = 0; i < 41; ++i) say(1, R"({"type":"ping"})");
    EXPECT_EQ(flood->closed(), 1008);
}

TEST_P(RealtimeTest, AnUpgradeAsksWhoAndFromWhere) {
    const auto anna = person("Anna", {"agent"});
    const auto status = [&](const As& as) { return run(api().dispatch(request("GET", "/realtime", as))).status; };
    EXPECT_EQ(status(nobody()), 401);
    EXPECT_EQ(status(with(nobody(), "X-API-Key", "wrong")), 401);
    EXPECT_EQ(status(with(nobody(), "Cookie", "usher_session=made-up")), 401);
    EXPECT_EQ(status(with(cookie(anna), "Origin", "http://evil.example.test")), 403);
    EXPECT_EQ(status(cookie(anna)), 403);  // a browser always says where it comes from
    EXPECT_EQ(status(with(cookie(anna), "Origin", "http://desk.example.test")), 101);
    EXPECT_EQ(status(admin_key()), 101);
}

TEST(Frames, NotesNeedTheirPermission) {  // proves S2-24
    Event event;
    event.type = "note.created";
    event.space_id = {1};
    event.conversation_id = {900};
    event.after = to_json(VisibilityKey{{1}, {5}, {}, {}}).as_object();
    const feed::Cursor cursor;
    Principal who{{7}, {}, {1}, "Anna", {std::string(permission::kView)}, {InboxId{5}}, {}, 1};
    Outgoing outgoing(event, Frame{"note.created", 1, {}, std::string(permission::kNoteRead)}, cursor);
    EXPECT_EQ(outgoing.text_for(who), nullptr);
    who.permissions.insert(std::string(permission::kNoteRead));
    const auto text = outgoing.text_for(who);
    ASSERT_NE(text, nullptr);
    EXPECT_EQ(text, outgoing.text_for(who));  // one text for all
    EXPECT_THAT(*text, HasSubstr("note.created"));
    who.space_id = {2};
    EXPECT_EQ(outgoing.text_for(who), nullptr);
}

}  // namespace
}  // namespace usher::api
