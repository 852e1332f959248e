#include "analytics/exporters.hpp"

#include "desk/border_event.hpp"
#include "foundation/log.hpp"
#include "store/event_rows.hpp"
#include "store/repositories/feed_cursors.hpp"

namespace usher::analytics {

namespace {

/// A cursor before the oldest event that is still kept: where a new exporter begins.
feed::Cursor what_is_kept(store::Session& sql) {
    feed::Cursor out;
    for (const auto& stream : store::read_streams(sql)) {
        if (stream.first_kept == 1) continue;  // from its beginning
        const auto first = store::read_events(sql, stream.slot, stream.first_kept - 1, 1);
        if (stream.first_kept != 0 && !first.empty())
            out.marks[stream.slot] = {first[0].position.epoch, stream.first_kept - 1};
        else if (stream.last_seq > 0)
            out.marks[stream.slot] = {stream.epoch, stream.last_seq};
    }
    return out;
}

}  // namespace

struct Exporters::Impl : std::enable_shared_from_this<Exporters::Impl> {
    Impl(store::Store& s, feed::Feed& f, plugins::Registry& r, asio::any_io_executor executor, Options o)
        : store(s), feed(f), registry(r), options(o), tasks(std::move(executor)) {}

    store::Store& store;
    feed::Feed& feed;
    plugins::Registry& registry;
    Options options;
    TaskScope tasks;

    /// The cursor where the exporter stands; waits for the database as long as it takes.
    Task<feed::Cursor> stands_at(std::string name) {
        for (;;) {
            auto look = [name](store::Session& sql) { return store::find_feed_cursor(sql, name); };
            auto text = co_await store.read(std::move(look));
            if (text && !*text) {
                auto oldest = co_await store.read([](store::Session& sql) { return what_is_kept(sql); });
                if (oldest) co_return std::move(*oldest);
            } else if (text) {
                if (auto cursor = feed::decode(**text)) co_return *cursor;
                log::error("analytics", "an exporter's cursor is unreadable; it goes on from now",
                           {{"exporter", name}});
                co_return feed.position();
            }
            co_await sleep_for(std::chrono::seconds(1));
        }
    }

    Task<void> save(std::string name, feed::Cursor cursor) {
        for (;;) {
            auto work = [name, text = feed::encode(cursor)](store::Write& write) {
                store::put_feed_cursor(write.sql(), name, text);
            };
            auto saved = co_await store.write(std::move(work));
            if (saved) co_return;
            co_await sleep_for(std::chrono::seconds(1));
        }
    }

    /// Lines of one batch: ours, or fewer where the plugin says so.
    int batch_limit(std::string_view plugin) const {
        const auto info = registry.plugin(plugins::Kind::exporter, plugin);
        const auto* most = info ? info->capabilities.if_contains("max_batch") : nullptr;
        if (!most || !most->is_int64() || most->get_int64() < 1) return options.batch_limit;
        return static_cast<int>(std::min<std::int64_t>(most->get_int64(), options.batch_limit));
    }

    Task<void> run(std::string id, std::string plugin) {
        auto self = shared_from_this();
        const std::string name = "exporter:" + id;
        auto tail = std::make_unique<feed::Tail>(feed, co_await stands_at(name));
        co_await save(name, tail->cursor());  // from now on nothing is removed that it has not read
        desk::AccountNames accounts;
        for (;;) {
            auto events = co_await tail->next(batch_limit(plugin), std::chrono::seconds(30));
            if (!events) {
                if (feed::is_reset(events.error())) {
                    log::error("analytics", "the feed no longer has what this exporter needs next; it goes on from now",
                               {{"exporter", id}});
                    tail = std::make_unique<feed::Tail>(feed, feed.position());
                } else {
                    co_await sleep_for(std::chrono::seconds(1));
                }
                continue;
            }
            if (events->empty()) continue;
            if (auto names = co_await store.read([](store::Session& sql) { return desk::account_names(sql); }))
                accounts = std::move(*names);
            std::string lines;
            for (const auto& event : *events) lines += write_json(desk::border_event(event, accounts)) + "\n";
            auto delay = options.retry_delay;
            for (;;) {  // the cursor moves only when the exporter has it
                const auto instance = registry.find(plugins::Kind::exporter, id);
                Result<void> done = Error{Errc::unavailable, "the exporter is not running"};
                if (instance) done = co_await instance->export_batch(lines);
                if (done) break;
                log::warn("analytics", "an exporter refused a batch; it is offered again",
                          {{"exporter", id}, {"error", done.error().message}});
                co_await sleep_for(delay);
                delay = std::min<std::chrono::milliseconds>(delay * 2, std::chrono::minutes(1));
            }
            co_await save(name, tail->cursor());
        }
    }
};

Exporters::Exporters(store::Store& store, feed::Feed& feed, plugins::Registry& registry, asio::any_io_executor executor,
                     Options options)
    : impl_(std::make_shared<Impl>(store, feed, registry, std::move(executor), options)) {}
Exporters::~Exporters() = default;

void Exporters::start() {
    for (const auto& status : impl_->registry.statuses(plugins::Kind::exporter)) {
        impl_->tasks.spawn("exporter " + status.ref.id,
                           [impl = impl_, id = status.ref.id, plugin = status.ref.channel]() -> Task<void> {
                               co_await impl->run(id, plugin);
                           });
    }
}

Task<void> Exporters::stop() {
    return impl_->tasks.stop();
}

}  // namespace usher::analytics
