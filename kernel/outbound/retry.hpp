#pragma once
/// What becomes of a message after one attempt: a pure decision of the attempt's outcome, the account's retry settings
/// and how long it has been tried. The kernel's is the only schedule and the only breaker.
#include <chrono>
#include <string>

#include "config/settings.hpp"
#include "foundation/clock.hpp"
#include "plugins/values.hpp"

namespace usher::outbound {

enum class Step { sent, later, failed, unknown };

struct Attempt {
    plugins::SendResult result;
    std::int64_t attempt = 1;  // which one this was
    Time first_attempt_at;
    Time now;
    bool idempotent_send = false;
    double jitter = 0.5;  // 0..1, spreads retries by +-20 %
};

struct Verdict {
    Step step = Step::sent;
    std::chrono::milliseconds delay{0};         // later: not before
    std::chrono::milliseconds hold_account{0};  // the account's other sends wait this long too
    bool account_failed = false;                // credentials: a person has to look
    std::string code, text;                     // failed and unknown: for programs, for the agent
};

Verdict decide(const Attempt& attempt, const config::Retry& retry);

}  // namespace usher::outbound
