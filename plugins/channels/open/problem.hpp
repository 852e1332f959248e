#pragma once
/// Problem: why a request is refused, and how that reads on the wire: {"error":{"code","message","field"}}.
#include <boost/json.hpp>
#include <string>
#include <usher/values.hpp>

namespace usher::open_channel {

struct Problem {
    std::uint32_t status = 422;
    std::string code = "invalid_field";
    std::string message{};
    std::string field{};
    std::int64_t retry_after_s = 0;
};

inline sdk::HttpAnswer json_answer(std::uint32_t status, const boost::json::value& body) {
    return {.status = status,
            .headers = {{"Content-Type", "application/json; charset=utf-8"}, {"Cache-Control", "no-store"}},
            .body = boost::json::serialize(body)};
}

inline sdk::HttpAnswer answer(const Problem& problem) {
    boost::json::object error{{"code", problem.code}, {"message", problem.message}};
    if (!problem.field.empty()) error["field"] = problem.field;
    sdk::HttpAnswer answer = json_answer(problem.status, boost::json::object{{"error", std::move(error)}});
    if (problem.retry_after_s > 0) answer.headers.emplace_back("Retry-After", std::to_string(problem.retry_after_s));
    return answer;
}

/// What the kernel refused to store, in this contract's words.
inline Problem problem_of(const sdk::Failure& failure) {
    using sdk::Status;
    if (failure.reason_code == "contact_blocked")
        return {.status = 403, .code = "contact_blocked", .message = "this contact is blocked"};
    if (failure.status == Status::invalid)
        return {.message = failure.error.empty() ? "the message cannot be stored" : failure.error,
                .field = failure.reason_code};
    if (failure.status == Status::not_found) return {.status = 404, .code = "not_found", .message = "not found"};
    const std::int64_t wait_s = (failure.retry_after.count() + 999) / 1000;
    return {.status = 503,
            .code = "internal",
            .message = "not stored; repeat with the same id",
            .retry_after_s = wait_s > 0 ? wait_s : 2};
}

}  // namespace usher::open_channel
