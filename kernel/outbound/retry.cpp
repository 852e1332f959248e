#include "outbound/retry.hpp"

#include <algorithm>

namespace usher::outbound {
namespace {

std::chrono::milliseconds scheduled(const Attempt& a, const config::Retry& retry) {
    if (retry.delays_s.empty()) return std::chrono::seconds(60);
    const auto at = std::min<std::size_t>(static_cast<std::size_t>(std::max<std::int64_t>(a.attempt, 1)) - 1,
                                          retry.delays_s.size() - 1);
    const double ms = retry.delays_s[at] * 1000.0 * (0.8 + 0.4 * a.jitter);
    return std::chrono::milliseconds(static_cast<std::int64_t>(ms));
}

std::string text_or(const std::string& text, const char* otherwise) {
    return text.empty() ? otherwise : text;
}

}  // namespace

Verdict decide(const Attempt& a, const config::Retry& retry) {
    const auto& r = a.result;
    Verdict v;
    if (r.ok) return v;
    v.code = r.reason_code.empty() ? std::string(reason_of(Error{r.code, ""})) : r.reason_code;
    const auto tried_for = a.now - a.first_attempt_at;
    const bool account = r.scope == plugins::Scope::account;
    const auto limit = std::chrono::seconds(account ? retry.give_up_s : retry.conversation_block_s);
    const auto later = [&](const char* given_up_text, Step given_up) {
        v.delay = std::max(scheduled(a, retry), r.retry_after);
        if (account) v.hold_account = v.delay;
        v.step = tried_for + v.delay > limit ? given_up : Step::later;
        if (v.step != Step::later) v.text = text_or(r.reason_text, given_up_text);
        return v;
    };
    switch (r.code) {
        case Errc::rate_limited:
        case Errc::unavailable:
        case Errc::timeout:
        case Errc::cancelled:
        case Errc::fenced:
            return later("The channel could not be reached for too long.", Step::failed);
        case Errc::unknown_outcome:
        case Errc::plugin_lost:
            if (a.idempotent_send)
                return later("The channel did not confirm this message; it may have been sent.", Step::unknown);
            v.step = Step::unknown;
            v.text = text_or(r.reason_text, "The channel did not confirm this message; it may have been sent.");
            return v;
        case Errc::unauthorized:
            if (account) {
                // Held until the settings change or a probe passes; the messages wait in order.
                v.account_failed = true;
                v.delay = v.hold_account = std::chrono::seconds(retry.breaker.probe_s);
                v.step = tried_for + v.delay > limit ? Step::failed : Step::later;
                v.text = text_or(r.reason_text, "The channel refused our credentials.");
                return v;
            }
            break;
        default:
            break;
    }
    v.step = Step::failed;
    v.text = text_or(r.reason_text, "The channel refused this message.");
    return v;
}

}  // namespace usher::outbound
