#include "plugins/abi.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include "plugins/local_instance.hpp"

namespace usher::plugins {
namespace {

TEST(Statuses, GoThereAndBack) {
    for (usher_status status = USHER_E_FENCED; status < 0; ++status) {
        EXPECT_EQ(to_status(to_errc(status)), status) << status_name(status);
    }
    EXPECT_EQ(to_errc(-4711), Errc::internal) << "a status that this Usher does not know";
    EXPECT_EQ(to_status(Errc::forbidden), USHER_E_INVALID);
}

TEST(Whole, TakesWhatIsThereAndZeroForTheRest) {
    usher_message peer;
    std::memset(&peer, 0xff, sizeof peer);
    peer.struct_size = offsetof(usher_message, attempt);
    peer.kind = 7;
    const usher_message mine = whole(&peer);
    EXPECT_EQ(mine.kind, 7U);
    EXPECT_EQ(mine.attempt, 0U);
    EXPECT_EQ(mine.parts, nullptr);
    EXPECT_EQ(whole<usher_message>(nullptr).struct_size, 0U);
}

TEST(Messages, AreTheSameAfterCrossingTheBorder) {
    Message message;
    message.kind = MessageKind::edit;
    message.dedupe_key = "k";
    message.thread_key = "order-1";
    message.remote_id = "r";
    message.reply_to_remote_id = "q";
    message.contact = "김민수";
    message.text = "hello";
    message.content_json = R"({"metadata":{}})";
    message.contact_json = "{}";
    message.sent_unix_us = 5;
    message.parts = {{"image/png", "a.png", "blob:1", "{}", 9}};
    message.attrs = {{"a", "b"}, {"a", "c"}};
    const LentMessage lent(message);
    const auto back = read_emit(lent.get());
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, message);
}

TEST(Messages, NameTheMemberThatIsWrong) {
    Message message;
    message.dedupe_key = "k";
    auto fault_of = [](const Message& m) { return read_emit(LentMessage(m).get()).error().message; };
    message.contact = std::string(1025, 'x');
    EXPECT_EQ(fault_of(message), "emit: contact is longer than 1024 bytes");
    message.contact = "c";
    message.content_json = "{";
    EXPECT_TRUE(fault_of(message).starts_with("emit: content_json is not valid JSON")) << fault_of(message);
    message.content_json = "7";
    EXPECT_EQ(fault_of(message), "emit: content_json is no JSON object");
    message.content_json = "";
    message.attrs = {{"k", "\xc3\x28"}};
    EXPECT_EQ(fault_of(message), "emit: attrs is not UTF-8");
    usher_message broken = *LentMessage(Message{}).get();
    broken.part_count = 3;
    broken.parts = nullptr;
    EXPECT_EQ(read_emit(&broken).error().message, "emit: parts has more than 100 entries, or is NULL");
    EXPECT_EQ(read_emit(nullptr).error().message, "the message is NULL");
}

TEST(Descriptors, BelongToTheReceiver) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    {
        usher_result peer{};
        peer.struct_size = sizeof peer;
        peer.fd = ends[0];
        const Outcome outcome = read_result(&peer);
        ASSERT_TRUE(outcome.fd);
    }
    EXPECT_EQ(::fcntl(ends[0], F_GETFD), -1) << "nobody wanted it, so it is closed";
    Outcome out;
    out.fd = std::make_shared<Fd>(ends[1]);
    {
        const LentResult lent(out);
        EXPECT_EQ(lent.get()->fd, ends[1]);
    }
    EXPECT_NE(::fcntl(ends[1], F_GETFD), -1) << "the plugin has it now";
    ::close(ends[1]);
}

TEST(Results, OverTheirLimitAreRefused) {
    const std::string big(kBodyLimit + 1, 'x');
    usher_result peer{};
    peer.struct_size = sizeof peer;
    peer.body = borrow(big);
    const Outcome outcome = read_result(&peer);
    EXPECT_EQ(outcome.status, USHER_E_INTERNAL);
    EXPECT_TRUE(outcome.lost);
    EXPECT_EQ(outcome.error, "the plugin's result is malformed: body is longer than 1048576 bytes");
    EXPECT_EQ(read_result(nullptr).error, "the plugin completed without a result");
}

TEST(Results, ErrorTextsOfAnyKindAreMadePresentable) {
    usher_result peer{};
    peer.struct_size = sizeof peer;
    peer.status = USHER_E_INVALID;
    peer.error = {"\xff", 1};
    EXPECT_EQ(read_result(&peer).error, "(a text that is not UTF-8)");
}

TEST(Calls, OutliveTheirInstanceHarmlessly) {
    auto calls = Calls::make({.id = "a", .channel = "c"}, nullptr);
    int ended = 0;
    const usher_done done = calls->begin("send", [&](Outcome) { ++ended; });
    calls->end_all(Outcome::failed(USHER_E_CANCELLED, ""));
    EXPECT_EQ(ended, 1);
    calls.reset();
    usher_result late{};
    late.struct_size = sizeof late;
    done.fn(done.ctx, &late);
    EXPECT_EQ(ended, 1);
}

}  // namespace
}  // namespace usher::plugins
