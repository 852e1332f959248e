#pragma once
/// What the plugin host needs from the floors above and beside it, as small abstract classes that those implement. All
/// are called from plugin threads or any other; those that return at once must not block.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "foundation/async.hpp"
#include "plugins/values.hpp"

namespace usher::plugins {

/// Takes what channels emit (inbound).
class EmitSink {
public:
    virtual ~EmitSink() = default;
    /// Ends when it is durable. An error: nothing was stored. Every kind but typing comes here. The message's strings
    /// are valid UTF-8 within their limits, dedupe_key is there where it has to be.
    virtual Task<Result<EmitResult>> emit(AccountRef account, Message message) = 0;
    /// USHER_MSG_TYPING: never stored; returns at once.
    virtual void typing(AccountRef account, Message message) = 0;
};

/// Small durable values of an instance. Keys are 1-200 bytes of text, values at most 64 KiB (checked before).
class KvStore {
public:
    struct PutIf {
        bool written = false;
        std::string present;  // not written: what stands there ("" = absent)
    };
    virtual ~KvStore() = default;
    virtual Task<Result<std::optional<std::string>>> get(std::string instance, std::string key) = 0;
    /// Errc::fenced when this node does not own the account; then nothing was written.
    virtual Task<Result<void>> put(std::string instance, std::string key, std::string value) = 0;
    /// Writes only over `expected` ("" = absent), in one transaction; "" as value deletes.
    virtual Task<Result<PutIf>> put_if(std::string instance, std::string key, std::string expected,
                                       std::string value) = 0;
};

/// Visitors' sockets (usher.visitor/1, host side).
class VisitorSink {
public:
    virtual ~VisitorSink() = default;
    /// False: no such session of this account on this node. Returns at once; may be lost.
    virtual bool push(const AccountRef& account, const std::string& session, const std::string& json) = 0;
    virtual bool close(const AccountRef& account, const std::string& session, std::uint32_t code,
                       const std::string& reason) = 0;
    /// JSON entries oldest first (sdk/ABI.md, Visitors). `after` "" = oldest.
    virtual Task<Result<std::string>> history(AccountRef account, std::string contact, std::string thread_key,
                                              std::string after, std::uint32_t limit) = 0;
};

/// Told of every change of an instance's state, in order per instance; returns at once.
class StateSink {
public:
    virtual ~StateSink() = default;
    virtual void state(const AccountRef& account, State state, const std::string& text) = 0;
};

/// Counters. Labels are the plugin's; `account` comes on top. Returns at once.
class MetricSink {
public:
    virtual ~MetricSink() = default;
    virtual void add(const AccountRef& account, const std::string& name, double delta, const Pairs& labels) = 0;
};

/// Outgoing HTTP under the egress policy; net_http.hpp implements it over kernel/net.
class HttpSink {
public:
    virtual ~HttpSink() = default;
    /// A value: a response came, whatever its status. Errc::timeout and unavailable: the request was not written;
    /// unknown_outcome: it was, and no whole response came back.
    virtual Task<Result<HttpResponse>> request(AccountRef account, std::vector<std::string> allow_cidrs,
                                               HttpRequest request) = 0;
    struct Fetched {
        std::string blob, mime, sha256;
        std::uint64_t size_bytes = 0;
        HttpResponse response;  // status and headers
    };
    virtual Task<Result<Fetched>> fetch(AccountRef account, std::vector<std::string> allow_cidrs, HttpRequest request,
                                        std::uint64_t limit_bytes) = 0;
};

/// Bytes that do not fit a message (usher.blob/1); blob_files.hpp implements it over kernel/blobs.
class BlobSink {
public:
    struct Draft {
        int fd = -1;  // for writing; the receiver owns and closes it
        std::string id;
    };
    struct Sealed {
        std::string blob, mime, sha256;
        std::uint64_t size_bytes = 0;
    };
    virtual ~BlobSink() = default;
    virtual Task<Result<int>> open(AccountRef account, std::string blob) = 0;  // a descriptor for reading
    virtual Task<Result<Draft>> create(AccountRef account, std::uint64_t limit_bytes) = 0;
    virtual Task<Result<Sealed>> seal(AccountRef account, std::string draft) = 0;
};

/// All of them; borrowed, they outlive the registry. A null one answers USHER_E_UNSUPPORTED (or is silent).
struct Sinks {
    EmitSink* emit = nullptr;
    KvStore* kv = nullptr;
    VisitorSink* visitors = nullptr;
    StateSink* states = nullptr;
    MetricSink* metrics = nullptr;
    HttpSink* http = nullptr;
    BlobSink* blobs = nullptr;
};

}  // namespace usher::plugins
