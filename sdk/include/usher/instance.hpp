#pragma once
/// Instance: what every plugin object shares, and the adapter that puts one behind the C tables. Authors derive from
/// Channel, Strategy, Responder or Exporter; each has its own header.
#include <usher/done.hpp>
#include <usher/host.hpp>
#include <usher/visitor.hpp>

#include <stdexcept>

namespace usher::sdk {

/// Thrown by a constructor (or told by reload) when the configuration is schema-valid and yet makes no sense.
class ConfigError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

class Instance {
public:
    /// The constructor may parse; it must not reach out. `config_json` was validated against the plugin's schema.
    Instance(Host host, std::string_view config_json) : host_(host), config_json_(config_json) {}
    virtual ~Instance() = default;
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    /// Operations come only after this is done. A changed role is a stop and a start.
    virtual void start(Role, Done<void> done) { done(); }
    /// Finish pending operations first.
    virtual void stop(Done<void> done) { done(); }
    /// Override it to take a new configuration while running; else the kernel makes a new instance.
    virtual Result<void> reload(std::string_view) { return Failure{.status = Status::unsupported}; }
    /// A table of a service of your own, or nullptr.
    virtual const void* service(std::string_view) { return nullptr; }

protected:
    const Host& host() const { return host_; }
    const std::string& config_json() const { return config_json_; }

private:
    Host host_;
    std::string config_json_;
};

namespace detail {

/// The C tables over one object. One per kind adds its operations (Ops<T>, in the kind's header).
template <class T>
class Adapter final {
public:
    template <class... Args>
    explicit Adapter(const usher_host* host, Args&&... args)
        : host_(host), object_(Host(host), std::forward<Args>(args)...) {
        c_.struct_size = sizeof c_;
        c_.self = this;
        c_.ops = &T::template Ops<T>::kTable;
        c_.start = &start;
        c_.stop = &stop;
        if constexpr (kOverridesReload) c_.reload = &reload;
        c_.destroy = &destroy;
        c_.service = &service;
    }

    const usher_instance* c() const { return &c_; }
    T& object() { return object_; }
    static Adapter& of(void* self) { return *static_cast<Adapter*>(self); }

    /// usher_entry's create for one descriptor.
    static usher_status create(const usher_host* host, usher_str config_json, const usher_instance** out) {
        return guard(Host(host), "create", [&] {
            try {
                *out = (new Adapter(host, view(config_json)))->c();
                return static_cast<usher_status>(USHER_OK);
            } catch (const ConfigError& e) {
                Host(host).error(std::string("configuration: ") + e.what());
                Host(host).state(State::failed, e.what());
                return static_cast<usher_status>(USHER_E_INVALID);
            }
        });
    }

    /// Runs one operation: makes its Done, then the body. Whatever the body throws, the Done answers.
    template <class Value, class Body>
    static usher_status run(void* self, const char* function, usher_done done, Body&& body) noexcept {
        Adapter& adapter = of(self);
        std::optional<Done<Value>> owed;
        const usher_status made = guard(adapter.host_, function, [&] { owed.emplace(done); });
        if (made != USHER_OK) return made;
        guard(adapter.host_, function, [&] { body(adapter.object_, *owed); });
        return USHER_OK;
    }

private:
    static constexpr bool kOverridesReload = !std::is_same_v<decltype(&T::reload), decltype(&Instance::reload)>;

    static usher_status start(void* self, std::uint32_t role, usher_done done) {
        return run<void>(self, "start", done,
                         [&](T& object, Done<void>& owed) { object.start(static_cast<Role>(role), owed); });
    }
    static usher_status stop(void* self, usher_done done) {
        return run<void>(self, "stop", done, [&](T& object, Done<void>& owed) { object.stop(owed); });
    }
    static usher_status reload(void* self, usher_str config_json) {
        Adapter& adapter = of(self);
        return guard(adapter.host_, "reload", [&] {
            const auto refuse = [&](const Failure& failure) {
                adapter.host_.error("reload: " + failure.error);
                return static_cast<usher_status>(failure.status);
            };
            try {
                const Result<void> taken = adapter.object_.reload(view(config_json));
                return taken ? static_cast<usher_status>(USHER_OK) : refuse(taken.failure());
            } catch (const ConfigError& e) {
                return refuse({.status = Status::invalid, .error = e.what()});
            }
        });
    }
    static void destroy(void* self) { delete static_cast<Adapter*>(self); }

    static const void* service(void* self, usher_str id) {
        Adapter& adapter = of(self);
        if constexpr (std::is_base_of_v<VisitorSessions, T>) {
            if (view(id) == "usher.visitor/1") return &kVisitor;
        }
        const void* table = nullptr;
        guard(adapter.host_, "service", [&] { table = adapter.object_.service(view(id)); });
        return table;
    }

    static usher_status visitor_accept(void* self, usher_str session, const usher_http* request, usher_done done) {
        return run<Admission>(self, "visitor.accept", done, [&](T& object, Done<Admission>& owed) {
            object.accept(std::string(view(session)), HttpRequest::copy(*request), owed);
        });
    }
    static usher_status visitor_frame(void* self, usher_str session, usher_str json, usher_done done) {
        return run<void>(self, "visitor.frame", done, [&](T& object, Done<void>& owed) {
            object.frame(std::string(view(session)), std::string(view(json)), owed);
        });
    }
    static void visitor_closed(void* self, usher_str session) {
        Adapter& adapter = of(self);
        guard(adapter.host_, "visitor.closed", [&] { adapter.object_.closed(std::string(view(session))); });
    }
    static constexpr auto visitor_table() {
        if constexpr (std::is_base_of_v<VisitorSessions, T>) {
            return usher_visitor{sizeof(usher_visitor), 0, &visitor_accept, &visitor_frame, &visitor_closed};
        } else {
            return 0;
        }
    }
    static constexpr auto kVisitor = visitor_table();

    Host host_;
    T object_;
    usher_instance c_{};
};

}  // namespace detail
}  // namespace usher::sdk
