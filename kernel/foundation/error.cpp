#include "foundation/error.hpp"

namespace usher {

std::string_view reason_of(const Error& error) {
    if (!error.reason.empty()) return error.reason;
    switch (error.code) {
        case Errc::invalid:
            return "invalid_request";
        case Errc::validation:
            return "validation_failed";
        case Errc::unauthorized:
            return "unauthorized";
        case Errc::forbidden:
            return "forbidden";
        case Errc::not_found:
            return "not_found";
        case Errc::conflict:
            return "conflict";
        case Errc::precondition:
            return "precondition_failed";
        case Errc::too_large:
            return "too_large";
        case Errc::unsupported:
            return "unsupported";
        case Errc::rate_limited:
            return "rate_limited";
        case Errc::unavailable:
            return "unavailable";
        case Errc::timeout:
            return "timeout";
        case Errc::cancelled:
            return "cancelled";
        case Errc::internal:
            return "internal";
        case Errc::plugin_lost:
            return "plugin_lost";
        case Errc::unknown_outcome:
            return "unknown_outcome";
        case Errc::fenced:
            return "fenced";
    }
    return "internal";
}

int http_status_of(Errc code) {
    switch (code) {
        case Errc::invalid:
            return 400;
        case Errc::validation:
            return 422;
        case Errc::unauthorized:
            return 401;
        case Errc::forbidden:
            return 403;
        case Errc::not_found:
            return 404;
        case Errc::conflict:
            return 409;
        case Errc::precondition:
            return 412;
        case Errc::too_large:
            return 413;
        case Errc::unsupported:
            return 415;
        case Errc::rate_limited:
            return 429;
        case Errc::unavailable:
            return 503;
        case Errc::timeout:
            return 503;
        case Errc::cancelled:
            return 503;
        case Errc::internal:
            return 500;
        case Errc::plugin_lost:
            return 503;
        case Errc::unknown_outcome:
            return 502;
        case Errc::fenced:
            return 503;
    }
    return 500;
}

}  // namespace usher
