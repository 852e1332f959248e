#pragma once
/// What crosses the wire besides the values of the border: who is created, and how an operation ended.
#include <string>
#include <vector>

#include "plugins/instance.hpp"
#include "plugins/values.hpp"
#include "plugins/wire.hpp"

namespace usher::plugins::wire {

/// The helper's first word: what it is, and which of the system's protections it could not have.
struct Hello {
    std::uint32_t version = 0, abi_minor = 0;
    std::vector<std::string> missing;
};
BOOST_DESCRIBE_STRUCT(Hello, (), (version, abi_minor, missing))

struct Creation {
    AccountRef account;
    std::string public_url, config_json;
    Deadlines deadlines;
    bool emit = false, kv = false, visitors = false, http = false, blobs = false;  // what the kernel has for it
};
BOOST_DESCRIBE_STRUCT(Creation, (), (account, public_url, config_json, deadlines, emit, kv, visitors, http, blobs))

/// Result<void> and Result<std::string>.
struct Ended {
    bool ok = true;
    Errc code = Errc::internal;
    std::string message, reason;
    std::chrono::milliseconds retry_after{0};
    std::string value;

    static Ended of(const Error& error) {
        return {false, error.code, error.message, error.reason, error.retry_after, {}};
    }
    static Ended of(const Result<void>& result) { return result ? Ended{} : of(result.error()); }
    static Ended of(Result<std::string> result) {
        if (!result) return of(result.error());
        Ended out;
        out.value = std::move(*result);
        return out;
    }
};
BOOST_DESCRIBE_STRUCT(Ended, (), (ok, code, message, reason, retry_after, value))

struct Created {
    Ended ended;
    Instance::Offers offers;
};
BOOST_DESCRIBE_STRUCT(Created, (), (ended, offers))

/// A plugin as `usher-plugin-host --describe` read it; schema and capabilities are JSON texts.
struct Described {
    Kind kind = Kind::channel;
    std::string id, name, vendor, version, config_schema, capabilities;
};
BOOST_DESCRIBE_STRUCT(Described, (), (kind, id, name, vendor, version, config_schema, capabilities))

}  // namespace usher::plugins::wire
