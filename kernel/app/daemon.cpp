#include "app/daemon.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdio>
#include <cstdlib>

#include "analytics/exporters.hpp"
#include "api/desk_frames.hpp"
#include "api/desk_services.hpp"
#include "api/public_channels.hpp"
#include "api/realtime.hpp"
#include "api/resources.hpp"
#include "api/visitors.hpp"
#include "app/configuration.hpp"
#include "app/demo.hpp"
#include "app/logged_states.hpp"
#include "app/part_settings.hpp"
#include "app/places.hpp"
#include "app/reload.hpp"
#include "app/version.hpp"
#include "app/workspace_site.hpp"
#include "automation/housekeeping.hpp"
#include "automation/pruning.hpp"
#include "automation/responders.hpp"
#include "config/load.hpp"
#include "foundation/crypto.hpp"
#include "foundation/log.hpp"
#include "foundation/text.hpp"
#include "http/security_headers.hpp"
#include "http/server.hpp"
#include "inbound/inbound.hpp"
#include "inbound/media.hpp"
#include "inbound/poller.hpp"
#include "outbound/outbox.hpp"
#include "plugins/blob_files.hpp"
#include "plugins/keeping_emit.hpp"
#include "plugins/net_http.hpp"
#include "plugins/store_kv.hpp"
#include "provisioning/accounts.hpp"
#include "routing/absence.hpp"
#include "routing/router.hpp"

namespace usher::app {
namespace {

constexpr std::chrono::seconds kDrainDeadline{10};

/// Runs a coroutine of the start or the stop to its end; the thread that waits is main's, never one that serves.
template <class T>
T wait_for(const asio::any_io_executor& executor, Task<T> task) {
    return asio::co_spawn(executor, std::move(task), asio::use_future).get();
}

std::string from_environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

}  // namespace

struct Daemon::Impl {
    explicit Impl(Options o) : options(std::move(o)) {}

    // ---- in the order in which they are made; destroyed in the opposite one
    Options options;
    config::Loaded loaded;
    SystemClock clock;
    std::string workspace_url, public_url, demo_url;
    std::filesystem::path data;
    std::unique_ptr<http::Server> server;  // outlives all that posts to its threads
    asio::any_io_executor main;
    std::unique_ptr<blobs::Blobs> blobs;
    std::unique_ptr<net::Client> net;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<feed::Feed> feed;
    std::shared_ptr<http::Router> workspace_router, public_router;
    std::unique_ptr<api::Api> api;
    std::unique_ptr<access::Access> access;
    std::unique_ptr<access::Users> users;
    std::unique_ptr<access::ApiKeys> api_keys;
    std::unique_ptr<access::Inboxes> inboxes;
    std::unique_ptr<access::Presence> presence;
    std::unique_ptr<api::AttachmentLinks> links;
    std::unique_ptr<inbound::Inbound> inbound;
    std::unique_ptr<plugins::KeepingEmit> keeping_emit;
    std::unique_ptr<plugins::StoreKv> kv;
    std::unique_ptr<plugins::NetHttp> plugin_http;
    std::unique_ptr<plugins::BlobFiles> plugin_blobs;
    LoggedStates states;
    std::unique_ptr<api::Visitors> visitors;
    std::unique_ptr<plugins::Registry> registry;
    std::unique_ptr<provisioning::Accounts> accounts;
    std::unique_ptr<desk::Views> views;
    std::unique_ptr<outbound::Outbox> outbox;
    std::unique_ptr<routing::Router> router;
    std::unique_ptr<routing::Absence> absence;
    std::unique_ptr<inbound::MediaFetcher> media;
    std::unique_ptr<inbound::Poller> poller;
    std::unique_ptr<automation::Responders> responders;
    std::unique_ptr<automation::Housekeeping> housekeeping;
    std::unique_ptr<analytics::Exporters> exporters;
    std::unique_ptr<api::DeskFrames> frames;
    std::unique_ptr<api::Realtime> realtime;
    std::unique_ptr<api::Services> services;
    std::unique_ptr<api::DeskServices> desk_services;
    std::unique_ptr<feed::Subscription> subscription;
    std::optional<std::string> setup_token;
    bool stopped = false;

    const config::Settings& settings() const { return loaded.settings; }

    Result<void> start() {
        for (const auto step :
             {&Impl::read_settings, &Impl::open_stores, &Impl::start_server, &Impl::start_access, &Impl::start_plugins,
              &Impl::start_flow, &Impl::compose_api, &Impl::open_ports, &Impl::fill}) {
            if (auto done = (this->*step)(); !done) return done;
        }
        print_welcome();
        return {};
    }

    /// The YAML files with the command line over them; faults also of what only plugins find, to be told at once.
    Configuration load() const {
        Configuration read = read_configuration(options);
        if (!read.faults.empty()) {
            plugins::Registry loaded_for_that({}, {});
            check_plugins(read, loaded_for_that);
        }
        return read;
    }

    Result<void> read_settings() {
        Configuration read = load();
        if (!read.faults.empty()) return config::to_error(read.faults);
        loaded = std::move(read.loaded);
        demo_url = std::move(read.demo_url);
        const auto& s = loaded.settings;
        log::start(level_of(s.log.level),
                   s.log.format == config::LogFormat::json ? log::Format::json : log::Format::text);
        const bool tls = s.listeners.tls.has_value();
        workspace_url = s.workspace_url.empty() ? origin_of(s.listeners.workspace, tls) : s.workspace_url;
        while (workspace_url.ends_with('/')) workspace_url.pop_back();
        public_url = s.public_url.empty() ? origin_of(s.listeners.public_, tls) : s.public_url;
        while (public_url.ends_with('/')) public_url.pop_back();
        return {};
    }

    Result<void> open_stores() {
        const auto& s = settings();
        auto folder = prepare_data_folder(s.data_dir);
        if (!folder) return folder.error();
        data = *folder;
        auto opened = store::Store::open(store_settings(s, data), clock);
        if (!opened) return opened.error();
        store = std::move(*opened);
        auto made = blobs::Blobs::open(blob_settings(s, data));
        if (!made) return made.error();
        blobs = std::move(*made);
        net = std::make_unique<net::Client>();
        return {};
    }

    Result<void> start_server() {
        const auto& s = settings();
        auto to = server_settings(s, data);
        if (!to) return to.error();
        to->finished = [this](const http::Exchange& exchange) {
            if (api) api->metrics().finished(exchange);
        };
        server = std::make_unique<http::Server>(std::move(*to));
        main = server->executor(0);
        feed = std::make_unique<feed::Feed>(*store);
        if (auto ok = wait_for(main, feed->start()); !ok) return ok.error();
        return {};
    }

    Result<void> start_access() {
        access = std::make_unique<access::Access>(*store, clock, main, access_settings(settings()));
        access::Presets presets{from_environment("USHER_ADMIN_EMAIL"), from_environment("USHER_ADMIN_PASSWORD"),
                                from_environment("USHER_ADMIN_API_KEY")};
        if (options.demo && presets.email.empty()) {
            presets.email = kDemoAdmin;
            presets.password = kDemoPassword;
        }
        auto started = wait_for(main, access->start(std::move(presets)));
        if (!started) return started.error();
        setup_token = started->setup_token;
        users = std::make_unique<access::Users>(*access);
        api_keys = std::make_unique<access::ApiKeys>(*access);
        inboxes = std::make_unique<access::Inboxes>(*access, [this](std::string_view type) {
            return registry && registry->plugin(plugins::Kind::strategy, type).has_value();
        });
        presence = std::make_unique<access::Presence>(clock);
        presence->on_change([this](UserId, bool) {
            if (router) router->wake();
        });
        auto key = wait_for(main, shared_key());
        if (!key) return key.error();
        links = std::make_unique<api::AttachmentLinks>(std::move(*key), public_url, clock);
        return {};
    }

    /// The key of signed addresses: in the database, so that all nodes have it.
    Task<Result<std::string>> shared_key() {
        auto hex = co_await store->write([](store::Write& w) {
            return store::setting_or(w.sql(), "file_links_key", to_hex(crypto::random_bytes(32)));
        });
        if (!hex) co_return hex.error();
        auto bytes = from_hex(*hex);
        if (!bytes) co_return Error{Errc::internal, "the setting file_links_key is no hex"};
        co_return std::move(*bytes);
    }

    Result<void> start_plugins() {
        inbound = std::make_unique<inbound::Inbound>(*store, main);
        kv = std::make_unique<plugins::StoreKv>(*store);
        plugin_http = std::make_unique<plugins::NetHttp>(*net, *blobs);
        plugin_blobs = std::make_unique<plugins::BlobFiles>(*blobs, clock);
        views = std::make_unique<desk::Views>(
            [this](std::string_view slug) { return registry ? registry->capabilities(slug) : json::object{}; });
        visitors = std::make_unique<api::Visitors>(*store, *links, main, api::Visitors::Limits{});
        states.visitors = visitors.get();
        plugins::Sinks sinks;
        keeping_emit = std::make_unique<plugins::KeepingEmit>(*inbound, *blobs);
        sinks.emit = keeping_emit.get();
        sinks.kv = kv.get();
        sinks.visitors = visitors.get();
        sinks.states = &states;
        sinks.http = plugin_http.get();
        sinks.blobs = plugin_blobs.get();
        plugins::Registry::Options to;
        to.public_url = public_url;
        to.threads = std::max(1, settings().limits.plugin_threads);
        to.builds_folder = (data / "builds").string();
        std::error_code ignored;
        std::filesystem::remove_all(to.builds_folder, ignored);  // copies that an earlier run mapped
        to.helpers.crashes = settings().limits.plugin_crashes;
        to.helpers.longest_back_off = std::chrono::seconds(settings().limits.plugin_restart_s);
        to.cache_folder = (data / "plugins").string();
        registry = std::make_unique<plugins::Registry>(to, sinks);
        if (auto faults = registry->load(loaded); !faults.empty()) return config::to_error(faults);
        auto box = provisioning::SecretBox::open(settings().secret_key, data);
        if (!box) return box.error();
        accounts = std::make_unique<provisioning::Accounts>(*store, *registry, main, std::move(*box), SpaceId{1});
        if (auto started = wait_for(main, accounts->start(registry->specs_of(loaded))); !started)
            return started.error();
        wait_for(main, start_registry());
        return {};
    }

    Task<bool> start_registry() {
        co_await registry->start();
        co_return true;
    }

    Result<void> start_flow() {
        const auto& s = settings();
        outbound::Outbox::Options sending;
        sending.attachment_url = [this](AttachmentId id, std::chrono::seconds lifetime) {
            return links->link(id, lifetime);
        };
        outbox = std::make_unique<outbound::Outbox>(*store, *registry, clock, main, sending);
        routing::Router::Options routing;
        routing.connected = [this](UserId user) { return presence->connected(user); };
        router = std::make_unique<routing::Router>(*store, *registry, clock, main, routing);
        absence = std::make_unique<routing::Absence>(
            *store, *users, *presence, main,
            routing::Absence::Options{std::chrono::seconds(s.settings.disconnected_away_seconds),
                                      std::chrono::seconds(2)});
        inbound::MediaFetcher::Options fetching;
        fetching.limit_bytes = static_cast<std::uint64_t>(s.blobs.max_bytes);
        media = std::make_unique<inbound::MediaFetcher>(
            *store, *plugin_http,
            [this](std::string_view slug) { return registry->spec(plugins::Kind::channel, slug); }, main, fetching);
        poller = std::make_unique<inbound::Poller>(*registry, main, inbound::Poller::Options{});
        states.poller = poller.get();
        responders = std::make_unique<automation::Responders>(*store, *feed, *registry, clock, main,
                                                              automation::Responders::Options{});
        exporters =
            std::make_unique<analytics::Exporters>(*store, *feed, *registry, main, analytics::Exporters::Options{});
        housekeeping = std::make_unique<automation::Housekeeping>(*store, *blobs, *kv, clock, main);
        housekeeping->add("expired sessions, invitations and keys", [this] { return access->housekeeping(); });
        housekeeping->add("old events", [this, kept = std::chrono::hours(24 * s.retention.events_days)] {
            return automation::prune_events(*store, clock, kept, feed_readers());
        });
        housekeeping->add("old routing decisions",
                          [this, kept = std::chrono::hours(24 * s.retention.routing_decisions_days)] {
                              return automation::prune_decisions(*store, clock, kept);
                          });
        frames = std::make_unique<api::DeskFrames>(*store, *views);
        realtime =
            std::make_unique<api::Realtime>(main, *access, *presence, *feed, *frames, clock, api::Realtime::Settings{});
        realtime->on_typing([this](ConversationId id, const Principal& who) { outbox->typing(id, true, who.name); });
        inbound->on_typing([this](const inbound::Typing& typing) {
            json::object author;
            author["type"] = "contact";
            author["id"] = to_string(typing.contact_id);
            author["name"] = typing.contact_name;
            json::object frame;
            frame["conversationId"] = to_string(typing.conversation_id);
            frame["author"] = std::move(author);
            frame["state"] = typing.started ? "started" : "stopped";
            realtime->relay("typing", typing.key, std::move(frame));
        });
        follow_feed();
        realtime->start();
        visitors->start(*feed, running_account());
        outbox->start();
        router->start();
        absence->start();
        media->start();
        poller->start();
        responders->start();
        exporters->start();
        housekeeping->start();
        return {};
    }

    /// Whose unread events stay: those that exporters and responders of this configuration have not read.
    std::vector<std::string> feed_readers() const {
        std::vector<std::string> out;
        for (const auto& one : registry->statuses(plugins::Kind::exporter)) {
            if (one.enabled) out.push_back("exporter:" + one.ref.id);
        }
        for (const auto& one : registry->statuses(plugins::Kind::responder)) {
            if (one.enabled) out.push_back("responder:" + one.ref.id);
        }
        return out;
    }

    api::AccountInstance running_account() {
        return [this](std::string_view slug) { return registry->account(slug); };
    }

    /// What acts on committed events at once. Who is let go because it was too slow begins again and looks at
    /// everything.
    void follow_feed() {
        subscription = feed->subscribe(
            main,
            [this](const feed::Batch& batch) {
                router->committed(*batch);
                absence->committed(*batch);
                outbox->committed(*batch);
                media->committed(*batch);
            },
            [this] {
                log::warn("app", "the feed ran ahead; everything is looked at again");
                follow_feed();
                router->wake();
                absence->wake();
                outbox->wake();
                media->wake();
            });
    }

    Result<void> compose_api() {
        workspace_router = std::make_shared<http::Router>();
        api::Api::Settings to;
        to.origins = {workspace_url};
        to.body_limit = static_cast<std::size_t>(settings().limits.body_bytes);
        to.json_depth = static_cast<std::size_t>(settings().limits.json_depth);
        to.version = kVersion;
        api = std::make_unique<api::Api>(workspace_router, *access, to);
        services = std::make_unique<api::Services>(api::Services{
            *store, clock, *access, *users, *api_keys, *inboxes, *presence, *feed, registry.get(), workspace_url,
            public_url, settings().settings.undo_window_seconds, kVersion, accounts.get()});
        desk_services = std::make_unique<api::DeskServices>(
            api::DeskServices{*services, *views, *blobs, *links, settings().blobs.max_bytes,
                              [this](const Principal& who, const Conversation& c) {
                                  json::object author;
                                  author["type"] = "agent";
                                  author["id"] = to_string(who.user_id);
                                  author["name"] = who.name;
                                  json::object frame;
                                  frame["conversationId"] = to_string(c.id);
                                  frame["author"] = std::move(author);
                                  realtime->relay("typing", visibility_key(c), std::move(frame), id_of(who));
                                  outbox->typing(c.id, true, who.name);
                              }});
        api::add_all(*api, *services);
        api::add_conversations(*api, *desk_services);
        api::add_messages(*api, *desk_services);
        api::add_contacts(*api, *desk_services);
        api::add_attachments(*api, *desk_services);
        api::add_realtime(*api, *realtime);
        api->metrics().gauge("usher_responder_waiting_seconds",
                             "How long the oldest event waits for a responder that does not run.", [this] {
                                 double longest = 0;
                                 for (const auto& one : responders->waiting())
                                     longest = std::max(longest,
                                                        std::chrono::duration<double>(clock.now() - one.since).count());
                                 return longest;
                             });
        api->finish();
        if (auto ok = add_workspace(*workspace_router, settings().workspace.folder); !ok) return ok;
        public_router = std::make_shared<http::Router>();
        api::add_files(*public_router, *store, *blobs, *links);
        api::PublicChannels channels;
        channels.account = running_account();
        channels.blobs = blobs.get();
        channels.public_url = public_url;
        channels.upload_bytes_per_hour = static_cast<std::uint64_t>(settings().limits.upload_mb_per_hour) << 20;
        api::add_public_channels(*public_router, std::move(channels));
        visitors->add_routes(*public_router, public_url);
        return {};
    }

    Result<void> open_ports() {
        const auto& s = settings();
        std::optional<http::Tls> tls;
        if (s.listeners.tls) {
            tls = http::Tls{s.listeners.tls->certificate, s.listeners.tls->key};
        }
        http::PolicySettings policy;
        policy.public_origin = public_url;
        policy.hsts = workspace_url.starts_with("https://");
        http::Listener workspace;
        workspace.name = "workspace";
        workspace.host = s.listeners.workspace.address;
        workspace.port = s.listeners.workspace.port;
        workspace.tls = tls;
        workspace.router = workspace_router;
        workspace.before = [this,
                            check = api->before()](http::Request& request) -> Task<std::optional<http::Response>> {
            auto refused = co_await check(request);
            // Somebody who clicks is there, also while their socket is on its way.
            if (const auto* caller = std::any_cast<access::Caller>(&request.context);
                !refused && caller && caller->principal && caller->by_cookie()) {
                presence->opened(caller->principal->user_id);
                presence->closed(caller->principal->user_id);
            }
            co_return refused;
        };
        workspace.render_error = api->render_error();
        workspace.headers = http::workspace_headers(policy);
        if (auto port = server->listen(std::move(workspace)); !port) return port.error();
        http::Listener open;
        open.name = "public";
        open.host = s.listeners.public_.address;
        open.port = s.listeners.public_.port;
        open.tls = tls;
        open.router = public_router;
        open.before = api::public_before(running_account());
        open.render_error = api::public_error;
        open.headers = http::public_headers(policy);
        if (auto port = server->listen(std::move(open)); !port) return port.error();
        if (!options.demo) return {};
        http::Listener demo;
        demo.name = "demo";
        demo.host = "127.0.0.1";
        demo.port = static_cast<std::uint16_t>(s.listeners.public_.port + 1);
        demo.router = demo_site({public_url, workspace_url});
        if (auto port = server->listen(std::move(demo)); !port) return port.error();
        return {};
    }

    Result<void> fill() {
        if (!options.demo) return {};
        if (auto done = wait_for(main, fill_demo(*access, *users, *inboxes, *inbound, *registry, *store)); !done) {
            log::error("app", "the demo could not be filled", {{"error", done.error().message}});
        }
        return {};
    }

    void print_welcome() {
        log::flush();
        std::printf("Usher %s is ready: %s\n", kVersion, workspace_url.c_str());
        std::printf("Public side (channels, attachments): %s\n", public_url.c_str());
        if (setup_token)
            std::printf("Set up the first administrator, once: %s/setup?token=%s\n", workspace_url.c_str(),
                        setup_token->c_str());
        if (options.demo) {
            std::printf(
                "Demo: write from %s, answer as nadia@demo.test or tomas@demo.test (agents), vera@demo.test "
                "(supervisor) or %s;"
                " password %s\n",
                demo_url.c_str(), kDemoAdmin, kDemoPassword);
        }
        std::fflush(stdout);
    }

    template <class T>
    void stop_one(std::unique_ptr<T>& part) {
        if (part) wait_for(main, stopped_then_true(part->stop()));
    }
    static Task<bool> stopped_then_true(Task<void> task) {
        co_await std::move(task);
        co_return true;
    }

    void stop() {
        if (stopped) return;
        stopped = true;
        if (api) api->drain();
        if (server) server->drain(kDrainDeadline);
        if (server) {
            stop_one(accounts);
            stop_one(realtime);
            stop_one(visitors);
            stop_one(router);
            stop_one(absence);
            stop_one(media);
            stop_one(poller);
            stop_one(responders);
            stop_one(exporters);
            stop_one(housekeeping);
            if (outbox) wait_for(main, stopped_then_true(outbox->stop(kDrainDeadline)));
            if (registry) wait_for(main, stopped_then_true(registry->stop(kDrainDeadline)));
            states.poller = nullptr;
            stop_one(inbound);
            stop_one(access);
            if (subscription) wait_for(main, drop_subscription());
        }
        if (store) store->stop();
        if (server) server->stop();
    }

    Result<void> reload() {
        Running running{loaded, *registry, *server, [this](std::vector<plugins::InstanceSpec> specs) {
                            return wait_for(main, accounts->reload(std::move(specs)));
                        }};
        Configuration next = load();
        return take_over(running, {std::move(next.loaded), std::move(next.faults)});
    }

    Task<bool> drop_subscription() {
        subscription.reset();
        co_return true;
    }
};

Daemon::Daemon(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Daemon::~Daemon() {
    stop();
}
Result<void> Daemon::start() {
    return impl_->start();
}
void Daemon::stop() {
    impl_->stop();
}

void Daemon::reload() {
    auto done = impl_->reload();
    if (done) return;
    const Error error = done.error();
    const auto lines = split(error.message, '\n');
    for (const auto line : lines) log::error("app", line);
    log::error("app", "the configuration has errors; nothing was changed", {{"errors", lines.size()}});
}

}  // namespace usher::app
