#include "automation/responders.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "desk/desk_fixture.hpp"

namespace usher::automation {
namespace {

using namespace std::chrono_literals;

/// Two responders: `fine` notes what it was told, `dead` cannot be asked until it is made well.
class Responding : public desk::testing::DeskTest {
protected:
    void SetUp() override {
        DeskTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        auto loaded =
            registry_.load_library(USHER_TEST_PLUGINS "/usher-test-scripted.so", config::Isolation::in_process);
        ASSERT_TRUE(loaded) << loaded.error().message;
        feed_ = std::make_unique<feed::Feed>(store());
        run(feed_->start());
        add("fine", json::object{});
        add("dead", json::object{{"respond", "unavailable"}});
        run(done(registry_.start()));
    }
    void TearDown() override {
        if (responders_) run(done(responders_->stop()));
        responders_.reset();
        run(done(registry_.stop(10s)));
        feed_.reset();
        DeskTest::TearDown();
    }
    void start() {
        Responders::Options options;
        options.timer_interval = 1ms;
        options.ask_again = 1ms;
        responders_ =
            std::make_unique<Responders>(store(), *feed_, registry_, clock(), context_.get_executor(), options);
        responders_->start();
        // Each begins with now: both have to stand before something happens.
        until([this] {
            return read([](store::Session& sql) {
                       return *sql.one<std::int64_t>("SELECT COUNT(*) FROM feed_cursor");
                   }) == 2;
        });
    }
    void add(const std::string& id, json::object config) {
        plugins::InstanceSpec spec;
        spec.ref = {.id = id, .channel = "scripted_responder", .kind = plugins::Kind::responder};
        spec.name = id;
        spec.config = std::move(config);
        auto added = run(registry_.add(spec));
        ASSERT_TRUE(added) << added.error().message;
    }
    void make_well() {
        ASSERT_TRUE(run(registry_.remove(plugins::Kind::responder, "dead")));
        add("dead", json::object{});
    }
    static Task<int> done(Task<void> task) {
        co_await std::move(task);
        co_return 0;
    }
    /// Runs the work of this thread's executor until the task has ended.
    template <class T>
    T run(Task<T> task) {
        std::optional<T> out;
        asio::co_spawn(context_, std::move(task), [&](std::exception_ptr e, T value) {
            if (e) std::rethrow_exception(e);
            out = std::move(value);
        });
        until([&] { return out.has_value(); });
        return std::move(*out);
    }
    void until(const std::function<bool()>& condition) {
        for (int i = 0; i < 20'000 && !condition(); ++i) {
            context_.restart();
            context_.run_for(1ms);
        }
        ASSERT_TRUE(condition()) << "it never came";
    }
    std::int64_t notes(ConversationId id) {
        return read([=](store::Session& sql) {
            return *sql.one<std::int64_t>("SELECT COUNT(*) FROM entry WHERE conversation_id = :id AND kind = 1", id);
        });
    }
    std::int64_t jobs(std::string owner) {
        return read([=](store::Session& sql) {
            return *sql.one<std::int64_t>("SELECT COUNT(*) FROM job WHERE owner = :owner", owner);
        });
    }
    void wait_for(const std::string& owner, ConversationId id) {
        ASSERT_TRUE(write([=](store::Write& w) -> Result<void> {
            w.sql().exec(
                "INSERT INTO job (id, due_at, kind, owner, conversation_id, token) VALUES (:id, :due, 'wait', :owner, "
                ":conversation, 't')",
                w.next_id(), w.now(), owner, id);
            return {};
        }));
    }
    std::vector<std::string> waiting() const {
        std::vector<std::string> out;
        for (const auto& one : responders_->waiting()) out.push_back(one.id + ": " + one.why);
        return out;
    }

    asio::io_context context_{1};
    plugins::Registry registry_{plugins::Registry::Options{}, plugins::Sinks{}};
    std::unique_ptr<feed::Feed> feed_;
    std::unique_ptr<Responders> responders_;
};
USHER_ON_EVERY_DATABASE(Responding);

TEST_P(Responding, ADeadOneDelaysNobodyAndLosesNothing) {
    start();
    const auto c = conversation();
    wait_for("dead", c.id);
    wait_for("fine", c.id);
    until([&] { return jobs("fine") == 0; });
    EXPECT_EQ(jobs("dead"), 1) << "its wait stays due";
    until([&] { return !waiting().empty(); });
    EXPECT_EQ(waiting().size(), 1u);
    EXPECT_TRUE(waiting()[0].starts_with("dead: ")) << waiting()[0];
    until([&] { return notes(c.id) > 1; });
    make_well();
    until([&] { return jobs("dead") == 0 && waiting().empty(); });
}

TEST_P(Responding, ItAnswersAllThatWaitedOnceItRuns) {
    ASSERT_TRUE(run(registry_.remove(plugins::Kind::responder, "fine")));
    add("fine", json::object{{"respond", "unavailable"}});
    start();
    std::vector<ConversationId> all;
    for (int i = 0; i < 3; ++i) all.push_back(conversation("c" + std::to_string(i)).id);
    until([&] { return waiting().size() == 2; });
    make_well();
    until([&] { return std::all_of(all.begin(), all.end(), [&](auto id) { return notes(id) > 0; }); });
    EXPECT_EQ(waiting().size(), 1u) << "the other one still waits";
}

TEST_P(Responding, WhatIsTooOldIsLeftOut) {
    start();
    const auto old = conversation("c1");
    wait_for("dead", old.id);
    until([&] { return !waiting().empty() && notes(old.id) == 1; });
    clock().advance(25h);
    until([&] { return jobs("dead") == 0; });
    const auto fresh = conversation("c2");
    const auto before = notes(old.id);
    make_well();
    until([&] { return waiting().empty() && notes(fresh.id) > 0; });
    EXPECT_EQ(notes(old.id), before) << "an answer from yesterday helps nobody";
}

}  // namespace
}  // namespace usher::automation
