#pragma once
/// The C++20 wrapper over plugin.h, whole. Header only, compiled by the author, so it is no ABI itself.
///
///   class EchoChannel final : public usher::sdk::Channel {
///   public:
///       using Channel::Channel;
///       void send(Outbound message, Done<Receipt> done) override { done(Receipt{.remote_id = "echo-" + message.id}); }
///   };
///   USHER_PLUGIN(EchoChannel, "echo", "0.1.0", .name = "Echo", .config_schema = kSchemaJson)
///
/// Several in one library: USHER_PLUGINS(usher::sdk::plugin<A>({...}), usher::sdk::plugin<B>({...})).
#include <usher/blob.hpp>
#include <usher/channel.hpp>
#include <usher/exporter.hpp>
#include <usher/responder.hpp>
#include <usher/strategy.hpp>

#include <array>

namespace usher::sdk {

/// What a plugin says of itself: static data, read without running anything.
struct About {
    std::string_view id;  ///< what configurations name it by
    std::string_view version;
    std::string_view name{};
    std::string_view vendor{};
    std::string_view config_schema = R"({"type": "object", "properties": {}})";
    std::string_view capabilities = "{}";
};

struct Registration {
    usher_descriptor descriptor;
    usher_status (*create)(const usher_host*, usher_str, const usher_instance**);
};

template <class T>
constexpr Registration plugin(About about) {
    return {{sizeof(usher_descriptor), T::kKind, str(about.id), str(about.name.empty() ? about.id : about.name),
             str(about.vendor), str(about.version), str(about.config_schema), str(about.capabilities)},
            &detail::Adapter<T>::create};
}

/// All registrations of a library; `Plugins` is a type with a static kAll.
template <class Plugins>
struct Library {
    static constexpr auto descriptors() {
        std::array<const usher_descriptor*, Plugins::kAll.size()> all{};
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = &Plugins::kAll[i].descriptor;
        return all;
    }
    static constexpr auto kDescriptors = descriptors();

    static usher_status create(usher_str id, const usher_host* host, usher_str config_json,
                               const usher_instance** out) {
        for (const Registration& one : Plugins::kAll)
            if (view(one.descriptor.id) == view(id)) return one.create(host, config_json, out);
        return USHER_E_NOT_FOUND;
    }
};

}  // namespace usher::sdk

#define USHER_PLUGINS(...)                                                                                          \
    namespace {                                                                                                     \
    struct UsherLibraryPlugins {                                                                                    \
        static constexpr auto kAll = std::to_array<usher::sdk::Registration>({__VA_ARGS__});                        \
    };                                                                                                              \
    using UsherLibrary = usher::sdk::Library<UsherLibraryPlugins>;                                                  \
    }                                                                                                               \
    extern "C" constinit const usher_entry usher_plugin_entry_v0 = {                                                \
        sizeof(usher_entry), USHER_ABI_MINOR, UsherLibrary::kDescriptors.data(), UsherLibrary::kDescriptors.size(), \
        &UsherLibrary::create};

/// USHER_PLUGIN(Class, "id", "version" [, .name = ..., .vendor = ..., .config_schema = ..., .capabilities = ...])
#define USHER_PLUGIN(Class, id_text, version_text, ...) \
    USHER_PLUGINS(usher::sdk::plugin<Class>({.id = id_text, .version = version_text __VA_OPT__(, ) __VA_ARGS__}))
