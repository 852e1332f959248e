#include "plugins/registry.hpp"

#include <boost/asio/co_spawn.hpp>

#include "config/json_schema.hpp"
#include "foundation/describe.hpp"
#include "foundation/log.hpp"
#include "plugins/await.hpp"
#include "plugins/registry_impl.hpp"

namespace usher::plugins {
namespace {

constexpr std::chrono::milliseconds kDrainStep{5};

bool is_slug(std::string_view id) {
    return !id.empty() && id.size() <= 64 &&
           id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == std::string_view::npos;
}

std::string kind_name(Kind kind) {
    return std::string(enum_name(kind));
}

/// What people call an instance of this kind.
std::string noun(Kind kind) {
    return kind == Kind::channel ? "account" : kind_name(kind);
}

Error unknown_instance(Kind kind, std::string_view id) {
    return not_found("There is no " + noun(kind) + " \"" + std::string(id) + "\".");
}

}  // namespace

// ---- parts ----------------------------------------------------------------------------------------------------------

std::optional<Registry::Impl::Loaded> Registry::Impl::find_plugin(Kind kind, std::string_view id) const {
    const std::lock_guard lock(mutex);
    auto found = plugins.find({kind, std::string(id)});
    if (found == plugins.end()) return std::nullopt;
    return found->second;
}

std::shared_ptr<Registry::Impl::Slot> Registry::Impl::find_slot(Kind kind, std::string_view id) const {
    const std::lock_guard lock(mutex);
    auto found = slots.find({kind, std::string(id)});
    return found == slots.end() ? nullptr : found->second;
}

Result<std::shared_ptr<Registry::Impl::Slot>> Registry::Impl::claim(Kind kind, const std::string& id) {
    const std::lock_guard lock(mutex);
    auto found = slots.find({kind, id});
    if (found == slots.end()) return unknown_instance(kind, id);
    if (stopped) return Error{Errc::unavailable, "The plugins are stopping."};
    if (found->second->busy)
        return conflict("being_changed", "This " + noun(kind) + " is being changed by somebody else.");
    found->second->busy = true;
    return found->second;
}

void Registry::Impl::release(const std::shared_ptr<Slot>& slot) {
    const std::lock_guard lock(mutex);
    slot->busy = false;
}

Error Registry::Impl::unknown_plugin(Kind kind, std::string_view plugin) const {
    std::vector<std::string> known;
    {
        const std::lock_guard lock(mutex);
        for (const auto& [key, loaded] : plugins) {
            if (key.first == kind) known.push_back(key.second);
        }
    }
    std::string message = "no " + kind_name(kind) + " plugin with this id is loaded";
    if (const std::string near = nearest(plugin, known); !near.empty()) {
        message += "; did you mean " + near + "?";
    } else if (!known.empty()) {
        message += "; loaded are ";
        for (const auto& id : known) message += (id == known.front() ? "" : ", ") + id;
    }
    return not_found(message);
}

Result<json::object> Registry::Impl::check_config(Kind kind, std::string_view plugin, const json::value& config) const {
    const auto known = find_plugin(kind, plugin);
    if (!known) return unknown_plugin(kind, plugin);
    const auto faults = config::validate(known->info.config_schema, config);
    if (!faults.empty()) {
        Error error{Errc::validation, faults[0].path + ": " + faults[0].message};
        if (faults.size() > 1) error.message += " (and " + std::to_string(faults.size() - 1) + " more)";
        for (const auto& fault : faults) error.details.push_back({fault.path, fault.message});
        return error;
    }
    return config::apply_defaults(known->info.config_schema, config).as_object();
}

/// Whose config names `via` and owns the key: `routing_key` equal to it, or `routing_keys` with it.
std::optional<AccountRef> Registry::Impl::resolve(const AccountRef& via, const std::string& routing_key) const {
    const std::lock_guard lock(mutex);
    for (const auto& [key, slot] : slots) {
        const AccountRef& ref = slot->spec.ref;
        if (ref.kind != Kind::channel || ref.channel != via.channel || ref.space_id != via.space_id ||
            !slot->spec.enabled)
            continue;
        const json::value* through = slot->config.if_contains("via");
        if (!through || *through != json::value(via.id)) continue;
        const json::value wanted(routing_key);
        const json::value* one = slot->config.if_contains("routing_key");
        const json::value* many = slot->config.if_contains("routing_keys");
        if (one && *one == wanted) return ref;
        if (many && many->is_array() &&
            std::find(many->get_array().begin(), many->get_array().end(), wanted) != many->get_array().end()) {
            return ref;
        }
    }
    return std::nullopt;
}

void Registry::Impl::told(const std::weak_ptr<Slot>& weak, int generation, State state, const std::string& text) {
    const auto slot = weak.lock();
    if (!slot) return;
    const std::lock_guard lock(mutex);
    if (slot->generation != generation) return;
    slot->state = state;
    slot->last_error = state == State::ready || state == State::stopped ? "" : text;
}

void Registry::Impl::set_failed(const std::shared_ptr<Slot>& slot, const Error& error) {
    AccountRef ref;
    std::string text = error.message;
    {
        const std::lock_guard lock(mutex);
        // What the plugin said in its own words beats "it refused".
        if (slot->state == State::failed && !slot->last_error.empty()) text = slot->last_error;
        slot->state = State::failed;
        slot->last_error = text;
        ref = slot->spec.ref;
    }
    log::error("plugins", text, {{"account", ref.id}, {"plugin", ref.channel}});
    if (sinks.states) sinks.states->state(ref, State::failed, text);
}

Task<Result<std::shared_ptr<Instance>>> Registry::Impl::create(std::shared_ptr<Slot> slot, InstanceSpec spec,
                                                               json::object config, int generation) {
    const auto known = find_plugin(spec.ref.kind, spec.ref.channel);
    if (!known) co_return unknown_plugin(spec.ref.kind, spec.ref.channel);
    HostSettings settings;
    settings.account = spec.ref;
    settings.public_url = options.public_url + "/channels/" + spec.ref.id;
    settings.allow_cidrs = spec.allow_cidrs;
    settings.sinks = sinks;
    std::weak_ptr<Impl> weak = weak_from_this();
    std::weak_ptr<Slot> weak_slot = slot;
    settings.on_state = [weak, weak_slot, generation](State state, const std::string& text) {
        if (auto self = weak.lock()) self->told(weak_slot, generation, state, text);
    };
    settings.resolve = [weak, ref = spec.ref](const std::string& key) -> std::optional<AccountRef> {
        if (auto self = weak.lock()) return self->resolve(ref, key);
        return std::nullopt;
    };
    RemoteInstance::Place place = place_for(slot, *known, generation);
    std::string text = write_json(config);
    co_return co_await carry(*known, std::move(place), std::move(text), std::move(settings));
}

/// By the carrier that the plugin's isolation names.
Task<Result<std::shared_ptr<Instance>>> Registry::Impl::carry(Loaded plugin, RemoteInstance::Place place,
                                                              std::string config_json, HostSettings settings) {
    Deadlines deadlines;
    deadlines.start = options.start_deadline;
    deadlines.stop = options.stop_deadline;
    if (plugin.library) {
        auto made = co_await LocalInstance::create(plugin.library, std::move(config_json), std::move(settings),
                                                   deadlines, pool);
        if (!made) co_return made.error();
        co_return std::shared_ptr<Instance>(*made);
    }
    auto made =
        co_await RemoteInstance::create(std::move(place), std::move(config_json), std::move(settings), deadlines, pool);
    if (!made) co_return made.error();
    co_return std::shared_ptr<Instance>(*made);
}

Task<void> Registry::Impl::start_slot(std::shared_ptr<Slot> slot) {
    std::shared_ptr<Instance> instance;
    {
        const std::lock_guard lock(mutex);
        instance = slot->instance;
        if (instance) slot->state = State::ready;  // unless the plugin says otherwise meanwhile
    }
    if (!instance) co_return;
    auto done = co_await instance->start(options.role);
    if (!done) {
        if (done.error().code != Errc::plugin_lost) set_failed(slot, done.error());  // else it is being seen to
        co_return;
    }
    bool ready = false;
    {
        const std::lock_guard lock(mutex);
        ready = slot->state == State::ready;
    }
    if (ready) instance->set_state(State::ready, "");
}

Task<void> Registry::Impl::end_instance(std::shared_ptr<Instance> instance) {
    instance->set_state(State::stopped, "");  // who keeps it for long lets go of it
    // No lookup finds it any more: who has it is in the middle of something, or about to begin.
    const auto until = std::chrono::steady_clock::now() + options.drain_deadline;
    while (instance.use_count() > 1 && std::chrono::steady_clock::now() < until) co_await sleep_for(kDrainStep);
    auto stopped_well = co_await instance->stop();
    if (!stopped_well && stopped_well.error().code != Errc::unavailable &&
        stopped_well.error().code != Errc::plugin_lost)
        log::warn("plugins", stopped_well.error().message);
    co_await instance->destroy();
}

std::vector<std::shared_ptr<Registry::Impl::Slot>> Registry::Impl::slots_where(
    const std::function<bool(const Slot&)>& wanted) const {
    std::vector<std::shared_ptr<Slot>> out;
    const std::lock_guard lock(mutex);
    for (const auto& [key, slot] : slots) {
        if (wanted(*slot)) out.push_back(slot);
    }
    return out;
}

Task<void> Registry::Impl::for_each(std::vector<std::shared_ptr<Slot>> all,
                                    std::function<Task<void>(std::shared_ptr<Slot>)> work) {
    if (all.empty()) co_return;
    auto self = shared_from_this();
    std::function<void(std::function<void(bool)>)> begin = [self, all, work](std::function<void(bool)> finish) {
        auto left = std::make_shared<std::atomic<std::size_t>>(all.size());
        for (const auto& slot : all) {
            auto body = [](std::function<Task<void>(std::shared_ptr<Slot>)> inner,
                           std::shared_ptr<Slot> one) -> Task<void> { co_await inner(std::move(one)); };
            asio::co_spawn(self->pool, body(work, slot), [left, finish](std::exception_ptr failure) {
                try {
                    if (failure) std::rethrow_exception(failure);
                } catch (const std::exception& e) {
                    log::error("plugins", e.what());
                }
                if (--*left == 0) finish(true);
            });
        }
    };
    co_await await_callback<bool>(std::move(begin), false);
}

// ---- life -----------------------------------------------------------------------------------------------------------

Registry::Registry(Options options, Sinks sinks) : impl_(std::make_shared<Impl>(std::move(options), sinks)) {}

Registry::~Registry() {
    impl_->stop_restarts();
    for (const auto& slot : impl_->slots_where([](const Impl::Slot& one) { return one.instance != nullptr; })) {
        slot->instance->destroy_soon();
    }
    impl_->pool.join();
}

Task<Result<void>> Registry::add(InstanceSpec spec) {
    auto impl = impl_;
    const Kind kind = spec.ref.kind;
    if (!is_slug(spec.ref.id)) co_return validation("/id", "expected [a-z0-9-]{1,40}");
    auto config = impl->check_config(kind, spec.ref.channel, spec.config);
    if (!config) co_return config.error();
    auto slot = std::make_shared<Impl::Slot>();
    slot->spec = spec;
    slot->config = *config;
    slot->generation = 1;
    slot->busy = true;
    bool running = false;
    {
        const std::lock_guard lock(impl->mutex);
        if (impl->stopped) co_return Error{Errc::unavailable, "The plugins are stopping."};
        if (!impl->slots.emplace(InstanceKey{kind, spec.ref.id}, slot).second) {
            co_return conflict("already_exists", "There is already " +
                                                     std::string(kind == Kind::channel ? "an " : "a ") + noun(kind) +
                                                     " \"" + spec.ref.id + "\".");
        }
        running = impl->started;
    }
    if (spec.enabled) {
        auto made = co_await impl->create(slot, spec, *config, 1);
        if (!made && made.error().code == Errc::plugin_lost) {
            impl->lost(slot, 1, made.error().message, true);
        } else if (!made) {
            impl->set_failed(slot, made.error());
        } else {
            {
                const std::lock_guard lock(impl->mutex);
                slot->instance = *made;
            }
            if (running) co_await impl->start_slot(slot);
        }
    }
    impl->release(slot);
    co_return Result<void>();
}

Task<Result<void>> Registry::reconfigure(InstanceSpec spec) {
    auto impl = impl_;
    const Kind kind = spec.ref.kind;
    auto config = impl->check_config(kind, spec.ref.channel, spec.config);
    if (!config) co_return config.error();
    auto claimed = impl->claim(kind, spec.ref.id);
    if (!claimed) co_return claimed.error();
    auto slot = *claimed;
    std::shared_ptr<Instance> old;
    bool running = false, same_config = false, same_rest = false;
    int generation = 0;
    {
        const std::lock_guard lock(impl->mutex);
        old = slot->instance;
        running = impl->started;
        generation = slot->generation;
        same_config = slot->config == *config;
        same_rest = slot->spec.allow_cidrs == spec.allow_cidrs && slot->spec.ref.space_id == spec.ref.space_id &&
                    slot->spec.ref.key == spec.ref.key;
    }
    auto take = [&] {
        impl->forget_losses(slot);
        const std::lock_guard lock(impl->mutex);
        slot->spec = spec;
        slot->config = *config;
    };
    if (slot->spec.ref.channel != spec.ref.channel) {
        impl->release(slot);
        co_return conflict("channel_fixed", "The plugin of this " + noun(kind) + " cannot change.");
    }
    if (!spec.enabled) {
        take();
        {
            const std::lock_guard lock(impl->mutex);
            slot->instance.reset();
        }
        if (old) co_await impl->end_instance(std::move(old));
        {
            const std::lock_guard lock(impl->mutex);
            slot->state = State::stopped;
            slot->last_error.clear();
        }
        impl->release(slot);
        co_return Result<void>();
    }
    State state = State::stopped;
    {
        const std::lock_guard lock(impl->mutex);
        state = slot->state;
    }
    // One that failed gets a new start even if nothing changed: that is what the operator asks for. So does one whose
    // process is gone: what waited to start it again ends with what is known of its losses.
    if (old && same_rest && state != State::failed && old->alive() && (same_config || old->offers().reload)) {
        Result<void> done;
        if (!same_config) {
            std::string text = write_json(*config);
            done = co_await old->reload(std::move(text));
        }
        if (done) take();
        impl->release(slot);
        if (!done) co_return Error{Errc::validation, done.error().message, {{"", done.error().message}}};
        co_return Result<void>();
    }
    auto made = co_await impl->create(slot, spec, *config, generation + 1);
    if (!made) {
        impl->release(slot);
        co_return Error{Errc::validation, made.error().message, {{"", made.error().message}}};
    }
    const json::object capabilities = impl->find_plugin(kind, spec.ref.channel)->info.capabilities;
    const json::value* exclusive = capabilities.if_contains("exclusive");
    const bool alone = exclusive && exclusive->is_bool() && exclusive->get_bool();
    take();
    {
        const std::lock_guard lock(impl->mutex);
        slot->generation = generation + 1;
        if (state == State::failed) ++slot->restarts;
        slot->state = State::stopped;
        slot->last_error.clear();
        slot->instance = *made;  // until it has started it answers what comes in with "try again"
    }
    if (old && alone) co_await impl->end_instance(std::move(old));
    if (running) co_await impl->start_slot(slot);
    if (old && !alone) co_await impl->end_instance(std::move(old));
    impl->release(slot);
    co_return Result<void>();
}

Task<Result<void>> Registry::remove(Kind kind, std::string id) {
    auto impl = impl_;
    auto claimed = impl->claim(kind, id);
    if (!claimed) co_return claimed.error();
    auto slot = *claimed;
    std::shared_ptr<Instance> instance;
    {
        const std::lock_guard lock(impl->mutex);
        instance = std::exchange(slot->instance, nullptr);
    }
    if (instance) co_await impl->end_instance(std::move(instance));
    const std::lock_guard lock(impl->mutex);
    impl->slots.erase({kind, id});
    co_return Result<void>();
}

Task<void> Registry::start() {
    auto impl = impl_;
    std::vector<std::shared_ptr<Impl::Slot>> all;
    {
        const std::lock_guard lock(impl->mutex);
        impl->started = true;
        for (const auto& [key, slot] : impl->slots) {
            if (slot->instance && !slot->busy) all.push_back(slot);
        }
    }
    std::function<Task<void>(std::shared_ptr<Impl::Slot>)> work = [impl](std::shared_ptr<Impl::Slot> slot) {
        return impl->start_slot(std::move(slot));
    };
    co_await impl->for_each(std::move(all), std::move(work));
}

Task<void> Registry::stop(std::chrono::milliseconds deadline) {
    auto impl = impl_;
    {
        const std::lock_guard lock(impl->mutex);
        impl->stopped = true;
    }
    impl->stop_restarts();
    const auto until = std::chrono::steady_clock::now() + deadline;
    for (const bool channels : {true, false}) {
        auto group = impl->slots_where(
            [&](const Impl::Slot& slot) { return slot.instance && (slot.spec.ref.kind == Kind::channel) == channels; });
        std::function<Task<void>(std::shared_ptr<Impl::Slot>)> work =
            [impl, until](std::shared_ptr<Impl::Slot> slot) -> Task<void> {
            std::shared_ptr<Instance> instance;
            {
                const std::lock_guard lock(impl->mutex);
                instance = std::exchange(slot->instance, nullptr);
            }
            if (!instance) co_return;
            if (std::chrono::steady_clock::now() < until) {
                co_await impl->end_instance(std::move(instance));
            } else {
                co_await instance->destroy();
            }
        };
        co_await impl->for_each(std::move(group), std::move(work));
    }
}

Task<Result<void>> Registry::try_out(InstanceSpec spec) {
    auto impl = impl_;
    auto config = impl->check_config(spec.ref.kind, spec.ref.channel, spec.config);
    if (!config) co_return config.error();
    const auto known = impl->find_plugin(spec.ref.kind, spec.ref.channel);
    struct Said {
        std::mutex mutex;
        State state = State::ready;
        std::string text;
    };
    auto said = std::make_shared<Said>();
    HostSettings settings;
    settings.account = spec.ref;
    settings.public_url = impl->options.public_url + "/channels/" + spec.ref.id;
    settings.allow_cidrs = spec.allow_cidrs;
    settings.sinks = impl->sinks;
    settings.sinks.emit = nullptr;  // a trial takes nothing in and tells nobody
    settings.sinks.states = nullptr;
    settings.sinks.visitors = nullptr;
    settings.on_state = [said](State state, const std::string& text) {
        const std::lock_guard lock(said->mutex);
        if (state == State::stopped || said->state == State::failed) return;
        said->state = state;
        said->text = text;
    };
    RemoteInstance::Place place;
    place.helpers = impl->helpers;
    place.library = known->info.library;
    place.own = "trial of " + spec.ref.id;  // what it breaks is its own
    std::string text = write_json(*config);
    auto made = co_await impl->carry(*known, std::move(place), std::move(text), std::move(settings));
    Result<void> result;
    if (made) {
        // As an edge: a trial must not take a provider's session from the account that has it.
        result = co_await (*made)->start(Role::edge);
        co_await impl->end_instance(std::move(*made));
    } else {
        result = made.error();
    }
    const std::lock_guard lock(said->mutex);
    if (said->state == State::failed) co_return Error{Errc::validation, said->text, {{"", said->text}}};
    if (!result) co_return Error{Errc::validation, result.error().message, {{"", result.error().message}}};
    co_return result;
}

}  // namespace usher::plugins
