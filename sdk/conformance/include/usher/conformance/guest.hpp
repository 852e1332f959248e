#pragma once
/// A plugin under test: one instance on a fake host, driven through the border as the kernel drives it. What the border
/// forbids at any time (answers twice or never, secrets in texts, calls after destroy) is watched here; the steps in
/// the other headers ask for what belongs to one operation.
#include <usher/conformance/report.hpp>
#include <usher/fake_instance.hpp>
#include <usher/json.hpp>

#include <dirent.h>

namespace usher::sdk::conformance {

/// What is under test. `entry` and `descriptor` have passed the loader's checks.
struct Subject {
    const usher_entry* entry = nullptr;
    const usher_descriptor* descriptor = nullptr;
    std::string config_json = "{}";      ///< valid by the plugin's schema, defaults filled in
    std::vector<std::string> secrets{};  ///< texts in it that must never be shown

    std::string id() const { return std::string(view(descriptor->id)); }
    std::string capabilities() const { return std::string(view(descriptor->capabilities)); }
    /// A member of the capabilities, as JSON.
    Json capability(const std::string& name) const {
        const auto json = Json::parse(capabilities());
        return json ? (*json)[name] : Json();
    }
    bool flag(const std::string& name) const { return capability(name).boolean(); }
};

inline bool is_object(std::string_view text) {
    const auto json = Json::parse(text);
    return json && json->is_object();
}
inline bool is_array(std::string_view text) {
    const auto json = Json::parse(text);
    return json && json->is_array();
}

inline std::size_t entries_of(const char* folder) {
    std::size_t count = 0;
    if (DIR* open = ::opendir(folder)) {
        while (::readdir(open) != nullptr) ++count;
        ::closedir(open);
    }
    return count;
}
inline std::size_t threads_now() {
    return entries_of("/proc/self/task");
}
inline std::size_t descriptors_now() {
    return entries_of("/proc/self/fd");
}

/// "rate_limited: slow down"
inline std::string told(const Failure& failure) {
    return std::string(to_string(failure.status)) + (failure.error.empty() ? "" : ": " + failure.error);
}

class Guest {
public:
    Guest(const Subject& subject, Report& report) : Guest(subject, report, subject.config_json) {}
    Guest(const Subject& subject, Report& report, std::string_view config_json)
        : host("conformance"), subject_(subject), report_(report) {
        host.on_http = [](const HttpRequest&) -> Result<HttpAnswer> {
            return HttpAnswer{.headers = {{"Content-Type", "application/json"}}, .body = "{}"};
        };
        instance.emplace(host, *subject.entry, view(subject.descriptor->id), config_json);
    }
    ~Guest() { end(); }

    bool created() const { return instance->created() == Status::ok && instance->raw() != nullptr; }
    /// Started as owner, or a finding and false.
    bool start(Role role = Role::owner) {
        if (!created()) {
            report_.error("create refuses the configuration" + texts(),
                          "an instance: the configuration is valid by the "
                          "plugin's own schema (give another with --config)",
                          place::kLife);
            return false;
        }
        const auto started = instance->start(role);
        if (!started) {
            report_.warning("start ends as " + told(started.failure()),
                            "a start that succeeds, so that the operations can be tried (the fake provider answers 200 "
                            "and {} to everything)",
                            place::kLife);
            return false;
        }
        return true;
    }
    void stop() {
        if (const auto stopped = instance->stop(); !stopped)
            report_.error("stop ends as " + told(stopped.failure()), "stop finishes what is pending and succeeds",
                          place::kLife);
    }

    /// Runs host and clock until the operation is answered; a finding when it never is.
    template <class T>
    Result<T> finish(const FakeOp<T>& op, const std::string& name) {
        host.run();
        advance_until([&] { return op.finished(); });
        for (int i = 0; i < 300 && !op.wait_for_thread(std::chrono::milliseconds(10)); ++i) {
            host.run();
            if (host.timers() > 0) host.advance(std::chrono::seconds(1));
        }
        if (!op.finished())
            report_.error(name + " is never answered (10 minutes of the host's clock and 3 s of real time)",
                          "done.fn runs exactly once for every operation that was begun", place::kDone);
        return op.result();
    }

    /// Destroys, then looks at everything that may never happen.
    void end() {
        if (ended_) return;
        ended_ = true;
        if (created()) instance->destroy();
        const std::size_t calls = host_calls();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));  // a thread that was left behind speaks up
        host.run();
        if (host_calls() != calls)
            report_.error("the host is called after destroy returned",
                          "destroy is the last call: join your own threads first, the host is gone", place::kLife);
        for (const auto& violation : host.violations()) {
            const bool emit = violation.starts_with("emit");
            report_.error(violation,
                          emit ? "see there what an emitted message has to hold"
                               : "done.fn runs exactly once for every operation that began, never for a refused one",
                          emit ? place::kEmit : place::kDone);
        }
        for (const auto& emit : host.emits()) {
            const std::pair<const char*, const std::string*> members[] = {{"content_json", &emit.message.content_json},
                                                                          {"contact_json", &emit.message.contact_json}};
            for (const auto& [name, text] : members) {
                if (!text->empty() && !is_object(*text))
                    report_.error(std::string("an emitted message's ") + name + " is no JSON object",
                                  "a JSON object or \"\"", place::kEmit);
            }
        }
        for (const auto& secret : subject_.secrets) look_for(secret);
    }

    /// What the plugin logged at error level and told as its state, to be shown beside a finding.
    std::string texts() {
        std::string out;
        for (const auto& log : host.logs())
            if (log.level == Level::error) out += (out.empty() ? " (log: " : "; ") + log.text;
        return out.empty() ? out : out + ")";
    }

    FakeHost host;
    std::optional<FakeInstance> instance;

private:
    template <class Until>
    void advance_until(Until&& until) {
        for (int second = 0; second < 600 && host.timers() > 0 && !until(); ++second) {
            host.advance(std::chrono::seconds(1));
            host.run();
        }
    }
    std::size_t host_calls() {
        return host.emits().size() + host.logs().size() + host.requests().size() + host.states().size() + host.timers();
    }
    void look_for(const std::string& secret) {
        const auto holds = [&](const std::string& text) { return text.find(secret) != std::string::npos; };
        const char* expected = "no secret of the configuration in any text: logs and states are kept and shown";
        for (const auto& log : host.logs())
            if (holds(log.text))
                report_.error("a secret of the configuration stands in the log", expected, place::kSecrets);
        for (const auto& state : host.states())
            if (holds(state.text))
                report_.error("a secret of the configuration stands in a state's text", expected, place::kSecrets);
    }

    const Subject& subject_;
    Report& report_;
    bool ended_ = false;
};

}  // namespace usher::sdk::conformance
