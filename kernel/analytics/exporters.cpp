#include "analytics/exporters.hpp"

#include "desk/border_event.hpp"
#include "foundation/log.hpp"
#include "store/repositories/feed_cursors.hpp"

namespace usher::analytics {

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
            if (text && !*text) co_return feed::Cursor{};  // the beginning
            if (text) {
                if (auto cursor = feed::decode(**text)) co_return *cursor;
                log::error("analytics", "an exporter's cursor is unreadable; it goes on from now",
                           {{"exporter", name}});
                co_return feed.position();
            }
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
            for (;;) {
                auto work = [name, text = feed::encode(tail->cursor())](store::Write& write) {
                    store::put_feed_cursor(write.sql(), name, text);
                };
                auto saved = co_await store.write(std::move(work));
                if (saved) break;
                co_await sleep_for(std::chrono::seconds(1));
            }
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
