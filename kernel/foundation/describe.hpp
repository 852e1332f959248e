#pragma once
/// Describe once: a type described with Boost.Describe gets its JSON, its JSON Schema and its column list from that.
///
/// JSON names are the C++ names in camelCase; columns keep snake_case. A trailing underscore (default_) is dropped.
/// Reading is strict: unknown members are faults that name the nearest known one, every fault is collected with its
/// path, an absent optional (or a member with a default, see below) keeps the value it had in `into`: so reading into a
/// fresh value applies defaults, and reading into a loaded one is a partial update, where null clears an optional.
///
/// A type with its own wire form specialises Codec<T>: write, read, schema.
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "foundation/clock.hpp"
#include "foundation/ids.hpp"
#include "foundation/json.hpp"
#include "foundation/text.hpp"

namespace usher {

using Faults = std::vector<ErrorDetail>;

template <class T>
struct Codec;

namespace detail {

template <class T>
concept described_struct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;
template <class T>
concept described_enum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

template <class T>
using members_of = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

constexpr std::size_t column_length(const char* name) {
    std::size_t n = 0;
    while (name[n] != '\0') ++n;
    return n > 0 && name[n - 1] == '_' ? n - 1 : n;
}

template <std::size_t N>
struct FixedName {
    char text[N + 1]{};
    std::size_t size = 0;
    constexpr std::string_view view() const { return {text, size}; }
};

template <class D>
constexpr auto make_camel() {
    constexpr std::size_t length = column_length(D::name);
    FixedName<length> out;
    bool upper = false;
    for (std::size_t i = 0; i < length; ++i) {
        const char c = D::name[i];
        if (c == '_') {
            upper = true;
        } else {
            out.text[out.size++] = upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
            upper = false;
        }
    }
    return out;
}

template <class D>
inline constexpr auto kCamel = make_camel<D>();

inline void fault(Faults& faults, std::string_view path, std::string message) {
    faults.push_back({std::string(path), std::move(message)});
}

}  // namespace detail

/// The JSON name of a described member.
template <class D>
constexpr std::string_view json_name() {
    return detail::kCamel<D>.view();
}
/// The column name of a described member.
template <class D>
constexpr std::string_view column_name() {
    return {D::name, detail::column_length(D::name)};
}

template <class T>
json::value to_json(const T& value) {
    return Codec<T>::write(value);
}
template <class T>
void read_json(const json::value& from, T& into, std::string_view path, Faults& faults) {
    Codec<T>::read(from, into, path, faults);
}
template <class T>
json::object json_schema() {
    return Codec<T>::schema();
}

/// Reads into `into`; on faults `into` is unspecified and the error lists all of them.
template <class T>
Result<void> update_from_json(const json::value& from, T& into) {
    Faults faults;
    read_json(from, into, "", faults);
    if (faults.empty()) return {};
    std::string message = faults[0].path.empty() ? faults[0].message : faults[0].path + ": " + faults[0].message;
    if (faults.size() > 1) message += " (and " + std::to_string(faults.size() - 1) + " more)";
    return Error{Errc::validation, std::move(message), std::move(faults)};
}
template <class T>
Result<T> from_json(const json::value& from) {
    T value{};
    auto done = update_from_json(from, value);
    if (!done) return done.error();
    return value;
}
/// For JSON that we wrote ourselves (a column): a fault is Errc::internal and names the type's place.
template <class T>
Result<T> from_own_json(std::string_view text, std::string_view what) {
    auto parsed = parse_json(text);
    if (!parsed) return Error{Errc::internal, std::string(what) + ": " + parsed.error().message};
    auto value = from_json<T>(*parsed);
    if (!value) return Error{Errc::internal, std::string(what) + ": " + value.error().message};
    return value;
}

template <detail::described_enum E>
std::string_view enum_name(E value) {
    std::string_view name = "";
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto d) {
        if (value == d.value) name = {d.name, detail::column_length(d.name)};
    });
    return name;
}
template <detail::described_enum E>
std::optional<E> enum_of(std::string_view name) {
    std::optional<E> found;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto d) {
        if (name == std::string_view(d.name, detail::column_length(d.name))) found = d.value;
    });
    return found;
}
template <detail::described_enum E>
std::vector<std::string> enum_names() {
    std::vector<std::string> names;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>(
        [&](auto d) { names.emplace_back(d.name, detail::column_length(d.name)); });
    return names;
}

// ---- codecs ---------------------------------------------------------------------------------------------------------

template <>
struct Codec<bool> {
    static json::value write(bool v) { return v; }
    static void read(const json::value& from, bool& into, std::string_view path, Faults& faults) {
        if (const bool* b = from.if_bool())
            into = *b;
        else
            detail::fault(faults, path, "expected true or false");
    }
    static json::object schema() { return {{"type", "boolean"}}; }
};

template <std::integral I>
requires(!std::same_as<I, bool>) struct Codec<I> {
    static json::value write(I v) { return static_cast<std::int64_t>(v); }
    static void read(const json::value& from, I& into, std::string_view path, Faults& faults) {
        if (const std::int64_t* n = from.if_int64(); n && std::in_range<I>(*n))
            into = static_cast<I>(*n);
        else
            detail::fault(faults, path,
                          from.is_number() ? "expected a whole number in range" : "expected a whole number");
    }
    static json::object schema() { return {{"type", "integer"}}; }
};

template <>
struct Codec<double> {
    static json::value write(double v) { return v; }
    static void read(const json::value& from, double& into, std::string_view path, Faults& faults) {
        if (from.is_number())
            into = from.to_number<double>();
        else
            detail::fault(faults, path, "expected a number");
    }
    static json::object schema() { return {{"type", "number"}}; }
};

template <>
struct Codec<std::string> {
    static json::value write(const std::string& v) { return json::value(json::string_view(v.data(), v.size())); }
    static void read(const json::value& from, std::string& into, std::string_view path, Faults& faults) {
        const json::string* s = from.if_string();
        if (!s) return detail::fault(faults, path, "expected a text");
        if (s->find('\0') != json::string::npos) return detail::fault(faults, path, "contains a NUL character");
        into.assign(s->data(), s->size());
    }
    static json::object schema() { return {{"type", "string"}}; }
};

/// JSON as it came: for what a plugin or an administrator shapes.
template <>
struct Codec<json::object> {
    static json::value write(const json::object& v) { return v; }
    static void read(const json::value& from, json::object& into, std::string_view path, Faults& faults) {
        if (const json::object* o = from.if_object())
            into = *o;
        else
            detail::fault(faults, path, "expected an object");
    }
    static json::object schema() { return {{"type", "object"}}; }
};
template <>
struct Codec<json::value> {
    static json::value write(const json::value& v) { return v; }
    static void read(const json::value& from, json::value& into, std::string_view, Faults&) { into = from; }
    static json::object schema() { return {}; }
};
template <>
struct Codec<json::array> {
    static json::value write(const json::array& v) { return v; }
    static void read(const json::value& from, json::array& into, std::string_view path, Faults& faults) {
        if (const json::array* a = from.if_array())
            into = *a;
        else
            detail::fault(faults, path, "expected a list");
    }
    static json::object schema() { return {{"type", "array"}}; }
};

template <>
struct Codec<Time> {
    static json::value write(Time v) { return Codec<std::string>::write(format_rfc3339(v)); }
    static void read(const json::value& from, Time& into, std::string_view path, Faults& faults) {
        const json::string* s = from.if_string();
        if (!s) return detail::fault(faults, path, "expected a time like 2026-11-20T09:16:02Z");
        auto time = parse_rfc3339({s->data(), s->size()});
        if (time)
            into = *time;
        else
            detail::fault(faults, path, time.error().message);
    }
    static json::object schema() { return {{"type", "string"}, {"format", "date-time"}}; }
};

/// An id 0 is "none": null.
template <class Tag>
struct Codec<Id<Tag>> {
    static json::value write(Id<Tag> v) { return v ? json::value(std::to_string(v.value)) : json::value(nullptr); }
    static void read(const json::value& from, Id<Tag>& into, std::string_view path, Faults& faults) {
        if (from.is_null()) {
            into.value = 0;
            return;
        }
        const json::string* s = from.if_string();
        auto id = s ? parse_id({s->data(), s->size()}) : Result<std::int64_t>(invalid(""));
        if (id)
            into.value = *id;
        else
            detail::fault(faults, path, "expected an id (a decimal number in a string)");
    }
    static json::object schema() { return {{"type", "string"}, {"pattern", "^[1-9][0-9]{0,18}$"}}; }
};

template <class T>
struct Codec<std::optional<T>> {
    static json::value write(const std::optional<T>& v) { return v ? to_json(*v) : json::value(nullptr); }
    static void read(const json::value& from, std::optional<T>& into, std::string_view path, Faults& faults) {
        if (from.is_null()) {
            into.reset();
        } else {
            T fresh{};
            read_json(from, fresh, path, faults);
            into = std::move(fresh);
        }
    }
    static json::object schema() {
        json::object inner = json_schema<T>();
        if (const auto* type = inner.if_contains("type"); type && type->is_string()) {
            inner["type"] = json::array{*type, "null"};
            if (auto* names = inner.if_contains("enum")) names->as_array().push_back(nullptr);
            return inner;
        }
        return {{"anyOf", json::array{std::move(inner), json::object{{"type", "null"}}}}};
    }
};

template <class T>
struct Codec<std::vector<T>> {
    static json::value write(const std::vector<T>& v) {
        json::array out;
        out.reserve(v.size());
        for (const auto& item : v) out.push_back(to_json(item));
        return out;
    }
    static void read(const json::value& from, std::vector<T>& into, std::string_view path, Faults& faults) {
        const json::array* array = from.if_array();
        if (!array) return detail::fault(faults, path, "expected a list");
        into.clear();
        into.reserve(array->size());
        for (std::size_t i = 0; i < array->size(); ++i) {
            T item{};
            read_json((*array)[i], item, pointer(path, i), faults);
            into.push_back(std::move(item));
        }
    }
    static json::object schema() { return {{"type", "array"}, {"items", json_schema<T>()}}; }
};

template <class T>
struct Codec<std::map<std::string, T>> {
    static json::value write(const std::map<std::string, T>& v) {
        json::object out;
        for (const auto& [key, item] : v) out.emplace(key, to_json(item));
        return out;
    }
    static void read(const json::value& from, std::map<std::string, T>& into, std::string_view path, Faults& faults) {
        const json::object* object = from.if_object();
        if (!object) return detail::fault(faults, path, "expected an object");
        into.clear();
        for (const auto& member : *object) {
            T item{};
            const std::string_view key(member.key().data(), member.key().size());
            read_json(member.value(), item, pointer(path, key), faults);
            into.emplace(std::string(key), std::move(item));
        }
    }
    static json::object schema() { return {{"type", "object"}, {"additionalProperties", json_schema<T>()}}; }
};

template <detail::described_enum E>
struct Codec<E> {
    static json::value write(E v) {
        const auto name = enum_name(v);
        return json::value(json::string_view(name.data(), name.size()));
    }
    static void read(const json::value& from, E& into, std::string_view path, Faults& faults) {
        const json::string* s = from.if_string();
        if (auto value = s ? enum_of<E>({s->data(), s->size()}) : std::nullopt) {
            into = *value;
            return;
        }
        std::string message = "expected one of";
        for (const auto& name : enum_names<E>()) message += (message.back() == 'f' ? " " : ", ") + name;
        detail::fault(faults, path, std::move(message));
    }
    static json::object schema() {
        json::array names;
        for (const auto& name : enum_names<E>()) names.emplace_back(name);
        return {{"type", "string"}, {"enum", std::move(names)}};
    }
};

/// True for types whose empty optionals are left out rather than written as null.
template <class T>
inline constexpr bool kOmitEmpty = false;

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

template <detail::described_struct T>
struct Codec<T> {
    using Members = detail::members_of<T>;
    static json::value write(const T& v) {
        json::object out;
        out.reserve(boost::mp11::mp_size<Members>::value);
        boost::mp11::mp_for_each<Members>([&](auto d) {
            using M = std::remove_cvref_t<decltype(v.*d.pointer)>;
            if constexpr (kOmitEmpty<T> && kIsOptional<M>) {
                if (!(v.*d.pointer)) return;
            }
            const auto name = json_name<decltype(d)>();
            out.emplace(json::string_view(name.data(), name.size()), to_json(v.*d.pointer));
        });
        return out;
    }
    static void read(const json::value& from, T& into, std::string_view path, Faults& faults) {
        const json::object* object = from.if_object();
        if (!object) return detail::fault(faults, path, "expected an object");
        for (const auto& member : *object) {
            const std::string_view key(member.key().data(), member.key().size());
            bool known = false;
            boost::mp11::mp_for_each<Members>([&](auto d) {
                if (!known && key == json_name<decltype(d)>()) {
                    known = true;
                    read_json(member.value(), into.*d.pointer, pointer(path, key), faults);
                }
            });
            if (known) continue;
            std::vector<std::string> names;
            boost::mp11::mp_for_each<Members>([&](auto d) { names.emplace_back(json_name<decltype(d)>()); });
            const std::string near = nearest(key, names);
            detail::fault(faults, pointer(path, key),
                          near.empty() ? "unknown field" : "unknown field; did you mean " + near + "?");
        }
    }
    /// Members that are always written are listed as required: right for what we answer; inputs drop the list.
    static json::object schema() {
        json::object properties;
        json::array required;
        boost::mp11::mp_for_each<Members>([&](auto d) {
            using M = std::remove_cvref_t<decltype(std::declval<T&>().*d.pointer)>;
            const auto name = json_name<decltype(d)>();
            properties.emplace(json::string_view(name.data(), name.size()), json_schema<M>());
            if constexpr (!(kOmitEmpty<T> && kIsOptional<M>))
                required.emplace_back(json::string_view(name.data(), name.size()));
        });
        return {{"type", "object"},
                {"properties", std::move(properties)},
                {"required", std::move(required)},
                {"additionalProperties", false}};
    }
};

}  // namespace usher
