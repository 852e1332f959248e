#pragma once
/// The border flattened: what crosses between the kernel and usher-plugin-host. A frame is a head (length, opcode,
/// operation, instance) and values one after the other, each struct as its length and its members in order. A reader
/// takes the members that it knows and skips the rest; what an older writer left out stays as it is by default. So the
/// wire grows as the structs do. Both ends run on one machine: numbers are written as they lie in memory.
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <chrono>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/ids.hpp"

namespace usher::plugins::wire {

/// The least significant part of every check: a helper of another build is refused by this number.
inline constexpr std::uint32_t kVersion = 1;

enum class Op : std::uint16_t {
    hello = 1,  // helper -> kernel, first
    answer = 2,
    ping = 3,
    describe = 4,
    // kernel -> helper
    create = 10,
    start = 11,
    stop = 12,
    reload = 13,
    destroy = 14,
    send = 15,
    webhook = 16,
    poll = 17,
    list_templates = 18,
    accept = 19,
    frame = 20,
    closed = 21,
    choose = 22,
    respond = 23,
    export_batch = 24,
    // helper -> kernel
    log = 40,
    metric = 41,
    state = 42,
    emit = 43,
    emit_for = 44,
    http = 45,
    kv_get = 46,
    kv_put = 47,
    kv_put_if = 48,
    fetch = 49,
    blob_open = 50,
    blob_create = 51,
    blob_seal = 52,
    push = 53,
    close = 54,
    history = 55,
};

struct Head {
    std::uint32_t size = 0;  // of what follows the head
    Op op = Op::hello;
    std::uint16_t fds = 0;   // 0 or 1: a descriptor travels with the frame
    std::uint64_t call = 0;  // 0: nobody waits for an answer
    std::uint32_t instance = 0;
    std::uint32_t reserved = 0;
};
static_assert(sizeof(Head) == 24);

namespace detail {

template <class T>
concept structure = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;
template <class T>
using members_of = boost::describe::describe_members<T, boost::describe::mod_public>;
template <class T>
inline constexpr bool kIsId = false;
template <class Tag>
inline constexpr bool kIsId<Id<Tag>> = true;
template <class T>
concept scalar = std::is_arithmetic_v<T> || std::is_enum_v<T>;

}  // namespace detail

class Encoder {
public:
    explicit Encoder(std::string& out) : out_(out) {}

    template <detail::scalar T>
    void put(T value) {
        out_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void put(std::string_view text) {
        put(static_cast<std::uint32_t>(text.size()));
        out_.append(text);
    }
    void put(const std::string& text) { put(std::string_view(text)); }
    void put(std::chrono::milliseconds value) { put(static_cast<std::int64_t>(value.count())); }
    template <class Tag>
    void put(Id<Tag> id) {
        put(id.value);
    }
    template <class A, class B>
    void put(const std::pair<A, B>& pair) {
        put(pair.first);
        put(pair.second);
    }
    template <class T>
    void put(const std::optional<T>& value) {
        put(static_cast<std::uint8_t>(value.has_value()));
        if (value) put(*value);
    }
    template <class T>
    void put(const std::vector<T>& list) {
        put(static_cast<std::uint32_t>(list.size()));
        for (const auto& one : list) put(one);
    }
    template <detail::structure T>
    void put(const T& value) {
        const std::size_t at = out_.size();
        put(std::uint32_t{0});
        boost::mp11::mp_for_each<detail::members_of<T>>([&](auto member) { put(value.*member.pointer); });
        const auto size = static_cast<std::uint32_t>(out_.size() - at - sizeof(std::uint32_t));
        std::memcpy(out_.data() + at, &size, sizeof size);
    }

private:
    std::string& out_;
};

/// Never reads beyond its bytes and never makes more than they hold; the first fault stays.
class Decoder {
public:
    explicit Decoder(std::string_view bytes) : bytes_(bytes) {}
    bool ok() const { return ok_; }

    template <detail::scalar T>
    void get(T& into) {
        if (bytes_.size() < sizeof into) return fail();
        if constexpr (std::is_same_v<T, bool>) {
            into = bytes_[0] != 0;  // any other byte in a bool is undefined
        } else {
            std::memcpy(&into, bytes_.data(), sizeof into);
        }
        bytes_.remove_prefix(sizeof into);
    }
    void get(std::string& into) {
        const std::string_view text = take();
        into.assign(text);
    }
    void get(std::chrono::milliseconds& into) {
        std::int64_t count = 0;
        get(count);
        into = std::chrono::milliseconds(count);
    }
    template <class Tag>
    void get(Id<Tag>& into) {
        get(into.value);
    }
    template <class A, class B>
    void get(std::pair<A, B>& into) {
        get(into.first);
        get(into.second);
    }
    template <class T>
    void get(std::optional<T>& into) {
        std::uint8_t there = 0;
        get(there);
        into.reset();
        if (there != 0 && ok_) get(into.emplace());
    }
    template <class T>
    void get(std::vector<T>& into) {
        std::uint32_t count = 0;
        get(count);
        into.clear();
        if (count > bytes_.size()) return fail();  // each takes a byte at least
        for (std::uint32_t i = 0; ok_ && i < count; ++i) get(into.emplace_back());
    }
    template <detail::structure T>
    void get(T& into) {
        Decoder inner(take());
        boost::mp11::mp_for_each<detail::members_of<T>>([&](auto member) {
            if (ok_ && inner.ok_ && !inner.bytes_.empty()) inner.get(into.*member.pointer);
        });
        if (!inner.ok_) fail();
    }

private:
    std::string_view take() {
        std::uint32_t size = 0;
        get(size);
        if (!ok_ || size > bytes_.size()) {
            fail();
            return {};
        }
        const std::string_view out = bytes_.substr(0, size);
        bytes_.remove_prefix(size);
        return out;
    }
    void fail() {
        ok_ = false;
        bytes_ = {};
    }
    std::string_view bytes_;
    bool ok_ = true;
};

/// A whole frame with these values.
template <class... Values>
std::string frame(Op op, std::uint32_t instance, std::uint64_t call, const Values&... values) {
    std::string out(sizeof(Head), '\0');
    Encoder encoder(out);
    (encoder.put(values), ...);
    Head head;
    head.size = static_cast<std::uint32_t>(out.size() - sizeof(Head));
    head.op = op;
    head.call = call;
    head.instance = instance;
    std::memcpy(out.data(), &head, sizeof head);
    return out;
}

/// False when the bytes are not what they should be.
template <class... Values>
bool read(std::string_view body, Values&... values) {
    Decoder decoder(body);
    (decoder.get(values), ...);
    return decoder.ok();
}

}  // namespace usher::plugins::wire
