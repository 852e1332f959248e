// Another build of a library takes the place of the one that runs.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>
#include <fstream>

#include "config/json_schema.hpp"
#include "foundation/log.hpp"
#include "foundation/text.hpp"
#include "plugins/await.hpp"
#include "plugins/registry_impl.hpp"

namespace usher::plugins {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kBusyStep{10};

std::string title(const InstanceSpec& spec) {
    return (spec.ref.kind == Kind::channel ? "account" : std::string(enum_name(spec.ref.kind))) + " " + spec.ref.id;
}

/// The file copied to where its name says which build it is: the linker maps what it has not mapped before, and who
/// writes over the original changes nothing that runs.
Result<fs::path> copied(const std::string& from, const std::string& folder, const std::string& hash) {
    std::error_code error;
    const fs::path base = folder.empty() ? fs::temp_directory_path(error) / "usher-builds" : fs::path(folder);
    fs::create_directories(base, error);
    if (!error) fs::permissions(base, fs::perms::owner_all, error);
    const fs::path to = base / (fs::path(from).stem().string() + "-" + hash + ".so");
    if (!error && !fs::exists(to, error)) {
        const fs::path draft = to.string() + ".draft";
        fs::copy_file(from, draft, fs::copy_options::overwrite_existing, error);
        if (!error) fs::rename(draft, to, error);
    }
    if (error) return invalid(from + ": cannot be copied to " + to.string() + ": " + error.message());
    return to;
}

}  // namespace

Result<std::shared_ptr<const Library>> Registry::Impl::newer_build(const Loaded& known) const {
    const std::string& path = known.info.library;
    auto hash = hash_of_file(path);
    if (!hash) return hash.error();
    if (*hash == known.info.build) return std::shared_ptr<const Library>();
    auto copy = copied(path, options.builds_folder, *hash);
    if (!copy) return copy.error();
    auto whole = hash_of_file(copy->string());
    if (!whole) return whole.error();
    if (*whole != *hash) {  // it is being written right now
        std::error_code ignored;
        fs::remove(*copy, ignored);
        return invalid(path + ": changed while it was read; try again when it is whole");
    }
    return plugins::load_library(copy->string(), path);
}

/// The instances that have to move. Whatever of them the new build would not take is a fault.
Result<std::vector<std::shared_ptr<Registry::Impl::Slot>>> Registry::Impl::check_build(const Library& old,
                                                                                       const Library& next) const {
    Error faults{Errc::validation, ""};
    auto fault = [&](const std::string& what) {
        faults.message += (faults.message.empty() ? "" : "\n") + old.path() + ": " + what;
        faults.details.push_back({"", what});
    };
    std::map<InstanceKey, const PluginInfo*> found;
    for (const auto& plugin : next.plugins())
        found.emplace(InstanceKey{plugin.info.kind, plugin.info.id}, &plugin.info);
    std::set<InstanceKey> before;
    for (const auto& plugin : old.plugins()) before.emplace(plugin.info.kind, plugin.info.id);
    std::vector<std::shared_ptr<Slot>> out;
    const std::lock_guard lock(mutex);
    for (const auto& [key, info] : found) {
        const auto other = plugins.find(key);
        if (other != plugins.end() && !before.contains(key)) {
            fault("the " + std::string(enum_name(key.first)) + " " + key.second + " is loaded from " +
                  other->second.info.library + " already");
        }
    }
    for (const auto& [key, slot] : slots) {
        const InstanceKey plugin{slot->spec.ref.kind, slot->spec.ref.channel};
        if (!before.contains(plugin)) continue;
        const auto info = found.find(plugin);
        if (info == found.end()) {
            fault("the new build has no " + std::string(enum_name(plugin.first)) + " " + plugin.second + ", which " +
                  title(slot->spec) + " needs");
            continue;
        }
        if (!slot->spec.enabled) continue;
        for (const auto& wrong : config::validate(info->second->config_schema, slot->spec.config))
            fault(title(slot->spec) + ": " + wrong.path + ": " + wrong.message);
        out.push_back(slot);
    }
    if (!faults.details.empty()) return faults;
    return out;
}

Task<Result<void>> Registry::Impl::claim_soon(std::shared_ptr<Slot> slot) {
    const auto until = std::chrono::steady_clock::now() + options.start_deadline + options.stop_deadline;
    const Kind kind = slot->spec.ref.kind;
    const std::string id = slot->spec.ref.id;
    for (;;) {
        auto claimed = claim(kind, id);
        if (claimed) co_return Result<void>();
        const bool busy = claimed.error().reason == "being_changed";
        if (!busy || std::chrono::steady_clock::now() > until) co_return claimed.error();
        co_await sleep_for(kBusyStep);
    }
}

/// The slot is claimed. An error: its old instance goes on.
Task<Result<void>> Registry::Impl::replace(std::shared_ptr<Slot> slot) {
    InstanceSpec spec;
    decltype(slot->instance) old;
    int generation = 0;
    State state = State::stopped;
    std::string text;
    bool running = false;
    {
        const std::lock_guard lock(mutex);
        spec = slot->spec;
        old = slot->instance;
        generation = slot->generation;
        state = slot->state;
        text = slot->last_error;
        running = started;
    }
    if (!spec.enabled) co_return Result<void>();
    auto config = check_config(spec.ref.kind, spec.ref.channel, spec.config);
    if (!config) co_return config.error();
    auto made = co_await create(slot, spec, *config, generation + 1);
    if (!made) co_return made.error();
    const auto plugin = find_plugin(spec.ref.kind, spec.ref.channel);
    const json::value* exclusive = plugin ? plugin->info.capabilities.if_contains("exclusive") : nullptr;
    const bool alone = exclusive && exclusive->is_bool() && exclusive->get_bool();
    if (!running || alone || !old) {
        {
            const std::lock_guard lock(mutex);
            slot->generation = generation + 1;
            slot->state = State::stopped;
            slot->last_error.clear();
            slot->config = *config;
            slot->instance = *made;  // until it has started it answers what comes in with "try again"
        }
        if (old) co_await end_instance(std::move(old));
        if (running) co_await start_slot(slot);
        co_return Result<void>();
    }
    // Beside the old one; what it says of its state counts from here on.
    {
        const std::lock_guard lock(mutex);
        slot->generation = generation + 1;
        slot->state = State::ready;
        slot->last_error.clear();
    }
    auto begun = co_await (*made)->start(options.role);
    bool well = false;
    {
        const std::lock_guard lock(mutex);
        if (begun) {
            slot->instance = *made;
            slot->config = *config;
            if (state == State::failed) ++slot->restarts;
            well = slot->state == State::ready;
        } else {
            slot->generation = generation;
            slot->state = state;
            slot->last_error = text;
        }
    }
    if (!begun) {
        old.reset();
        co_await end_instance(std::move(*made));
        co_return begun.error();
    }
    if (well) (*made)->set_state(State::ready, "");
    co_await end_instance(std::move(old));
    co_return Result<void>();
}

Task<Result<Registry::Reloaded>> Registry::Impl::reload(Loaded known) {
    auto self = shared_from_this();
    if (!known.library) {
        co_return conflict("isolated", known.info.library +
                                           " runs in a process of its own, which cannot be replaced while " +
                                           "it runs; a restart of Usher takes the new build.");
    }
    auto next = newer_build(known);
    if (!next) co_return Error{Errc::validation, next.error().message, next.error().details};
    Reloaded out;
    if (!*next) co_return out;
    auto moving = check_build(*known.library, **next);
    if (!moving) co_return moving.error();
    {
        const std::lock_guard lock(mutex);
        if (stopped) co_return Error{Errc::unavailable, "The plugins are stopping."};
        for (const auto& plugin : known.library->plugins()) plugins.erase({plugin.info.kind, plugin.info.id});
        for (const auto& plugin : (*next)->plugins())
            plugins.insert_or_assign(InstanceKey{plugin.info.kind, plugin.info.id}, Loaded{plugin.info, *next});
    }
    out.replaced = true;
    for (const auto& slot : *moving) {
        auto claimed = co_await claim_soon(slot);
        if (!claimed) {
            if (claimed.error().code != Errc::not_found)  // removed meanwhile
                out.failed.push_back(title(slot->spec) + ": " + claimed.error().message);
            continue;
        }
        auto moved = co_await replace(slot);
        release(slot);
        if (!moved) out.failed.push_back(title(slot->spec) + ": " + moved.error().message);
    }
    log::info("plugins", "another build runs",
              {{"library", known.info.library},
               {"build", (*next)->plugins().front().info.build},
               {"instances", moving->size()},
               {"failed", out.failed.size()}});
    for (const auto& text : out.failed) log::error("plugins", text + "; it goes on in the old build");
    co_return out;
}

Task<Result<Registry::Reloaded>> Registry::reload(Kind kind, std::string id) {
    auto impl = impl_;
    const auto known = impl->find_plugin(kind, id);
    if (!known) co_return impl->unknown_plugin(kind, id);
    const std::string path = known->info.library;
    {
        const std::lock_guard lock(impl->mutex);
        if (!impl->reloading.insert(path).second)
            co_return conflict("being_changed", "This library is being reloaded already.");
    }
    struct Done {
        std::shared_ptr<Impl> impl;
        std::string path;
        ~Done() {
            const std::lock_guard lock(impl->mutex);
            impl->reloading.erase(path);
        }
    };
    // On the plugins' threads: files are read and the linker runs. Whoever asked may go meanwhile.
    using Answer = Result<Reloaded>;
    std::function<void(std::function<void(Answer)>)> begin = [impl, known = *known,
                                                              path](std::function<void(Answer)> finish) {
        auto body = [](std::shared_ptr<Impl> self, Impl::Loaded loaded, std::string file) -> Task<Answer> {
            const Done done{self, std::move(file)};
            co_return co_await self->reload(std::move(loaded));
        };
        asio::co_spawn(impl->pool, body(impl, known, path), [finish](std::exception_ptr failure, Answer answer) {
            try {
                if (failure) std::rethrow_exception(failure);
                finish(std::move(answer));
            } catch (const std::exception& e) {
                finish(Error{Errc::internal, e.what()});
            }
        });
    };
    Answer cancelled = Error{Errc::cancelled, "cancelled"};
    co_return co_await await_callback<Answer>(std::move(begin), std::move(cancelled));
}

}  // namespace usher::plugins
