// What the rest of the kernel asks the registry.
#include "config/json_schema.hpp"
#include "plugins/registry_impl.hpp"

namespace usher::plugins {

std::vector<PluginInfo> Registry::plugins(std::optional<Kind> kind) const {
    std::vector<PluginInfo> out;
    const std::lock_guard lock(impl_->mutex);
    for (const auto& [key, plugin] : impl_->plugins) {
        if (!kind || key.first == *kind) out.push_back(plugin.info);
    }
    return out;
}

std::optional<PluginInfo> Registry::plugin(Kind kind, std::string_view id) const {
    const auto found = impl_->find_plugin(kind, id);
    if (!found) return std::nullopt;
    return found->info;
}

Result<json::object> Registry::check_config(Kind kind, std::string_view plugin, const json::value& config) const {
    return impl_->check_config(kind, plugin, config);
}

json::value Registry::redact(Kind kind, std::string_view plugin, const json::value& config,
                             std::vector<std::string>* secrets) const {
    const auto known = impl_->find_plugin(kind, plugin);
    if (!known) return json::object{};  // nobody can say what is secret in it
    return config::redact(known->info.config_schema, config, secrets);
}

json::value Registry::keep_secrets(Kind kind, std::string_view plugin, json::value incoming,
                                   const json::value& stored) const {
    const auto known = impl_->find_plugin(kind, plugin);
    if (!known) return incoming;
    return config::keep_secrets(known->info.config_schema, std::move(incoming), stored);
}

std::shared_ptr<Instance> Registry::find(Kind kind, std::string_view id) const {
    const std::lock_guard lock(impl_->mutex);
    auto found = impl_->slots.find({kind, std::string(id)});
    return found == impl_->slots.end() ? nullptr : found->second->instance;
}

std::shared_ptr<Instance> Registry::account(std::string_view slug) const {
    return find(Kind::channel, slug);
}

std::shared_ptr<Instance> Registry::strategy(std::string_view plugin_or_id) const {
    if (auto by_id = find(Kind::strategy, plugin_or_id)) return by_id;
    const auto by_plugin = impl_->slots_where([&](const Impl::Slot& slot) {
        return slot.spec.ref.kind == Kind::strategy && slot.spec.ref.channel == plugin_or_id && slot.instance;
    });
    if (by_plugin.empty()) return nullptr;
    const std::lock_guard lock(impl_->mutex);
    return by_plugin.front()->instance;
}

std::vector<std::shared_ptr<Instance>> Registry::all(Kind kind) const {
    std::vector<std::shared_ptr<Instance>> out;
    const std::lock_guard lock(impl_->mutex);
    for (const auto& [key, slot] : impl_->slots) {
        if (key.first == kind && slot->instance) out.push_back(slot->instance);
    }
    return out;
}

std::optional<InstanceSpec> Registry::spec(Kind kind, std::string_view id) const {
    const std::lock_guard lock(impl_->mutex);
    auto found = impl_->slots.find({kind, std::string(id)});
    if (found == impl_->slots.end()) return std::nullopt;
    return found->second->spec;
}

std::vector<InstanceStatus> Registry::statuses(std::optional<Kind> kind) const {
    std::vector<InstanceStatus> out;
    const std::lock_guard lock(impl_->mutex);
    for (const auto& [key, slot] : impl_->slots) {
        if (kind && key.first != *kind) continue;
        InstanceStatus one{slot->spec.ref, slot->spec.name,  slot->spec.enabled,
                           slot->state,    slot->last_error, slot->spec.source};
        const auto plugin = impl_->plugins.find({key.first, slot->spec.ref.channel});
        if (plugin != impl_->plugins.end()) one.isolation = plugin->second.isolation;
        one.restarts = slot->restarts + slot->losses.restarts;
        if (slot->instance) one.pid = slot->instance->pid();
        one.changing = slot->busy;
        out.push_back(std::move(one));
    }
    return out;
}

std::optional<InstanceStatus> Registry::status(Kind kind, std::string_view id) const {
    const auto all_of_kind = statuses(kind);
    auto found = std::find_if(all_of_kind.begin(), all_of_kind.end(),
                              [&](const InstanceStatus& one) { return one.ref.id == id; });
    if (found == all_of_kind.end()) return std::nullopt;
    return *found;
}

void Registry::report(std::string_view account, const std::shared_ptr<Instance>& from, State state, std::string text) {
    const auto slot = impl_->find_slot(Kind::channel, account);
    if (!slot) return;
    AccountRef ref;
    {
        const std::lock_guard lock(impl_->mutex);
        if (slot->instance != from || (slot->state == state && slot->last_error == text)) return;
        slot->state = state;
        slot->last_error = text;
        ref = slot->spec.ref;
    }
    if (impl_->sinks.states) impl_->sinks.states->state(ref, state, text);
}

json::object Registry::capabilities(std::string_view account_slug) const {
    const auto known = spec(Kind::channel, account_slug);
    if (!known) return {};
    const auto loaded = impl_->find_plugin(Kind::channel, known->ref.channel);
    return loaded ? loaded->info.capabilities : json::object{};
}

config::Retry Registry::retry(std::string_view account_slug) const {
    const auto known = spec(Kind::channel, account_slug);
    return config::effective_retry(known ? known->retry : config::RetrySettings{}, capabilities(account_slug));
}

std::string Registry::webhook_url(std::string_view account_slug) const {
    return impl_->options.public_url + "/channels/" + std::string(account_slug);
}

}  // namespace usher::plugins
