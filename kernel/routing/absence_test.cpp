#include "routing/absence.hpp"

#include <boost/asio/thread_pool.hpp>

#include "desk/assignment.hpp"
#include "desk/desk_fixture.hpp"

namespace usher::routing {
namespace {

class AbsenceTest : public desk::testing::DeskTest {
protected:
    void take_seat(UserId user) {  // and the event that tells of it is missed
        ASSERT_TRUE(write([=](store::Write& w) { w.sql().exec("UPDATE users SET seat = 0 WHERE id = :id", user); }));
    }
    /// Until it is nobody's; the test's own time limit ends it otherwise.
    void wait_until_given_back(ConversationId id) {
        while (reload(id).assignee_id) std::this_thread::yield();
    }
};
USHER_ON_EVERY_DATABASE(AbsenceTest);

TEST_P(AbsenceTest, WhoLostTheirSeatUnnoticedGivesBackWhatTheyHold) {
    asio::thread_pool pool(1);
    access::Access access(store(), clock(), pool.get_executor());
    access::Users users(access);
    access::Presence presence(clock());
    Absence absence(store(), users, presence, pool.get_executor(), {.interval = std::chrono::hours(1)});
    const auto annas = conversation("c1"), bens = conversation("c2");
    ASSERT_TRUE(write([=, this](store::Write& w) { return desk::claim(w, anna(), annas.id); }));
    ASSERT_TRUE(write([=, this](store::Write& w) { return desk::claim(w, ben(), bens.id); }));
    take_seat(kAnna);
    absence.start();
    wait_until_given_back(annas.id);
    EXPECT_TRUE(waits(annas.id));
    EXPECT_EQ(load_of(kAnna), 0);
    EXPECT_EQ(reload(bens.id).assignee_id, kBen);
    take_seat(kBen);
    absence.wake();
    wait_until_given_back(bens.id);
    EXPECT_EQ(load_of(kBen), 0);
    store::testing::run([](Absence& a) -> Task<bool> {
        co_await a.stop();
        co_return true;
    }(absence));
    pool.join();
}

}  // namespace
}  // namespace usher::routing
