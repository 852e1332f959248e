// Frames of real conversations: they tell what is now, and to whom they may be told is decided by what is now, too.
#include "api/desk_frames.hpp"

#include "api/realtime_frames.hpp"
#include "desk/assignment.hpp"
#include "desk/contacts.hpp"
#include "desk/conversations.hpp"
#include "desk/desk_fixture.hpp"

namespace usher::api {
namespace {

class DeskFramesTest : public desk::testing::DeskTest {
protected:
    const desk::Views views_{[](std::string_view) { return json::object{}; }};
};
USHER_ON_EVERY_DATABASE(DeskFramesTest);

TEST_P(DeskFramesTest, WhatOneMayNoLongerSeeIsGoneAndNotShown) {
    const auto c = conversation();
    Event event;
    event.type = "message.received";
    event.space_id = kSpace;
    event.conversation_id = c.id;
    event.before = event.after = to_json(visibility_key(c)).as_object();
    const auto text = [&](const Principal& who) {
        DeskFrames source(store(), views_);
        auto frames = store::testing::run(source.frames({event}));
        EXPECT_TRUE(frames && frames->at(0));
        const feed::Cursor cursor;
        const auto out = Outgoing(event, std::move(frames->at(0)), cursor).text_for(who);
        return out ? *out : "nothing";
    };
    EXPECT_NE(text(anna()).find(R"("type":"message.received")"), std::string::npos);
    ASSERT_TRUE(write([=](store::Write& w) {
        return desk::move_to_inbox_as(w, {AuthorType::system, 0}, c.id, kOtherInbox);
    }));
    EXPECT_NE(text(supervisor()).find(R"("type":"message.received")"), std::string::npos);
    const auto gone = text(anna());
    EXPECT_NE(gone.find(R"("type":"conversation.gone")"), std::string::npos) << gone;
    EXPECT_EQ(gone.find("hello"), std::string::npos) << gone;
    EXPECT_EQ(text(principal({705}, {"agent"}, {kOtherInbox})), "nothing") << "it came there by another event";
}

class Frames : public desk::testing::DeskTest {
protected:
    Event renamed(ContactId contact, std::string name) {
        Event event;
        event.type = "contact.updated";
        event.space_id = kSpace;
        event.subject_id = contact.value;
        auto done = write([=, this](store::Write& w) {
            return desk::edit_contact(w, supervisor(), contact, json::object{{"name", name}});
        });
        EXPECT_TRUE(done) << (done ? "" : done.error().message);
        return event;
    }
    Text shown(const Event& event, const Principal& who) {
        DeskFrames frames(store(), views_);
        auto made = usher::store::testing::run(frames.frames({event}));
        EXPECT_TRUE(made) << (made ? "" : made.error().message);
        const feed::Cursor cursor;
        return Outgoing(event, std::move(made->at(0)), cursor).text_for(who);
    }
    desk::Views views_{{}};
};
USHER_ON_EVERY_DATABASE(Frames);

TEST_P(Frames, AContactsNewNameReachesWhoSeesAConversationOfTheirs) {
    const auto c = conversation();
    const auto event = renamed(c.contact_id, "Ada");
    const auto text = shown(event, anna());
    ASSERT_TRUE(text);
    const auto frame = *parse_json(*text);
    EXPECT_EQ(frame.at("type"), "contact.updated");
    EXPECT_EQ(frame.at("version"), 2);
    EXPECT_EQ(write_json(frame.at("data")),
              R"({"contact":{"id":")" + to_string(c.contact_id) + R"(","name":"Ada","blocked":false,"version":2}})");
}

TEST_P(Frames, NobodyElseLearnsIt) {
    const auto c = conversation();
    ASSERT_TRUE(write([=, this](store::Write& w) { return desk::claim(w, anna(), c.id); }));
    const auto event = renamed(c.contact_id, "Ada");
    EXPECT_FALSE(shown(event, principal(kBen, {"agent"}, {kOtherInbox}))) << "of another inbox";
    auto elsewhere = supervisor();
    elsewhere.space_id = {2};
    EXPECT_FALSE(shown(event, elsewhere));
    EXPECT_TRUE(shown(event, supervisor()));
    desk::ContactInput input;
    input.name = "Nobody's";
    const auto alone = write([=, this](store::Write& w) { return desk::create_contact(w, supervisor(), input); });
    EXPECT_FALSE(shown(renamed(alone->id, "Still nobody's"), supervisor())) << "no conversation shows them";
}

}  // namespace
}  // namespace usher::api
