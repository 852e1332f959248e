#pragma once
/// Errors as values: few codes, rich text. `Result<T>` is what every fallible function returns.
#include <boost/system/result.hpp>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usher {

enum class Errc : std::uint8_t {
    invalid,          // malformed: not JSON, a parameter of the wrong form
    validation,       // well-formed, but not valid; `details` lists every fault
    unauthorized,     // credentials missing or wrong
    forbidden,        // known, but not permitted
    not_found,        // absent, or not to be seen by the caller
    conflict,         // the present state does not allow it
    precondition,     // If-Match does not hold
    too_large,        //
    unsupported,      // a media type or an operation that nobody here knows
    rate_limited,     // not now: `retry_after`
    unavailable,      // not now: a peer or the database is down
    timeout,          //
    cancelled,        //
    internal,         // our own mistake
    plugin_lost,      // the plugin's process died
    unknown_outcome,  // the other side may have done it
    fenced,           // this node no longer owns what it wanted to write
};

/// One fault in an input. `path` is a JSON pointer ("/assignmentRules/type"), empty for the whole.
struct ErrorDetail {
    std::string path;
    std::string message;
};

struct Error {
    Errc code = Errc::internal;
    std::string message;
    std::vector<ErrorDetail> details{};
    std::chrono::milliseconds retry_after{0};
    std::string reason{};  // a stable word for programs ("already_assigned"); empty: the code's own (reason_of)
};

template <class T>
using Result = boost::system::result<T, Error>;

/// The stable word for programs that the API shows as error.code.
std::string_view reason_of(const Error& error);
/// The HTTP status of a code. One table, complete by construction (a switch without default).
int http_status_of(Errc code);

/// What an exception that crosses a boundary becomes; start-up throws it with the YAML path in its text.
struct Failure : std::runtime_error {
    explicit Failure(Error e) : std::runtime_error(e.message), error(std::move(e)) {}
    Error error;
};

[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
    throw Failure(error);
}

inline Error invalid(std::string message) {
    return {Errc::invalid, std::move(message)};
}
inline Error not_found(std::string message) {
    return {Errc::not_found, std::move(message)};
}
inline Error conflict(std::string reason, std::string message) {
    return {Errc::conflict, std::move(message), {}, std::chrono::milliseconds{0}, std::move(reason)};
}
/// A 403 that names what is missing.
inline Error forbidden(std::string_view permission) {
    return {Errc::forbidden, "This needs the permission " + std::string(permission) + "."};
}
inline Error validation(std::string path, std::string message) {
    std::string text = path.empty() ? message : path + ": " + message;
    return {Errc::validation, std::move(text), {{std::move(path), std::move(message)}}};
}

}  // namespace usher
