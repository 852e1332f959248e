#include "plugins/wire.hpp"

#include <gtest/gtest.h>

#include "plugins/abi.hpp"
#include "plugins/wire_values.hpp"

namespace usher::plugins {
namespace {

/// The body of a frame with these values.
template <class... Values>
std::string body(const Values&... values) {
    return wire::frame(wire::Op::send, 1, 2, values...).substr(sizeof(wire::Head));
}

Message full_message() {
    Message out;
    out.kind = static_cast<MessageKind>(4711);  // a kind of a later version stays what it is
    out.id = "7";
    out.contact = "김민수";
    out.text = std::string("a\0b", 3);
    out.sent_unix_us = -5;
    out.seq = 1ULL << 60;
    out.parts = {{"image/png", "a.png", "blob:1", "{}", 9}, {}};
    out.attrs = {{"a", "b"}, {"a", "c"}};
    return out;
}

TEST(Wire, AFrameHasItsHeadAndItsValues) {
    const std::string frame = wire::frame(wire::Op::send, 3, 4, std::string("x"));
    wire::Head head;
    std::memcpy(&head, frame.data(), sizeof head);
    EXPECT_EQ(head.size, frame.size() - sizeof head);
    EXPECT_EQ(head.op, wire::Op::send);
    EXPECT_EQ(head.instance, 3U);
    EXPECT_EQ(head.call, 4U);
}

TEST(Wire, ValuesAreTheSameAfterCrossing) {
    Message message;
    ASSERT_TRUE(wire::read(body(full_message()), message));
    EXPECT_EQ(message, full_message());

    Outcome outcome = Outcome::lost_one(USHER_E_RATE_LIMITED, "429"), back;
    outcome.fields = {{"k", "v"}};
    outcome.http.emplace().status = 404;
    ASSERT_TRUE(wire::read(body(outcome), back));
    EXPECT_EQ(back.status, USHER_E_RATE_LIMITED);
    EXPECT_TRUE(back.lost);
    EXPECT_EQ(back.fields, outcome.fields);
    EXPECT_EQ(back.http->status, 404U);

    SendResult result, received;
    result.ok = true;
    result.remote_ids = {"a", "b"};
    result.retry_after = std::chrono::milliseconds(1500);
    ASSERT_TRUE(wire::read(body(result), received));
    EXPECT_EQ(received.remote_ids, result.remote_ids);
    EXPECT_EQ(received.retry_after, result.retry_after);

    wire::Creation creation, made;
    creation.account = {.id = "shop1", .channel = "open", .key = AccountKey{7}, .space_id = SpaceId{8}};
    creation.deadlines.send = std::chrono::milliseconds(3);
    ASSERT_TRUE(wire::read(body(creation), made));
    EXPECT_EQ(made.account.key, AccountKey{7});
    EXPECT_EQ(made.deadlines.send, creation.deadlines.send);
}

struct Older {
    std::string name;
};
BOOST_DESCRIBE_STRUCT(Older, (), (name))
struct Newer {
    std::string name;
    std::uint32_t count = 5;
    std::vector<std::string> list{"as before"};
};
BOOST_DESCRIBE_STRUCT(Newer, (), (name, count, list))

TEST(Wire, GrowsAtTheEndOfAStruct) {
    Older older;
    std::string after;
    ASSERT_TRUE(wire::read(body(Newer{"n", 6, {"x"}}, std::string("next")), older, after));
    EXPECT_EQ(older.name, "n") << "what a reader does not know it skips";
    EXPECT_EQ(after, "next");
    Newer newer;
    ASSERT_TRUE(wire::read(body(Older{"o"}, std::string("next")), newer, after));
    EXPECT_EQ(newer.count, 5U) << "what a writer did not know stays as it was";
    EXPECT_EQ(newer.list, std::vector<std::string>{"as before"});
}

TEST(Wire, BytesThatAreCutAreRefusedWhereverTheCutIs) {
    const std::string whole = body(full_message());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        Message message;
        EXPECT_FALSE(wire::read(std::string_view(whole).substr(0, size), message)) << size;
    }
}

TEST(Wire, LengthsThatLieCostNothing) {
    std::vector<Message> list;
    EXPECT_FALSE(wire::read(body(std::uint32_t{0xffffffff}), list)) << "more entries than bytes";
    std::string text;
    EXPECT_FALSE(wire::read(body(std::uint32_t{0xffffffff}), text));
    Message message;
    EXPECT_FALSE(wire::read(body(std::uint32_t{0xfffffff0}), message));
}

TEST(Wire, AnyBytesAreReadOrRefused) {
    std::string bytes = body(full_message());
    std::uint32_t random = 1;
    for (int i = 0; i < 20'000; ++i) {
        random = random * 1664525U + 1013904223U;
        bytes[(random >> 8) % bytes.size()] = static_cast<char>(random >> 24);
        Message message;
        SendResult result;
        wire::read(bytes, message);
        wire::read(bytes, result);
    }
}

}  // namespace
}  // namespace usher::plugins
