#include "api/visitor_cursor.hpp"

#include <gtest/gtest.h>

#include "foundation/text.hpp"

namespace usher::api {
namespace {

TEST(VisitorCursor, ComesBackAsItWasWritten) {
    const VisitorCursor empty;
    EXPECT_EQ(*decode_visitor_cursor(encode(empty)), empty);
    const VisitorCursor cursor{Time{1'700'000'000'000'000}, {{{482000}, 17, 12, {}}, {{482001}, 9, 0, {3, 7, 9}}}};
    EXPECT_EQ(*decode_visitor_cursor(encode(cursor)), cursor);
}

TEST(VisitorCursor, WhatWasNotWrittenHereIsUnknown) {
    for (const std::string plain :
         {"", "2;0", "1", "1;x", "1;0;", "1;0;5", "1;0;5:1", "1;0;0:1:1", "1;0;5:1:1:", "1;0;5:1:1:2", "1;0;5:4:1:3,2",
          "1;0;5:4:1:2,2", "1;0;5:1:1;5:1:1", "1;-1", "1;0;5:1:1:1:1", "1;0;5:99999999999999999999:1"}) {
        const auto read = decode_visitor_cursor(to_base64url(plain));
        ASSERT_FALSE(read) << plain;
        EXPECT_EQ(read.error().reason, "unknown_cursor");
        EXPECT_EQ(read.error().message, "The cursor is unknown here.");
    }
    for (const auto& text : {std::string("no base64!"), std::string(100'000, 'A')})
        EXPECT_FALSE(decode_visitor_cursor(text));
}

TEST(VisitorMark, TellsEachMessageOnceWhenItCanBeSeen) {
    VisitorMark mark{{1}, 0, 0, {}};
    EXPECT_TRUE(take(mark, 1, Showing::visible));
    EXPECT_FALSE(take(mark, 1, Showing::visible)) << "told before";
    EXPECT_FALSE(take(mark, 2, Showing::pending));
    EXPECT_FALSE(take(mark, 3, Showing::pending));
    EXPECT_TRUE(take(mark, 5, Showing::visible)) << "4 was a note";
    EXPECT_FALSE(take(mark, 2, Showing::pending)) << "still held";
    EXPECT_EQ(mark.pending, (std::vector<std::int64_t>{2, 3}));
    EXPECT_TRUE(take(mark, 2, Showing::visible)) << "sent after a later one was told";
    EXPECT_FALSE(take(mark, 2, Showing::visible));
    EXPECT_FALSE(take(mark, 3, Showing::never)) << "undone";
    EXPECT_FALSE(take(mark, 3, Showing::visible));
    EXPECT_EQ(mark, (VisitorMark{{1}, 5, 0, {}}));
}

}  // namespace
}  // namespace usher::api
