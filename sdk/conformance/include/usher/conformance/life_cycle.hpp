#pragma once
/// Steps that every plugin goes through: create, start, stop, destroy, in the orders that the kernel uses.
#include <usher/conformance/steps.hpp>

namespace usher::sdk::conformance {

namespace detail {

inline void check_table(const Subject& subject, Report& report, const usher_instance& c) {
    const auto need = [&](bool there, const char* member, const char* what) {
        if (!there) report.error(std::string("usher_instance.") + member + " is NULL", what, place::kLife);
    };
    if (!USHER_FITS(usher_instance, &c, destroy)) {
        report.error("usher_instance says it is " + std::to_string(c.struct_size) + " bytes long",
                     "struct_size = sizeof(usher_instance): at least as far as destroy", place::kLife);
        return;
    }
    need(c.ops != nullptr, "ops", "the table of the descriptor's kind");
    need(c.start != nullptr, "start", "start answers when operations may come");
    need(c.stop != nullptr, "stop", "stop finishes what is pending");
    need(c.destroy != nullptr, "destroy", "destroy frees the instance");
    if (c.ops == nullptr) return;
    const auto has = [&](bool there, const char* name) {
        if (!there) report.error(std::string(name) + " is NULL", "the one operation of this kind", place::kEntry);
    };
    switch (subject.descriptor->kind) {
        case USHER_STRATEGY:
            return has(static_cast<const usher_strategy*>(c.ops)->choose != nullptr, "usher_strategy.choose");
        case USHER_RESPONDER:
            return has(static_cast<const usher_responder*>(c.ops)->respond != nullptr, "usher_responder.respond");
        case USHER_EXPORTER:
            return has(static_cast<const usher_exporter*>(c.ops)->export_batch != nullptr,
                       "usher_exporter.export_batch");
        default:
            break;
    }
    const auto* channel = static_cast<const usher_channel*>(c.ops);
    const bool visitors = USHER_FITS(usher_instance, &c, service) && c.service != nullptr &&
                          c.service(c.self, str("usher.visitor/1")) != nullptr;
    const bool anything =
        channel->send != nullptr || visitors || channel->webhook != nullptr || channel->poll != nullptr;
    if (!anything)
        report.error("the channel has no operation at all", "send, or usher.visitor/1, or at least a webhook or poll",
                     place::kEntry);
    if (subject.flag("visitors") && !visitors)
        report.error("capabilities say visitors, and service(\"usher.visitor/1\") is NULL",
                     "the table usher_visitor from usher_instance.service", place::kVisitor);
}

inline void create_step(const Subject& subject, Report& report) {
    Guest guest(subject, report);
    if (!guest.created()) {
        report.error("create refuses the configuration" + guest.texts(),
                     "an instance: the configuration is valid by the plugin's own schema (give another with --config)",
                     place::kLife);
        return;
    }
    check_table(subject, report, *guest.instance->raw());
    if (!guest.host.requests().empty() || !guest.host.emits().empty() || guest.host.timers() != 0)
        report.error("create already asks the host for something (http, emit or a timer)",
                     "create may parse and log; the first host call belongs into start", place::kLife);
}

inline void two_instances_step(const Subject& subject, Report& report) {
    Guest first(subject, report);
    Guest second(subject, report);
    if (!first.start() || !second.created()) return;
    if (const auto started = second.instance->start(); !started)
        return report.note("a second instance with the same configuration does not start: " + told(started.failure()));
    first.stop();
    first.end();
    second.stop();  // has to work after its twin is gone
}

inline void unknown_id_step(const Subject& subject, Report& report) {
    FakeHost host;
    const usher_instance* out = nullptr;
    const usher_status status = subject.entry->create(str("no-such-plugin"), host.raw(), str("{}"), &out);
    if (status == USHER_OK || out != nullptr)
        report.error("create makes an instance of \"no-such-plugin\"",
                     "USHER_E_NOT_FOUND for an id that is in no descriptor", place::kEntry);
}

/// Whatever it answers, it answers: a configuration from elsewhere may never end the process.
inline void wrong_config_step(const Subject& subject, Report& report) {
    for (const char* config :
         {"", "{}", "[]", "null", "{", "not json", R"({"no_such_key": 1})", R"({"a":{"b":[[[]]]}})"}) {
        Report ignored("");  // only its own violations count here
        Guest guest(subject, ignored, config);
        if (guest.created() && guest.instance->start()) guest.stop();
        guest.end();
        if (!guest.host.violations().empty())
            report.error("with the configuration " + std::string(config) + ": " + guest.host.violations().front(),
                         "the same rules as with a good configuration", place::kDone);
    }
}

inline void roles_step(const Subject& subject, Report& report) {
    Guest guest(subject, report);
    for (const Role role : {Role::owner, Role::edge, Role::owner}) {
        guest.host.owner = role == Role::owner;
        if (!guest.start(role)) return;
        guest.stop();
    }
}

inline void destroy_started_step(const Subject& subject, Report& report) {
    Guest guest(subject, report);
    guest.start();  // and no stop: the deadline of a shutdown has passed
}

inline void reload_step(const Subject& subject, Report& report) {
    Guest guest(subject, report);
    if (!guest.start()) return;
    const usher_instance* c = guest.instance->raw();
    if (!USHER_FITS(usher_instance, c, reload) || c->reload == nullptr) {
        report.note("no reload: the kernel makes a new instance for a new configuration");
    } else {
        if (const Status same = guest.instance->reload(subject.config_json);
            same != Status::ok && same != Status::unsupported)
            report.error(
                "reload refuses the configuration that the instance was made with: " + std::string(to_string(same)),
                "USHER_OK, or USHER_E_UNSUPPORTED to be made anew", place::kLife);
        if (guest.instance->reload("{\"no_such_key\": ") == Status::ok)
            report.warning("reload takes a text that is no JSON", "USHER_E_INVALID, and the old configuration goes on",
                           place::kLife);
    }
    guest.stop();
}

inline void leaks_step(const Subject& subject, Report& report) {
    const auto cycle = [&] {
        Guest guest(subject, report);
        if (guest.created() && guest.instance->start()) static_cast<void>(guest.instance->stop());
        guest.end();
    };
    for (int i = 0; i < 3; ++i) cycle();  // what is made once (tables, libraries) is there now
    const std::size_t threads = threads_now(), descriptors = descriptors_now();
    constexpr int kCycles = 20;
    for (int i = 0; i < kCycles; ++i) cycle();
    if (threads_now() >= threads + kCycles)
        report.error("each instance leaves a thread behind (" + std::to_string(threads_now() - threads) + " after " +
                         std::to_string(kCycles) + ")",
                     "destroy joins the plugin's own threads", place::kThreads);
    if (descriptors_now() >= descriptors + kCycles)
        report.error("each instance leaves a file descriptor open (" + std::to_string(descriptors_now() - descriptors) +
                         " after " + std::to_string(kCycles) + ")",
                     "a descriptor that came in usher_result.fd is the receiver's to close", place::kOwnership);
}

}  // namespace detail

inline std::vector<Step> life_cycle_steps() {
    return {{"create and destroy", detail::create_step},
            {"create with an unknown id", detail::unknown_id_step},
            {"create with configurations that are none", detail::wrong_config_step},
            {"start, stop, destroy; as owner, edge and owner again", detail::roles_step},
            {"two instances at once", detail::two_instances_step},
            {"destroy without a stop", detail::destroy_started_step},
            {"reload", detail::reload_step},
            {"threads and descriptors over many instances", detail::leaks_step}};
}

}  // namespace usher::sdk::conformance
