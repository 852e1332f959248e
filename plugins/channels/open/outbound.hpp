#pragma once
/// From what the kernel sends to the webhook's request, and from the webhook's answer to the outcome that the kernel
/// acts on. One attempt; the outbox of the kernel is the only retry.
#include <cstdint>
#include <string>
#include <usher/values.hpp>
#include <variant>

#include "config.hpp"

namespace usher::open_channel {

/// The request for a message, signed for `now`; or why this account does not send it.
std::variant<sdk::HttpRequest, sdk::Failure> webhook_request(const Config& config, std::string_view account,
                                                             const sdk::Message& message, std::int64_t now_unix_us);

struct Delivery {
    sdk::Result<sdk::Receipt> outcome;
    bool delivered = false;     ///< the peer said so itself
    bool unauthorized = false;  ///< 401: the account's signature is refused
};
/// What an answer, or its absence, means (the sheet's outcome table).
Delivery read_answer(const Config& config, const sdk::Result<sdk::HttpAnswer>& answer, std::int64_t now_unix_us);

}  // namespace usher::open_channel
