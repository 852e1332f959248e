#pragma once
/// A configured instance of a plugin as the kernel sees it, whatever carries it: in this process (LocalInstance) or,
/// later, in a child. All operations are awaited from any executor and resume there; each has a deadline, none blocks a
/// thread.
///
/// Arguments are values. A cancelled caller stops waiting; the plugin's operation goes on and its result is dropped.
#include <chrono>
#include <memory>
#include <string>

#include "foundation/async.hpp"
#include "plugins/values.hpp"

namespace usher::plugins {

class Instance {
public:
    /// Which operations this instance has; others answer Errc::unsupported (a webhook: 404).
    struct Offers {
        bool send = false, webhook = false, poll = false, list_templates = false, visitors = false, reload = false;
    };
    virtual ~Instance() = default;
    virtual const AccountRef& account() const = 0;
    virtual Offers offers() const = 0;

    // ---- life; called by the registry
    virtual Task<Result<void>> start(Role role) = 0;  // again after a stop: a changed role
    virtual Task<Result<void>> stop() = 0;            // the plugin finishes pending operations first
    virtual Task<Result<void>> reload(std::string config_json) = 0;
    /// Ends pending host calls with USHER_E_CANCELLED, then destroys; operations still pending end as cancelled (a
    /// send: as unknown_outcome). Afterwards every operation answers Errc::unavailable.
    virtual Task<void> destroy() = 0;

    // ---- channel
    /// One attempt. Never an exception, always a SendResult: also for an instance that is not started.
    virtual Task<SendResult> send(Message message) = 0;
    /// Always an answer: the plugin's, or one made from its error; a 2xx only after everything emitted before it is
    /// durable (else 503 with Retry-After).
    virtual Task<HttpResponse> webhook(HttpRequest request) = 0;
    /// One round. How long until the next may begin (0: soon); ends when everything it emitted is durable, and as
    /// Errc::unavailable where that could not be.
    virtual Task<Result<std::chrono::milliseconds>> poll() = 0;
    virtual Task<Result<std::string>> list_templates() = 0;  // a JSON array

    // ---- visitors (usher.visitor/1)
    virtual Task<VisitorAdmission> visitor_accept(std::string session, HttpRequest request) = 0;
    /// The caller sends a session's next frame after this one's end.
    virtual Task<Result<void>> visitor_frame(std::string session, std::string json) = 0;
    virtual void visitor_closed(std::string session) = 0;

    // ---- the other kinds
    virtual Task<Result<std::string>> choose(RouteRequest route) = 0;       // an agent's id, or "" = nobody now
    virtual Task<Result<std::string>> respond(std::string event_json) = 0;  // JSON actions
    virtual Task<Result<void>> export_batch(std::string ndjson) = 0;
};

}  // namespace usher::plugins
