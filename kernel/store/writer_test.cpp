// The promises of the writer: nothing lost, nothing twice, whatever fails and whenever.
#include "store/writer.hpp"

#include <future>

#include "store/cutting_proxy.hpp"
#include "store/event_rows.hpp"
#include "store/failing_disk.hpp"
#include "store/test_database.hpp"

namespace usher::store {
namespace {

using testing::CuttingProxy;
using testing::FailingDisk;
using testing::run;
using testing::Together;
using namespace std::chrono_literals;

struct ItemRow {
    std::int64_t id = 0;
    std::string name;
    std::int64_t batch = 0;
};
BOOST_DESCRIBE_STRUCT(ItemRow, (), (id, name, batch))

}  // namespace
template <>
inline constexpr std::string_view kTable<ItemRow> = "item";
namespace {

class WriterOn : public testing::StoreTest {
protected:
    void SetUp() override {
        StoreTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        beside_ = database().connect();
        beside_->exec(
            "CREATE TABLE item (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(100) NOT NULL, batch BIGINT NOT NULL, "
            "UNIQUE (name))");
    }
    void TearDown() override {
        beside_.reset();
        StoreTest::TearDown();
    }

    /// Adds an item with an event; its row knows the batch that it was written in.
    static std::int64_t add(Write& w, const std::string& name) {
        const auto id = w.next_id();
        const auto batch = *w.sql().one<std::int64_t>("SELECT batch FROM stream WHERE slot = 1");
        w.sql().insert(ItemRow{id, name, batch});
        Event e;
        e.type = "item.added";
        e.subject_id = id;
        w.append(e);
        return id;
    }
    static Task<Result<std::int64_t>> adding(Store& store, std::string name, std::string source = {}) {
        return store.write([name](Write& w) { return add(w, name); }, std::move(source));
    }

    /// Holds the writer inside a batch until let go: what is added meanwhile becomes one batch.
    struct Gate {
        std::promise<void> entered, open;
        std::shared_future<void> opened = open.get_future().share();
    };
    Task<Result<void>> holding(std::shared_ptr<Gate> gate) {
        return store().write([gate](Write&) {
            gate->entered.set_value();
            gate->opened.wait();
        });
    }
    /// Runs `add_tasks` while the writer is held, then lets it go.
    void in_one_batch(const std::function<void(Together&)>& add_tasks) {
        Together together;
        auto gate = std::make_shared<Gate>();
        const auto held = together.add(holding(gate));
        together.poll();
        gate->entered.get_future().wait();
        add_tasks(together);
        together.poll();
        gate->open.set_value();
        together.finish();
        EXPECT_TRUE(**held);
    }

    std::vector<ItemRow> items() { return beside_->rows<ItemRow>("ORDER BY id"); }
    std::vector<std::string> names() {
        std::vector<std::string> out;
        for (const auto& row : items()) out.push_back(row.name);
        return out;
    }
    std::vector<Event> events() { return read_events(*beside_, 1, 0, 10'000); }

    /// Every item has its event, numbered without a gap, and position() is the last.
    void expect_whole() {
        const auto rows = items();
        const auto all = events();
        ASSERT_EQ(all.size(), rows.size());
        for (std::size_t i = 0; i < all.size(); ++i) {
            EXPECT_EQ(all[i].position.seq, static_cast<std::int64_t>(i + 1));
            EXPECT_EQ(all[i].subject_id, rows[i].id);
        }
        EXPECT_EQ(store().position().seq, static_cast<std::int64_t>(all.size()));
    }

    std::unique_ptr<Connection> beside_;
};
USHER_ON_EVERY_DATABASE(WriterOn);
using Names = std::vector<std::string>;

TEST_P(WriterOn, TakesAllThatWaitsIntoOneCommit) {
    in_one_batch([&](Together& together) {
        for (int i = 0; i < 20; ++i) together.add(adding(store(), "n" + std::to_string(i)));
    });
    const auto rows = items();
    ASSERT_EQ(rows.size(), 20u);
    for (const auto& row : rows) EXPECT_EQ(row.batch, 2);  // the first was the gate's
    expect_whole();
}

TEST_P(WriterOn, NoMoreThanTheLimit) {
    settings().batch_limit = 8;
    in_one_batch([&](Together& together) {
        for (int i = 0; i < 20; ++i) together.add(adding(store(), "n" + std::to_string(i)));
    });
    EXPECT_EQ(items().back().batch, 4);
    expect_whole();
}

TEST_P(WriterOn, OneThatFailsHurtsNoOther) {
    std::vector<std::shared_ptr<std::optional<Result<std::int64_t>>>> results;
    std::vector<std::int64_t> heard;
    store().on_commit([&](std::span<const Event> batch) {
        for (const auto& e : batch) heard.push_back(e.position.seq);
    });
    in_one_batch([&](Together& together) {
        for (int i = 0; i < 21; ++i) {
            const bool bad = i == 5 || i == 13;
            results.push_back(together.add(adding(store(), bad ? "n0" : "n" + std::to_string(i))));
        }
    });
    for (std::size_t i = 0; i < results.size(); ++i) {
        const auto& result = **results[i];
        if (i == 5 || i == 13) {
            EXPECT_EQ(result.error().code, Errc::conflict);
            EXPECT_EQ(result.error().reason, "duplicate");
        } else {
            EXPECT_TRUE(result) << result.error().message;
        }
    }
    EXPECT_EQ(items().size(), 19u);
    expect_whole();
    ASSERT_EQ(heard.size(), 19u);  // nothing of what was rolled back
    EXPECT_TRUE(std::is_sorted(heard.begin(), heard.end()));
}

TEST_P(WriterOn, AnExceptionIsAnErrorOfThatMemberAlone) {
    std::shared_ptr<std::optional<Result<void>>> bad;
    in_one_batch([&](Together& together) {
        together.add(adding(store(), "a"));
        bad = together.add(store().write([](Write& w) {
            add(w, "half");
            throw std::runtime_error("broken");
        }));
        together.add(adding(store(), "b"));
    });
    EXPECT_EQ((*bad)->error().message, "a write failed: broken");
    EXPECT_EQ((*bad)->error().code, Errc::internal);
    EXPECT_EQ(names(), (Names{"a", "b"}));
    expect_whole();
}

TEST_P(WriterOn, AnErrorThatAMemberHidesStillFailsIt) {
    const auto hidden = run(store().write([](Write& w) {
        add(w, "a");
        try {
            add(w, "a");
        } catch (const DatabaseError&) {
        }
        return 1;
    }));
    ASSERT_FALSE(hidden);
    EXPECT_TRUE(items().empty());
}

TEST_P(WriterOn, ASourceThatFailedRunsAloneForAMinute) {
    ASSERT_TRUE(run(adding(store(), "taken")));
    EXPECT_FALSE(run(adding(store(), "taken", "bad-account")));
    const auto send = [&](const std::string& prefix) {
        in_one_batch([&](Together& together) {
            for (int i = 0; i < 3; ++i) {
                together.add(adding(store(), prefix + std::to_string(i), "bad-account"));
                together.add(adding(store(), prefix + "other" + std::to_string(i), "account"));
            }
        });
    };
    const auto batches_of = [&](const std::string& prefix) {
        return beside_->rows<std::int64_t>(
            "SELECT batch FROM item WHERE name LIKE :p AND name NOT LIKE '%other%' ORDER BY id", prefix + "%");
    };
    const auto others_of = [&](const std::string& prefix) {
        return beside_->rows<std::int64_t>("SELECT DISTINCT batch FROM item WHERE name LIKE :p", prefix + "other%");
    };
    send("a");
    const auto alone = batches_of("a");
    EXPECT_EQ(alone[1], alone[0] + 1);
    EXPECT_EQ(alone[2], alone[1] + 1);
    EXPECT_EQ(others_of("a").size(), 1u);
    clock().advance(61s);
    send("b");
    const auto again = batches_of("b");
    EXPECT_EQ(again[0], again[2]);
}

/// Adds a comma-separated list of names as one statement; "poison" makes SQL fail, "refuse" is refused.
class ListApplier final : public SetApplier {
public:
    std::vector<std::vector<std::string>> seen;
    std::vector<Result<Output>> apply(Write& write, std::span<const Input> inputs) override {
        std::vector<ItemRow> rows;
        std::vector<Result<Output>> out;
        seen.emplace_back();
        for (const auto& input : inputs) {
            const auto& name = *static_cast<const std::string*>(input.get());
            seen.back().push_back(name);
            if (name == "refuse") {
                out.push_back(conflict("refused", "not this one"));
                continue;
            }
            rows.push_back({write.next_id(), name == "poison" ? std::string(5, '\0') : name, 0});
            Event e;
            e.type = "item.added";
            e.subject_id = rows.back().id;
            write.append(e);
            out.push_back(Output(std::make_shared<std::int64_t>(rows.back().id)));
        }
        write.sql().insert(rows);
        return out;
    }
};

TEST_P(WriterOn, AppliesSetsFirstAndInOrderOfArrival) {
    ListApplier applier;
    std::shared_ptr<std::optional<Result<std::int64_t>>> refused, last;
    in_one_batch([&](Together& together) {
        together.add(adding(store(), "single"));
        for (const char* name : {"a", "b"}) together.add(store().write_set<std::int64_t>(applier, std::string(name)));
        refused = together.add(store().write_set<std::int64_t>(applier, std::string("refuse")));
        last = together.add(store().write_set<std::int64_t>(applier, std::string("c")));
    });
    EXPECT_EQ(applier.seen, (std::vector<Names>{{"a", "b", "refuse", "c"}}));
    EXPECT_EQ(names(), (Names{"a", "b", "c", "single"}));
    EXPECT_EQ((*refused)->error().reason, "refused");
    EXPECT_EQ(***last, items()[2].id);
    expect_whole();
}

TEST_P(WriterOn, HalvesASetUntilTheCulpritIsAlone) {
    ListApplier applier;
    std::vector<std::shared_ptr<std::optional<Result<std::int64_t>>>> results;
    in_one_batch([&](Together& together) {
        for (const char* name : {"a", "b", "poison", "c", "d"}) {
            results.push_back(together.add(store().write_set<std::int64_t>(applier, std::string(name))));
        }
    });
    EXPECT_EQ(names(), (Names{"a", "b", "c", "d"}));
    EXPECT_FALSE(**results[2]);
    EXPECT_TRUE(**results[3]);
    EXPECT_EQ(applier.seen.back(), (Names{"c", "d"}));
    expect_whole();
}

TEST_P(WriterOn, ItsTimeNeverGoesBack) {
    const auto now = [&] { return *run(store().write([](Write& w) { return w.now(); })); };
    const auto first = now();
    clock().jump_wall(-1h);
    EXPECT_EQ(now(), first);
    clock().jump_wall(2h);
    EXPECT_GT(now(), first);
}

TEST_P(WriterOn, IdsNeverComeTwice) {
    const auto take = [&](std::int64_t count) {
        return *run(store().write([count](Write& w) { return w.next_ids(count); }));
    };
    const auto a = take(10);
    const auto b = take(1);
    EXPECT_EQ(b, a + 10);
    const auto large = take(200'000);  // more than a block: the batch runs again with a new one
    EXPECT_GT(large, b);
    EXPECT_GE(take(1), large + 200'000);
    const auto one_by_one = run(store().write([](Write& w) {
        const auto first = w.next_id();
        for (int i = 1; i < 500'000; ++i) w.next_id();
        return w.next_id() - first;
    }));
    EXPECT_EQ(*one_by_one, 500'000);
    const auto before = take(1);
    close();  // what was left of the block is dropped, as a kill would
    EXPECT_GT(take(1), before);
}

TEST_P(WriterOn, GoesOnAtItsLastEventWithANewEpoch) {
    ASSERT_TRUE(run(adding(store(), "a")));
    ASSERT_TRUE(run(adding(store(), "b")));
    EXPECT_EQ(store().position(), (StreamPosition{1, 1, 2}));
    close();
    EXPECT_EQ(store().position(), (StreamPosition{1, 2, 2}));
    ASSERT_TRUE(run(adding(store(), "c")));
    EXPECT_EQ(store().position(), (StreamPosition{1, 2, 3}));
    expect_whole();
}

TEST_P(WriterOn, StopsWhenItsSlotWasTaken) {
    ASSERT_TRUE(run(adding(store(), "a")));
    EXPECT_TRUE(store().healthy());
    EXPECT_EQ(take_slot(*beside_, 1).last_seq, 1);
    const auto fenced = run(adding(store(), "b"));
    EXPECT_EQ(fenced.error().code, Errc::fenced);
    EXPECT_EQ(fenced.error().message, "another node has taken over stream slot 1");
    EXPECT_EQ(run(adding(store(), "c")).error().code, Errc::fenced);
    EXPECT_FALSE(store().healthy());
    EXPECT_EQ(names(), (Names{"a"}));
    EXPECT_TRUE(run(store().read([](Session& sql) { return sql.one<std::int64_t>("SELECT count(*) FROM item"); })));
}

TEST_P(WriterOn, RefusesWhatTheQueueCannotHold) {
    settings().queue_limit = 2;
    std::vector<std::shared_ptr<std::optional<Result<std::int64_t>>>> results;
    in_one_batch([&](Together& together) {
        for (const char* name : {"a", "b", "c"}) results.push_back(together.add(adding(store(), name)));
    });
    EXPECT_TRUE(**results[1]);
    EXPECT_EQ((*results[2])->error().code, Errc::unavailable);
    EXPECT_EQ((*results[2])->error().message, "too many writes are waiting");
    EXPECT_GT((*results[2])->error().retry_after.count(), 0);
}

TEST_P(WriterOn, FinishesWhatIsQueuedAndThenRefuses) {
    Together together;
    auto gate = std::make_shared<Gate>();
    together.add(holding(gate));
    together.poll();
    gate->entered.get_future().wait();
    const auto queued = together.add(adding(store(), "a"));
    together.poll();
    std::thread stopping([&] { store().stop(); });
    gate->open.set_value();
    stopping.join();
    together.finish();
    EXPECT_TRUE(**queued);
    EXPECT_EQ(run(adding(store(), "b")).error().message, "the store is stopping");
    EXPECT_EQ(run(store().read([](Session&) { return 1; })).error().message, "the store is stopping");
    EXPECT_EQ(names(), (Names{"a"}));
}

// ---- with a disk that can fail
// ----------------------------------------------------------------------------------------

class WriterOnAFailingDisk : public WriterOn {
protected:
    void SetUp() override {
        WriterOn::SetUp();
        settings().write_deadline = 200ms;
        ASSERT_TRUE(run(adding(store(), "first")));
    }
    void TearDown() override {
        close();
        WriterOn::TearDown();
    }
    /// Two writes meet the fault; nothing of them is there, and the next ones work once it has gone.
    void meet(FailingDisk::Fails fault, const std::string& text) {
        std::vector<std::shared_ptr<std::optional<Result<std::int64_t>>>> results;
        in_one_batch([&](Together& together) {
            for (const char* name : {"a", "b"}) results.push_back(together.add(adding(store(), name)));
            results.push_back(together.add(store().write([&](Write& w) {
                disk_.set(fault);
                return w.next_id();
            })));
        });
        EXPECT_GT(disk_.failures(), 1);
        for (const auto& result : results) {
            ASSERT_FALSE(**result);
            EXPECT_EQ((*result)->error().code, Errc::unavailable);
            EXPECT_NE((*result)->error().message.find(text), std::string::npos) << (*result)->error().message;
        }
        EXPECT_FALSE(store().healthy());
        disk_.set(FailingDisk::Fails::never);
        ASSERT_TRUE(run(adding(store(), "c")));
        EXPECT_TRUE(store().healthy());
        close();
        ASSERT_TRUE(run(adding(store(), "d")));
        EXPECT_EQ(names(), (Names{"first", "c", "d"}));
        expect_whole();
    }
    FailingDisk disk_;
};
INSTANTIATE_TEST_SUITE_P(On, WriterOnAFailingDisk, ::testing::Values(Dialect::sqlite), testing::name_of);

TEST_P(WriterOnAFailingDisk, AFullDiskIsAnAnswerInTime) {
    meet(FailingDisk::Fails::full, "full");
}

TEST_P(WriterOnAFailingDisk, ABrokenDiskEndsInAnAnswerInTime) {
    meet(FailingDisk::Fails::broken, "the database cannot be reached");
}

// ---- with a server that can be lost ---------------------------------------------------------------------------------

class WriterBehindProxy : public WriterOn {
protected:
    void SetUp() override {
        WriterOn::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        proxy_ = std::make_unique<CuttingProxy>(database().port());
        settings().url = database().url_at_port(proxy_->port());
        ASSERT_TRUE(run(adding(store(), "first")));  // ids are reserved: what comes now has one COMMIT
    }
    void TearDown() override {
        close();
        proxy_.reset();
        WriterOn::TearDown();
    }
    static std::int64_t own_connection(Session& sql) {
        return *sql.one<std::int64_t>(sql.dialect() == Dialect::postgresql ? "SELECT pg_backend_pid()"
                                                                           : "SELECT CONNECTION_ID()");
    }
    void kill(std::int64_t connection) {
        const auto killer = database().connect();
        if (dialect() == Dialect::postgresql) {
            killer->rows<bool>("SELECT pg_terminate_backend(CAST(:pid AS INTEGER), 5000)", connection);
        } else {
            killer->exec("KILL " + std::to_string(connection));
        }
    }
    std::unique_ptr<CuttingProxy> proxy_;
};
USHER_ON_EVERY_SERVER(WriterBehindProxy);

TEST_P(WriterBehindProxy, ACommitThatNeverArrivedRunsAgain) {
    auto runs = std::make_shared<int>(0);
    proxy_->arm(CuttingProxy::Cut::before_commit);
    const auto id = run(store().write([runs](Write& w) {
        ++*runs;
        return add(w, "a");
    }));
    ASSERT_TRUE(id) << id.error().message;
    EXPECT_FALSE(proxy_->armed());
    EXPECT_EQ(*runs, 2);
    EXPECT_EQ(names(), (Names{"first", "a"}));
    EXPECT_EQ(items()[1].id, *id);
    expect_whole();
}

TEST_P(WriterBehindProxy, ACommitThatWasNotAnsweredIsNotRunTwice) {
    auto runs = std::make_shared<int>(0);
    std::vector<std::int64_t> heard;
    store().on_commit([&](std::span<const Event> batch) {
        for (const auto& e : batch) heard.push_back(e.subject_id);
    });
    proxy_->arm(CuttingProxy::Cut::after_commit_answered);
    const auto id = run(store().write([runs](Write& w) {
        ++*runs;
        return add(w, "a");
    }));
    ASSERT_TRUE(id) << id.error().message;
    EXPECT_FALSE(proxy_->armed());
    EXPECT_EQ(*runs, 1);
    EXPECT_EQ(items()[1].id, *id);  // the result of the try that committed
    EXPECT_EQ(heard, (std::vector<std::int64_t>{*id}));
    ASSERT_TRUE(run(adding(store(), "b")));
    EXPECT_EQ(names(), (Names{"first", "a", "b"}));
    expect_whole();
}

TEST_P(WriterBehindProxy, ACommitCutOnItsWayDoublesNothing) {
    for (int i = 0; i < 10; ++i) {
        proxy_->arm(CuttingProxy::Cut::after_commit);
        const auto id = run(adding(store(), "n" + std::to_string(i)));
        ASSERT_TRUE(id) << id.error().message;
        EXPECT_EQ(items().back().id, *id);
    }
    EXPECT_EQ(items().size(), 11u);
    expect_whole();
}

TEST_P(WriterBehindProxy, AWholeBatchSurvivesACutCommit) {
    for (const auto cut : {CuttingProxy::Cut::before_commit, CuttingProxy::Cut::after_commit_answered}) {
        std::vector<std::shared_ptr<std::optional<Result<std::int64_t>>>> results;
        const std::string prefix = "c" + std::to_string(static_cast<int>(cut));
        auto armed = std::make_shared<bool>(false);
        in_one_batch([&](Together& together) {
            for (int i = 0; i < 5; ++i) results.push_back(together.add(adding(store(), prefix + std::to_string(i))));
            results.push_back(together.add(adding(store(), "first")));  // fails: the halves follow
            results.push_back(together.add(store().write([this, cut, prefix, armed](Write& w) {
                const auto id = add(w, prefix + "last");
                if (!std::exchange(*armed, true)) proxy_->arm(cut);
                return id;
            })));
        });
        EXPECT_FALSE(**results[5]);
        EXPECT_TRUE(**results[0]);
        EXPECT_TRUE(**results[6]);
    }
    EXPECT_EQ(items().size(), 13u);
    expect_whole();
}

TEST_P(WriterBehindProxy, AConnectionKilledInABatchIsReplaced) {
    auto runs = std::make_shared<int>(0);
    const auto id = run(store().write([this, runs](Write& w) {
        if (++*runs == 1) kill(own_connection(w.sql()));
        return add(w, "a");
    }));
    ASSERT_TRUE(id) << id.error().message;
    EXPECT_EQ(*runs, 2);
    EXPECT_EQ(names(), (Names{"first", "a"}));
    EXPECT_TRUE(store().healthy());
    expect_whole();
}

TEST_P(WriterBehindProxy, OneThatAlwaysLosesTheConnectionFailsAlone) {
    std::shared_ptr<std::optional<Result<std::int64_t>>> bad, good;
    in_one_batch([&](Together& together) {
        bad = together.add(store().write([this](Write& w) {
            kill(own_connection(w.sql()));
            return add(w, "bad");
        }));
        good = together.add(adding(store(), "good"));
    });
    EXPECT_EQ((*bad)->error().code, Errc::unavailable);
    EXPECT_TRUE(**good);
    EXPECT_EQ(names(), (Names{"first", "good"}));
}

TEST_P(WriterBehindProxy, WaitsForTheDatabaseUntilTheDeadline) {
    close();
    settings().write_deadline = 50ms;
    ASSERT_TRUE(run(adding(store(), "before")));
    proxy_->down();
    const auto gone = run(adding(store(), "a"));
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, Errc::unavailable);
    EXPECT_EQ(gone.error().message, "the database cannot be reached");
    EXPECT_GT(gone.error().retry_after.count(), 0);
    EXPECT_FALSE(store().healthy());
    const auto read = run(store().read([](Session& sql) { return sql.one<std::int64_t>("SELECT 1"); }));
    EXPECT_EQ(read.error().code, Errc::unavailable);
    proxy_->up();
    Result<std::int64_t> back = Error{};
    while (!back) back = run(adding(store(), "b"));  // the kernel reconnects by itself
    Result<std::optional<std::int64_t>> seen = Error{};
    while (!seen) seen = run(store().read([](Session& sql) { return sql.one<std::int64_t>("SELECT 1"); }));
    EXPECT_TRUE(store().healthy());
    EXPECT_EQ(names(), (Names{"first", "before", "b"}));
}

TEST_P(WriterBehindProxy, ADoubtfulCommitIsSettledWhenTheDatabaseIsBack) {
    Together together;
    proxy_->arm(CuttingProxy::Cut::after_commit_answered, true);
    const auto written = together.add(adding(store(), "a"));
    std::thread later([&] {
        while (store().healthy()) std::this_thread::yield();
        proxy_->up();
    });
    together.finish();
    later.join();
    ASSERT_TRUE(**written) << (*written)->error().message;
    EXPECT_EQ(names(), (Names{"first", "a"}));
    expect_whole();
}

TEST_P(WriterBehindProxy, ACommitThatIsLostEveryTimeEndsInAnAnswer) {
    close();
    settings().write_deadline = 200ms;
    ASSERT_TRUE(run(adding(store(), "before")));
    proxy_->arm(CuttingProxy::Cut::before_commit, false, true);
    const auto lost = run(adding(store(), "a"));
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, Errc::unavailable);
    EXPECT_EQ(lost.error().message, "the database cannot be reached");
    EXPECT_FALSE(store().healthy());
    proxy_->arm(CuttingProxy::Cut::never);
    ASSERT_TRUE(run(adding(store(), "b")));
    EXPECT_TRUE(store().healthy());
    EXPECT_EQ(names(), (Names{"first", "before", "b"}));
    expect_whole();
}

TEST_P(WriterBehindProxy, AServerThatSaysNothingHoldsUpNobodyForLong) {
    close();
    settings().read_deadline = 200ms;
    auto runs = std::make_shared<std::atomic<int>>(0);
    const auto reading = [&] {
        return store().read([runs](Session& sql) {
            ++*runs;
            return sql.one<std::int64_t>("SELECT count(*) FROM item");
        });
    };
    ASSERT_EQ(*run(reading()), 1);
    proxy_->hold(true);
    const auto first = run(reading());
    ASSERT_FALSE(first);
    EXPECT_EQ(first.error().code, Errc::unavailable) << first.error().message;
    EXPECT_FALSE(store().healthy());
    Together together;
    std::vector<std::shared_ptr<std::optional<Result<std::optional<std::int64_t>>>>> results;
    *runs = 0;
    for (int i = 0; i < 200; ++i) results.push_back(together.add(reading()));
    together.finish();
    for (const auto& result : results) EXPECT_EQ((*result)->error().code, Errc::unavailable);
    EXPECT_EQ(*runs, 0) << "they were not tried one after the other";
    proxy_->hold(false);
    Result<std::optional<std::int64_t>> back = Error{};
    while (!back) back = run(reading());
    EXPECT_EQ(**back, 1);
    EXPECT_TRUE(store().healthy());
}

TEST_P(WriterBehindProxy, AReadIsRetriedOnceOnANewConnection) {
    auto runs = std::make_shared<int>(0);
    const auto read = [&](int kills) {
        *runs = 0;
        return run(store().read([this, runs, kills](Session& sql) {
            if (++*runs <= kills) kill(own_connection(sql));
            return sql.one<std::int64_t>("SELECT count(*) FROM item");
        }));
    };
    EXPECT_EQ(*read(1), 1);
    EXPECT_EQ(*runs, 2);
    EXPECT_EQ(read(2).error().code, Errc::unavailable);
    EXPECT_EQ(*runs, 2);
    EXPECT_EQ(*read(0), 1);
    EXPECT_TRUE(store().healthy());
}

}  // namespace
}  // namespace usher::store
