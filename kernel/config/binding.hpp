#pragma once
/// A described type as it stands in YAML: its schema with the defaults of its initialisers, and its values read from
/// JSON that this schema has accepted. Keys are the members' names; secrets are never written. Internal to config.
#include <limits>

#include "config/settings.hpp"
#include "foundation/describe.hpp"

namespace usher::config::detail {

template <class T>
struct Binding;

template <class T>
json::object bound_schema(const T& preset) {
    return Binding<T>::schema(preset);
}

template <>
struct Binding<bool> {
    static json::object schema(bool preset) { return {{"type", "boolean"}, {"default", preset}}; }
    static void read(const json::value& from, bool& into) { into = from.as_bool(); }
    static json::value write(bool from) { return from; }
};

template <std::integral I>
requires(!std::same_as<I, bool>) struct Binding<I> {
    static json::object schema(I preset) {
        json::object out{{"type", "integer"}};
        if constexpr (sizeof(I) < sizeof(std::int64_t)) {
            out["minimum"] = static_cast<std::int64_t>(std::numeric_limits<I>::min());
            out["maximum"] = static_cast<std::int64_t>(std::numeric_limits<I>::max());
        }
        out["default"] = static_cast<std::int64_t>(preset);
        return out;
    }
    static void read(const json::value& from, I& into) { into = static_cast<I>(from.to_number<std::int64_t>()); }
    static json::value write(I from) { return static_cast<std::int64_t>(from); }
};

template <>
struct Binding<std::string> {
    static json::object schema(const std::string& preset) {
        json::object out{{"type", "string"}};
        if (!preset.empty()) out["default"] = preset;
        return out;
    }
    static void read(const json::value& from, std::string& into) {
        into.assign(from.as_string().data(), from.as_string().size());
    }
    static json::value write(const std::string& from) { return json::string(from.data(), from.size()); }
};

template <>
struct Binding<Secret> {
    static json::object schema(const Secret&) { return {{"type", "string"}, {"secret", true}}; }
    static void read(const json::value& from, Secret& into) { Binding<std::string>::read(from, into.value); }
    static json::value write(const Secret& from) { return from.empty() ? json::value(nullptr) : json::value("***"); }
};

/// Free: what a plugin's own schema checks later.
template <>
struct Binding<json::object> {
    static json::object schema(const json::object&) { return {{"type", "object"}}; }
    static void read(const json::value& from, json::object& into) { into = from.as_object(); }
    static json::value write(const json::object& from) { return from; }
};

template <usher::detail::described_enum E>
struct Binding<E> {
    static json::object schema(E preset) {
        json::array names;
        for (const auto& name : enum_names<E>()) names.emplace_back(name);
        const std::string_view name = enum_name(preset);
        return {{"type", "string"}, {"enum", std::move(names)}, {"default", json::string(name.data(), name.size())}};
    }
    static void read(const json::value& from, E& into) {
        into = *enum_of<E>({from.as_string().data(), from.as_string().size()});
    }
    static json::value write(E from) { return Binding<std::string>::write(std::string(enum_name(from))); }
};

template <class T>
struct Binding<std::optional<T>> {
    static json::object schema(const std::optional<T>& preset) {
        json::object out = bound_schema(preset.value_or(T{}));
        if (!preset) out.erase("default");
        return out;
    }
    static void read(const json::value& from, std::optional<T>& into) { Binding<T>::read(from, into.emplace()); }
    static json::value write(const std::optional<T>& from) {
        return from ? Binding<T>::write(*from) : json::value(nullptr);
    }
};

template <class T>
struct Binding<std::vector<T>> {
    static json::object schema(const std::vector<T>& preset) {
        json::object items = bound_schema(T{});
        items.erase("default");
        json::object out{{"type", "array"}, {"items", std::move(items)}};
        if constexpr (std::is_same_v<T, std::string>) {
            json::array names;
            for (const auto& name : preset) names.emplace_back(name);
            if (!preset.empty()) out["default"] = std::move(names);
        }
        return out;
    }
    static void read(const json::value& from, std::vector<T>& into) {
        into.clear();
        for (const auto& item : from.as_array()) Binding<T>::read(item, into.emplace_back());
    }
    static json::value write(const std::vector<T>& from) {
        json::array out;
        for (const T& item : from) out.push_back(Binding<T>::write(item));
        return out;
    }
};

template <usher::detail::described_struct T>
struct Binding<T> {
    using Members = usher::detail::members_of<T>;
    static json::object schema(const T& preset) {
        json::object properties;
        boost::mp11::mp_for_each<Members>([&](auto d) {
            const std::string_view name = column_name<decltype(d)>();
            properties.emplace(json::string_view(name.data(), name.size()), bound_schema(preset.*d.pointer));
        });
        return {{"type", "object"}, {"properties", std::move(properties)}};
    }
    /// Absent and null members keep what the initialiser gave.
    static void read(const json::value& from, T& into) {
        const json::object& object = from.as_object();
        boost::mp11::mp_for_each<Members>([&](auto d) {
            const std::string_view name = column_name<decltype(d)>();
            const json::value* found = object.if_contains(json::string_view(name.data(), name.size()));
            using M = std::remove_cvref_t<decltype(into.*d.pointer)>;
            if (found && !found->is_null()) Binding<M>::read(*found, into.*d.pointer);
        });
    }
    static json::value write(const T& from) {
        json::object out;
        boost::mp11::mp_for_each<Members>([&](auto d) {
            const std::string_view name = column_name<decltype(d)>();
            using M = std::remove_cvref_t<decltype(from.*d.pointer)>;
            out.emplace(json::string_view(name.data(), name.size()), Binding<M>::write(from.*d.pointer));
        });
        return out;
    }
};

}  // namespace usher::config::detail
