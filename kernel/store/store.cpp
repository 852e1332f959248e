#include "store/store.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "foundation/log.hpp"
#include "store/faults.hpp"
#include "store/folder_lock.hpp"
#include "store/migrate.hpp"
#include "store/reader_pool.hpp"
#include "store/writer.hpp"

namespace usher::store {
namespace {

/// Suspends until `start`'s callback is called, from any thread, and resumes on the executor of who waits.
template <class T>
Task<Result<T>> wait_for(std::function<void(std::function<void(Result<T>)>)> start) {
    auto initiate = [start = std::move(start)](auto handler) {
        auto executor = asio::get_associated_executor(handler);
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        auto work = std::make_shared<asio::executor_work_guard<decltype(executor)>>(executor);
        start([shared, work, executor](Result<T> result) {
            asio::post(executor, [shared, result = std::move(result)]() mutable {
                auto resume = std::move(*shared);
                resume(std::move(result));
            });
            work->reset();
        });
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<T>)>(std::move(initiate),
                                                                                            asio::use_awaitable);
}

class SqlStore final : public Store {
public:
    SqlStore(const Settings& settings, const Url& url, Clock& clock, std::optional<FolderLock> lock,
             std::unique_ptr<Connection> connection, Stream stream)
        : lock_(std::move(lock)),
          dialect_(url.dialect),
          readers_(settings, url),
          writer_(settings, url, clock, std::move(connection), stream) {}

    ~SqlStore() override { SqlStore::stop(); }

    void on_commit(std::function<void(std::span<const Event>)> listener) override {
        writer_.on_commit(std::move(listener));
    }
    Dialect dialect() const override { return dialect_; }
    bool healthy() const override { return writer_.healthy() && readers_.healthy(); }
    StreamPosition position() const override { return writer_.position(); }

    void stop() override {
        writer_.stop();
        readers_.stop();
    }

protected:
    Task<Result<void>> read_erased(std::function<void(Session&)> run) override {
        std::function<void(std::function<void(Result<void>)>)> start = [this, run = std::move(run)](auto done) {
            readers_.enqueue(run, std::move(done));
        };
        return wait_for<void>(std::move(start));
    }

    Task<Result<void>> write_erased(std::function<void(Write&)> run, std::string source) override {
        std::function<void(std::function<void(Result<void>)>)> start = [this, run = std::move(run),
                                                                        source = std::move(source)](auto done) {
            Member member;
            member.run = run;
            member.source = source;
            member.done = std::move(done);
            writer_.enqueue(std::move(member));
        };
        return wait_for<void>(std::move(start));
    }

    Task<Result<SetApplier::Output>> write_set_erased(SetApplier& applier, SetApplier::Input input,
                                                      std::string source) override {
        using Out = Result<SetApplier::Output>;
        std::function<void(std::function<void(Out)>)> start = [this, &applier, input = std::move(input),
                                                               source = std::move(source)](auto done) {
            auto kept = std::make_shared<std::optional<Out>>();
            Member member;
            member.applier = &applier;
            member.input = input;
            member.source = source;
            member.keep = [kept](Out out) { kept->emplace(std::move(out)); };
            member.done = [kept, done = std::move(done)](Result<void> ended) {
                if (ended) {
                    done(std::move(**kept));
                } else {
                    done(ended.error());
                }
            };
            writer_.enqueue(std::move(member));
        };
        return wait_for<SetApplier::Output>(std::move(start));
    }

private:
    std::optional<FolderLock> lock_;
    Dialect dialect_;
    ReaderPool readers_;
    Writer writer_;
};

}  // namespace

Result<std::unique_ptr<Store>> Store::open(Settings settings, Clock& clock) {
    const auto url = parse_url(settings.url);
    if (!url) return url.error();
    std::optional<FolderLock> lock;
    if (url->dialect == Dialect::sqlite) {
        auto taken = FolderLock::take(url->target);
        if (!taken) return taken.error();
        lock.emplace(std::move(*taken));
        if (const auto made = make_private_file(url->target); !made) return made.error();
    }
    try {
        auto connection = Connection::open(*url, {});
        const auto migrated = migrate(*connection, embedded_migrations());
        if (!migrated) return migrated.error();
        const Stream stream = take_slot(*connection, settings.slot);
        log::debug("store", "open", {{"slot", stream.slot}, {"epoch", stream.epoch}, {"seq", stream.last_seq}});
        return std::make_unique<SqlStore>(settings, *url, clock, std::move(lock), std::move(connection), stream);
    } catch (const DatabaseError& e) {
        return to_error(e);
    }
}

}  // namespace usher::store
