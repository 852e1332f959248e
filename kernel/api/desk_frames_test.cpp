// Frames of real conversations: they tell what is now, and to whom they may be told is decided by what is now, too.
#include "api/desk_frames.hpp"

#include "api/realtime_frames.hpp"
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

}  // namespace
}  // namespace usher::api
