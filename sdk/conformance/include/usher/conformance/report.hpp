#pragma once
/// What the conformance kit found: which rule of the border a plugin breaks, where the rule stands, what was expected.
/// Findings are values, so that a step can run in a child process and tell its parent.
#include <string>
#include <utility>
#include <vector>

namespace usher::sdk::conformance {

enum class Severity {
    error,    ///< the kernel refuses, loses or repeats something because of it
    warning,  ///< it works, and somebody will be sorry
    note      ///< a rule could not be tried, and why
};

struct Finding {
    Severity severity = Severity::error;
    std::string step{};      ///< what was being done: "send: the provider answers 429"
    std::string what{};      ///< what the plugin did
    std::string expected{};  ///< what it should have done
    std::string where{};     ///< the place in sdk/ABI.md or usher/plugin.h that says so
};

/// Collects the findings of one step.
class Report {
public:
    explicit Report(std::string step) : step_(std::move(step)) {}

    void error(std::string what, std::string expected, std::string where) {
        add(Severity::error, std::move(what), std::move(expected), std::move(where));
    }
    void warning(std::string what, std::string expected, std::string where) {
        add(Severity::warning, std::move(what), std::move(expected), std::move(where));
    }
    void note(std::string what) { add(Severity::note, std::move(what), "", ""); }

    const std::vector<Finding>& findings() const { return findings_; }

private:
    void add(Severity severity, std::string what, std::string expected, std::string where) {
        for (const Finding& known : findings_)
            if (known.what == what) return;  // said once is enough
        findings_.push_back({severity, step_, std::move(what), std::move(expected), std::move(where)});
    }

    std::string step_;
    std::vector<Finding> findings_;
};

/// The places that findings point at.
namespace place {
inline constexpr char kEntry[] = "sdk/ABI.md, The library; plugin.h, usher_entry";
inline constexpr char kLife[] = "sdk/ABI.md, Life cycle; plugin.h, usher_instance";
inline constexpr char kDone[] = "sdk/ABI.md, Begin and done; plugin.h, usher_done";
inline constexpr char kThreads[] = "sdk/ABI.md, Threads";
inline constexpr char kOwnership[] = "sdk/ABI.md, Ownership";
inline constexpr char kErrors[] = "sdk/ABI.md, Errors; plugin.h, usher_status";
inline constexpr char kSend[] = "sdk/ABI.md, Errors of send; plugin.h, usher_channel.send";
inline constexpr char kWebhook[] = "plugin.h, usher_channel.webhook";
inline constexpr char kVisitor[] = "sdk/ABI.md, Visitors; plugin.h, usher_visitor";
inline constexpr char kEmit[] = "sdk/ABI.md, Messages; plugin.h, usher_host.emit";
inline constexpr char kCapabilities[] = "sdk/ABI.md, Capabilities";
inline constexpr char kStrategies[] = "sdk/ABI.md, Strategies; plugin.h, usher_strategy.choose";
inline constexpr char kActions[] = "sdk/ABI.md, Actions: what a responder answers";
inline constexpr char kEvents[] = "sdk/ABI.md, Events: what responders and exporters read";
inline constexpr char kSecrets[] = "sdk/ABI.md, Errors (no secrets in texts)";
}  // namespace place

}  // namespace usher::sdk::conformance
